"""How each order is carried out, step by step, with the ways that PX4 and ArduPilot have of their own.

A step that the drone does not take ends the order by NotDone.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.connector import missions
from media.connector.asking import NAN, Ask, Asking, NotAsked, NotDone
from media.connector.drone_frames import (
    Chute,
    Do,
    Fence,
    Fly,
    Gimbal,
    Hold,
    Land,
    LookAt,
    Parachute,
    Place,
    Result,
    Return,
    Steer,
    TakeCamera,
    Zoom,
)
from media.connector.flight_modes import ASKED, HOLD, MISSION, OFFBOARD, Kind
from media.connector.readings import Readings
from media.connector.steering import Steering
from media.connector.uploads import FENCE, Uploads
from media.connector.uploads import MISSION as MISSION_ITEMS
from media.connector.zooming import Zooming

_TAKES = -2  # whoever asks has it from now on
_FIRES = 15  # sends of what must not be lost
_FROM_NORTH = 4 | 8 | 16 | 64  # GIMBAL_MANAGER_FLAGS: horizon, and yaw locked to the earth


class Steps:
    """`take` returns when the drone has accepted an order. Raises NotDone. `me` is who steers its gimbal."""

    def __init__(
        self,
        system: int,
        readings: Readings,
        asking: Asking,
        uploads: Uploads,
        tell: Callable[[Any], None],
        me: tuple[int, int],
    ) -> None:
        self._readings, self._asking, self._uploads, self._me = readings, asking, uploads, me
        self._zooming = Zooming(readings, asking)
        self._steering = Steering(system, readings, tell, lambda: self._mode(OFFBOARD), self._hold)
        self._taking: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Nobody steers any more: another order follows."""
        self._steering.stop()

    async def close(self) -> None:
        self._steering.stop()
        await self._zooming.close()
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.gather(self._taking, return_exceptions=True)

    async def take(self, do: Do) -> None:
        match do:
            case Fence():
                await self._fence(do)
            case Fly():
                await self._fly(do)
            case Hold():
                await self._hold()
            case Return():
                await self._return(do)
            case Land():
                await self._asking.must(Ask(command=m.MAV_CMD_NAV_LAND, params=(0, 0, 0, NAN)))
            case Parachute():
                await self._parachute(fire=do.fire)
            case Steer():
                await self._steering.steer(do)
            case Gimbal():
                await self._control()
                await self._point(do.pitch_deg, do.yaw_deg)
            case LookAt():
                await self._control()
                await self._asking.must(
                    Ask(
                        command=m.MAV_CMD_DO_SET_ROI_LOCATION,
                        component=self._readings.gimbal_manager,
                        place=do.place,
                        height_m=do.height_m,
                    )
                )
            case Zoom():
                await self._zooming.to(do.times)
            case TakeCamera():
                await self._take_camera()

    # Where it goes

    async def _mode(self, mode: str) -> None:
        asked = ASKED[self._readings.kind].get(mode)
        if asked is None:
            raise NotAsked(Result.UNSUPPORTED, "Its autopilot is neither PX4 nor ArduPilot.")
        params = (m.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED, *asked)
        await self._asking.must(Ask(command=m.MAV_CMD_DO_SET_MODE, params=params))

    async def _hold(self) -> None:
        if self._readings.kind is Kind.OTHER:
            await self._asking.must(Ask(command=m.MAV_CMD_DO_PAUSE_CONTINUE))
        else:
            await self._mode(HOLD)

    async def _fly(self, do: Fly) -> None:
        here = self._readings.place(asyncio.get_running_loop().time())
        if here is None:
            raise NotAsked(Result.REJECTED, "It does not know where it is.")
        up_from = Place(*here) if self._readings.on_ground else None
        await self._level()
        await self._upload(do.points, do.height_m, do.speed_mps, up_from, lands=False)
        if up_from is None:
            await self._start()
            return
        if self._readings.kind is Kind.ARDUPILOT:  # it is armed in no automatic mode
            await self._mode(HOLD)
        await self._asking.must(Ask(command=m.MAV_CMD_COMPONENT_ARM_DISARM, params=(1,)))
        try:
            await self._start()
        except NotDone:
            await self._asking.command(Ask(command=m.MAV_CMD_COMPONENT_ARM_DISARM, params=(0,)), sends=2)
            raise

    async def _return(self, do: Return) -> None:
        if not do.points:
            await self._asking.must(Ask(command=m.MAV_CMD_NAV_RETURN_TO_LAUNCH))
            return
        if self._readings.on_ground:
            raise NotAsked(Result.REJECTED, "It is on the ground.")
        await self._level()
        await self._upload(do.points, do.height_m, None, None, lands=True)
        await self._start()

    async def _upload(
        self,
        points: tuple[Place, ...],
        height_m: float,
        speed: float | None,
        up_from: Place | None,
        *,
        lands: bool,
    ) -> None:
        readings = self._readings
        if readings.kind is Kind.ARDUPILOT and up_from is None:
            await self._mode(HOLD)  # it would begin the new one somewhere in its middle
        items = missions.way(
            points,
            height_m,
            speed,
            kind=readings.kind,
            up_from=up_from,
            gimbal=readings.aiming.has_gimbal,
            lands=lands,
        )
        await self._uploads.put(MISSION_ITEMS, items)

    async def _start(self) -> None:
        if self._readings.kind is Kind.ARDUPILOT:
            await self._asking.must(Ask(command=m.MAV_CMD_DO_SET_MISSION_CURRENT, params=(0, 1)))
        result = await self._asking.command(Ask(command=m.MAV_CMD_MISSION_START))
        if result is Result.UNSUPPORTED and self._readings.kind is not Kind.OTHER:
            await self._mode(MISSION)
        elif result is not Result.ACCEPTED:
            raise NotDone(result)

    # What keeps it in, and what catches it

    async def _fence(self, do: Fence) -> None:
        """The areas, then the ceiling, which autopilots keep as a parameter."""
        await self._uploads.put(FENCE, missions.fence(do))
        match self._readings.kind:
            case Kind.ARDUPILOT:
                await self._asking.set_parameter("FENCE_ALT_MAX", do.ceiling_m)
                await self._asking.must(Ask(command=m.MAV_CMD_DO_FENCE_ENABLE, params=(1,)))
            case _:
                await self._asking.set_parameter("GF_MAX_VER_DIST", do.ceiling_m)

    async def _parachute(self, *, fire: bool) -> None:
        what = m.PARACHUTE_RELEASE if fire else m.PARACHUTE_ENABLE
        ask = Ask(command=m.MAV_CMD_DO_PARACHUTE, params=(what,))
        result = await self._asking.command(ask, sends=_FIRES if fire else 5)
        fitted = self._readings.chute(asyncio.get_running_loop().time()) is not Chute.NONE
        if fire and result is Result.UNSUPPORTED and fitted:  # PX4 fires it by ending the flight
            end = Ask(command=m.MAV_CMD_DO_FLIGHTTERMINATION, params=(1,))
            result = await self._asking.command(end, sends=_FIRES)
        if result is not Result.ACCEPTED:
            raise NotDone(result)

    # Its camera

    async def _level(self) -> None:
        """Before a way: forward and level. A camera that cannot be had is no reason to stay."""
        if self._readings.aiming.has_gimbal:
            try:
                await self._control()
                await self._point(0.0, None, sends=2)
            except NotDone:
                return

    async def _control(self) -> None:
        """Primary control of the gimbal, unless it says that we have it. Not taken from somebody else."""
        if self._readings.gimbal_by == self._me:
            return
        if self._taking is None or self._taking.done():
            ask = Ask(
                command=m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE,
                params=(*self._me, -1, -1, NAN, NAN, 0),
                component=self._readings.gimbal_manager,
            )
            self._taking = asyncio.create_task(self._asking.must(ask))
            self._taking.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(self._taking)  # who comes after a cancelled order waits for the same answer

    async def _take_camera(self) -> None:
        """Primary control, from whoever has it: a pilot in command has said so."""
        if not self._readings.aiming.has_gimbal or self._readings.gimbal_by == self._me:
            return
        ask = Ask(
            command=m.MAV_CMD_DO_GIMBAL_MANAGER_CONFIGURE,
            params=(_TAKES, 0, -1, -1, NAN, NAN, 0),
            component=self._readings.gimbal_manager,
        )
        await self._asking.must(ask)

    async def _point(self, pitch_deg: float, yaw_deg: float | None, *, sends: int = 5) -> None:
        """Level with the horizon; yaw from north, or with the nose."""
        yaw = 0.0 if yaw_deg is None else math.remainder(yaw_deg, 360)
        flags = missions.LEVEL if yaw_deg is None else _FROM_NORTH
        ask = Ask(
            command=m.MAV_CMD_DO_GIMBAL_MANAGER_PITCHYAW,
            params=(pitch_deg, yaw, NAN, NAN, flags, 0, 0),
            component=self._readings.gimbal_manager,
        )
        await self._asking.must(ask, sends=sends)
