"""How a quadcopter moves: a point of mass with an attitude, rotors that need power, air that resists.

Thrust acts along the body's up axis, which turns at a limited rate; power is momentum theory's (Leishman,
Principles of Helicopter Aerodynamics, ch. 2). The trapezoid rule keeps gravity's energy exactly.
"""

import math

import msgspec

from media.simulator.earth import Vector, toward, turn

GRAVITY = 9.80665
TURNS_PER_S = 2.0  # of how far its heading is off
_RHO = 1.225  # kg/m³
_ATTITUDE_S, _THRUST_S = 0.12, 0.06  # time constants of what the rate controllers and the rotors do
_LAID_DOWN = 0.2  # of weight: below this much thrust it stands where it landed


class Airframe(msgspec.Struct, frozen=True, kw_only=True):
    """A quadcopter as police departments fly them."""

    mass_kg: float = 4.0
    disk_m2: float = 0.456  # of four 15-inch propellers
    drag_per_m: float = 0.012  # deceleration is this times airspeed squared
    efficiency: float = 0.55  # from the battery to the air
    avionics_w: float = 25.0
    thrust_to_weight: float = 2.0
    tilt_deg: float = 35.0
    tilt_rate_deg_s: float = 200.0
    yaw_rate_deg_s: float = 90.0
    chute_fall_m_s: float = 4.5  # under its parachute
    chute_opens_s: float = 1.2
    hard_m_s: float = 3.0  # it does not survive a touchdown faster than this


class Body:
    """One drone's motion. Everything it reaches is by forces; only the ground stops it at once."""

    def __init__(self, airframe: Airframe, at: Vector, yaw_deg: float = 0.0, ground_m: float = 0.0) -> None:
        self.airframe = airframe
        self.position, self.velocity = at, (0.0, 0.0, 0.0)
        self.up: Vector = (0.0, 0.0, 1.0)  # the body's own
        self.yaw_deg, self.yaw_rate_deg_s = yaw_deg, 0.0
        self.thrust = 0.0  # m/s², force by mass
        self.felt: Vector = (0.0, 0.0, GRAVITY)  # what its accelerometer says, m/s²
        self.power_w = airframe.avionics_w
        self.motors = 4
        self.chute_s: float | None = None  # since it was fired
        self.impact_m_s = 0.0  # of the hardest touchdown
        self._ground = ground_m

    @property
    def on_ground(self) -> bool:
        return self.position[2] <= self._ground

    @property
    def broken(self) -> bool:
        limit = self.airframe.hard_m_s if self.chute_s is None else self.airframe.chute_fall_m_s * 1.6
        return self.impact_m_s > limit

    @property
    def roll_pitch_deg(self) -> tuple[float, float]:
        """Nose up and right wing down are positive."""
        yaw = math.radians(self.yaw_deg)
        sin, cos = math.sin(yaw), math.cos(yaw)
        forward = self.up[0] * sin + self.up[1] * cos
        right = self.up[0] * cos - self.up[1] * sin
        pitch = -math.atan2(forward, self.up[2])
        roll = math.asin(max(-1.0, min(1.0, right)))
        return math.degrees(roll), math.degrees(pitch)

    @property
    def tilt_deg(self) -> float:
        return math.degrees(math.acos(max(-1.0, min(1.0, self.up[2]))))

    def step(self, dt: float, force: Vector, yaw_deg: float, wind: Vector, spinning: bool) -> None:
        """`force`: what the autopilot asks of the rotors, by mass and gravity's share included, m/s²."""
        self._turn(dt, force, yaw_deg, spinning)
        frame, up, v = self.airframe, self.up, self.velocity
        wanted = 0.0
        if spinning and self.motors == 4:
            along = force[0] * up[0] + force[1] * up[1] + force[2] * up[2]
            wanted = max(0.1 * GRAVITY, min(frame.thrust_to_weight * GRAVITY, along))
        self.thrust += (wanted - self.thrust) * (1 - math.exp(-dt / _THRUST_S))
        air = (v[0] - wind[0], v[1] - wind[1], v[2] - wind[2])
        speed = math.sqrt(air[0] ** 2 + air[1] ** 2 + air[2] ** 2)
        self.power_w = self._power(air, speed) if spinning else frame.avionics_w
        if self.on_ground and self.thrust < GRAVITY and v[2] <= 0:
            self.velocity, self.felt = (0.0, 0.0, 0.0), (0.0, 0.0, GRAVITY)
            if self.thrust < _LAID_DOWN * GRAVITY and self.motors == 4:
                self.up = (0.0, 0.0, 1.0)
            return
        drag = self._drag() * speed
        drag /= 1 + drag * dt  # never more than stops it
        t = self.thrust
        self.felt = (t * up[0] - drag * air[0], t * up[1] - drag * air[1], t * up[2] - drag * air[2])
        after = (
            v[0] + self.felt[0] * dt,
            v[1] + self.felt[1] * dt,
            v[2] + (self.felt[2] - GRAVITY) * dt,
        )
        x = self.position
        self.position = (
            x[0] + (v[0] + after[0]) / 2 * dt,
            x[1] + (v[1] + after[1]) / 2 * dt,
            x[2] + (v[2] + after[2]) / 2 * dt,
        )
        self.velocity = after
        if self.position[2] <= self._ground and after[2] <= 0:
            self.impact_m_s = max(self.impact_m_s, -after[2])
            self.position = (self.position[0], self.position[1], self._ground)
            self.velocity = (0.0, 0.0, 0.0)

    def _turn(self, dt: float, force: Vector, yaw_deg: float, spinning: bool) -> None:
        frame = self.airframe
        if self.chute_s is not None:
            self.chute_s += dt
            self.yaw_rate_deg_s = toward(self.yaw_rate_deg_s, 10.0, 200 * dt)
            self.yaw_deg = turn(self.yaw_deg + self.yaw_rate_deg_s * dt)
            self._lean((0.0, 0.0, 1.0), dt, 90.0)
            return
        if self.motors < 4 and not self.on_ground:  # three arms lift what four did: it rolls over, spinning
            self.yaw_rate_deg_s = toward(self.yaw_rate_deg_s, 360.0, 600 * dt)
            self.yaw_deg = turn(self.yaw_deg + self.yaw_rate_deg_s * dt)
            yaw = math.radians(self.yaw_deg)
            self._lean((math.cos(yaw), -math.sin(yaw), -0.5), dt, 150.0)
            return
        if not spinning or self.on_ground:
            self.yaw_rate_deg_s = 0.0
            return
        rate = turn(yaw_deg - self.yaw_deg) * TURNS_PER_S
        rate = max(-frame.yaw_rate_deg_s, min(frame.yaw_rate_deg_s, rate))
        self.yaw_rate_deg_s = toward(self.yaw_rate_deg_s, rate, 180 * dt)
        self.yaw_deg = turn(self.yaw_deg + self.yaw_rate_deg_s * dt)
        size = math.sqrt(force[0] ** 2 + force[1] ** 2 + force[2] ** 2)
        if size > 0.1:
            self._lean((force[0] / size, force[1] / size, force[2] / size), dt, frame.tilt_rate_deg_s)

    def _lean(self, wanted: Vector, dt: float, rate_deg_s: float) -> None:
        up = self.up
        cos = max(-1.0, min(1.0, up[0] * wanted[0] + up[1] * wanted[1] + up[2] * wanted[2]))
        angle = math.acos(cos)
        if angle < 1e-6:
            return
        step = min(angle * (1 - math.exp(-dt / _ATTITUDE_S)), math.radians(rate_deg_s) * dt)
        share = step / angle
        mixed = tuple(a + (b - a) * share for a, b in zip(up, wanted, strict=True))
        size = math.sqrt(sum(part * part for part in mixed)) or 1.0
        self.up = (mixed[0] / size, mixed[1] / size, mixed[2] / size)

    def _drag(self) -> float:
        if self.chute_s is None:
            return self.airframe.drag_per_m
        open_ = min(1.0, self.chute_s / self.airframe.chute_opens_s)
        return self.airframe.drag_per_m + open_**2 * GRAVITY / self.airframe.chute_fall_m_s**2

    def _power(self, air: Vector, speed: float) -> float:
        """What the battery gives, W: induced power, and what thrust does against the air that meets it."""
        frame, newtons = self.airframe, self.thrust * self.airframe.mass_kg
        hover2 = newtons / (2 * _RHO * frame.disk_m2)  # the induced velocity in hover, squared
        half = speed * speed / 2
        induced = math.sqrt(math.sqrt(half * half + hover2 * hover2) - half)
        through = air[0] * self.up[0] + air[1] * self.up[1] + air[2] * self.up[2]
        shaft = newtons * max(0.5 * math.sqrt(hover2), induced + through)
        return frame.avionics_w + shaft / frame.efficiency
