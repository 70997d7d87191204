"""Units, where they are, and who is on duty in them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, bindparam, exists, insert, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.duty import Duty, DutyEnd, DutyView
from backend.model.ids import UnitId, UserId
from backend.model.people import CrewMember, Unit
from backend.model.positions import Position
from backend.store.rows import columns, fields, value, values
from backend.store.tables import incidents, units, users
from backend.store.tables_units import duties, responses

_ON = duties.c.ended_at.is_(None)


class Units:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, unit: Unit) -> None:
        row = columns(unit)
        del row["crew"]
        await self._db.execute(insert(units).values(**row))

    async def get(self, unit: UnitId) -> Unit | None:
        return next(iter(await self._where(units.c.id == unit)), None)

    async def by_call_sign(self, call_sign: str) -> Unit | None:
        return next(iter(await self._where(units.c.call_sign == call_sign)), None)

    async def some(self, of: Iterable[str]) -> list[Unit]:
        """These, by call sign."""
        return await self._where(units.c.id.in_(list(of)))

    async def all(self) -> list[Unit]:
        """By call sign."""
        return await self._where()

    async def call_signs(self) -> dict[str, UnitId]:
        """Ids by call sign."""
        rows = await self._db.execute(select(units.c.id, units.c.call_sign))
        return {row.call_sign: row.id for row in rows}

    async def crew(self, unit: UnitId) -> list[UserId]:
        """Who is on duty there."""
        rows = await self._db.scalars(select(duties.c.user_id).where(duties.c.unit_id == unit, _ON))
        return [UserId(row) for row in rows]

    async def move(self, moved: Sequence[tuple[UnitId, Position]]) -> None:
        """Where these are now."""
        change = update(units).where(units.c.id == bindparam("unit")).values(position=bindparam("at"))
        await self._db.execute(
            change, [{"unit": unit, "at": msgspec.to_builtins(position)} for unit, position in moved]
        )

    async def forget(self, unit: UnitId) -> None:
        """Where it was."""
        await self._db.execute(update(units).where(units.c.id == unit).values(position=None))

    async def free(self) -> list[tuple[UnitId, Position]]:
        """Those on duty that are on no open incident, as far as it is known where they are."""
        manned = exists().where(duties.c.unit_id == units.c.id, _ON)
        sent = (
            exists()
            .where(responses.c.unit_id == units.c.id, responses.c.clear_at.is_(None))
            .where(incidents.c.id == responses.c.incident_id, incidents.c.closed_at.is_(None))
        )
        rows = await self._db.execute(
            select(units.c.id, units.c.position).where(units.c.position.is_not(None), manned, not_(sent))
        )
        return [(row.id, msgspec.convert(row.position, Position)) for row in rows if row.position is not None]

    async def _where(self, *where: ColumnElement[bool]) -> list[Unit]:
        found = list(await self._db.execute(select(units).where(*where).order_by(units.c.call_sign)))
        on_duty = await self._db.execute(
            select(duties.c.unit_id, duties.c.user_id, duties.c.since, users.c.display_name.label("name"))
            .join(users, users.c.id == duties.c.user_id)
            .join(units, units.c.id == duties.c.unit_id)
            .where(_ON, *where)
            .order_by(duties.c.since, duties.c.id)
        )
        crews: dict[str, list[CrewMember]] = {}
        for row in on_duty:
            crews.setdefault(row.unit_id, []).append(msgspec.convert(fields(row), CrewMember))
        return [msgspec.convert({**fields(row), "crew": tuple(crews.get(row.id, ()))}, Unit) for row in found]


class Duties:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, duty: Duty) -> None:
        """Raises sqlalchemy.exc.IntegrityError for somebody who is on duty."""
        await self._db.execute(insert(duties).values(**columns(duty)))

    async def of_user(self, user: UserId) -> Duty | None:
        """The one that has not ended."""
        return value(await self._one(duties.c.user_id == user, _ON), Duty)

    async def of_unit(self, unit: UnitId) -> list[Duty]:
        """Who is on duty there, the longest first."""
        return values(
            await self._db.execute(
                select(duties).where(duties.c.unit_id == unit, _ON).order_by(duties.c.since, duties.c.id)
            ),
            Duty,
        )

    async def last(self, user: UserId) -> DutyView | None:
        """The newest, ended or not, as this person sees it."""
        by = users.c.display_name.label("by")
        found = await self._db.execute(
            select(duties, by)
            .outerjoin(users, (users.c.id == duties.c.ended_by) & (users.c.id != duties.c.user_id))
            .where(duties.c.user_id == user)
            .order_by(_ON.desc(), duties.c.since.desc(), duties.c.ended_at.desc())
            .limit(1)
        )
        return value(found.one_or_none(), DutyView)

    async def manned(self) -> set[str]:
        """Units that somebody is on duty in."""
        return set(await self._db.scalars(select(duties.c.unit_id).where(_ON)))

    async def end(self, duty: Duty, end: DutyEnd, by: UserId | None, at: datetime) -> None:
        await self._db.execute(
            update(duties).where(duties.c.id == duty.id).values(ended_at=at, end=end.value, ended_by=by)
        )

    async def _one(self, *where: ColumnElement[bool]) -> Any:
        return (await self._db.execute(select(duties).where(*where))).one_or_none()
