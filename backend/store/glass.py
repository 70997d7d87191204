"""Glass that was broken. It holds once the public log has its leaf, until it ends or its time is up."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.glass import BrokenGlass, GlassEnd, GlassReason, GlassView
from backend.model.ids import GlassId, IncidentId, UserId
from backend.store.rows import columns, value, values
from backend.store.tables import users
from backend.store.tables_public import uses
from backend.store.tables_review import broken_glass

_NOT_OVER = broken_glass.c.ended_at.is_(None)


class Glass:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, glass: BrokenGlass) -> None:
        await self._db.execute(insert(broken_glass).values(**columns(glass)))

    async def get(self, glass: GlassId) -> BrokenGlass | None:
        found = await self._db.execute(select(broken_glass).where(broken_glass.c.id == glass))
        return value(found.one_or_none(), BrokenGlass)

    async def held(self, user: UserId, incident: IncidentId, now: datetime) -> BrokenGlass | None:
        """What lets this person see that incident now, the longest; whether the log has it included."""
        rows = await self._db.execute(
            _logged(broken_glass)
            .where(
                broken_glass.c.user_id == user,
                broken_glass.c.incident_id == incident,
                broken_glass.c.expires_at > now,
            )
            .order_by(broken_glass.c.expires_at.desc())
            .limit(1)
        )
        return value(rows.one_or_none(), BrokenGlass)

    async def incidents_of(self, user: UserId, now: datetime) -> set[IncidentId]:
        """What this person may see by it now."""
        rows = await self._db.scalars(
            _logged(broken_glass.c.incident_id).where(
                broken_glass.c.user_id == user, broken_glass.c.expires_at > now
            )
        )
        return {IncidentId(row) for row in rows}

    async def of_incident(self, incident: IncidentId) -> list[BrokenGlass]:
        """Those that have not ended, the log's answer still awaited or not."""
        return await self._where(broken_glass.c.incident_id == incident, _NOT_OVER)

    async def over(self, now: datetime) -> list[BrokenGlass]:
        """Those whose time is up and that have not been ended."""
        return await self._where(broken_glass.c.expires_at <= now, _NOT_OVER)

    async def end(self, glass: GlassId, end: GlassEnd, at: datetime) -> None:
        await self._db.execute(
            update(broken_glass)
            .where(broken_glass.c.id == glass, _NOT_OVER)
            .values(ended_at=at, end=end.value)
        )

    async def views(self, these: Sequence[IncidentId], now: datetime) -> dict[IncidentId, list[GlassView]]:
        """Those of each incident that hold now, with the names of who they are for and by."""
        by = users.alias()
        rows = await self._db.execute(
            _logged(
                broken_glass,
                uses.c.index,
                users.c.display_name.label("user"),
                by.c.display_name.label("name"),
            )
            .join(users, users.c.id == broken_glass.c.user_id)
            .join(by, by.c.id == broken_glass.c.by)
            .where(broken_glass.c.incident_id.in_(these), broken_glass.c.expires_at > now)
            .order_by(broken_glass.c.at, broken_glass.c.id)
        )
        found: dict[IncidentId, list[GlassView]] = defaultdict(list)
        for row in rows:
            found[row.incident_id].append(
                GlassView(
                    id=row.id,
                    user_id=row.user_id,
                    user=row.user,
                    by=row.name,
                    reason=GlassReason(row.reason),
                    at=row.at,
                    expires_at=row.expires_at,
                    index=row._mapping["index"],
                )
            )
        return found

    async def _where(self, *where: ColumnElement[bool]) -> list[BrokenGlass]:
        rows = await self._db.execute(
            select(broken_glass).where(*where).order_by(broken_glass.c.at, broken_glass.c.id)
        )
        return values(rows, BrokenGlass)


def _logged(*what: Any) -> Any:
    """No entry, no sight of it."""
    return (
        select(*what)
        .select_from(broken_glass)
        .join(uses, uses.c.number == broken_glass.c.number)
        .where(_NOT_OVER, uses.c.index.is_not(None))
    )
