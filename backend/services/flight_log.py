"""Flight logs: one mission with all that was done in it, who was let see it, and its track. And the list."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from backend.model import gimbals
from backend.model.entries import Entry
from backend.model.flight_records import (
    FlightLog,
    FlightPage,
    FlightRecord,
    FlightSummary,
    FlightTimes,
)
from backend.model.ids import FlightId
from backend.model.people import Role, User
from backend.model.refusals import Refusal, Refused
from backend.model.views import EntryView
from backend.services.aloft import Aloft
from backend.services.board import entry_view, is_desk, visible
from backend.services.limits import Rate
from backend.services.steps import Steps
from backend.store.store import Tx

LINES = 2000
PAGE = 50
_NAMING = ("pilot", "before")  # details of entries that name people
_EVERYTHING = (Role.PILOT, Role.AUDITOR)  # beside the desk


class FlightLogs:
    """Reads, and nothing else. A flight in the air is told as it was last stored, with its newest seconds.

    Auditors are told what people are and not who.
    """

    def __init__(self, steps: Steps, aloft: Aloft) -> None:
        self._steps, self._aloft = steps, aloft
        self._reads = Rate(every_s=1, burst=10)

    async def page(self, user: User, before: datetime | None) -> FlightPage:
        """The newest fifty that were sent before then. Raises Refused."""
        self._may_read(user)
        async with self._steps.read() as tx:
            records = await tx.flights.page(before, PAGE + 1)
            summaries = await _summaries(tx, user, records[:PAGE])
        return FlightPage(flights=tuple(summaries), more=len(records) > PAGE)

    async def read(self, user: User, flight: FlightId) -> FlightLog:
        """For the desk, pilots, auditors, and officers while they are on its incident. Raises Refused."""
        self._may_read(user)
        live = next((live for live in self._aloft if live.id == flight), None)
        async with self._steps.read() as tx:
            record = await tx.flights.get(flight)
            if record is None:
                raise Refused(Refusal.NOT_FOUND)
            if not (is_desk(user) or user.role in _EVERYTHING):
                await visible(tx, user, record.incident_id, self._steps.clock())
            points = await tx.flights.points(flight)
            entries = await tx.entries.about([flight, *record.feeds], LINES)
            called = await _called(tx, user, _named(entries))
            dock = await tx.docks.get(record.flight.dock_id)
            if live is not None:
                record, points = live.record, [*points, *live.points]
            (summary,) = await _summaries(tx, user, [record])
        return FlightLog(
            summary=summary,
            record=record,
            home=dock.point if dock is not None else record.plan.points[0],
            remote_id=next(filter(None, (entry.details.get("remote_id") for entry in entries)), ""),
            within_m=gimbals.radius_m(record.plan.away_m),
            level_deg=gimbals.LEVEL_DEG,
            lines=tuple(_line(user, entry, called) for entry in entries),
            points=tuple(points),
        )

    def _may_read(self, user: User) -> None:
        if not self._reads.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then ask again.")


def _named(entries: list[Entry]) -> set[str]:
    return {name for entry in entries for name in (entry.actor, entry.subject)}


async def _called(tx: Tx, user: User, ids: Collection[str]) -> dict[str, str]:
    """What ids are called; people by their role, for auditors."""
    names = await tx.names.of(ids)
    return names | await tx.names.roles(ids) if user.role is Role.AUDITOR else names


async def _summaries(tx: Tx, user: User, records: list[FlightRecord]) -> list[FlightSummary]:
    if not records:
        return []
    calls = await tx.flights.calls({record.incident_id for record in records})
    ids = {
        name
        for record in records
        for name in (record.drone_id, record.flight.dock_id, record.flight.pilot, record.sent_by)
    }
    called = await _called(tx, user, ids)
    return [_summary(record, *calls[record.incident_id], called) for record in records]


def _summary(record: FlightRecord, kind: str, opened_at: datetime, called: dict[str, str]) -> FlightSummary:
    flight = record.flight
    return FlightSummary(
        id=record.id,
        incident_id=record.incident_id,
        incident_type=kind,
        opened_at=opened_at,
        drone=called.get(record.drone_id, record.drone_id),
        dock=called.get(flight.dock_id, flight.dock_id),
        pilot=called.get(flight.pilot, flight.pilot),
        sent_by=called.get(record.sent_by, record.sent_by),
        pressed_at=record.pressed_at,
        phase=flight.phase,
        ended_at=record.ended_at,
        end=record.outcome,
        air_s=record.air_s,
        used=record.used,
        times=FlightTimes.of(opened_at, record.airborne_at, record.on_scene_at, record.picture_at),
    )


def _line(user: User, entry: Entry, called: dict[str, str]) -> EntryView:
    view = entry_view(entry, called)
    if user.role is not Role.AUDITOR:
        return view
    shown = {name: words for name, words in view.details.items() if name not in _NAMING}
    return msgspec.structs.replace(view, details=shown)
