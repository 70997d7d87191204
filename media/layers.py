"""Leaving frames out for one subscriber, so that what is left fits its link and can be decoded.

    layers = Layers()                                         # one for each subscriber's video
    layers.aim(level, after=number, timestamp=timestamp)      # the last packet it was sent, or was offered
    if not layers.plain:                                      # as long as nothing was left out, skip the rest
        verdict = layers.choose(number, timestamp, descriptor, keyframe)       # DROP: done with it
        number = layers.place(number)                         # counts on without a gap
        head, rest = layers.rewrite(descriptor, payload)      # send header + head + payload[rest:]

Whole frames only. Down takes effect with the next frame, up only where the upper layer may be decoded: at a
keyframe, or one layer at a time at its sync bit (RFC 7741 section 4.2). Numbers that the publisher's own loss
left open stay open, so that a repeat finds its place. Without temporal layers (H.264, or a plain VP8 stream)
only FULL and the levels below motion differ. Below motion an empty packet now and then says that the feed
goes on, for a page that hears nothing takes its connection for dead. Pure arithmetic: no clocks, no sockets.
"""

from bisect import bisect_left

import msgspec

from media import vp8
from media.ports import Level
from media.rtp import TIMESTAMP_MASK
from media.vp8 import Descriptor

# Verdicts. BLANK: not for this subscriber, but it waits for the number: send the header alone, so that it
# stops asking, or that it sees that the feed goes on. A receiver takes an empty packet for padding.
DROP, SEND, BLANK = 0, 1, 2

TOP = {Level.FULL: 2, Level.HALF: 1, Level.QUARTER: 0, Level.KEYFRAMES: -1, Level.STILLS: -1}  # highest layer

_MAX_REORDER = 1024  # packets; as media/rewrite.Timeline has it
_FRAMES = 128  # whose verdict is remembered: four seconds
_SIGN_EVERY = 22_500  # of the timestamp: below motion, four empty packets a second
_CHANGES = 16  # of the level, remembered for frames that come late


class _Frame(msgspec.Struct, frozen=True, gc=False):
    sent: bool
    picture: int | None  # its new picture id; None when there is none to write
    tl0: int | None


class Layers:
    def __init__(self) -> None:
        self.plain = True  # nothing was ever left out: packets go as they are
        self.admits = True  # below motion: whether the next keyframe may pass; it turns false with it
        self._target = TOP[Level.FULL]
        self._passing = self._target  # highest layer that goes through now
        self._changes: list[tuple[int, int]] = []  # from which packet number on, which layer
        self._frames: dict[int, _Frame] = {}  # by timestamp
        self._frame = _Frame(True, None, None)  # of the packet chosen last
        self._newest = self._frame  # of the highest number
        self._highest = 0
        self._signed = 0  # timestamp of the last empty packet that was sent for a sign of life
        self._settled = 0  # how many numbers were left out before those in the list
        self._left_out: list[int] = []  # numbers, ascending
        self._picture: int | None = None  # newest picture id, extended
        self._pictures_settled = 0
        self._pictures_left_out: list[int] = []  # extended, ascending
        self._tl0_shift = 0

    @property
    def awaits_keyframe(self) -> bool:
        """Whether nothing moves until one comes."""
        return self._passing < 0 <= self._target

    def aim(self, level: Level, *, after: int, timestamp: int) -> None:
        """Go for this level. `after` and `timestamp` are of the newest packet that was offered so far.

        They matter only when this ends `plain`: that packet's frame goes through to its end.
        """
        self._target = TOP[level]
        if self.plain and self._target < TOP[Level.FULL]:
            self.plain = False
            self._highest = after
            self._frames[timestamp] = self._frame = self._newest = _Frame(True, None, None)

    def choose(self, number: int, timestamp: int, descriptor: Descriptor | None, keyframe: bool) -> int:
        """DROP, SEND or BLANK for one packet; `number` and `timestamp` as on the feed's line.

        `keyframe`: a decoder may begin with this packet. A frame's first packet decides for all of it.
        """
        frame = self._frames.get(timestamp)
        if number <= self._highest:
            if self._is_left_out(number):
                return DROP
            if frame is None:
                frame = self._decide_late(number, timestamp, descriptor)
            self._frame = frame
            return SEND if frame.sent else BLANK
        before, below = self._newest, self._passing < 0
        follows = False
        if frame is None or (keyframe and not frame.sent):  # H.264 may begin one with a delimiter
            newest = self._picture
            frame = self._decide(number, timestamp, descriptor, keyframe)
            follows = below
            if descriptor is not None and descriptor.start and newest is not None:
                follows = below or self._picture == newest + 1  # so it was of the frame before
        if number - self._highest > 1 and not before.sent and (frame is before or follows):
            # what is missing would not have been sent either: it leaves no gap
            self._left_out.extend(range(max(self._highest + 1, number - _MAX_REORDER), number))
        self._highest = number
        self._frame = self._newest = frame
        if frame.sent:
            return SEND
        if self._passing < 0 and (timestamp - self._signed) & TIMESTAMP_MASK >= _SIGN_EVERY:
            self._signed = timestamp
            return BLANK
        self._left_out.append(number)
        if len(self._left_out) > 2 * _MAX_REORDER:
            done = bisect_left(self._left_out, number - _MAX_REORDER)
            self._settled += done
            del self._left_out[:done]
        return DROP

    def _is_left_out(self, number: int) -> bool:
        at = bisect_left(self._left_out, number)
        if at < len(self._left_out):
            return self._left_out[at] == number
        return False

    def place(self, number: int) -> int:
        """The number under which a packet is sent: what was left out before it is taken off."""
        if number >= self._highest:
            return number - self._settled - len(self._left_out)
        return number - self._settled - bisect_left(self._left_out, number)

    def rewrite(self, descriptor: Descriptor | None, payload: bytes) -> tuple[bytes, int]:
        """For the packet that was chosen last: what to send instead of `payload[:rest]`, and `rest`."""
        frame = self._frame
        if frame.picture is None or descriptor is None:
            return b"", 0
        return vp8.write(payload, descriptor, frame.picture, frame.tl0), descriptor.size

    def _decide(self, number: int, timestamp: int, descriptor: Descriptor | None, keyframe: bool) -> _Frame:
        tid = 0 if descriptor is None else descriptor.tid
        passing = self._passing
        if self._target < passing or (keyframe and self._target > passing):
            passing = self._target
        elif self._target > passing >= 0 and descriptor is not None and descriptor.sync:
            passing = tid if tid == passing + 1 else passing
        if passing != self._passing:
            self._passing = passing
            self._changes.append((number, passing))
            del self._changes[:-_CHANGES]
        sent = tid <= passing
        if keyframe and passing < 0:
            sent, self.admits = self.admits, False
        return self._remember(timestamp, sent, descriptor)

    def _decide_late(self, number: int, timestamp: int, descriptor: Descriptor | None) -> _Frame:
        """A frame of which nothing came in its time: as its layer would have fared then."""
        tid = 0 if descriptor is None else descriptor.tid
        passing = TOP[Level.FULL]
        for since, layer in self._changes:
            if since > number:
                break
            passing = layer
        return self._remember(timestamp, tid <= passing, descriptor)

    def _remember(self, timestamp: int, sent: bool, descriptor: Descriptor | None) -> _Frame:
        picture = tl0 = None
        if descriptor is not None and descriptor.picture is not None:
            half = 0x4000 if descriptor.wide else 0x40
            if self._picture is None:
                self._picture = descriptor.picture - 1
            ahead = ((descriptor.picture - self._picture + half) & (2 * half - 1)) - half
            extended = self._picture + ahead
            left_out = self._pictures_left_out
            if ahead > 0:
                self._picture = extended
                picture = extended - self._pictures_settled - len(left_out)
                if not sent:
                    left_out.append(extended)
                    if len(left_out) > 2 * _FRAMES:
                        self._pictures_settled += _FRAMES
                        del left_out[:_FRAMES]
            else:
                picture = extended - self._pictures_settled - bisect_left(left_out, extended)
            if descriptor.tl0 is not None:
                tl0 = descriptor.tl0 - self._tl0_shift
                if not sent and descriptor.tid == 0 and ahead > 0:
                    self._tl0_shift += 1
        frame = self._frames[timestamp] = _Frame(sent, picture, tl0)
        if len(self._frames) > _FRAMES:
            del self._frames[next(iter(self._frames))]
        return frame
