"""Where precise places of callers are kept, and how they are made coarse: one home for all.

Incidents, their trails, and of flights the plan that leads there, the track above it and how it stood. The
audit log holds none to begin with (services.incidents).
"""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.flight_records import FlightPoint
from backend.model.ids import IncidentId
from backend.model.positions import COARSE_DIGITS, Position, coarse
from backend.store.tables import incidents, positions
from backend.store.tables_flights import flight_points, flights


class Places:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def due(self, closed_before: datetime, limit: int) -> list[IncidentId]:
        """Incidents that were closed before then and whose places are precise, the oldest first."""
        rows = await self._db.scalars(
            select(incidents.c.id)
            .where(incidents.c.closed_at <= closed_before, incidents.c.coarse_at.is_(None))
            .order_by(incidents.c.closed_at)
            .limit(limit)
        )
        return [IncidentId(row) for row in rows]

    async def coarsen(self, incident: IncidentId, at: datetime) -> int:
        """Make all places of this incident coarse, for good; how many positions there were."""
        held = await self._db.scalar(select(incidents.c.position).where(incidents.c.id == incident))
        row = None if held is None else msgspec.to_builtins(coarse(msgspec.convert(held, Position)))
        await self._db.execute(
            update(incidents).where(incidents.c.id == incident).values(position=row, coarse_at=at)
        )
        gone = await self._db.execute(delete(positions).where(positions.c.incident_id == incident))
        flown = await self._db.execute(
            select(flights.c.id, flights.c.flight, flights.c.plan).where(flights.c.incident_id == incident)
        )
        for flight in flown.all():
            await self._db.execute(
                update(flights)
                .where(flights.c.id == flight.id)
                .values(flight=_rounded(flight.flight), plan=_rounded(flight.plan))
            )
            await self._coarsen_track(flight.id)
        return gone.rowcount

    async def _coarsen_track(self, flight: str) -> None:
        rows = await self._db.execute(
            select(flight_points.c.id, flight_points.c.points).where(flight_points.c.flight_id == flight)
        )
        for row in rows.all():
            points = [
                msgspec.structs.replace(
                    point,
                    latitude=round(point.latitude, COARSE_DIGITS),
                    longitude=round(point.longitude, COARSE_DIGITS),
                )
                for point in msgspec.convert(row.points, list[FlightPoint])
            ]
            await self._db.execute(
                update(flight_points)
                .where(flight_points.c.id == row.id)
                .values(points=msgspec.to_builtins(points))
            )


def _rounded(held: Any) -> Any:
    """The same JSON with every latitude and longitude in it coarse."""
    if isinstance(held, list):
        return [_rounded(each) for each in held]
    if not isinstance(held, dict):
        return held
    return {
        name: round(value, COARSE_DIGITS)
        if name in ("latitude", "longitude") and isinstance(value, float)
        else _rounded(value)
        for name, value in held.items()
    }
