"""Alerts: an owner who is asked must know at once. Step 10 for those who lend cameras.

What waits to be told is the asks without an answer, as they are stored: a restart loses none, and one that is
over is told to nobody. Decides nothing; who hears of what is on the ask itself, for the dispatcher.
"""

import asyncio
import hashlib
import logging
from functools import partial
from urllib.parse import urlsplit

import msgspec

from backend.hub import Hub
from backend.model.entries import Action
from backend.model.ids import AskId, PushId, SessionId, UserId, new_id
from backend.model.openings import Ask, Reach
from backend.model.owners import PushSubscription
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.store.store import Tx
from notifications.ports import PushAddress, Pusher, PushOutcome, PushWords

log = logging.getLogger(__name__)

AT_ONCE = 16  # asks that are told of side by side; the others wait, and what waits too long is over
ADDRESSES = 8  # browsers of one person; the oldest is forgotten
LOOK_S = 1.0
AGAIN_S = 3.0
TRIES = 2


class AskMessage(msgspec.Struct, frozen=True, kw_only=True):
    """All that a push holds: no name, no place, no reason."""

    ask: str
    seconds: int


class Alerts:
    """Tells owners by push, and knows whether they can be told at all."""

    def __init__(self, steps: Steps, hub: Hub, pusher: Pusher) -> None:
        self._steps, self._hub, self._pusher = steps, hub, pusher
        self._wake = asyncio.Event()
        self._telling: dict[AskId, asyncio.Task[None]] = {}
        self._rate = Rate(every_s=10, burst=40)  # each change is an entry

    @property
    def key(self) -> str:
        """What an owner's browser subscribes with."""
        return self._pusher.key

    async def subscribe(self, user: User, address: PushAddress, session: SessionId) -> None:
        """Keep a browser's address; the same again is no change. Raises Refused."""
        self._slow_down(user)
        problem = self._pusher.misfit(address)
        if problem is not None:
            raise Refused(Refusal.BAD_PUSH_ADDRESS, problem)
        async with self._steps.begin() as step:
            known = await step.tx.push.at(address.endpoint)
            if known is not None and known.user_id == user.id and _address(known) == address:
                await step.tx.push.named_again(known.id, session, step.now)
                return
            kept = PushSubscription(
                id=PushId(new_id("psh")),
                user_id=user.id,
                endpoint=address.endpoint,
                p256dh=address.p256dh,
                auth=address.auth,
                added_at=step.now,
                session_id=session,
            )
            for gone in await step.tx.push.put(kept, ADDRESSES):
                why = "named anew" if gone.endpoint == kept.endpoint else "too many"
                await _record(step, Action.PUSH_UNSUBSCRIBE, gone, by=user.id, why=why)
            await _record(step, Action.PUSH_SUBSCRIBE, kept, by=user.id)

    async def unsubscribe(self, user: User, endpoint: str) -> None:
        """Forget it; nothing happens when this person has no such. Raises Refused (too-often)."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            known = await step.tx.push.at(endpoint)
            if known is not None and known.user_id == user.id:
                await forget_address(step, known, by=user.id, why="asked")

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "That was too quick. Wait a few seconds, then try again.")

    async def reach(self, tx: Tx, owner: UserId | None) -> Reach:
        """Whether this owner could hear an ask now."""
        if owner is None:
            return Reach.NOBODY
        if await tx.push.of_user(owner):
            return Reach.TRYING
        return Reach.PAGE if self._hub.hears(owner) else Reach.NOBODY

    def wake(self) -> None:
        """There is somebody to tell."""
        self._wake.set()

    async def run(self) -> None:
        """Tell of every ask as it comes. Runs until cancelled."""
        try:
            while True:
                await self.look()
                self._wake.clear()
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._telling.values():
                task.cancel()
            await asyncio.gather(*self._telling.values(), return_exceptions=True)

    async def look(self) -> None:
        """Begin telling of what nobody was told of yet, as far as there is room."""
        async with self._steps.read() as tx:
            waiting = await tx.asks.waiting()
        now = self._steps.clock()
        for ask in waiting:
            if len(self._telling) >= AT_ONCE:
                return
            if ask.reach is Reach.TRYING and ask.said(now) is None and ask.id not in self._telling:
                task = asyncio.create_task(self._tell(ask), name="push")
                self._telling[ask.id] = task
                task.add_done_callback(partial(self._told, ask.id))

    def _told(self, ask: AskId, _: asyncio.Task[None]) -> None:
        del self._telling[ask]
        self._wake.set()

    async def _tell(self, ask: Ask) -> None:
        try:
            reach = await self._push(ask)
        except Exception:
            log.exception("an ask could not be pushed")
            reach = Reach.NOBODY
        if reach is None:
            return
        async with self._steps.begin() as step:
            owner = await _owner(step.tx, ask)
            if reach is Reach.NOBODY and owner is not None and self._hub.hears(owner):
                reach = Reach.PAGE
            await step.tx.asks.reached(ask.id, reach)
            step.changed(ask.incident_id)

    async def _push(self, ask: Ask) -> Reach | None:
        """Whom it reached; None when there was nothing to tell any more."""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(AGAIN_S)
            async with self._steps.read() as tx:
                current, owner = await tx.asks.get(ask.id), await _owner(tx, ask)
                addresses = await tx.push.of_user(owner) if owner is not None else []
            now = self._steps.clock()
            if current is None or current.said(now) is not None:
                return None  # answered on an open page, or over
            left = int((ask.expires_at - now).total_seconds())
            outcomes = await asyncio.gather(
                *(self._pusher.push(_address(kept), words(ask, max(1, left))) for kept in addresses)
            )
            gone = [k for k, o in zip(addresses, outcomes, strict=True) if o is PushOutcome.GONE]
            if gone:
                async with self._steps.begin() as step:
                    for kept in gone:
                        await forget_address(step, kept, by="system", why="gone")
            if PushOutcome.TAKEN in outcomes:
                return Reach.PUSH
            if PushOutcome.FAILED not in outcomes:
                break
        return Reach.NOBODY


def words(ask: Ask, seconds: int) -> PushWords:
    """The message of an ask. Asks of one incident replace each other where they wait: one press shows all."""
    topic = hashlib.sha256(ask.incident_id.encode()).hexdigest()[:32]
    payload = msgspec.json.encode(AskMessage(ask=ask.id, seconds=seconds))
    return PushWords(payload=payload, topic=topic, valid_for_s=seconds)


def _address(kept: PushSubscription) -> PushAddress:
    return PushAddress(endpoint=kept.endpoint, p256dh=kept.p256dh, auth=kept.auth)


async def _owner(tx: Tx, ask: Ask) -> UserId | None:
    camera = await tx.cameras.get(ask.camera_id)
    site = await tx.sites.get(camera.site_id) if camera is not None else None
    return site.owner_id if site is not None else None


async def forget_address(step: Step, kept: PushSubscription, *, by: str, why: str) -> None:
    """Nothing is sent there any more."""
    await step.tx.push.forget(kept.id)
    await _record(step, Action.PUSH_UNSUBSCRIBE, kept, by=by, why=why)


async def _record(step: Step, action: Action, kept: PushSubscription, *, by: str, **details: str) -> None:
    """Whose browser and which service; never the endpoint, for who knows it can write to it."""
    service = urlsplit(kept.endpoint).hostname or ""
    await step.record(
        action, actor=by, subject=kept.id, details={"of": kept.user_id, "service": service, **details}
    )
