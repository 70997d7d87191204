"""One section of one subscriber: packets of a feed's line, rewritten for it alone. Step 12 of the story.

`write` is the packet path. A track begins with a keyframe and keeps its SSRC and its numbers through every
publisher of the feed. It sends again what its subscriber missed, leaves out what does not fit its link, and
says speech twice where much is lost. Decodes nothing, and never waits.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from struct import Struct
from typing import Protocol

import msgspec

from media.burst import Burst
from media.history import SLOTS, History
from media.layers import BLANK, DROP, TOP, Layers
from media.negotiate import ABS_SEND_TIME, ORIENTATION, AgreedMedia
from media.peer import Peer
from media.ports import Level
from media.rewrite import Outgoing
from media.rtp import SEQUENCE_MASK, Codec, Packet, difference
from media.stats import Drop, Drops

SLOW = (Level.KEYFRAMES, Level.STILLS)  # where a keyframe has to be spread over time
REPEATS_PER_TICK = 64  # packets repeated in 50 ms at most, whatever is asked
_LOOKS_PER_TICK = 1024  # numbers looked up in 50 ms at most, found or not
_PACED = 512  # packets of keyframes that wait for a slow link; what comes on top is left out
_LATE = 128  # packets that came late and wait to be sent again
_COPIES = 64  # speech packets that wait to be said again

_SEQUENCE = Struct("!H")


class Home(Protocol):
    """The subscriber."""

    @property
    def peer(self) -> Peer: ...


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A packet as this subscriber was sent it, when frames were left out before it."""

    number: int  # extended
    packet: Packet
    head: bytes  # instead of the first `rest` bytes of the payload
    rest: int

    @property
    def payload(self) -> bytes:
        return self.head + self.packet.payload[self.rest :] if self.rest else self.packet.payload


class Track:
    def __init__(self, section: AgreedMedia, home: Home, history: History, drops: Drops) -> None:
        self.kind = section.kind
        self.repair_ssrc = secrets.randbits(32) if section.rtx else 0
        self.out = Outgoing(
            secrets.randbits(32),
            first_sequence=secrets.randbelow(1 << 14),
            first_timestamp=secrets.randbits(32),
            orientation_id=section.extensions.get(ORIENTATION, 0),
            # A repeat under the same number must be the same to the byte, and time is not the same.
            time_id=section.extensions.get(ABS_SEND_TIME, 0) if section.rtx else 0,
        )
        self.packets = 0
        self.octets = 0  # of payload
        self.bytes = 0  # as datagrams
        self.repeats = 0
        self.begun = False
        self.next_report = 0.0
        self.copies = 0  # how many times speech is said again
        self.late_copies = 0  # the same for what the caller's path brought late: nobody asks for it any more
        self.level = Level.FULL
        self.layers = Layers()
        self._repeats_left = REPEATS_PER_TICK
        self._looks_left = _LOOKS_PER_TICK
        self._repeat_octets = 1 << 20
        self._repeat_every_s = 0.0
        self._repeated_at: dict[int, float] = {}  # by number; only while the link is full
        self._codecs = section.codecs
        self._repairs = section.rtx
        self._repair_sequence = secrets.randbelow(1 << 14)
        self._codec: Codec | None = None  # of the last packet
        self._payload_type: int | None = None  # and its number here; None when it is not agreed
        self._deaf = False  # what came last could not be played here
        self._highest = 0  # number sent, extended
        self._slow_after = 0  # the last number before only keyframes went
        self._newest: Packet | None = None  # offered
        self._plain_until = 0  # place on the line up to which nothing was left out
        self._own: list[Sent | None] = []  # what was sent since frames were left out, by number
        self._paced: deque[Sent] = deque()
        self._said: deque[tuple[int, bytes, bytes]] = deque(maxlen=_COPIES)  # copies left, header, payload
        self._late: deque[tuple[int, int]] = deque(maxlen=_LATE)  # copies left, number
        self._home = home
        self._history = history
        self._drops = drops

    # The packet path

    def write_burst(self, burst: Burst, now: float) -> None:
        """`write`, in one piece where nothing has to be chosen or kept: nearly always."""
        out = self.out
        ahead = out.sequence_offset
        if (
            not self.begun
            or burst.codec is not self._codec
            or self._payload_type is None
            or self._deaf
            or self.copies
            or not self.layers.plain
            or not burst.ascending
            or burst.first.sequence + ahead <= self._highest
        ):
            self.write(burst.packets, now)
            return
        self._highest = burst.last.sequence + ahead
        self._newest = burst.last
        sent, size, octets = self._home.peer.send_burst(burst, out, self._payload_type, _send_time(now))
        self.packets += sent
        self.bytes += size
        self.octets += octets

    def write(self, packets: Sequence[Packet], now: float) -> None:
        """Send packets of the feed, in order. `now` in seconds, monotonic."""
        out, time = self.out, _send_time(now)
        parts = []
        for packet in packets:
            if packet.codec is not self._codec:
                self._codec, self._payload_type = packet.codec, number_of(packet.codec, self._codecs)
            if self._payload_type is None:
                self._drops[Drop.UNPLAYABLE] += 1
                self._deaf = True
                continue
            if not self.begun:
                if not packet.keyframe or not self._home.peer.up:
                    continue
                self.begun = True
                out.begin(packet)
            elif self._deaf:
                self._resume(packet)
            self._deaf = False
            number = packet.sequence + out.sequence_offset
            if number < out.first_sequence:
                continue  # from before the beginning
            if not self.layers.plain:
                sent = self._choose(packet)
                if sent is not None:
                    parts.append(self._made(sent, time))
                continue
            if number > self._highest:
                self._highest = number
                self._newest = packet
            elif self.late_copies:
                self._late.append((self.late_copies, number))
            parts.append((out.header(packet, number, self._payload_type, time), packet.payload))
        self._send(parts)

    def replay(self, packets: Sequence[Packet], now: float) -> None:
        """`write`, of packets that differ from the line's own: a repeat must be what was sent."""
        plain = self.layers.plain
        self.write(packets, now)
        self._own = self._own or [None] * SLOTS
        for packet in packets if self.begun and plain else ():  # else `_choose` has kept them
            number = packet.sequence + self.out.sequence_offset
            self._own[number % SLOTS] = Sent(number, packet, b"", 0)

    def waits_for(self, codec: Codec) -> bool:
        """Whether it could be sent this and was sent nothing yet."""
        return not self.begun and self._home.peer.up and number_of(codec, self._codecs) is not None

    def _resume(self, packet: Packet) -> None:
        """After a codec that it could not play: its own numbers know nothing of that time."""
        self.layers = Layers()
        self._own = []
        self._paced.clear()
        self._highest += 1
        self.out.first_sequence = self._highest
        self.out.sequence_offset = self._highest - packet.sequence
        self._newest = packet
        self.aim(self.level)

    def _send(self, parts: list[tuple[bytes, bytes]]) -> None:
        if not parts:
            return
        sent, size, octets = self._home.peer.send_rtp(parts)
        self.packets += sent
        self.bytes += size
        self.octets += octets
        if self.copies:
            self._said.extend((self.copies, header, payload) for header, payload in parts)

    def _choose(self, packet: Packet) -> Sent | None:
        """For a link that does not take everything: what of it goes out now."""
        layers, descriptor = self.layers, packet.descriptor
        if self._newest is None or packet.sequence > self._newest.sequence:
            self._newest = packet
        verdict = layers.choose(packet.sequence, packet.timestamp, descriptor, packet.keyframe)
        if verdict == DROP:
            return None
        number = layers.place(packet.sequence) + self.out.sequence_offset
        if verdict == BLANK:
            sent = Sent(number, packet, b"", len(packet.payload))
        else:
            head, rest = layers.rewrite(descriptor, packet.payload)
            sent = Sent(number, packet, head, rest)
            self._own[number % SLOTS] = sent
        if self._paced or (self.level in SLOW and verdict != BLANK):  # in order, or it would be missed
            if len(self._paced) < _PACED:
                self._paced.append(sent)
            return None
        return sent

    def _made(self, sent: Sent, time: int) -> tuple[bytes, bytes]:
        if sent.number > self._highest:
            self._highest = sent.number
        elif self.late_copies:
            self._late.append((self.late_copies, sent.number))
        assert self._payload_type is not None
        payload_type = self._payload_type
        if sent.packet.codec is not self._codec:
            payload_type = number_of(sent.packet.codec, self._codecs) or payload_type
        return self.out.header(sent.packet, sent.number, payload_type, time), sent.payload

    # Levels

    def aim(self, level: Level) -> None:
        """Send this much from now on."""
        if self.level not in SLOW:
            self._slow_after = self._highest
        self.level = level
        newest = self._newest
        if newest is not None:
            if self.layers.plain:
                self._plain_until = newest.sequence
            self.layers.aim(level, after=newest.sequence, timestamp=newest.timestamp)
        if not self.layers.plain and not self._own:
            self._own = [None] * SLOTS

    @property
    def waiting(self) -> int:
        """Bytes of keyframes that have still to leave."""
        return sum(len(sent.packet.payload) for sent in self._paced)

    def pace(self, budget: int, now: float) -> int:
        """Send of what waits, about `budget` bytes; how many that was."""
        parts, left, time = [], budget, _send_time(now)
        while self._paced and left > 0:
            made = self._made(self._paced.popleft(), time)
            left -= len(made[0]) + len(made[1])
            parts.append(made)
        self._send(parts)
        return budget - left

    # Repeats

    def allow_repeats(self, octets: int, every_s: float) -> None:
        """How much may be sent again until the next tick, and the same packet after how long."""
        self._repeat_octets, self._repeat_every_s = octets, every_s
        if not every_s or len(self._repeated_at) > SLOTS:
            self._repeated_at.clear()

    def repeat(self, sequences: Sequence[int], now: float) -> int:
        """Send again what was missed (RFC 4585), by a stream of its own where that is agreed (RFC 4588).

        How many bytes that was.
        """
        if not self.begun:
            return 0
        parts, time = [], _send_time(now)
        for sequence in sequences:
            if self._looks_left == 0:
                self._drops[Drop.REPEATS] += 1
                break
            self._looks_left -= 1
            sent = self._sent(self._highest + difference(sequence, self._highest & SEQUENCE_MASK))
            payload_type = number_of(sent.packet.codec, self._codecs) if sent is not None else None
            if sent is None or payload_type is None:
                continue
            if self._repeats_left == 0 or self._repeat_octets <= 0:
                self._drops[Drop.REPEATS] += 1
                break
            if self._repeat_every_s:
                if not self._needs(sent):
                    continue
                if now - self._repeated_at.get(sent.number, float("-inf")) < self._repeat_every_s:
                    continue
                self._repeated_at[sent.number] = now
            self._repeats_left -= 1
            self._repeat_octets -= len(sent.payload)
            repair = self._repairs.get(payload_type)
            if repair is None and self.out.timed:
                continue  # it would carry another time under the same number
            if repair is None:
                header = self.out.header(sent.packet, sent.number, payload_type, time)
                parts.append((header, sent.payload))
                continue
            self._repair_sequence += 1
            header = self.out.header(sent.packet, self._repair_sequence, repair, time, ssrc=self.repair_ssrc)
            parts.append((header, _SEQUENCE.pack(sent.number & SEQUENCE_MASK) + sent.payload))
        if not parts:
            return 0
        count, size, _ = self._home.peer.send_rtp(parts)
        self.repeats += count
        self.bytes += size
        return size

    def _needs(self, sent: Sent) -> bool:
        """Whether it still helps at the present level."""
        if self.level in SLOW:
            return sent.number > self._slow_after
        descriptor = sent.packet.descriptor
        return descriptor is None or descriptor.tid <= TOP[self.level]

    def _sent(self, number: int) -> Sent | None:
        """What was sent under this number."""
        if number < self.out.first_sequence or number > self._highest:
            return None
        own = self._own[number % SLOTS] if self._own else None
        if own is not None and own.number == number:
            return own
        packet = self._history.get(number - self.out.sequence_offset)
        if packet is None or (not self.layers.plain and packet.sequence > self._plain_until):
            return None
        return Sent(number, packet, b"", 0)

    # Time

    def tick(self, now: float) -> None:
        """Every 50 ms: repeats are allowed again, and speech and what came late are sent again."""
        self._repeats_left = REPEATS_PER_TICK
        self._looks_left = _LOOKS_PER_TICK
        if self._late:
            late = list(self._late)
            self._late.clear()
            self.repeat([number & SEQUENCE_MASK for _, number in late], now)
            self._late.extend((left - 1, number) for left, number in late if left > 1)
        if not self._said:
            return
        again = list(self._said)
        self._said.clear()
        count, size, _ = self._home.peer.send_rtp((header, payload) for _, header, payload in again)
        self.repeats += count
        self.bytes += size
        self._said.extend((left - 1, header, payload) for left, header, payload in again if left > 1)


def number_of(sent: Codec, codecs: dict[int, Codec]) -> int | None:
    """The payload type for what is sent: the same codec, or the nearest profile that can play it."""
    able = [
        (codec.profile, codec.packetization_mode, pt) for pt, codec in codecs.items() if codec.plays(sent)
    ]
    return min(able)[2] if able else None


def _send_time(now: float) -> int:
    """abs-send-time: seconds in 6.18 fixed point, 24 bits."""
    return int(now * (1 << 18)) & 0xFFFFFF
