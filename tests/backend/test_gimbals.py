"""Gimbals: level on the way, down at the incident, and what cannot be shown counts as down."""

import math
from datetime import timedelta

import pytest

from backend.model.gimbals import (
    LEVEL_DEG,
    LOOK_RADIUS_M,
    SETTLES,
    Breach,
    Gaze,
    Look,
    Manner,
    judge,
    may_look,
    radius_m,
)
from tests.backend.docked import NOW


def watched(*looks: tuple[float, float, float]) -> list[Breach]:
    """What is found of reports of seconds, degrees and metres from the incident."""
    manner, found = Manner(), []
    for second, pitch, metres in looks:
        look = Look(pitch_deg=pitch, from_incident_m=metres, at=NOW + timedelta(seconds=second))
        manner, breach = judge(manner, look, LOOK_RADIUS_M)
        found += [breach] if breach else []
    return found


def flown(pitch_deg: float, metres: float, seconds: int = 12) -> list[tuple[float, float, float]]:
    return [(second, pitch_deg, metres) for second in range(seconds)]


def test_level_on_the_way_and_down_at_the_incident_is_how_it_should_be() -> None:
    way = [(second, -4.0, 900.0 - 70 * second) for second in range(11)]
    scene = [(11.0 + second, -80.0, 60.0) for second in range(10)]
    assert watched(*way, *scene) == []


@pytest.mark.parametrize(
    ("pitch", "gaze"), [(-45.0, Gaze.DOWN), (math.nan, Gaze.UNKNOWN), (1e9, Gaze.UNKNOWN)]
)
def test_down_or_unknown_on_the_way_is_told_once(pitch: float, gaze: Gaze) -> None:
    (breach,) = watched(*flown(pitch, 800.0))
    assert (breach.gaze, breach.began_at) == (gaze, NOW)
    assert "800 m from the incident" in breach.words
    assert "told to look level" in breach.words


def test_a_place_that_is_not_known_is_outside() -> None:
    (breach,) = watched(*flown(-45, math.nan))
    assert "at a place that is not known" in breach.words


def test_it_has_a_moment_to_turn_up_when_it_leaves() -> None:
    settles = SETTLES.total_seconds()
    assert watched((0, -80, 100), (1, -80, 160), (1 + settles - 0.1, -40, 200), (1 + settles, -5, 220)) == []
    assert len(watched((0, -80, 100), (1, -80, 160), (2.5, -60, 200), (1 + settles, -40, 220))) == 1


def test_each_breach_is_told_anew() -> None:
    again = [(second + 20.0, -45.0, 800.0) for second in range(8)]
    assert len(watched(*flown(-45, 800), *((12.0 + second, 0.0, 800.0) for second in range(8)), *again)) == 2


def test_silence_on_the_way_shows_nothing_and_counts() -> None:
    (breach,) = watched((0, 0, 800), (1, 0, 790), (9, 0, 600), (10, 0, 590))
    assert (breach.gaze, breach.began_at) == (Gaze.UNKNOWN, NOW + timedelta(seconds=1))
    assert watched((0, 0, 100), (9, -80, 90)) == []


def test_what_is_old_or_said_twice_changes_nothing() -> None:
    assert watched((5, 0, 800), (4, -90, 800), (5, -90, 800)) == []


def test_a_command_is_judged_before_it_is_sent() -> None:
    assert may_look(-90, 149, LOOK_RADIUS_M)
    assert not may_look(-90, 151, LOOK_RADIUS_M)
    assert may_look(-LEVEL_DEG, 5000, LOOK_RADIUS_M)
    assert not may_look(math.nan, 10, LOOK_RADIUS_M)
    assert not may_look(-45, math.nan, LOOK_RADIUS_M)
    assert radius_m(0) == LOOK_RADIUS_M
    assert may_look(-15, 300, radius_m(300))  # it looks from beside a keep-out area
