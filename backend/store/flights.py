"""Flights and their tracks, and what they took."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.entries import Action
from backend.model.flight_records import FlightPoint, FlightRecord, FlightTimes
from backend.model.ids import DroneId, FeedId, FlightId, IncidentId
from backend.model.people import Role
from backend.store.rows import columns, value, values
from backend.store.tables import entries, incidents, users
from backend.store.tables_flights import flight_points, flights


class Flights:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, record: FlightRecord) -> None:
        """Raises IntegrityError where its drone flies already."""
        await self._db.execute(
            insert(flights).values(
                id=record.id, incident_id=record.incident_id, drone_id=record.drone_id, **columns(record)
            )
        )

    async def put(self, record: FlightRecord) -> None:
        """As it is now."""
        await self._db.execute(update(flights).where(flights.c.id == record.id).values(**columns(record)))

    async def get(self, flight: FlightId) -> FlightRecord | None:
        found = await self._db.execute(select(flights).where(flights.c.id == flight))
        return value(found.one_or_none(), FlightRecord)

    async def aloft(self) -> list[FlightRecord]:
        """Those that have not ended, in the order in which they were sent."""
        found = await self._db.execute(
            select(flights).where(flights.c.ended_at.is_(None)).order_by(flights.c.pressed_at, flights.c.id)
        )
        return values(found, FlightRecord)

    async def of_drone(self, drone: DroneId) -> FlightRecord | None:
        """The one that it is on."""
        found = await self._db.execute(
            select(flights).where(flights.c.drone_id == drone, flights.c.ended_at.is_(None))
        )
        return value(found.one_or_none(), FlightRecord)

    async def of_incident(self, incident: IncidentId, limit: int) -> list[FlightRecord]:
        """Its newest, ended or not, oldest first."""
        found = await self._db.execute(
            select(flights)
            .where(flights.c.incident_id == incident)
            .order_by(flights.c.pressed_at.desc(), flights.c.id)
            .limit(limit)
        )
        return values(found, FlightRecord)[::-1]

    async def page(self, before: datetime | None, limit: int) -> list[FlightRecord]:
        """Those that were sent before then, the newest first."""
        asked = select(flights).order_by(flights.c.pressed_at.desc(), flights.c.id).limit(limit)
        if before is not None:
            asked = asked.where(flights.c.pressed_at < before)
        return values(await self._db.execute(asked), FlightRecord)

    async def calls(self, asked: Collection[IncidentId]) -> dict[IncidentId, tuple[str, datetime]]:
        """The type of each of these incidents, and when it was opened."""
        rows = await self._db.execute(
            select(incidents.c.id, incidents.c.type, incidents.c.opened_at).where(
                incidents.c.id.in_(sorted(asked))
            )
        )
        return {row.id: (row.type, row.opened_at) for row in rows}

    async def add_points(self, flight: FlightId, points: Sequence[FlightPoint]) -> None:
        """The next seconds of its track."""
        if points:
            await self._db.execute(
                insert(flight_points).values(flight_id=flight, points=msgspec.to_builtins(list(points)))
            )

    async def points(self, flight: FlightId) -> list[FlightPoint]:
        """Its track, oldest first."""
        rows = await self._db.scalars(
            select(flight_points.c.points)
            .where(flight_points.c.flight_id == flight)
            .order_by(flight_points.c.id)
        )
        return [point for row in rows for point in msgspec.convert(row, list[FlightPoint])]

    async def first_picture(self, feeds: Sequence[FeedId]) -> datetime | None:
        """When an officer had one of these pictures for the first time: opened, and flowing."""
        if not feeds:
            return None
        live = (
            select(entries.c.subject, func.min(entries.c.at).label("at"))
            .where(entries.c.subject.in_(feeds), entries.c.action == Action.FEED_LIVE.value)
            .group_by(entries.c.subject)
            .subquery()
        )
        rows = await self._db.execute(
            select(entries.c.at, live.c.at)
            .join(live, live.c.subject == entries.c.subject)
            .join(users, users.c.id == entries.c.actor)
            .where(
                entries.c.subject.in_(feeds),
                entries.c.action == Action.FEED_SUBSCRIBE.value,
                entries.c.refusal.is_(None),
                users.c.role == Role.OFFICER.value,
            )
        )
        return min((max(opened, began) for opened, began in rows), default=None)

    async def times(self, since: datetime, closed_by: datetime) -> list[FlightTimes]:
        """What the first flight of each incident took, of those that were opened since then and closed."""
        first = (
            select(flights.c.incident_id, func.min(flights.c.pressed_at).label("at"))
            .where(flights.c.airborne_at.is_not(None))
            .group_by(flights.c.incident_id)
            .subquery()
        )
        rows = await self._db.execute(
            select(incidents.c.opened_at, flights.c.airborne_at, flights.c.on_scene_at, flights.c.picture_at)
            .join(incidents, incidents.c.id == flights.c.incident_id)
            .join(
                first,
                (first.c.incident_id == flights.c.incident_id) & (first.c.at == flights.c.pressed_at),
            )
            .where(incidents.c.opened_at >= since, incidents.c.closed_at <= closed_by)
        )
        return [FlightTimes.of(*row) for row in rows]
