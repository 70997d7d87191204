"""Sealing and erasing: what a supervisor keeps from the public for a time, or for good. Rules only."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from backend.model.disclosure import AT_ONCE, DISTRICT, LATER, NEVER
from backend.model.ids import UseId, UserId
from backend.model.uses import LeafKind

MOST_DAYS = 180


class SealReason(StrEnum):
    """Why a use is withheld. There is no "other"."""

    INVESTIGATION = "investigation"  # an open investigation would be hurt
    COURT = "court"  # a court has ordered it
    SAFETY = "safety"  # somebody would be in danger


class EraseReason(StrEnum):
    """Why fields of a use are erased. There is no "other"."""

    COURT = "court"  # a court has ordered it
    LAW = "law"  # a law asks for it
    SAFETY = "safety"  # somebody is in danger
    MISTAKE = "mistake"  # it should never have been written


class Erased(StrEnum):
    """What is erased of a use."""

    PLACE = "place"
    PERSON = "person"
    WORDS = "words"  # of an answer to a contest
    EVERYTHING = "everything"


# The use's own name stays, so that it is seen of which entries something was erased; so does what says so.
_STAY = frozenset({"use"})
_SAYS_SO = frozenset({LeafKind.SEAL, LeafKind.UNSEAL, LeafKind.ERASE})
_ALL = frozenset().union(NEVER, {DISTRICT}, *AT_ONCE.values(), *LATER.values()) - _STAY
FIELDS: Mapping[Erased, frozenset[str]] = {
    Erased.PLACE: frozenset({"camera", DISTRICT, "distance"}),
    Erased.PERSON: frozenset({"officer", "unit", "role", "assigned"}),
    Erased.WORDS: frozenset({"words"}),
    Erased.EVERYTHING: _ALL,
}


def erased(what: Erased, kind: LeafKind) -> frozenset[str]:
    """The fields of such a leaf that are erased with that."""
    return frozenset() if kind in _SAYS_SO else FIELDS[what]


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A use that is withheld. `number` is that of the leaf which says so."""

    number: int
    use_id: UseId
    by: UserId
    why: SealReason
    at: datetime
    until: datetime
    lifted_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.lifted_at is None and now < self.until


def last_day(now: datetime, days: int, zone: ZoneInfo) -> date:
    """The last day of a seal that holds so many, today the first. Of the time of day it says nothing."""
    return now.astimezone(zone).date() + timedelta(days=days - 1)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day is over by the agency's clock."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


class SealView(msgspec.Struct, frozen=True, kw_only=True):
    """What withholds a use, for supervisors."""

    by: str
    why: SealReason
    last_day: date


class LoggedUse(msgspec.Struct, frozen=True, kw_only=True):
    """A use in the public log, for supervisors: they know what the public does not.

    `opens_at` is when the rest becomes public: None while the incident is open, and when it has. `erased`
    names the fields that are gone of any of its entries.
    """

    id: UseId
    number: int
    at: datetime
    source: str
    category: str
    reason: str
    who: str
    camera: str | None
    entries: int
    published: bool
    complete: bool
    opens_at: datetime | None
    seal: SealView | None
    erased: tuple[str, ...]
    over: bool
