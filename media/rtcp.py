"""RTCP as the engine speaks it: what it reads from peers and what it writes to them.

RFC 3550 (SR, RR, SDES), RFC 4585 (NACK, PLI), RFC 5104 (FIR), draft-alvestrand-rmcat-remb-03 (REMB).
Transport-wide feedback is written in media/feedback. Bytes and values only: no clocks, no sessions.
"""

from collections.abc import Iterable, Iterator, Sequence
from struct import pack, unpack_from

import msgspec

MAX_REPORTS = 31
MAX_ESTIMATE_BPS = 1 << 40  # REMB can say up to 82 bits
_NACKS = 64  # entries read of one request, of 17 numbers each


class Malformed(ValueError):
    """Not RTCP; the datagram is dropped and counted."""


class SenderReport(msgspec.Struct, frozen=True):
    ssrc: int
    ntp: int  # 64 bits: seconds since 1900 and their fraction, by the sender's clock
    timestamp: int


class PictureLoss(msgspec.Struct, frozen=True):
    """A PLI or a FIR: the receiver of this SSRC cannot go on without a keyframe."""

    ssrc: int


class Estimate(msgspec.Struct, frozen=True):
    """REMB: what the receiver believes its way in can carry."""

    bitrate_bps: int


class Nack(msgspec.Struct, frozen=True):
    ssrc: int
    sequences: tuple[int, ...]


class RoundTrip(msgspec.Struct, frozen=True):
    """The answer to a receiver's question (RFC 3611 section 4.5): when that was sent, and how long it lay."""

    ssrc: int  # of who asked
    asked: int  # middle 32 bits of the question's time
    delay: int  # in 1/65536 s


class ReportBlock(msgspec.Struct, frozen=True):
    """RFC 3550 section 6.4.1."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int  # since the beginning; may be negative
    highest: int  # extended sequence number
    jitter: int  # in timestamp units
    last_report: int  # middle 32 bits of the last SR's NTP time
    delay: int  # since that SR, in 1/65536 s


def is_rtcp(datagram: bytes) -> bool:
    """RFC 5761 section 4: payload types 64 to 95 with the marker bit are RTCP."""
    return 192 <= datagram[1] <= 223


def parse(data: bytes) -> Iterator[SenderReport | ReportBlock | PictureLoss | Nack | Estimate | RoundTrip]:
    """Read a compound or reduced-size packet. What the engine has no use for is passed over.

    Raises Malformed at the first packet whose lengths do not fit.
    """
    at, end = 0, len(data)
    while at < end:
        if end - at < 4:
            raise Malformed("short header")
        first, kind, words = unpack_from("!BBH", data, at)
        stop = at + 4 + 4 * words
        if first >> 6 != 2 or stop > end:
            raise Malformed("bad header")
        count = first & 0x1F
        size = stop - at
        if kind == 200 and size >= 28:
            ssrc, ntp, timestamp = unpack_from("!IQI", data, at + 4)
            yield SenderReport(ssrc, ntp, timestamp)
            yield from _reported(data, at + 28, stop, count)
        elif kind == 201 and size >= 8:
            yield from _reported(data, at + 8, stop, count)
        elif kind == 205 and count == 1 and size >= 12:
            yield Nack(unpack_from("!I", data, at + 8)[0], tuple(_nacked(data, at + 12, stop)))
        elif kind == 206 and count == 1 and size >= 12:
            yield PictureLoss(unpack_from("!I", data, at + 8)[0])
        elif kind == 206 and count == 4:
            for entry in range(at + 12, stop - 7, 8):
                yield PictureLoss(unpack_from("!I", data, entry)[0])
        elif kind == 206 and count == 15 and size >= 20 and data[at + 12 : at + 16] == b"REMB":
            scale, low = unpack_from("!BH", data, at + 17)
            yield Estimate(min(((scale & 3) << 16 | low) << (scale >> 2), MAX_ESTIMATE_BPS))
        elif kind == 207:
            yield from _round_trips(data, at + 8, stop)
        at = stop


def _round_trips(data: bytes, at: int, stop: int) -> Iterator[RoundTrip]:
    """DLRR blocks; others are stepped over."""
    while at + 4 <= stop:
        block, words = unpack_from("!BxH", data, at)
        end = at + 4 + 4 * words
        if block == 5:
            for entry in range(at + 4, min(end, stop) - 11, 12):
                yield RoundTrip(*unpack_from("!III", data, entry))
        at = end


def _reported(data: bytes, at: int, stop: int, count: int) -> Iterator[ReportBlock]:
    for entry in range(at, min(stop - 23, at + 24 * count), 24):
        ssrc, lost, highest, jitter, last, delay = unpack_from("!IIIIII", data, entry)
        total = (lost & 0xFFFFFF) - ((lost & 0x800000) << 1)
        yield ReportBlock(ssrc, lost >> 24, total, highest, jitter, last, delay)


def _nacked(data: bytes, at: int, stop: int) -> Iterator[int]:
    for entry in range(at, min(stop - 3, at + 4 * _NACKS), 4):
        first, following = unpack_from("!HH", data, entry)
        yield first
        for bit in range(16):
            if following >> bit & 1:
                yield (first + bit + 1) & 0xFFFF


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _block(report: ReportBlock) -> bytes:
    lost = max(-0x800000, min(report.lost, 0x7FFFFF)) & 0xFFFFFF
    return pack(
        "!IIIIII",
        report.ssrc,
        report.fraction_lost << 24 | lost,
        report.highest & 0xFFFFFFFF,
        report.jitter & 0xFFFFFFFF,
        report.last_report,
        report.delay & 0xFFFFFFFF,
    )


def receiver_report(sender: int, reports: Iterable[ReportBlock]) -> bytes:
    blocks = [_block(report) for report in reports][:MAX_REPORTS]
    return _packet(201, len(blocks), pack("!I", sender) + b"".join(blocks))


def round_trip_question(sender: int, ntp: int) -> bytes:
    """A receiver reference time (RFC 3611 section 4.4). `ntp`: 64 bits, of whatever clock the asker has."""
    return _packet(207, 0, pack("!IBBHQ", sender, 4, 0, 2, ntp & 0xFFFFFFFFFFFFFFFF))


def sender_report(ssrc: int, *, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    return _packet(200, 0, pack("!IQIII", ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF))


def description(ssrc: int, cname: bytes) -> bytes:
    """SDES with a CNAME: the same for a session's audio and video, so that they are played in step."""
    item = pack("!IBB", ssrc, 1, len(cname)) + cname + b"\0"
    return _packet(202, 1, item + bytes(-len(item) % 4))


def picture_loss(sender: int, ssrc: int) -> bytes:
    return _packet(206, 1, pack("!II", sender, ssrc))


def full_intra_request(sender: int, ssrc: int, count: int) -> bytes:
    return _packet(206, 4, pack("!IIIBxxx", sender, 0, ssrc, count & 0xFF))


def nack(sender: int, ssrc: int, sequences: Sequence[int]) -> bytes:
    """Ask again for these, in order of sending."""
    body = pack("!II", sender, ssrc)
    first, following = sequences[0], 0
    for sequence in sequences[1:]:
        ahead = (sequence - first - 1) & 0xFFFF
        if ahead < 16:
            following |= 1 << ahead
        else:
            body += pack("!HH", first, following)
            first, following = sequence, 0
    return _packet(205, 1, body + pack("!HH", first, following))


def max_bitrate(sender: int, bitrate_bps: int, ssrcs: Sequence[int]) -> bytes:
    """REMB."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    mantissa = bitrate_bps >> exponent
    body = pack("!II4sBBH", sender, 0, b"REMB", len(ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
    return _packet(206, 15, body + b"".join(pack("!I", ssrc) for ssrc in ssrcs))
