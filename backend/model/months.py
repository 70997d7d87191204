"""Months by the agency's clock, which statements and the public page are made for."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is 2026-11."""

    name: str
    starts_at: datetime
    ends_at: datetime


def calendar_month(year: int, number: int, zone: ZoneInfo) -> Month:
    """`number` may lie outside of 1 to 12: 0 is December of the year before."""
    first, then = year * 12 + number - 1, year * 12 + number
    return Month(
        name=f"{first // 12}-{first % 12 + 1:02d}",
        starts_at=datetime(first // 12, first % 12 + 1, 1, tzinfo=zone),
        ends_at=datetime(then // 12, then % 12 + 1, 1, tzinfo=zone),
    )


def before(at: datetime, back: int, zone: ZoneInfo) -> Month:
    """The month that was so many months before that moment's; 0 is its own."""
    local = at.astimezone(zone)
    return calendar_month(local.year, local.month - back, zone)
