"""Relays: the next drone is there before this one's battery ends, so that nobody loses the picture."""

from datetime import datetime, timedelta

import msgspec

from backend.model.entries import Action
from backend.model.flights import Phase, advance
from backend.model.handovers import Relief, relay
from backend.model.refusals import Refusal, Refused
from backend.services.aloft import SYSTEM, Aloft, Live
from backend.services.courses import Courses
from backend.services.dispatch import Dispatch
from backend.services.steps import Steps

LOOK_EVERY = timedelta(seconds=5)
EARLY = timedelta(seconds=5)  # sooner than reckoned: a press takes its time
SOON = timedelta(minutes=6)  # nobody takes longer to the scene
BEYOND = timedelta(minutes=2)  # that somebody is wanted there for, after this one
SEEN_FOR = timedelta(seconds=10)  # both are there, and then the first leaves


class Relays:
    """Sends who takes over, and this one home when that one is there."""

    def __init__(self, steps: Steps, aloft: Aloft, courses: Courses, dispatch: Dispatch) -> None:
        self._steps, self._aloft, self._courses, self._dispatch = steps, aloft, courses, dispatch

    async def relieve(self, live: Live, by: str) -> Live:
        """The best that can come now. Raises Refused."""
        choice = await self._dispatch.choose(live.record.plan.place)
        if choice.best is None:
            raise Refused(Refusal.DRONE_GROUNDED, choice.words)
        relief = await self._dispatch.relieve(live, choice.best, by, choice.words)
        self._relieved(live, relief)
        await self._aloft.tell(live)
        return relief

    async def look(self, live: Live, now: datetime) -> None:
        """Once a second, for a flight over its scene."""
        if live.phase is Phase.ON_SCENE:
            await self._send_in_time(live, now)
        elif live.phase is Phase.HANDING_OVER:
            await self._hand_over(live, now)

    async def _send_in_time(self, live: Live, now: datetime) -> None:
        if live.leaves_at is None or live.leaves_at - now > SOON:
            return
        if not live.is_due("relief", now, LOOK_EVERY):
            return
        try:
            choice = await self._dispatch.choose(live.record.plan.place)
        except Refused as no:
            live.notes["relief"] = no.words
            return
        can = {one.stand.drone.id: one for one in choice.answers if one.plan is not None}
        reliefs = [
            Relief(drone_id=key, to_scene_s=one.plan.to_scene_s, stays_s=one.plan.stays_s)
            for key, one in can.items()
            if one.plan is not None
        ]
        shifts, gap = relay(live.leaves_at, reliefs, now, live.leaves_at + BEYOND)
        live.notes.pop("relief", None)
        if gap is not None:
            live.notes["relief"] = gap
        if not shifts or shifts[0].launch_at > now + EARLY:
            return
        try:
            relief = await self._dispatch.relieve(live, can[shifts[0].drone_id], SYSTEM, choice.words)
        except Refused as no:
            live.notes["relief"] = no.words
        else:
            self._relieved(live, relief)
        await self._aloft.tell(live)

    def _relieved(self, live: Live, relief: Live) -> None:
        live.follow(advance(live.flight, Phase.HANDING_OVER, self._steps.clock()))
        live.change(msgspec.structs.replace(live.flight, relieved_by=relief.id))

    async def _hand_over(self, live: Live, now: datetime) -> None:
        relief = self._aloft.relief_of(live)
        if relief is None or relief.phase not in (Phase.LAUNCHING, Phase.EN_ROUTE, Phase.ON_SCENE):
            live.follow(advance(live.flight, Phase.ON_SCENE, now))
            live.change(msgspec.structs.replace(live.flight, relieved_by=None))
            live.notes["relief"] = "Who was to take over does not come."
            await self._aloft.record(live, Action.DRONE_PHASE, SYSTEM, phase=Phase.ON_SCENE.value)
            return
        if relief.phase is not Phase.ON_SCENE or now - relief.flight.since < SEEN_FOR:
            return
        told = await self._courses.home(live)
        if told.accepted:
            live.follow(advance(live.flight, Phase.RETURNING, now), goes=True)
            await self._aloft.record(
                live, Action.DRONE_RETURN, SYSTEM, why="handed over", to=relief.stand.drone.name
            )
