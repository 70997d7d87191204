"""Openings: one person sees one lent camera for one open incident, for a reason, for half an hour.

The rules are in model.cameras and asked through services.nearby, in the transaction that opens. Whatever
takes a rule away (the owner's press, the clock, the incident's close, a connector that is gone for good) ends
the opening in one transaction, and the engine ends the picture whatever the connector does.

Implements services.sites.CameraListener and services.connectors.RunListener.
"""

import asyncio
import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.model.cameras import Call, Unavailable, why_not
from backend.model.entries import Action
from backend.model.ids import AskId, CameraId, ConnectorId, FeedId, IncidentId, OpeningId, UserId
from backend.model.incidents import Incident
from backend.model.lending import AskedView, Offer, OpeningView
from backend.model.openings import Answer, Ask, Opening, OpeningEnd, Reason, Waiter
from backend.model.people import User
from backend.model.positions import distance_m
from backend.model.refusals import Refusal, Refused
from backend.model.sites import may_manage
from backend.services.asks import Asks
from backend.services.board import is_desk, sees
from backend.services.endings import Ending, Endings, put_on_record
from backend.services.limits import Rate
from backend.services.presses import WORDS, Presses, unavailable
from backend.services.runs import Runs
from backend.services.steps import Step, Steps
from backend.services.uses import Uses
from backend.store.store import Tx
from media.ports import Sfu

log = logging.getLogger(__name__)

LOOK_S = 1.0
SITE_CAMERAS = 8  # that a site's own call opens by itself, nearest first
_SYSTEM = "system"


class Openings:
    """`zone` is the agency's clock."""

    def __init__(
        self,
        steps: Steps,
        presses: Presses,
        endings: Endings,
        runs: Runs,
        asks: Asks,
        uses: Uses,
        sfu: Sfu,
        zone: ZoneInfo,
    ) -> None:
        self._steps, self._presses, self._endings = steps, presses, endings
        self._uses, self._sfu = uses, sfu
        self._runs, self._asks, self._zone = runs, asks, zone
        self._rate = Rate(every_s=0.5, burst=30)

    # What people do

    async def open(
        self, user: User, incident: IncidentId, camera: CameraId, reason: Reason
    ) -> tuple[OpeningView | None, AskedView | None]:
        """Open it, or ask its owner first: one of the two is there. Raises Refused.

        Who has it open already gets the same opening; an ask that is under way is not repeated.
        """
        self._slow_down(user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_OPEN, actor=user.id, subject=camera)
            place = await self._place(step, user, incident)
            done = await self._presses.press(step, user, place, camera, reason)
            views = (await step.tx.openings.views([incident]))[incident]
            asks = (await step.tx.asks.views([incident]))[incident]
            opening = next((view for view in views if view.id == done.id), None)
            asked = next((view for view in asks if view.camera_id == camera), None)
        self._asks.wake()
        if isinstance(done, Opening):
            await self._begin([done])
            return opening, None
        return None, asked

    async def open_site(self, user: User, incident: IncidentId) -> tuple[list[OpeningView], list[AskedView]]:
        """Open the cameras of the site whose own call this is, the nearest first. Raises Refused.

        At most SITE_CAMERAS of them; owners who want to be asked are asked. What cannot be is left out. What
        is open to this person now, the nearest first, and which owners are asked.
        """
        self._slow_down(user)
        begun: list[Opening] = []
        pressed = 0
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_OPEN, actor=user.id, subject=incident)
            place = await self._place(step, user, incident)
            if place.site_id is None:
                raise Refused(Refusal.NO_SITE, "This call is not from a site with cameras.")
            site = await step.tx.sites.get(place.site_id)
            scene = place.position or (site.point if site is not None else None)
            cameras = await step.tx.cameras.of_sites([place.site_id])
            if scene is not None:
                cameras.sort(key=lambda camera: (distance_m(scene, camera.point), camera.id))
            for camera in cameras:
                found = await self._presses.look_at(step.tx, place, camera.id, step.now)
                if found is None or found.offer is Offer.NO:
                    continue
                if pressed == SITE_CAMERAS:
                    break
                try:
                    done = await self._presses.press(step, user, place, camera.id, Reason.SITE_CALL)
                except Refused:  # its owner cannot be asked, or has said no: the others are not held up
                    continue
                pressed += 1
                begun += [done] if isinstance(done, Opening) else []
        self._asks.wake()
        try:
            await self._begin(begun)
        except Refused as no:
            if no.refusal is Refusal.LOG_AWAY:
                raise
            # a connector left in this very moment; its openings have ended
            log.info("a connector went away while a site's cameras were opened")
        place_of: dict[str, int] = {camera.id: n for n, camera in enumerate(cameras)}
        async with self._steps.read() as tx:
            views = (await tx.openings.views([incident]))[incident]
            asked = [v for v in (await tx.asks.views([incident]))[incident] if v.answer is None]
        mine = [v for v in views if v.user_id == user.id and v.camera_id in place_of]
        mine.sort(key=lambda view: place_of[view.camera_id])
        return mine, [v for v in asked if v.camera_id in place_of]

    async def renew(self, user: User, opening: OpeningId) -> OpeningView:
        """Half an hour from now. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_RENEW, actor=user.id, subject=opening)
            held = await self._held(step, opening)
            if held.user_id != user.id:
                raise Refused(Refusal.NOT_FOUND)
            place = await self._place(step, user, held.incident_id)
            if not held.open_at(step.now):
                raise Refused(Refusal.OPENING_OVER, "This camera is closed. Open it again.")
            if not await self._presses.still_lent(step.tx, place, held.camera_id, step.now):
                raise unavailable(await self._presses.look_at(step.tx, place, held.camera_id, step.now))
            held = await self._presses.prolong(step, held, user, place)
            await put_on_record(
                step,
                Action.CAMERA_RENEW,
                actor=user.id,
                camera=held.camera_id,
                incident=held.incident_id,
                opening=opening,
            )
            views = (await step.tx.openings.views([held.incident_id]))[held.incident_id]
            view = next(view for view in views if view.id == opening)
        await self._uses.extend(self._sfu, held)
        return view

    async def close(self, user: User, opening: OpeningId) -> None:
        """End one's own; the desk may end anybody's. Nothing is seen by it afterwards. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_CLOSE, actor=user.id, subject=opening)
            held = await self._held(step, opening)
            if held.user_id != user.id and not is_desk(user):
                raise Refused(Refusal.NOT_FOUND)
            over = [held] if held.ended_at is None else []
            ending = await self._endings.end(step, over, OpeningEnd.CLOSED, by=user.id)
        await self._endings.finish(ending)

    async def answer(self, user: User, ask_id: AskId, allow: bool) -> None:
        """The owner allows or refuses. Who asked or pressed since sees the picture at once. Raises Refused.

        The same answer twice is one; a minute that has passed cannot be answered any more.
        """
        begun: list[Opening] = []
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_ANSWER, actor=user.id, subject=ask_id)
            ask = await step.tx.asks.get(ask_id)
            camera = await step.tx.cameras.get(ask.camera_id) if ask is not None else None
            site = await step.tx.sites.get(camera.site_id) if camera is not None else None
            if ask is None or camera is None or site is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(ask.incident_id, camera.id)
            if not may_manage(user, site):
                raise Refused(Refusal.NOT_YOURS, "This camera is not yours.")
            incident, said = await step.tx.incidents.get(ask.incident_id), ask.said(step.now)
            answer = Answer.ALLOWED if allow else Answer.REFUSED
            if said is answer:
                return
            if said is not None or incident is None or incident.closed_at is not None:
                raise Refused(Refusal.ASK_OVER, "This question is over. Nobody sees the camera by it.")
            waiting = [Waiter(user_id=ask.asked_by, reason=ask.reason), *await step.tx.asks.waiters(ask.id)]
            await self._presses.answered(step, ask, answer, by=user.id)
            if allow:
                begun = await self._open_for(step, waiting, incident, camera.id)
        try:
            await self._begin(begun)
        except Refused:  # the answer stands, and the desk sees that the connector is away
            log.info("a connector went away while its camera was allowed")

    async def _open_for(
        self, step: Step, waiting: list[Waiter], incident: Incident, camera: CameraId
    ) -> list[Opening]:
        """Open it for each of them who still may; that one cannot be served takes nothing from the others."""
        begun: list[Opening] = []
        for waiter in waiting:
            user = await step.tx.users.get(waiter.user_id)
            if user is None or not await _may(step, user, incident):
                continue
            try:
                done = await self._presses.press(step, user, incident, camera, waiter.reason)
            except (
                Refused
            ):  # paused since, its connector away, or too many cameras are open: the desk sees why
                continue
            begun += [done] if isinstance(done, Opening) else []
        return begun

    # What ends them

    async def camera_changed(self, camera: CameraId, end: OpeningEnd, by: UserId | None = None) -> None:
        """End what the owner's settings no longer allow. When it returns, no such picture is sent."""
        ending = Ending()
        async with self._steps.begin() as step:
            found = await step.tx.cameras.get(camera)
            over = []
            for held in await step.tx.openings.of_camera(camera):
                incident = await step.tx.incidents.get(held.incident_id)
                lent = incident is not None and await self._presses.still_lent(
                    step.tx, incident, camera, step.now
                )
                if not lent or found is None or self._runs.is_other(held.feed_id, found):
                    over.append(held)
            await self._endings.end(step, over, end, by=by or await _owner(step, camera), into=ending)
        await self._endings.finish(ending)

    async def stop(self, camera: CameraId, by: UserId | None = None) -> None:
        """The Stop of who keeps it: all of it ends, and stays shut for these incidents."""
        async with self._steps.begin() as step:
            held = await step.tx.openings.of_camera(camera)
            hand = by or await _owner(step, camera)
            ending = await self._endings.end(step, held, OpeningEnd.OWNER_STOPPED, by=hand)
            for opening in {opening.incident_id: opening for opening in held}.values():
                await self._presses.refuse(step, opening)
        await self._endings.finish(ending)

    async def end_of(
        self,
        step: Step,
        end: OpeningEnd,
        *,
        by: str,
        users: list[UserId],
        incident: IncidentId | None = None,
        into: Ending | None = None,
    ) -> Ending:
        """End what these people have open, inside a step; `finish` it after the commit."""
        held = await step.tx.openings.of_users(users, incident)
        return await self._endings.end(step, held, end, by=by, into=into)

    async def end_incident(self, step: Step, incident: IncidentId, *, by: str) -> Ending:
        """The same for a whole incident, with the questions that are open."""
        for ask in await step.tx.asks.waiting(incident):
            await self._presses.answered(step, ask, Answer.UNANSWERED, by=_SYSTEM)
        held = await step.tx.openings.of_incident(incident)
        return await self._endings.end(step, held, OpeningEnd.INCIDENT_CLOSED, by=by)

    async def finish(self, ending: Ending) -> None:
        """Make true at the engine what a step has ended."""
        await self._endings.finish(ending)

    async def watch(self) -> None:
        """End what time ends. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """End what nothing allows any more: time, hours, whoever left, and what a crash left behind."""
        await self._runs.look()
        async with self._steps.read() as tx:
            now = self._steps.clock()
            if not (await self._over(tx, now) or await _unanswered(tx, now)):
                return
        ending = Ending()
        async with self._steps.begin() as step:
            for held, end in await self._over(step.tx, step.now):
                await self._endings.end(step, [held], end, by=_SYSTEM, into=ending)
            for ask in await _unanswered(step.tx, step.now):
                await self._presses.answered(step, ask, Answer.UNANSWERED, by=_SYSTEM)
        await self._endings.finish(ending)

    # What connectors say

    async def run_failed(self, run: str, words: str) -> None:
        """A connector cannot bring the picture: it ends for all. Its owner is told the words elsewhere."""
        self._runs.forget(FeedId(run))
        await self._end_feed(FeedId(run), OpeningEnd.CAMERA_TROUBLE)

    async def connector_away(self, connector: ConnectorId) -> None:
        """Its pictures flow on if they can; `look` ends them when it stays away."""
        await self._runs.away(connector)

    async def connector_back(self, connector: ConnectorId) -> None:
        """It is told again what should run."""
        await self._runs.back(connector)

    # Inside

    async def _begin(self, openings: list[Opening]) -> None:
        """Have the log hold them, and their sources started. Raises Refused for the last that cannot be.

        Openings that are refused have ended.
        """
        refused: Refused | None = None
        try:
            await self._uses.hold(openings)
        except Refused:
            async with self._steps.begin() as step:
                unseen = [opening for opening, _ in await self._uses.unheld(step.tx, openings)]
                ending = await self._endings.end(step, unseen, OpeningEnd.LOG_AWAY, by=_SYSTEM)
            await self._endings.finish(ending)
            raise
        feeds = list(dict.fromkeys(opening.feed_id for opening in openings))
        started = await asyncio.gather(*map(self._runs.settle, feeds), return_exceptions=True)
        for feed, outcome in zip(feeds, started, strict=True):
            if isinstance(outcome, Refused):
                refused = outcome
                await self._end_feed(feed, OpeningEnd.CONNECTOR_AWAY)
            elif isinstance(outcome, BaseException):
                raise outcome
        if refused is not None:
            raise Refused(Refusal.CAMERA_UNAVAILABLE, WORDS[Unavailable.CONNECTOR_AWAY])

    async def _end_feed(self, feed: FeedId, end: OpeningEnd) -> None:
        async with self._steps.begin() as step:
            held = await step.tx.openings.of_feed(feed)
            ending = await self._endings.end(step, held, end, by=_SYSTEM)
        await self._endings.finish(ending)

    async def _place(self, step: Step, user: User, incident: IncidentId) -> Incident:
        """The incident, when this person may open cameras for it now. Raises Refused."""
        found = await step.open_to(user, incident)
        if not await step.tx.sessions.any_of(user.id, step.now):
            raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")  # signed out since the request came in
        return found

    async def _held(self, step: Step, opening: OpeningId) -> Opening:
        held = await step.tx.openings.get(opening)
        if held is None:
            raise Refused(Refusal.NOT_FOUND)
        step.about(held.incident_id, held.camera_id)
        return held

    async def _over(self, tx: Tx, now: datetime) -> list[tuple[Opening, OpeningEnd]]:
        over = []
        for held in await tx.openings.all():
            end = await self._why_over(tx, held, now)
            if end is not None:
                over.append((held, end))
        return over

    async def _why_over(self, tx: Tx, held: Opening, now: datetime) -> OpeningEnd | None:
        incident, user = await tx.incidents.get(held.incident_id), await tx.users.get(held.user_id)
        camera = await tx.cameras.get(held.camera_id)
        if incident is None or incident.closed_at is not None:
            return OpeningEnd.INCIDENT_CLOSED
        if not held.open_at(now):
            return OpeningEnd.EXPIRED
        if user is None or not await sees(tx, user, incident, now):
            return OpeningEnd.RELEASED
        if not await tx.sessions.any_of(held.user_id, now):
            return OpeningEnd.RELEASED
        # the place is left out: what began near enough goes on while the incident moves
        nearest = Call(own=True, distance_m=0.0)
        why = (
            Unavailable.RETIRED
            if camera is None
            else why_not(camera, nearest, now, now.astimezone(self._zone))
        )
        if why is not None:
            return OpeningEnd.OWNER_PAUSED if why is Unavailable.PAUSED else OpeningEnd.OWNER_CHANGED
        if camera is not None and camera.connector_id and self._runs.gone(camera.connector_id, now):
            return OpeningEnd.CONNECTOR_AWAY
        return None

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then press again.")


async def _unanswered(tx: Tx, now: datetime) -> list[Ask]:
    return [ask for ask in await tx.asks.waiting() if ask.said(now) is Answer.UNANSWERED]


async def _may(step: Step, user: User, incident: Incident) -> bool:
    return await sees(step.tx, user, incident, step.now) and await step.tx.sessions.any_of(user.id, step.now)


async def _owner(step: Step, camera: CameraId) -> str:
    """Whose hand it is when a camera's settings end something."""
    found = await step.tx.cameras.get(camera)
    site = await step.tx.sites.get(found.site_id) if found is not None else None
    return site.owner_id if site is not None and site.owner_id is not None else _SYSTEM
