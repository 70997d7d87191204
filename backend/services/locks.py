"""Locks: a session that nobody has used for long is shown nothing until its person gives the password.

Used means a person's own input, as the pages tell it; what a page does by itself is none. Time is this
process's stopwatch, so that no clock that is set locks anybody; only over a restart the clock must do. Nobody
is locked out of an incident that is going on and that they are on, or have in front of them.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from backend.model.entries import Action
from backend.model.ids import IncidentId, SessionId
from backend.model.incidents import FeedState
from backend.model.links import LinkState, state
from backend.model.people import Role, StaffSession
from backend.model.refusals import Refusal, Refused
from backend.model.sessions import SignedIn
from backend.services.board import sees
from backend.services.limits import Rate
from backend.services.steps import Steps
from backend.store.store import Tx
from media.ports import EndReason, Holder, Sfu

LOOK_S = 5.0
WRITTEN_S = 60.0  # when a session was last used is written down no more often
IN_FRONT_S = 200.0  # pages say each minute what they have in front, hidden ones a little later
IN_FRONT = 16  # incidents of one session: its open pages
LEAST_MINUTES, MOST_MINUTES = 1, 240


def limits(said: Sequence[str]) -> dict[Role, timedelta]:
    """After how long without input each role is locked, of "30" and "officer=15". Raises ValueError."""
    every, each = 30, dict[Role, int]()
    for part in said:
        role, equals, number = part.rpartition("=")
        if not (number.isascii() and number.isdigit() and LEAST_MINUTES <= int(number) <= MOST_MINUTES):
            raise ValueError(f"{part!r} is not a number of minutes, {LEAST_MINUTES} to {MOST_MINUTES}")
        if not equals:
            every = int(number)
        elif role not in list(Role):
            raise ValueError(f"{role!r} is no role; there are {', '.join(Role)}")
        else:
            each[Role(role)] = int(number)
    return {role: timedelta(minutes=each.get(role, every)) for role in Role}


class Locks:
    """When each session was last used, and the lock that comes of it."""

    def __init__(
        self,
        steps: Steps,
        sfu: Sfu,
        after: Mapping[Role, timedelta],
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._steps, self._sfu, self._after, self._stopwatch = steps, sfu, after, stopwatch
        self._used: dict[SessionId, float] = {}  # those of open sessions only
        self._written: dict[SessionId, float] = {}
        self._in_front: dict[SessionId, dict[IncidentId, float]] = {}
        self._rate = Rate(every_s=1, burst=60)

    def after_s(self, role: Role) -> int:
        """Seconds without input until this role is locked."""
        return int(self._after[role].total_seconds())

    def report(self, session: StaffSession, idle_s: float, incident: IncidentId | None) -> None:
        """A page says how long nobody has used it, and what it has in front. Raises Refused (too-often)."""
        if not self._rate.take(session.id):
            raise Refused(Refusal.TOO_OFTEN, "Once a minute is enough.")
        self.used(session.id, idle_s)
        if incident is not None:
            front = self._in_front.setdefault(session.id, {})
            front.pop(incident, None)
            front[incident] = self._stopwatch()
            if len(front) > IN_FRONT:
                del front[next(iter(front))]

    def used(self, session: SessionId, idle_s: float = 0.0) -> None:
        """Somebody used it so long ago. Of several pages the last that was used counts."""
        at = self._stopwatch() - max(0.0, idle_s)
        self._used[session] = max(self._used.get(session, at), at)
        self._written.setdefault(session, at)

    async def lock(self, session: StaffSession) -> None:
        """By its own person's press, whatever goes on."""
        await self._lock(session.id, session, by=session.user.id)

    async def run(self) -> None:
        """Lock what is due. Runs until cancelled."""
        await self.restore()
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def restore(self) -> None:
        """Go on from what was written down before this process."""
        now = self._steps.clock()
        async with self._steps.read() as tx:
            for held in await tx.sessions.signed_in(now):
                self.used(held.id, (now - held.seen_at).total_seconds())

    async def look(self) -> None:
        """All of it once."""
        now, due = self._steps.clock(), []
        async with self._steps.read() as tx:
            held = await tx.sessions.signed_in(now)
            for session in held:
                if session.id not in self._used:
                    self.used(session.id)
                if session.locked_at is None and self._is_due(session) and not await self._keeps(tx, session):
                    due.append(session)
        self._forget_but({session.id for session in held})
        await self._write()
        for session in due:
            if self._is_due(session):
                await self._lock(session.id, session, by="system")

    def _is_due(self, session: SignedIn) -> bool:
        return self._stopwatch() - self._used[session.id] >= self._after[session.role].total_seconds()

    async def _keeps(self, tx: Tx, session: SignedIn) -> bool:
        """Whether something goes on that this person must go on seeing."""
        if session.unit_id is not None and await tx.incidents.of_unit(session.unit_id):
            return True
        user, since = await tx.users.get(session.user_id), self._stopwatch() - IN_FRONT_S
        for incident_id, at in self._in_front.get(session.id, {}).items():
            incident = await tx.incidents.get(incident_id) if at > since else None
            if user is None or incident is None or incident.closed_at is not None:
                continue
            if not await sees(tx, user, incident, self._steps.clock()):
                continue
            if incident.unit_ids or await _is_shared(tx, incident.id, self._steps.clock()):
                return True
        return False

    async def _lock(self, session: SessionId, whose: StaffSession | SignedIn, *, by: str) -> None:
        user = whose.user.id if isinstance(whose, StaffSession) else whose.user_id
        async with self._steps.begin() as step:
            if not await step.tx.sessions.lock(session, step.now):
                return  # it is over, or locked already
            grants = await step.tx.grants.revoke_watching(session, step.now)
            await step.record(Action.SESSION_LOCK, actor=by, subject=user, session=session)
            step.session_locked(session)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)

    def _forget_but(self, held: set[SessionId]) -> None:
        for kept in (self._used, self._written, self._in_front):
            for session in kept.keys() - held:
                del kept[session]

    async def _write(self) -> None:
        fresh = [
            (session, at) for session, at in self._used.items() if at - self._written[session] >= WRITTEN_S
        ]
        if not fresh:
            return
        now, by = self._steps.clock(), self._stopwatch()
        async with self._steps.begin() as step:
            await step.tx.sessions.saw([(session, now - timedelta(seconds=by - at)) for session, at in fresh])
        self._written.update(fresh)


async def _is_shared(tx: Tx, incident: IncidentId, now: datetime) -> bool:
    """Whether anybody shows anything of it: a picture, or where they are."""
    if any(feed.state is not FeedState.ENDED for feed in await tx.feeds.of_incident(incident)):
        return True
    return any(state(link, now) is LinkState.SHARING for link in await tx.links.of_incident(incident))
