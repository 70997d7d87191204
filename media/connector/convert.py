"""What browsers cannot show, decoded and encoded again; stills; and a camera's sound as Opus.

Only for H.265, B-frames, what a camera of this computer sends and the like: it costs a core's good part,
which the owner is told. In a thread of low priority with a short queue; when the machine cannot keep up, it
goes on at the next keyframe.
"""

import contextlib
import fractions
import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import av
import av.error

from media.connector import h264
from media.connector.pictures import Facts

PROFILE_LEVEL_ID = "42e01f"  # constrained baseline, 3.1: what every browser plays
WIDTH, HEIGHT, FPS = 1280, 720, 30
_BITRATE = 2_500_000
_GROUP_S = 2
_QUEUE = 30  # pictures; more is a machine that cannot keep up
_NICE = 10
_RATE = 90_000
_STILL_WIDTH, _STILL_BYTES = 960, 320 * 1024
_OPUS_RATE, _OPUS_FRAME = 48_000, 960
_THREADS = 2

Encoded = Callable[[list[h264.Unit], float, bool, int], None]


class Transcoder:
    """`put` coded pictures in decoding order; `encoded` is called in its thread with H.264 access units."""

    def __init__(self, facts: Facts, extradata: bytes | None, encoded: Encoded) -> None:
        self.fell_behind = 0
        self._facts, self._extradata = facts, extradata
        self._encoded = encoded
        self._queue: queue.Queue[tuple[bytes, float, bool] | None] = queue.Queue(_QUEUE)
        self._dropping = True
        self._want_keyframe = False
        self._still: Callable[[bytes], None] | None = None
        self._encoder: Any = None
        self._size = (0, 0)
        self._last_pts = -1
        self._thread = threading.Thread(target=self._run, name="transcode", daemon=True)
        self._thread.start()

    def put(self, data: bytes, at: float, keyframe: bool) -> None:
        """Never waits."""
        if self._dropping and not keyframe:
            return
        try:
            self._queue.put_nowait((data, at, keyframe))
            self._dropping = False
        except queue.Full:
            self.fell_behind += 1
            self._dropping = True

    def want_keyframe(self) -> None:
        self._want_keyframe = True

    def take_still(self, taken: Callable[[bytes], None]) -> None:
        """Called in its thread with a JPEG of the next picture."""
        self._still = taken

    def close(self) -> None:
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        self._encoded = _nobody

    def _run(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)  # of this thread, in Linux
        decoder = _decoder(self._facts.codec, self._extradata)
        if self._facts.pixels:  # nothing in the picture says so
            decoder.width, decoder.height = self._facts.width, self._facts.height
            decoder.pix_fmt = self._facts.pixels
        while (item := self._queue.get()) is not None:
            data, at, keyframe = item
            packet = av.Packet(data)
            packet.pts = packet.dts = round(at * _RATE)
            packet.time_base = fractions.Fraction(1, _RATE)
            packet.is_keyframe = keyframe
            try:
                frames = decoder.decode(packet)
            except av.error.FFmpegError:  # a damaged picture; the next keyframe mends it
                continue
            for frame in frames:
                self._frame(frame)

    def _frame(self, frame: Any) -> None:
        taken, self._still = self._still, None
        if taken is not None:
            taken(jpeg(frame))
        width, height = bounded(frame.width, frame.height)
        if self._encoder is None or self._size != (width, height):
            self._encoder, self._size = _encoder(width, height), (width, height)
        pts = frame.pts if frame.pts is not None else self._last_pts + _RATE // FPS
        if pts <= self._last_pts:
            return
        self._last_pts = pts
        small = frame.reformat(width=width, height=height, format="yuv420p")
        small.pts, small.time_base = pts, fractions.Fraction(1, _RATE)
        wanted, self._want_keyframe = self._want_keyframe, False
        small.pict_type = av.video.frame.PictureType.I if wanted else av.video.frame.PictureType.NONE
        for packet in self._encoder.encode(small):
            units = h264.units(memoryview(bytes(packet)))
            self._encoded(units, packet.pts / _RATE, h264.is_keyframe(units), packet.size)


def _nobody(_units: list[h264.Unit], _at: float, _keyframe: bool, _size: int) -> None:
    return


def bounded(width: int, height: int) -> tuple[int, int]:
    """At most 1280 by 720 in the same shape, even."""
    scale = min(1.0, WIDTH / max(1, width), HEIGHT / max(1, height))
    return max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)


def _decoder(codec: str, extradata: bytes | None) -> Any:
    decoder = av.CodecContext.create(codec, "r")
    if extradata:
        decoder.extradata = extradata
    decoder.thread_count = _THREADS
    decoder.thread_type = "SLICE"  # by frames would hold one back for each thread
    return decoder


def _encoder(width: int, height: int) -> Any:
    return x264(width, height, FPS, _BITRATE, _GROUP_S)


def x264(width: int, height: int, fps: int, bitrate_bps: int, group_s: int) -> Any:
    """An encoder of what every browser plays: constrained baseline, no picture held back."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = fractions.Fraction(1, _RATE)
    encoder.framerate = fractions.Fraction(fps, 1)
    encoder.bit_rate = bitrate_bps
    encoder.gop_size = fps * group_s
    encoder.thread_count = _THREADS
    kbps = bitrate_bps // 1000
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "x264-params": f"vbv-maxrate={kbps}:vbv-bufsize={kbps}:sliced-threads=0",
    }
    return encoder


def still_of(codec: str, extradata: bytes | None, keyframe: bytes) -> bytes | None:
    """A JPEG of one keyframe; None when it cannot be decoded."""
    decoder = _decoder(codec, extradata)
    try:
        frames = [*decoder.decode(av.Packet(keyframe)), *decoder.decode(None)]
    except av.error.FFmpegError:
        return None
    return jpeg(frames[0]) if frames else None


def jpeg(frame: Any) -> bytes:
    """At most 960 wide and 320 kB."""
    scale = min(1.0, _STILL_WIDTH / frame.width)
    width, height = max(2, int(frame.width * scale) & ~1), max(2, int(frame.height * scale) & ~1)
    small = frame.reformat(width=width, height=height, format="yuvj420p")
    made = b""
    for quality in (4, 10, 20, 31):
        encoder = av.CodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
        encoder.time_base = fractions.Fraction(1, 25)
        encoder.options = {"qmin": str(quality), "qmax": str(quality)}
        small.pts, small.time_base = 0, fractions.Fraction(1, 25)
        made = b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
        if len(made) <= _STILL_BYTES:
            break
    return made


class Sound:
    """AAC, G.711 or whatever libav decodes, as Opus packets of 20 ms."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(
            format="s16", layout="stereo", rate=_OPUS_RATE, frame_size=_OPUS_FRAME
        )
        self._encoder: Any = av.CodecContext.create("libopus", "w")
        self._encoder.sample_rate, self._encoder.layout, self._encoder.format = _OPUS_RATE, "stereo", "s16"
        self._encoder.bit_rate = 48_000
        self._encoder.options = {"application": "voip", "frame_duration": "20"}
        self._at: float | None = None

    def of(self, packet: Any, at: float) -> Iterator[tuple[bytes, float]]:
        """Opus packets, each with its moment in seconds."""
        if self._at is None or abs(self._at - at) > 0.2:
            self._at = at
        try:
            for decoded in packet.decode():
                decoded.pts = None
                for frame in self._resampler.resample(decoded):
                    frame.pts = None
                    for made in self._encoder.encode(frame):
                        yield bytes(made), self._at
                        self._at += _OPUS_FRAME / _OPUS_RATE
        except av.error.FFmpegError:  # a damaged packet is a gap of its own length
            return
