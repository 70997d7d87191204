"""Push: where people's browsers take messages, and messages to them. What services.alerts and asks tell by.

Knows neither units nor cameras. Addresses are never logged nor on record: who knows one can write to it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from backend.model.entries import Action
from backend.model.ids import PushId, SessionId, new_id
from backend.model.owners import PushSubscription
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from notifications.ports import PushAddress, Pusher, PushOutcome, PushWords

ADDRESSES = 8  # browsers of one person; the oldest is forgotten
TEST_LASTS_S = 60


class TestMessage(msgspec.Struct, frozen=True, kw_only=True):
    """All that a test holds."""

    test: str


class Push:
    """Keeps addresses, sends to them, and forgets those that are gone."""

    def __init__(self, steps: Steps, pusher: Pusher) -> None:
        self._steps, self._pusher = steps, pusher
        self._rate = Rate(every_s=10, burst=40)  # each change is an entry

    @property
    def key(self) -> str:
        """What a browser subscribes with."""
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

    async def test(self, user: User, endpoint: str) -> None:
        """Send this person's browser a message, really. Raises Refused (push-gone, push-failed)."""
        self._slow_down(user)
        async with self._steps.read() as tx:
            known = await tx.push.at(endpoint)
        outcome = PushOutcome.GONE
        if known is not None and known.user_id == user.id:
            words = push_words(TestMessage(test=new_id("tst")), topic=known.id, seconds=TEST_LASTS_S)
            (outcome,) = await self.send([known], words)
        if outcome is PushOutcome.GONE:
            raise Refused(Refusal.PUSH_GONE, "This phone is not known here any more. Turn alerts on again.")
        if outcome is PushOutcome.FAILED:
            raise Refused(
                Refusal.PUSH_FAILED,
                "Your browser's push service did not take the test. Try again in a minute; "
                "until it works, keep this page open.",
            )

    async def send(self, to: Sequence[PushSubscription], words: PushWords) -> list[PushOutcome]:
        """To all of these at once, within seconds; what became of each."""
        outcomes = await asyncio.gather(*(self._pusher.push(_address(kept), words) for kept in to))
        gone = [kept for kept, outcome in zip(to, outcomes, strict=True) if outcome is PushOutcome.GONE]
        if gone:
            async with self._steps.begin() as step:
                for kept in gone:
                    await forget_address(step, kept, by="system", why="gone")
        return outcomes

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "That was too quick. Wait a few seconds, then try again.")


class Errands:
    """Work that a look finds in the store, done side by side, each piece by one task at a time.

    `look` gets what is under way and begins what is not. It is called at every wake-up and every `every_s`
    anyway: a wake-up is only a hint, and a restart finds what was left.
    """

    def __init__(
        self, name: str, look: Callable[[frozenset[str]], Awaitable[None]], *, every_s: float
    ) -> None:
        self._name, self._look, self._every_s = name, look, every_s
        self._awake, self._looking = asyncio.Event(), asyncio.Lock()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def begin(self, key: str, work: Coroutine[Any, Any, None]) -> None:
        """Do it meanwhile. To be called by `look`, for what was not under way when it began to read."""
        task = asyncio.create_task(work, name=self._name)
        self._under_way[key] = task
        task.add_done_callback(partial(self._done, key))

    async def look(self) -> None:
        """Once."""
        async with self._looking:
            # as of before it reads: what ends meanwhile is still in what it read
            await self._look(frozenset(self._under_way))

    async def run(self) -> None:
        """Until cancelled, and what is under way with it."""
        try:
            while True:
                self._awake.clear()
                await self.look()
                try:
                    async with asyncio.timeout(self._every_s):
                        await self._awake.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _done(self, key: str, _: asyncio.Task[None]) -> None:
        del self._under_way[key]
        self._awake.set()


def push_words(message: msgspec.Struct, *, topic: str, seconds: int, urgent: bool = True) -> PushWords:
    """A message that a newer one of the same `topic` replaces where it waits; the carrier learns no topic."""
    hidden = hashlib.sha256(topic.encode()).hexdigest()[:32]
    payload = msgspec.json.encode(message)
    return PushWords(payload=payload, topic=hidden, valid_for_s=max(1, seconds), urgent=urgent)


def _address(kept: PushSubscription) -> PushAddress:
    return PushAddress(endpoint=kept.endpoint, p256dh=kept.p256dh, auth=kept.auth)


async def forget_address(step: Step, kept: PushSubscription, *, by: str, why: str) -> None:
    """Nothing is sent there any more."""
    await step.tx.push.forget(kept.id)
    await _record(step, Action.PUSH_UNSUBSCRIBE, kept, by=by, why=why)


async def _record(step: Step, action: Action, kept: PushSubscription, *, by: str, **details: str) -> None:
    """Whose browser and which service; never the endpoint."""
    service = urlsplit(kept.endpoint).hostname or ""
    await step.record(
        action, actor=by, subject=kept.id, details={"of": kept.user_id, "service": service, **details}
    )
