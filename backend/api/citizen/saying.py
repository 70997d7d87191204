"""Months, hours, durations and codes as people read them."""

import re

from backend.api.citizen.words import Words

_HOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-\d{2}", re.ASCII)


def month(words: Words, month: str) -> str:
    year, _, at = month.partition("-")
    return words.month_of(words.months[int(at) - 1], int(year))


def short(words: Words, month: str) -> str:
    """As much of a month's name as stands under a column."""
    name = words.months[int(month[5:]) - 1]
    return name if words.lang == "ar" else name[:3]


def day(words: Words, day: str) -> str:
    year, month, at = day.split("-")
    return words.date.format(day=int(at), month=words.months[int(month) - 1], year=int(year))


def hour(words: Words, hour: str) -> str:
    found = _HOUR.fullmatch(hour)
    if found is None or not 1 <= int(found[2]) <= 12:
        return hour
    since = int(found[4])
    return words.hour(day(words, hour[:10]), since, (since + 1) % 24)


def seconds(words: Words, seconds: float) -> str:
    whole = round(seconds)
    return words.seconds(whole // 3600, whole // 60 % 60, whole % 60)


def value(words: Words, name: str, value: str) -> str:
    """A field's value as people read it."""
    if name == "hour":
        return hour(words, value)
    if name == "until" and _DAY.fullmatch(value):
        return day(words, value)
    if name == "duration_s":
        try:
            return seconds(words, float(value))
        except (ValueError, OverflowError):
            return value
    if name == "bytes" and value.isascii() and value.isdigit():
        return f"{int(value):,}"
    return words.code("role" if name in ("by", "whom") else name, value)
