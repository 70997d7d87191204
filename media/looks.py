"""Looks: what could be better about a caller's picture, told from a small still by OpenCV. Nothing is kept.

One process does it for everybody (`python -m media.looks`): it has loaded OpenCV once and makes a child of itself
for each still, with little memory and little time, so that whatever the bytes do to the decoder, they do it
where no other still ever was. Nothing here is on the packet path.
"""

import asyncio
import contextlib
import os
import resource
import sys
from enum import IntEnum
from typing import Any

from media.ports import Full

LOOK_BYTES = 24 * 1024
LOOK_PIXELS = 320  # across and down, at most
WITHIN_S = 10.0
WAITING = 64
CPU_S = 2
MEMORY_BYTES = 2 << 30
_CALM = {"OPENBLAS_NUM_THREADS": "1", "OPENCV_IO_MAX_IMAGE_PIXELS": str(LOOK_PIXELS**2), "OPENCV_LOG_LEVEL": "OFF"}
_GIVEN = ("PATH", "PYTHONPATH", "VIRTUAL_ENV")


class Seen(IntEnum):
    """What is wrong with a picture, most pressing first; one at a time."""

    FINE = 0
    COVERED = 1
    DARK = 2
    BLURRED = 3
    SIDEWAYS = 4
    NO_PICTURE = 255


# Measured on stills of 160 pixels (docs/decisions/0056-words-with-the-caller.md has the figures). Each is what a
# picture must pass to be told of, and what it must come back to for that to end.
DARK = (38.0, 48.0)  # the level (0 to 255) that nine tenths of the picture are below
COVERED = (5.0, 8.0)  # contrast: standard deviation of the levels, without what one corner does
BLURRED = (60.0, 110.0)  # variance of the Laplacian, at a contrast that is stretched to the full range
SIDEWAYS = (2.6, 1.8)  # edges that stand within 4 degrees of the picture's width, to those of its height


class Looks:
    """Asks the process; begins it when it is needed, and again when it is gone."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._held = 0

    async def look(self, jpeg: bytes, shown: Seen = Seen.FINE) -> Seen:
        """What is wrong with a JPEG of at most LOOK_BYTES and LOOK_PIXELS; `shown` is what was told before.

        Raises ValueError for what is no picture, and Full.
        """
        if not 0 < len(jpeg) <= LOOK_BYTES:
            raise ValueError("it is no small picture")
        if self._held >= WAITING:
            raise Full("too many looks at once")
        self._held += 1
        try:
            async with self._turn:
                seen = await self._ask(jpeg, shown)
        finally:
            self._held -= 1
        if seen is Seen.NO_PICTURE:
            raise ValueError("it is no picture")
        return seen

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
    given = {name: os.environ[name] for name in _GIVEN if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.looks"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**given, **_CALM},
    )


def measure(picture: Any) -> tuple[float, float, float, float]:
    """Of a grey picture, height by width, 0 to 255: its light, contrast, sharpness, and how far it lies on its side.

    Light is the level of the brightest tenth's foot. Sharpness is the variance of the Laplacian (Pech-Pacheco et
    al., 2000) of the picture at full contrast, so that a dark sharp one is not called blurred.
    """
    import cv2
    import numpy as np

    light = float(np.percentile(picture, 90))
    contrast = float(np.std(picture))
    low, high = np.percentile(picture, (1, 99))
    stretched = np.clip((picture.astype(np.float32) - low) * (255 / max(high - low, 8.0)), 0, 255)
    sharp = float(cv2.Laplacian(stretched, cv2.CV_32F).var())
    across = cv2.Sobel(stretched, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(stretched, cv2.CV_32F, 0, 1)
    strength = np.hypot(across, down)
    angle = np.degrees(np.arctan2(np.abs(down), np.abs(across)))  # 0: the edge stands; 90: it lies
    edges = strength > max(60.0, float(np.percentile(strength, 80)))
    stands = float(np.count_nonzero(edges & (angle < 4)))
    lies = float(np.count_nonzero(edges & (angle > 86)))
    return light, contrast, sharp, (lies + 8) / (stands + 8)


def judge(measured: tuple[float, float, float, float], shown: Seen) -> Seen:
    """What to tell; what is shown stays until the picture is clearly better."""
    light, contrast, sharp, lies = measured
    if contrast < COVERED[shown is Seen.COVERED]:
        return Seen.COVERED
    if light < DARK[shown is Seen.DARK]:
        return Seen.DARK
    if sharp < BLURRED[shown is Seen.BLURRED]:
        return Seen.BLURRED
    if lies > SIDEWAYS[shown is Seen.SIDEWAYS]:
        return Seen.SIDEWAYS
    return Seen.FINE


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
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
