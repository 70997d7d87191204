"""The words for a connection: each figure can be the reason, and one that flickers does not make it flap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.model.pictures import (
    BETTER_AFTER,
    WORSE_AFTER,
    Arrival,
    Connection,
    Level,
    Standing,
    grade,
    settle,
)
from media.ports import Level as EngineLevel

GOOD, WEAK, VERY_WEAK, GONE = Connection
LETTERS = dict(zip("gwv.", Connection, strict=True))


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        (Arrival(live=False), GONE),
        (Arrival(live=True), GOOD),
        (Arrival(live=True, bitrate_bps=900_000, loss=0.09, unrepaired=0.01, rtt_ms=590), GOOD),
        (Arrival(live=True, bitrate_bps=90_000), WEAK),
        (Arrival(live=True, loss=0.11), WEAK),
        (Arrival(live=True, unrepaired=0.03), WEAK),
        (Arrival(live=True, rtt_ms=700), WEAK),
        (Arrival(live=True, freezes=1), GOOD),
        (Arrival(live=True, freezes=2), WEAK),
        (Arrival(live=True, bitrate_bps=20_000), VERY_WEAK),
        (Arrival(live=True, loss=0.4), VERY_WEAK),
        (Arrival(live=True, unrepaired=0.1), VERY_WEAK),
        (Arrival(live=True, rtt_ms=2000), VERY_WEAK),
        (Arrival(live=True, freezes=4), VERY_WEAK),
        (Arrival(live=False, loss=0.4), GONE),
    ],
)
def test_one_second_in_one_word(arrival: Arrival, said: Connection) -> None:
    assert grade(arrival) is said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("g", " "),
        ("gg", " g"),
        ("vg", " g"),  # the first second is seldom like the others
        ("ggwgwgwgwg", " ggggggggg"),
        ("ggwwgwwgwwg", " ggwwwwwwww"),
        ("ggvw", " ggw"),
        ("ggwwggggg", " ggwwwwwg"),
        ("vvggwgg", " vvvvvw"),
        ("gg..", " gg."),
        ("gg.g.g", " ggggg"),
        ("gg..g", " gg.."),
        ("gg..gg", " gg..g"),
        ("gg..wg", " gg..g"),
        ("..", "  "),
        ("ggvv...vv", " ggvv...v"),
    ],
)
def test_what_is_said_second_by_second(seconds: str, said: str) -> None:
    standing, told = Standing(), ""
    letters = {one: letter for letter, one in LETTERS.items()}
    for second in seconds:
        standing = settle(standing, LETTERS[second])
        told += letters[standing.said] if standing.said else " "
    assert told == said


@given(st.lists(st.sampled_from(Connection), max_size=60))
def test_a_word_stands_as_long_as_the_rule_says(seconds: list[Connection]) -> None:
    standing, since = Standing(), 0
    order = list(Connection)
    for now in seconds:
        before, standing = standing.said, settle(standing, now)
        since += 1
        if standing.said is before:
            continue
        if before not in (None, GONE):
            assert standing.said is not None
            worse = order.index(standing.said) > order.index(before)
            assert since >= (WORSE_AFTER if worse else BETTER_AFTER) or now is GONE or worse
        since = 0
        assert len(standing.recent) <= BETTER_AFTER


def test_the_engine_and_the_pages_have_the_same_levels() -> None:
    assert [level.value for level in Level] == [level.value for level in EngineLevel]
