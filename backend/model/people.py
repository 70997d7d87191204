"""People of an agency, by role, and the units they ride in."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import SessionId, UnitId, UserId
from backend.model.positions import Position

NAME_CHARS = 64  # of an account


class Role(StrEnum):
    """What somebody may do. A supervisor may all that a dispatcher may; an owner is no staff at all.

    An auditor looks at what others did: sees no picture and no incident, and administers nothing.
    """

    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    OWNER = "owner"  # of cameras: sees their own sites and nothing of any incident
    AUDITOR = "auditor"  # closes the findings of the weekly review, and nobody else does


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Who is sent: a patrol car and its crew."""

    id: UnitId
    call_sign: str
    position: Position | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `name` is what one signs in with."""

    id: UserId
    name: str
    display_name: str
    role: Role
    unit_id: UnitId | None = None


class StaffSession(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. Its cookie is stored only hashed."""

    id: SessionId
    user: User
    expires_at: datetime
