"""What a weak link gets, against a simulated bottleneck and a receiver that estimates as browsers do.

The bottleneck is a queue of one second behind a rate, with a delay and a random loss. The estimate is the
delay-based half of draft-ietf-rmcat-gcc-02: 0.85 of what arrives when the queue grows, 8 % a second more
while it does not, and never more than one and a half times what arrives.
"""

import random
from collections import deque
from itertools import pairwise

import pytest

from media.downlink import Downlink, speech_copies
from media.ports import Level
from media.rates import RateMeter, Rates

FPS = 30
TICK_S = 0.05
SHARES = (0.45, 0.2, 0.35)  # of the layers in L1T3


class Receiver:
    """The far end's estimate of what the link takes."""

    def __init__(self) -> None:
        self.bps: float | None = None
        self._bytes: deque[tuple[float, int]] = deque()
        self._queue = deque([0.0] * 10, maxlen=10)
        self._smooth = 0.0
        self._decreased_at = -1.0
        self._told_at = -10.0
        self._told = 0.0

    def arrived(self, now: float, octets: int) -> None:
        self._bytes.append((now, octets))

    def tick(self, now: float, queue_s: float, rtt_s: float) -> int | None:
        while self._bytes and self._bytes[0][0] < now - 1.0:
            self._bytes.popleft()
        throughput = 8 * sum(octets for _, octets in self._bytes)
        self._smooth += 0.2 * (queue_s - self._smooth)  # one large frame is no trend
        growth = self._smooth - self._queue[0]
        self._queue.append(self._smooth)
        if now < 1.0:
            return None
        if self.bps is None:
            self.bps = throughput
        if growth > 0.04:
            if now - self._decreased_at > rtt_s + 0.1:
                self.bps, self._decreased_at = 0.85 * throughput, now
        elif growth > -0.01:
            self.bps = max(self.bps, min(self.bps * 1.08**TICK_S, 1.5 * throughput + 10_000))
        if self.bps < 0.97 * self._told or now - self._told_at >= 1.0:
            self._told_at, self._told = now, self.bps
            return int(self.bps)
        return None


class Link:
    """Seconds of one subscriber's life in a loop of 50 ms; `levels` is when it went to which."""

    def __init__(
        self, rate_bps: float, *, picture_bps: float = 1e6, delay_s: float = 0.05, loss: float = 0.0,
        layered: bool = True, remb: bool = True, seed: int = 1, most: Level = Level.FULL,
    ) -> None:  # fmt: skip
        self.rate_bps, self.picture_bps, self.delay_s, self.loss = rate_bps, picture_bps, delay_s, loss
        self.layered, self.with_remb = layered, remb
        self.downlink, self.receiver, self.meter = Downlink(most), Receiver(), RateMeter()
        self.now = 0.0
        self.levels: list[tuple[float, Level]] = [(0.0, most)]
        self.keyframes_asked: list[float] = []
        self.longest_queue_s = 0.0
        self._chance = random.Random(seed)
        self._queue = 0.0  # bytes in the bottleneck
        self._bytes_out = 0
        self._frame = 0
        self._sent = self._lost = 0
        self._waiting = deque[int]()
        self._keyframe_comes = False
        self._admits = True
        self._reported_at = 0.0

    def run(self, seconds: float) -> "Link":
        for _ in range(round(seconds / TICK_S)):
            self._tick()
        return self

    def _tick(self) -> None:
        self.now += TICK_S
        now, downlink = self.now, self.downlink
        self._queue = max(0.0, self._queue - self.rate_bps / 8 * TICK_S)
        while self._frame < now * FPS:
            self._make_frame()
        budget = downlink.allow(now, sum(self._waiting))
        spent = 0
        while self._waiting and spent < budget:
            spent += self._waiting[0]
            self._send(self._waiting.popleft())
        downlink.spend(spent)
        self._send(200)  # sound
        self.meter.take_sound(200)
        queue_s = 8 * self._queue / self.rate_bps
        self.longest_queue_s = max(self.longest_queue_s, queue_s)
        estimate = self.receiver.tick(now, queue_s, 2 * self.delay_s + queue_s)
        if estimate is not None and self.with_remb:
            downlink.remb(estimate, now)
        if now - self._reported_at >= 1.0:
            self._reported_at = now
            loss = self._lost / self._sent if self._sent else 0.0
            downlink.report(loss, 2 * self.delay_s + queue_s, 0.01, now)
            self._sent = self._lost = 0
        if downlink.tick(now, self._bytes_out, self.meter.tick(now)):
            self.levels.append((now, downlink.level))
        self._admits = downlink.admits(self._admits, now)
        if downlink.due_keyframe(now):
            self.keyframes_asked.append(now)
            self._keyframe_comes = True

    def _make_frame(self) -> None:
        tid = (0, 2, 1, 2)[self._frame % 4] if self.layered else 0
        count = {0: FPS / 4, 1: FPS / 4, 2: FPS / 2}[tid] if self.layered else FPS
        share = SHARES[tid] if self.layered else 1.0
        octets = int(self.picture_bps * share / count / 8 * self._chance.uniform(0.7, 1.3))
        self._frame += 1
        keyframe, self._keyframe_comes = self._keyframe_comes, False
        if keyframe:
            octets = 30_000
        self.meter.take(tid, octets)
        level = self.downlink.level
        sizes = [1100] * (octets // 1100) + [octets % 1100 + 1]
        if level in (Level.KEYFRAMES, Level.STILLS):
            if keyframe and self._admits:
                self._admits = False
                self._waiting.extend(sizes)
        elif tid <= {Level.FULL: 2, Level.HALF: 1, Level.QUARTER: 0}[level]:
            for size in sizes:
                self._send(size)

    def _send(self, octets: int) -> None:
        self._bytes_out += octets
        self._sent += 1
        came = self._queue + octets < self.rate_bps / 8 and self._chance.random() >= self.loss
        if self._queue + octets < self.rate_bps / 8:
            self._queue += octets
        if came:
            self.receiver.arrived(self.now, octets)
        else:
            self._lost += 1
            if self._chance.random() >= self.loss:  # the repeat
                self._bytes_out += octets
                self.receiver.arrived(self.now, octets)

    def during(self, level: Level, since: float) -> float:
        """Share of the time since then that was spent at a level or above."""
        order = list(Level)
        spans = [*self.levels, (self.now, self.downlink.level)]
        total = 0.0
        for (start, at), (end, _) in pairwise(spans):
            if order.index(at) <= order.index(level):
                total += max(0.0, end - max(start, since))
        return total / (self.now - since)

    @property
    def sent_bytes(self) -> int:
        return self._bytes_out

    def at(self) -> Level:
        return self.downlink.level

    def changes(self, since: float) -> int:
        return sum(at > since for at, _ in self.levels)


def test_a_good_link_gets_everything() -> None:
    link = Link(3e6).run(60)
    assert link.levels == [(0.0, Level.FULL)]


@pytest.mark.parametrize("loss", [0.05, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("delay_s", [0.02, 0.15, 0.3])
def test_random_loss_alone_takes_nothing_away(loss: float, delay_s: float) -> None:
    link = Link(4e6, loss=loss, delay_s=delay_s).run(120)
    assert link.levels == [(0.0, Level.FULL)]


def test_a_picture_that_grows_faster_than_the_estimate_is_no_congestion() -> None:
    link = Link(4e6, picture_bps=2e5).run(6)
    for bps in (6e5, 1.2e6, 2e6, 2.5e6):
        link.picture_bps = bps
        link.run(1)
    assert link.run(30).levels == [(0.0, Level.FULL)]


@pytest.mark.parametrize(
    ("rate_bps", "fits", "remb"),
    [
        (7.8e5, Level.HALF, True),
        (5.5e5, Level.QUARTER, True),
        (2e5, Level.KEYFRAMES, True),
        (7e4, Level.STILLS, True),
        (5.5e5, Level.QUARTER, False),
    ],
)
def test_a_link_that_narrows_gets_less_within_a_second_or_two(
    rate_bps: float, fits: Level, remb: bool
) -> None:
    link = Link(3e6, remb=remb).run(20)
    link.rate_bps = rate_bps
    link.run(2.5 if remb else 6)
    assert link.at() is not Level.FULL
    link.run(15)
    since = link.now
    link.run(120)
    order = list(Level)
    spent_higher = link.during(order[order.index(fits) - 1], since)
    assert spent_higher < 0.25, link.levels
    assert link.during(order[min(order.index(fits) + 1, 4)], since) > 0.9, link.levels
    assert link.changes(since) <= 10, link.levels


@pytest.mark.parametrize("rate_bps", [7e5, 5e5, 2e5, 6e4])
@pytest.mark.parametrize("layered", [True, False])
def test_it_comes_back_when_the_link_does(rate_bps: float, layered: bool) -> None:
    link = Link(3e6, layered=layered).run(20)
    link.rate_bps = rate_bps
    link.run(30)
    assert link.at() is not Level.FULL
    link.rate_bps = 3e6
    link.run(90)
    assert link.at() is Level.FULL, link.levels
    since = link.now
    assert link.run(60).changes(since) == 0


def test_without_layers_there_is_all_or_keyframes() -> None:
    link = Link(3e6, layered=False).run(20)
    link.rate_bps = 5e5
    link.run(60)
    assert {level for _, level in link.levels} <= {Level.FULL, Level.KEYFRAMES, Level.STILLS}


@pytest.mark.parametrize("rate_bps", [2e5, 7e4])
def test_below_motion_keyframes_are_asked_for_rarely_and_do_not_drown_the_link(rate_bps: float) -> None:
    link = Link(3e6).run(20)
    link.rate_bps = rate_bps
    link.run(40)
    since, link.longest_queue_s = link.now, 0.0
    link.run(20)
    asked = [at for at in link.keyframes_asked if at > since]
    assert 1 <= len(asked) <= 5
    assert all(b - a >= 5.0 for a, b in pairwise(asked))


@pytest.mark.parametrize("layered", [True, False])
def test_who_wants_stills_gets_no_more_on_the_widest_link_and_motion_when_it_is_wanted(
    layered: bool,
) -> None:
    link = Link(2e7, layered=layered, most=Level.KEYFRAMES).run(120)
    assert link.levels == [(0.0, Level.KEYFRAMES)]
    gaps = [b - a for a, b in pairwise(link.keyframes_asked)]
    assert len(gaps) > 10
    assert all(5.0 <= gap < 8.0 for gap in gaps)
    assert link.sent_bytes < 0.1 * link.picture_bps / 8 * 120
    link.downlink.limit(Level.FULL, link.now)
    assert link.at() is Level.FULL
    assert link.run(30).at() is Level.FULL
    link.downlink.limit(Level.QUARTER, link.now)
    assert link.run(60).at() is Level.QUARTER


def test_a_limit_that_is_lifted_lets_a_narrow_link_rise_no_further_than_it_carries() -> None:
    link = Link(3e6, most=Level.HALF).run(20)
    link.rate_bps = 2e5
    link.run(40)
    held = link.at()
    assert held in (Level.KEYFRAMES, Level.STILLS)
    link.downlink.limit(Level.FULL, link.now)
    assert link.at() is held


def test_own_drops_are_answered_at_once() -> None:
    downlink, rates = Downlink(), Rates(full=1_000_000, half=650_000, quarter=450_000, layered=True)
    sent = 0
    for tick in range(40):
        sent += 6250
        downlink.tick(tick * TICK_S, sent, rates)
    downlink.dropped(10)
    for tick in range(40, 46):
        sent += 6250
        downlink.tick(tick * TICK_S, sent, rates)
    assert downlink.level is not Level.FULL
    assert downlink.sheds == 1


def test_every_failed_trial_makes_the_next_one_rarer() -> None:
    link = Link(3e6).run(20)
    link.rate_bps = 5.5e5
    link.run(300)
    assert link.changes(link.now - 120) <= 6, link.levels


def test_speech_is_sent_again_as_often_as_loss_makes_it_worth() -> None:
    assert [speech_copies(loss) for loss in (0.0, 0.02, 0.05, 0.1, 0.15, 0.3)] == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("loss", [0.0, 0.08])
@pytest.mark.parametrize("delay_s", [0.17, 0.25, 0.4])
def test_a_longer_way_is_no_queue(delay_s: float, loss: float) -> None:
    """From a wireless network to a mobile one, in the same session."""
    link = Link(4e6, delay_s=0.01).run(20)
    link.delay_s, link.loss = delay_s, loss
    link.run(60)
    assert not [level for _, level in link.levels if level in (Level.KEYFRAMES, Level.STILLS)]
    assert link.downlink.level is Level.FULL


def test_a_pause_of_our_own_is_not_held_against_the_link() -> None:
    link = Link(4e6, layered=False).run(20)
    link.now += 1.5  # the machine stood still: everything after it comes late and at once
    for n in range(4):
        link.downlink.remb(300_000 - 10_000 * n, link.now + n / 10)
    link.downlink.report(0.2, 1.6, 0.1, link.now)
    link.run(20)
    assert [level for _, level in link.levels] == [Level.FULL]
