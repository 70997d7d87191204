"""Care: how pictures open for each person, and for how long hard ones were on their screen.

The page says how many seconds it showed; it is believed as far as the permission that the server knows of
allows. Nothing here is in the audit log: who looks at what is on record as a use already, and a ledger that
is kept to offer relief must not become one that is held against anybody.
"""

import asyncio
import logging
from collections import OrderedDict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.model import care
from backend.model.care import CareChoice, CareView, Exposure, Relief
from backend.model.ids import FeedId
from backend.model.people import StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.services.limits import Rate
from backend.services.steps import Steps

log = logging.getLogger(__name__)

LOOK_S = 3600.0
REPORTERS = 10_000  # pictures of sessions whose last report is remembered; the oldest is forgotten first


class Care:
    """`zone` is the agency's clock: whose days the ledger counts."""

    def __init__(self, steps: Steps, zone: ZoneInfo) -> None:
        self._steps, self._zone = steps, zone
        self._rate = Rate(every_s=2, burst=60)
        self._told: OrderedDict[tuple[str, str], tuple[datetime, float, float]] = OrderedDict()

    async def choice(self, user: User) -> CareChoice:
        """How pictures open for this person."""
        async with self._steps.read() as tx:
            return await tx.care.choice(user.id) or care.usual(user.role)

    async def choose(self, user: User, choice: CareChoice) -> CareView:
        """From now on, on every device."""
        async with self._steps.begin() as step:
            await step.tx.care.choose(user.id, choice)
        return await self.view(user)

    async def view(self, user: User) -> CareView:
        """One's own."""
        async with self._steps.read() as tx:
            choice, ledger = await tx.care.choice(user.id), await tx.care.ledger(user.id)
        usual = care.usual(user.role)
        return CareView(
            choice=choice or usual,
            usual=usual,
            exposures=tuple(held for held in ledger if held.day >= self._oldest()),
            kept_days=care.KEPT.days,
        )

    async def relief(self) -> list[Relief]:
        """Sums of each person who saw anything within a week, whoever saw most first."""
        today = self._today()
        async with self._steps.read() as tx:
            return await tx.care.sums(today - timedelta(days=care.WEEK_DAYS - 1), today)

    async def saw(self, session: StaffSession, feed: FeedId, motion_s: float, still_s: float) -> None:
        """A page says for how long a picture was on it, uncovered. Raises Refused."""
        user = session.user
        if not self._rate.take(session.id):
            raise Refused(Refusal.TOO_OFTEN, "Once in fifteen seconds is enough.")
        async with self._steps.begin() as step:
            watched = await step.tx.care.watched(user.id, feed)
            if watched is None:
                raise Refused(Refusal.NOT_WATCHING, "This person has not had that picture on.")
            found = await step.tx.feeds.get(feed)
            incident = await step.tx.incidents.get(found.incident_id) if found is not None else None
            if incident is None:
                raise Refused(Refusal.NOT_FOUND)
            key = (session.id, feed)
            told_at, *rest = self._told.get(key, (None, 0.0, 0.0))
            motion, still = care.counted(motion_s, still_s, watched, told_at, step.now)
            motion, still = motion + rest[0], still + rest[1]
            whole = Exposure(day=self._today(), type=incident.type, motion_s=int(motion), still_s=int(still))
            if whole.motion_s or whole.still_s:
                await step.tx.care.add(user.id, whole)
        self._told[key] = step.now, motion - whole.motion_s, still - whole.still_s
        self._told.move_to_end(key)
        if len(self._told) > REPORTERS:
            self._told.popitem(last=False)

    async def run(self) -> None:
        """Forget what is old, each hour. Runs until cancelled."""
        while True:
            await self.forget()
            await asyncio.sleep(LOOK_S)

    async def forget(self) -> None:
        """Days of ledgers that are older than they are kept."""
        async with self._steps.begin() as step:
            gone = await step.tx.care.forget(self._oldest())
        if gone:
            log.info("%d rows of ledgers of exposure were forgotten", gone)

    def _today(self) -> date:
        return self._steps.clock().astimezone(self._zone).date()

    def _oldest(self) -> date:
        return self._today() - care.KEPT
