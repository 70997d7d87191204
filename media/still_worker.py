"""The process of one caller's stills: `python -m media.still_worker`, started and spoken to by media.stills.

A picture comes in, is decoded and made small; VP8 goes out, a keyframe for each picture, and four times a
second the same picture again, which costs some bytes and says that the feed goes on. The feed falls silent
when no new picture has come for long. The session with the engine is one as connectors open it; it begins
with a picture and never by itself, so that it does not fight with a camera that is live again.
"""

import asyncio
import contextlib
import fractions
import os
import secrets
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from media import rtc
from media.confined import bound
from media.connector import whip
from media.connector.path import Counts, NoPath
from media.connector.publisher import Broken, Session
from media.connector.sending import Frame
from media.stills import Answered, Down, Offered, Outcome, Over, Show, Up, framed, read

LONGEST, MOST_PIXELS = 1280, 1280 * 720  # of what is shown
FRESH_S = 20.0  # a picture that is older is not shown as if something came
IDLE_S = 25.0  # no picture for so long: this process ends
AWAY_S = 3.0  # and for so long after the session with the engine ended
AGAIN_S = 0.25
_CPU_S = 3600
_PAYLOAD = 1100
_RATE = 90_000
_BITRATE = 900_000  # of a picture a second: some 110 kB, of which it takes what it needs
_HERE = ("127.0.0.1",)  # the engine is on this machine, whatever addresses it tells phones
_decoder: msgspec.msgpack.Decoder[Down] = msgspec.msgpack.Decoder(Down)


class Encoder:
    """Pictures in, VP8 out. One size at a time; another one is another encoder."""

    def __init__(self) -> None:
        self._codec: Any = None
        self._frame: Any = None
        self._picture = secrets.randbits(15)

    def take(self, jpeg: bytes) -> None:
        """Decode the next picture. Raises ValueError for what is none. Bytes are hostile."""
        import av
        import cv2
        import numpy as np

        cv2.setNumThreads(1)
        try:
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            if picture is None:
                raise ValueError("it is no picture")
            width, height = bounded(picture.shape[1], picture.shape[0])
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        except cv2.error as error:
            raise ValueError("it is no picture") from error
        if self._codec is None or (self._codec.width, self._codec.height) != (width, height):
            self._codec = _vp8(width, height)
        self._frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="bgr24").reformat(
            format="yuv420p"
        )

    def encode(self, at: float, *, keyframe: bool) -> Frame | None:
        """The newest picture at this moment, s; None before the first."""
        from av.video.frame import PictureType

        if self._frame is None:
            return None
        self._frame.pts, self._frame.time_base = round(at * _RATE), fractions.Fraction(1, _RATE)
        self._frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        made = b"".join(bytes(packet) for packet in self._codec.encode(self._frame))
        if not made:
            return None
        self._picture = (self._picture + 1) & 0x7FFF
        is_keyframe = not made[0] & 1
        return Frame(payloads(made, self._picture), at, at, is_keyframe, len(made))


def bounded(width: int, height: int) -> tuple[int, int]:
    """At most LONGEST across or down and MOST_PIXELS in all, in the same shape, even."""
    scale = min(1.0, LONGEST / max(width, height), (MOST_PIXELS / (width * height)) ** 0.5)
    return max(16, int(width * scale) & ~1), max(16, int(height * scale) & ~1)


def payloads(frame: bytes, picture: int) -> Sequence[tuple[bytes, memoryview]]:
    """A VP8 frame as RTP payloads with picture ids of 15 bits (RFC 7741 section 4.2)."""
    middle = bytes((0x80, 0x80, 0x80 | picture >> 8, picture & 0xFF))
    found = [(middle, memoryview(frame)[at : at + _PAYLOAD]) for at in range(0, len(frame), _PAYLOAD)]
    found[0] = bytes((0x90,)) + middle[1:], found[0][1]
    return found


def _vp8(width: int, height: int) -> Any:
    import av

    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = fractions.Fraction(1, _RATE), fractions.Fraction(4, 1)
    codec.bit_rate = _BITRATE
    codec.gop_size = 1000
    codec.thread_count = 1
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "error-resilient": "default",
        "qmin": "8",
        "qmax": "50",
    }
    return codec


class Worker:
    """All of it: what is said over the pipes, the encoder, and the session while there is one."""

    def __init__(self, certificate: rtc.Certificate) -> None:
        self._certificate = certificate
        self._encoder = Encoder()
        self._session: Session | None = None
        self._watching: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[str] | None = None
        self._showing: asyncio.Task[None] | None = None
        self._fresh_at = self._over_at = time.monotonic()
        self._want_keyframe = False

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Until the pipe closes."""
        with contextlib.suppress(EOFError, msgspec.MsgspecError):
            while True:
                match _decoder.decode(await read(reader)):
                    case Show(jpeg):
                        self._showing = asyncio.create_task(self._show(jpeg))
                    case Answered(sdp):
                        if self._answer is not None and not self._answer.done():
                            self._answer.set_result(sdp)
        if self._session is not None:
            await self._session.close()

    async def tick(self) -> None:
        """Say that the feed goes on; returns when nobody has any use for this process."""
        while True:
            await asyncio.sleep(AGAIN_S)
            now = time.monotonic()
            if now - self._fresh_at > IDLE_S:
                return
            if self._session is None:
                if self._showing is None and now - max(self._fresh_at, self._over_at) > AWAY_S:
                    return
            elif now - self._fresh_at < FRESH_S:
                self._put(now, keyframe=self._want_keyframe)

    async def _show(self, jpeg: bytes) -> None:
        is_picture = True
        try:
            self._encoder.take(jpeg)
            if self._session is None:
                await self._open()
            self._put(time.monotonic(), keyframe=True)
        except (ValueError, MemoryError):
            is_picture = False
        except (Broken, NoPath):  # said as what it is: not shown
            pass
        self._fresh_at, self._showing = time.monotonic(), None
        say(Outcome(is_picture=is_picture, shown=is_picture and self._session is not None))

    async def _open(self) -> None:
        sending = whip.new_sending("", sound=False, listens=True)
        self._answer = asyncio.get_running_loop().create_future()
        say(Offered(whip.offer(sending, self._certificate.fingerprint)))
        answer = await self._answer
        if not answer:
            return
        session = Session(answer, sending, self._certificate, Counts(), self._wanted, _HERE)
        try:
            await session.open()
        except BaseException:
            await session.close()
            raise
        self._session = session
        self._watching = asyncio.create_task(self._watch(session))

    async def _watch(self, session: Session) -> None:
        await session.watch()
        self._session, self._over_at = None, time.monotonic()
        say(Over())
        await session.close()

    def _wanted(self) -> None:
        self._want_keyframe = True

    def _put(self, now: float, *, keyframe: bool) -> None:
        frame = self._encoder.encode(now, keyframe=keyframe)
        if frame is not None and self._session is not None:
            self._want_keyframe = False
            self._session.put(frame)


def say(message: Up) -> None:
    """To whoever started this process; the pipe holds far more than is ever said."""
    sys.stdout.buffer.write(framed(message))
    sys.stdout.buffer.flush()


async def _main() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    worker = Worker(rtc.Certificate())
    running, ticking = asyncio.create_task(worker.run(reader)), asyncio.create_task(worker.tick())
    await asyncio.wait((running, ticking), return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        os._exit(0)  # without goodbye: the phone is away and has not stopped


if __name__ == "__main__":
    bound(cpu_s=_CPU_S)
    asyncio.run(_main())
