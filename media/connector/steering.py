"""Steering by hand: velocities sent over and over while somebody holds the stick, then a halt.

A drone flies such setpoints in a mode of its own, which it takes only while they come, so they begin first.
https://docs.px4.io/main/en/flight_modes/offboard.html, https://ardupilot.org/dev/docs/copter-commands-in-guided-mode.html
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector.asking import NotAsked, NotDone
from media.connector.drone_frames import STEER_LASTS_S, Result, Steer
from media.connector.flight_modes import STEERED
from media.connector.readings import Readings

_EVERY_S = 0.1
_ENTERS_S = 3.0  # an autopilot wants to see setpoints for a second before it obeys them
_AGAIN_S = 0.3
_LETS_GO_S = 2.0  # who was overruled must let go of the stick for so long
_MASK = 0b0000_0101_1100_0111  # velocity and yaw rate are given; position, acceleration and yaw are not


class Steering:
    """`offboard` asks for the mode, `hold` ends it; both raise NotDone. `tell` sends a message."""

    def __init__(
        self,
        system: int,
        readings: Readings,
        tell: Callable[[Any], None],
        offboard: Callable[[], Awaitable[None]],
        hold: Callable[[], Awaitable[None]],
    ) -> None:
        self._system, self._readings, self._tell = system, readings, tell
        self._offboard, self._hold = offboard, hold
        self._wanted = Steer()
        self._until = self._overruled_until = -math.inf
        self._task: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._entered: asyncio.Future[None] | None = None

    async def steer(self, wanted: Steer) -> None:
        """Returns when the drone obeys. Raises NotDone."""
        now = asyncio.get_running_loop().time()
        if now < self._overruled_until:
            self._overruled_until = now + _LETS_GO_S
            raise NotAsked(
                Result.REJECTED, f"It was taken over: it flies in {self._readings.mode or 'another mode'}."
            )
        if self._readings.on_ground:
            raise NotAsked(Result.REJECTED, "It is on the ground.")
        if self._readings.silent(now):  # what is sent has no acknowledgement of its own
            raise NotAsked(Result.NO_ANSWER, "Nothing is heard of it.")
        self._wanted, self._until = wanted, now + STEER_LASTS_S
        if self._task is None or self._task.done():
            self.stop()
            self._entered = asyncio.get_running_loop().create_future()
            self._entered.add_done_callback(_seen)
            self._task = asyncio.create_task(self._run(self._entered))
        assert self._entered is not None
        await asyncio.shield(self._entered)

    def stop(self) -> None:
        """Without a halt: another order follows."""
        for task in (self._task, self._ending):
            if task is not None:
                task.cancel()
        self._task = self._ending = None

    async def _run(self, entered: "asyncio.Future[None]") -> None:
        entering = asyncio.create_task(self._enter())
        loop = asyncio.get_running_loop()
        beats = 0
        try:
            while loop.time() < self._until or not entered.done():
                self._tell(self._setpoint(self._wanted if loop.time() < self._until else Steer()))
                if entering.done() and not entered.done():
                    error = entering.exception()
                    if error is not None:
                        entered.set_exception(error)
                        return
                    entered.set_result(None)
                    beats = self._readings.beats + 2  # the first may have been on its way
                if entered.done() and self._readings.beats >= beats and self._readings.mode not in STEERED:
                    # By a pilot's own ground station, or by the drone itself: theirs it is.
                    self._overruled_until = loop.time() + _LETS_GO_S
                    return
                await asyncio.sleep(_EVERY_S)
            self._task, self._ending = None, asyncio.current_task()
            others = self._readings.beats >= beats - 1 and self._readings.mode not in STEERED
            if not others:
                await self._end()
        finally:
            entering.cancel()
            if not entered.done():
                entered.set_exception(NotDone(Result.CANCELLED))

    async def _enter(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + _ENTERS_S
        await asyncio.sleep(_AGAIN_S)
        while True:
            try:
                await self._offboard()
                return
            except NotDone as error:
                if error.result is not Result.REJECTED or loop.time() > end:
                    raise
            await asyncio.sleep(_AGAIN_S)

    async def _end(self) -> None:
        """Nobody steers any more. Should the drone not hear it, it holds by itself when setpoints stop."""
        self._tell(self._setpoint(Steer()))
        try:
            await self._hold()
        except NotDone:
            return

    def _setpoint(self, wanted: Steer) -> Any:
        return m.MAVLink_set_position_target_local_ned_message(
            0, self._system, 1, m.MAV_FRAME_BODY_NED, _MASK, 0.0, 0.0, 0.0,
            wanted.forward_mps, wanted.right_mps, -wanted.up_mps, 0.0, 0.0, 0.0,
            0.0, math.radians(wanted.turn_dps),
        )  # fmt: skip


def _seen(done: "asyncio.Future[None]") -> None:
    """An exception that nobody waits for any more is no news."""
    if not done.cancelled():
        done.exception()
