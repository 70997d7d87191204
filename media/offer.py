"""What a peer offered, as plain values: the little of SDP that the engine decides by.

Filled by `media.rtc.parse_offer`, read by media/negotiate. Every text in it has been checked against its
grammar there, so that nothing a peer wrote can break out of a line of our answer.
"""

import msgspec


class Fingerprint(msgspec.Struct, frozen=True):
    """Of the peer's DTLS certificate (RFC 8122)."""

    algorithm: str
    value: str


class OfferedCodec(msgspec.Struct, frozen=True):
    payload_type: int
    name: str
    clock_rate: int
    channels: int
    parameters: dict[str, str]  # one without a name stands under ""
    feedback: frozenset[str]  # "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"


class OfferedMedia(msgspec.Struct, frozen=True):
    """One m= section."""

    kind: str
    protocol: str
    formats: tuple[str, ...]
    mid: str
    direction: str
    offered: bool  # false for port 0, unless it is bundle-only (RFC 8843 section 6)
    codecs: tuple[OfferedCodec, ...]
    extensions: dict[str, int]  # header extension URI to id
    mixed: bool = False  # packets may have either form of header extension (RFC 8285 section 6)
    asks_rtt: bool = False  # it answers a receiver's question for the round trip (RFC 3611 section 5)


class Offer(msgspec.Struct, frozen=True):
    media: tuple[OfferedMedia, ...]
    bundle: tuple[str, ...]  # mids; empty when the offer has no bundle group
    rtcp_mux: bool
    ice_ufrag: str
    ice_pwd: str
    fingerprints: tuple[Fingerprint, ...]
    setup: str  # "actpass", "active" or "passive"
