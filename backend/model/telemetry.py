"""Telemetry: which of a drone's reports are believed, what its battery must hold, and the safest action.

Rules only: one report at a time, judged by what is known of the flight. What is not believed is passed over,
never mended; a drone that says nothing believable is one that is silent.
"""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import msgspec

from backend.model.airframes import Airframe, Battery
from backend.model.positions import Point, distance_m

FASTEST_MPS = 50.0  # over the ground, with the wind; and of its position from one report to the next
FASTEST_CLIMB_MPS = 20.0
LOWEST_M, HIGHEST_M = -100.0, 2000.0  # above its dock
SLACK_M = 15.0  # what a receiver may jump
STALE_S = 2.0  # later than the quickest report came
SLIPPED = timedelta(seconds=10)  # late for so long with its clock going on: it is the clock that lost time
CLOCK_AHEAD_S = 5.0  # a clock that gains so much at once was set, or lies
QUIET = timedelta(seconds=3)  # without a report that is believed: it waits
LOST = timedelta(seconds=15)  # and then goes home
AGREE = 3  # reports that agree with each other and not with what is known: then that was wrong
LEAST_USED = 0.5  # of what its work must take: a gauge that says less is not believed
MOST_USED = 2.0
GAUGE_DOUBT = 0.04  # of the battery: how far a gauge may be off before it is said


class Action(IntEnum):
    """What a drone should do, from the mildest to the last. The gravest that anything asks for counts."""

    GO_ON = 0
    HOLD = 1
    RETURN = 2
    LAND = 3  # at the nearest place where it may


class Fault(StrEnum):
    """What is wrong, by name."""

    NOT_NUMBERS = "not-numbers"
    BLIND = "blind"  # it says that it does not know where it is: its GPS is gone
    NOWHERE = "nowhere"
    OUTSIDE = "outside"  # of where it may be
    TOO_FAST = "too-fast"
    JUMP = "jump"
    STALE_CLOCK = "stale-clock"  # the same moment again, or an earlier one
    QUIET = "quiet"
    GAUGE_HIGH = "gauge-high"  # it says more than can be left
    GAUGE_FALLS = "gauge-falls"  # it empties faster than it can fly
    LOW = "low"  # just enough to go home
    TOO_LOW = "too-low"  # not enough to go home


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    """One report as it came: any of these may be no number. `clock_s` is the drone's own, since it began."""

    clock_s: float
    latitude: float
    longitude: float
    height_m: float
    ground_mps: float
    climb_mps: float
    charge: float
    received_at: datetime


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong, in words for the pilot."""

    fault: Fault
    words: str
    action: Action


class Belief(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of one flight: its last good report, its last clock, and the energy it has used.

    `used_wh` is reckoned from how it flies, not from its gauge; `jumped` holds reports that say otherwise.
    `late` is the first of a run of reports that came late; `blind`: the last one had no place in it.
    """

    launched_at: datetime
    charge: float  # at launch
    last: Telemetry | None = None
    lag_s: float = math.inf  # the least by which our clock was ahead of the drone's
    used_wh: float = 0.0
    jumped: tuple[Telemetry, ...] = ()
    late: Telemetry | None = None
    blind: bool = False


def judge(
    belief: Belief, report: Telemetry, airframe: Airframe, battery: Battery, home_wh: float
) -> tuple[Belief, tuple[Finding, ...]]:
    """The belief after one report, and what is wrong. `battery` as at launch; `home_wh` is the way home."""
    bad = _unbelievable(belief, report)
    if bad is not None:
        jumped = (*belief.jumped, report)[-AGREE:] if bad.fault is Fault.JUMP else belief.jumped
        late = (belief.late or report) if _is_late(belief, report) else belief.late
        blind = bad.fault is Fault.BLIND
        belief = msgspec.structs.replace(belief, jumped=jumped, late=late, blind=blind)
        return belief, (bad, *silence(belief, report.received_at))
    used_wh = belief.used_wh + _used_wh(belief, report, airframe)
    lag_s = _lag_s(report) if _is_late(belief, report) else min(belief.lag_s, _lag_s(report))
    belief = msgspec.structs.replace(
        belief, last=report, used_wh=used_wh, lag_s=lag_s, jumped=(), late=None, blind=False
    )
    return belief, tuple(_energy(belief, report, airframe, battery, home_wh))


def silence(belief: Belief, now: datetime) -> tuple[Finding, ...]:
    """What to do while nothing that is believed comes. Asked each second too."""
    quiet = now - (belief.last.received_at if belief.last is not None else belief.launched_at)
    if quiet < QUIET:
        return ()
    if belief.blind:
        words = "The drone has lost its GPS position. It comes down by itself, adrift with the wind."
        if quiet < LOST:
            return (Finding(Fault.BLIND, words, Action.HOLD),)
        words += " It is told to come home, which it can when it knows again where it is."
        return (Finding(Fault.BLIND, words, Action.RETURN),)
    words = "Nothing that can be believed comes from the drone."
    if quiet < LOST:
        return (Finding(Fault.QUIET, f"{words} It is told to wait where it is.", Action.HOLD),)
    return (
        Finding(Fault.QUIET, f"{words} It is told to come home; its own fail-safe does too.", Action.RETURN),
    )


def safest(findings: tuple[Finding, ...]) -> Action:
    """The gravest action that any of them asks for."""
    return max((finding.action for finding in findings), default=Action.GO_ON)


def left_wh(belief: Belief, battery: Battery) -> float:
    """What the battery holds as far as anybody can know: by its gauge, or by its work when the gauge lies."""
    by_work = belief.charge - LEAST_USED * belief.used_wh / battery.full_wh
    said = belief.last.charge if belief.last is not None else belief.charge
    if said > by_work + GAUGE_DOUBT:  # a gauge that lies: then nothing but the work counts, in full
        said = belief.charge - belief.used_wh / battery.full_wh
    return max(0.0, said) * battery.full_wh


def _unbelievable(belief: Belief, report: Telemetry) -> Finding | None:
    numbers = {
        "clock": report.clock_s,
        "latitude": report.latitude,
        "longitude": report.longitude,
        "height": report.height_m,
        "speed": report.ground_mps,
        "climb": report.climb_mps,
        "charge": report.charge,
    }
    if math.isfinite(report.clock_s) and not (
        math.isfinite(report.latitude) and math.isfinite(report.longitude)
    ):
        return Finding(Fault.BLIND, "The drone does not say where it is.", Action.GO_ON)
    for name, number in numbers.items():
        if not math.isfinite(number):
            return Finding(Fault.NOT_NUMBERS, f"The drone's {name} is no number.", Action.GO_ON)
    here = abs(report.latitude) <= 90 and abs(report.longitude) <= 180
    if not here or not LOWEST_M <= report.height_m <= HIGHEST_M or not 0 <= report.charge <= 1:
        return Finding(Fault.NOWHERE, "The drone's place, height or charge cannot be.", Action.GO_ON)
    if not 0 <= report.ground_mps <= FASTEST_MPS or abs(report.climb_mps) > FASTEST_CLIMB_MPS:
        words = f"The drone says it flies {report.ground_mps:.0f} m/s and climbs {report.climb_mps:.0f}."
        return Finding(Fault.TOO_FAST, words, Action.GO_ON)
    last = belief.last
    if last is None:
        return None
    late_s = _lag_s(report) - belief.lag_s
    if report.clock_s <= last.clock_s or late_s < -CLOCK_AHEAD_S:
        return Finding(Fault.STALE_CLOCK, "The drone's clock stands still, or jumps.", Action.GO_ON)
    if late_s > STALE_S and not _has_slipped(belief, report):
        return Finding(Fault.STALE_CLOCK, f"What came is {late_s:.0f} s old.", Action.GO_ON)
    if _follows(last, report):
        return None
    if len(belief.jumped) + 1 >= AGREE and all(_follows(one, report) for one in belief.jumped[1 - AGREE :]):
        return None
    metres = distance_m(_point(last), _point(report))
    return Finding(Fault.JUMP, f"The drone's place jumped by {metres:.0f} m.", Action.GO_ON)


def _is_late(belief: Belief, report: Telemetry) -> bool:
    """Whether it came later than the quickest by more than a network's moods."""
    going_on = belief.last is None or report.clock_s > belief.last.clock_s
    return going_on and _lag_s(report) - belief.lag_s > STALE_S


def _has_slipped(belief: Belief, report: Telemetry) -> bool:
    """Whether all came late for so long, while its clock went on, that the clock itself lost the time.

    Until then it is silent: it waits. A link that is late for good looks the same from here; the pilot sees
    how old each picture is.
    """
    first = belief.late
    if first is None:
        return False
    passed = report.received_at - first.received_at
    return passed >= SLIPPED and report.clock_s - first.clock_s >= passed.total_seconds() / 2


def _lag_s(report: Telemetry) -> float:
    """Our clock less the drone's: least for what came at once."""
    return report.received_at.timestamp() - report.clock_s


def _follows(last: Telemetry, report: Telemetry) -> bool:
    """Whether anything that flies could be at both."""
    seconds = max(0.0, report.clock_s - last.clock_s)
    risen = abs(report.height_m - last.height_m)
    return (
        distance_m(_point(last), _point(report)) <= SLACK_M + FASTEST_MPS * seconds
        and risen <= SLACK_M + FASTEST_CLIMB_MPS * seconds
    )


def _point(report: Telemetry) -> Point:
    return Point(latitude=report.latitude, longitude=report.longitude)


def _used_wh(belief: Belief, report: Telemetry, airframe: Airframe) -> float:
    """What it took since the last good report, by how it flies: a multirotor never takes nothing."""
    began = belief.last.received_at if belief.last is not None else belief.launched_at
    seconds = max(0.0, (report.received_at - began).total_seconds())
    if report.climb_mps > 1:
        power_w = airframe.climb_w
    elif report.ground_mps > airframe.cruise_mps / 2:
        power_w = airframe.cruise_w
    else:
        power_w = airframe.hover_w
    return power_w * seconds / 3600


def _energy(
    belief: Belief, report: Telemetry, airframe: Airframe, battery: Battery, home_wh: float
) -> Iterator[Finding]:
    share = belief.used_wh / battery.full_wh
    said_used = belief.charge - report.charge
    if said_used < LEAST_USED * share - GAUGE_DOUBT:
        words = (
            f"The battery says {report.charge:.0%}, and no more than {belief.charge - LEAST_USED * share:.0%}"
            " can be left: its gauge is not believed any more."
        )
        yield Finding(Fault.GAUGE_HIGH, f"{words} It is told to come home.", Action.RETURN)
    elif said_used > MOST_USED * share + GAUGE_DOUBT:
        words = (
            f"The battery says {report.charge:.0%} after work that takes it to"
            f" {belief.charge - share:.0%}: it may be failing. It is told to come home."
        )
        yield Finding(Fault.GAUGE_FALLS, words, Action.RETURN)
    left = left_wh(belief, battery)
    reserve_wh = airframe.reserve * battery.full_wh
    if left < home_wh:
        words = f"{left:.0f} Wh are left and the way home takes {home_wh:.0f}: it is told to land nearby."
        yield Finding(Fault.TOO_LOW, words, Action.LAND)
    elif left < home_wh + reserve_wh:
        words = (
            f"{left:.0f} Wh are left; the way home takes {home_wh:.0f} and the reserve is {reserve_wh:.0f}."
            " It is told to come home."
        )
        yield Finding(Fault.LOW, words, Action.RETURN)
