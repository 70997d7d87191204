"""The autopilot: what the drone is asked to do, and what of that it refuses. How it flies is in flying."""

import math

from media.simulator.earth import Vector, heading
from media.simulator.fence import Fence
from media.simulator.flying import REACHED_M, STALE_S, Flying, Mode, Refusal, Setpoint
from media.simulator.mission import Cmd, Item, check, fence, objection

FLOWN = {mode.value: mode for mode in Mode if mode not in (Mode.READY, Mode.DESCEND, Mode.TERMINATED)}


class Autopilot(Flying):
    """Each order raises Refusal."""

    def objections(self) -> list[str]:
        """Why it may not be armed."""
        found = []
        if not self.gps:
            found.append("no GPS position")
        if self.body.motors < 4:
            found.append("a motor does not answer")
        if self.body.broken or self.body.chute_s is not None:
            found.append("it has come down hard and must be looked at")
        if self.battery.said < self.parameters["SIM_BAT_RESERVE"] + 0.05:
            found.append("the battery is too low")
        if words := self.fence.breach(self.body.position[:2]):
            found.append(f"its place is {words}")
        return found

    def arm(self) -> None:
        if self.armed:
            return
        if self.mode is Mode.TERMINATED or (found := self.objections()):
            words = found[0] if self.mode is not Mode.TERMINATED else "its flight was terminated"
            raise Refusal(f"Not armed: {words}", later=True)
        self.armed, self.home, self.touched_s = True, self.body.position, 0.0
        self.target, self._crumbs, self.spent = self.body.position, [], False
        self.mode = Mode.HOLD

    def disarm(self, *, force: bool = False) -> None:
        if self.flying and not force:
            raise Refusal("Not disarmed: it is flying", later=True)
        self.armed = False
        if self.mode is not Mode.TERMINATED:
            self.mode = Mode.READY

    def take_off(self, height_m: float | None) -> None:
        """None: as high as the parameter says; else metres above the dock."""
        self._must_obey()
        if self.flying:
            raise Refusal("It is in the air", later=True)
        height = self.parameters["MIS_TAKEOFF_ALT"] if height_m is None else height_m
        if not 1 <= height <= (self.fence.ceiling_m or math.inf):
            raise Refusal("That height is not allowed")
        at = self.body.position
        self.target = (at[0], at[1], self.home[2] + height)
        self.yaw_deg = self.body.yaw_deg
        self.mode, self.touched_s = Mode.TAKEOFF, 0.0

    def go(self, place: Vector, yaw_deg: float | None = None, speed_m_s: float | None = None) -> None:
        """There in a straight line, and hold."""
        self._must_fly()
        self._allowed(place)
        self.change_speed(speed_m_s)
        self.target, self.mode = place, Mode.HOLD
        at = self.body.position
        if yaw_deg is not None:
            self.yaw_deg = yaw_deg
        elif math.dist(at[:2], place[:2]) > REACHED_M:
            self.yaw_deg = heading(place[0] - at[0], place[1] - at[1])

    def hold(self) -> None:
        self._must_fly()
        self.stop()

    def change_speed(self, speed_m_s: float | None) -> None:
        if speed_m_s is None:
            return
        if not 0.5 <= speed_m_s <= 23:
            raise Refusal("It flies between 0.5 and 23 m/s")
        self._speed = speed_m_s

    def fly_mission(self, number: int | None = None) -> None:
        self._must_obey()
        if not self.items:
            raise Refusal("There is no mission")
        if number is not None:
            self.set_current(number)
        if self.current >= len(self.items):
            self.current = 0
        rest = self.items[self.current :]
        if words := objection(rest, self.body.position, self.fence, self.origin, self.home):
            raise Refusal(f"Mission not flown: {words}")
        self._waited_s, self.mode = 0.0, Mode.MISSION
        if self.body.on_ground and rest[0].cmd != Cmd.TAKEOFF:
            first = next((place for item in rest if (place := item.place(self.origin, self.home))), None)
            climb = first[2] - self.home[2] if first else self.parameters["MIS_TAKEOFF_ALT"]
            self.take_off(max(2.0, min(climb, self.parameters["MIS_TAKEOFF_ALT"])))
            self._then_mission = True

    def set_current(self, number: int) -> None:
        if not 0 <= number < len(self.items):
            raise Refusal("The mission has no such item")
        self.current, self._waited_s = number, 0.0

    def set_mission(self, items: list[Item]) -> None:
        """Instead of the one that it has. Raises BadItem."""
        self.items = [check(item, self.origin) for item in items]
        self.current, self.reached = 0, -1
        if self.mode is Mode.MISSION:
            self.stop()

    def set_fence(self, items: list[Item]) -> None:
        """Instead of the one that it has. Raises BadItem, and Refusal when it shuts the drone or dock out."""
        areas = fence(items, self.origin)
        for what, place in (("the drone", self.body.position), ("its dock", self.home)):
            if words := Fence(areas).breach(place[:2]):
                raise Refusal(f"Fence not taken: {what} is {words}")
        self.areas, self.fence_items = areas, items
        if self.flying and self.mode in (Mode.HOLD, Mode.MISSION):
            self.stop()  # where it was going may not be allowed any more

    def go_home(self, why: str = "") -> None:
        self._must_fly()
        self.come_home(why)

    def land(self) -> None:
        self._must_fly()
        self.come_down()

    def offboard(self) -> None:
        self._must_fly()
        if self._setpoint_s > STALE_S:
            raise Refusal("No setpoint comes in", later=True)
        self.mode = Mode.OFFBOARD

    def steer(self) -> None:
        """By hand."""
        self._must_fly()
        self.mode, self.target, self.yaw_deg = Mode.STICKS, self.body.position, self.body.yaw_deg

    def enter(self, mode: Mode) -> None:
        """As a ground station's mode switch does."""
        steps = {
            Mode.TAKEOFF: lambda: self.take_off(None),
            Mode.HOLD: self.hold,
            Mode.MISSION: self.fly_mission,
            Mode.RETURN: self.go_home,
            Mode.LAND: self.land,
            Mode.STICKS: self.steer,
            Mode.OFFBOARD: self.offboard,
        }
        if mode is Mode.HOLD and not self.flying and self.mode is not Mode.TERMINATED:
            return  # on the ground it holds anyway
        steps[mode]()

    def set_sticks(self, forward: float, right: float, up: float, turning: float) -> None:
        self.sticks, self._sticks_s = (forward, right, up, turning), 0.0

    def set_point(self, setpoint: Setpoint) -> None:
        self._setpoint, self._setpoint_s = setpoint, 0.0

    def arm_chute(self, armed: bool) -> None:
        if not self.chute_fitted:
            raise Refusal("It has no parachute")
        self.chute_armed = armed

    def terminate(self) -> None:
        """Rotors off, by parachute if there is one."""
        if self.flying and self.chute_fitted and self.chute_armed:
            self.fire_chute("terminated")
        else:
            self.mode, self.armed = Mode.TERMINATED, False

    def _must_obey(self) -> None:
        if self.mode is Mode.TERMINATED:
            raise Refusal("Its flight was terminated")
        if not self.armed:
            raise Refusal("It is not armed", later=True)
        if not self.gps:
            raise Refusal("It has no GPS position", later=True)
        if self.spent:
            raise Refusal("The battery is almost empty")

    def _must_fly(self) -> None:
        self._must_obey()
        if not self.flying:
            raise Refusal("It is on the ground", later=True)

    def _allowed(self, place: Vector) -> None:
        fence_ = self.fence
        if place[2] - self.home[2] < 1:
            raise Refusal("That is too low")
        if words := fence_.breach(place[:2], place[2] - self.home[2]):
            raise Refusal(f"That place is {words}")
        if fence_.crossed(self.body.position[:2], place[:2]):
            raise Refusal("The straight way there leaves the fence")
