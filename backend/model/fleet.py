"""The fleet: docks and drones as they are registered, who is on watch, and what a drone says of itself.

What `backend.model.docks` rules on is put together here from both. Rules and values only.
"""

import math
from datetime import datetime
from typing import Annotated

import msgspec

from backend.model.airframes import Airframe, Battery
from backend.model.docks import Dock, Drone, Parachute, Waiver
from backend.model.ids import ConnectorId, DockId, DroneId, SiteId, UserId, WatchId
from backend.model.positions import Point, distance_m

MOST_DOCKS = 500
IN_DOCK_M = 15.0  # from its dock, as a receiver on a roof says it
LOWEST_M, HIGHEST_M = -500.0, 5000.0  # above the dock: as far as anybody flies
SERVICE_SOON_H = 5.0
OLD_CYCLES = 300.0  # of a battery, by the makers of such packs

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
OnConnector = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.-]+\Z")]


class FleetDock(msgspec.Struct, frozen=True, kw_only=True):
    """A dock as it is registered, at one of the city's sites, whose connector speaks to its drone."""

    id: DockId
    site_id: SiteId
    connector_id: ConnectorId
    name: str
    point: Point
    waiver: Waiver
    added_at: datetime
    roof_m: float = 0.0
    trouble: str | None = None  # why nothing flies from it, in words
    retired_at: datetime | None = None

    @property
    def dock(self) -> Dock:
        return Dock(
            id=self.id,
            name=self.name,
            point=self.point,
            waiver=self.waiver,
            roof_m=self.roof_m,
            trouble=self.trouble,
        )


class FleetDrone(msgspec.Struct, frozen=True, kw_only=True):
    """A drone as it is registered, with its hours and cycles; `called` is its name on the connector."""

    id: DroneId
    dock_id: DockId
    called: str
    name: str
    airframe: Airframe
    capacity_wh: float
    added_at: datetime
    health: float = 1.0  # what of its battery's capacity a full charge holds
    air_s: float = 0.0
    cycles: float = 0.0  # full batteries that were flown
    service_every_h: float = 50.0
    serviced_air_s: float = 0.0  # in the air, when it was last looked after
    trouble: str | None = None  # why it stays, in words
    retired_at: datetime | None = None

    @property
    def service_due(self) -> str | None:
        """In words, when it is near or past, or the battery is old."""
        left_h = self.service_every_h - (self.air_s - self.serviced_air_s) / 3600
        if left_h <= 0:
            return f"Its service is overdue by {-left_h:.1f} hours in the air."
        if left_h <= SERVICE_SOON_H:
            return f"Its service is due in {left_h:.1f} hours in the air."
        if self.cycles >= OLD_CYCLES:
            return f"Its battery has been flown empty {self.cycles:.0f} times: have it measured."
        return None


class PilotWatch(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is pilot in command for a dock, with so many visual observers."""

    id: WatchId
    dock_id: DockId
    user_id: UserId
    since: datetime
    observers: int = 0
    ended_at: datetime | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """The last that a drone said of itself and that can be, with `received_at` by our clock."""

    received_at: datetime
    clock_s: float
    point: Point
    height_m: float  # above its dock
    ground_mps: float
    climb_mps: float
    charge: float
    heading_deg: float | None
    volts: float | None
    satellites: int | None
    mode: str
    armed: bool
    in_air: bool
    parachute: Parachute
    pitch_deg: float | None
    yaw_deg: float | None
    across_deg: float | None
    down_deg: float | None
    zoom: float | None
    trouble: tuple[str, ...]
    thermal_c: tuple[float, float] | None = None  # what black and white mean in its thermal picture


def finite(number: float | None) -> float | None:
    """The number, unless it is none."""
    return number if number is not None and math.isfinite(number) else None


def drone(fleet: FleetDrone, dock: FleetDock, heard: Heard | None, charge: float | None) -> Drone:
    """What the rules know of it. `charge` where something is known better than its gauge."""
    said = heard.charge if heard is not None else 0.0
    docked = heard is not None and not (heard.in_air or heard.armed)
    if heard is not None and docked:
        docked = distance_m(heard.point, dock.point) <= IN_DOCK_M
    return Drone(
        id=fleet.id,
        dock_id=fleet.dock_id,
        name=fleet.name,
        airframe=fleet.airframe,
        battery=Battery(
            capacity_wh=fleet.capacity_wh,
            health=fleet.health,
            charge=said if charge is None else charge,
        ),
        heard_at=heard.received_at if heard is not None else None,
        docked=docked or heard is None,  # of what was never heard, silence is the reason
        parachute=heard.parachute if heard is not None else Parachute.NONE,
        trouble=fleet.trouble or (" ".join(heard.trouble) if heard is not None and heard.trouble else None),
    )
