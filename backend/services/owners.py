"""Owners: how somebody comes to lend cameras. A supervisor invites them, or approves what they asked for.

An invitation's token is in the link alone and stored only hashed; nothing here may log one. What strangers
may do is slowed down for each address and for all of them together, and leaves a bounded number of rows.
"""

from backend.model import owners as rules
from backend.model.entries import Action
from backend.model.ids import InvitationToken, RequestId, UserId, new_id, new_secret
from backend.model.owners import INVITATION_LASTS, OwnerInvitation, OwnerRequest, RequestState
from backend.model.people import Role, User
from backend.model.refusals import Refusal, Refused
from backend.model.sites import SiteKind
from backend.services.credentials import (
    AccountError,
    Passwords,
    check_display_name,
    check_name,
    check_password,
)
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from notifications.numbers import BadNumber, telephone

INVITED_MOST = 500  # invitations that wait
WAITING_MOST = 200  # requests that wait
REQUESTS_SHOWN = 300

WORDS = {
    Refusal.INVITATION_UNKNOWN: "This invitation is not known. Check the link, or ask for a new one.",
    Refusal.INVITATION_USED: "This invitation was used. Sign in with the name that you chose.",
    Refusal.INVITATION_EXPIRED: "This invitation ran out. Ask for a new one.",
    Refusal.TOO_MANY_TRIES: "Too many tries. Wait a minute, then try again.",
}


class Owners:
    """Invitations and requests."""

    def __init__(self, steps: Steps, passwords: Passwords, *, country: str, public_url: str) -> None:
        self._steps, self._passwords = steps, passwords
        self._country, self._public_url = country, public_url
        self._looks = Rate(every_s=1, burst=30)
        self._all_looks = Rate(every_s=0.1, burst=200, keys=1)
        self._accepts = Rate(every_s=10, burst=6)
        self._all_accepts = Rate(every_s=1, burst=30, keys=1)  # each costs a password's hash
        self._requests = Rate(every_s=600, burst=5)
        self._all_requests = Rate(every_s=30, burst=60, keys=1)
        self._strangers = Rate(every_s=10, burst=30, keys=1)  # entries about tokens that nobody issued

    async def invite(self, user: User, display_name: str) -> str:
        """The link for one new owner. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.OWNER_INVITE, actor=user.id, subject="invitation")
            step.about(None)
            url = await self._invite(step, user, display_name)
            await step.record(Action.OWNER_INVITE, actor=user.id, subject="invitation", name=display_name)
        return url

    async def look(self, token: InvitationToken, address: str) -> OwnerInvitation:
        """Whom it invites; nothing is spent. Raises Refused."""
        if not (self._looks.take(address) and self._all_looks.take("all")):
            raise refused(Refusal.TOO_MANY_TRIES)
        async with self._steps.read() as tx:
            invitation = await tx.owners.invitation(token.hashed)
        refusal = rules.check(invitation, self._steps.clock())
        if invitation is None or refusal is not None:
            raise refused(refusal or Refusal.INVITATION_UNKNOWN)
        return invitation

    async def accept(
        self,
        token: InvitationToken,
        *,
        name: str,
        display_name: str,
        password: str,
        kind: SiteKind,
        address: str,
    ) -> User:
        """Spend the invitation: there is an owner more. Raises Refused.

        A name or a password that cannot be one spends nothing.
        """
        if not (self._accepts.take(address) and self._all_accepts.take("all")):
            raise refused(Refusal.TOO_MANY_TRIES)
        try:
            name = check_name(name)
            check_display_name(display_name)
            check_password(password)
        except AccountError as error:
            raise Refused(Refusal.BAD_ACCOUNT, _sentence(error)) from error
        async with self._steps.read() as tx:  # no hash is made for a token that is none
            refusal = rules.check(await tx.owners.invitation(token.hashed), self._steps.clock())
        kept = await self._passwords.hash(password) if refusal is None else ""
        user = User(id=UserId(new_id("usr")), name=name, display_name=display_name, role=Role.OWNER)
        async with self._steps.begin() as step:
            invitation = await step.tx.owners.invitation(token.hashed)
            refusal = rules.check(invitation, step.now) or refusal
            if refusal is None and await step.tx.users.by_name(name):
                refusal = Refusal.NAME_TAKEN
            if refusal is None:
                await step.tx.owners.spend(token.hashed, step.now)
                await step.tx.users.add(user, kept)
            if refusal is None or invitation is not None or self._strangers.take("all"):
                by = {"invited_by": invitation.invited_by} if invitation is not None else {}
                await step.record(
                    Action.OWNER_ACCEPT,
                    actor="unknown" if refusal else user.id,
                    subject="invitation" if refusal else user.id,
                    refusal=refusal,
                    details={**by, "kind": kind.value},
                )
        if refusal is Refusal.NAME_TAKEN:
            raise Refused(refusal, "Somebody has this name already. Choose another.")
        if refusal is not None:
            raise refused(refusal)
        return user

    async def request(
        self,
        *,
        kind: SiteKind,
        display_name: str,
        number: str,
        email: str,
        place: str,
        words: str,
        address: str,
    ) -> None:
        """Somebody wants to lend cameras; a supervisor will see it. `place` is where. Raises Refused."""
        if not (self._requests.take(address) and self._all_requests.take("all")):
            raise Refused(Refusal.TOO_MANY_TRIES, "Too many requests. Try again later, or call us.")
        try:
            e164 = telephone(number, self._country)
        except BadNumber as error:
            raise Refused(Refusal.BAD_NUMBER, str(error)) from error
        if kind is SiteKind.CITY:
            raise Refused(Refusal.NOT_YOURS, "The city's cameras are the agency's own.")
        async with self._steps.begin() as step:
            asked = OwnerRequest(
                id=RequestId(new_id("req")),
                kind=kind,
                display_name=display_name,
                number=e164,
                email=email,
                address=place,
                words=words,
                asked_at=step.now,
            )
            full = await step.tx.owners.waiting() >= WAITING_MOST
            if not full:
                await step.tx.owners.add_request(asked)
            refusal = Refusal.FULL if full else None
            if not full or self._strangers.take("all"):
                await step.record(
                    Action.OWNER_REQUEST, actor="unknown", subject=asked.id, refusal=refusal, kind=kind.value
                )
        if full:
            raise Refused(Refusal.FULL, "Too many requests wait for an answer. Try again in a few days.")

    async def requests(self) -> list[OwnerRequest]:
        """Those that wait first, oldest first; then what was decided last."""
        async with self._steps.read() as tx:
            return await tx.owners.requests(REQUESTS_SHOWN)

    async def approve(self, user: User, request: RequestId) -> str:
        """The link to invite them with. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.OWNER_APPROVE, actor=user.id, subject=request)
            found = await self._waiting(step, request)
            url = await self._invite(step, user, found.display_name)
            await step.tx.owners.decide(request, RequestState.APPROVED, user.id, step.now)
            await step.record(Action.OWNER_APPROVE, actor=user.id, subject=request, name=found.display_name)
        return url

    async def decline(self, user: User, request: RequestId) -> None:
        """Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.OWNER_DECLINE, actor=user.id, subject=request)
            found = await self._waiting(step, request)
            await step.tx.owners.decide(request, RequestState.DECLINED, user.id, step.now)
            await step.record(Action.OWNER_DECLINE, actor=user.id, subject=request, name=found.display_name)

    async def _waiting(self, step: Step, request: RequestId) -> OwnerRequest:
        found = await step.tx.owners.request(request)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        step.about(None)
        if found.state is not RequestState.WAITING:
            raise Refused(Refusal.DECIDED, f"This request was {found.state.value} already.")
        return found

    async def _invite(self, step: Step, user: User, display_name: str) -> str:
        await step.tx.owners.forget_expired(
            step.now - INVITATION_LASTS
        )  # kept a while, to say that it ran out
        if await step.tx.owners.invited(step.now) >= INVITED_MOST:
            raise Refused(Refusal.FULL, "Too many invitations wait to be accepted.")
        token = InvitationToken(new_secret())
        invitation = OwnerInvitation(
            invited_by=user.id, display_name=display_name, expires_at=step.now + INVITATION_LASTS
        )
        await step.tx.owners.invite(invitation, token.hashed)
        return f"{self._public_url.rstrip('/')}/join#{token.reveal()}"


def refused(refusal: Refusal) -> Refused:
    """The refusal with words for who holds an invitation."""
    return Refused(refusal, WORDS.get(refusal, ""))


def _sentence(error: AccountError) -> str:
    text = str(error)
    return f"{text[0].upper()}{text[1:]}."
