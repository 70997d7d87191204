"""What ended a moment ago is refused, for a minute and within bounds."""

import time

import pytest

from media import ended
from media.ended import JustEnded
from media.ports import Closed, FeedId, Holder

FEED, HOLDER = FeedId("fed_1"), Holder("grt_1")


def test_what_ended_is_refused_for_a_minute_from_its_last_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    just = JustEnded()
    just.check(FEED, HOLDER)
    just.add(HOLDER)
    now += 30.0
    just.add(HOLDER)
    now += 59.0
    with pytest.raises(Closed):
        just.check(FEED, HOLDER)
    now += 2.0
    just.check(FEED, HOLDER)
    just.add(FEED)
    assert len(just) == 1


def test_the_earliest_is_forgotten_when_too_many_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended, "MOST", 3)
    just = JustEnded()
    for number in range(5):
        just.add(Holder(f"grt_{number}"))
    assert [number for number in range(5) if Holder(f"grt_{number}") in just] == [2, 3, 4]
    assert len(just) == 3
