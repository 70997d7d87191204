"""Minutes: what connectors counted, signed, so that an owner can hold us to "nothing was sent".

A minute is kept once, as it was first told, with its signature. One that did not come is a gap, and a gap is
not a zero.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

from backend.model.connectors import TRAFFIC_KEPT, Clock, Connector, Traffic, clock
from backend.model.ids import ConnectorId
from backend.model.lending import TrafficHour, TrafficView
from backend.model.refusals import Refusal
from backend.services.lines import Line
from backend.services.proofs import signed
from backend.services.steps import Step, Steps
from media.connector import wire

SHOWN = timedelta(days=7)
PRUNE_EVERY_S = 3600.0
PRUNED_AT_ONCE = 500
PAUSE_S = 0.05  # between two steps of pruning: others write too
MOST_SESSIONS = 10_000  # open at a time; no connector has more cameras than it may tell of
YOUNGEST_YEAR = 2020  # a clock that says less was never set
FORGIVEN_S = 180.0  # a connector that comes back after days begins with what is too old
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class Minutes:
    """The counters of all connectors."""

    def __init__(self, steps: Steps, timer: Callable[[], float] = time.monotonic) -> None:
        self._steps, self._timer = steps, timer
        self._verifying = asyncio.Semaphore(1)  # ten thousand signatures at once are a second of one core

    async def take(self, line: Line, minute: wire.Minute) -> Refusal | None:
        """Keep one minute. A refusal when it is none, or not signed by this connector."""
        at = minute.minute
        if at.utcoffset() or at.second or at.microsecond or minute.rtsp_sessions > MOST_SESSIONS:
            return Refusal.BAD_FRAME
        if not signed(
            key=line.key, signature=minute.signature, text=wire.minute_text(line.connector, minute)
        ):
            return Refusal.BAD_SIGNATURE
        async with self._steps.begin() as step:
            connector = await step.tx.connectors.get(line.connector)
            if connector is None or connector.retired_at is not None:
                return Refusal.NOT_ENROLLED
            said = clock(at, step.now)
            if said is Clock.RIGHT:
                line.clock_was_right = True
                kept = await step.tx.connectors.count(_traffic(line.connector, minute))
                await step.tx.connectors.change(line.connector, seen_at=step.now)
                if kept and minute.media_bytes:
                    step.site_changed(line.site, line.owner)
            await self._tell_of_clock(step, line, connector, said, at)
        return None

    async def _tell_of_clock(
        self, step: Step, line: Line, connector: Connector, said: Clock, at: datetime
    ) -> None:
        if connector.copied_at is not None:
            return
        words = connector.trouble
        if said is Clock.RIGHT:
            words = None
        elif said is Clock.AHEAD or at.year < YOUNGEST_YEAR or self._is_late(line):
            words = (
                f"Its clock is wrong: it says {at:%d %B %Y, %H:%M} UTC. Set the clock of the machine that it "
                "runs on. Until then its traffic is not counted."
            )
        if words is not None and connector.trouble is not None:
            return  # it is said already, and the clock goes on
        if words != connector.trouble:
            await step.tx.connectors.change(line.connector, trouble=words)
            step.site_changed(line.site, line.owner)

    def _is_late(self, line: Line) -> bool:
        return not line.clock_was_right and self._timer() - line.began > FORGIVEN_S

    async def by_hour(self, connector: Connector) -> TrafficView:
        """The last seven days, every hour of them, and whether each minute is still as it was signed."""
        async with self._steps.read() as tx:
            now = self._steps.clock()
            first = (now - SHOWN).replace(minute=0, second=0, microsecond=0) + _HOUR
            told = await tx.connectors.traffic(connector.id, first)
        async with self._verifying:
            forged = len(told) - len(await asyncio.to_thread(sound, connector, told))
        hours: dict[datetime, list[Traffic]] = {}
        for minute in told:
            hours.setdefault(minute.minute.replace(minute=0), []).append(minute)
        count = int((now - first) / _HOUR) + 1
        return TrafficView(
            hours=tuple(
                _hour(at, hours.get(at, []), connector.enrolled_at, now)
                for at in (first + hour * _HOUR for hour in range(count))
            ),
            minutes=len(told),
            forged=forged,
            verified=forged == 0,
        )

    async def prune(self, first: Callable[[], Awaitable[object]]) -> None:
        """Forget what is older than TRAFFIC_KEPT, and codes long gone, bit by bit. Runs until cancelled.

        `first` is who still needs the minutes; while it fails nothing is forgotten.
        """
        while True:
            await first()
            await self.forget()
            await asyncio.sleep(PRUNE_EVERY_S)

    async def forget(self) -> None:
        """All that is too old."""
        forgotten = PRUNED_AT_ONCE
        while forgotten == PRUNED_AT_ONCE:
            async with self._steps.begin() as step:
                before = step.now - TRAFFIC_KEPT
                forgotten = await step.tx.connectors.forget_traffic(before, PRUNED_AT_ONCE)
                await step.tx.connectors.forget_codes(step.now - timedelta(days=7))
            await asyncio.sleep(PAUSE_S)


def _traffic(connector: ConnectorId, minute: wire.Minute) -> Traffic:
    return Traffic(
        connector_id=connector,
        minute=minute.minute,
        media_bytes=minute.media_bytes,
        camera_bytes=minute.camera_bytes,
        control_bytes=minute.control_bytes,
        rtsp_sessions=minute.rtsp_sessions,
        signature=minute.signature,
    )


def sound(connector: Connector, told: Sequence[Traffic]) -> list[Traffic]:
    """Those minutes that bear their connector's signature. A tenth of a millisecond each."""
    return [
        held
        for held in told
        if signed(key=connector.key, signature=held.signature, text=_text(connector.id, held))
    ]


def _text(connector: ConnectorId, held: Traffic) -> bytes:
    minute = wire.Minute(
        minute=held.minute.astimezone(UTC),
        media_bytes=held.media_bytes,
        camera_bytes=held.camera_bytes,
        control_bytes=held.control_bytes,
        rtsp_sessions=held.rtsp_sessions,
        signature=held.signature,
    )
    return wire.minute_text(connector, minute)


def _hour(at: datetime, told: list[Traffic], since: datetime, now: datetime) -> TrafficHour:
    """`expected`: the minutes of this hour that were over by now and not before it was enrolled."""
    begins, ends = max(at, since), min(at + _HOUR, now)
    return TrafficHour(
        at=at,
        minutes=len(told),
        expected=max(len(told), int((ends - begins) / _MINUTE)),
        media_bytes=sum(held.media_bytes for held in told),
        camera_bytes=sum(held.camera_bytes for held in told),
        control_bytes=sum(held.control_bytes for held in told),
        rtsp_sessions=max((held.rtsp_sessions for held in told), default=0),
    )
