"""What a dock's connector and the server say about drones, inside the frames of the one WebSocket.

Heights are metres above the dock that the drone stood in; angles are degrees, courses clockwise from true
north. A number that the drone does not give, or that is none, is null. Shared by both sides, so it knows
neither: msgspec and nothing else.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

MOST_DRONES = 16  # of one connector
MOST_POINTS = 200  # of one way
MOST_CORNERS = 500  # of one fence, all of its rings together
MOST_RINGS = 50
MOST_REPORTS = 64  # in one frame: what came while the network was slow
TELEMETRY_HZ = 5.0
STEER_LASTS_S = 1.0  # a drone that is steered and hears no more stays where it is

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.-]+\Z")]
Label = Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Words = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Height = Annotated[float, msgspec.Meta(ge=-500, le=5000)]
Angle = Annotated[float, msgspec.Meta(ge=-360, le=360)]
Speed = Annotated[float, msgspec.Meta(ge=-60, le=60)]


class Place(msgspec.Struct, frozen=True):
    """WGS 84, degrees."""

    latitude: Latitude
    longitude: Longitude


# What a drone is told


class Fence(msgspec.Struct, frozen=True, kw_only=True, tag="fence"):
    """Its own geofence, in place of the one it has: a ring to stay in, rings to stay out of, a ceiling."""

    keep_in: Annotated[tuple[Place, ...], msgspec.Meta(min_length=3, max_length=MOST_CORNERS)]
    keep_out: Annotated[tuple[tuple[Place, ...], ...], msgspec.Meta(max_length=MOST_RINGS)] = ()
    ceiling_m: Height


class Fly(msgspec.Struct, frozen=True, kw_only=True, tag="fly"):
    """Along these places at one height, camera level, and wait at the last; from the dock it takes off first.

    It is a mission of the drone's own: it goes on when nobody hears it any more.
    """

    points: Annotated[tuple[Place, ...], msgspec.Meta(min_length=1, max_length=MOST_POINTS)]
    height_m: Height
    speed_mps: Annotated[float, msgspec.Meta(gt=0, le=50)]


class Hold(msgspec.Struct, frozen=True, kw_only=True, tag="hold"):
    """Stay in the air where it is."""


class Return(msgspec.Struct, frozen=True, kw_only=True, tag="return"):
    """Home along these places, at one height, and land in the dock; with none by its own return."""

    points: Annotated[tuple[Place, ...], msgspec.Meta(max_length=MOST_POINTS)] = ()
    height_m: Height = 0.0


class Land(msgspec.Struct, frozen=True, kw_only=True, tag="land"):
    """Down, where it is."""


class Parachute(msgspec.Struct, frozen=True, kw_only=True, tag="parachute"):
    """Arm it, or fire it. The server has had two presses of the pilot's for firing."""

    fire: bool


class Steer(msgspec.Struct, frozen=True, kw_only=True, tag="steer"):
    """By hand: metres a second forward, right and up, degrees a second clockwise. Lasts STEER_LASTS_S."""

    forward_mps: Speed = 0.0
    right_mps: Speed = 0.0
    up_mps: Speed = 0.0
    turn_dps: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0


class Gimbal(msgspec.Struct, frozen=True, kw_only=True, tag="gimbal"):
    """Turn the camera: 0 is level and -90 straight down; the yaw from north, or as the drone flies."""

    pitch_deg: Annotated[float, msgspec.Meta(ge=-90, le=30)]
    yaw_deg: Angle | None = None


class LookAt(msgspec.Struct, frozen=True, kw_only=True, tag="look-at"):
    """Keep the camera on a place on the ground."""

    place: Place
    height_m: Height = 0.0


class TakeCamera(msgspec.Struct, frozen=True, kw_only=True, tag="take-camera"):
    """Have the camera steered from here, whoever steers it now: there is another pilot in command."""


class Zoom(msgspec.Struct, frozen=True, kw_only=True, tag="zoom"):
    """So many times nearer than without."""

    times: Annotated[float, msgspec.Meta(ge=1, le=100)]


Do = Fence | Fly | Hold | Return | Land | Parachute | Steer | Gimbal | LookAt | TakeCamera | Zoom


# What became of it


class Result(StrEnum):
    """MAV_RESULT in the common dialect, and what a link can add to it."""

    ACCEPTED = "accepted"
    REJECTED = "temporarily-rejected"
    DENIED = "denied"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"
    CANCELLED = "cancelled"  # another order took its place
    NO_ANSWER = "no-answer"  # after every repeat


# What a drone says


class Chute(StrEnum):
    """Its parachute."""

    NONE = "none"
    SAFE = "safe"
    ARMED = "armed"
    FIRED = "fired"


class Landed(StrEnum):
    """MAV_LANDED_STATE."""

    UNKNOWN = "unknown"
    GROUND = "ground"
    TAKING_OFF = "taking-off"
    AIR = "air"
    LANDING = "landing"


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """Its camera. `pitch_deg` above the horizon and `yaw_deg` from north; fields of view across and down.

    `thermal_low_c` and `thermal_high_c`: what black and white mean in its thermal picture, degrees Celsius.
    """

    pitch_deg: float | None = None
    yaw_deg: float | None = None
    across_deg: float | None = None
    down_deg: float | None = None
    zoom: float | None = None
    thermal_low_c: float | None = None
    thermal_high_c: float | None = None


class DroneState(msgspec.Struct, frozen=True, kw_only=True):
    """One drone at one moment, as it says itself. Nothing here is believed before it is judged.

    `clock_s` is its own since it began, `age_ms` how long the connector has had this. `charge` is 0 to 1.
    """

    drone: Name
    clock_s: float | None
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0
    latitude: float | None = None
    longitude: float | None = None
    height_m: float | None = None
    heading_deg: float | None = None
    course_deg: float | None = None
    ground_mps: float | None = None
    climb_mps: float | None = None
    charge: float | None = None
    volts: float | None = None
    amperes: float | None = None
    satellites: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None
    mode: Annotated[str, msgspec.Meta(max_length=24, pattern=r"^[0-9A-Za-z -]*\Z")] = ""
    armed: bool = False
    landed: Landed = Landed.UNKNOWN
    chute: Chute = Chute.NONE
    aim: Aim | None = None
    trouble: Annotated[tuple[Words, ...], msgspec.Meta(max_length=8)] = ()  # what its own checks say
    link: Annotated[bool, msgspec.Meta(description="heard within 2 s")] = True


class DroneReport(msgspec.Struct, frozen=True, kw_only=True):
    """A drone that it speaks to. `colour` and `thermal` are names of sources, kind drone.

    `system` is 0 until it was heard. `remote_id` is the serial number it broadcasts (ASTM F3411), where it
    gives one.
    """

    name: Name
    label: Label
    system: Annotated[int, msgspec.Meta(ge=0, le=255)]
    signed: bool
    colour: Name | None = None
    thermal: Name | None = None
    autopilot: Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""
    remote_id: Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[!-~]*\Z")] = ""
    trouble: Words | None = None
