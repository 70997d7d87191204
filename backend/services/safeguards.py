"""Safeguards: the safest that a drone can do, whatever goes wrong, with words for its pilot.

A drone has fail-safes of its own and needs none of this: where it cannot be reached, they are what happens.
"""

from datetime import datetime, timedelta

from backend.model.entries import Action
from backend.model.flights import Phase, advance
from backend.model.positions import distance_m
from backend.model.progress import comes_home
from backend.model.telemetry import Action as Safest
from backend.model.telemetry import Fault, Finding, safest, silence
from backend.services.aloft import SYSTEM, Aloft, Live
from backend.services.courses import LEVEL, Courses
from backend.services.drones import Told
from media.connector import drone_frames as frames

AGAIN_AFTER = timedelta(seconds=3)  # what was not taken is tried again
BROKEN_FOR = timedelta(seconds=2)  # a gust is not a breach
BREACH_SHOWN = timedelta(minutes=1)
ALMOST_HOME_M = 60.0  # there is no nearer place to land
_SILENT = (Fault.QUIET, Fault.BLIND)
OUTBOUND = (Phase.LAUNCHING, Phase.EN_ROUTE, Phase.ON_SCENE, Phase.HANDING_OVER)


class Safeguards:
    """Asked about each flight once a second."""

    def __init__(self, aloft: Aloft, courses: Courses) -> None:
        self._aloft, self._courses = aloft, courses

    async def look(self, live: Live, now: datetime) -> None:
        """Find what is wrong, and do the safest."""
        await self._camera(live, now)
        trusted = live.trusted_until is not None and now < live.trusted_until
        quiet = () if trusted else silence(live.belief, now)
        rest = tuple(finding for finding in live.findings if finding.fault not in _SILENT)
        live.findings = (*quiet, *rest)
        want = safest(live.findings)
        live.broken = self._courses.broken(live)
        if not live.broken:
            live.looked.pop("broken", None)
        elif now - live.looked.setdefault("broken", now) >= BROKEN_FOR:
            want = max(want, Safest.RETURN)
        await self._say(live, want)
        if want is Safest.GO_ON:
            live.notes.pop("order", None)
            await self._resume(live, now)
        elif self._wants(live, want) and live.is_due("act", now, AGAIN_AFTER):
            await self._act(live, want, now)

    async def send_home(self, live: Live, now: datetime, why: str) -> None:
        """Home, and in the log why; tried again where the drone does not take it."""
        if not live.is_due("act", now, AGAIN_AFTER):
            return
        told = await self._courses.home(live)
        if self._took(live, told):
            await self._advance(live, Phase.RETURNING, now, Action.DRONE_RETURN, why)

    def _wants(self, live: Live, want: Safest) -> bool:
        """Whether that is more than what it does already."""
        if want is Safest.HOLD:
            flies = live.phase in OUTBOUND or live.belief.blind
            return flies and not live.waits and not live.flight.holds
        if want is Safest.RETURN:
            held = live.phase is Phase.RETURNING and live.flight.holds
            return live.phase in OUTBOUND or held
        near = live.phase is Phase.RETURNING and live.heard is not None
        if near and live.heard is not None:
            near = distance_m(live.heard.point, live.stand.dock.point) <= ALMOST_HOME_M
        return live.phase in (*OUTBOUND, Phase.RETURNING) and not near

    async def _act(self, live: Live, want: Safest, now: datetime) -> None:
        if want is Safest.HOLD and live.belief.blind:
            live.waits = True  # nothing is asked of it; what it does when it sees again is ours once more
        elif want is Safest.HOLD:
            live.waits = self._took(live, await self._courses.ask(live, frames.Hold()))
        elif want is Safest.RETURN:
            if self._took(live, await self._courses.home(live)):
                await self._advance(live, Phase.RETURNING, now, Action.DRONE_RETURN, self._words(live))
        elif self._took(live, await self._courses.down(live)):
            await self._advance(live, Phase.DIVERTED, now, Action.DRONE_LAND, self._words(live))

    async def _resume(self, live: Live, now: datetime) -> None:
        """It waited while nothing was heard of it, and is heard again."""
        if not live.waits or not live.sees(now):
            return
        live.waits = False
        comes = live.heard is None or comes_home(live.heard)
        if not comes and not live.flight.holds and not live.by_hand(now):
            await self._courses.resume(live, now)

    async def _camera(self, live: Live, now: datetime) -> None:
        breach = live.breach
        if breach is None:
            if now - live.looked.get("camera", now) > BREACH_SHOWN:
                live.notes.pop("camera", None)
            return
        live.breach, live.notes["camera"], live.looked["camera"] = None, breach.words, now
        await self._aloft.record(
            live, Action.DRONE_BREACH, SYSTEM, gaze=breach.gaze.value, words=breach.words
        )
        await self._courses.ask(live, LEVEL)

    async def _say(self, live: Live, want: Safest) -> None:
        """Each fault stands in the log once a flight, and again when it asks for more."""
        for finding in (*live.findings, *_as_findings(live.broken, want)):
            key = f"{finding.fault.value} {finding.action.name}"
            if key not in live.said:
                live.said.add(key)
                await self._aloft.record(
                    live,
                    Action.DRONE_FAULT,
                    SYSTEM,
                    fault=finding.fault.value,
                    words=finding.words,
                    does=finding.action.name.lower().replace("_", "-"),
                )

    def _took(self, live: Live, told: Told) -> bool:
        if told.accepted:
            live.notes.pop("order", None)
        else:
            live.notes["order"] = f"It did not do what it was told: {told.words}"
        return told.accepted

    async def _advance(self, live: Live, phase: Phase, now: datetime, action: Action, why: str) -> None:
        live.follow(advance(live.flight, phase, now), goes=True)
        live.hand_at, live.waits = None, False
        await self._aloft.record(live, action, SYSTEM, why=why)

    def _words(self, live: Live) -> str:
        gravest = max(live.findings, key=lambda finding: finding.action, default=None)
        return gravest.words if gravest is not None else " ".join(live.broken)


def _as_findings(broken: tuple[str, ...], want: Safest) -> tuple[Finding, ...]:
    return tuple(Finding(Fault.OUTSIDE, words, want) for words in broken)
