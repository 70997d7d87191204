"""Links: one text message, e-mail or QR code lets one phone share with one incident.

A dispatcher issues it, the caller's press redeems it, a browser's key binds it.
Only hashes of secrets are held here.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import FeedId, IncidentId, LinkId
from backend.model.refusals import Refusal
from backend.model.rungs import Rung, RungReason

OPENED_WITHIN = timedelta(seconds=15)  # a link that nobody opened in that time goes by another way


class LinkKind(StrEnum):
    """What the link asks the caller for."""

    LIVE = "live"  # camera and position
    POSITION = "position"  # position only
    UPLOAD = "upload"  # photos and clips that were taken already; no camera, no position


class LinkFor(StrEnum):
    """Whom it is for."""

    CALLER = "caller"
    THIRD_PARTY = "third-party"  # a witness, a neighbour: somebody beside the caller
    HUNG_UP = "hung-up"  # a number whose call ended before anybody knew why


class Manner(StrEnum):
    """How the page behaves, as the dispatcher chose: whoever is beside the caller may be the danger."""

    OPEN = "open"
    SILENT = "silent"  # says nothing aloud, and can look switched off
    COVERT = "covert"  # looks like something else from the start


class Way(StrEnum):
    """How a link reaches somebody. The first two go by themselves, in this order."""

    SMS = "sms"
    EMAIL = "email"
    QR = "qr"  # shown to a phone's camera
    CODE = "code"  # six digits, read aloud


BY_ITSELF = (Way.SMS, Way.EMAIL)


HIGHEST = {  # the rung that each kind asks for
    LinkKind.LIVE: Rung.LIVE,
    LinkKind.POSITION: Rung.POSITION,
    LinkKind.UPLOAD: Rung.UPLOAD,
}


class LinkState(StrEnum):
    """Where a link stands, as the dispatcher sees it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"  # the carrier's reason stands beside it
    OPENED = "opened"
    SHARING = "sharing"
    ENDED = "ended"  # by the caller's Stop or the incident's close
    REVOKED = "revoked"
    EXPIRED = "expired"


UNOPENED = (LinkState.QUEUED, LinkState.SENT, LinkState.DELIVERED, LinkState.FAILED)


class Capture(StrEnum):
    """What became of one thing that the phone was asked for: its camera or its position."""

    ASKING = "asking"  # the phone shows its permission question
    ON = "on"
    OFF = "off"  # not asked for, or stopped by the caller
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"  # no camera, no position, or the browser cannot
    PAUSED = "paused"  # another app took it, the page is hidden, or the network is away


class DeliveryState(StrEnum):
    """What became of a text message, each outweighing those above it."""

    QUEUED = "queued"
    SENDING = "sending"  # handed to the carrier, outcome unknown
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"  # a phone that has the text outweighs a report that it failed


class To(msgspec.Struct, frozen=True, kw_only=True):
    """Where a link goes: a number or an e-mail address, or both; or it is `shown` and goes nowhere."""

    number: str = ""
    email: str = ""
    shown: bool = False


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link as stored. `bound_key` is the JWK thumbprint (RFC 7638) of the browser that redeemed it."""

    id: LinkId
    incident_id: IncidentId
    feed_id: FeedId | None  # None for a link that asks for the position only
    kind: LinkKind
    whom: LinkFor = LinkFor.CALLER
    manner: Manner = Manner.OPEN
    number: str  # E.164; empty when there is none
    email: str = ""
    language: str = "en"  # that its text or e-mail is written in
    issued_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    redeemed_at: datetime | None = None
    bound_key: str | None = None
    asking_key: str | None = None  # another browser that redeemed a bound link and waits for the dispatcher
    ended_at: datetime | None = None
    revoked_at: datetime | None = None
    camera: Capture = Capture.OFF
    position: Capture = Capture.OFF
    rung: Rung | None = None  # None until the phone has said one, and after its end
    rung_reason: RungReason | None = None
    rung_since: datetime | None = None
    delivery: DeliveryState = DeliveryState.QUEUED
    delivery_reason: str | None = None
    next_at: datetime | None = None  # when it goes by another way, unless it is opened before that
    unreached_at: datetime | None = None  # when no way was left that goes by itself


def next_way(link: Link, can: Collection[Way], tried: Collection[Way] = ()) -> Way | None:
    """The way that it goes next by itself: its address is known, it works here, it was not tried."""
    known = {Way.SMS: link.number, Way.EMAIL: link.email}
    return next((way for way in BY_ITSELF if known[way] and way in can and way not in tried), None)


class WentBy(msgspec.Struct, frozen=True, kw_only=True):
    """One way that a link went, and what became of it; `reason` is the carrier's."""

    way: Way
    state: DeliveryState
    at: datetime
    reason: str | None


# What is true of a link by which nobody shares any more.
NOTHING_SHARED: dict[str, Capture | None] = {
    "camera": Capture.OFF,
    "position": Capture.OFF,
    "rung": None,
    "rung_reason": None,
    "rung_since": None,
}


def check(link: Link, now: datetime) -> Refusal | None:
    """May this link still be used at all? `expires_at` is for redeeming it: what has begun is not cut off."""
    if link.revoked_at is not None:
        return Refusal.LINK_REVOKED
    return Refusal.LINK_EXPIRED if link.redeemed_at is None and now >= link.expires_at else None


def check_key(link: Link, key: str) -> Refusal | None:
    """May this browser use it? The first that redeems a link owns it."""
    return None if link.bound_key in (None, key) else Refusal.LINK_BOUND


def state(link: Link, now: datetime) -> LinkState:
    """The one word that the dispatcher sees: the furthest step reached, unless it is over."""
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.ended_at is not None:
        return LinkState.ENDED
    if link.redeemed_at is not None:
        return LinkState.SHARING
    if now >= link.expires_at:
        return LinkState.EXPIRED
    if link.opened_at is not None:
        return LinkState.OPENED
    if link.delivery is DeliveryState.SENDING:
        return LinkState.QUEUED
    return LinkState(link.delivery.value)
