"""Measured: each caller's link once its incident is closed, and sums for supervisors and for everybody.

A row is written without the link's id in the step that forgets which link it was. After step 13.
"""

import asyncio
import logging

from backend.model import measured as rules
from backend.model.ids import LinkId
from backend.model.measured import Browser, CallerFigures, Network
from backend.services.steps import Steps

log = logging.getLogger(__name__)

LOOK_S = 30.0
AT_ONCE = 50
ENTRIES = 2000  # of one link and its feed
MOST_FIGURES = 20_000  # that one sum reads


class Measured:
    """Looks by itself; `report` is what a supervisor sees."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    async def run(self) -> None:
        """Measure what is over and forget what is old. Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Measure links of closed incidents; how many."""
        count = 0
        while True:
            async with self._steps.read() as tx:
                due = await tx.measured.due(AT_ONCE)
            for link, browser, network in due:
                count += await self._measure(link, browser, network)
            if len(due) < AT_ONCE:
                break
        async with self._steps.begin() as step:
            gone = await step.tx.measured.forget(step.now - rules.KEPT)
        if gone:
            log.info("%d figures of callers' links were forgotten", gone)
        return count

    async def report(self) -> CallerFigures:
        """Sums over ninety days."""
        since = (self._steps.clock() - rules.SHOWN).replace(minute=0, second=0, microsecond=0)
        async with self._steps.read() as tx:
            figures = await tx.measured.figures(since, self._steps.clock(), MOST_FIGURES)
        return rules.sums(figures, since)

    async def _measure(self, link_id: LinkId, browser: Browser, network: Network) -> bool:
        async with self._steps.begin() as step:
            link = await step.tx.links.get(link_id)
            if link is None:
                return False
            about = [link.id, *([link.feed_id] if link.feed_id is not None else [])]
            entries = await step.tx.entries.about(about, ENTRIES)
            changes = await step.tx.rungs.of_link(link.id)
            figure = rules.measure(link, entries, changes, browser, network)
            return await step.tx.measured.add(link.id, figure)
