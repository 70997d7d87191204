"""The ways of a link: one that nobody opens in time goes by another, and the dispatcher is told. Step 2c.

When that is due stands in the link's row, so a restart loses and doubles nothing. By itself a link goes each
way once; then it is the dispatcher's turn, with a code to read out or a QR code to show.
"""

import asyncio
from collections.abc import Callable, Collection

from backend.model.entries import Action
from backend.model.ids import LinkId
from backend.model.links import OPENED_WITHIN, UNOPENED, DeliveryState, Link, Way, next_way, state
from backend.model.messages import standing
from backend.services.links import queue
from backend.services.steps import Step, Steps

LOOK_S = 1.0
AT_ONCE = 50  # links of one look; the next look takes the rest


class Ways:
    """`ways` are those by which a link goes here by itself; `wake` tells the outbox that there is work."""

    def __init__(self, steps: Steps, ways: Collection[Way], wake: Callable[[], None]) -> None:
        self._steps, self._ways, self._wake = steps, ways, wake

    async def run(self) -> None:
        """Look for links that are due, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Send on what is due."""
        async with self._steps.read() as tx:
            due = await tx.links.due(self._steps.clock(), AT_ONCE)
        for link in due:
            await self._go_on(link.id)
        if due:
            self._wake()

    async def _go_on(self, link_id: LinkId) -> None:
        async with self._steps.begin() as step:
            link = await step.tx.links.get(link_id)
            if link is None or link.next_at is None or link.next_at > step.now:
                return  # somebody sent it again meanwhile
            incident = await step.tx.incidents.get(link.incident_id)
            if incident is None or incident.closed_at is not None or state(link, step.now) not in UNOPENED:
                await step.tx.links.change(link_id, next_at=None)
                return
            await self._next(step, link)

    async def _next(self, step: Step, link: Link) -> None:
        went = await step.tx.messages.of_link(link.id)
        way = next_way(link, self._ways, [message.way for message in went])
        details = {"why": _why(link)}
        if way is None:
            await step.tx.links.change(link.id, next_at=None, unreached_at=step.now)
        else:
            details["way"] = way.value
            await queue(step, link, way)
            delivery, reason = standing(await step.tx.messages.of_link(link.id))
            await step.tx.links.change(
                link.id, next_at=step.now + OPENED_WITHIN, delivery=delivery, delivery_reason=reason
            )
        await step.record(
            Action.LINK_NEXT, actor="system", subject=link.id, incident=link.incident_id, details=details
        )
        step.changed(link.incident_id)


def _why(link: Link) -> str:
    """Of carriers that report nothing all that is known is that nobody opened it."""
    return link.delivery.value if link.delivery is DeliveryState.FAILED else "not-opened"
