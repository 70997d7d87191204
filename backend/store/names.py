"""What ids are called, for people who read the log."""

from collections.abc import Iterable

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.store.tables import cameras, connectors, devices, users
from backend.store.tables_drones import docks, drones

_CALLED = {
    "usr_": (users, users.c.display_name),
    "dev_": (devices, devices.c.name),
    "con_": (connectors, connectors.c.name),
    "cam_": (cameras, cameras.c.name),
    "dck_": (docks, docks.c.name),
    "drn_": (drones, drones.c.name),
}


class Names:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def roles(self, ids: Iterable[str]) -> dict[str, str]:
        """What these people are, for whoever is not told who they are."""
        rows = await self._db.execute(
            select(users.c.id, users.c.role).where(users.c.id.in_(sorted(set(ids))))
        )
        return {row.id: row.role for row in rows}

    async def of(self, ids: Iterable[str]) -> dict[str, str]:
        """Names by id, of people and of whatever publishes; ids of anything else are left out."""
        wanted: dict[str, set[str]] = {}
        for name in ids:
            if name[:4] in _CALLED:
                wanted.setdefault(name[:4], set()).add(name)
        if not wanted:
            return {}
        asked = []
        for prefix, held in wanted.items():
            table, called = _CALLED[prefix]
            asked.append(select(table.c.id, called.label("name")).where(table.c.id.in_(sorted(held))))
        return {row.id: row.name for row in await self._db.execute(union_all(*asked))}
