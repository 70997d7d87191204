"""Flights: one drone's way from its dock and back, who commands it, and who steers.

Rules only: `advance` says which step may follow which, `steer` that one person steers at a time, and
`press_parachute` that it takes two presses. The pilot in command (14 CFR 107.19) can do all of it, always.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import DockId, DroneId, FlightId, IncidentId, UserId

PRESS_AGAIN_AFTER = timedelta(milliseconds=500)  # one press that bounces is not two
PRESS_AGAIN_WITHIN = timedelta(seconds=8)
STEERING_LASTS = timedelta(seconds=30)  # without a command: then another may take it


class Phase(StrEnum):
    """Where in its flight a drone is."""

    LAUNCHING = "launching"
    EN_ROUTE = "en-route"
    ON_SCENE = "on-scene"
    HANDING_OVER = "handing-over"  # the next one is coming, or is there
    RETURNING = "returning"
    DIVERTED = "diverted"  # on its way to land elsewhere
    LANDED = "landed"
    PARACHUTE = "parachute"  # fired: it comes down where it is


AIRBORNE = frozenset(Phase) - {Phase.LANDED, Phase.PARACHUTE}
_HOMEWARD = frozenset({Phase.RETURNING, Phase.DIVERTED, Phase.LANDED, Phase.PARACHUTE})
_NEXT = {
    Phase.LAUNCHING: _HOMEWARD | {Phase.EN_ROUTE},
    Phase.EN_ROUTE: _HOMEWARD | {Phase.ON_SCENE},
    Phase.ON_SCENE: _HOMEWARD | {Phase.EN_ROUTE, Phase.HANDING_OVER},  # en route again: the incident moved
    Phase.HANDING_OVER: _HOMEWARD | {Phase.ON_SCENE, Phase.EN_ROUTE},  # on scene again: the next one failed
    Phase.RETURNING: {Phase.DIVERTED, Phase.LANDED, Phase.PARACHUTE, Phase.EN_ROUTE},  # sent on: replanned
    Phase.DIVERTED: {Phase.LANDED, Phase.PARACHUTE},
    Phase.LANDED: frozenset[Phase](),
    Phase.PARACHUTE: frozenset[Phase](),
}


class Denied(StrEnum):
    """Why a step was not taken, with `WORDS` for whoever pressed."""

    NOT_NEXT = "not-next"
    OVER = "over"
    NOT_PILOT = "not-pilot"
    STEERED = "steered"
    NOT_STEERING = "not-steering"


WORDS = {
    Denied.NOT_NEXT: "The drone cannot do that from where it is in its flight.",
    Denied.OVER: "The flight is over.",
    Denied.NOT_PILOT: "Only the pilot in command does that: take command first.",
    Denied.STEERED: "Somebody else is steering: ask them, or take command.",
    Denied.NOT_STEERING: "You are not steering: take the controls first.",
}


class Press(msgspec.Struct, frozen=True):
    """The first of the two presses that fire the parachute."""

    by: UserId
    at: datetime


class Steering(msgspec.Struct, frozen=True):
    """Who steers drone and camera by hand, and when they last did."""

    by: UserId
    at: datetime


class Flight(msgspec.Struct, frozen=True, kw_only=True):
    """One flight for one incident. Before it there is a drone in its dock, and no flight."""

    id: FlightId
    dock_id: DockId
    drone_id: DroneId
    incident_id: IncidentId
    pilot: UserId  # in command
    launched_at: datetime
    phase: Phase = Phase.LAUNCHING
    since: datetime  # in this phase
    steering: Steering | None = None
    holds: bool = False  # it stays where it is until it is told to go on
    pressed: Press | None = None
    relieved_by: FlightId | None = None


def advance(flight: Flight, phase: Phase, now: datetime) -> Flight | Denied:
    """The flight in its next phase. What a drone reports of itself goes this way too."""
    if flight.phase not in AIRBORNE:
        return Denied.OVER
    if phase not in _NEXT[flight.phase]:
        return Denied.NOT_NEXT
    over = phase not in AIRBORNE
    return msgspec.structs.replace(
        flight,
        phase=phase,
        since=now,
        holds=False,
        steering=None if over else flight.steering,
        pressed=None if over else flight.pressed,
    )


def hold(flight: Flight, who: UserId, now: datetime) -> Flight | Denied:
    """Stay in the air at this place. Anybody who may steer may say so."""
    taken = steer(flight, who, now)
    return taken if isinstance(taken, Denied) else msgspec.structs.replace(taken, holds=True)


def go_on(flight: Flight, who: UserId, now: datetime) -> Flight | Denied:
    """End a hold."""
    taken = steer(flight, who, now)
    return taken if isinstance(taken, Denied) else msgspec.structs.replace(taken, holds=False)


def take_command(flight: Flight, pilot: UserId) -> Flight | Denied:
    """Another pilot in command, from any ground station. Who steered does no more, and half a press is none.

    That this person may be one is asked before.
    """
    if flight.phase not in AIRBORNE:
        return Denied.OVER
    return msgspec.structs.replace(flight, pilot=pilot, steering=None, pressed=None)


def steer(flight: Flight, who: UserId, now: datetime) -> Flight | Denied:
    """Take the controls, or use them. The pilot in command takes them from anybody."""
    if flight.phase not in AIRBORNE:
        return Denied.OVER
    held = flight.steering
    if held is not None and held.by != who and who != flight.pilot and now < held.at + STEERING_LASTS:
        return Denied.STEERED
    return msgspec.structs.replace(flight, steering=Steering(who, now))


def let_go(flight: Flight, who: UserId) -> Flight | Denied:
    """Give the controls back to the plan."""
    if flight.steering is None or flight.steering.by != who:
        return Denied.NOT_STEERING
    return msgspec.structs.replace(flight, steering=None)


def press_parachute(flight: Flight, who: UserId, now: datetime) -> Flight | Denied:
    """The first press arms, the second by the same pilot fires: then the flight is in PARACHUTE."""
    if flight.phase not in AIRBORNE:
        return Denied.OVER
    if who != flight.pilot:
        return Denied.NOT_PILOT
    first = flight.pressed
    if first is not None and first.by == who and now < first.at + PRESS_AGAIN_AFTER:
        return flight  # the same press, bounced
    if first is not None and first.by == who and now <= first.at + PRESS_AGAIN_WITHIN:
        return advance(flight, Phase.PARACHUTE, now)
    return msgspec.structs.replace(flight, pressed=Press(who, now))
