"""Who has an incident, and offers of it to colleagues."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.handling import HandlerView, Transfer, TransferEnd, TransferView
from backend.model.ids import IncidentId, TransferId, UserId
from backend.store.rows import columns, fields, value, values
from backend.store.tables import incidents, users
from backend.store.tables_care import handlers, transfers

_OPEN = transfers.c.ended_at.is_(None)


class Handling:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def handler(self, incident: IncidentId) -> UserId | None:
        """Who has it."""
        found = await self._db.scalar(select(handlers.c.user_id).where(handlers.c.incident_id == incident))
        return UserId(found) if found is not None else None

    async def give(self, incident: IncidentId, to: UserId, by: UserId | None, at: datetime) -> None:
        """It is theirs from now on; `by` is who gave it to them."""
        row = {"user_id": to, "since": at, "from_id": by}
        changed = await self._db.execute(
            update(handlers).where(handlers.c.incident_id == incident).values(**row)
        )
        if changed.rowcount == 0:
            await self._db.execute(insert(handlers).values(incident_id=incident, **row))

    async def handled(self) -> dict[UserId, int]:
        """How many open incidents each person has."""
        rows = await self._db.execute(
            select(handlers.c.user_id, func.count().label("count"))
            .join(incidents, incidents.c.id == handlers.c.incident_id)
            .where(incidents.c.closed_at.is_(None))
            .group_by(handlers.c.user_id)
        )
        return {UserId(row.user_id): int(row._mapping["count"]) for row in rows}

    async def add(self, transfer: Transfer) -> None:
        await self._db.execute(insert(transfers).values(**columns(transfer)))

    async def get(self, transfer: TransferId) -> Transfer | None:
        found = await self._db.execute(select(transfers).where(transfers.c.id == transfer))
        return value(found.one_or_none(), Transfer)

    async def offered(self, incident: IncidentId) -> Transfer | None:
        """The one that waits for an answer."""
        found = await self._db.execute(select(transfers).where(transfers.c.incident_id == incident, _OPEN))
        return value(found.one_or_none(), Transfer)

    async def over(self, now: datetime) -> list[Transfer]:
        """Those whose time is up and that have not been ended."""
        rows = await self._db.execute(select(transfers).where(transfers.c.expires_at <= now, _OPEN))
        return values(rows, Transfer)

    async def end(self, transfer: TransferId, end: TransferEnd, at: datetime) -> None:
        await self._db.execute(
            update(transfers).where(transfers.c.id == transfer, _OPEN).values(ended_at=at, end=end.value)
        )

    async def handlers_of(self, these: Sequence[IncidentId]) -> dict[str, HandlerView]:
        """Who has each, by incident; those that nobody has are left out."""
        rows = await self._db.execute(
            select(handlers, users.c.display_name.label("name"))
            .join(users, users.c.id == handlers.c.user_id)
            .where(handlers.c.incident_id.in_(these))
        )
        return {row.incident_id: msgspec.convert(fields(row), HandlerView) for row in rows}

    async def offers_of(self, these: Sequence[IncidentId]) -> dict[str, TransferView]:
        """The offer of each that waits for an answer, by incident."""
        giver, taker = users.alias(), users.alias()
        rows = await self._db.execute(
            select(
                *(transfers.c[name] for name in ("incident_id", "id", "from_id", "to_id", "expires_at")),
                giver.c.display_name.label("from_name"),
                taker.c.display_name.label("to_name"),
            )
            .join(giver, giver.c.id == transfers.c.from_id)
            .outerjoin(taker, taker.c.id == transfers.c.to_id)
            .where(transfers.c.incident_id.in_(these), _OPEN)
        )
        return {row.incident_id: msgspec.convert(fields(row), TransferView) for row in rows}
