"""Links, as the desk handles them: issued, sent again, revoked, spoken, handed to another phone.

Step 2 of the story. The text is an outbox row in the link's own transaction; services.outbox sends it.
Only a token's hash is stored; nothing here may log a token.
"""

import asyncio
import io
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import segno

from backend.model import links as rules
from backend.model.entries import Action
from backend.model.ids import FeedId, IncidentId, LinkId, MessageId, new_id
from backend.model.incidents import FeedState
from backend.model.links import NOTHING_SHARED, DeliveryState, Link, LinkKind
from backend.model.messages import OutboxMessage
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.views import LinkView
from backend.services.board import Board
from backend.services.keys import Keys
from backend.services.steps import Step, Steps
from media.ports import EndReason, Holder, Sfu
from notifications.numbers import BadNumber, normalise

CODE_LASTS = timedelta(minutes=10)
EXPIRY_LOOK_S = 5.0


class Links:
    """`lasts` is how long a link may wait to be redeemed; `wake` tells the outbox that there is work."""

    def __init__(
        self,
        steps: Steps,
        board: Board,
        keys: Keys,
        sfu: Sfu,
        *,
        lasts: timedelta,
        country: str,
        public_url: str,
        handouts: bool,
        wake: Callable[[], None],
    ) -> None:
        self._steps, self._board, self._keys, self._sfu = steps, board, keys, sfu
        self._lasts, self._country, self._public_url = lasts, country, public_url
        self._handouts, self._wake = handouts, wake

    async def issue(self, user: User, incident: IncidentId, number: str, kind: LinkKind) -> LinkView:
        """Issue a link and queue its text. Raises Refused (not-found, incident-closed, bad-number)."""
        try:
            to = normalise(number, self._country)
        except BadNumber as error:
            raise Refused(Refusal.BAD_NUMBER, str(error)) from error
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ISSUE, actor=user.id, subject=incident)
            found = await step.tx.incidents.get(incident)
            if found is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(incident)
            if found.closed_at is not None:
                raise Refused(Refusal.INCIDENT_CLOSED, "This incident is closed.")
            link = Link(
                id=LinkId(new_id("lnk")),
                incident_id=incident,
                feed_id=FeedId(new_id("fed")) if kind is LinkKind.LIVE else None,
                kind=kind,
                number=to,
                issued_at=step.now,
                expires_at=step.now + self._lasts,
            )
            await step.tx.links.add(link, self._keys.token(link.id).hashed)
            await step.tx.measured.expect(link.id)
            await self._queue(step, link)
            await step.record(
                Action.LINK_ISSUE,
                actor=user.id,
                subject=link.id,
                incident=incident,
                kind=kind.value,
                number=to,
            )
            step.changed(incident)
        self._wake()
        return self._board.link(link, step.now)

    async def resend(self, user: User, link_id: LinkId) -> LinkView:
        """Send the same link again and start its time anew. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ISSUE, actor=user.id, subject=link_id)
            link = await self._usable(step, link_id)
            if link.redeemed_at is not None:
                raise Refused(Refusal.ALREADY_SHARING, "The caller has this link already.")
            newest = await step.tx.messages.newest_of(link_id)
            if newest and newest.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
                raise Refused(Refusal.TOO_OFTEN, "This text is still on its way to the carrier.")
            link = await step.tx.links.change(
                link_id,
                expires_at=step.now + self._lasts,
                delivery=DeliveryState.QUEUED,
                delivery_reason=None,
            )
            await self._queue(step, link)
            await step.record(
                Action.LINK_ISSUE, actor=user.id, subject=link_id, incident=link.incident_id, again="yes"
            )
            step.changed(link.incident_id)
        self._wake()
        return self._board.link(link, step.now)

    async def revoke(self, user: User, link_id: LinkId) -> LinkView:
        """End a link for good; what it was sharing stops. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_REVOKE, actor=user.id, subject=link_id)
            link = await self._found(step, link_id)
            grants = await step.tx.grants.revoke_of_link(link_id, step.now)
            if link.revoked_at is None:
                link = await step.tx.links.change(
                    link_id,
                    revoked_at=step.now,
                    asking_key=None,
                    **NOTHING_SHARED,
                )
                if link.feed_id is not None:  # a caller who is away has no session whose end would say so
                    await step.tx.feeds.change(link.feed_id, FeedState.ENDED, step.now)
                await step.record(
                    Action.LINK_REVOKE, actor=user.id, subject=link_id, incident=link.incident_id
                )
            step.changed(link.incident_id)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        return self._board.link(link, step.now)

    async def allow(self, user: User, link_id: LinkId) -> LinkView:
        """Let the other phone that asks take the link over; the first one stops. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ALLOW, actor=user.id, subject=link_id)
            link = await self._usable(step, link_id)
            if link.asking_key is None:
                raise Refused(Refusal.NOT_ASKING, "No other phone is asking.")
            grants = await step.tx.grants.revoke_of_link(link_id, step.now)
            link = await step.tx.links.change(link_id, bound_key=link.asking_key, asking_key=None)
            await step.record(Action.LINK_ALLOW, actor=user.id, subject=link_id, incident=link.incident_id)
            step.changed(link.incident_id)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        return self._board.link(link, step.now)

    async def speak(self, user: User, link_id: LinkId) -> tuple[str, timedelta]:
        """A six-digit code to read out, and how long it lasts. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_CODE, actor=user.id, subject=link_id)
            link = await self._redeemable(step, link_id)
            lasts = CODE_LASTS if link.redeemed_at else min(CODE_LASTS, link.expires_at - step.now)
            code = f"{secrets.randbelow(1_000_000):06d}"
            while await step.tx.links.code_exists(self._keys.code_hash(code)):
                code = f"{secrets.randbelow(1_000_000):06d}"
            await step.tx.links.set_code(link_id, self._keys.code_hash(code), step.now + lasts)
            await step.record(Action.LINK_CODE, actor=user.id, subject=link_id, incident=link.incident_id)
        return code, lasts

    async def handout(self, user: User, link_id: LinkId) -> tuple[str, str]:
        """The address and its QR code as SVG, when there is no carrier to take it. Raises Refused."""
        if not self._handouts:
            raise Refused(Refusal.NO_HANDOUT, "Links go by text message here.")
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_HANDOUT, actor=user.id, subject=link_id)
            link = await self._redeemable(step, link_id)
            await step.record(Action.LINK_HANDOUT, actor=user.id, subject=link_id, incident=link.incident_id)
        url = address(self._public_url, self._keys, link_id)
        return url, drawn(url)

    async def watch_expiry(self) -> None:
        """Tell the desk when an unredeemed link runs out, which happens by itself. Runs until cancelled."""
        since = self._steps.clock()
        while True:
            await asyncio.sleep(EXPIRY_LOOK_S)
            since = await self.tell_expired(since)

    async def tell_expired(self, since: datetime) -> datetime:
        """Tell of links that ran out since then; returns the moment looked at."""
        now = self._steps.clock()
        async with self._steps.read() as tx:
            over = await tx.links.unredeemed_until(since, now)
        if over:
            async with self._steps.begin() as step:
                for link in over:
                    step.changed(link.incident_id)
        return now

    async def _queue(self, step: Step, link: Link) -> None:
        await step.tx.messages.add(
            OutboxMessage(
                id=MessageId(new_id("msg")),
                link_id=link.id,
                state=DeliveryState.QUEUED,
                created_at=step.now,
                due_at=step.now,
            )
        )

    async def _found(self, step: Step, link_id: LinkId) -> Link:
        link = await step.tx.links.get(link_id)
        if link is None:
            raise Refused(Refusal.NOT_FOUND)
        step.about(link.incident_id)
        return link

    async def _usable(self, step: Step, link_id: LinkId) -> Link:
        """The link, unless it is over for good; one that only ran out of time may be sent again."""
        link = await self._found(step, link_id)
        incident = await step.tx.incidents.get(link.incident_id)
        if incident is None or incident.closed_at is not None:
            raise Refused(Refusal.INCIDENT_CLOSED, "This incident is closed.")
        if rules.check(link, step.now) is Refusal.LINK_REVOKED:
            raise Refused(Refusal.LINK_REVOKED, "This link was revoked. Send a new one.")
        return link

    async def _redeemable(self, step: Step, link_id: LinkId) -> Link:
        """The link, when a caller can still use it."""
        link = await self._usable(step, link_id)
        if rules.check(link, step.now) is Refusal.LINK_EXPIRED:
            raise Refused(Refusal.LINK_EXPIRED, "This link ran out. Send it again first.")
        return link


def drawn(url: str) -> str:
    """A QR code (ISO/IEC 18004, level M, with its quiet zone) as an SVG document that any viewer opens."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", xmldecl=False, scale=6, border=4, light="#fff")
    return out.getvalue().decode()


def address(public_url: str, keys: Keys, link_id: LinkId) -> str:
    """What a caller taps; the token stands behind the # and so never reaches a server's log."""
    return f"{public_url.rstrip('/')}/c#{keys.token(link_id).reveal()}"
