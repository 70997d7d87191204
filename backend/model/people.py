"""People of an agency, by role, and the units they ride in."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import SessionId, UnitId, UserId
from backend.model.positions import Position

NAME_CHARS = 64  # of an account


class Role(StrEnum):
    """What somebody may do. A supervisor may all that a dispatcher may; an owner is no staff at all.

    A pilot flies drones: sees every open incident as an officer on it does, and none of its numbers.
    An auditor looks at what others did: sees no picture and no incident, and administers nothing.
    """

    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    PILOT = "pilot"  # in command of drones
    SUPERVISOR = "supervisor"
    OWNER = "owner"  # of cameras: sees their own sites and nothing of any incident
    AUDITOR = "auditor"  # closes the findings of the weekly review, and nobody else does


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Who is sent: a patrol car and its crew. Nobody in `crew`: nobody is on duty there."""

    id: UnitId
    call_sign: str
    position: Position | None = None
    crew: "tuple[CrewMember, ...]" = ()


class CrewMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on duty in a unit."""

    user_id: UserId
    name: str  # display name
    since: datetime


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `name` is what one signs in with.

    `unit_id` is where an officer is on duty now; `usual_unit_id` is offered first when they sign on.
    """

    id: UserId
    name: str
    display_name: str
    role: Role
    unit_id: UnitId | None = None
    usual_unit_id: UnitId | None = None


class StaffSession(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. Its cookie is stored only hashed. While it is locked it is shown nothing."""

    id: SessionId
    user: User
    expires_at: datetime
    device: str = ""  # in words, as far as it is known
    locked_at: datetime | None = None
