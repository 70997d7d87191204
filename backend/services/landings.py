"""Landings: what is kept of a flight, as it goes and when it has ended: its track, times, hours and feeds."""

from datetime import datetime

from backend.model.entries import Action
from backend.model.flight_records import FlightEnd, FlightRecord
from backend.model.flights import Phase, advance
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
        points, live.points = live.points, []
        if points:
            async with self._steps.begin() as step:
                await step.tx.flights.add_points(live.id, points)
                await step.tx.flights.put(live.record)

    async def end(self, live: Live, outcome: FlightEnd, now: datetime) -> None:
        """It is on the ground, or nothing more will come of it."""
        live.follow(advance(live.flight, Phase.LANDED, now))
        began = live.record.airborne_at
        live.change(
            ended_at=now,
            outcome=outcome,
            air_s=(now - began).total_seconds() if began is not None else 0.0,
            used=max(0.0, live.record.plan.battery.charge - live.left) if began is not None else 0.0,
        )
        if outcome is FlightEnd.NOT_LAUNCHED:
            await self._courses.ask(live, frames.Land())  # motors that run on the ground
        points, live.points = live.points, []
        async with self._steps.begin() as step:
            await step.tx.flights.add_points(live.id, points)
            live.change(picture_at=await step.tx.flights.first_picture(live.record.feeds))
            await self._feeds.end(step, live.record)
            await step.tx.flights.put(live.record)
            await step.tx.drones.flew(live.record.drone_id, live.record.air_s, live.record.used)
            await step.record(
                Action.DRONE_END,
                actor=SYSTEM,
                subject=live.id,
                incident=live.record.incident_id,
                details=_summary(live.record, live.stand.drone.name),
            )
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
