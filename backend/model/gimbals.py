"""Gimbals: a camera looks level on its way, and down only at the incident. Judged by what gimbals report.

Nobody's garden is filmed on the way: what is judged is the drone's own telemetry, and it is in the log. A
camera whose direction is not known counts as one that looks down.
"""

import math
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.groundings import in_words

LOOK_RADIUS_M = 150.0  # around an incident
LEVEL_DEG = 10.0  # below the horizon, which a gimbal that rocks in gusts still is
SETTLES = timedelta(seconds=3)  # to turn up when it has left
SILENT = timedelta(seconds=2)


class Gaze(StrEnum):
    """What a camera may be seen doing."""

    LEVEL = "level"
    DOWN = "down"
    UNKNOWN = "unknown"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One report: degrees above the horizon (straight down is -90), and metres to the incident."""

    pitch_deg: float
    from_incident_m: float
    at: datetime


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that looked down where it may not. `words` for the pilot; the camera is told to look level."""

    began_at: datetime
    gaze: Gaze
    words: str


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one flight's camera: since when it is not level outside, and whether that was said."""

    last_at: datetime | None = None
    since: datetime | None = None
    told: bool = False


def radius_m(away_m: float) -> float:
    """Within how many metres of the incident it may look down, when it looks from so far away."""
    return max(LOOK_RADIUS_M, away_m + LOOK_RADIUS_M / 3)


def may_look(pitch_deg: float, from_incident_m: float, within_m: float) -> bool:
    """Whether a camera may be turned so; asked before the command is sent."""
    return math.isfinite(pitch_deg) and (from_incident_m <= within_m or pitch_deg >= -LEVEL_DEG)


def judge(manner: Manner, look: Look, within_m: float) -> tuple[Manner, Breach | None]:
    """The manner after one report, and the breach that it shows; each is told once."""
    if manner.last_at is not None and look.at <= manner.last_at:
        return manner, None  # older, or the same again
    gap = manner.last_at is not None and look.at - manner.last_at > SILENT
    gaze = _gaze(look)
    outside = not look.from_incident_m <= within_m  # not known where: outside
    if not outside or (gaze is Gaze.LEVEL and not gap):
        return Manner(last_at=look.at), None
    if gaze is Gaze.LEVEL:  # and silent before it: what it did meanwhile, nobody can show
        assert manner.last_at is not None
        words = f"The camera said nothing for {(look.at - manner.last_at).total_seconds():.0f} s on its way."
        return Manner(last_at=look.at), Breach(began_at=manner.last_at, gaze=Gaze.UNKNOWN, words=words)
    since = manner.since or look.at
    if look.at - since < SETTLES or manner.told:
        return Manner(last_at=look.at, since=since, told=manner.told), None
    return Manner(last_at=look.at, since=since, told=True), Breach(
        began_at=since, gaze=gaze, words=_words(look, gaze)
    )


def _gaze(look: Look) -> Gaze:
    if not math.isfinite(look.pitch_deg) or abs(look.pitch_deg) > 180:
        return Gaze.UNKNOWN
    return Gaze.LEVEL if look.pitch_deg >= -LEVEL_DEG else Gaze.DOWN


def _words(look: Look, gaze: Gaze) -> str:
    known = math.isfinite(look.from_incident_m)
    where = f"{in_words(look.from_incident_m)} from the incident" if known else "at a place that is not known"
    if gaze is Gaze.UNKNOWN:
        return f"The camera does not say where it looks, {where}: it is told to look level."
    return f"The camera looks {-look.pitch_deg:.0f}° down, {where}: it is told to look level."
