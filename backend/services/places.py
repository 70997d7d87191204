"""Places: precise positions of callers are forgotten on the agency's schedule, and coarse ones stay.

After step 13: some days after an incident's close. Callers' receipts say the day; on record when done.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from backend.model.entries import Action
from backend.services.steps import Steps

log = logging.getLogger(__name__)

LOOK_S = 3600.0
AT_ONCE = 100
PAUSE_S = 0.02  # between two incidents: others want to write too


class Places:
    """`days` after its close an incident's places become coarse."""

    def __init__(self, steps: Steps, days: int) -> None:
        self._steps, self.days = steps, days

    def until(self, closed_at: datetime) -> datetime:
        """When the places of an incident become coarse that was closed then."""
        return closed_at + timedelta(days=self.days)

    async def run(self) -> None:
        """Each hour. Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> int:
        """Make coarse what is due; of how many incidents."""
        count = 0
        while True:
            before = self._steps.clock() - timedelta(days=self.days)
            async with self._steps.read() as tx:
                due = await tx.places.due(before, AT_ONCE)
            for incident in due:
                async with self._steps.begin() as step:
                    positions = await step.tx.places.coarsen(incident, step.now)
                    await step.record(
                        Action.INCIDENT_COARSEN,
                        actor="system",
                        subject=incident,
                        incident=incident,
                        positions=str(positions),
                        days=str(self.days),
                    )
                    step.changed(incident)
                await asyncio.sleep(PAUSE_S)
            count += len(due)
            if len(due) < AT_ONCE:
                break
        if count:
            await self._steps.forget()  # out of the database's files too
            log.info("the places of %d incidents are coarse now", count)
        return count
