"""Duty: an officer signs on to a unit and off again; between the two they see what it is sent to.

Rules and values only. Where a unit is, is known while somebody is on duty in it, and at no other time.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import DutyId, UnitId, UserId


class Crew(StrEnum):
    """What somebody means to do where others are on duty already."""

    ALONE = "alone"  # nothing: it is refused, and who is there is said
    JOIN = "join"
    TAKE_OVER = "take-over"  # the others are signed off, and told by whom


class DutyEnd(StrEnum):
    """Why somebody is on duty no more."""

    SIGNED_OFF = "signed-off"
    CHANGED = "changed"  # to another unit
    TAKEN_OVER = "taken-over"
    SIGNED_OUT = "signed-out"  # the last session ended, by hand or by time


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One person's time in one unit. Of a person at most one has not ended."""

    id: DutyId
    user_id: UserId
    unit_id: UnitId
    since: datetime
    ended_at: datetime | None = None
    end: DutyEnd | None = None
    ended_by: UserId | None = None


class DutyView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own last duty: where one is on, or why no more. `by` is who took over, by name."""

    unit_id: str
    since: datetime
    ended_at: datetime | None
    end: DutyEnd | None
    by: str | None
