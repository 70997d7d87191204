"""Keyframes: telling one when it passes, and asking for one without asking too often.

RFC 6184 (H.264) and RFC 9628 (VP9) are read just far enough. `KeyframeRequests` merges what all viewers of a
feed ask for, so that a crowd costs the caller's phone two keyframes a second and no more.
"""

from media.rtp import Codec

ASK_EVERY_S = 0.5
IGNORED = 3  # requests without an answer,
IGNORED_S = 1.5  # in so long: the source sends keyframes when it likes


def begins_keyframe(codec: Codec, payload: bytes) -> bool:
    """Whether this is the packet with which a decoder may begin. VP8's is told by media/vp8."""
    if codec.name == "H264":
        return _h264(payload)
    if codec.name == "VP9":
        return _vp9(payload)
    return True  # audio begins anywhere


def _vp9(payload: bytes) -> bool:
    """The start of a picture that needs no other, in its lowest spatial layer (RFC 9628 section 4.2)."""
    if not payload or payload[0] & 0x48 != 0x08:  # P unset, B set
        return False
    first, at = payload[0], 1
    if first & 0x80:  # I: picture id, one or two bytes
        if len(payload) < 2:
            return False
        at += 2 if payload[1] & 0x80 else 1
    if not first & 0x20:  # L: without it there is one layer
        return len(payload) > at
    return len(payload) > at and payload[at] & 0x0E == 0  # SID


def _h264(payload: bytes) -> bool:
    """A sequence parameter set or the start of an IDR slice, alone, aggregated or fragmented."""
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind in (5, 7):
        return True
    if kind == 24:  # STAP-A
        at = 1
        while at + 2 < len(payload):
            if payload[at + 2] & 0x1F in (5, 7):
                return True
            at += 2 + int.from_bytes(payload[at : at + 2])
        return False
    if kind == 28 and len(payload) > 1:  # FU-A
        return payload[1] & 0x80 != 0 and payload[1] & 0x1F in (5, 7)
    return False


class KeyframeRequests:
    """What the viewers of one feed are owed. Times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.total = 0  # carried to publishers
        self.listens = True  # the source has said that it does
        self._wanted = False
        self._asked_at = float("-inf")
        self._unanswered = 0
        self._first_at = 0.0  # of those
        self._ignored = False

    def begin(self) -> None:
        """Another source: it may listen."""
        self._unanswered = 0
        self._ignored = False

    def ignored(self, now: float) -> bool:
        """Whether the source does not listen. A keyframe that comes after many requests is no answer."""
        if not self.listens:
            return True
        if self._unanswered >= IGNORED and now - self._first_at >= IGNORED_S:
            self._ignored = True
        return self._ignored

    def want(self) -> None:
        self._wanted = True

    def arrived(self) -> None:
        self._wanted = False
        if 0 < self._unanswered < IGNORED:
            self._ignored = False
        self._unanswered = 0

    def due(self, now: float) -> bool:
        """Whether to ask now. Stays due every half second until one arrives, for a request may be lost."""
        if not self._wanted or now - self._asked_at < ASK_EVERY_S:
            return False
        self._asked_at = now
        self._first_at = now if self._unanswered == 0 else self._first_at
        self._unanswered += 1
        self.total += 1
        return True
