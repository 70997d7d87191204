"""What the rest of Sightline may know of the engine: ids, the Sfu it calls, the FeedListener it is told by.

Calls go down (`Sfu`), news comes up (`FeedListener`). Everything that crosses is a plain value, so that
the engine can live in this process or in one of its own. Nothing here knows people or permission: a
`Holder` is an opaque name of whatever allowed a session, kept only so that it can be ended by that name.
"""

from enum import StrEnum
from typing import NewType, Protocol, runtime_checkable

import msgspec

FeedId = NewType("FeedId", str)
SessionId = NewType("SessionId", str)
Holder = NewType("Holder", str)


class EndReason(StrEnum):
    """Why a session or a feed ended."""

    HUNG_UP = "hung-up"  # its own peer asked for it (DELETE, DTLS close)
    REPLACED = "replaced"  # the same feed was published again
    REVOKED = "revoked"  # what had allowed it no longer does
    CLOSED = "closed"  # the feed itself is over
    SILENT = "silent"  # the peer stopped answering
    FAILED = "failed"  # ICE or DTLS never came up
    SHUTDOWN = "shutdown"  # the engine is stopping


class BadOffer(ValueError):
    """The offer cannot be answered; the text says why and is safe to show to the peer."""


class Full(RuntimeError):
    """A bound was reached (sessions, feeds, subscribers of a feed); nothing was changed."""


class Closed(RuntimeError):
    """The feed, or what had allowed the session, ended between the admission and the call."""


class NoSuchSession(LookupError):
    """The session ended or never was."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's side of one session. `sdp` is a complete answer (RFC 8829), candidates included."""

    session: SessionId
    sdp: str
    etag: str  # names the ICE generation (RFC 9725 section 4.3), without quotes


class IceFragment(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's new ICE side after a restart: `sdp` is a trickle-ice-sdpfrag (RFC 8840)."""

    sdp: str
    etag: str


class FeedStats(msgspec.Struct, frozen=True, kw_only=True):
    """Counters since the feed's first packet."""

    live: bool
    subscribers: int
    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    keyframe_requests: int
    bitrate_bps: int  # of what arrives, over the last second
    loss: float  # 0 to 1, of the publisher's packets, over the last second


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscriber was sent, told once at its end."""

    session: SessionId
    feed: FeedId
    holder: Holder
    reason: EndReason
    seconds: float  # from the first forwarded packet to the end; 0 when there was none
    bytes_out: int


@runtime_checkable  # Litestar checks what it injects
class Sfu(Protocol):
    """The engine. A feed exists from the first publish or subscribe until `end_feed`.

    A subscriber may come before the publisher, and stays through every new publisher of the same feed.
    """

    @property
    def listening(self) -> bool:
        """Whether it takes sessions now."""
        ...

    async def publish(self, feed: FeedId, holder: Holder, offer: str) -> Answer:
        """Answer a publisher's offer; a publisher that was there is ended as REPLACED.

        Raises BadOffer, Closed or Full.
        """
        ...

    async def subscribe(self, feed: FeedId, holder: Holder, offer: str) -> Answer:
        """Answer a subscriber's offer. Raises BadOffer, Closed or Full."""
        ...

    async def restart_ice(self, session: SessionId, fragment: str) -> IceFragment | None:
        """Take a trickle-ice-sdpfrag: None when it only adds candidates, else the new ICE side.

        Raises BadOffer or NoSuchSession.
        """
        ...

    async def end_session(self, session: SessionId, reason: EndReason) -> None:
        """End one session; nothing happens when it is already gone."""
        ...

    async def end_holder(self, holder: Holder, reason: EndReason) -> None:
        """End every session that this holder opened."""
        ...

    async def end_feed(self, feed: FeedId, reason: EndReason) -> None:
        """End a feed and all its sessions. After this returns no packet of it is sent."""
        ...

    def stats(self, feed: FeedId) -> FeedStats | None:
        """None when the feed is not here."""
        ...


class FeedListener(Protocol):
    """Told by the engine, in order for each feed, from a bounded queue off the packet path."""

    async def went_live(self, feed: FeedId) -> None:
        """Packets arrive: for the first time, or again after `went_silent` or `ended`."""
        ...

    async def went_silent(self, feed: FeedId) -> None:
        """No packet for 700 ms; the publisher may come back."""
        ...

    async def ended(self, feed: FeedId, reason: EndReason) -> None:
        """The publisher's session ended; the feed may be published again unless it was CLOSED."""
        ...

    async def subscriber_ended(self, summary: SessionSummary) -> None:
        """A subscriber's session ended."""
        ...
