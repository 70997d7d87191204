"""A moving test picture with a clock: a camera that is none, for demonstrations.

It stands where media.connector.pull's Pull stands and hands out the same pictures, so all behind it is real.
Only code that starts a connector can make one (`Folder.add_test_picture`); no address means it, and no server
can name it into being.
"""

import fractions
import threading
import time
from datetime import datetime

import av

from media.connector import convert, h264
from media.connector.pictures import Facts, Picture, Taker

WIDTH, HEIGHT, FPS, GROUP_S = 640, 360, 10, 2
_BITRATE = 400_000
_RATE = 90_000
# Digits as seven strokes: top, upper left, upper right, middle, lower left, lower right, bottom.
_STROKES = (0x77, 0x24, 0x5D, 0x6D, 0x2E, 0x6B, 0x7B, 0x25, 0x7F, 0x6F)


class TestPicture:
    """`start`, `stop`, `join` and `traffic` as Pull has them. One per cent of a core or two."""

    __test__ = False  # pytest would take the name for a test

    def __init__(self, taker: Taker, *, width: int = WIDTH, height: int = HEIGHT, fps: int = FPS) -> None:
        self._taker = taker
        self._width, self._height, self._fps = width & ~15, height & ~1, fps
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="test-picture", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def want_keyframe(self) -> None:
        """The next is never far."""

    def join(self, timeout_s: float) -> bool:
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def traffic(self) -> int:
        """No camera's socket is open."""
        return 0

    def _run(self) -> None:
        encoder = convert.x264(self._width, self._height, self._fps, _BITRATE, GROUP_S)
        began, count, told, dropping = time.monotonic(), 0, False, False
        while not self._stopped.wait(max(0.0, began + count / self._fps - time.monotonic())):
            frame = self._draw(count)
            frame.pts, frame.time_base = count * _RATE // self._fps, fractions.Fraction(1, _RATE)
            for packet in encoder.encode(frame):
                units = h264.units(memoryview(bytes(packet)))
                keyframe = h264.is_keyframe(units)
                sets = h264.parameter_sets(units, None)
                if not told and sets is not None:
                    sps = h264.read_sps(sets.sps)
                    self._taker.opened(Facts("h264", sps.width, sps.height, False, sps), b"")
                    told = True
                if keyframe or not dropping:
                    dropping = not self._taker.offer(Picture(units, count / self._fps, keyframe, packet.size))
            count += 1
        self._taker.over(None)

    def _draw(self, count: int) -> av.VideoFrame:
        width, height = self._width, self._height
        luma = bytearray()
        sky = [bytes((40 + 60 * row // height,)) * width for row in range(height)]
        for row in sky:
            luma += row
        x = (count * 8) % (width + 80) - 80
        _fill(luma, width, height, x, height * 2 // 3, 80, height // 8, 200)
        now = datetime.now().astimezone()
        size = height // 8
        at = width // 16
        for n, digit in enumerate(f"{now:%H%M%S}"):
            _digit(luma, width, height, at, height // 8, size, _STROKES[int(digit)])
            at += size + (size // 2 if n % 2 else 0)
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, level in zip(frame.planes, (None, 140, 110), strict=True):
            if level is None:
                line = plane.line_size
                if line == width:
                    plane.update(bytes(luma))
                else:
                    rows = (bytes(luma[n : n + width]).ljust(line, b"\0") for n in range(0, len(luma), width))
                    plane.update(b"".join(rows))
            else:
                plane.update(bytes((level,)) * plane.buffer_size)
        return frame


def _fill(luma: bytearray, width: int, height: int, x: int, y: int, w: int, h: int, level: int) -> None:
    left, right = max(0, x), min(width, x + w)
    if right <= left:
        return
    line = bytes((level,)) * (right - left)
    for row in range(max(0, y), min(height, y + h)):
        luma[row * width + left : row * width + right] = line


def _digit(luma: bytearray, width: int, height: int, x: int, y: int, size: int, strokes: int) -> None:
    thick, across, down = max(2, size // 8), size * 3 // 4, size // 2
    boxes = (
        (x, y, across, thick),
        (x, y, thick, down),
        (x + across - thick, y, thick, down),
        (x, y + down, across, thick),
        (x, y + down, thick, down),
        (x + across - thick, y + down, thick, down),
        (x, y + 2 * down, across, thick),
    )
    for bit, box in enumerate(boxes):
        if strokes >> bit & 1:
            _fill(luma, width, height, *box, 235)
