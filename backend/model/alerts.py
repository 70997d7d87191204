"""Alerts: officers whose unit is sent must know at once, and the dispatcher must know when none of them does.

Rules and values only.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import AlertId, IncidentId, PushId, ResponseId, UnitId, UserId
from backend.model.openings import Reach
from backend.model.owners import PushSubscription
from backend.model.positions import Position, distance_m

ANSWER_WITHIN = timedelta(seconds=15)  # then the dispatcher is told
LASTS = timedelta(minutes=2)  # after that no phone rings any more
WATCHED = timedelta(days=1)  # after that nobody waits for an answer
LONGEST_WAIT = timedelta(seconds=15)
FRESH = timedelta(minutes=2)  # of a unit's position, for the unit to be offered
CLOSING_LASTS = timedelta(hours=1)  # for a phone without a network: then its old notification stays
CLOSING_TRIES = 6


class Over(StrEnum):
    """Why an alert asks nothing of anybody any more."""

    ANSWERED = "answered"  # somebody of the unit, or the desk for it
    ENDED = "ended"  # the unit was released or is clear, or the incident is closed


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One unit told of one response, once. `silent_at`: the dispatcher was told that nobody answered."""

    id: AlertId
    response_id: ResponseId
    incident_id: IncidentId
    unit_id: UnitId
    raised_at: datetime
    expires_at: datetime
    reach: Reach
    acknowledged_at: datetime | None = None
    acknowledged_by: UserId | None = None
    silent_at: datetime | None = None
    next_unit_id: UnitId | None = None  # who is offered instead


class AlertPush(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is to be told of an alert, and once it has been (`told_at`), of its end."""

    alert_id: AlertId
    push_id: PushId
    user_id: UserId
    due_at: datetime
    attempts: int = 0  # to tell it what it is to be told now
    told_at: datetime | None = None


class DuePush(msgspec.Struct, frozen=True, kw_only=True):
    """The same with all that is needed to tell it."""

    alert_id: AlertId
    incident_id: IncidentId
    expires_at: datetime  # of the alert
    attempts: int
    to: PushSubscription
    over: Over | None  # this is to be told, quietly


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """How an alert of a unit that is not clear stands, as all who see the incident see it."""

    id: str
    unit_id: str
    raised_at: datetime
    reach: Reach
    acknowledged_at: datetime | None
    acknowledged_by: str | None  # display name
    silent_at: datetime | None
    next_unit_id: str | None


def wait(attempts: int) -> timedelta:
    """Until the next try, after so many that have failed."""
    return min(timedelta(seconds=2 ** min(attempts - 1, 10)), LONGEST_WAIT)


def nearest(
    to: Position, units: Iterable[tuple[UnitId, Position]], but: Collection[str], now: datetime
) -> UnitId | None:
    """The unit that is nearest by air of those whose position is not old; None when there is none."""
    fresh = [(distance_m(to, at), unit) for unit, at in units if unit not in but and now - at.at <= FRESH]
    return min(fresh)[1] if fresh else None
