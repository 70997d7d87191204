"""RTCP: read without raising anything of its own, and written so that aiortc reads the same."""

import contextlib

from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp


@given(st.binary(max_size=120))
def test_no_bytes_make_it_raise_anything_but_malformed(data: bytes) -> None:
    with contextlib.suppress(rtcp.Malformed):
        list(rtcp.parse(data))


@given(st.binary(max_size=60), st.integers(200, 207), st.integers(0, 31))
def test_no_well_framed_packet_makes_it_raise_anything_but_malformed(
    body: bytes, kind: int, count: int
) -> None:
    body += bytes(-len(body) % 4)
    data = bytes([0x80 | count, kind]) + (len(body) // 4).to_bytes(2) + body
    with contextlib.suppress(rtcp.Malformed):
        list(rtcp.parse(data * 2))


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=60, unique=True))
def test_what_is_asked_again_is_read_the_same(sequences: list[int]) -> None:
    data = rtcp.nack(1, 2, sequences)
    (message,) = rtcp.parse(data)
    assert isinstance(message, rtcp.Nack)
    assert message.ssrc == 2
    assert sorted(message.sequences) == sorted(sequences)
    (theirs,) = RtcpPacket.parse(data)
    assert isinstance(theirs, RtcpRtpfbPacket)
    assert {n & 0xFFFF for n in theirs.lost} == set(sequences)


def test_both_requests_for_a_keyframe_are_read() -> None:
    both = rtcp.picture_loss(1, 2) + rtcp.full_intra_request(1, 3, 7)
    assert list(rtcp.parse(both)) == [rtcp.PictureLoss(2), rtcp.PictureLoss(3)]


def test_a_receiver_report_is_read_by_aiortc() -> None:
    block = rtcp.ReportBlock(7, 12, -3, 70_000, 5, 6, 8)
    (theirs,) = RtcpPacket.parse(rtcp.receiver_report(1, [block]))
    assert isinstance(theirs, RtcpRrPacket)
    (report,) = theirs.reports
    assert (report.ssrc, report.fraction_lost, report.packets_lost) == (7, 12, -3)
    assert (report.highest_sequence, report.jitter, report.lsr, report.dlsr) == (70_000, 5, 6, 8)


def test_a_sender_report_is_read_by_both() -> None:
    data = rtcp.sender_report(9, ntp=1 << 63, timestamp=5, packets=6, octets=7) + rtcp.description(9, b"me")
    assert list(rtcp.parse(data)) == [rtcp.SenderReport(9, 1 << 63, 5)]
    theirs = RtcpPacket.parse(data)[0]
    assert isinstance(theirs, RtcpSrPacket)
    assert (theirs.sender_info.packet_count, theirs.sender_info.octet_count) == (6, 7)


@given(st.integers(0, 1 << 33))
def test_a_ceiling_survives_its_encoding(bitrate: int) -> None:
    (theirs,) = RtcpPacket.parse(rtcp.max_bitrate(1, bitrate, [2, 3]))
    assert isinstance(theirs, RtcpPsfbPacket)
    read, ssrcs = unpack_remb_fci(theirs.fci)
    assert ssrcs == [2, 3]
    assert read <= bitrate < read + max(1, bitrate >> 17) + 1


def test_an_estimate_beyond_all_links_is_cut_to_what_can_be_carried() -> None:
    huge = bytearray(rtcp.max_bitrate(1, 1000, [2]))
    huge[17:20] = b"\xff\xff\xff"
    assert list(rtcp.parse(bytes(huge))) == [rtcp.Estimate(rtcp.MAX_ESTIMATE_BPS)]
    assert list(rtcp.parse(rtcp.max_bitrate(1, 2_500_000, [2]))) == [rtcp.Estimate(2_500_000 >> 4 << 4)]
