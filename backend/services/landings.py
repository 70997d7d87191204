"""Landings: what is kept of a flight, as it goes and when it has ended: its track, times, hours and feeds."""

from datetime import datetime

import msgspec

from backend.model.entries import Action
from backend.model.flight_records import FlightEnd, FlightRecord
from backend.model.flights import Flight, Phase, advance
from backend.services.aloft import SYSTEM, Aloft, Live
from backend.services.courses import Courses
from backend.services.docks import Docks
from backend.services.drones import Drones
from backend.services.flight_feeds import FlightFeeds
from backend.services.steps import Steps
from media.connector import drone_frames as frames


class Landings:
    """Writes; what a flight does next is services.flights'."""

    def __init__(
        self, steps: Steps, aloft: Aloft, drones: Drones, docks: Docks, courses: Courses, feeds: FlightFeeds
    ) -> None:
        self._steps, self._aloft, self._drones, self._docks = steps, aloft, drones, docks
        self._courses, self._feeds = courses, feeds

    async def keep(self, live: Live) -> None:
        """The newest seconds of its track, and its record."""
        if live.points:
            with live.handing_over() as points:
                async with self._steps.begin() as step:
                    await step.tx.flights.add_points(live.id, points)
                    await step.tx.flights.put(live.record)

    async def end(self, live: Live, outcome: FlightEnd, now: datetime) -> None:
        """It is on the ground, or nothing more will come of it. In the air until that is written down."""
        landed, began = advance(live.flight, Phase.LANDED, now), live.record.airborne_at
        record = msgspec.structs.replace(
            live.record,
            flight=landed if isinstance(landed, Flight) else live.flight,
            ended_at=now,
            outcome=outcome,
            air_s=(now - began).total_seconds() if began is not None else 0.0,
            used=max(0.0, live.record.plan.battery.charge - live.left) if began is not None else 0.0,
        )
        if outcome is FlightEnd.NOT_LAUNCHED:
            await self._courses.ask(live, frames.Land())  # motors that run on the ground
        with live.handing_over() as points:
            async with self._steps.begin() as step:
                await step.tx.flights.add_points(live.id, points)
                seen_at = await step.tx.flights.first_picture(record.feeds)
                record = msgspec.structs.replace(record, picture_at=seen_at)
                await self._feeds.end(step, record)
                await step.tx.flights.put(record)
                await step.tx.drones.flew(record.drone_id, record.air_s, record.used)
                await step.record(
                    Action.DRONE_END,
                    actor=SYSTEM,
                    subject=live.id,
                    incident=record.incident_id,
                    details=_summary(record, live.stand.drone.name),
                )
        live.record = record
        self._aloft.drop(live)
        await self._feeds.finish(live.record)
        await self._aloft.tell(live)
        await self._drones.load()
        await self._docks.tell()


def _summary(record: FlightRecord, drone: str) -> dict[str, str]:
    assert record.outcome is not None
    times = {
        "airborne_at": record.airborne_at,
        "on_scene_at": record.on_scene_at,
        "picture_at": record.picture_at,
    }
    return {
        "drone": drone,
        "outcome": record.outcome.value,
        "air_s": f"{record.air_s:.0f}",
        "used": f"{record.used:.3f}",
        **{name: at.isoformat(timespec="seconds") for name, at in times.items() if at is not None},
    }
