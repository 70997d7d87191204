"""Lean peers for the benchmark, in a process of their own: sockets, STUN, DTLS and SRTP, and no media stack.

Speaks JSON lines with its parent: an offer out, an answer in, for each peer; then `{"ready": true}`; then for
each line in, the running count of packets sent and received out. Ends when stdin closes.
"""

import asyncio
import json
import re
import socket
import struct
import sys
import time

from aioice import stun

from media import rtc
from media.negotiate import TRANSPORT_WIDE
from media.offer import Fingerprint

SIZE = 1100  # bytes of payload: what browsers fill
BURST = 5  # packets at once, as a browser's pacer sends them


class RawPeer:
    def __init__(self, certificate: rtc.Certificate, direction: str) -> None:
        self.direction = direction
        self.received = 0
        self.up = asyncio.Event()
        self.out: rtc.Srtp | None = None
        self._certificate = certificate
        self._dtls: rtc.Dtls | None = None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.setblocking(False)
        self._ufrag, self._password = "", ""
        self._task: asyncio.Task[None] | None = None

    def offer(self) -> str:
        fingerprint = self._certificate.fingerprint
        lines = [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
            "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0", f"a={self.direction}",
            "a=rtcp-mux", "a=ice-ufrag:peer", "a=ice-pwd:0123456789012345678901",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}", "a=setup:actpass",
            "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
            "a=rtcp-fb:96 transport-cc",
            f"a=extmap:3 {TRANSPORT_WIDE}",
        ]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    def answered(self, sdp: str) -> None:
        def field(pattern: str) -> str:
            found = re.search(pattern, sdp)
            assert found is not None
            return found[1]

        self._ufrag, self._password = field(r"a=ice-ufrag:(\S+)"), field(r"a=ice-pwd:(\S+)")
        self._socket.connect((field(r"a=candidate:.* udp \d+ (\S+)"), int(field(r"m=video (\d+)"))))
        theirs = Fingerprint("sha-256", field(r"a=fingerprint:sha-256 (\S+)"))
        self._dtls = rtc.Dtls(
            self._certificate,
            client=False,
            fingerprints=(theirs,),
            send=self._socket.send,  # type: ignore[arg-type]
        )
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        self._task = asyncio.ensure_future(self._dtls.run(self._connected))
        self.check()

    def check(self) -> None:
        request = stun.Message(
            stun.Method.BINDING,
            stun.Class.REQUEST,
            attributes={"USERNAME": f"{self._ufrag}:peer", "PRIORITY": 1, "USE-CANDIDATE": None},
        )
        request.add_message_integrity(self._password.encode())
        self._socket.send(bytes(request))

    def _connected(self, _received: rtc.Srtp, sent: rtc.Srtp) -> None:
        self.out = sent
        self.up.set()

    def _readable(self) -> None:
        try:
            while True:
                data = self._socket.recv(2048)
                if data[0] >= 128:
                    self.received += data[1] < 192 or data[1] > 223
                elif 20 <= data[0] <= 63 and self._dtls is not None:
                    self._dtls.receive(data)
        except BlockingIOError:
            return

    def send(self, packet: bytes) -> None:
        assert self.out is not None
        datagram = self.out.protect(packet)
        if datagram is not None:
            self._socket.send(datagram)


async def publish(peer: RawPeer, per_second: int, sent: list[int]) -> None:
    filler = bytes(SIZE - 2)
    number, began = 0, time.monotonic()
    while True:
        due = int((time.monotonic() - began) * per_second) - number
        for _ in range(max(0, due)):
            keyframe = number % 1000 == 0
            header = struct.pack(
                "!BBHIIHHBHx", 0x90, 96, number & 0xFFFF, number // 10 * 3000 & 0xFFFFFFFF, 77,
                0xBEDE, 1, 3 << 4 | 1, number & 0xFFFF,
            )  # fmt: skip
            peer.send(header + (b"\x10\x00" if keyframe else b"\x00\x01") + filler)
            number += 1
        sent[0] = number
        await asyncio.sleep(BURST / per_second)


async def main(subscribers: int, per_second: int) -> None:
    certificate = rtc.Certificate()
    loop = asyncio.get_running_loop()
    peers = [RawPeer(certificate, "recvonly") for _ in range(subscribers)] + [
        RawPeer(certificate, "sendonly")
    ]

    def say(value: object) -> None:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()

    async def hear() -> str:
        return await loop.run_in_executor(None, sys.stdin.readline)

    for peer in peers:
        say({"direction": peer.direction, "offer": peer.offer()})
        peer.answered(json.loads(await hear())["answer"])
    for peer in peers:
        await asyncio.wait_for(peer.up.wait(), 10)
    sent = [0]
    tasks = [asyncio.create_task(publish(peers[-1], per_second, sent))]

    async def consent() -> None:
        while True:
            await asyncio.sleep(1)
            for peer in peers:
                peer.check()

    tasks.append(asyncio.create_task(consent()))
    say({"ready": True})
    while await hear():
        say({"sent": sent[0], "received": sum(peer.received for peer in peers[:-1])})
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
