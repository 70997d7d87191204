"""Docks, drones, who is on watch for them, and the last weather."""

from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.fleet import FleetDock, FleetDrone, PilotWatch
from backend.model.ids import ConnectorId, DockId, DroneId, WatchId
from backend.model.weather import Weather
from backend.store.rows import columns, value, values
from backend.store.tables import users
from backend.store.tables_drones import docks, drones, watches, weather


class Docks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, dock: FleetDock) -> None:
        await self._db.execute(insert(docks).values(**columns(dock)))

    async def get(self, dock: DockId) -> FleetDock | None:
        """Retired or not."""
        found = await self._db.execute(select(docks).where(docks.c.id == dock))
        return value(found.one_or_none(), FleetDock)

    async def all(self) -> list[FleetDock]:
        """Those in service, by name."""
        found = await self._db.execute(
            select(docks).where(docks.c.retired_at.is_(None)).order_by(docks.c.name, docks.c.id)
        )
        return values(found, FleetDock)

    async def of_connector(self, connector: ConnectorId) -> list[FleetDock]:
        """Those in service whose drones it speaks to."""
        return [dock for dock in await self.all() if dock.connector_id == connector]

    async def put(self, dock: FleetDock) -> None:
        """As it is now."""
        await self._db.execute(update(docks).where(docks.c.id == dock.id).values(**columns(dock)))


class Drones:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, drone: FleetDrone) -> None:
        await self._db.execute(insert(drones).values(**columns(drone)))

    async def get(self, drone: DroneId) -> FleetDrone | None:
        """Retired or not."""
        found = await self._db.execute(select(drones).where(drones.c.id == drone))
        return value(found.one_or_none(), FleetDrone)

    async def all(self) -> list[FleetDrone]:
        """Those in service."""
        found = await self._db.execute(
            select(drones).where(drones.c.retired_at.is_(None)).order_by(drones.c.name, drones.c.id)
        )
        return values(found, FleetDrone)

    async def put(self, drone: FleetDrone) -> None:
        """As it is now."""
        await self._db.execute(update(drones).where(drones.c.id == drone.id).values(**columns(drone)))

    async def flew(self, drone: DroneId, air_s: float, cycles: float) -> None:
        """So much more than before."""
        await self._db.execute(
            update(drones)
            .where(drones.c.id == drone)
            .values(air_s=drones.c.air_s + air_s, cycles=drones.c.cycles + cycles)
        )


class Watches:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, watch: PilotWatch) -> None:
        await self._db.execute(insert(watches).values(**columns(watch)))

    async def on(self) -> dict[DockId, tuple[PilotWatch, str]]:
        """Who is on watch now, and their names."""
        rows = await self._db.execute(
            select(watches, users.c.display_name.label("pilot"))
            .join(users, users.c.id == watches.c.user_id)
            .where(watches.c.ended_at.is_(None))
        )
        found = [(value(row, PilotWatch), str(row.pilot)) for row in rows]
        return {watch.dock_id: (watch, pilot) for watch, pilot in found if watch is not None}

    async def end(self, watch: WatchId, at: datetime) -> None:
        await self._db.execute(update(watches).where(watches.c.id == watch).values(ended_at=at))


class Skies:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def weather(self) -> Weather | None:
        """The last report."""
        report = await self._db.scalar(select(weather.c.report))
        return None if report is None else msgspec.convert(report, Weather)

    async def put(self, report: Weather, by: str) -> None:
        await self._db.execute(delete(weather))
        await self._db.execute(insert(weather).values(id=1, report=msgspec.to_builtins(report), by=by))
