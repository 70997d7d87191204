"""Frames: a still that came from a browser is made anew, so that nothing but a picture is kept.

Each is decoded and encoded again with OpenCV in a process of its own, which has no secrets, little memory and
little time: whatever the bytes do to the decoder, they do it there. Nothing here is on the packet path.

A thermal still can be coloured in a palette, with its coldest and its hottest spot marked where the camera
says what black and white mean.

`python -m media.frames [PALETTE [LOW_C HIGH_C]]` is that process: a JPEG on its input, a JPEG on its output,
2 when it was no picture.
"""

import asyncio
import sys
from typing import Any

from media.confined import bound, run
from media.palettes import Thermal, table
from media.ports import Full

STILL_BYTES = 320 * 1024  # in and out
LONGEST = 1280  # pixels across or down, of what is kept
DECODED_PIXELS = 1 << 24
QUALITIES = (82, 65, 45)  # the first whose picture fits
WITHIN_S = 15.0
CPU_S = 10
AT_ONCE, WAITING = 2, 8
SPOT = 5  # pixels across, of what a spot's degrees are the mean of
_NO_PICTURE = 2


class Frames:
    """Makes stills anew: two at once, eight wait, one more is refused."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._held = 0

    async def clean(self, jpeg: bytes, thermal: Thermal | None = None) -> bytes:
        """The same picture as a JPEG of at most STILL_BYTES and LONGEST pixels, without anything beside it.

        With `thermal` it is coloured and marked. Raises ValueError for what is no picture, and Full.
        """
        if self._held >= AT_ONCE + WAITING:
            raise Full("too many stills at once")
        self._held += 1
        try:
            async with self._turns:
                return await _in_a_process(jpeg, thermal)
        finally:
            self._held -= 1


async def _in_a_process(jpeg: bytes, thermal: Thermal | None) -> bytes:
    arguments = thermal.arguments() if thermal is not None else ()
    made = await run("media.frames", *arguments, pixels=DECODED_PIXELS, within_s=WITHIN_S, given=jpeg)
    if not 0 < len(made) <= STILL_BYTES:
        raise ValueError("it is no picture")
    return made


def anew(jpeg: bytes, thermal: Thermal | None = None) -> bytes:
    """Decoded, made small, coloured, encoded. Raises ValueError. For the process only: bytes are hostile."""
    import cv2  # takes long to load, and only this process has any use for it
    import numpy as np

    cv2.setNumThreads(1)
    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError("it is no picture")
        scale = LONGEST / max(picture.shape[:2])
        if scale < 1:
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if thermal is not None:
            picture = coloured(picture, thermal)
        for quality in QUALITIES:
            fits, made = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
            if fits and len(made) <= STILL_BYTES:
                return bytes(made)
    except cv2.error as error:
        raise ValueError("it is no picture") from error
    raise ValueError("it does not become small enough")


def coloured(picture: Any, thermal: Thermal) -> Any:
    """A thermal picture as the camera sends it, white hot, in another palette; height by width by 3, BGR.

    Where its range is known the coldest and the hottest spot are marked with their degrees: the mean of some
    pixels, so that one that is wrong is none of them. It is what an 8-bit picture holds, and no thermometer.
    """
    import cv2
    import numpy as np

    warm = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    colours = np.array([colour[::-1] for colour in table(thermal.palette)], np.uint8)
    made = colours[warm]
    if thermal.range_c is None:
        return made
    low, high = thermal.range_c
    lowest, highest, coldest, hottest = cv2.minMaxLoc(cv2.blur(warm, (SPOT, SPOT)))
    for white, at in ((lowest, coldest), (highest, hottest)):
        _mark(made, at, f"{low + (high - low) * white / 255:.1f} C")
    return made


def _mark(picture: Any, at: Any, words: str) -> None:
    """A cross with its degrees beside it, white in black so that it is seen on every palette."""
    import cv2

    height, width = picture.shape[:2]
    font, size = cv2.FONT_HERSHEY_SIMPLEX, max(0.5, width / 1000)
    (wide, tall), _ = cv2.getTextSize(words, font, size, 2)
    left = at[0] + 12 if at[0] + 12 + wide < width else at[0] - 12 - wide
    foot = min(max(at[1] - 8, tall + 4), height - 6)
    for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 1)):
        cv2.drawMarker(picture, at, colour, cv2.MARKER_CROSS, 20, thick)
        cv2.putText(picture, words, (left, foot), font, size, colour, thick, cv2.LINE_AA)


if __name__ == "__main__":
    bound(cpu_s=CPU_S)
    try:
        sys.stdout.buffer.write(anew(sys.stdin.buffer.read(STILL_BYTES + 1), Thermal.of(sys.argv[1:])))
    except (ValueError, MemoryError):
        sys.exit(_NO_PICTURE)
