"""The only file that touches aiortc (DTLS, SDP), aioice (STUN) and pylibsrtp.

Turns their objects into ours and their many exceptions into BadOffer or None. aiortc and aioice are pinned:
the private names used here are listed in tests/media/test_rtc.py, which fails when one changes its shape.
Nothing here may log per packet, and nothing of aiortc's ICE, jitter buffer or codecs is used.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from struct import unpack_from
from typing import Any

from aioice import stun
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.sdp import MediaDescription, SessionDescription, grouplines, parse_h264_profile_level_id
from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib  # type: ignore[import-not-found]

from media.batch import Slots
from media.offer import Fingerprint, Offer, OfferedCodec, OfferedMedia
from media.ports import BadOffer

TAIL = 256  # bytes that encryption may add
MAX_DATAGRAM = 2048  # bytes; larger ones are cut by the socket and fail authentication

# AES-GCM first: half the CPU of AES-CM with HMAC-SHA1 where the processor has AES instructions.
_PREFERRED = [p for p in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if p in SRTP_PROFILES]


# STUN (RFC 8489)

_MAX_ATTRIBUTES = 16  # read of a stranger's request; browsers write eight


def checked_ufrag(datagram: bytes) -> bytes | None:
    """Our half of a binding request's USERNAME, nothing verified; None when it is no such request.

    Cheap on purpose: a stranger's datagram costs this scan and no more.
    """
    if len(datagram) < 28 or datagram[0:2] != b"\x00\x01" or datagram[4:8] != b"\x21\x12\xa4\x42":
        return None
    at, end = 20, len(datagram)
    for _ in range(_MAX_ATTRIBUTES):
        if at + 4 > end:
            return None
        kind, size = unpack_from("!HH", datagram, at)
        if kind == 0x0006:
            return datagram[at + 4 : at + 4 + size].partition(b":")[0]
        at += 4 + size + (-size % 4)
    return None


def nominates(datagram: bytes, password: str) -> bool | None:
    """Verify a binding request (RFC 8445 section 7.3): None when it is not genuine, else USE-CANDIDATE."""
    try:
        message = stun.parse_message(datagram)
        if not message.check_message_integrity(password.encode()):
            return None
    except Exception:  # struct.error, ValueError, UnicodeDecodeError, IndexError: all of them
        return None
    return "USE-CANDIDATE" in message.attributes


def binding_response(datagram: bytes, address: tuple[str, int], password: str) -> bytes:
    """The answer to a verified binding request; `address` is where it came from."""
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=datagram[8:20],
        attributes={"XOR-MAPPED-ADDRESS": address},
    )
    response.add_message_integrity(password.encode())
    return bytes(response)


# SRTP (RFC 3711, RFC 7714)


class Srtp:
    """One direction's keys. Calls libsrtp itself: pylibsrtp's wrapper costs as much again."""

    def __init__(self, session: Session) -> None:
        self._session = session  # owns the C object
        self._srtp = session._srtp[0]
        self._data = ffi.new("char[]", MAX_DATAGRAM + TAIL)
        self._bytes = ffi.buffer(self._data)
        self._size = ffi.new("int *")
        self._functions = lib.srtp_protect, lib.srtp_unprotect, lib.srtp_protect_rtcp, lib.srtp_unprotect_rtcp

    def protect_slots(self, slots: Slots, first: int, end: int) -> None:
        """Encrypt what stands in these slots; their sizes grow by at most TAIL, or are 0 if that fails."""
        run, keys, length = self._functions[0], self._srtp, self._size
        sizes, pointers = slots.sizes, slots.pointers
        for n in range(first, end):
            length[0] = sizes[n]
            sizes[n] = 0 if run(keys, pointers[n], length) else length[0]

    def unprotect_slot(self, slots: Slots, n: int, size: int, *, is_rtcp: bool) -> int:
        """Decrypt the `size` bytes in this slot; how many are left, 0 when forged, damaged or repeated."""
        length = self._size
        length[0] = size
        if self._functions[3 if is_rtcp else 1](self._srtp, slots.pointers[n], length):
            return 0
        left: int = length[0]
        return left

    def protect(self, packet: bytes) -> bytes | None:
        return self._run(self._functions[0], packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """None when the packet is forged, damaged or repeated."""
        return self._run(self._functions[1], packet)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        return self._run(self._functions[2], packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        return self._run(self._functions[3], packet)

    def _run(self, function: Callable[..., int], packet: bytes) -> bytes | None:
        size = len(packet)
        if size > MAX_DATAGRAM:
            return None
        self._bytes[0:size] = packet
        self._size[0] = size
        if function(self._srtp, self._data, self._size):
            return None
        out: bytes = self._bytes[0 : self._size[0]]
        return out


# DTLS (RFC 6347, RFC 5764)


# aiortc's, and two for a server whose key is RSA's, as GStreamer's is. The fingerprint says who it is in
# either case.
_CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:"
    b"ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"
)


class _AnyPeer(RTCCertificate):
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> Any:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(_CIPHERS)
        return context


class Certificate:
    """One self-signed certificate for the process; made at start, never stored."""

    def __init__(self) -> None:
        self.rtc = _AnyPeer.generateCertificate()
        self.fingerprint = next(
            Fingerprint("sha-256", f.value) for f in self.rtc.getFingerprints() if f.algorithm == "sha-256"
        )


class Dtls:
    """The DTLS half of one session, over datagrams that its owner hands in and takes out.

    `run` does the handshake, calls `connected` with the two SRTP directions, and returns when the peer has
    said goodbye, the handshake has failed or it is cancelled. Reads only DTLS: SRTP never passes here.
    """

    def __init__(
        self,
        certificate: Certificate,
        *,
        client: bool,
        fingerprints: tuple[Fingerprint, ...],
        send: Callable[[bytes], None],
    ) -> None:
        self._fingerprints = [RTCDtlsFingerprint(f.algorithm, f.value) for f in fingerprints]
        self._wire = _Wire(send)
        self._transport = RTCDtlsTransport(self._wire, [certificate.rtc])  # type: ignore[arg-type]
        self._transport._srtp_profiles = _PREFERRED
        self._transport._set_role("client" if client else "server")

    def receive(self, datagram: bytes) -> bool:
        """False when too many wait and this one is dropped; DTLS repeats what it needs."""
        return self._wire.put(datagram)

    def close(self) -> None:
        """Read nothing more. `run` is to be cancelled after this, which alone would not do: asyncio.wait_for,
        under which a handshake reads, loses a cancellation that meets a datagram (cpython issue 86296)."""
        self._wire.closed = True

    async def run(self, connected: Callable[[Srtp, Srtp], None]) -> None:
        transport = self._transport
        try:
            await transport.start(RTCDtlsParameters(fingerprints=self._fingerprints))
            if transport.state != "connected" or self._wire.closed:
                return
            connected(Srtp(transport._rx_srtp), Srtp(transport._tx_srtp))
            if transport._task is not None:
                await asyncio.wait([transport._task])
        finally:
            task = transport._task
            with contextlib.suppress(Exception):
                await transport.stop()  # says goodbye and cancels the reader
            if task is not None:
                await asyncio.gather(task, return_exceptions=True)


class _Wire:
    """What RTCDtlsTransport believes to be an ICE transport."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.closed = False
        self._out = send
        self._in: asyncio.Queue[bytes] = asyncio.Queue(16)  # a handshake flight is four; more are dropped

    def put(self, datagram: bytes) -> bool:
        try:
            self._in.put_nowait(datagram)
        except asyncio.QueueFull:
            return False
        return True

    async def _recv(self) -> bytes:
        if self.closed:
            raise ConnectionError
        return await self._in.get()

    async def _send(self, datagram: bytes) -> None:
        self._out(datagram)


# SDP (RFC 8866, RFC 8829)

MAX_OFFER = 32 * 1024  # bytes
_MAX_MEDIA = 8
_MAX_LINES = 2000
_MAX_PER_KIND = {
    "a=candidate:": 128,
    "a=rtpmap:": 256,
    "a=fmtp:": 256,
    "a=rtcp-fb:": 1024,
    "a=ssrc:": 128,
    "a=extmap:": 128,
    "a=fingerprint:": 32,
}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]{1,64}", re.ASCII)
_ICE = re.compile(r"[0-9A-Za-z+/]{4,256}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31,63}", re.ASCII)
_PARAMETER = re.compile(r"[0-9A-Za-z+\-./]{1,64}", re.ASCII)


def parse_offer(sdp: str) -> Offer:
    """Read an offer. Raises BadOffer, and nothing else, on whatever a peer may send."""
    if len(sdp) > MAX_OFFER or len(sdp.encode(errors="replace")) > MAX_OFFER:
        raise BadOffer("the offer is longer than 32 KiB")
    lines = sdp.splitlines()
    if not lines or lines[0] != "v=0":
        raise BadOffer("not SDP: it must begin with v=0")
    if sum(line.startswith("m=") for line in lines) > _MAX_MEDIA:
        raise BadOffer("the offer has more than eight m= sections")
    if len(lines) > _MAX_LINES:
        raise BadOffer("too many lines")
    for prefix, most in _MAX_PER_KIND.items():
        if sum(line.startswith(prefix) for line in lines) > most:
            raise BadOffer(f"too many {prefix.removeprefix('a=').rstrip(':')} lines")
    try:
        text = "\r\n".join(lines) + "\r\n"
        return _offer(SessionDescription.parse(text), *grouplines(text))
    except BadOffer:
        raise
    except Exception as error:  # KeyError, AssertionError, StopIteration, IndexError, ValueError, …
        raise BadOffer("not an offer that can be read") from error


def _offer(session: SessionDescription, above: list[str], sections: list[list[str]]) -> Offer:
    bundle = next((tuple(map(str, g.items)) for g in session.group if g.semantic == "BUNDLE"), ())
    media = tuple(_media(m, above, lines) for m, lines in zip(session.media, sections, strict=True))
    if not media:
        raise BadOffer("no m= section")
    mids = [m.mid for m in media]
    if len(set(mids)) != len(mids):
        raise BadOffer("two m= sections have the same mid")
    # With BUNDLE one transport serves all sections: the first that is in the group and not refused.
    first = next(
        (m for m in session.media if m.port and m.ice is not None and (not bundle or m.rtp.muxId in bundle)),
        None,
    )
    if first is None or first.dtls is None or first.ice is None:
        raise BadOffer("no transport: an ice-ufrag, a fingerprint and a setup are needed")
    ufrag, password = first.ice.usernameFragment or "", first.ice.password or ""
    if not _ICE.fullmatch(ufrag) or not _ICE.fullmatch(password) or len(password) < 22:
        raise BadOffer("ice-ufrag or ice-pwd is missing or malformed")
    fingerprints = tuple(
        Fingerprint(f.algorithm.lower(), f.value.upper())
        for f in first.dtls.fingerprints
        if f.algorithm.lower() in ("sha-256", "sha-384", "sha-512") and _FINGERPRINT.fullmatch(f.value)
    )
    if not fingerprints:
        raise BadOffer("no usable fingerprint: sha-256, sha-384 or sha-512 is needed")
    setup = {"auto": "actpass", "client": "active", "server": "passive"}[first.dtls.role]
    return Offer(media, bundle, first.rtcp_mux, ufrag, password, fingerprints, setup)


def _media(m: MediaDescription, above: list[str], lines: list[str]) -> OfferedMedia:
    """`above` are the session's lines and `lines` the section's: what aiortc's parser passes over."""
    mid = m.rtp.muxId or ""
    if mid and not _TOKEN.fullmatch(mid):
        raise BadOffer("a mid is malformed")
    if m.kind not in ("audio", "video", "application"):
        raise BadOffer("an m= section is neither audio, video nor application")
    formats = tuple(str(f) for f in m.fmt)
    if not all(_TOKEN.fullmatch(f) for f in formats) or len(formats) > 256:
        raise BadOffer("an m= section's formats are malformed")
    listed = set(formats)
    return OfferedMedia(
        kind=m.kind,
        protocol=m.profile,
        formats=formats,
        mid=mid,
        direction=m.direction or "sendrecv",
        offered=m.port != 0 or "a=bundle-only" in lines,
        codecs=tuple(
            OfferedCodec(
                payload_type=codec.payloadType,
                name=codec.name.lower(),
                clock_rate=codec.clockRate,
                channels=codec.channels or 1,
                parameters={
                    name: value
                    for name, value in map(_parameter, codec.parameters.items())
                    if _PARAMETER.fullmatch(value)
                },
                feedback=frozenset(
                    f.type + (f" {f.parameter}" if f.parameter else "") for f in codec.rtcpFeedback
                ),
            )
            for codec in m.rtp.codecs
            if codec.payloadType is not None and str(codec.payloadType) in listed
        ),
        extensions={e.uri: e.id for e in m.rtp.headerExtensions},
        mixed="a=extmap-allow-mixed" in lines or "a=extmap-allow-mixed" in above,
        asks_rtt=any(line.startswith("a=rtcp-xr:") and "rcvr-rtt=" in line for line in lines + above),
    )


def _parameter(item: tuple[str, int | str | None]) -> tuple[str, str]:
    name, value = item
    return ("", name.strip()) if value is None else (name.strip().lower(), str(value))


def h264_profile(profile_level_id: str) -> int | None:
    """The rank of a profile, 0 (constrained baseline) to 5 (4:4:4); None when it is none we know."""
    try:
        profile, _level = parse_h264_profile_level_id(profile_level_id)
    except Exception:  # ValueError, and what a regular expression lets through
        return None
    return int(profile.value)
