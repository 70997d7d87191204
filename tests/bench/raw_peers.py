"""Lean peers for the benchmarks, in a process of their own: sockets, STUN, DTLS, SRTP, and no media stack.

`python -m tests.bench.raw_peers SUBSCRIBERS PER_SECOND [recorded]` speaks JSON lines with its parent: an
offer out and an answer in for each peer, the publisher first; then `{"ready": true}`; then for each line in,
one out with what was sent and received so far and the delays since the line before. Ends when stdin closes.

Subscribers do what browsers do in return: receiver reports and REMB each second, now and then a request for a
repeat. They decrypt one packet in thirteen, for the time its sender wrote at its end; when it arrived is the
kernel's word, so that this process's own haste or delay is not measured.
"""

import asyncio
import json
import random
import re
import secrets
import socket
import statistics
import struct
import sys
import time
from collections.abc import Iterator

import uvloop
from aioice import stun
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
)

from media import rtc, rtcp
from media.negotiate import TRANSPORT_WIDE
from media.offer import Fingerprint
from tests.bench import picture

SAMPLE = 13  # one packet of so many is decrypted; prime to a burst, so that no place in one is favoured
BURST = 5  # packets at once, as a browser's pacer sends them
DOWNLINK_BPS = 50_000_000  # what subscribers say they could take
_SO_TIMESTAMPNS = 35  # linux; Python has no name for it
# What Chromium 156 offers as a DTLS client, and takes the first of that it can as a server: so who is which
# decides whether a call is encrypted by AES-CM with HMAC-SHA1 or by AES-GCM, which costs less.
_CHROMIUM = [SRTP_AES128_CM_SHA1_80, SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM]
_PASSWORD = "0123456789012345678901"


class RawPeer:
    """One end of one session. `answered` takes the other side's SDP, be it an answer or an offer."""

    def __init__(self, certificate: rtc.Certificate, direction: str) -> None:
        self.direction = direction
        self.received = 0  # RTP packets
        self.delays: list[int] = []  # ns, of the samples
        self.up = asyncio.Event()
        self.wants_keyframe = False
        self.ssrc = secrets.randbits(32)  # that it reports from
        self._certificate = certificate
        self._dtls: rtc.Dtls | None = None
        self._out: rtc.Srtp | None = None
        self._in: rtc.Srtp | None = None
        self._buffer = bytearray(2048)
        self._next_sample = SAMPLE
        self._last: tuple[int, int] | None = None  # SSRC and sequence number of the last sample
        self._report: tuple[int, int] = (0, 0)  # the last sender report's NTP time, and when it came
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind(("0.0.0.0", 0))
        self._ufrag, self._password = "", ""
        self._task: asyncio.Task[None] | None = None

    def offer(self) -> str:
        fingerprint = self._certificate.fingerprint
        lines = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0", f"a={self.direction}",
            "a=rtcp-mux", "a=ice-ufrag:peer", f"a=ice-pwd:{_PASSWORD}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}", "a=setup:actpass",
            "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
            "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 goog-remb", "a=rtcp-fb:96 transport-cc",
            f"a=extmap:3 {TRANSPORT_WIDE}",
            f"a=candidate:1 1 udp 2130706431 127.0.0.1 {self._socket.getsockname()[1]} typ host",
            "a=end-of-candidates",
        ]  # fmt: skip
        if self.direction == "sendonly":
            lines += [f"a=ssrc:{picture.SSRC} cname:bench", "a=msid:bench bench"]
        return "\r\n".join(lines) + "\r\n"

    def answered(self, sdp: str) -> None:
        def field(pattern: str) -> re.Match[str]:
            found = re.search(pattern, sdp, re.IGNORECASE)
            assert found is not None, pattern
            return found

        self._ufrag, self._password = field(r"a=ice-ufrag:(\S+)")[1], field(r"a=ice-pwd:(\S+)")[1]
        candidate = field(r"a=candidate:\S+ 1 udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+)")
        self._socket.connect((candidate[1], int(candidate[2])))
        theirs = Fingerprint("sha-256", field(r"a=fingerprint:sha-256 (\S+)")[1])
        client = re.search(r"a=setup:active", sdp) is None
        self._dtls = rtc.Dtls(self._certificate, client=client, fingerprints=(theirs,), send=self._send)
        self._dtls._transport._srtp_profiles = _CHROMIUM
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    async def connected(self, timeout_s: float = 20.0) -> None:
        """Ask until it is up: a server that has just answered may not be listening yet."""
        async with asyncio.timeout(timeout_s):
            while not self.up.is_set():
                self.check()
                try:
                    await asyncio.wait_for(self.up.wait(), 0.2)
                except TimeoutError:
                    continue

    async def close(self, *, goodbye: bool = True) -> None:
        """Be gone, with or without a word."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        if not goodbye:
            self._socket.close()
        if self._dtls is not None:
            self._dtls.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()

    def check(self) -> None:
        request = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={
                "USERNAME": f"{self._ufrag}:peer",
                "PRIORITY": 1853817087,
                "ICE-CONTROLLING": 1,
                "USE-CANDIDATE": None,
            },
        )
        request.add_message_integrity(self._password.encode())
        self._send(bytes(request))

    @property
    def profile(self) -> str:
        """What the two agreed to encrypt by; empty before."""
        shaken = self._dtls._transport._ssl if self._dtls is not None else None
        return shaken.get_selected_srtp_profile().decode() if shaken is not None else ""

    def _connected(self, received: rtc.Srtp, sent: rtc.Srtp) -> None:
        self._in, self._out = received, sent
        self.up.set()

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except OSError:  # nobody is there yet, or no longer
            return

    # In

    def _readable(self) -> None:
        buffer, receive = self._buffer, self._socket.recv_into
        try:
            while True:
                if self.received >= self._next_sample:
                    data, said, _, _ = self._socket.recvmsg(2048, 64)
                    if data[0] >= 128 and not 192 <= data[1] <= 223:
                        self.received += 1
                        self._next_sample = self.received + SAMPLE
                        self._sample(data, said[0][2])
                    else:
                        self._other(data)
                    continue
                size = receive(buffer)
                if buffer[0] >= 128 and not 192 <= buffer[1] <= 223:
                    self.received += 1
                else:
                    self._other(bytes(buffer[:size]))
        except BlockingIOError:
            return
        except OSError:  # an ICMP error of an earlier send
            return

    def _sample(self, datagram: bytes, arrived: bytes) -> None:
        self._last = struct.unpack_from("!I", datagram, 8)[0], struct.unpack_from("!H", datagram, 2)[0]
        packet = self._in.unprotect(datagram) if self._in is not None else None
        if packet is not None and packet[-picture.STAMP_SIZE - 4 : -picture.STAMP_SIZE] == picture.MARK:
            seconds, nanoseconds = struct.unpack("=qq", arrived)
            sent: int = struct.unpack_from("!Q", packet, len(packet) - picture.STAMP_SIZE)[0]
            self.delays.append(seconds * 1_000_000_000 + nanoseconds - sent)

    def _other(self, datagram: bytes) -> None:
        if not datagram:
            return
        if 20 <= datagram[0] <= 63 and self._dtls is not None:
            self._dtls.receive(datagram)
        elif datagram[:2] == b"\x01\x01":
            self._answering()
        elif datagram[:2] == b"\x00\x01":  # a full ICE agent checks us too
            self._send(rtc.binding_response(datagram, self._socket.getpeername(), _PASSWORD))
        elif datagram[0] >= 128 and self._in is not None:
            packet = self._in.unprotect_rtcp(datagram)
            if packet is not None:
                self._rtcp(packet)

    def _answering(self) -> None:
        """It answers our checks, so there is somebody to shake hands with."""
        if self._task is None and self._dtls is not None:
            self._task = asyncio.ensure_future(self._dtls.run(self._connected))

    def _rtcp(self, packet: bytes) -> None:
        for message in rtcp.parse(packet):
            if isinstance(message, rtcp.PictureLoss):
                self.wants_keyframe = True
            elif isinstance(message, rtcp.SenderReport):
                self._report = message.ntp >> 16 & 0xFFFFFFFF, time.monotonic_ns()

    # Out

    def send(self, packet: bytes) -> None:
        assert self._out is not None
        datagram = self._out.protect(packet)
        if datagram is not None:
            self._send(datagram)

    def send_rtcp(self, packet: bytes) -> None:
        assert self._out is not None
        datagram = self._out.protect_rtcp(packet)
        if datagram is not None:
            self._send(datagram)

    def give_feedback(self) -> None:
        """What a browser that watches says each second, and a request for one repeat."""
        if self._last is None:
            return
        ssrc, sequence = self._last
        report, at = self._report
        block = rtcp.ReportBlock(
            ssrc=ssrc,
            fraction_lost=0,
            lost=0,
            highest=sequence,
            jitter=90,
            last_report=report,
            delay=(time.monotonic_ns() - at) * 65536 // 1_000_000_000 if report else 0,
        )
        self.send_rtcp(
            rtcp.receiver_report(self.ssrc, [block]) + rtcp.max_bitrate(self.ssrc, DOWNLINK_BPS, [ssrc])
        )
        self.send_rtcp(rtcp.nack(self.ssrc, ssrc, [sequence]))

    def report_sending(self, packets: int, octets: int, timestamp: int) -> None:
        """The publisher's sender report."""
        now = time.time() + 2_208_988_800
        ntp = int(now * (1 << 32))
        report = rtcp.sender_report(
            picture.SSRC, ntp=ntp, timestamp=timestamp, packets=packets, octets=octets
        )
        self.send_rtcp(report + rtcp.description(picture.SSRC, b"bench"))


class Publishing:
    """Packets at an even rate from one peer, in a browser's bursts."""

    def __init__(self, peer: RawPeer, packets: Iterator[bytes], per_second: int) -> None:
        self.sent = 0
        self._peer = peer
        self._packets = packets
        self._per_second = per_second
        self._burst = min(BURST, picture.packets_per_frame(per_second))

    async def run(self) -> None:
        began = next_report = time.monotonic()
        octets = timestamp = 0
        while True:
            now = time.monotonic()
            for _ in range(max(0, int((now - began) * self._per_second) - self.sent)):
                packet = next(self._packets)
                self._peer.send(packet)
                self.sent += 1
                octets += len(packet)
                timestamp = struct.unpack_from("!I", packet, 4)[0]
            if self.sent and now >= next_report:
                next_report = now + 1.0
                self._peer.report_sending(self.sent, octets, timestamp)
            await asyncio.sleep(self._burst / self._per_second)


async def _keep_company(peers: list[RawPeer]) -> None:
    """Consent checks and feedback, each peer in its own moment of the second."""
    while True:
        for peer in peers:
            peer.check()
            if peer.direction == "recvonly":
                peer.give_feedback()
            await asyncio.sleep(random.uniform(0.5, 1.5) / len(peers))


def _delays(peers: list[RawPeer]) -> dict[str, float | int | None]:
    delays = sorted(delay for peer in peers for delay in peer.delays)
    for peer in peers:
        peer.delays.clear()
    if len(delays) < 2:
        return {"p50_ms": None, "p99_ms": None, "samples": len(delays)}
    return {
        "p50_ms": round(statistics.median(delays) / 1e6, 3),
        "p99_ms": round(delays[int(len(delays) * 0.99)] / 1e6, 3),
        "samples": len(delays),
    }


async def main(subscribers: int, per_second: int, recorded: bool) -> None:
    certificate = rtc.Certificate()
    loop = asyncio.get_running_loop()
    publisher = RawPeer(certificate, "sendonly")
    viewers = [RawPeer(certificate, "recvonly") for _ in range(subscribers)]

    def say(value: object) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    async def hear() -> str:
        return await loop.run_in_executor(None, sys.stdin.readline)

    packets = picture.recorded() if recorded else picture.synthetic(per_second, lambda: _asked(publisher))
    publishing = Publishing(publisher, packets, per_second)
    tasks = []
    for peer in [publisher, *viewers]:
        say({"direction": peer.direction, "offer": peer.offer()})
        peer.answered(json.loads(await hear())["answer"])
        peer.check()
        if peer is publisher:  # some servers let nobody watch before
            await peer.connected()
            tasks.append(asyncio.create_task(publishing.run()))
    await asyncio.gather(*(peer.connected() for peer in viewers))
    tasks.append(asyncio.create_task(_keep_company([publisher, *viewers])))
    say({"ready": True})
    while await hear():
        counts = {"sent": publishing.sent, "received": sum(peer.received for peer in viewers)}
        say({**counts, **_delays(viewers), "cpu_s": time.process_time(), "srtp": viewers[0].profile})
    for task in tasks:
        task.cancel()


def _asked(publisher: RawPeer) -> bool:
    asked, publisher.wants_keyframe = publisher.wants_keyframe, False
    return asked


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["recorded"]))
