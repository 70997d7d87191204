"""Looks: what could be better about a caller's picture, told from a small still by OpenCV. Nothing is kept.

One process does it for everybody (`python -m media.looks`): it has loaded OpenCV once and makes a child of
itself for each still, with little memory and little time, so that whatever the bytes do to the decoder, they
do it where no other still ever was. Nothing here is on the packet path.
"""

import asyncio
import contextlib
import os
import sys
from enum import IntEnum
from typing import Any

from media.confined import bound, environment
from media.ports import Full

LOOK_BYTES = 24 * 1024
LOOK_PIXELS = 320  # across and down, at most
WITHIN_S = 10.0
WAITING = 64
CPU_S = 2


class Seen(IntEnum):
    """What is wrong with a picture, most pressing first; one at a time."""

    FINE = 0
    DARK = 1
    COVERED = 2
    BLURRED = 3
    NO_PICTURE = 255


# Measured on stills of 160 pixels (docs/decisions/0056-words-with-the-caller.md). First what a picture must
# fall below to be told of, then what it must come back to for that to end.
DARK = (38.0, 48.0)  # the level, 0 to 255, that nine tenths of the picture are below
COVERED = (6.0, 9.0)  # contrast: the standard deviation of the levels
BLURRED = (45.0, 90.0)  # variance of the second derivative along the blurrier axis, at full contrast


_WORDS = {seen.name.lower(): seen for seen in (Seen.DARK, Seen.COVERED, Seen.BLURRED)}


class Looks:
    """Asks the process; begins it when it is needed, and again when it is gone."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._held = 0

    async def look(self, jpeg: bytes, shown: str = "") -> str:
        """What is wrong with a JPEG of at most LOOK_BYTES and LOOK_PIXELS: dark, covered, blurred or "".

        `shown` is what was told before. Raises ValueError for what is no picture, and Full.
        """
        if not 0 < len(jpeg) <= LOOK_BYTES:
            raise ValueError("it is no small picture")
        if self._held >= WAITING:
            raise Full("too many looks at once")
        self._held += 1
        try:
            async with self._turn:
                seen = await self._ask(jpeg, _WORDS.get(shown, Seen.FINE))
        finally:
            self._held -= 1
        if seen is Seen.NO_PICTURE:
            raise ValueError("it is no picture")
        return "" if seen is Seen.FINE else seen.name.lower()

    async def _ask(self, jpeg: bytes, shown: Seen) -> Seen:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await _begin()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(WITHIN_S):
                process.stdin.write(bytes([shown]) + len(jpeg).to_bytes(4, "big") + jpeg)
                await process.stdin.drain()
                return Seen((await process.stdout.readexactly(1))[0])
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError):
            await self.close()
            return Seen.NO_PICTURE
        except asyncio.CancelledError:
            await self.close()  # its answer would be taken for the next one's
            raise

    async def close(self) -> None:
        """End the process; the next look begins another."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _begin() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.looks"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment(LOOK_PIXELS**2),
    )


def measure(picture: Any) -> tuple[float, float, float]:
    """Of a grey picture, height by width, 0 to 255: its light, its contrast and its sharpness.

    Sharpness is the variance of the second derivative, as in the variance of the Laplacian (Pech-Pacheco et
    al., 2000), but of the axis that has less of it, for a moved picture is sharp along the other one; and at
    full contrast, so that a dim sharp picture is not called blurred.
    """
    import cv2
    import numpy as np

    light = float(np.percentile(picture, 90))
    contrast = float(np.std(picture))
    low, high = np.percentile(picture, (1, 99))
    scale = 255 / max(high - low, 8.0)
    stretched = np.clip((picture - low) * scale, 0, 255).astype(np.float32)
    sharp = min(
        float(cv2.Sobel(stretched, cv2.CV_32F, 2, 0, ksize=1).var()),
        float(cv2.Sobel(stretched, cv2.CV_32F, 0, 2, ksize=1).var()),
    )
    return light, contrast, sharp


def judge(measured: tuple[float, float, float], shown: Seen) -> Seen:
    """What to tell; what is shown stays until the picture is clearly better.

    In the dark a covered camera cannot be told from a dark room: it is called dark.
    """
    light, contrast, sharp = measured
    if light < DARK[shown is Seen.DARK]:
        return Seen.DARK
    if contrast < COVERED[shown is Seen.COVERED]:
        return Seen.COVERED
    return Seen.BLURRED if sharp < BLURRED[shown is Seen.BLURRED] else Seen.FINE


def seen(jpeg: bytes, shown: Seen) -> Seen:
    """The same of a JPEG. For a child of the process only: bytes are hostile."""
    import cv2
    import numpy as np

    try:
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        if picture is None or max(picture.shape) > LOOK_PIXELS or min(picture.shape) < 16:
            return Seen.NO_PICTURE
        return judge(measure(picture), shown)
    except cv2.error:
        return Seen.NO_PICTURE


def _child(jpeg: bytes, shown: Seen) -> Seen:
    """In a process of its own."""
    child = os.fork()
    if child == 0:
        code = int(Seen.NO_PICTURE)
        try:
            bound(cpu_s=CPU_S)
            os.close(0)
            os.close(1)
            code = int(seen(jpeg, shown))
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Seen(code) if code in set(Seen) else Seen.NO_PICTURE


def _serve() -> None:
    """Until its input ends."""
    import cv2

    cv2.setNumThreads(1)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(head := given.read(5)) == 5:
        length = int.from_bytes(head[1:], "big")
        if length > LOOK_BYTES or head[0] not in set(Seen):
            return
        jpeg = given.read(length)
        answers.write(bytes([_child(jpeg, Seen(head[0]))]))
        answers.flush()


if __name__ == "__main__":
    _serve()
