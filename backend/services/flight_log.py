"""Flight logs: one mission with all that was done in it, who was let see it, and its track."""

from backend.model.flight_records import FlightLog, LogLine
from backend.model.ids import FlightId
from backend.model.people import Role, User
from backend.model.refusals import Refusal, Refused
from backend.services.aloft import Aloft
from backend.services.board import is_desk, visible
from backend.services.limits import Rate
from backend.services.steps import Steps

LINES = 2000


class FlightLogs:
    """Reads, and nothing else. A flight in the air is told as it was last stored, with its newest seconds."""

    def __init__(self, steps: Steps, aloft: Aloft) -> None:
        self._steps, self._aloft = steps, aloft
        self._reads = Rate(every_s=1, burst=10)

    async def read(self, user: User, flight: FlightId) -> FlightLog:
        """For the desk and pilots, and for officers while they are on its incident. Raises Refused."""
        if not self._reads.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then ask again.")
        async with self._steps.read() as tx:
            record = await tx.flights.get(flight)
            if record is None:
                raise Refused(Refusal.NOT_FOUND)
            if not (is_desk(user) or user.role is Role.PILOT):
                await visible(tx, user, record.incident_id, self._steps.clock())
            points = await tx.flights.points(flight)
            entries = await tx.entries.about([flight, *record.feeds], LINES)
            names = await tx.names.of(
                {called for entry in entries for called in (entry.actor, entry.subject)}
            )
        live = next((live for live in self._aloft if live.id == flight), None)
        if live is not None:
            record, points = live.record, [*points, *live.points]
        lines = tuple(
            LogLine(
                at=entry.at,
                action=entry.action.value,
                actor=names.get(entry.actor, entry.actor),
                subject=names.get(entry.subject, entry.subject),
                refusal=entry.refusal,
                details=entry.details,
            )
            for entry in entries
        )
        return FlightLog(record=record, lines=lines, points=tuple(points))
