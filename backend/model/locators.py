"""Locators: what says where vehicles are: built into each, or a system that knows of all. Rules only."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from backend.model.positions import Position, PositionReport, PositionSource
from backend.model.tracks import AHEAD, Doubt

AT_ONCE = 250  # reports in one message; with all their fields within a body's 64 kB
ACCURACY_M = 25.0  # of a receiver that does not say


class LocatorReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one unit is. `unit` is a call sign, left out by a locator that belongs to one unit.

    When: `age_ms` by the sender's stopwatch, or `at` by its clock; with neither, now.
    """

    latitude: float
    longitude: float
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    accuracy_m: float = ACCURACY_M
    heading_deg: float | None = None
    speed_mps: float | None = None
    age_ms: int = 0
    at: datetime | None = None

    def received(self, now: datetime) -> Position | Doubt:
        """The position by our clock, or that it is from the future. Raises ValueError for nonsense."""
        age_ms = self.age_ms
        if self.at is not None:
            if self.at.tzinfo is None:
                raise ValueError("at has an offset, Z or +02:00")
            if self.at > now + AHEAD:
                return Doubt.FUTURE
            age_ms = min(86_400_000, max(0, int((now - self.at).total_seconds() * 1000)))
        return PositionReport(
            latitude=self.latitude,
            longitude=self.longitude,
            accuracy_m=self.accuracy_m,
            age_ms=age_ms,
            heading_deg=self.heading_deg,
            speed_mps=self.speed_mps,
        ).received(now, PositionSource.LOCATOR)


class Passed(StrEnum):
    """Why a report was passed over, beside the doubts about what it says (model/tracks)."""

    OFF_DUTY = "off-duty"  # nobody is on duty in that unit: where it is is nobody's business
    UNKNOWN_UNIT = "unknown-unit"  # or one that this locator may not speak of
    BAD_POSITION = "bad-position"
    TOO_OFTEN = "too-often"


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """One report of a message, by its place in it."""

    index: int
    why: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one message."""

    taken: int
    passed: tuple[PassedOver, ...]
