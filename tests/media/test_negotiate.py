"""Offers of real stacks are answered; hostile ones are refused with BadOffer and nothing else."""

import contextlib
import random
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from media import negotiate, rtc
from media.negotiate import ABS_SEND_TIME, ORIENTATION, TRANSPORT_WIDE, Agreed
from media.offer import Fingerprint
from media.ports import BadOffer
from media.rtp import Codec, Kind
from media.track import number_of

OFFERS = Path(__file__).parent.parent / "offers"
SENDING = sorted(p.name for p in OFFERS.glob("*-sendonly.sdp"))
RECEIVING = sorted(p.name for p in OFFERS.glob("*-recvonly.sdp"))
SIDE = negotiate.Side(
    "0123456789abcdef", "p" * 32, Fingerprint("sha-256", "AB:" * 31 + "AB"), ("192.0.2.1",), 5
)


def text(name: str) -> str:
    return (OFFERS / name).read_text()


def answered(agreed: Agreed, active: bool = True) -> str:
    return negotiate.answer(
        agreed,
        SIDE,
        active=active,
        ssrcs={Kind.VIDEO: 11, Kind.AUDIO: 12},
        repairs={section.kind: 21 for section in agreed if section.rtx},
        start_bitrate_bps=1_000_000,
    )


def test_there_are_offers_to_try() -> None:
    assert len(SENDING) >= 6
    assert len(RECEIVING) >= 2


@pytest.mark.parametrize("name", SENDING)
def test_every_publishers_offer_gets_an_answer_that_can_be_read(name: str) -> None:
    offer = rtc.parse_offer(text(name))
    parsed = SessionDescription.parse(answered(negotiate.for_publisher(offer), offer.setup != "active"))
    assert [m.kind for m in parsed.media] == [m.kind for m in offer.media]
    assert all(m.direction == "recvonly" for m in parsed.media)
    assert all(m.ice.iceLite and m.ice_candidates for m in parsed.media if m.ice)
    assert {m.dtls.role for m in parsed.media if m.dtls} == {
        "server" if offer.setup == "active" else "client"
    }
    assert {c.name for m in parsed.media for c in m.rtp.codecs} <= {
        "VP8",
        "VP9",
        "H264",
        "opus",
        "rtx",
        "red",
    }


@pytest.mark.parametrize("name", RECEIVING)
def test_a_viewers_answer_takes_every_codec_that_may_come(name: str) -> None:
    parsed = SessionDescription.parse(answered(negotiate.for_subscriber(rtc.parse_offer(text(name)))))
    video = next(m for m in parsed.media if m.kind == "video")
    audio = next(m for m in parsed.media if m.kind == "audio")
    assert video.direction == audio.direction == "sendonly"
    assert {c.name for c in audio.rtp.codecs} == {"opus"}
    assert "VP8" in {c.name for c in video.rtp.codecs}
    assert [s.ssrc for s in video.ssrc] == [11, 21]
    assert [(g.semantic, g.items) for g in video.ssrc_group] == [("FID", [11, 21])]
    if name.startswith("chromium"):
        profiles = {
            str(c.parameters.get("profile-level-id"))[:2] for c in video.rtp.codecs if c.name == "H264"
        }
        assert profiles >= {"42", "4d", "f4"}


def test_feedback_and_rotation_are_agreed_with_a_browser() -> None:
    video = negotiate.for_publisher(rtc.parse_offer(text("chromium-sendonly.sdp"))).of(Kind.VIDEO)
    assert video is not None
    assert set(video.extensions) == {ORIENTATION, TRANSPORT_WIDE}
    assert video.asks_rtt
    assert video.mixed
    assert video.has("transport-cc")
    assert video.has("nack pli")


@pytest.mark.parametrize("name", RECEIVING)
def test_a_viewer_is_repeated_to_in_a_stream_of_its_own_and_says_what_its_link_carries(name: str) -> None:
    offer = rtc.parse_offer(text(name))
    video = negotiate.for_subscriber(offer).of(Kind.VIDEO)
    assert video is not None
    assert set(video.rtx) == set(video.codecs)
    sections = SessionDescription.parse(answered(negotiate.for_subscriber(offer))).media
    parsed = next(m for m in sections if m.kind == "video")
    repairs = {c.parameters["apt"]: c.payloadType for c in parsed.rtp.codecs if c.name == "rtx"}
    assert repairs == video.rtx
    assert ABS_SEND_TIME in video.extensions
    assert video.has("goog-remb")
    assert not video.has("transport-cc")


def test_a_wrapper_counts_only_for_what_is_agreed() -> None:
    sdp = text("chromium-sendonly.sdp").replace("\r", "")

    def wrapped(old: str, new: str) -> tuple[dict[int, int], dict[int, int]]:
        assert old in sdp
        agreed = negotiate.for_publisher(rtc.parse_offer(sdp.replace(old, new)))
        video, audio = agreed.of(Kind.VIDEO), agreed.of(Kind.AUDIO)
        assert video is not None
        assert audio is not None
        return video.rtx, audio.red

    rtx, red = wrapped("v=0", "v=0")
    assert rtx[96] == 97
    assert red == {111: 63}
    assert 96 not in wrapped("a=fmtp:97 apt=96", "a=fmtp:97 apt=999")[0]
    assert 96 not in wrapped("a=fmtp:97 apt=96\n", "")[0]
    assert wrapped("a=fmtp:63 111/111", "a=fmtp:63 111/9")[1] == {}
    assert wrapped("a=fmtp:63 111/111\n", "")[1] == {}
    assert wrapped("red/48000/2", "red/8000")[1] == {}


def test_red_is_listed_before_what_it_wraps_or_chromium_would_not_use_it() -> None:
    reply = answered(negotiate.for_publisher(rtc.parse_offer(text("chromium-sendonly.sdp"))))
    assert "m=audio 5 UDP/TLS/RTP/SAVPF 63 111\r\n" in reply
    assert "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" in reply


def test_an_offer_longer_than_32_kib_or_of_more_than_eight_sections_is_refused_with_its_reason() -> None:
    sdp = text("gstreamer-sendonly.sdp")
    with pytest.raises(BadOffer, match="32 KiB"):
        rtc.parse_offer(sdp + "a=x:" + "y" * 32 * 1024 + "\r\n")
    with pytest.raises(BadOffer, match="32 KiB"):
        rtc.parse_offer(sdp + "a=x:" + "é" * 17 * 1024 + "\r\n")
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:d{}\r\n"
    sections = sdp.count("m=")
    rtc.parse_offer(sdp + "".join(data.format(n) for n in range(8 - sections)))
    with pytest.raises(BadOffer, match="eight"):
        rtc.parse_offer(sdp + "".join(data.format(n) for n in range(9 - sections)))


def test_an_active_offer_is_answered_passive_and_bundle_only_sections_are_taken() -> None:
    offer = rtc.parse_offer(text("bundle-only-sendonly.sdp"))
    agreed = negotiate.for_publisher(offer)
    assert [section.kind for section in agreed] == [Kind.VIDEO, Kind.AUDIO]
    assert offer.setup == "active"


def test_simulcast_a_second_camera_and_data_are_refused_section_by_section() -> None:
    sdp = text("chromium-sendonly.sdp")
    start = sdp.index("m=video") if sdp.index("m=video") > sdp.index("m=audio") else sdp.index("m=audio")
    second = sdp[start:].replace("a=mid:1", "a=mid:2")
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:3\r\n"
    agreed = negotiate.for_publisher(
        rtc.parse_offer(sdp.replace("BUNDLE 0 1", "BUNDLE 0 1 2 3") + second + data)
    )
    assert [section is not None for section in agreed.sections] == [True, True, False, False]
    parsed = SessionDescription.parse(answered(agreed))
    assert [m.port for m in parsed.media] == [5, 5, 0, 0]
    assert "a=rid" not in answered(agreed)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("chromium-sendonly.sdp", "v=0", "v=1"),
        ("chromium-sendonly.sdp", "a=ice-ufrag:", "a=x:"),
        ("chromium-sendonly.sdp", "a=fingerprint:sha-256", "a=fingerprint:md5"),
        ("chromium-sendonly.sdp", "a=setup:actpass", "a=setup:holdconn"),
        ("chromium-sendonly.sdp", "a=rtcp-mux", "a=x"),
        ("chromium-sendonly.sdp", "a=group:BUNDLE 0 1", "a=x"),
        ("chromium-sendonly.sdp", "a=sendonly", "a=recvonly"),
        ("chromium-sendonly.sdp", "a=sendonly", "a=inactive"),
        ("chromium-sendonly.sdp", "a=mid:1", "a=mid:0"),
        ("chromium-sendonly.sdp", "a=mid:1", "a=mid:1 a=2"),
        ("gstreamer-sendonly.sdp", "VP8/90000", "H265/90000"),
        ("gstreamer-sendonly.sdp", "a=rtpmap:96 ", "a=rtpmap:72 "),
        ("gstreamer-sendonly.sdp", "m=video 9", "m=video 0"),
    ],
)
def test_an_offer_that_cannot_be_answered_is_refused(name: str, old: str, new: str) -> None:
    sdp = text(name)
    assert old in sdp
    with pytest.raises(BadOffer):
        negotiate.for_publisher(rtc.parse_offer(sdp.replace(old, new)))


@pytest.mark.parametrize(
    "line",
    [
        "a=candidate:1 1 udp 1 192.0.2.1 1 typ host",
        "a=ssrc:1 cname:x",
        "m=video 9 X 96",
        "a=x",
        "a=rtcp-fb:96 x",
    ],
)
def test_an_offer_with_too_many_lines_is_refused(line: str) -> None:
    with pytest.raises(BadOffer):
        rtc.parse_offer(text("gstreamer-sendonly.sdp") + f"{line}\r\n" * 2100)


def test_no_mutation_of_an_offer_escapes_as_anything_but_bad_offer() -> None:
    chance = random.Random(1)
    tried = 0
    for name in SENDING + RECEIVING:
        lines = text(name).splitlines()
        for _ in range(250):
            mutated = list(lines)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(mutated))
                line = mutated[at]
                match chance.randrange(6):
                    case 0:
                        del mutated[at]
                    case 1:
                        mutated[at] = line[: chance.randrange(len(line) + 1)]
                    case 2:
                        spot = chance.randrange(len(line) + 1)
                        mutated[at] = line[:spot] + chance.choice("\0\n:/ ;=é٣999999999-") + line[spot:]
                    case 3:
                        mutated.insert(at, chance.choice(lines))
                    case 4:
                        mutated[at] = line.replace(chance.choice("0123456789 :/"), chance.choice("9 :/x"))
                    case _:
                        mutated[at], mutated[-1] = mutated[-1], mutated[at]
            tried += 1
            sdp = "\r\n".join(mutated) + "\r\n"
            for agree in (negotiate.for_publisher, negotiate.for_subscriber):
                with contextlib.suppress(BadOffer):
                    reply = answered(agree(rtc.parse_offer(sdp)))
                    assert "\n\n" not in reply.replace("\r", "")
                    SessionDescription.parse(reply)
    assert tried > 1500


@given(st.text(max_size=300))
def test_no_text_escapes_as_anything_but_bad_offer(sdp: str) -> None:
    for prefix in ("", "v=0\r\n"):
        with pytest.raises(BadOffer):
            rtc.parse_offer(prefix + sdp)


def test_a_stream_goes_to_the_nearest_profile_that_plays_it() -> None:
    def h264(profile: int, mode: int = 1) -> Codec:
        return Codec(Kind.VIDEO, "H264", 90_000, profile, mode)

    offered = {
        96: Codec(Kind.VIDEO, "VP8", 90_000),
        102: h264(4),
        104: h264(2),
        106: h264(0),
        108: h264(0, 0),
    }
    assert number_of(h264(0), offered) == 106
    assert number_of(h264(0, 0), offered) == 108
    assert number_of(h264(1), offered) == 104
    assert number_of(h264(4), offered) == 102
    assert number_of(h264(4), {106: h264(0)}) is None
    assert number_of(Codec(Kind.VIDEO, "VP8", 90_000), offered) == 96


def test_vp9_goes_only_to_its_own_profile() -> None:
    offered = {98: Codec(Kind.VIDEO, "VP9", 90_000, 0), 100: Codec(Kind.VIDEO, "VP9", 90_000, 2)}
    assert number_of(offered[98], offered) == 98
    assert number_of(offered[100], offered) == 100
    assert number_of(offered[98], {100: offered[100]}) is None
