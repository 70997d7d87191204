"""A drone's two cameras: their process runs while somebody watches, and each picture goes to all who do."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable

import msgspec

from media.connector import h264
from media.simulator.drone import Drone, Fault
from media.simulator.render import COLOUR, HEAD, SIZE, THERMAL, Settings, Wanted

CAMERAS = {"colour": COLOUR, "thermal": THERMAL}
_AT_ONCE = 2  # moments that are being drawn; more would only come late
_KEPT_S = 5.0  # for a viewer who comes back
_GIVEN = ("PATH", "PYTHONPATH", "VIRTUAL_ENV")
_CALM = {"OPENBLAS_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "OFF"}
_TRIES_S = 2.0

Taker = Callable[
    [list[h264.Unit], float, bool], None
]  # an access unit, the drone's seconds, whether a keyframe


class Camera:
    """`watch` and `leave`; `run` is its task. What it shows is the drone's view at that moment."""

    def __init__(self, drone: Drone, settings: Settings) -> None:
        self.drone, self.settings = drone, settings
        self._takers: dict[int, list[Taker]] = {COLOUR: [], THERMAL: []}
        self._keyframes: set[int] = set()
        self._watched = asyncio.Event()
        self._waiting = 0
        self.drawing = False

    def watch(self, camera: int, taker: Taker) -> None:
        self._takers[camera].append(taker)
        self._keyframes.add(camera)
        self._watched.set()

    def leave(self, camera: int, taker: Taker) -> None:
        if taker in self._takers[camera]:
            self._takers[camera].remove(taker)

    def want_keyframe(self, camera: int) -> None:
        self._keyframes.add(camera)

    async def run(self) -> None:
        """Until cancelled. A renderer that dies is started anew."""
        while True:
            await self._watched.wait()
            process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-m",
                    "media.simulator.render",
                    msgspec.json.encode(self.settings).decode(),
                ),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _GIVEN if name in os.environ} | _CALM,
            )
            self._waiting, self._keyframes = 0, {camera for camera, takers in self._takers.items() if takers}
            assert process.stdin is not None
            assert process.stdout is not None
            reading, self.drawing = asyncio.create_task(self._read(process.stdout)), True
            try:
                await self._ask(process.stdin, reading)
            finally:
                reading.cancel()
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
                self.drawing = False
            if self._watched.is_set():  # it died
                await asyncio.sleep(_TRIES_S)

    async def _ask(self, given: asyncio.StreamWriter, reading: "asyncio.Task[None]") -> None:
        """A moment for every picture's time, until nobody has watched for a while."""
        idle, every = 0.0, 1 / self.settings.fps
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not reading.done():
            cameras = tuple(camera for camera, takers in self._takers.items() if takers)
            idle = 0.0 if cameras else idle + every
            if idle > _KEPT_S:
                self._watched.clear()
                return
            dark = Fault.VIDEO in self.drone.faults or Fault.LINK in self.drone.faults
            if cameras and not dark and self._waiting < _AT_ONCE:
                self._waiting += 1
                wanted = Wanted(self.drone.view, cameras, tuple(self._keyframes & {*cameras}))
                self._keyframes -= {*cameras}
                data = msgspec.msgpack.encode(wanted)
                given.write(SIZE.pack(len(data)) + data)
            due = max(due + every, loop.time() - every)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _read(self, made: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                camera, keyframe, at_s, size = HEAD.unpack(await made.readexactly(HEAD.size))
                if camera not in self._takers:
                    self._waiting -= 1
                    continue
                units = h264.units(memoryview(await made.readexactly(size)))
                for taker in list(self._takers[camera]):
                    taker(units, at_s, bool(keyframe))
