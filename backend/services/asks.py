"""Asks: an owner who is asked must know at once. Step 9c.

What waits to be told is the asks without an answer, as they are stored: a restart loses none, and one that is
over is told to nobody. Decides nothing; who hears of what is on the ask itself, for the dispatcher.
"""

import asyncio
import logging

import msgspec

from backend.hub import Hub
from backend.model.ids import UserId
from backend.model.openings import Ask, Reach
from backend.services.push import Errands, Push, push_words
from backend.services.steps import Steps
from backend.store.store import Tx
from notifications.ports import PushOutcome

log = logging.getLogger(__name__)

AT_ONCE = 16  # asks that are told of side by side; the others wait, and what waits too long is over
LOOK_S = 1.0
AGAIN_S = 3.0
TRIES = 2


class AskMessage(msgspec.Struct, frozen=True, kw_only=True):
    """All that a push holds: no name, no place, no reason."""

    ask: str
    seconds: int


class Asks:
    """Tells owners by push, and knows whether they can be told at all."""

    def __init__(self, steps: Steps, hub: Hub, push: Push) -> None:
        self._steps, self._hub, self._push = steps, hub, push
        self._telling = Errands("ask", self._look, every_s=LOOK_S)
        self.wake, self.look, self.run = self._telling.wake, self._telling.look, self._telling.run

    async def reach(self, tx: Tx, owner: UserId | None) -> Reach:
        """Whether this owner could hear an ask now."""
        if owner is None:
            return Reach.NOBODY
        if await tx.push.of_user(owner):
            return Reach.TRYING
        return Reach.PAGE if self._hub.hears(owner) else Reach.NOBODY

    async def _look(self, under_way: frozenset[str]) -> None:
        """Begin telling of what nobody was told of yet, as far as there is room."""
        async with self._steps.read() as tx:
            waiting = await tx.asks.waiting()
        now = self._steps.clock()
        for ask in waiting:
            if len(self._telling) >= AT_ONCE:
                return
            if ask.reach is Reach.TRYING and ask.said(now) is None and ask.id not in under_way:
                self._telling.begin(ask.id, self._tell(ask))

    async def _tell(self, ask: Ask) -> None:
        try:
            reach = await self._told(ask)
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

    async def _told(self, ask: Ask) -> Reach | None:
        """Whom it reached; None when there was nothing to tell any more."""
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(AGAIN_S)
            async with self._steps.read() as tx:
                current, owner = await tx.asks.get(ask.id), await _owner(tx, ask)
                to = await tx.push.of_user(owner) if owner is not None else []
            now = self._steps.clock()
            if current is None or current.said(now) is not None:
                return None  # answered on an open page, or over
            left = max(1, int((ask.expires_at - now).total_seconds()))
            message = AskMessage(ask=ask.id, seconds=left)
            # those of one incident replace each other where they wait: one press shows all
            outcomes = await self._push.send(to, push_words(message, topic=ask.incident_id, seconds=left))
            if PushOutcome.TAKEN in outcomes:
                return Reach.PUSH
            if PushOutcome.FAILED not in outcomes:
                break
        return Reach.NOBODY


async def _owner(tx: Tx, ask: Ask) -> UserId | None:
    camera = await tx.cameras.get(ask.camera_id)
    site = await tx.sites.get(camera.site_id) if camera is not None else None
    return site.owner_id if site is not None else None
