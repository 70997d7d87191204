"""The agency's own sources: body-worn and dash cameras, encoders, and what says where vehicles are."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import CameraId, DeviceId, UnitId

TOKEN_PREFIX = "dvc_"  # noqa: S105  no secret itself, and no grant's secret has it


class DeviceKind(StrEnum):
    BODY_WORN = "body-worn"
    DASH = "dash"
    ENCODER = "encoder"  # OBS, GStreamer, anything that speaks WHIP, in a fixed place
    LOCATOR = "locator"  # says where a unit is, or where all of them are, and publishes nothing
    STATION = "station"  # says what the weather is, and which aircraft it hears


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """It publishes by WHIP with a token of its own, and only while there is an emergency for it.

    A body-worn or dash camera belongs to a unit and publishes for the incident that its unit is on; an
    encoder brings the picture of one registered camera, and publishes while that is opened. A locator is of
    one unit, or of the whole fleet; a station is of the whole city.
    """

    id: DeviceId
    kind: DeviceKind
    name: str
    added_at: datetime
    unit_id: UnitId | None = None
    camera_id: CameraId | None = None
    seen_at: datetime | None = None
    retired_at: datetime | None = None
