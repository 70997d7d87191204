"""Links, as the desk handles them: issued, sent again, revoked, shown, spoken, handed to another phone.

Step 2 of the story. The message is an outbox row in the link's own transaction; services.outbox sends it.
Only a token's hash is stored; nothing here may log a token.
"""

import asyncio
import io
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import msgspec
import segno

from backend.model import links as rules
from backend.model.entries import Action
from backend.model.ids import FeedId, IncidentId, LinkId, MessageId, new_id
from backend.model.incidents import FeedState
from backend.model.links import (
    NOTHING_SHARED,
    OPENED_WITHIN,
    DeliveryState,
    Link,
    LinkFor,
    LinkKind,
    Manner,
    To,
    Way,
)
from backend.model.messages import OutboxMessage
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.views import LinkView
from backend.services.board import Board
from backend.services.keys import Keys
from backend.services.steps import Step, Steps
from media.ports import EndReason, Holder, Sfu
from notifications import mailboxes, numbers
from notifications.messages import known

CODE_LASTS = timedelta(minutes=10)
EXPIRY_LOOK_S = 5.0
DEFAULT_LANGUAGE = "en"


class Links:
    """`lasts` is how long a link may wait to be redeemed; `wake` tells the outbox that there is work.

    `ways` are those by which a link goes here by itself.
    """

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
        ways: Collection[Way],
        wake: Callable[[], None],
    ) -> None:
        self._steps, self._board, self._keys, self._sfu = steps, board, keys, sfu
        self._lasts, self._country, self._public_url = lasts, country, public_url
        self._ways, self._wake = ways, wake

    async def issue(
        self,
        user: User,
        incident: IncidentId,
        to: To,
        kind: LinkKind = LinkKind.LIVE,
        whom: LinkFor = LinkFor.CALLER,
        manner: Manner = Manner.OPEN,
        language: str | None = None,
    ) -> LinkView:
        """Issue a link and queue its message. Raises Refused (not-found, incident-closed, bad-…).

        `language` is that of the message; None for the one that the caller's page is known to be in.
        """
        to = self.checked(to)
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ISSUE, actor=user.id, subject=incident)
            await step.open_incident(incident)
            link = Link(
                id=LinkId(new_id("lnk")),
                incident_id=incident,
                feed_id=FeedId(new_id("fed")) if kind is LinkKind.LIVE else None,
                kind=kind,
                whom=whom,
                manner=manner,
                number=to.number,
                email=to.email,
                language=language or await self._read_by(step, incident, whom),
                issued_at=step.now,
                expires_at=step.now + self._lasts,
                delivery=DeliveryState.SENT if to.shown else DeliveryState.QUEUED,
            )
            way = None if to.shown else rules.next_way(link, self._ways) or Way.SMS
            if way is not None and way in self._ways:
                link = msgspec.structs.replace(link, next_at=step.now + OPENED_WITHIN)
            await step.tx.links.add(link, self._keys.token(link.id).hashed)
            await step.tx.measured.expect(link.id)
            if way is not None:
                await queue(step, link, way)
            await step.record(
                Action.LINK_ISSUE,
                actor=user.id,
                subject=link.id,
                incident=incident,
                details=_told(link, way),
            )
            step.changed(incident)
            view = await self._view(step, link)
        self._wake()
        return view

    def checked(self, to: To) -> To:
        """The same as a carrier is told it. Raises Refused (bad-number, bad-email)."""
        if not (to.number or to.email or to.shown):
            raise Refused(Refusal.BAD_NUMBER, "Type a number or an e-mail address, or show the link.")
        if to.email and Way.EMAIL not in self._ways:
            raise Refused(Refusal.BAD_EMAIL, "No e-mail is sent from here: no mail server is set.")
        try:
            number = numbers.normalise(to.number, self._country) if to.number else ""
        except numbers.BadNumber as error:
            raise Refused(Refusal.BAD_NUMBER, str(error)) from error
        try:
            email = mailboxes.normalise(to.email) if to.email else ""
        except mailboxes.BadMailbox as error:
            raise Refused(Refusal.BAD_EMAIL, str(error)) from error
        return To(number=number, email=email, shown=to.shown)

    async def also(self, user: User, link_id: LinkId, to: To, language: str | None = None) -> LinkView:
        """Send a link to a number or an address that it had not. Raises Refused.

        It goes by the first new way at once, and then on as any other does.
        """
        to = self.checked(to)
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ALSO, actor=user.id, subject=link_id)
            link = await self._unshared(step, link_id)
            if to.number and link.number:
                raise Refused(Refusal.BAD_NUMBER, "This link has a number. Send a new link to another one.")
            if to.email and link.email:
                raise Refused(Refusal.BAD_EMAIL, "This link has an address. Send a new link to another one.")
            way = Way.SMS if to.number else Way.EMAIL
            link = await self._goes(
                step,
                link_id,
                way,
                number=to.number or link.number,
                email=to.email or link.email,
                language=language or link.language,
            )
            await step.record(
                Action.LINK_ALSO,
                actor=user.id,
                subject=link_id,
                incident=link.incident_id,
                details=_known_of(way=way.value, number=to.number, email=to.email, language=link.language),
            )
            step.changed(link.incident_id)
            view = await self._view(step, link)
        self._wake()
        return view

    async def resend(self, user: User, link_id: LinkId) -> LinkView:
        """Send the same link again, by the way that it went last, and start its time anew. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_ISSUE, actor=user.id, subject=link_id)
            link = await self._unshared(step, link_id)
            newest = await step.tx.messages.newest_of(link_id)
            way = newest.way if newest else rules.next_way(link, self._ways)
            if way is None:
                raise Refused(Refusal.BAD_NUMBER, "This link has no number and no address: show it.")
            if newest and newest.state in (DeliveryState.QUEUED, DeliveryState.SENDING):
                raise Refused(Refusal.TOO_OFTEN, "This text is still on its way to the carrier.")
            link = await self._goes(step, link_id, way)
            await step.record(
                Action.LINK_ISSUE,
                actor=user.id,
                subject=link_id,
                incident=link.incident_id,
                way=way.value,
                again="yes",
            )
            step.changed(link.incident_id)
            view = await self._view(step, link)
        self._wake()
        return view

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
            view = await self._view(step, link)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        return view

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
            view = await self._view(step, link)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        return view

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
            await self._went(step, link, Way.CODE)
            await step.record(Action.LINK_CODE, actor=user.id, subject=link_id, incident=link.incident_id)
        return code, lasts

    async def handout(self, user: User, link_id: LinkId) -> tuple[str, str]:
        """The address and its QR code as SVG, to show to a phone that is at hand. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.LINK_HANDOUT, actor=user.id, subject=link_id)
            link = await self._redeemable(step, link_id)
            await self._went(step, link, Way.QR)
            await step.record(Action.LINK_HANDOUT, actor=user.id, subject=link_id, incident=link.incident_id)
        url = address(self._public_url, self._keys, link_id, link.manner)
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

    async def _read_by(self, step: Step, incident: IncidentId, whom: LinkFor) -> str:
        """The language that this caller's page was in last; a witness is somebody else."""
        if whom is LinkFor.THIRD_PARTY:
            return DEFAULT_LANGUAGE
        for link in await step.tx.links.of_incident(incident):
            language = (await step.tx.talk.marks(link.id)).language
            if language is not None and link.whom is not LinkFor.THIRD_PARTY:
                return known(language)
        return DEFAULT_LANGUAGE

    async def _view(self, step: Step, link: Link) -> LinkView:
        return self._board.link(link, await step.tx.messages.of_link(link.id), step.now)

    async def _goes(self, step: Step, link_id: LinkId, way: Way, **changes: str) -> Link:
        """It goes that way as soon as the outbox looks, and its time begins anew."""
        link = await step.tx.links.change(
            link_id,
            expires_at=step.now + self._lasts,
            delivery=DeliveryState.QUEUED,
            delivery_reason=None,
            next_at=step.now + OPENED_WITHIN if way in self._ways else None,
            unreached_at=None,
            **changes,
        )
        await queue(step, link, way)
        return link

    async def _went(self, step: Step, link: Link, way: Way) -> None:
        """It was shown or read out: kept once, as of the last time."""
        held = [message for message in await step.tx.messages.of_link(link.id) if message.way is way]
        if held:
            await step.tx.messages.put(msgspec.structs.replace(held[0], created_at=step.now))
        else:
            await step.tx.messages.add(outgoing(link, way, step.now, DeliveryState.SENT))
        step.changed(link.incident_id)

    async def _found(self, step: Step, link_id: LinkId) -> Link:
        link = await step.tx.links.get(link_id)
        if link is None:
            raise Refused(Refusal.NOT_FOUND)
        step.about(link.incident_id)
        return link

    async def _usable(self, step: Step, link_id: LinkId) -> Link:
        """The link, unless it is over for good; one that only ran out of time may be sent again."""
        link = await self._found(step, link_id)
        await step.open_incident(link.incident_id)
        if rules.check(link, step.now) is Refusal.LINK_REVOKED:
            raise Refused(Refusal.LINK_REVOKED, "This link was revoked. Send a new one.")
        return link

    async def _unshared(self, step: Step, link_id: LinkId) -> Link:
        """The link, when nobody has shared by it: else there is no need to send it."""
        link = await self._usable(step, link_id)
        if link.redeemed_at is not None:
            raise Refused(Refusal.ALREADY_SHARING, "The caller has this link already.")
        return link

    async def _redeemable(self, step: Step, link_id: LinkId) -> Link:
        """The link, when a caller can still use it."""
        link = await self._usable(step, link_id)
        if rules.check(link, step.now) is Refusal.LINK_EXPIRED:
            raise Refused(Refusal.LINK_EXPIRED, "This link ran out. Send it again first.")
        return link


def outgoing(link: Link, way: Way, now: datetime, state: DeliveryState) -> OutboxMessage:
    """A row of the outbox."""
    return OutboxMessage(
        id=MessageId(new_id("msg")), link_id=link.id, way=way, state=state, created_at=now, due_at=now
    )


async def queue(step: Step, link: Link, way: Way) -> None:
    """The link goes that way as soon as the outbox looks."""
    await step.tx.messages.add(outgoing(link, way, step.now, DeliveryState.QUEUED))


def _told(link: Link, way: Way | None) -> dict[str, str]:
    """What the log holds of a link that was issued."""
    return _known_of(
        kind=link.kind.value,
        **{"for": link.whom.value},
        manner=link.manner.value,
        way=way.value if way is not None else "shown",
        number=link.number,
        email=link.email,
        language=link.language if way is not None else "",
    )


def _known_of(**said: str) -> dict[str, str]:
    return {name: text for name, text in said.items() if text}


def drawn(url: str) -> str:
    """A QR code (ISO/IEC 18004, level M, with its quiet zone) as an SVG document that any viewer opens."""
    out = io.BytesIO()
    segno.make(url, error="m").save(out, kind="svg", xmldecl=False, scale=6, border=4, light="#fff")
    return out.getvalue().decode()


def address(public_url: str, keys: Keys, link_id: LinkId, manner: Manner) -> str:
    """What a caller taps; the token stands behind the # and so never reaches a server's log."""
    page = "n" if manner is Manner.COVERT else "c"  # looks like a page for notes from its first byte on
    return f"{public_url.rstrip('/')}/{page}#{keys.token(link_id).reveal()}"
