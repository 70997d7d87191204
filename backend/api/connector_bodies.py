"""Requests and answers about connectors, devices and officers' own phones; bounded as in `bodies`."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID, LINE
from backend.model.devices import Device, DeviceKind


class EnrolmentCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To be typed in beside the cameras; shown once."""

    code: str
    seconds_left: int


class RegisterDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`unit_id` of what a unit carries, `camera_id` of an encoder."""

    kind: DeviceKind
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=LINE)]
    unit_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None
    camera_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None


class RegisteredDevice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and with what it publishes by WHIP; the token is shown once."""

    device: Device
    token: str
    whip: str


class ShareCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where and with what an officer's own phone posts its offer."""

    bearer: str
    whip: str
    feed_id: str
