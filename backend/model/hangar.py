"""What a page is shown of docks, drones and flights. Heights are metres above the ground."""

from datetime import datetime

import msgspec

from backend.model.docks import Parachute, Waiver
from backend.model.flights import Phase
from backend.model.groundings import Grounding
from backend.model.positions import Point


class AimView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a drone's camera looks. `footprint` are the corners of what is in the picture, on the ground.

    Empty when the horizon is in it. `at` is the middle of the picture.
    """

    pitch_deg: float | None
    yaw_deg: float | None
    across_deg: float | None
    zoom: float | None
    at: Point | None = None
    footprint: tuple[Point, ...] = ()


class DroneAt(msgspec.Struct, frozen=True, kw_only=True):
    """One drone as it was last believed. `charge` is 0 to 1, as far as anybody can know."""

    id: str
    incident_id: str | None  # whose flight it is
    at: datetime  # when it came to us
    point: Point
    height_m: float
    heading_deg: float | None
    ground_mps: float
    climb_mps: float
    charge: float
    volts: float | None
    satellites: int | None
    mode: str
    armed: bool
    in_air: bool
    parachute: Parachute
    aim: AimView | None
    trouble: tuple[str, ...] = ()


class DroneView(msgspec.Struct, frozen=True, kw_only=True):
    """A drone of a dock. `heard_at` is None while nothing of it is known."""

    id: str
    dock_id: str
    name: str
    model: str  # its airframe's name
    colour: bool
    thermal: bool
    heard_at: datetime | None
    charge: float | None
    parachute: Parachute
    trouble: str | None
    remote_id: str
    air_hours: float
    cycles: int  # of its battery
    service_due: str | None  # in words, when it is near or past
    flight_id: str | None = None


class WatchView(msgspec.Struct, frozen=True, kw_only=True):
    """Who is pilot in command for a dock now, and how many visual observers are there."""

    pilot_id: str
    pilot: str
    observers: int
    since: datetime


class DockView(msgspec.Struct, frozen=True, kw_only=True):
    """A dock with its drone."""

    id: str
    name: str
    point: Point
    roof_m: float
    waiver: Waiver
    trouble: str | None
    watch: WatchView | None
    drone: DroneView | None


class FlightView(msgspec.Struct, frozen=True, kw_only=True):
    """One flight. `leaves_at` is when it must go home at the latest; `steered_by` a name, or None.

    `route` is what it flies now, its last place first looked at from there; `warnings` are for the pilot, and
    `advice` is what the pilot can do about them.
    """

    id: str
    incident_id: str
    dock_id: str
    dock: str
    drone_id: str
    drone: str
    pilot_id: str
    pilot: str
    phase: Phase
    since: datetime
    launched_at: datetime
    on_scene_at: datetime | None
    ended_at: datetime | None
    to_scene_s: float | None  # planned, from the press
    leaves_at: datetime | None
    route: tuple[Point, ...]
    height_m: float
    holds: bool
    follows: bool  # the caller
    steered_by_id: str | None
    steered_by: str | None
    parachute_pressed: bool  # once: the next press fires
    colour_feed_id: str | None
    thermal_feed_id: str | None
    relieved_by: str | None  # the flight that takes over
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """What one drone can do for an incident: how long to the scene and there, or all reasons why not."""

    dock_id: str
    dock: str
    drone_id: str
    drone: str
    straight_m: float
    charge: float | None
    to_scene_s: float | None
    stays_s: float | None
    height_m: float | None
    away_m: float | None  # that it would look from
    route: tuple[Point, ...]
    groundings: tuple[Grounding, ...]


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """The best first, then others that can go, then those that cannot. `words` say why it is the best."""

    at: datetime
    answers: tuple[AnswerView, ...]
    words: str
    weather: str  # in words, with its age


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """A flight that a pilot in command has to confirm: its call type is on the agency's list."""

    incident_id: str
    drone_id: str
    drone: str
    dock: str
    to_scene_s: float
    offered_at: datetime


class UndockedView(msgspec.Struct, frozen=True, kw_only=True):
    """A drone that a connector speaks to and no dock has; `point` once it has said where it stands."""

    site_id: str
    site: str
    connector_id: str
    connector: str
    called: str
    label: str
    signed: bool
    point: Point | None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What became of something that was asked of a drone, by the drone's own answer."""

    accepted: bool
    words: str
    took_ms: int


class Hangar(msgspec.Struct, frozen=True, kw_only=True, tag="hangar"):
    """All docks, flights in the air and offers: told whole when any of them changed."""

    docks: tuple[DockView, ...]
    flights: tuple[FlightView, ...]
    offers: tuple[OfferView, ...] = ()


class FlightChanged(msgspec.Struct, frozen=True, kw_only=True, tag="flight"):
    """One flight is another now."""

    flight: FlightView


class DronesMoved(msgspec.Struct, frozen=True, kw_only=True, tag="drones-moved"):
    """Where drones are that move, five times a second."""

    drones: tuple[DroneAt, ...]
