"""Whole pictures from a keyframe on, whatever a camera said beforehand."""

from typing import Any

import pytest

from media.connector import h264
from media.connector.describe import Trouble
from media.connector.pictures import Facts, Picture, Pictures
from media.connector.timeline import Timeline
from tests.connector.test_h264 import film


class Taken:
    """A taker that has room for `room` pictures."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.facts: list[Facts] = []
        self.pictures: list[Picture] = []
        self.asked = 0

    def opened(self, facts: Facts, extradata: bytes) -> None:
        self.facts.append(facts)

    def offer(self, picture: Picture) -> bool:
        self.pictures.append(picture)
        self.room -= 1
        return self.room > 0

    def waits(self) -> None:
        self.asked += 1

    def coded(self, packet: Any, at: float) -> None: ...
    def sound(self, packet: Any, at: float) -> None: ...
    def over(self, trouble: Trouble | None) -> None: ...


def access_units() -> list[list[h264.Unit]]:
    """Forty pictures; the first is a keyframe with its parameter sets before it."""
    return [h264.units(memoryview(coded)) for coded in film("baseline", 0)]


def put(pictures: Pictures, units: list[h264.Unit], at: float) -> None:
    pictures.put(units, at, at, sum(map(len, units)))


def test_a_camera_that_said_nothing_is_asked_for_a_keyframe_until_one_comes() -> None:
    taken = Taken()
    pictures = Pictures(taken, Timeline())
    keyframe, *others = access_units()
    for n, units in enumerate(others[:3]):  # somebody came in the middle of its film
        put(pictures, units, n / 10)
    assert taken.asked == 3
    assert (taken.facts, taken.pictures) == ([], [])
    with pytest.raises(Trouble, match="never says what its picture is"):
        pictures.must_be_known()

    put(pictures, keyframe, 0.3)
    put(pictures, others[3], 0.4)
    assert taken.asked == 3
    assert [(facts.width, facts.height) for facts in taken.facts] == [(320, 192)]
    assert [picture.keyframe for picture in taken.pictures] == [True, False]


def test_parameter_sets_alone_are_no_picture_to_wait_for() -> None:
    taken = Taken()
    pictures = Pictures(taken, Timeline())
    keyframe, *others = access_units()
    pps = [unit for unit in keyframe if h264.kinds([unit]) & h264.SETS][1:]
    put(pictures, pps, 0)
    assert taken.asked == 0
    put(pictures, others[0], 0.1)
    assert taken.asked == 1


def test_what_finds_no_room_is_left_out_until_the_next_keyframe_which_is_asked_for() -> None:
    taken = Taken(room=2)
    pictures = Pictures(taken, Timeline())
    keyframe, *others = access_units()
    for n, units in enumerate([keyframe, *others[:4]]):
        put(pictures, units, n / 10)
    assert len(taken.pictures) == 2
    assert taken.asked == 3
    taken.room = 1000
    put(pictures, keyframe, 0.5)
    put(pictures, others[4], 0.6)
    assert [picture.keyframe for picture in taken.pictures[2:]] == [True, False]
    assert len(taken.facts) == 1  # the same film
