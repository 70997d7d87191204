"""A peer without a media stack: a socket, STUN, DTLS and SRTP, over UDP or TCP, on IPv4 or IPv6.

It sends whatever it is told to, with valid keys, and keeps count of what comes back.
"""

import asyncio
import re
import socket
import struct

from aioice import stun

from media import rtc, rtcp
from media.negotiate import TRANSPORT_WIDE
from media.offer import Fingerprint
from media.tcp import split

KEYFRAME, DELTA = b"\x10\x00" + bytes(1000), b"\x10\x01" + bytes(1000)


class LeanPeer:
    """`direction` is sendonly or recvonly; `tcp` chooses the candidate that it goes to."""

    def __init__(self, direction: str, *, tcp: bool = False) -> None:
        self.tcp = tcp
        self.direction = direction
        self.up = asyncio.Event()
        self.closed = False  # the other side ended the connection
        self.packets: list[bytes] = []  # RTP, decrypted
        self.control: list[bytes] = []  # RTCP, decrypted
        self.answers = 0  # to STUN checks
        self.mapped: tuple[str, int] | None = None  # as the last of them says
        self.socket: socket.socket | None = None
        self.ufrag, self.password = "", ""
        self.ssrc = 0  # that we are sent a picture from
        self._certificate = rtc.Certificate()
        self._dtls: rtc.Dtls | None = None
        self._task: asyncio.Task[None] | None = None
        self._in: rtc.Srtp | None = None
        self._out: rtc.Srtp | None = None
        self._half = b""
        self._number = 0

    def offer(self) -> str:
        fingerprint = self._certificate.fingerprint
        lines = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0", f"a={self.direction}",
            "a=rtcp-mux", "a=ice-ufrag:peer", "a=ice-pwd:0123456789012345678901",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}", "a=setup:actpass",
            "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
            "a=rtcp-fb:96 transport-cc", f"a=extmap:3 {TRANSPORT_WIDE}",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    async def answered(self, sdp: str) -> None:
        """Connect to the first candidate of our kind, check, and begin the handshake."""
        kind = "tcp" if self.tcp else "udp"
        found = re.search(rf"a=candidate:.* {kind} \d+ (\S+) (\d+) ", sdp)
        print_ = re.search(r"a=fingerprint:sha-256 (\S+)", sdp)
        assert found is not None
        assert print_ is not None
        sent_from = re.search(r"a=ssrc:(\d+)", sdp)
        self.ssrc = int(sent_from[1]) if sent_from is not None else 0
        self.take_side(sdp)
        self._dtls = rtc.Dtls(
            self._certificate,
            client="a=setup:passive" in sdp,
            fingerprints=(Fingerprint("sha-256", print_[1]),),
            send=self.send_raw,
        )
        await self.connect((found[1], int(found[2])))
        self._task = asyncio.ensure_future(self._dtls.run(self._connected))
        self.check()

    def take_side(self, sdp: str) -> None:
        """The ufrag and password of an answer or a fragment."""
        ufrag, password = re.search(r"a=ice-ufrag:(\S+)", sdp), re.search(r"a=ice-pwd:(\S+)", sdp)
        assert ufrag is not None
        assert password is not None
        self.ufrag, self.password = ufrag[1], password[1]

    async def connect(self, address: tuple[str, int]) -> None:
        """To this address from a new socket; the one before is closed."""
        self.hang_up()
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        opened = socket.socket(family, socket.SOCK_STREAM if self.tcp else socket.SOCK_DGRAM)
        opened.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(opened, address)
        except BaseException:
            opened.close()
            raise
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)
        self.socket, self.closed, self._half = opened, False, b""

    def hang_up(self) -> None:
        """Close the socket without a word."""
        if self.socket is not None:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self.socket.close()
            self.socket = None

    def stop_reading(self) -> None:
        """As a phone does whose radio has gone."""
        assert self.socket is not None
        asyncio.get_running_loop().remove_reader(self.socket.fileno())

    def read_again(self) -> None:
        assert self.socket is not None
        asyncio.get_running_loop().add_reader(self.socket.fileno(), self._readable)

    def check(self, *, nominate: bool = True) -> None:
        """A STUN check."""
        request = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={"USERNAME": f"{self.ufrag}:peer", "PRIORITY": 1}
            | ({"USE-CANDIDATE": None} if nominate else {}),
        )
        request.add_message_integrity(self.password.encode())
        self.send_raw(bytes(request))

    def send_raw(self, datagram: bytes) -> None:
        """One datagram or frame; what the kernel does not take is lost, and over TCP an error."""
        if self.socket is None:
            return
        if self.tcp:
            framed = struct.pack("!H", len(datagram)) + datagram
            assert self.socket.send(framed) == len(framed)
            return
        try:
            self.socket.send(datagram)
        except (BlockingIOError, ConnectionRefusedError):
            return

    def protect(self, packet: bytes) -> bytes | None:
        """A genuine datagram around whatever it is given: RTP, or RTCP by its second byte."""
        assert self._out is not None
        is_rtcp = len(packet) > 1 and rtcp.is_rtcp(packet)
        return self._out.protect_rtcp(packet) if is_rtcp else self._out.protect(packet)

    def send(self, packet: bytes) -> None:
        datagram = self.protect(packet)
        if datagram is not None:
            self.send_raw(datagram)

    def frame(self, payload: bytes = DELTA, *, ssrc: int = 77, payload_type: int = 96) -> bytes:
        """The next packet of a picture: each is a frame of its own."""
        self._number += 1
        number = self._number
        return struct.pack(
            "!BBHIIHHBHx", 0x90, 0x80 | payload_type, number & 0xFFFF, number * 4500 & 0xFFFFFFFF, ssrc,
            0xBEDE, 1, 3 << 4 | 1, number & 0xFFFF,
        ) + payload  # fmt: skip

    async def close(self) -> None:
        self.hang_up()
        if self._dtls is not None:
            self._dtls.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _connected(self, received: rtc.Srtp, sent: rtc.Srtp) -> None:
        self._in, self._out = received, sent
        self.up.set()

    def _readable(self) -> None:
        assert self.socket is not None
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not self.tcp:
            self._take(data)
            return
        if not data:
            self.hang_up()
            self.closed = True
            return
        frames = split(self._half + data)
        assert frames is not None
        *whole, self._half = frames
        for frame in whole:
            self._take(frame)

    def _take(self, data: bytes) -> None:
        if not data:
            return
        if data[0] < 4:
            self.answers += 1
            mapped = stun.parse_message(data).attributes["XOR-MAPPED-ADDRESS"]
            self.mapped = (mapped[0], mapped[1])
        elif data[0] < 64 and self._dtls is not None:
            self._dtls.receive(data)
        elif self._in is not None:
            is_rtcp = rtcp.is_rtcp(data)
            packet = self._in.unprotect_rtcp(data) if is_rtcp else self._in.unprotect(data)
            if packet is not None:
                (self.control if is_rtcp else self.packets).append(packet)
