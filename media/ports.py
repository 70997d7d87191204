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
Group = NewType("Group", str)  # the feeds of one group live in one engine: an incident's
ALONE = Group("")


class EndReason(StrEnum):
    """Why a session or a feed ended."""

    HUNG_UP = "hung-up"  # its own peer asked for it (DELETE, DTLS close)
    REPLACED = "replaced"  # the same feed was published again
    REVOKED = "revoked"  # what had allowed it no longer does
    EXPIRED = "expired"  # what had allowed it ran out
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


class WhyUngranted(StrEnum):
    """What is wrong with a grant."""

    NONE = "none"  # there is no grant
    UNREADABLE = "unreadable"  # cut short, too long, or nothing that claims anything
    FORGED = "forged"  # not signed by the key that signs such grants
    OTHER_FEED = "other-feed"
    OTHER_HOLDER = "other-holder"
    EXPIRED = "expired"
    TOO_LONG = "too-long"  # it would let for longer than any may
    NOT_LOGGED = "not-logged"  # the log has not seen it, and the feed is not a caller's own


class Ungranted(RuntimeError):
    """No grant that the engine can verify allows this; nothing was opened."""

    def __init__(self, why: WhyUngranted) -> None:
        super().__init__(why.value)
        self.why = why


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


class Level(StrEnum):
    """What a subscriber's link lets through, from all of the picture down to none that moves."""

    FULL = "full"
    HALF = "half"  # without the highest temporal layer
    QUARTER = "quarter"  # the lowest temporal layer alone
    KEYFRAMES = "keyframes"  # nothing between keyframes
    STILLS = "stills"  # a keyframe now and then: to be shown as a still, and said so


class PublisherStats(msgspec.Struct, frozen=True, kw_only=True):
    """What arrives from one publisher. Rates are of the last second, counters run from its beginning."""

    session: SessionId
    codec: str  # of the picture: "VP8", "VP9", "H264"; empty before the first packet
    bitrate_bps: int
    loss: float  # 0 to 1, before repeats
    unrepaired: float  # 0 to 1, of the packets that no repeat brought in time
    rtt_ms: float | None
    freezes: int  # times that no frame came for half a second
    packets: int
    bytes: int
    repeats_asked: int
    keyframe_requests: int


class ByGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscriber's session was sent by one of its grants. All of a session's are all of it."""

    index: int  # of the entry in the log; of a spooled one its number in the spool
    spooled: bool
    seconds: float
    packets: int  # forwarded, repeats not counted
    bytes_out: int  # as datagrams, repeats and all


class SubscriberStats(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscriber is sent. Rates are of the last second, counters run from its beginning."""

    session: SessionId
    holder: Holder
    level: Level
    bitrate_bps: int
    estimate_bps: int | None  # of its downlink
    loss: float  # 0 to 1, as its receiver reports say
    rtt_ms: float | None
    freezes: int  # times that nothing could be sent for half a second though the feed was live
    sheds: int  # times that the level went down
    packets: int
    bytes: int
    repeats: int
    keyframe_requests: int
    by_grant: tuple[ByGrant, ...]


class FeedStats(msgspec.Struct, frozen=True, kw_only=True):
    """One feed, with who publishes and who watches now. Counters run through all of its publishers."""

    feed: FeedId
    live: bool
    publisher: PublisherStats | None
    subscribers: tuple[SubscriberStats, ...]
    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    keyframe_requests: int


class EngineStats(msgspec.Struct, frozen=True, kw_only=True):
    """One engine; counters run from its start."""

    index: int  # which of the machine's media processes
    pid: int
    sessions: int
    feeds: tuple[FeedStats, ...]
    packets_in: int
    packets_out: int
    cpu_s: float  # of the process, user and system
    loop_lag_ms: float  # the longest in the last second
    drops: dict[str, int]  # media.stats.Drop to how many
    ungranted: dict[str, int]  # WhyUngranted to how many subscribers and renewals were refused
    restarts: int = 0  # of this process, by whoever supervises it


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session as the engine holds it, told again to whoever called it before and comes back."""

    session: SessionId
    feed: FeedId
    group: Group
    holder: Holder
    publishes: bool  # or it subscribes
    tag: str  # as it was given, unread
    etag: str  # of the ICE generation that it is at


class OpenFeed(msgspec.Struct, frozen=True, kw_only=True):
    """One feed that the engine holds."""

    feed: FeedId
    group: Group
    live: bool


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is open."""

    feeds: tuple[OpenFeed, ...] = ()
    sessions: tuple[OpenSession, ...] = ()


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one subscriber was sent, told once at its end."""

    session: SessionId
    feed: FeedId
    holder: Holder
    reason: EndReason
    seconds: float  # from the first forwarded packet to the end; 0 when there was none
    bytes_out: int
    by_grant: tuple[ByGrant, ...] = ()  # what it was allowed by, first to last


@runtime_checkable  # Litestar checks what it injects
class Sfu(Protocol):
    """The engine. A feed exists from the first publish or subscribe until `end_feed`.

    A subscriber may come before the publisher, and stays through every new publisher of the same feed.
    """

    @property
    def listening(self) -> bool:
        """Whether it takes sessions now."""
        ...

    async def publish(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        group: Group = ALONE,
        tag: str = "",
        own: bool = False,
    ) -> Answer:
        """Answer a publisher's offer; a publisher that was there is ended as REPLACED.

        `tag` is kept with the session and told again after a restart of whoever called; it is opaque. `own`
        says that it is a caller's own picture, which may be watched while the log is away; a feed is that
        from its first publisher on, or never.

        Raises BadOffer, Closed or Full.
        """
        ...

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        """Answer a subscriber's offer, if a signed grant (media/grants) allows this holder that feed.

        It is never sent more than `most`, however wide its link. The session ends as EXPIRED when its grant
        does. Raises Ungranted, BadOffer, Closed or Full.
        """
        ...

    async def limit(self, session: SessionId, most: Level) -> None:
        """Send a subscriber no more than this from now on: less or more than before. Raises NoSuchSession."""
        ...

    async def renew(self, grant: bytes) -> None:
        """Let the sessions of this grant's holder on its feed go on for as long as it says.

        Nothing when there are none, or when they may go on for longer already. Raises Ungranted or Full.
        """
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
        """End every session that this holder opened, and refuse it others: a holder is not allowed again."""
        ...

    async def end_feed(self, feed: FeedId, reason: EndReason) -> None:
        """End a feed and all its sessions. After this returns no packet of it is sent.

        By an engine that hangs: as soon as it turns again. That holds for the other ends too."""
        ...

    def session(self, session: SessionId) -> OpenSession | None:
        """One session; None when it ended or never was."""
        ...

    def state(self) -> EngineState:
        """Everything that is open, on every engine that was heard of."""
        ...

    async def stats(self) -> tuple[EngineStats, ...]:
        """Every engine that answers, as it stands now."""
        ...


class FeedListener(Protocol):
    """Told by the engine, in order for each feed, from a bounded queue off the packet path."""

    async def went_live(self, feed: FeedId) -> None:
        """Packets arrive: for the first time, or again after `went_silent` or `ended`."""
        ...

    async def went_silent(self, feed: FeedId) -> None:
        """No packet for 700 ms; the publisher may come back."""
        ...

    async def ended(self, feed: FeedId, reason: EndReason, session: SessionId) -> None:
        """The publisher's session ended; the feed may be published again unless it was CLOSED.

        May be told again after a restart of whoever is told, as `subscriber_ended` may."""
        ...

    async def subscriber_ended(self, summary: SessionSummary) -> None:
        """A subscriber's session ended."""
        ...

    async def subscriber_level(self, feed: FeedId, session: SessionId, holder: Holder, level: Level) -> None:
        """What this subscriber's link lets through has changed."""
        ...
