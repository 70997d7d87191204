"""Sessions that end: by their own person, by time, or from another device because the first is lost.

One step each: its sockets close, its pictures end at the engine, and where it takes messages is forgotten if
somebody ends it from elsewhere. With a person's last session their duty ends, and what they have open.
"""

import asyncio
from collections.abc import Callable, Sequence

from backend.model.duty import DutyEnd
from backend.model.entries import Action
from backend.model.ids import GrantId, IncidentId, SessionId, UnitId, UserId
from backend.model.incidents import Feed
from backend.model.openings import OpeningEnd
from backend.model.people import StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.model.sessions import PersonSessions, SessionEnd, SessionView, SignedIn, may_end
from backend.services.devices import end_feed
from backend.services.duties import Duties
from backend.services.endings import Ending
from backend.services.leaving import Left
from backend.services.limits import Rate
from backend.services.openings import Openings
from backend.services.push import forget_address
from backend.services.steps import Step, Steps
from media.ports import EndReason, FeedId, Holder, Sfu

EXPIRY_LOOK_S = 5.0
SHOWN = 1000


class _Ended:
    """What a step has ended and the engine must still be told of."""

    def __init__(self) -> None:
        self.grants: list[GrantId] = []
        self.feeds: list[Feed] = []
        self.left, self.ending = Left(), Ending()


class Sessions:
    """Who is signed in where, and how that ends."""

    def __init__(self, steps: Steps, sfu: Sfu, openings: Openings, duties: Duties) -> None:
        self._steps, self._sfu, self._openings, self._duties = steps, sfu, openings, duties
        self._rate = Rate(every_s=2, burst=30)

    async def page(self, asker: StaffSession) -> list[PersonSessions]:
        """Those that the asker may end: one's own first, then by name; of each the last used first."""
        async with self._steps.read() as tx:
            everybody = await tx.sessions.signed_in(self._steps.clock())
            signs = {unit: sign for sign, unit in (await tx.units.call_signs()).items()}
        people: dict[UserId, list[SignedIn]] = {asker.user.id: []}
        for one in [held for held in everybody if _may(asker, held)][:SHOWN]:
            people.setdefault(one.user_id, []).append(one)
        return [_person(of, asker, signs) for of in people.values() if of]

    async def end(self, asker: StaffSession, session: SessionId, why: SessionEnd) -> None:
        """End one; nothing when it is over. Raises Refused."""
        await self._end_for(asker, why, lambda one: one.id == session)

    async def end_all(self, asker: StaffSession, user: UserId, why: SessionEnd) -> None:
        """End all of somebody's, but never the one that asks. Raises Refused."""
        await self._end_for(asker, why, lambda one: one.user_id == user and one.id != asker.id)

    async def sign_out(self, session: StaffSession) -> None:
        """By its own person, on its own page."""
        ended = _Ended()
        async with self._steps.begin() as step:
            await self._end(step, ended, session.id, by=session.user.id)
            await step.record(Action.USER_SIGN_OUT, actor=session.user.id, subject=session.user.id)
        await self._finish(ended)

    async def watch_expiry(self) -> None:
        """End what is left of sessions that ran out or were taken away. Runs until cancelled."""
        while True:
            await asyncio.sleep(EXPIRY_LOOK_S)
            await self.end_expired()

    async def end_expired(self) -> None:
        """A session that is over shows nothing any more: its sockets and pictures end."""
        async with self._steps.read() as tx:
            over = await tx.sessions.expired(self._steps.clock())
        for session in over:
            ended = _Ended()
            async with self._steps.begin() as step:
                await self._end(step, ended, session, by=None)
            await self._finish(ended)

    async def _end_for(
        self, asker: StaffSession, why: SessionEnd, chosen: Callable[[SignedIn], bool]
    ) -> None:
        if not self._rate.take(asker.user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
        ended = _Ended()
        async with self._steps.begin() as step:
            if not await step.tx.sessions.is_open(asker.id, step.now):
                raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")  # ended by somebody since it asked
            for one in filter(chosen, await step.tx.sessions.signed_in(step.now)):
                step.attempts(Action.SESSION_END, actor=asker.user.id, subject=one.user_id)
                step.about(None)
                if not _may(asker, one):
                    raise Refused(Refusal.WRONG_ROLE, "Only a supervisor ends this person's sessions.")
                await self._say(step, asker.user, one, why)
                for gone in await step.tx.push.of_session(one.id):
                    await forget_address(step, gone, by=asker.user.id, why="session ended")
                await self._end(step, ended, one.id, by=asker.user.id)
        await self._finish(ended)

    async def _say(self, step: Step, by: User, one: SignedIn, why: SessionEnd) -> None:
        """On record, and on the timeline of each incident that this person is on."""
        on = await step.tx.incidents.of_unit(one.unit_id) if one.unit_id is not None else []
        places: list[IncidentId | None] = [incident.id for incident in on]
        for incident in places or [None]:
            await step.record(
                Action.SESSION_END,
                actor=by.id,
                subject=one.user_id,
                incident=incident,
                session=one.id,
                device=one.device,
                reason=why.value,
            )

    async def _end(self, step: Step, ended: _Ended, session: SessionId, *, by: UserId | None) -> None:
        user = await step.tx.sessions.user_of(session)
        await step.tx.sessions.remove(session)
        if user is not None and not await step.tx.sessions.any_of(user, step.now):
            await self._openings.end_of(
                step, OpeningEnd.RELEASED, by=by or "system", users=[user], into=ended.ending
            )
            await self._duties.end_of(step, ended.left, user, DutyEnd.SIGNED_OUT, by=by)
        feeds = await step.tx.feeds.of_session(session)
        for feed in feeds:
            await end_feed(step, feed)
        ended.feeds += feeds
        ended.grants += await step.tx.grants.revoke_of_session(session, step.now)
        step.session_ended(session)

    async def _finish(self, ended: _Ended) -> None:
        for grant in ended.grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        await self._openings.finish(ended.ending)
        await self._duties.finish(ended.left)
        for feed in ended.feeds:
            await self._sfu.end_feed(FeedId(feed.id), EndReason.REVOKED)


def _may(asker: StaffSession, one: SignedIn) -> bool:
    return may_end(asker.user, one.user_id, one.role)


def _person(of: Sequence[SignedIn], asker: StaffSession, signs: dict[UnitId, str]) -> PersonSessions:
    who = of[0]
    return PersonSessions(
        user_id=who.user_id,
        name=who.name,
        role=who.role,
        unit=signs.get(who.unit_id) if who.unit_id is not None else None,
        sessions=tuple(
            SessionView(
                id=one.id,
                device=one.device,
                since=one.since,
                seen_at=one.seen_at,
                locked=one.locked_at is not None,
                here=one.id == asker.id,
            )
            for one in of
        ),
    )
