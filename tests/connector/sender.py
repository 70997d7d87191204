"""A drone's end of its video: libav's own muxers, over real UDP, at the film's pace, until it is stopped."""

import asyncio
import contextlib
import fractions
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import av
import av.error

from media.connector.convert import x264

SIZE = (320, 192)
FPS, GROUP_S = 25, 1
LEVELS = (60, 150)  # how bright a picture is: it changes each second, with the keyframe


def encode(packets_of: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """Grey pictures with a moving bar, by `packets_of`, without end."""
    n = 0
    while True:
        level = LEVELS[n // FPS % len(LEVELS)]
        frame = av.VideoFrame(*SIZE, "yuv420p")
        for at, plane in enumerate(frame.planes):
            line = bytearray([level if at == 0 else 128]) * plane.line_size
            if at == 0:
                left = n * 4 % (SIZE[0] - 16)
                line[left : left + 16] = b"\xe0" * 16
            plane.update(bytes(line) * (plane.buffer_size // plane.line_size))
        frame.pts, frame.time_base = n * 90_000 // FPS, fractions.Fraction(1, 90_000)
        yield from packets_of(frame)
        n += 1


class Sender:
    """Sends to `port`, by `kind` mpegts or rtp, without each `lose`-th datagram."""

    def __init__(self, kind: str, port: int, *, lose: int = 0, size: int = 1316) -> None:
        self.sent = self.lost = self.bytes = 0
        self._kind, self._port, self._lose, self._size = kind, port, lose, size
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self._in = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._in.bind(("127.0.0.1", 0))
        self._in.settimeout(0.2)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._film, self._relay)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.socket.close()
        self._in.close()

    def _film(self) -> None:
        scheme = {"mpegts": "udp", "rtp": "rtp"}[self._kind]
        url = f"{scheme}://127.0.0.1:{self._in.getsockname()[1]}?pkt_size={self._size}"
        with contextlib.suppress(av.error.FFmpegError), av.open(url, "w", format=self._kind) as out:
            encoder = x264(*SIZE, FPS, 600_000, GROUP_S)
            stream = out.add_stream("libx264", rate=FPS, options=encoder.options)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            stream.codec_context.gop_size = FPS * GROUP_S
            stream.codec_context.bit_rate = 600_000
            began = time.monotonic()
            for n, packet in enumerate(encode(stream.encode)):
                out.mux(packet)
                if self._over.wait(max(0.0, began + n / FPS - time.monotonic())):
                    return

    def _relay(self) -> None:
        while not self._over.is_set():
            try:
                datagram = self._in.recv(65_536)
            except TimeoutError:
                continue
            self.sent += 1
            if self._lose and self.sent % self._lose == 0:
                self.lost += 1
                continue
            self.bytes += self.socket.sendto(datagram, ("127.0.0.1", self._port))


@contextlib.asynccontextmanager
async def sending(kind: str, port: int, **how: Any) -> AsyncIterator[Sender]:
    sender = Sender(kind, port, **how)
    try:
        yield sender
    finally:
        await asyncio.to_thread(sender.stop)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def is_bound(port: int) -> bool:
    """By trying: a port that another has cannot be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False
