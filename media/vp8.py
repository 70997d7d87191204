"""VP8's payload descriptor (RFC 7741 section 4.2): read once for each packet that comes in.

`read` tells keyframes, frame starts and temporal layers. `Pictures` keeps picture ids and TL0PICIDX running
on through a feed's publishers, as media/rewrite.Timeline does for sequence numbers; media/layers leaves
frames out for one subscriber. Bytes and values only; nothing here raises on hostile bytes.
"""

from struct import Struct

import msgspec

PICTURE_MASK = 0x7FFF  # we always write picture ids of 15 bits
TL0_MASK = 0xFF

_USUAL = Struct("!BBHBB")  # X, then I, L and T or K: what browsers send
_PICTURE_ONLY = Struct("!BBH")


class Descriptor(msgspec.Struct, frozen=True, gc=False):
    """What the first bytes of one payload say. Shared by all subscribers, so never changed."""

    size: int  # bytes; VP8's own payload begins here
    start: bool  # the first packet of a frame
    keyframe: bool  # the first packet of a keyframe: a decoder may begin here
    picture: int | None  # picture id
    wide: bool  # it has 15 bits, else 7
    tl0: int | None  # TL0PICIDX: the running number of the base layer's frame that this one depends on
    tid: int  # temporal layer; 0 where there are none
    sync: bool  # Y: depends on the base layer only, so that a receiver may go up to this layer here
    layered: bool  # it says its temporal layer at all


def read(payload: bytes) -> Descriptor | None:
    """None when it is cut short or holds nothing after the descriptor. 0.8 µs in the usual form."""
    end = len(payload)
    if end < 2:
        return None
    first = payload[0]
    at = 1
    picture: int | None = None
    tl0: int | None = None
    wide = sync = layered = False
    tid = 0
    if first & 0x80:  # X
        more = payload[1]
        if end < 7 and not _whole(payload, more, end):
            return None
        at = 2
        if more & 0x80:  # I
            picture = payload[2]
            at = 3
            if picture & 0x80:  # M
                picture = (picture & 0x7F) << 8 | payload[3]
                wide = True
                at = 4
        if more & 0x40:  # L
            tl0 = payload[at]
            at += 1
        if more & 0x30:  # T, K
            if more & 0x20:
                layers = payload[at]
                tid = layers >> 6
                sync = layers & 0x20 != 0
                layered = True
            at += 1
    start = first & 0x17 == 0x10  # S, and partition 0
    # the first bit of the frame itself is P: 0 in a keyframe
    return Descriptor(at, start, start and not payload[at] & 0x01, picture, wide, tl0, tid, sync, layered)


def _whole(payload: bytes, more: int, end: int) -> bool:
    """Whether a short payload holds all that its flags promise, and a byte of VP8."""
    size = 2 + bool(more & 0x40) + bool(more & 0x30)
    if more & 0x80:
        size += 2 if end > 2 and payload[2] & 0x80 else 1
    return end > size


def write(payload: bytes, descriptor: Descriptor, picture: int, tl0: int | None) -> bytes:
    """The descriptor that stands at the head of `payload`, with another picture id and TL0PICIDX.

    What follows it begins at `payload[descriptor.size:]`. `descriptor` must have a picture id; the new one is
    taken modulo 2**15 and has two bytes, so that the result may be one byte longer than what it replaces.
    """
    picture = 0x8000 | picture & PICTURE_MASK
    size = descriptor.size
    if tl0 is None:
        head = _PICTURE_ONLY.pack(payload[0], payload[1], picture)
        return head if size <= 3 + descriptor.wide else head + payload[3 + descriptor.wide : size]
    if size == 6 or (size == 5 and not descriptor.wide):
        return _USUAL.pack(payload[0], payload[1], picture, tl0 & TL0_MASK, payload[size - 1])
    return _PICTURE_ONLY.pack(payload[0], payload[1], picture) + bytes([tl0 & TL0_MASK])


class Pictures:
    """One feed's picture ids, running on through its publishers. Used once for each packet that comes in.

    `begin` when another source is followed, `place` for each of its packets. The first publisher's packets go
    as they are; a later one's are copied once, whatever the number of subscribers.
    """

    def __init__(self) -> None:
        self._fresh = True  # the next packet is a source's first
        self._picture = 0  # the source's newest id, extended beyond its 7 or 15 bits
        self._shift = 0  # what is added to make it run on
        self._tl0_shift = 0
        self._last: int | None = None  # the newest that was given out, extended
        self._last_tl0 = -1

    def begin(self) -> None:
        self._fresh = True

    def place(self, payload: bytes, descriptor: Descriptor) -> tuple[bytes, Descriptor]:
        """The payload to forward and its descriptor. Without a picture id nothing is changed."""
        if descriptor.picture is None:
            return payload, descriptor
        half = 0x4000 if descriptor.wide else 0x40
        tl0 = descriptor.tl0
        if self._fresh:
            self._fresh = False
            self._picture = descriptor.picture
            if self._last is not None:
                self._shift = self._last + 1 - descriptor.picture
                self._tl0_shift = 0 if tl0 is None else self._last_tl0 + 1 - tl0
        ahead = ((descriptor.picture - self._picture + half) & (2 * half - 1)) - half
        picture = self._picture + ahead
        if ahead > 0:
            self._picture = picture
        picture += self._shift
        if tl0 is not None:
            tl0 = (tl0 + self._tl0_shift) & TL0_MASK
        if self._last is None or picture > self._last:
            self._last = picture
            if tl0 is not None:
                self._last_tl0 = tl0
        if descriptor.wide and self._shift == 0 and self._tl0_shift == 0:
            return payload, descriptor
        head = write(payload, descriptor, picture, tl0)
        moved = Descriptor(
            len(head),
            descriptor.start,
            descriptor.keyframe,
            picture & PICTURE_MASK,
            True,
            tl0,
            descriptor.tid,
            descriptor.sync,
            descriptor.layered,
        )
        return head + payload[descriptor.size :], moved
