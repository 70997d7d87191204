"""Monthly statements: what a site's cameras were opened for, held against what its connectors counted.

A connector counts its own bytes each minute and signs them. Every minute with media must lie inside an
opening, and what viewers were sent must have come from there. A minute that did not come is a gap, and no
zero. Rules only.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from backend.model.connectors import MINUTE_EARLY, MINUTE_LATE
from backend.model.ids import CameraId, SiteId, StatementId
from backend.model.months import Month, before
from backend.model.receipts import ReceiptView

MADE_AFTER = MINUTE_LATE  # the month's end: until then its last minutes may still come
SLACK_MIN = int(MINUTE_EARLY / timedelta(minutes=1))  # by so much a connector's clock may differ
# Viewers get repeats and a replay beside what the connector sent once, and headers are counted differently.
FOUND = 0.75  # of a session's bytes, at least, must have been sent
TOO_FEW = 64 * 1024  # bytes that say nothing either way
SHOWN = 20  # gaps and minutes that a statement names; all are counted
MOST_LINES = 2000
_MINUTE = timedelta(minutes=1)


class Verdict(StrEnum):
    """What the comparison says."""

    MATCHES = "matches"
    GAPS = "gaps"  # what came matches, and some minutes did not come
    UNCOUNTED = "uncounted"  # no connector was there to count
    MISMATCH = "mismatch"


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """So many minutes from then on did not come."""

    at: datetime
    minutes: int


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What the connectors' own counters say of the month."""

    connectors: int = 0
    minutes: int = 0  # that came
    expected: int = 0
    forged: int = 0  # that do not bear their connector's signature; they count as not come
    media_bytes: int = 0
    sending: int = 0  # minutes with media in them
    unopened: int = 0  # of those outside of any opening
    unopened_bytes: int = 0
    unopened_at: tuple[datetime, ...] = ()
    sessions: int = 0  # of viewers, that ended in this month
    unmatched: int = 0  # of those whose bytes were not sent, by the counters
    unsure: int = 0  # of those during which minutes are missing
    gaps: int = 0
    longest: tuple[Gap, ...] = ()


class CameraMonth(msgspec.Struct, frozen=True, kw_only=True):
    """One camera's month: the uses that began in it. `openings` 0 is *not opened*."""

    camera_id: CameraId
    name: str
    openings: int
    seconds: float
    bytes: int
    stills: int
    recorded: int


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """As stored. What single openings were is read from their leaves, where it can be sealed and erased."""

    id: StatementId
    site_id: SiteId
    month: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    verdict: Verdict
    cameras: tuple[CameraMonth, ...]
    counted: Counted


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """A site's month for its owner, without its single openings."""

    id: str
    site_id: str
    site: str
    month: str
    made_at: datetime
    verdict: Verdict
    openings: int
    seconds: float
    bytes: int
    cameras: tuple[CameraMonth, ...]
    counted: Counted
    html: str
    pdf: str
    csv: str


class MismatchView(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that does not match, for supervisors."""

    id: str
    site: str
    owner: str
    month: str
    made_at: datetime
    counted: Counted


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a statement on paper says."""

    agency: str
    zone: ZoneInfo
    site: str
    address: str
    owner: str
    statement: Statement
    lines: tuple[ReceiptView, ...]


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when. `end` is None while it goes on."""

    start: datetime
    end: datetime | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A viewer's session that has ended, and what the engine sent them."""

    start: datetime
    end: datetime
    bytes: int


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one connector: by minute since 1970 its media bytes, zeros included."""

    since: datetime  # it was there
    until: datetime
    media: Mapping[int, int]
    forged: int = 0


def over(now: datetime, since: datetime, zone: ZoneInfo, most: int) -> list[Month]:
    """The months that are over for good, from the one of `since` on; the last `most`, oldest first."""
    found = [before(now, back, zone) for back in range(most, 0, -1)]
    return [each for each in found if each.ends_at + MADE_AFTER <= now and each.ends_at > since]


def minute_of(at: datetime) -> int:
    """Minutes since 1970."""
    return int(at.timestamp()) // 60


def _at(minute: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(minute * 60, like.tzinfo)


def compare(span: Month, came: Sequence[Came], openings: Sequence[Span], seen: Sequence[Seen]) -> Counted:
    """The month's minutes against its openings, and the sessions that ended in it against the minutes.

    `came` reaches beyond the month where openings and sessions do; only its minutes inside are counted.
    """
    first, last = minute_of(span.starts_at), minute_of(span.ends_at)
    sent: dict[int, int] = {}
    for each in came:
        for minute, media in each.media.items():
            sent[minute] = sent.get(minute, 0) + media
    inside = {minute: media for minute, media in sent.items() if first <= minute < last}
    sending = sorted(minute for minute, media in inside.items() if media)
    opened = _merged(
        (minute_of(held.start) - SLACK_MIN, (minute_of(held.end) if held.end else last) + SLACK_MIN)
        for held in openings
    )
    outside = [minute for minute in sending if not _within(opened, minute)]
    gaps = [gap for each in came for gap in _gaps(each, first, last)]
    gaps.sort(key=lambda gap: (-gap[1], gap[0]))
    busy = sorted(minute for minute, media in sent.items() if media)
    totals = [0]
    for minute in busy:
        totals.append(totals[-1] + sent[minute])
    unmatched = unsure = 0
    for session in seen:
        begins, ends = minute_of(session.start) - SLACK_MIN, minute_of(session.end) + SLACK_MIN
        found = totals[bisect_right(busy, ends)] - totals[bisect_left(busy, begins)]
        if found + TOO_FEW >= session.bytes * FOUND:
            continue
        if any(_lacks(each, begins, ends) for each in came):
            unsure += 1
        else:
            unmatched += 1
    return Counted(
        connectors=len(came),
        minutes=sum(_there(each, first, last) for each in came),
        expected=sum(_expected(each, first, last) for each in came),
        forged=sum(each.forged for each in came),
        media_bytes=sum(inside.values()),
        sending=len(sending),
        unopened=len(outside),
        unopened_bytes=sum(inside[minute] for minute in outside),
        unopened_at=tuple(_at(minute, span.starts_at) for minute in outside[:SHOWN]),
        sessions=len(seen),
        unmatched=unmatched,
        unsure=unsure,
        gaps=len(gaps),
        longest=tuple(Gap(at=_at(at, span.starts_at), minutes=minutes) for at, minutes in gaps[:SHOWN]),
    )


def verdict(counted: Counted) -> Verdict:
    if counted.unopened or counted.unmatched or counted.forged:
        return Verdict.MISMATCH
    if counted.connectors == 0:
        return Verdict.UNCOUNTED
    return Verdict.GAPS if counted.gaps else Verdict.MATCHES


def _bounds(came: Came, first: int, last: int) -> tuple[int, int]:
    """The first minute that it was there from its beginning, and the last that it saw the end of."""
    return max(first, minute_of(came.since) + 1), min(last, minute_of(came.until))


def _expected(came: Came, first: int, last: int) -> int:
    begins, ends = _bounds(came, first, last)
    return max(0, ends - begins)


def _there(came: Came, first: int, last: int) -> int:
    begins, ends = _bounds(came, first, last)
    return sum(begins <= minute < ends for minute in came.media)


def _gaps(came: Came, first: int, last: int) -> list[tuple[int, int]]:
    begins, ends = _bounds(came, first, last)
    if begins >= ends:
        return []
    there = sorted(minute for minute in came.media if begins <= minute < ends)
    edges = [begins - 1, *there, ends]
    return [(before + 1, after - before - 1) for before, after in pairwise(edges) if after - before > 1]


def _lacks(came: Came, begins: int, ends: int) -> bool:
    from_, to = _bounds(came, begins, ends + 1)
    return any(minute not in came.media for minute in range(from_, to))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged


def _within(spans: Sequence[tuple[int, int]], minute: int) -> bool:
    at = bisect_right(spans, (minute, 1 << 62)) - 1
    return at >= 0 and spans[at][1] >= minute
