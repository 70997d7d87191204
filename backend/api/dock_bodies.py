"""Requests and answers about docks, drones and the sky; bounded as in `bodies`."""

from datetime import datetime
from typing import Annotated

import msgspec

from backend.api.bodies import ID, LINE
from backend.model.airframes import Airframe
from backend.model.docks import Waiver
from backend.model.fleet import Name, OnConnector
from backend.model.positions import Point
from backend.model.weather import Limits, Wind

Id = Annotated[str, msgspec.Meta(pattern=ID)]
Trouble = Annotated[str, msgspec.Meta(max_length=200, pattern=LINE)]
RoofM = Annotated[float, msgspec.Meta(ge=0, le=1000)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
MOST_AIRCRAFT = 250  # in one message


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A drone's figures by its maker's sheet, as `backend.model.airframes.Airframe` and its limits."""

    name: Name
    cruise_mps: float
    climb_mps: float
    descend_mps: float
    hover_w: float
    cruise_w: float
    climb_w: float
    ceiling_m: float = 120.0
    launch_s: float = 12.0
    reserve: float = 0.2
    wind_mps: float = 12.0
    gust_mps: float = 15.0
    rain_mmph: float = 2.5
    coldest_c: float = -10.0
    hottest_c: float = 45.0

    @property
    def airframe(self) -> Airframe:
        """Raises ValueError when no drone flies like that."""
        of_limits = ("wind_mps", "gust_mps", "rain_mmph", "coldest_c", "hottest_c")
        given = msgspec.structs.asdict(self)
        return Airframe(limits=Limits(**{name: given.pop(name) for name in of_limits}), **given)


class RegisterDrone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`called` is its name on the connector."""

    called: OnConnector
    name: Name
    sheet: Sheet
    capacity_wh: Annotated[float, msgspec.Meta(gt=0, le=100_000)]
    health: Share = 1.0
    service_every_h: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 50.0


class RegisterDock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    site_id: Id
    connector_id: Id
    name: Name
    point: Point
    waiver: Waiver
    drone: RegisterDrone
    roof_m: RoofM = 0.0


class AmendDock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. `trouble` shuts the dock; empty, it is open again."""

    name: Name | None = None
    roof_m: RoofM | None = None
    waiver: Waiver | None = None
    trouble: Trouble | None = None


class MaintainDrone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`trouble` keeps it in its dock; empty, it may fly again. `serviced` now."""

    trouble: Trouble | None = None
    health: Share | None = None
    serviced: bool = False


class TakeWatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many visual observers are there."""

    observers: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0


class SayWeather(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `backend.model.weather.Weather`; `at` is now when it is left out."""

    wind: Wind
    gust_mps: float
    rain_mmph: float
    visibility_m: float
    temperature_c: float
    cloud_base_m: float | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class HeardAircraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One aircraft by ADS-B: `age_ms` since its position; no height where it gives none."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=16, pattern=LINE)]
    point: Point
    track_deg: Annotated[float, msgspec.Meta(ge=0, le=360)]
    speed_mps: Annotated[float, msgspec.Meta(ge=0, le=1000)]
    height_m: Annotated[float, msgspec.Meta(ge=-500, le=30_000)] | None = None
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0


class HeardTraffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    aircraft: Annotated[tuple[HeardAircraft, ...], msgspec.Meta(max_length=MOST_AIRCRAFT)]


class TakenTraffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of them were news."""

    taken: int
