"""Requests about drones in the air; bounded as in `bodies`."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID
from media.connector.drone_frames import Angle, Latitude, Longitude, Speed


class SendDrone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That drone, or the best."""

    drone_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None


class SteerDrone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Metres a second forward, right and up, degrees a second clockwise, for a second."""

    forward_mps: Speed = 0.0
    right_mps: Speed = 0.0
    up_mps: Speed = 0.0
    turn_dps: Annotated[float, msgspec.Meta(ge=-180, le=180)] = 0.0


class TurnGimbal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Degrees above the horizon, and from north or as the drone flies."""

    pitch_deg: Annotated[float, msgspec.Meta(ge=-90, le=30)]
    yaw_deg: Angle | None = None


class LookAt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    latitude: Latitude
    longitude: Longitude


class ZoomCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    times: Annotated[float, msgspec.Meta(ge=1, le=100)]
