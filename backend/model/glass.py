"""Broken glass: a supervisor lets one officer see one incident that the rules lock them out of.

For half an hour at most, for a reason from a fixed list, and in public at once. It opens the incident and
nothing of an owner's: `model.cameras` is asked as ever. Rules only; no clock, no I/O.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import GlassId, IncidentId, UserId
from backend.model.people import Role, User
from backend.model.refusals import Refusal

MOST_MINUTES = 30
MOST = timedelta(minutes=MOST_MINUTES)
LIVE_AT_ONCE = 8  # of one incident: more are no exception


class GlassReason(StrEnum):
    """Why glass is broken. There is no "other": what is not here is no reason."""

    NEAREST = "nearest"  # the nearest help, and no time to assign it
    OFFICER_IN_DANGER = "officer-in-danger"
    SPECIALIST = "specialist"  # a negotiator, a bomb technician
    TAKES_COMMAND = "takes-command"
    MUTUAL_AID = "mutual-aid"  # helps from another district or agency


class GlassEnd(StrEnum):
    """What ended it."""

    EXPIRED = "expired"
    REVOKED = "revoked"  # by a supervisor
    INCIDENT_CLOSED = "incident-closed"
    LOG_AWAY = "log-away"  # it could not be written down, so it never held


class BrokenGlass(msgspec.Struct, frozen=True, kw_only=True):
    """`number` is that of the leaf which says so: it holds once the public log has that, and not before."""

    id: GlassId
    incident_id: IncidentId
    user_id: UserId  # who may see it
    by: UserId
    reason: GlassReason
    at: datetime
    expires_at: datetime
    number: int
    ended_at: datetime | None = None
    end: GlassEnd | None = None


class GlassView(msgspec.Struct, frozen=True, kw_only=True):
    """One that holds, as the desk and who it is for see it. `index` is its entry in the public log."""

    id: str
    user_id: str
    user: str  # display name
    by: str  # display name
    reason: GlassReason
    at: datetime
    expires_at: datetime
    index: int


def why_not(whom: User, unit_ids: tuple[str, ...]) -> Refusal | None:
    """Why no glass may be broken for this person: it is for officers whom the rules lock out."""
    locked_out = whom.role is Role.OFFICER and (whom.unit_id is None or whom.unit_id not in unit_ids)
    return None if locked_out else Refusal.NOT_LOCKED_OUT


def lasts(minutes: int) -> timedelta:
    """How long it holds, half an hour at most."""
    if minutes < 1:
        raise ValueError("glass is broken for a minute at least")
    return min(timedelta(minutes=minutes), MOST)
