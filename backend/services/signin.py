"""Sign-in: the one place where a person becomes a session or opens a locked one. Passkeys will come in here.

Five failures under one name in 15 minutes lock that name until the oldest of them is 15 minutes old.
"""

import math
from datetime import timedelta

import msgspec

from backend.model.entries import Action
from backend.model.ids import Cookie, SessionId, new_id, new_secret
from backend.model.people import NAME_CHARS, StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.services.credentials import Passwords
from backend.services.keys import Keys, same
from backend.services.limits import Rate
from backend.services.locks import Locks
from backend.services.steps import Step, Steps

FAILURES = 5
WINDOW = timedelta(minutes=15)
WRONG = "That name and password do not go together."


class SignIn:
    """Sessions of staff: begun and opened again by a password. What ends them is services.sessions."""

    def __init__(
        self, steps: Steps, keys: Keys, passwords: Passwords, locks: Locks, lasts: timedelta
    ) -> None:
        self._steps, self._keys, self._passwords = steps, keys, passwords
        self._locks, self._lasts = locks, lasts
        self._rate = Rate(every_s=2, burst=30)

    async def sign_in(
        self, name: str, password: str, address: str, device: str
    ) -> tuple[StaffSession, Cookie]:
        """A new session and what its browser carries; `device` is in words. Raises Refused."""
        name = name.strip().lower()[:NAME_CHARS]  # small letters can be longer than capitals
        user, right = await self._try(name, password, address)
        cookie = Cookie(new_secret())
        async with self._steps.begin() as step:
            judged = await self._judge(step, name, user, right, Action.USER_SIGN_IN)
            if isinstance(judged, User):
                session = StaffSession(
                    id=SessionId(new_id("ses")),
                    user=judged,
                    expires_at=step.now + self._lasts,
                    device=device,
                )
                await step.tx.sessions.add(session, cookie.hashed, step.now)
                await step.record(Action.USER_SIGN_IN, actor=judged.id, subject=judged.id)
        if isinstance(judged, Refused):
            raise judged
        self._locks.used(session.id)
        return session, cookie

    async def unlock(self, session: StaffSession, password: str, address: str) -> StaffSession:
        """The same session, opened again by its own person's password. Raises Refused."""
        name = session.user.name
        user, right = await self._try(name, password, address)
        self._locks.used(session.id)  # before it is open: it must not be locked again at once
        async with self._steps.begin() as step:
            judged = await self._judge(step, name, user, right, Action.SESSION_UNLOCK)
            if isinstance(judged, User):
                if not await step.tx.sessions.unlock(session.id, step.now):
                    raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")
                await step.record(
                    Action.SESSION_UNLOCK, actor=judged.id, subject=judged.id, session=session.id
                )
        if isinstance(judged, Refused):
            raise judged
        return msgspec.structs.replace(session, locked_at=None)

    async def _try(self, name: str, password: str, address: str) -> tuple[User | None, bool]:
        """Whose name it is, and whether the password is theirs. Raises Refused (too-many-tries)."""
        if not self._rate.take(address):
            raise Refused(Refusal.TOO_MANY_TRIES, "Wait a minute, then try again.")
        async with self._steps.read() as tx:
            account = await tx.users.by_name(name)
            failures = await tx.users.failures_since(name, self._steps.clock() - WINDOW)
        user, kept = account or (None, None)
        return user, len(failures) < FAILURES and await self._passwords.matches(kept, password)

    async def _judge(
        self, step: Step, name: str, user: User | None, right: bool, action: Action
    ) -> User | Refused:
        """Whether that is them; a failure is counted and on record."""
        actor, subject = "unknown", user.id if user else "unknown"
        # counted here, inside the transaction: tries side by side must not slip under the bound together
        failures = await step.tx.users.failures_since(name, step.now - WINDOW)
        if len(failures) >= FAILURES:
            seconds = math.ceil((failures[-FAILURES] + WINDOW - step.now).total_seconds())
            words = f"Too many wrong passwords. Try again in {minutes(seconds)}."
            await step.record(action, actor=actor, subject=subject, refusal=Refusal.LOCKED)
            return Refused(Refusal.LOCKED, words, retry_after_s=seconds)
        if user is None or not right:
            await step.tx.users.add_failure(name, step.now, step.now - WINDOW)
            await step.record(action, actor=actor, subject=subject, refusal=Refusal.SIGN_IN_FAILED)
            return Refused(Refusal.SIGN_IN_FAILED, WRONG)
        await step.tx.users.clear_failures(name)
        return user

    async def session(self, cookie: Cookie) -> StaffSession:
        """Whose cookie this is, locked or not. Raises Refused."""
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


def minutes(seconds: int) -> str:
    """Rounded up, in words."""
    count = math.ceil(seconds / 60)
    return "a minute" if count <= 1 else f"{count} minutes"
