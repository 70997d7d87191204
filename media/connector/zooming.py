"""Zoom: nearer by so many times, on cameras whose range follows a law that nobody tells.

MAVLink's ZOOM_TYPE_RANGE asks for a share of the range. The first is guessed; what the camera then shows
corrects it, so that one press is enough, and is remembered for the next.
"""

import asyncio
import bisect
import math
from collections.abc import Callable

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.asking import Ask, Asking, NotDone
from media.connector.readings import Readings

MOST = 20.0  # times, at the end of the range of a camera of which nothing is known
CLOSE = 0.05  # of what was asked for: near enough
CORRECTIONS = 5
_KEPT = 12  # what was learnt; of two that contradict each other the newer is kept
_LOOK_S, _STARTS_S, _SETTLES_S = 0.2, 0.6, 5.0
_STILL = 0.01


Law = tuple[Callable[[float], float], Callable[[float], float]]
# What of a zoom grows evenly with the share of the range, and back.
_LAWS: tuple[Law, ...] = (
    (math.log, lambda even: math.exp(min(50.0, even))),  # most cameras
    (lambda times: times, lambda even: even),
    (lambda times: -1 / times, lambda even: -1 / even),
)


class Curve:
    """Which share of its range, 0 to 100, a camera takes for a zoom: by what it was seen to do.

    Between two known shares the law holds that foresaw best what was seen last.
    """

    def __init__(self) -> None:
        self._known: dict[float, float] = {}
        self._law = _LAWS[0]

    def learn(self, percent: float, times: float) -> None:
        """With that share it shows this zoom."""
        if not 1 <= percent <= 100 or not 1 < times < 1000:
            return
        if self._known:
            self._law = min(_LAWS, key=lambda law: abs(self._times_for(percent, law) / times - 1))
        self._known = {
            at: seen
            for at, seen in [*self._known.items()][-_KEPT:]
            if (at < percent and seen < times) or (at > percent and seen > times)
        }
        self._known[percent] = times

    def percent_for(self, times: float) -> float:
        """The share to ask for."""
        grows, _ = self._law
        points = self._points
        (low, least), (high, most) = _around(points, [seen for _, seen in points], times)
        share = (grows(max(1.0, times)) - grows(least)) / (grows(most) - grows(least))
        return min(100.0, max(0.0, low + share * (high - low)))

    def _times_for(self, percent: float, law: Law) -> float:
        grows, back = law
        points = self._points
        (low, least), (high, most) = _around(points, [at for at, _ in points], percent)
        even = grows(least) + (percent - low) / (high - low) * (grows(most) - grows(least))
        if grows is _LAWS[2][0] and even >= 0:
            return math.inf  # nearer than anything
        return back(even)

    @property
    def _points(self) -> list[tuple[float, float]]:
        known = sorted(self._known.items())
        return [(0.0, 1.0), *(known or [(100.0, MOST)])]


def _around(
    points: list[tuple[float, float]], by: list[float], value: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The two between which it lies, or the two nearest."""
    n = min(max(1, bisect.bisect_left(by, value)), len(points) - 1)
    return points[n - 1], points[n]


class Zooming:
    """One camera's zoom. What is asked last counts; corrections go on after the answer."""

    def __init__(self, readings: Readings, asking: Asking) -> None:
        self._readings, self._asking, self._curve = readings, asking, Curve()
        self._percent = 0.0
        self._correcting: asyncio.Task[None] | None = None

    async def to(self, times: float) -> None:
        """Returns when the camera has taken the order. Raises NotDone."""
        self.stop()
        await self._ask(self._curve.percent_for(times))
        self._correcting = asyncio.create_task(self._correct(times))

    def stop(self) -> None:
        if self._correcting is not None:
            self._correcting.cancel()

    async def close(self) -> None:
        self.stop()
        if self._correcting is not None:
            await asyncio.gather(self._correcting, return_exceptions=True)

    async def _correct(self, times: float) -> None:
        for _ in range(CORRECTIONS):
            shown = await self._settled()
            if shown is None:
                return  # it does not say what it shows
            self._curve.learn(self._percent, shown)
            percent = self._curve.percent_for(times)
            if abs(shown / times - 1) <= CLOSE or abs(percent - self._percent) < 0.5:
                return
            try:
                await self._ask(percent)
            except NotDone:
                return

    async def _settled(self) -> float | None:
        """What it shows once that does not change any more."""
        loop = asyncio.get_running_loop()
        began, before = loop.time(), None
        while loop.time() - began < _SETTLES_S:
            await asyncio.sleep(_LOOK_S)
            now = self._readings.aiming.zoom(loop.time())
            still = now is not None and before is not None and abs(now / before - 1) <= _STILL
            if still and loop.time() - began >= _STARTS_S:
                return now
            before = now
        return before

    async def _ask(self, percent: float) -> None:
        self._percent = percent
        await self._asking.must(
            Ask(
                command=m.MAV_CMD_SET_CAMERA_ZOOM,
                params=(m.ZOOM_TYPE_RANGE, percent),
                component=self._readings.camera,
            )
        )
