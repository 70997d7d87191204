"""Rungs that callers were on, one row for each change."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import LinkId
from backend.model.rungs import RungChange
from backend.store.rows import columns, values
from backend.store.tables_rungs import rung_changes


class Rungs:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, change: RungChange) -> None:
        await self._db.execute(insert(rung_changes).values(**columns(change)))

    async def of_link(self, link: LinkId) -> list[RungChange]:
        """Oldest first."""
        rows = await self._db.execute(
            select(rung_changes).where(rung_changes.c.link_id == link).order_by(rung_changes.c.id)
        )
        return values(rows, RungChange)
