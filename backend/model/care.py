"""Care for whoever looks: what a picture may do unasked, and for how long hard pictures were on a screen.

What somebody has chosen is theirs, and so is their ledger of exposure: it names no incident and holds no
picture, only seconds by day and type. Rules only; no clock, no I/O.
"""

from datetime import date, datetime, timedelta

import msgspec

from backend.model.people import Role

KEPT = timedelta(days=90)  # of the ledger: long enough to see a pattern, too short for a record of a career
MOST_TOLD_S = 60.0  # in one report; pages report every fifteen seconds
SLACK_S = 3.0  # that a page's clock and the way to here may differ
WEEK_DAYS = 7


class CareChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How pictures open for one person."""

    blur: bool  # blurred until pressed
    still_first: bool  # the first press shows a still, the second the motion


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """For how long pictures of one type of incident were on somebody's screen, uncovered, on one day."""

    day: date  # by the agency's clock
    type: str
    motion_s: int
    still_s: int


class CareView(msgspec.Struct, frozen=True, kw_only=True):
    """One's own: what one has chosen, and one's ledger, the last day first."""

    choice: CareChoice
    usual: CareChoice  # of this role, for whoever has chosen nothing
    exposures: tuple[Exposure, ...]
    kept_days: int


class Relief(msgspec.Struct, frozen=True, kw_only=True):
    """One person's sums, for whoever can offer relief. No incident, no type."""

    user_id: str
    name: str
    role: Role
    today_motion_s: int
    today_still_s: int
    week_motion_s: int
    week_still_s: int


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the server knows of one person's permission to watch one feed."""

    since: datetime  # the first grant
    until: datetime | None  # None while one holds


def usual(role: Role) -> CareChoice:
    """What holds until somebody chooses: covered at the desk; in the field and in the air, seen at once."""
    at_the_desk = role in (Role.DISPATCHER, Role.SUPERVISOR)
    return CareChoice(blur=at_the_desk, still_first=at_the_desk)


def counted(
    motion_s: float, still_s: float, watched: Watched, told_at: datetime | None, now: datetime
) -> tuple[float, float]:
    """What of a page's report can be: no more than has passed since its last one, and while it was allowed.

    Seconds of motion, then of stills. What is too much is taken from both in proportion.
    """
    begins = watched.since if told_at is None else max(told_at, watched.since)
    ends = now if watched.until is None else min(now, watched.until)
    most = min(MOST_TOLD_S, max(0.0, (ends - begins).total_seconds()) + SLACK_S)
    told = motion_s + still_s
    share = 1.0 if told <= most else most / told
    return motion_s * share, still_s * share
