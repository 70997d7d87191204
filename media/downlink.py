"""How much one subscriber's link takes, and how much of the picture it therefore gets.

    downlink.remb(bps, now); downlink.report(loss, rtt_s, jitter_s, now); downlink.dropped()
    if downlink.tick(now, bytes_out, rates): layers.aim(downlink.level, …)       # every 50 ms
    if downlink.due_keyframe(now): source.want_keyframe()     # below motion this replaces its own requests
    layers.admits = downlink.admits(layers.admits, now)       # below motion: may the next keyframe pass?
    downlink.spend(send(downlink.allow(now, waiting)))        # below motion: so many bytes of what waits
    downlink.repeated(repeat(downlink.repeats(now)))          # on a full link, few

Two views are combined. The subscriber's own estimate (REMB, draft-alvestrand-rmcat-remb-03) falls when
packets queue up; how far it has fallen, not that it is low, is the sign, for it starts low and grows to one
and a half times what arrives at most. Loss (in the manner of draft-ietf-rmcat-gcc-02 section 6) counts only
together with a growing delay or when it is beyond repair: radio loses packets without being full, and repeats
mend that.

A subscriber may want less than its link takes: it goes no higher than `most`, from its first keyframe on.

Down within about a second; up one level at a time, each a trial of which a failed one doubles the wait for
the next. Sound is never held back: it is taken off what the picture may use. Pure arithmetic: no clocks, no
sockets.
"""

from collections import deque

from media.ports import Level
from media.rates import Rates

KEYFRAME_EVERY_S = 5.0  # at most one is asked for
STILL_EVERY_S = 10.0  # at most one is sent

QUEUE_FULL = 3  # datagrams that were not taken between two decisions: the link is full

_STEP_S = 0.2  # between two decisions
_FRESH_S = 3.0  # age at which an estimate of the subscriber's says nothing about now
_SETTLE_S = 1.5  # after going down, before going down further: what had queued up has to drain
_QUIET_S = 3.0  # without congestion before going up
_STAY_S = 4.0  # at one level before going up
_PROVEN_S = 30.0  # at a level after going up: congestion before that was a failed trial
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 60.0  # after failed trials
_LEAST_BPS = 32_000  # below motion, whatever the estimate says
_KEYFRAME_OCTETS = 40_000  # until one was seen
_PROBE = 1.5  # pace of a keyframe, of the estimate
_UNBOUNDED = 1 << 20  # bytes
_STALL_S, _EXCUSED_S = 0.5, 3.0  # a pause between two decisions, and for how long it is an excuse
_STEADY = 4  # reports in a row that make a longer way the way
_BEYOND_REPAIR = 0.4  # loss

_MOTION = (Level.FULL, Level.HALF, Level.QUARTER)
_STILL = (Level.KEYFRAMES, Level.STILLS)
_ORDER = (*_MOTION, *_STILL)


def speech_copies(loss: float) -> int:
    """How many times each packet of sound is sent again, some 20 to 60 ms later, by the loss from 0 to 1.

    The repeat is the same packet, which a receiver that has it drops (RFC 3711 section 3.3.2).
    """
    if loss < 0.03:
        return 0
    return 1 if loss < 0.12 else 2


class Downlink:
    """One subscriber's. Times are seconds of one monotonic clock."""

    def __init__(self, most: Level = Level.FULL) -> None:
        self.level = most
        self._most = most
        self.sheds = 0  # times that the level went down
        self.loss = 0.0  # 0 to 1, of its last reports
        self.rtt_s: float | None = None
        self.estimate_bps: int | None = None
        self._rates = Rates()
        self._sent: deque[tuple[float, int]] = deque(maxlen=8)  # when, bytes_out: the last second and more
        self._stepped_at = float("-inf")
        self._excused_until = float("-inf")
        self._remb: int | None = None
        self._remb_at = 0.0
        self._falls: deque[tuple[float, int]] = deque(maxlen=4)  # when it fell, and from where
        self._ways: deque[tuple[float, float, float]] = deque(maxlen=_STEADY)  # when, round trip, loss
        self._rtt_floor: float | None = None
        self._late: deque[tuple[float, float, bool]] = deque(maxlen=3)  # reports: when, round trip, too long
        self._jitter_s = 0.0
        self._last_loss = 0.0
        self._heard_anew = False  # a report, since the last decision
        self._dropped = 0
        self._lossy_bps: float | None = None  # what loss says is too much
        self._congested_at = float("-inf")
        self._changed_at = float("-inf")
        self._rose_at = float("-inf")
        self._try_at = float("-inf")
        self._wait_s = _FIRST_WAIT_S
        self._keyframe_at = float("-inf")  # when the last one was let through
        self._asked_at = float("-inf")
        self._admitted = True
        self._keyframe_octets = _KEYFRAME_OCTETS
        self._largest = 0  # that was waiting since the last keyframe
        self._waiting = 0
        self._stilled_at = float("-inf")  # when motion last ended
        self._eased_at = float("-inf")  # when the estimate was last lowered, below motion
        self._credit = 0.0  # bytes
        self._allowed_at: float | None = None
        self._paced_until = float("inf")  # when the last keyframe was all sent
        self._proven_bps = 0.0  # the pace at which it got through
        self._repeat_credit = 0.0  # bytes
        self._repeated_at = float("-inf")

    # What the subscriber tells

    def limit(self, most: Level, now: float) -> None:
        """Go no higher than this. Who was held by the last limit and not by the link rises at once."""
        before, self._most = self._most, most
        held = self.level is before and now - self._congested_at > _QUIET_S
        if _ORDER.index(self.level) < _ORDER.index(most):
            self._change(most, now)
        elif held and self.level is not most:
            self._rose_at = now
            self._change(most, now)

    def remb(self, bitrate_bps: int, now: float) -> None:
        before, self._remb = self._remb, bitrate_bps
        self._remb_at = now
        if before is not None and bitrate_bps < 0.97 * before:
            self._falls.append((now, before))

    def report(self, loss: float, rtt_s: float | None, jitter_s: float, now: float) -> None:
        """A receiver report: `loss` from 0 to 1 since the last one."""
        self.loss += 0.5 * (loss - self.loss)
        self._last_loss = loss
        self._heard_anew = now - self._changed_at > _SETTLE_S  # else it is of before
        self._jitter_s = jitter_s
        if rtt_s is not None:
            self.rtt_s = rtt_s
            self._ways.append((now, rtt_s, loss))
            since, before, _ = self._ways[0]
            ways = [way for _, way, _ in self._ways]
            steady = len(ways) == _STEADY and 0.95 * before < min(ways) and max(ways) < 1.1 * before
            fell = bool(self._falls) and self._falls[-1][0] > since - 1.0
            # what is still lost when little is sent is not lost to a queue of ours
            lossy = any(lost > (0.1 if self.level in _MOTION[:2] else 0.35) for _, _, lost in self._ways)
            floor = rtt_s if self._rtt_floor is None else self._rtt_floor
            if steady and not fell and not lossy:
                # another network, not a queue: that would grow or drain, lose, or lower the estimate
                floor = max(floor, min(ways))
            self._rtt_floor = min(rtt_s, floor + 0.002)
            self._late.append((now, rtt_s, self._delayed))

    def dropped(self, packets: int = 1) -> None:
        """The kernel or a full queue did not take what was sent."""
        self._dropped += packets

    # Decisions

    def tick(self, now: float, bytes_out: int, rates: Rates) -> bool:
        """Whether the level has changed. `bytes_out`: all that was sent to this subscriber so far."""
        if now - self._stepped_at < _STEP_S:
            return False
        if self._stepped_at == float("-inf"):
            self._keyframe_at = now  # which it has just begun with
        if _STALL_S < now - self._stepped_at < _LONGEST_WAIT_S:
            self._excused_until = now + _EXCUSED_S  # it was we who stood still: what came late says nothing
            self._falls.clear()
            self._late.clear()
        self._stepped_at = now
        self._rates = rates
        self._sent.append((now, bytes_out))
        since, before = self._sent[0]
        sent_bps = 8 * (bytes_out - before) / (now - since) if now > since else 0.0
        congested = now >= self._excused_until and self._congested(now, sent_bps)
        self._estimate(congested, sent_bps, now)
        self._dropped = 0
        before_level = self.level
        if congested:
            self._congested_at = now
        if self.level in _STILL:
            self._fit_keyframes(now)
        elif congested and now - self._changed_at >= self._settle_s():
            self._go_down(now)
        if self.level is before_level and rates.full > 0 and self._may_rise(now, sent_bps):
            self._go_up(now)
        return self.level is not before_level

    @property
    def _delayed(self) -> bool:
        return self._delay() > 1.0

    def _delay(self) -> float:
        """How much longer the way is than it has been, of what cannot be chance: something queues up."""
        if self.rtt_s is None or self._rtt_floor is None:
            return 0.0
        # one large frame alone takes a tenth of a second through a slow link
        margin = max(0.2, 0.5 * self._rtt_floor, min(0.3, 3 * self._jitter_s))
        return (self.rtt_s - self._rtt_floor) / margin

    def _queueing(self) -> bool:
        """Whether the last three reports came late, and no less so: after going down a queue needs time."""
        if len(self._late) < 3 or self._late[0][0] < self._changed_at + _SETTLE_S:
            return False
        return all(late for _, _, late in self._late) and self._late[-1][1] > 0.95 * self._late[0][1]

    def _congested(self, now: float, sent_bps: float) -> bool:
        if self._dropped >= QUEUE_FULL:
            return True
        delayed = self._delayed
        if self.level in _STILL:
            return delayed
        lossy = self.loss > _BEYOND_REPAIR or (self.loss > 0.1 and delayed)
        if now - self._changed_at >= _SETTLE_S and (lossy or self._queueing()):  # else reports are of before
            return True
        remb = self._remb
        if remb is None or now - self._remb_at > _FRESH_S:
            return False
        # not more than usual, for a keyframe makes a second that is not like the others
        arriving = min(sent_bps, 1.2 * self._rates.of(self.level))
        if not delayed:
            arriving *= 1 - min(self.loss, 0.33)
        falls = [
            fall for fall in self._falls if fall[0] > self._changed_at + 0.5 and now - fall[0] < _FRESH_S
        ]
        if not falls or now - falls[-1][0] > 2.0:
            return False
        highest = max(before for _, before in falls)
        if highest < 0.8 * arriving and remb > 0.6 * highest:
            return False  # it was still growing to what arrives anyway: that it falls a little tells nothing
        # It falls to 0.85 of what arrives: less than that was queueing. A device that was busy for a moment
        # makes it fall too, once or twice in a row; and the base layer's large frames at long intervals look
        # like a queue by themselves.
        again = len(falls) >= 3 and falls[-1][0] - falls[0][0] >= 0.4
        if self.level is self._lowest and self._rates.layered:
            lately = [late for _, _, late in self._late][-2:]
            return lately == [True, True] and remb < 0.9 * arriving
        if self._delay() > 0.5 and remb < 0.7 * arriving:
            return True
        return (delayed or again) and remb < 0.9 * arriving

    def _estimate(self, congested: bool, sent_bps: float, now: float) -> None:
        remb = self._remb
        lossy = self._lossy_bps
        if self.level in _STILL:
            self._estimate_still(now)
            return
        anew, self._heard_anew = self._heard_anew, False
        if congested and (self._dropped or (self._last_loss > 0.1 and anew)):
            through = sent_bps * (1 - max(self._last_loss, 0.1))
            lossy = through if lossy is None else min(lossy, through)
        elif lossy is not None:
            lossy *= 1.08**_STEP_S
            if lossy > 2 * self._rates.of(Level.FULL):
                lossy = None  # no more than a memory
        self._lossy_bps = lossy
        known = [estimate for estimate in (remb, lossy) if estimate is not None]
        if known and now - self._congested_at > _QUIET_S:  # what goes through is proven
            proven = min(sent_bps, 1.2 * self._rates.of(self.level)) * (1 - self.loss)
            known = [max(min(known), proven)]
        self.estimate_bps = int(min(known)) if known else None

    def _estimate_still(self, now: float) -> None:
        """Below motion REMB follows the little that is sent: it proves what goes through, not what does not.

        So it is taken upwards only, once it no longer speaks of before. A keyframe that got through at its
        pace without delay proves that pace, and a growing delay takes back.
        """
        estimate = float(self.estimate_bps or 4 * _LEAST_BPS)
        fresh = self._remb is not None and now - self._remb_at < _FRESH_S
        remb = float(self._remb) if fresh and self._remb is not None else estimate
        if now - self._stilled_at < _FRESH_S:
            estimate = min(estimate, remb)
        elif self._delayed or self._dropped or (self._last_loss > 0.1 and remb < 0.9 * estimate):
            self._paced_until, self._proven_bps = float("inf"), 0.0
            if now - self._eased_at > 1.0:
                self._eased_at = now
                self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S / 2)
                self._try_at = now + self._wait_s
                estimate *= 0.7
        else:
            if now - self._paced_until > 1.5:  # a report of it has come
                self._paced_until = float("inf")
                self._proven_bps = self._pace_bps() + self._rates.sound
                self._wait_s = _FIRST_WAIT_S
            estimate = max(estimate, remb, self._proven_bps)
        self.estimate_bps = int(max(estimate, _LEAST_BPS))

    def _settle_s(self) -> float:
        estimate = self.estimate_bps
        if estimate is not None and estimate < 0.5 * self._rates.of(self.level):
            return 0.5 * _SETTLE_S  # nothing will drain
        return _SETTLE_S

    def _go_down(self, now: float) -> None:
        levels = self._levels()
        at = levels.index(self.level) if self.level in levels else 0
        lower = self._fitting(levels[at + 1 :])
        if now - self._rose_at < _PROVEN_S:
            self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S)
        else:
            self._wait_s = _FIRST_WAIT_S
        self._try_at = now + self._wait_s
        self._change(lower, now)
        self.sheds += 1

    def _fitting(self, levels: tuple[Level, ...]) -> Level:
        """The first of these that the estimate allows."""
        estimate = self.estimate_bps
        if estimate is None:
            return levels[0]
        for level in levels:
            # it has fallen to 0.85 of the link; and the last level that moves is worth a trial
            share = 0.6 if level is self._lowest else 0.85
            if level in _STILL or share * self._rates.of(level) <= estimate:
                return level
        return Level.STILLS

    @property
    def _lowest(self) -> Level:
        """That moves. Without layers all of it does, at whatever level above the stills."""
        return Level.QUARTER if self._rates.layered else max(self._most, Level.FULL, key=_ORDER.index)

    def _levels(self) -> tuple[Level, ...]:
        if self._rates.layered:
            return _ORDER[_ORDER.index(self._most) :]
        return self._lowest, *_STILL

    def _may_rise(self, now: float, sent_bps: float) -> bool:
        if self.level is self._most or now < self._try_at or now - self._changed_at < _STAY_S:
            return False
        if self._most in _STILL:
            return False  # `_fit_keyframes` decides
        quiet_s = now - self._congested_at
        if quiet_s < _QUIET_S or self._delay() > 0.5:
            return False
        if quiet_s > _LONGEST_WAIT_S:
            return True
        needed = self._rates.of(self._next())
        if self.level in _STILL:  # little is sent, so the estimate grows slowly
            return (self.estimate_bps or 0) >= 0.7 * needed
        if self._remb is None or now - self._remb_at > _FRESH_S:
            return True
        if (
            self._remb < 0.9 * sent_bps
        ):  # it has yet to grow to what goes through already, and may take a minute
            return quiet_s > 2 * _QUIET_S
        # it grows to one and a half times what arrives at most: to see whether there is more, send more
        return self._remb >= needed or self._remb >= 1.3 * sent_bps

    def _next(self) -> Level:
        if self.level in _STILL:
            return self._lowest
        layered = self.level is Level.QUARTER and self._rates.layered
        return max(self._most, Level.HALF if layered else Level.FULL, key=_ORDER.index)

    def _go_up(self, now: float) -> None:
        self._rose_at = now
        self._change(self._next(), now)

    def _fit_keyframes(self, now: float) -> None:
        """Between KEYFRAMES and STILLS: whether one has gone out before the next is due."""
        octets = self._pace_bps() * KEYFRAME_EVERY_S / 8
        stayed_s = now - self._changed_at
        if self.level is Level.KEYFRAMES and octets < self._keyframe_octets and stayed_s > KEYFRAME_EVERY_S:
            self._change(Level.STILLS, now)
            self.sheds += 1
        elif (
            self.level is Level.STILLS
            and self._most is not Level.STILLS
            and octets > 2 * self._keyframe_octets
            and stayed_s > STILL_EVERY_S
        ):
            self._change(Level.KEYFRAMES, now)

    def _change(self, level: Level, now: float) -> None:
        if self.level in _MOTION and level in _STILL:
            self._stilled_at = now
        self.level = level
        self._changed_at = now
        self._falls.clear()
        self._paced_until, self._proven_bps = float("inf"), 0.0

    # Below motion

    def due_keyframe(self, now: float) -> bool:
        """Whether to ask the publisher for one: rarely, and not when one came for whatever reason.

        Every keyframe serves all, so a crowd of weak subscribers asks no more often than one.
        """
        if self.level not in _STILL or self._waiting:
            return False
        every = KEYFRAME_EVERY_S if self.level is Level.KEYFRAMES else STILL_EVERY_S
        if now - max(self._keyframe_at, self._asked_at) < every:
            return False
        self._asked_at = now
        return True

    def admits(self, before: bool, now: float) -> bool:
        """Whether a keyframe that comes now may pass.

        `before` is the last answer as media/layers left it: when that is no longer true, one has passed.
        """
        if self._admitted and not before:
            self._keyframe_at = now
            if self._largest:
                self._keyframe_octets = self._largest
            self._largest = 0
        self._admitted = True
        if self.level in _STILL:
            every = 1.0 if self.level is Level.KEYFRAMES else STILL_EVERY_S - 0.5
            self._admitted = not self._waiting and now - self._keyframe_at >= every
        return self._admitted

    def allow(self, now: float, waiting: int) -> int:
        """How many bytes of the picture, of the `waiting` ones, may leave now. Call every 50 ms.

        Whole packets are sent until it is used up, and `spend` is told how much that was.
        """
        if not waiting and self._waiting:  # the last of a keyframe has gone
            self._paced_until = now
        self._waiting = waiting
        passed = 0.0 if self._allowed_at is None else min(now - self._allowed_at, 0.2)
        self._allowed_at = now
        if self.level in _MOTION:
            self._credit = 0.0
            return waiting
        self._largest = max(self._largest, waiting)
        pace = self._pace_bps() / 8
        self._credit = min(self._credit + passed * pace, 0.1 * pace)
        return min(waiting, max(0, int(self._credit)))

    def spend(self, octets: int) -> None:
        self._credit -= octets

    # Repeats

    @property
    def _narrow(self) -> bool:
        lately = self._stepped_at - self._congested_at < 2 * _QUIET_S
        return lately or self._delayed or self.level is not self._most or self.level in _STILL

    def repeats(self, now: float) -> int:
        """How many bytes may be sent again now. Call every 50 ms, and tell `repeated` what was.

        On a wide link as many as are asked for, since asking early and often mends a bad radio. On a full one
        they would take what is left: a third of the estimate, more where the loss needs it, and below motion
        a part of the pace.
        """
        if not self._narrow:
            return _UNBOUNDED
        if self.level in _STILL:
            return max(0, int(self._credit))
        rate = max(0.3, 2.5 * min(self.loss, 0.3)) / 8 * (self.estimate_bps or self._rates.of(self.level))
        passed = min(now - self._repeated_at, 0.2)
        self._repeated_at = now
        self._repeat_credit = min(self._repeat_credit + passed * rate, 0.2 * rate)
        return max(0, int(self._repeat_credit))

    def repeated(self, octets: int) -> None:
        self._repeat_credit -= octets
        if self.level in _STILL:
            self._credit -= octets

    @property
    def repeat_every_s(self) -> float:
        """How long after a repeat the same packet may go again: on a full link it is still on its way."""
        return min(1.0, self.rtt_s or 0.1) if self._narrow else 0.0

    def _pace_bps(self) -> float:
        """Somewhat more than the estimate when all is quiet, so that it can grow."""
        if self.estimate_bps is None:
            return 4.0 * _LEAST_BPS
        quiet = self._stepped_at - self._congested_at > 2 * _QUIET_S and self._stepped_at >= self._try_at
        return max(_LEAST_BPS, self.estimate_bps * (_PROBE if quiet else 0.9) - self._rates.sound)
