"""Flying: how the drone goes where it wants, in each of its modes, and how it stops, lands and returns.

`step` answers what force it wants of the rotors; Body does the rest. It knows only what sensors would tell
it: without GPS it knows its height and attitude and nothing else. What it may be asked is in autopilot.
"""

import collections
import enum
import math

import msgspec

from media.simulator.air import Weather
from media.simulator.battery import Battery
from media.simulator.dynamics import GRAVITY, TURNS_PER_S, Body
from media.simulator.earth import Origin, Vector, heading
from media.simulator.fence import Circle, Fence, Polygon
from media.simulator.gimbal import Gimbal
from media.simulator.mission import Cmd, Item
from media.simulator.parameters import Parameters

REACHED_M = 2.0
_SLOWING_M_S2, _PUSH_M_S2 = 3.0, 5.0
_DRAG_S = 0.3  # over which it takes the mean of what its accelerometer says of the air
_STRAIN_M_S2 = 5.0  # against the air; what tilt is left beyond it is for braking
_HOVER_W_KG = 120.0  # from the battery, a little more than it takes
_SAID = 50  # sentences that wait for the link; the oldest are dropped
_CRUMBS, _CRUMB_M = 600, 15.0
_LIFTS_WITHIN_S = 8.0
STALE_S = 0.6  # of a setpoint or a stick
_LOWEST_CHUTE_M = 8.0


class Mode(enum.Enum):
    """PX4's main mode and, below 4 (auto), its sub mode."""

    READY = (4, 1)
    TAKEOFF = (4, 2)
    HOLD = (4, 3)  # also while it goes to where it was told to hold
    MISSION = (4, 4)
    RETURN = (4, 5)
    LAND = (4, 6)
    STICKS = (3, 0)  # PX4's position mode
    OFFBOARD = (6, 0)
    DESCEND = (0, 0)  # without a position; told as LAND, as PX4 does
    TERMINATED = (10, 0)


class Refusal(Exception):
    """It does not do that, and why; `later`: the same may be done at another time."""

    def __init__(self, words: str, *, later: bool = False) -> None:
        super().__init__(words)
        self.later = later


class Setpoint(msgspec.Struct, frozen=True):
    """From outside, for OFFBOARD; None where that is not steered."""

    position: Vector | None
    velocity: Vector | None
    yaw_deg: float | None
    yaw_deg_s: float | None = None


class Said(msgspec.Struct, frozen=True):
    severity: int  # MAV_SEVERITY
    text: str


class Flying:
    """A drone in one of its modes. Modes are PX4's by their numbers."""

    def __init__(self, body: Body, battery: Battery, gimbal: Gimbal, origin: Origin, name: str = "") -> None:
        self.body, self.battery, self.gimbal, self.origin, self.name = body, battery, gimbal, origin, name
        self.parameters = Parameters()
        self.mode, self.armed = Mode.READY, False
        self.home = body.position
        self.gps = True
        self.chute_armed, self.chute_fitted = True, True
        self.link_s: float | None = None  # since a ground station was heard; None until there was one
        self.said: collections.deque[Said] = collections.deque(maxlen=_SAID)
        self.items: list[Item] = []
        self.current, self.reached = 0, -1
        self.areas: tuple[Circle | Polygon, ...] = ()
        self.fence_items: list[Item] = []
        self.target: Vector = body.position
        self.yaw_deg = body.yaw_deg
        self.weather = Weather(wind_m_s=0)  # what it reckons with on the way back
        self.flown_s = 0.0
        self.sticks = (0.0, 0.0, 0.0, 0.0)  # forward, right, up, turn; -1 up to 1
        self.spent = False  # the battery is almost empty: it lands and nothing else
        self.touched_s = 0.0  # on the ground with nothing more to do
        self._sticks_s = math.inf
        self._setpoint = Setpoint(None, None, None)
        self._setpoint_s = math.inf
        self._speed = self.parameters["MPC_XY_CRUISE"]
        self._waited_s = 0.0
        self._drag = [0.0, 0.0, 0.0]  # what the air does to it, m/s²
        self._crumbs: list[tuple[float, float]] = []
        self._back: list[tuple[float, float]] = []
        self._climbed = False
        self._then_mission = False  # once it has taken off

    @property
    def fence(self) -> Fence:
        areas, far = self.areas, self.parameters["GF_MAX_HOR_DIST"]
        if far:
            areas = (*areas, Circle(self.home[:2], far, True))
        return Fence(areas, self.parameters["GF_MAX_VER_DIST"] or None)

    @property
    def height_m(self) -> float:
        """Above the dock."""
        return self.body.position[2] - self.home[2]

    @property
    def flying(self) -> bool:
        return self.armed and not self.body.on_ground

    @property
    def landed(self) -> bool:
        return self.body.on_ground and self.mode is not Mode.TAKEOFF

    def fire_chute(self, why: str) -> None:
        """Rotors stop and it hangs; there is no way back."""
        if self.body.chute_s is not None:
            return
        if not self.chute_fitted or not self.chute_armed:
            raise Refusal("The parachute is not armed")
        if self.body.on_ground:
            raise Refusal("It is on the ground")
        self.body.chute_s = 0.0
        self.mode = Mode.TERMINATED
        self.armed = False
        self.say(0, f"Parachute fired: {why}")

    def say(self, severity: int, text: str) -> None:
        self.said.append(Said(severity, text[:199]))

    def home_wh(self) -> float:
        """What the way back would take from the battery now, landing included; the wind as it was told."""
        at, frame = self.body.position, self.body.airframe
        flat = math.dist(at[:2], self.home[:2])
        back = heading(self.home[0] - at[0], self.home[1] - at[1])
        against = self.weather.wind_m_s * 1.3 * math.cos(math.radians(self.weather.from_deg - back))
        ground_m_s = max(3.0, min(self._cruise, 20.0 - max(0.0, against)))
        airspeed = ground_m_s + max(0.0, against)
        watts = frame.mass_kg * max(_HOVER_W_KG, 35 + frame.drag_per_m * airspeed**3 / frame.efficiency)
        slow_s = max(0.0, self.height_m) / self.parameters["MPC_Z_VEL_MAX_DN"] + 25
        return (1.1 * watts * flat / ground_m_s + _HOVER_W_KG * frame.mass_kg * slow_s) / 3600

    # What it does, step by step.

    def step(self, dt: float) -> tuple[Vector, float]:
        """The force wanted of the rotors by mass, m/s², and the heading wanted, degrees."""
        self._setpoint_s, self._sticks_s = self._setpoint_s + dt, self._sticks_s + dt
        if self.link_s is not None:
            self.link_s += dt
        if not self.armed:
            return (0.0, 0.0, 0.0), self.body.yaw_deg
        if self.flying:
            self.flown_s += dt
            self._drop_crumb()
        wanted = self._wanted(dt)
        if wanted is None:  # stands
            self._drag = [0.0, 0.0, 0.0]
            return (0.0, 0.0, 0.0), self.body.yaw_deg
        if self.gps:
            soft = max(self.parameters["MPC_LAND_SPEED"], 0.5 * self.height_m)  # near the ground
            calm = min(1.0, _STRAIN_M_S2 / max(0.1, math.hypot(self._drag[0], self._drag[1])))
            wanted = wanted[0] * calm, wanted[1] * calm, max(-soft, wanted[2])
            velocity = self.fence.limit(self.body.position[:2], self.height_m, wanted)
            return self._force(dt, velocity), self.yaw_deg
        up = max(-1.0, min(1.0, (wanted[2] - self.body.velocity[2]) * 2.0))
        return (0.0, 0.0, GRAVITY + up), self.body.yaw_deg

    @property
    def _cruise(self) -> float:
        return min(self._speed, 23.0)

    def _wanted(self, dt: float) -> Vector | None:
        """Where to, as a velocity; None: rotors idle on the ground."""
        at = self.body.position
        match self.mode:
            case Mode.TAKEOFF:
                self.touched_s = self.touched_s + dt if self.body.on_ground else 0.0
                if self.touched_s > _LIFTS_WITHIN_S:
                    self.say(3, "It does not lift")
                    return self._stand(dt, 0.0)
                if at[2] > self.target[2] - 0.7:
                    self.mode = Mode.MISSION if self._then_mission else Mode.HOLD
                    self._then_mission = False
                return self._toward(self.target)
            case Mode.HOLD:
                return self._stand(dt, 20.0) if self.body.on_ground else self._toward(self.target)
            case Mode.MISSION:
                return self._on_mission(dt)
            case Mode.RETURN:
                return self._on_return(dt)
            case Mode.LAND | Mode.DESCEND:
                return self._coming_down(dt)
            case Mode.STICKS:
                return self._by_hand(dt)
            case Mode.OFFBOARD:
                return self._from_outside()
        return None

    def _toward(self, target: Vector, speed: float | None = None) -> Vector:
        at, most = self.body.position, self._cruise if speed is None else speed
        east, north = target[0] - at[0], target[1] - at[1]
        flat = math.hypot(east, north)
        fast = min(most, math.sqrt(2 * _SLOWING_M_S2 * flat) * 0.8, 0.9 * flat)
        share = fast / flat if flat > 1e-6 else 0.0
        up = target[2] - at[2]
        down_most, up_most = self.parameters["MPC_Z_VEL_MAX_DN"], self.parameters["MPC_Z_VEL_MAX_UP"]
        return east * share, north * share, max(-down_most, min(up_most, 0.9 * up))

    def _on_mission(self, dt: float) -> Vector | None:
        for _ in range(len(self.items) + 1):  # items that take no time are done at once
            if self.current >= len(self.items):
                self.say(6, "Mission finished")
                self.stop()
                return self._wanted(dt)
            item = self.items[self.current]
            if not self._do_item(item, dt):
                break
            if self.mode is not Mode.MISSION:
                return self._wanted(dt)
            self.reached, self._waited_s = self.current, 0.0
            self.current += 1
        return self._toward(self.target)

    def _do_item(self, item: Item, dt: float) -> bool:
        """Whether it is done."""
        p = item.params
        match item.cmd:
            case Cmd.WAYPOINT | Cmd.TAKEOFF | Cmd.LOITER_UNLIMITED | Cmd.LOITER_TIME | Cmd.LAND:
                place = item.place(self.origin, self.home)
                at = self.body.position
                if place is None:
                    place = (
                        self.target[0],
                        self.target[1],
                        item.z + self.home[2] if item.z else self.target[2],
                    )
                if item.cmd == Cmd.LAND:
                    place = (place[0], place[1], max(place[2], at[2]))
                if self.target != place:
                    self.target = place
                    if math.isfinite(p[3]) and p[3]:
                        self.yaw_deg = p[3]
                    elif math.dist(at[:2], place[:2]) > 5:
                        self.yaw_deg = heading(place[0] - at[0], place[1] - at[1])
                near = max(REACHED_M, p[1] if math.isfinite(p[1]) else 0.0)
                if math.dist(at, place) > near or item.cmd == Cmd.LOITER_UNLIMITED:
                    return False
                if item.cmd == Cmd.LAND:
                    self.come_down()
                    return True
                return self._waits(p[0] if item.cmd != Cmd.TAKEOFF else 0.0, dt)
            case Cmd.DELAY:
                return self._waits(p[0], dt)
            case Cmd.RETURN:
                self.come_home("")
            case Cmd.CHANGE_SPEED:
                if 0.5 <= p[1] <= 23:
                    self._speed = p[1]
            case Cmd.ROI_LOCATION:
                self.gimbal.look_at(item.place(self.origin, self.home))
            case Cmd.ROI_NONE:
                self.gimbal.look_at(None)
            case Cmd.MOUNT_CONTROL:
                self.gimbal.point(_number(p[0]), _number(p[2]), locked=False)
            case Cmd.GIMBAL_PITCH_YAW:
                self.gimbal.point(_number(p[0]), _number(p[1]), locked=bool(int(item.x) & 16))
        return True

    def _waits(self, seconds: float, dt: float) -> bool:
        self._waited_s += dt
        return not (math.isfinite(seconds) and self._waited_s < min(seconds, 3600))

    def _on_return(self, dt: float) -> Vector | None:
        at = self.body.position
        if self.body.on_ground:
            return self._stand(dt, 1.0)
        height = min(self.parameters["RTL_RETURN_ALT"], (self.fence.ceiling_m or math.inf) - 5)
        far = math.dist(at[:2], self.home[:2])
        if not self._climbed:
            up = self.home[2] + max(height, self.height_m) if far > 10 else at[2]
            self.target = (self.target[0], self.target[1], min(up, self.home[2] + height))
            if at[2] < self.target[2] - 1 and far > 10:
                return self._toward(self.target)
            self._climbed = True
        while self._back and (
            math.dist(at[:2], self._back[0]) < 5
            or (len(self._back) > 1 and not self.fence.crossed(at[:2], self._back[1]))
        ):
            self._back.pop(0)
        if self._back and math.dist(self._back[0], self.home[:2]) > 1:
            place = (*self._back[0], self.target[2])
            self.yaw_deg = heading(place[0] - at[0], place[1] - at[1])
            return self._toward(place)
        if far > REACHED_M:
            if far > 10:
                self.yaw_deg = heading(self.home[0] - at[0], self.home[1] - at[1])
            return self._toward((self.home[0], self.home[1], self.target[2]))
        self.target = (self.home[0], self.home[1], at[2])
        return self._coming_down(dt)

    def _coming_down(self, dt: float) -> Vector | None:
        if self.body.on_ground:
            return self._stand(dt, 1.0)
        above = self.body.position[2] - self.home[2]
        slow = self.parameters["MPC_LAND_SPEED"]
        fall = max(slow, min(self.parameters["MPC_Z_VEL_MAX_DN"], (above - 2) * 0.5))
        if self.mode is Mode.DESCEND:
            fall = min(fall, 1.5)
        east, north, _ = self._toward(self.target)
        return east, north, -fall

    def _stand(self, dt: float, seconds: float) -> Vector | None:
        """On the ground: disarms itself after a while."""
        self.touched_s += dt
        if self.touched_s > seconds:
            self.armed, self.mode = False, Mode.READY
            self.say(6, "Disarmed by landing")
        return None

    def _by_hand(self, dt: float) -> Vector | None:
        if self._sticks_s > STALE_S:
            if self.body.on_ground:
                return self._stand(dt, 20.0)
            return self._toward(self.target)
        forward, right, up, turning = self.sticks
        if self.body.on_ground and up <= 0:
            return self._stand(dt, 20.0)
        yaw = math.radians(self.body.yaw_deg)
        self.yaw_deg = self.body.yaw_deg + 30 * turning
        self.target = self._where_it_stops()
        sin, cos, fast = math.sin(yaw), math.cos(yaw), self._cruise
        limit = self.parameters["MPC_Z_VEL_MAX_UP" if up > 0 else "MPC_Z_VEL_MAX_DN"]
        return fast * (forward * sin + right * cos), fast * (forward * cos - right * sin), up * limit

    def _from_outside(self) -> Vector | None:
        if self._setpoint_s > STALE_S:
            self.say(4, "Setpoints stopped: holding")
            self.stop()
            return self._toward(self.target)
        point = self._setpoint
        if point.yaw_deg is not None:
            self.yaw_deg = point.yaw_deg
        elif point.yaw_deg_s is not None:
            self.yaw_deg = self.body.yaw_deg + point.yaw_deg_s / TURNS_PER_S
        east, north, up = self._toward(point.position) if point.position else (0.0, 0.0, 0.0)
        if point.velocity:
            east, north, up = east + point.velocity[0], north + point.velocity[1], up + point.velocity[2]
        fast = math.hypot(east, north)
        if fast > 23:
            east, north = east * 23 / fast, north * 23 / fast
        down_most, up_most = self.parameters["MPC_Z_VEL_MAX_DN"], self.parameters["MPC_Z_VEL_MAX_UP"]
        return east, north, max(-down_most, min(up_most, up))

    def _force(self, dt: float, velocity: Vector) -> Vector:
        """A velocity controller that gives back what the air takes, as its accelerometer tells."""
        body, force = self.body, [0.0, 0.0, 0.0]
        share = 1 - math.exp(-dt / _DRAG_S)
        for n in range(3):
            drag = body.thrust * body.up[n] - body.felt[n]
            self._drag[n] += (drag - self._drag[n]) * share
            push = max(-_PUSH_M_S2, min(_PUSH_M_S2, 1.8 * (velocity[n] - body.velocity[n])))
            force[n] = push + self._drag[n]
        up = max(0.7 * GRAVITY, GRAVITY + force[2])  # less would leave nothing to brake with
        flat = math.hypot(force[0], force[1])
        most = up * math.tan(math.radians(self.parameters["MPC_TILTMAX_AIR"]))
        share = min(1.0, most / flat) if flat > 0 else 1.0
        return force[0] * share, force[1] * share, up

    # What failsafes.py has it do.

    def stop(self) -> None:
        """Holds where it can come to rest."""
        self.mode, self.target = Mode.HOLD, self._where_it_stops()

    def come_down(self) -> None:
        """Lands where it is."""
        self.mode, self.target, self.touched_s = Mode.LAND, self._where_it_stops(), 0.0

    def come_home(self, why: str) -> None:
        """`why` is said; nothing is said for an order."""
        if self.mode is Mode.RETURN:
            return
        self.mode, self.target, self.touched_s, self._climbed = (
            Mode.RETURN,
            self._where_it_stops(),
            0.0,
            False,
        )
        crossed = self.fence.crossed(self.body.position[:2], self.home[:2])
        self._back = [*reversed(self._crumbs), self.home[:2]] if crossed else []
        if why:
            self.say(4, f"Returning: {why}")

    def give_up(self, why: str) -> None:
        """Rotors off, under the parachute if that can still help."""
        if self.chute_fitted and self.chute_armed and self.height_m > _LOWEST_CHUTE_M:
            self.fire_chute(why)
        else:
            self.mode, self.armed = Mode.TERMINATED, False

    def _drop_crumb(self) -> None:
        """Where it came along, so that it can go back the same way when the straight one is not allowed."""
        at = self.body.position[:2]
        if (
            self.gps
            and self.mode is not Mode.RETURN
            and (not self._crumbs or math.dist(at, self._crumbs[-1]) > _CRUMB_M)
        ):
            self._crumbs.append(at)
            if len(self._crumbs) > _CRUMBS:  # every second of the older ones goes
                del self._crumbs[1 : _CRUMBS // 2 : 2]

    def _where_it_stops(self) -> Vector:
        at, v = self.body.position, self.body.velocity
        share = 0.35 + math.hypot(v[0], v[1]) / (2 * _SLOWING_M_S2)
        place = at[0] + v[0] * share, at[1] + v[1] * share
        if self.fence.crossed(at[:2], place):
            place = at[:2]
        return place[0], place[1], at[2] + 0.4 * v[2]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
