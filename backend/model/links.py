"""Links: one text message lets one caller share with one incident.

A dispatcher issues it, the caller's press redeems it, a browser's key binds it.
Only hashes of secrets are held here.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import FeedId, IncidentId, LinkId
from backend.model.refusals import Refusal
from backend.model.rungs import Rung, RungReason


class LinkKind(StrEnum):
    """What the link asks the caller for."""

    LIVE = "live"  # camera and position
    POSITION = "position"  # position only


HIGHEST = {LinkKind.LIVE: Rung.LIVE, LinkKind.POSITION: Rung.POSITION}  # the rung that each kind asks for


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


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link as stored. `bound_key` is the JWK thumbprint (RFC 7638) of the browser that redeemed it."""

    id: LinkId
    incident_id: IncidentId
    feed_id: FeedId | None  # None for a link that asks for the position only
    kind: LinkKind
    number: str  # E.164
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
