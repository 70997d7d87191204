"""What of an offer is accepted, and the answer that says so (RFC 8829, RFC 9725 section 4).

Codecs are VP8, VP9 (profiles 0 and 2), H.264 (baseline, main and high) and Opus, with RTX for repeats and RED
for speech. One audio and one video section are taken; the rest is refused with port 0. A subscriber's answer
takes every codec that could come, because the publisher may not be here yet: the payload type is chosen by
packet. Simulcast and FEC other than RED are not negotiated.
"""

import ipaddress
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from media import rtc
from media.offer import Fingerprint, Offer, OfferedCodec, OfferedMedia
from media.ports import BadOffer
from media.rtp import Codec, Kind

TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION = "urn:3gpp:video-orientation"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
CNAME = "sightline"

_UDP_HOST, _TCP_HOST = 126, 90  # type preferences
_HIGH, _HIGH_444 = 4, 5
_ANSWERS = {
    "sendonly": {"sendonly": "recvonly", "sendrecv": "recvonly"},  # the peer publishes
    "recvonly": {"recvonly": "sendonly", "sendrecv": "sendonly"},  # the peer subscribes
}


class AgreedMedia(msgspec.Struct, frozen=True):
    """One accepted section."""

    kind: Kind
    mid: str
    codecs: dict[int, Codec]  # by this session's payload type, in the peer's order of preference
    offered: dict[int, OfferedCodec]
    feedback: dict[int, tuple[str, ...]]
    extensions: dict[str, int]  # only what is used
    direction: str  # ours
    rtx: dict[int, int] = {}  # payload type to that of its repeats (RFC 4588)
    red: dict[
        int, int
    ] = {}  # payload type to that which carries earlier packets as well (RFC 2198); received
    mixed: bool = False  # either form of header extension may come
    asks_rtt: bool = False  # we ask for the round trip, it answers

    def has(self, feedback: str) -> bool:
        return any(feedback in each for each in self.feedback.values())


class Agreed(msgspec.Struct, frozen=True):
    """`sections` has one entry for each of the offer's, None where it is refused."""

    offer: Offer
    sections: tuple[AgreedMedia | None, ...]

    def __iter__(self) -> Iterator[AgreedMedia]:
        return (section for section in self.sections if section is not None)

    def of(self, kind: Kind) -> AgreedMedia | None:
        return next((section for section in self if section.kind is kind), None)


class Side(msgspec.Struct, frozen=True):
    """Our transport, as the answer states it."""

    ufrag: str
    password: str
    fingerprint: Fingerprint
    addresses: tuple[str, ...]
    port: int


def for_publisher(offer: Offer) -> Agreed:
    """Raises BadOffer when there is nothing to receive."""
    return _agree(offer, "sendonly")


def for_subscriber(offer: Offer) -> Agreed:
    """Raises BadOffer when there is nothing to send."""
    return _agree(offer, "recvonly")


def _agree(offer: Offer, peer: str) -> Agreed:
    if len([m for m in offer.media if m.offered]) > 1 and not offer.bundle:
        raise BadOffer("sections must share one transport (a=group:BUNDLE)")
    if not offer.rtcp_mux:
        raise BadOffer("a=rtcp-mux is needed")
    directions, taken, sections = _ANSWERS[peer], set[str](), list[AgreedMedia | None]()
    for media in offer.media:
        section = None
        usable = media.offered and media.kind not in taken and (not offer.bundle or media.mid in offer.bundle)
        if usable and media.direction in directions and media.protocol.endswith("RTP/SAVPF"):
            section = _section(media, directions[media.direction])
        if section is not None:
            taken.add(media.kind)
        sections.append(section)
    if not taken:
        verb = "publish" if peer == "sendonly" else "watch"
        raise BadOffer(f"nothing to {verb}: a {peer} section with VP8, VP9, H.264 or Opus is needed")
    return Agreed(offer, tuple(sections))


def _section(media: OfferedMedia, direction: str) -> AgreedMedia | None:
    if media.kind not in (Kind.AUDIO, Kind.VIDEO):
        return None
    receiving = direction == "recvonly"
    highest = _HIGH if receiving else _HIGH_444  # Chromium plays High under its 4:4:4 payload type only
    found = ((o.payload_type, _codec(media.kind, o, highest)) for o in media.codecs)
    codecs = {payload_type: codec for payload_type, codec in found if codec is not None}
    if not codecs:
        return None
    kind = Kind(media.kind)
    wanted = ["nack"]
    if kind is Kind.VIDEO:
        wanted += ["nack pli", "ccm fir"]
    extensions = [ORIENTATION] if kind is Kind.VIDEO else []
    if receiving:
        wanted += ["transport-cc", "goog-remb"]  # which of the two is sent shows when packets come
        extensions.append(TRANSPORT_WIDE)
    else:
        # A viewer estimates by when packets were sent, and says the sum of it: we keep nothing per packet.
        wanted += ["goog-remb"] if kind is Kind.VIDEO else []
        extensions.append(ABS_SEND_TIME)
    offered = {o.payload_type: o for o in media.codecs if o.payload_type in codecs}
    feedback = {pt: tuple(w for w in wanted if w in o.feedback) for pt, o in offered.items()}
    return AgreedMedia(
        kind=kind,
        mid=media.mid,
        codecs=codecs,
        offered=offered,
        feedback=feedback,
        # 0 and 15 are reserved; ids above need the two-byte form (RFC 8285 section 4.3), which we only read
        extensions={
            uri: number
            for uri in extensions
            if 0 < (number := media.extensions.get(uri, 0)) < (256 if receiving else 15) and number != 15
        },
        direction=direction,
        rtx=_wrapping(media, "rtx", [pt for pt in codecs if "nack" in feedback[pt]]),
        red=_wrapping(media, "red", codecs) if kind is Kind.AUDIO and receiving else {},
        mixed=media.mixed and receiving,
        asks_rtt=media.asks_rtt and receiving,
    )


def _wrapping(media: OfferedMedia, name: str, within: Collection[int]) -> dict[int, int]:
    """The payload types that carry others' packets, by those of the packets: the first offered of each."""
    found = dict[int, int]()
    for offered in media.codecs:
        if offered.name != name or not _is_media(offered.payload_type):
            continue
        if name == "rtx":
            inner = offered.parameters.get("apt", "")
        else:  # "111/111": as many packets as there are names at most, all of the same codec
            inner, *more = offered.parameters.get("", "").split("/")
            if offered.clock_rate != 48000 or offered.channels != 2 or any(each != inner for each in more):
                continue
        if inner.isascii() and inner.isdigit() and int(inner[:4]) in within:
            found.setdefault(int(inner[:4]), offered.payload_type)
    return found


def _is_media(payload_type: int) -> bool:
    """RFC 5761 section 4: 64 to 95 would be taken for RTCP."""
    return 0 <= payload_type <= 127 and not 64 <= payload_type <= 95


def _codec(kind: str, offered: OfferedCodec, highest: int) -> Codec | None:
    if not _is_media(offered.payload_type):
        return None
    match kind, offered.name, offered.clock_rate:
        case "audio", "opus", 48000 if offered.channels == 2:
            return Codec(Kind.AUDIO, "opus", 48000)
        case "video", "vp8", 90000:
            return Codec(Kind.VIDEO, "VP8", 90000)
        case "video", "vp9", 90000 if offered.parameters.get("profile-id", "0") in ("0", "2"):
            return Codec(Kind.VIDEO, "VP9", 90000, int(offered.parameters.get("profile-id", "0")))
        case "video", "h264", 90000:
            profile = rtc.h264_profile(offered.parameters.get("profile-level-id", "42e01f"))
            mode = offered.parameters.get("packetization-mode", "0")
            if profile is None or profile > highest or mode not in ("0", "1"):
                return None
            return Codec(Kind.VIDEO, "H264", 90000, profile, int(mode))
    return None


def answer(
    agreed: Agreed,
    side: Side,
    *,
    active: bool,
    ssrcs: Mapping[Kind, int],
    start_bitrate_bps: int,
    repairs: Mapping[Kind, int] = MappingProxyType({}),
) -> str:
    """The complete answer, candidates included.

    `ssrcs` are those that we send from, `repairs` those of repeats where RTX was agreed.
    """
    mids = [section.mid for section in agreed if section.mid]
    lines = [
        "v=0",
        f"o=- {int(side.ufrag, 16) >> 1} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
    ]
    if agreed.offer.bundle:
        lines.append(f"a=group:BUNDLE {' '.join(mids)}")
    lines.append("a=msid-semantic: WMS *")
    for offered, section in zip(agreed.offer.media, agreed.sections, strict=True):
        if section is None:
            lines += _refused(offered)
            continue
        family = "IP6" if ":" in side.addresses[0] else "IP4"
        lines += [
            f"m={section.kind} {side.port} {offered.protocol} {' '.join(map(str, _listed(section)))}",
            f"c=IN {family} {side.addresses[0]}",
            f"a=rtcp:{side.port} IN {family} {side.addresses[0]}",
            *([f"a=mid:{section.mid}"] if section.mid else []),
            f"a={section.direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=setup:{'active' if active else 'passive'}",
            f"a=fingerprint:{side.fingerprint.algorithm} {side.fingerprint.value}",
            *ice_lines(side),
            *(["a=rtcp-xr:rcvr-rtt=all"] if section.asks_rtt else []),
            *(["a=extmap-allow-mixed"] if section.mixed else []),
            *(f"a=extmap:{number} {uri}" for uri, number in section.extensions.items()),
        ]
        for payload_type, codec in section.codecs.items():
            lines += _format(payload_type, codec, section, start_bitrate_bps)
        if section.kind in ssrcs and section.direction == "sendonly":
            lines += _sources(section.kind, ssrcs[section.kind], repairs.get(section.kind))
    return "\r\n".join(lines) + "\r\n"


def ice_lines(side: Side) -> list[str]:
    """ICE-lite: host candidates only, the first address preferred, UDP before TCP.

    Priorities: RFC 8445 section 5.1.2, and RFC 6544 section 4.2 (a passive TCP candidate's direction is 4).
    """
    udp, tcp = [], []
    for n, address in enumerate(side.addresses, 1):
        of_udp = _UDP_HOST << 24 | (65535 - n) << 8 | 255
        of_tcp = _TCP_HOST << 24 | (4 << 13 | 8191 - n) << 8 | 255
        udp.append(f"a=candidate:{n} 1 udp {of_udp} {address} {side.port} typ host")
        m = n + len(side.addresses)
        tcp.append(f"a=candidate:{m} 1 tcp {of_tcp} {address} {side.port} typ host tcptype passive")
    return [f"a=ice-ufrag:{side.ufrag}", f"a=ice-pwd:{side.password}", *udp, *tcp, "a=end-of-candidates"]


def fragment(agreed: Agreed, side: Side) -> str:
    """Our ICE side alone, after a restart (RFC 8840 section 9)."""
    lines = ["a=ice-lite"]
    mids = [section.mid for section in agreed if section.mid]
    if agreed.offer.bundle:
        lines.append(f"a=group:BUNDLE {' '.join(mids)}")
    section = next(iter(agreed))
    lines.append(f"m={section.kind} 9 UDP/TLS/RTP/SAVPF 0")
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    return "\r\n".join([*lines, *ice_lines(side)]) + "\r\n"


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _refused(offered: OfferedMedia) -> list[str]:
    lines = [f"m={offered.kind} 0 {offered.protocol} {' '.join(offered.formats)}", "c=IN IP4 0.0.0.0"]
    if offered.mid:
        lines.append(f"a=mid:{offered.mid}")
    lines.append("a=inactive")
    return lines


def _listed(section: AgreedMedia) -> Iterator[int]:
    """Payload types in order. RED goes first: Chromium wraps in it only what is listed after it."""
    for payload_type in section.codecs:
        yield from (p for p in (section.red.get(payload_type),) if p is not None)
        yield payload_type
        yield from (p for p in (section.rtx.get(payload_type),) if p is not None)


def _sources(kind: Kind, ssrc: int, repair: int | None) -> list[str]:
    lines = [f"a=msid:{CNAME} {kind}"]
    if repair is not None:
        lines.append(f"a=ssrc-group:FID {ssrc} {repair}")
    for each in (ssrc, *(() if repair is None else (repair,))):
        lines += [f"a=ssrc:{each} cname:{CNAME}", f"a=ssrc:{each} msid:{CNAME} {kind}"]
    return lines


def _format(payload_type: int, codec: Codec, section: AgreedMedia, start_bitrate_bps: int) -> list[str]:
    offered = section.offered[payload_type].parameters
    parameters = []
    if codec.name == "H264":
        parameters = [
            "level-asymmetry-allowed=1",
            f"packetization-mode={codec.packetization_mode}",
            f"profile-level-id={offered.get('profile-level-id', '42e01f')}",
        ]
    elif codec.name == "VP9":
        parameters = [f"profile-id={codec.profile}"]
    elif codec.name == "opus":
        parameters = ["minptime=10", "useinbandfec=1"]
    if codec.kind is Kind.VIDEO and section.direction == "recvonly":
        # Chromium and Safari begin at 300 kbit/s otherwise, and their first frame waits in the pacer.
        parameters.append(f"x-google-start-bitrate={start_bitrate_bps // 1000}")
    channels = "/2" if codec.name == "opus" else ""
    lines = [f"a=rtpmap:{payload_type} {codec.name}/{codec.clock_rate}{channels}"]
    if parameters:
        lines.append(f"a=fmtp:{payload_type} {';'.join(parameters)}")
    lines += [f"a=rtcp-fb:{payload_type} {feedback}" for feedback in section.feedback[payload_type]]
    if payload_type in section.red:
        red = section.red[payload_type]
        lines += [
            f"a=rtpmap:{red} red/{codec.clock_rate}{channels}",
            f"a=fmtp:{red} {payload_type}/{payload_type}",
        ]
    if payload_type in section.rtx:
        rtx = section.rtx[payload_type]
        lines += [f"a=rtpmap:{rtx} rtx/{codec.clock_rate}", f"a=fmtp:{rtx} apt={payload_type}"]
    return lines
