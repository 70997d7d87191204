"""RTP as it stands on the wire (RFC 3550) and as the engine carries it.

Stands between a publisher's datagrams and the feed. Parsing never raises on hostile bytes: it returns None.
Nothing here knows sessions or keys.
"""

from enum import StrEnum
from struct import Struct, unpack_from

import msgspec

from media.vp8 import Descriptor

SEQUENCE_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFFFFFF

_FIXED = Struct("!BBHII")


class Kind(StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Codec(msgspec.Struct, frozen=True):
    """What a payload type stands for, whatever its number is in one session."""

    kind: Kind
    name: str  # "VP8", "VP9", "H264" or "opus"
    clock_rate: int  # Hz
    profile: int = 0  # H.264: its rank (0 constrained baseline … 4 high, 5 4:4:4); VP9: its number
    packetization_mode: int = 0  # H.264: RFC 6184 section 6.2

    def plays(self, sent: "Codec") -> bool:
        """Whether a receiver that asked for this codec can take what was sent as `sent`."""
        if self.name == "VP9":  # profiles differ in depth and sampling: none plays another's
            return self == sent
        return (
            self.name == sent.name
            and self.profile >= sent.profile
            and self.packetization_mode >= sent.packetization_mode
        )


class Header(msgspec.Struct, frozen=True, gc=False):
    """One received packet, its header read and its padding gone."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    extensions: bytes  # the body of a header extension (RFC 8285), or empty
    payload: bytes
    wide: bool = False  # the extension has the two-byte form


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One packet on its feed's own running line. Shared by all subscribers, so never changed."""

    codec: Codec
    marker: bool
    sequence: int  # runs on without wrapping, through every publisher of the feed
    timestamp: int  # modulo 2**32, runs on likewise
    payload: bytes
    keyframe: bool  # a decoder may begin with this packet
    orientation: int | None  # the byte of urn:3gpp:video-orientation, where there was one
    descriptor: Descriptor | None = None  # what VP8 says of its layers


def parse(data: bytes | memoryview) -> Header | None:
    """Read a decrypted RTP packet. None when it is not one (RFC 3550 appendix A.1). Copies what it keeps."""
    size = len(data)
    if size < 12:
        return None
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = 12 + 4 * (first & 0x0F)
    extensions, wide = b"", False
    if first & 0x10:
        if size < start + 4:
            return None
        profile, words = unpack_from("!HH", data, start)
        end = start + 4 + 4 * words
        if size < end:
            return None
        if profile == 0xBEDE:
            extensions = bytes(data[start + 4 : end])
        elif profile & 0xFFF0 == 0x1000:
            extensions, wide = bytes(data[start + 4 : end]), True
        start = end
    if first & 0x20:
        padding = data[-1]
        if padding == 0 or padding > size - start:
            return None
        size -= padding
    if size < start:
        return None
    return Header(
        second & 0x7F, second >= 0x80, sequence, timestamp, ssrc, extensions, bytes(data[start:size]), wide
    )


def extension(body: bytes, wanted: int, wide: bool = False) -> bytes | None:
    """The value of one element of a header extension (RFC 8285), in its two-byte form when `wide`."""
    if wide:
        return _extension(body, wanted)
    at, end = 0, len(body)
    while at < end:
        head = body[at]
        at += 1
        if head == 0:  # padding
            continue
        number = head >> 4
        if number == 15:  # reserved: stop
            return None
        size = (head & 0x0F) + 1
        if at + size > end:
            return None
        if number == wanted:
            return body[at : at + size]
        at += size
    return None


def _extension(body: bytes, wanted: int) -> bytes | None:
    at, end = 0, len(body)
    while at < end:
        if body[at] == 0:  # padding
            at += 1
            continue
        if at + 2 > end:
            return None
        start = at + 2
        at = start + body[at + 1]
        if at > end:
            return None
        if body[start - 2] == wanted:
            return body[start:at]
    return None


def difference(a: int, b: int) -> int:
    """How far sequence number `a` is ahead of `b`, from -32768 to 32767, through the wrap."""
    return ((a - b + 0x8000) & SEQUENCE_MASK) - 0x8000
