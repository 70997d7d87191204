"""Counting: what was dropped and why, and how fast a feed arrives. Never a log line per packet."""

from collections import Counter
from enum import StrEnum


class Drop(StrEnum):
    """Why a datagram or packet went no further."""

    NOT_WEBRTC = "not-webrtc"  # first byte fits nothing (RFC 7983)
    STUN_MALFORMED = "stun-malformed"  # no binding request, or not for anyone here
    STUN_FORGED = "stun-forged"  # its integrity does not hold
    STUN_TOO_MANY = "stun-too-many"  # a peer checks faster than any needs to
    STRANGER = "stranger"  # DTLS or SRTP from an address that never passed a check
    DTLS_WAITING = "dtls-waiting"  # too many handshakes, or a peer sends faster than we read
    SRTP_EARLY = "srtp-early"  # before the keys
    SRTP_FORGED = "srtp-forged"  # forged, damaged or repeated
    SSRC_TOO_MANY = "ssrc-too-many"  # one peer sends from more SSRCs than any needs
    RTP_MALFORMED = "rtp-malformed"
    RTP_UNKNOWN = "rtp-unknown"  # a payload type that was not agreed
    RTCP_MALFORMED = "rtcp-malformed"
    UNPLACED = "unplaced"  # empty, too late, or before a keyframe
    UNPLAYABLE = "unplayable"  # the subscriber did not agree to this codec
    REPEATS = "repeats"  # a subscriber asks for more than it is repeated in 50 ms
    TOO_LONG = "too-long"
    SEND_FAILED = "send-failed"  # the socket's buffer is full or there is no route
    ADDRESS_FULL = "address-full"  # as many peers at one address as may be
    TOO_FAST = "too-fast"  # more packets than one peer, holder or address may send
    TCP_REFUSED = "tcp-refused"  # too many connections, or one that no peer proved its own in time
    TCP_MALFORMED = "tcp-malformed"  # not framed by RFC 4571
    TCP_FULL = "tcp-full"  # a peer reads more slowly than it is sent
    FAULT = "fault"  # a bug of ours: logged, once a minute at most
    NEWS = "news"  # the listener is further behind than the queue is long


Drops = Counter[Drop]


class Meter:
    """One second's bytes and losses at a time."""

    def __init__(self) -> None:
        self.bitrate_bps = 0
        self.loss = 0.0
        self._bytes = 0
        self._expected = 0
        self._received = 0
        self._at: float | None = None

    def second(self, now: float, total_bytes: int, expected: int, received: int) -> None:
        """Called about once a second with running totals."""
        if self._at is not None and now > self._at:
            self.bitrate_bps = int(max(0, total_bytes - self._bytes) * 8 / (now - self._at))
            due = expected - self._expected
            self.loss = min(1.0, max(0.0, 1 - (received - self._received) / due)) if due > 0 else 0.0
        self._at, self._bytes, self._expected, self._received = now, total_bytes, expected, received
