"""Sign-in: the one place where a person becomes a session. Passkeys will come in here.

Five failures under one name in 15 minutes lock that name until the oldest of them is 15 minutes old.
"""

import asyncio
import math
from datetime import timedelta

from backend.model.duty import DutyEnd
from backend.model.entries import Action
from backend.model.ids import Cookie, SessionId, new_id, new_secret
from backend.model.openings import OpeningEnd
from backend.model.people import NAME_CHARS, StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.services.credentials import Passwords
from backend.services.devices import end_feed
from backend.services.duties import Duties
from backend.services.keys import Keys, same
from backend.services.leaving import Left
from backend.services.limits import Rate
from backend.services.openings import Openings
from backend.services.steps import Step, Steps
from media.ports import EndReason, FeedId, Holder, Sfu

FAILURES = 5
WINDOW = timedelta(minutes=15)
EXPIRY_LOOK_S = 5.0
WRONG = "That name and password do not go together."


class SignIn:
    """Sessions of staff: begun by a password, ended by signing out or by time."""

    def __init__(
        self,
        steps: Steps,
        keys: Keys,
        sfu: Sfu,
        passwords: Passwords,
        openings: Openings,
        duties: Duties,
        lasts: timedelta,
    ) -> None:
        self._steps, self._keys, self._sfu, self._lasts = steps, keys, sfu, lasts
        self._passwords, self._openings, self._duties = passwords, openings, duties
        self._rate = Rate(every_s=2, burst=30)

    async def sign_in(self, name: str, password: str, address: str) -> tuple[StaffSession, Cookie]:
        """A new session and what its browser carries. Raises Refused."""
        if not self._rate.take(address):
            raise Refused(Refusal.TOO_MANY_TRIES, "Wait a minute, then try again.")
        name = name.strip().lower()[:NAME_CHARS]  # small letters can be longer than capitals
        async with self._steps.read() as tx:
            account = await tx.users.by_name(name)
            failures = await tx.users.failures_since(name, self._steps.clock() - WINDOW)
        kept = account[1] if account else None
        right = len(failures) < FAILURES and await self._passwords.matches(kept, password)
        cookie = Cookie(new_secret())
        async with self._steps.begin() as step:
            outcome = await self._decide(step, name, account[0] if account else None, right, cookie)
        if isinstance(outcome, Refused):
            raise outcome
        return outcome, cookie

    async def _decide(
        self, step: Step, name: str, user: User | None, right: bool, cookie: Cookie
    ) -> StaffSession | Refused:
        subject = user.id if user else "unknown"
        # counted here, inside the transaction: tries side by side must not slip under the bound together
        failures = await step.tx.users.failures_since(name, step.now - WINDOW)
        if len(failures) >= FAILURES:
            seconds = math.ceil((failures[-FAILURES] + WINDOW - step.now).total_seconds())
            words = f"Too many wrong passwords. Try again in {minutes(seconds)}."
            await step.record(Action.USER_SIGN_IN, actor="unknown", subject=subject, refusal=Refusal.LOCKED)
            return Refused(Refusal.LOCKED, words, retry_after_s=seconds)
        if user is None or not right:
            await step.tx.users.add_failure(name, step.now, step.now - WINDOW)
            refusal = Refusal.SIGN_IN_FAILED
            await step.record(Action.USER_SIGN_IN, actor="unknown", subject=subject, refusal=refusal)
            return Refused(refusal, WRONG)
        session = StaffSession(id=SessionId(new_id("ses")), user=user, expires_at=step.now + self._lasts)
        await step.tx.users.clear_failures(name)
        await step.tx.sessions.add(session, cookie.hashed)
        await step.record(Action.USER_SIGN_IN, actor=user.id, subject=user.id)
        return session

    async def session(self, cookie: Cookie) -> StaffSession:
        """Whose cookie this is. Raises Refused."""
        async with self._steps.read() as tx:
            session = await tx.sessions.by_cookie(cookie.hashed, self._steps.clock())
        if session is None:
            raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")
        return session

    def csrf(self, session: StaffSession) -> str:
        """What a page of this session must send along with every change."""
        return self._keys.csrf(session.id)

    def check_csrf(self, session: StaffSession, given: str) -> None:
        """Raises Refused."""
        if not same(given, self._keys.csrf(session.id)):
            raise Refused(Refusal.BAD_CSRF, "Reload the page.")

    async def wrong_role(self, session: StaffSession, path: str) -> None:
        """Put on record that somebody asked for what their role may not."""
        async with self._steps.begin() as step:
            await step.record(
                Action.ACCESS_REFUSE,
                actor=session.user.id,
                subject=session.user.id,
                refusal=Refusal.WRONG_ROLE,
                path=path[:200],
            )

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
            await self._end(session)

    async def sign_out(self, session: StaffSession) -> None:
        """End a session, its sockets and its pictures; with a person's last, their duty and cameras."""
        await self._end(session.id, session.user)

    async def _end(self, session: SessionId, by: User | None = None) -> None:
        ending, left = None, Left()
        async with self._steps.begin() as step:
            user = await step.tx.sessions.user_of(session)
            await step.tx.sessions.remove(session)
            if user is not None and not await step.tx.sessions.any_of(user, step.now):
                ending = await self._openings.end_of(
                    step, OpeningEnd.RELEASED, by=by.id if by is not None else "system", users=[user]
                )
                await self._duties.end_of(
                    step, left, user, DutyEnd.SIGNED_OUT, by=by.id if by is not None else None
                )
            feeds = await step.tx.feeds.of_session(session)
            for feed in feeds:
                await end_feed(step, feed)
            grants = await step.tx.grants.revoke_of_session(session, step.now)
            if by is not None:
                await step.record(Action.USER_SIGN_OUT, actor=by.id, subject=by.id)
            step.session_ended(session)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        if ending is not None:
            await self._openings.finish(ending)
        await self._duties.finish(left)
        for feed in feeds:
            await self._sfu.end_feed(FeedId(feed.id), EndReason.REVOKED)


def minutes(seconds: int) -> str:
    """Rounded up, in words."""
    count = math.ceil(seconds / 60)
    return "a minute" if count <= 1 else f"{count} minutes"
