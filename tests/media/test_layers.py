"""Frames left out for one subscriber: whole ones, decodable ones, and no gap where they were."""

import random
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import vp8
from media.layers import BLANK, DROP, SEND, Layers
from media.ports import Level

LEVELS = (Level.FULL, Level.HALF, Level.QUARTER, Level.KEYFRAMES)
MOVING = LEVELS[:3]


class Frame(msgspec.Struct, frozen=True):
    """One of an L1T3 stream, as libvpx makes it."""

    index: int
    tid: int
    sync: bool
    keyframe: bool
    needs: tuple[int, ...]  # indices


class Sent(msgspec.Struct, frozen=True):
    number: int  # on the feed's line
    frame: Frame
    payload: bytes

    @property
    def timestamp(self) -> int:
        return self.frame.index * 3000 & 0xFFFFFFFF


def stream(frames: int, *, keyframe_every: int = 40, seed: int = 0, layered: bool = True) -> list[Sent]:
    chance, out, number = random.Random(seed), list[Sent](), 1000
    picture, tl0 = 0x7FF0, 250  # both wrap soon
    base = first = second = 0
    for index in range(frames):
        at = index % keyframe_every
        keyframe, tid = at == 0, (0, 2, 1, 2)[at % 4] if layered else 0
        sync = tid > 0 and at % 8 < 3
        if keyframe:
            needs: tuple[int, ...] = ()
        elif tid == 0 or sync:
            needs = (base,)
        elif tid == 1:
            needs = (base, first)
        else:
            needs = (base, first, second)
        frame = Frame(index, tid, sync, keyframe, needs)
        if tid == 0:
            base, tl0 = index, tl0 + 1
        elif tid == 1:
            first = index
        else:
            second = index
        for part in range(chance.randint(1, 4)):
            head = bytes([0x90 if part == 0 else 0x80, 0xE0])
            head += (0x8000 | picture & 0x7FFF).to_bytes(2) + bytes([tl0 & 0xFF, tid << 6 | sync << 5])
            rest = bytes([0 if keyframe and part == 0 else 1]) + b"%d.%d" % (index, part)
            out.append(Sent(number, frame, head + rest))
            number += 1
        picture += 1
    return out


class Subscriber:
    """What one subscriber is sent, as media/subscriber would."""

    def __init__(self, *, described: bool = True) -> None:
        self.layers = Layers()
        self.got: dict[int, tuple[Sent, vp8.Descriptor | None]] = {}  # by its new number
        self.blanks = set[int]()
        self.described = described
        self.last = (0, 0)

    def aim(self, level: Level) -> None:
        self.layers.aim(level, after=self.last[0], timestamp=self.last[1])

    def offer(self, sent: Sent) -> None:
        self.last = max(self.last, (sent.number, sent.timestamp))
        descriptor = vp8.read(sent.payload) if self.described else None
        keyframe = sent.frame.keyframe and sent.payload[0] == 0x90
        if self.layers.plain:
            self.got[sent.number] = sent, descriptor
            return
        verdict = self.layers.choose(sent.number, sent.timestamp, descriptor, keyframe)
        if verdict == DROP:
            return
        number = self.layers.place(sent.number)
        assert number not in self.got or self.got[number][0] is sent, "two packets under one number"
        if verdict == BLANK:
            self.blanks.add(number)
            return
        head, rest = self.layers.rewrite(descriptor, sent.payload)
        payload = head + sent.payload[rest:]
        assert payload.endswith(sent.payload[6:])
        assert number not in self.blanks
        self.got[number] = sent, vp8.read(payload)

    def frames(self) -> dict[int, Frame]:
        return {sent.frame.index: sent.frame for sent, _ in self.got.values()}


def test_nothing_is_touched_as_long_as_all_goes_through() -> None:
    layers = Layers()
    layers.aim(Level.FULL, after=5, timestamp=7)
    assert layers.plain


@pytest.mark.parametrize(
    ("level", "tids"), [(Level.HALF, {0, 1}), (Level.QUARTER, {0}), (Level.KEYFRAMES, {0})]
)
def test_a_level_lets_its_layers_through(level: Level, tids: set[int]) -> None:
    subscriber, packets = Subscriber(), stream(200)
    subscriber.offer(packets[0])
    subscriber.aim(level)
    for sent in packets[1:]:
        subscriber.layers.admits = True
        subscriber.offer(sent)
    frames = subscriber.frames().values()
    assert {frame.tid for frame in frames} == tids
    expected = 5 if level is Level.KEYFRAMES else {1: 100, 0: 50}[max(tids)]
    assert len(frames) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.sampled_from(LEVELS)), min_size=1, max_size=12),
    st.integers(0, 5),
)
def test_what_is_left_is_whole_decodable_and_without_a_gap(
    changes: list[tuple[int, Level]], seed: int
) -> None:
    """Whatever the levels and wherever in a frame they change."""
    packets = stream(300, seed=seed)
    subscriber, at = Subscriber(), 0
    for count, level in changes:
        for sent in packets[at : at + count]:
            subscriber.offer(sent)
        subscriber.aim(level)
        at += count
    for sent in packets[at:]:
        subscriber.offer(sent)
    check(subscriber, packets)
    numbers = sorted([*subscriber.got, *subscriber.blanks])
    assert numbers == list(range(1000, 1000 + len(numbers)))


def check(subscriber: Subscriber, packets: list[Sent]) -> None:
    frames = subscriber.frames()
    parts: dict[int, int] = {}
    for sent, _ in subscriber.got.values():
        parts[sent.frame.index] = parts.get(sent.frame.index, 0) + 1
    for sent in packets:
        if sent.frame.index in frames:
            parts[sent.frame.index] -= 1
    assert not any(parts.values()), "half a frame"
    for frame in frames.values():
        assert all(need in frames for need in frame.needs), (frame, sorted(frames))
    numbered: dict[int, tuple[int | None, int | None]] = {}
    for number in sorted(subscriber.got):
        sent, descriptor = subscriber.got[number]
        if descriptor is not None:
            now = descriptor.picture, descriptor.tl0
            assert numbered.setdefault(sent.frame.index, now) == now, "a frame has one picture id"
    for (a, before), (b, after) in pairwise(sorted(numbered.items())):
        assert before[0] is not None
        assert after[0] is not None
        assert before[1] is not None
        assert after[1] is not None
        assert (after[0] - before[0]) % 0x8000 == 1, (a, b)
        assert (after[1] - before[1]) % 0x100 == (frames[b].tid == 0), (a, b)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 1 << 30),
    st.lists(st.tuples(st.integers(1, 80), st.sampled_from(LEVELS)), min_size=1, max_size=8),
)
def test_late_packets_find_their_place(seed: int, changes: list[tuple[int, Level]]) -> None:
    """A tenth comes late, once a level is reached; what is sent and blank fills every number in the end."""
    chance = random.Random(seed)
    packets = stream(300, seed=seed)
    order = list(enumerate(packets))
    late = {n: n + chance.randint(1, 60) if n > 4 and chance.random() < 0.1 else n for n, _ in order}
    subscriber, pending = Subscriber(), sorted(order, key=lambda item: (late[item[0]], item[0]))
    at = 0
    for count, level in changes:
        for _, sent in pending[at : at + count]:
            subscriber.offer(sent)
        subscriber.aim(level)
        at += count
    for _, sent in pending[at:]:
        subscriber.offer(sent)
    filled = sorted([*subscriber.got, *subscriber.blanks])
    assert filled == list(range(1000, 1000 + len(filled))), "a number stays open for ever"
    originals = [subscriber.got[number][0].number for number in sorted(subscriber.got)]
    assert originals == sorted(originals)


def test_a_level_goes_up_only_where_the_layer_can_be_decoded() -> None:
    subscriber, packets = Subscriber(), stream(40, keyframe_every=1000)
    subscriber.offer(packets[0])
    subscriber.aim(Level.QUARTER)
    by_frame = {index: [s for s in packets if s.frame.index == index] for index in range(40)}
    for sent in packets[1:]:
        if sent is by_frame[4][0]:
            subscriber.aim(Level.FULL)
        subscriber.offer(sent)
    # the next layer's sync is frame 10, and frame 9 was no help without it
    assert sorted(subscriber.frames())[:8] == [0, 4, 8, 10, 12, 14, 16, 17]


def test_motion_begins_again_with_a_keyframe_only() -> None:
    subscriber, packets = Subscriber(), stream(100)
    subscriber.offer(packets[0])
    subscriber.aim(Level.STILLS)
    for sent in packets[1:]:
        if sent.frame.index == 50:
            subscriber.aim(Level.FULL)
        subscriber.offer(sent)
    assert sorted(subscriber.frames()) == [0, 40, *range(80, 100)]


def test_below_motion_a_keyframe_passes_only_when_it_may() -> None:
    subscriber, packets = Subscriber(), stream(161)
    subscriber.offer(packets[0])
    subscriber.aim(Level.STILLS)
    for sent in packets[1:]:
        if sent.frame.index == 100:
            subscriber.layers.admits = True
        subscriber.offer(sent)
    assert sorted(subscriber.frames()) == [0, 40, 120]


def test_a_source_without_layers_or_descriptor_has_all_or_keyframes() -> None:
    subscriber, packets = Subscriber(described=False), stream(100, layered=False)
    subscriber.offer(packets[0])
    subscriber.aim(Level.QUARTER)
    for sent in packets[1:]:
        if sent.frame.index == 20:
            subscriber.aim(Level.KEYFRAMES)
        subscriber.offer(sent)
    assert sorted(subscriber.frames()) == [*range(20), 40]
    numbers = sorted([*subscriber.got, *subscriber.blanks])
    assert numbers == list(range(1000, 1000 + len(numbers)))


def test_the_publishers_own_loss_stays_a_hole_that_a_repeat_can_fill() -> None:
    subscriber, packets = Subscriber(), stream(60)
    subscriber.offer(packets[0])
    subscriber.aim(Level.HALF)
    wanted = [s for s in packets if s.frame.index == 32]
    for sent in packets[1:]:
        if sent not in wanted:
            subscriber.offer(sent)
    holes = sorted(set(range(1000, max(subscriber.got))) - set(subscriber.got))
    assert len(holes) == len(wanted)
    for sent in wanted:
        subscriber.offer(sent)
    assert not set(range(1000, max(subscriber.got))) - set(subscriber.got)
    check(subscriber, packets)


def test_below_motion_a_few_empty_packets_a_second_say_that_the_feed_goes_on() -> None:
    subscriber, packets = Subscriber(), stream(300)
    subscriber.offer(packets[0])
    subscriber.aim(Level.STILLS)
    for sent in packets[1:]:
        subscriber.offer(sent)
    assert 35 <= len(subscriber.blanks) <= 40  # in ten seconds


def test_hours_of_leaving_out_do_not_pile_up() -> None:
    layers = Layers()
    layers.aim(Level.KEYFRAMES, after=0, timestamp=0)
    descriptor = vp8.read(b"\x90\xe0\x85\x05\x07\x20\x01")
    for number in range(1, 20_000):
        assert layers.choose(number, number * 3000, descriptor, False) != SEND
    layers.admits = True
    assert layers.choose(20_000, 20_000 * 3000, descriptor, True) == SEND
    assert max(len(layers._left_out), len(layers._frames), len(layers._pictures_left_out)) < 2100
