"""What one wake-up sends to all peers: encrypted where it stands, so that it leaves in few calls.

The last step of the packet path, shared by all peers of an engine. A run of datagrams of equal size to one
peer, of which the last may be shorter, goes to the kernel as one piece that it cuts itself (UDP_SEGMENT);
the runs of all peers go in one call where that is to be had (media/batch).
Keeps nothing beyond the end of a wake-up. Must never wait, and never raise for what a network or a peer does.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from media import rtc
from media.batch import Run, Slots
from media.burst import Burst
from media.rewrite import FIXED, Outgoing
from media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK
from media.stats import Drop, Drops

SLOTS = 256  # datagrams that go at once: what they are written in still fits a processor's cache
ROOM = rtc.MAX_DATAGRAM + rtc.TAIL
_RUN = 32  # datagrams in one piece; the kernel takes 64
_RUN_BYTES = 60_000  # and not more than 64 KiB in all

Made = tuple[int, int, int]  # datagrams, their bytes, and the bytes of payload in them


class Way(Protocol):
    """How datagrams leave (media/port)."""

    @property
    def gathers(self) -> bool:
        """Whether a wake-up is under way, whose end flushes."""
        ...

    def send_runs(self, slots: Slots, runs: Sequence[Run]) -> None: ...


class Outbox:
    def __init__(self, way: Way, drops: Drops, slots: Slots) -> None:
        self._way = way
        self._drops = drops
        self._slots = slots
        self._end = 0  # slots that are taken
        self._runs: list[Run] = []

    def send(self, keys: rtc.Srtp, address: Any, packets: Iterable[tuple[bytes, bytes | memoryview]]) -> Made:
        """Encrypt and send RTP packets, each as its header and its payload."""
        slots = self._slots
        view, sizes, room = slots.view, slots.sizes, slots.room
        datagrams = total = octets = 0
        first = end = self._end
        for header, payload in packets:
            if end == slots.count:
                sent, made = self._encrypt(keys, address, first, end)
                datagrams, total = datagrams + sent, total + made
                self.flush()
                first = end = 0
            size = len(header) + len(payload)
            if size > rtc.MAX_DATAGRAM:
                self._drops[Drop.TOO_LONG] += 1
                continue
            at = end * room
            middle = at + len(header)
            view[at:middle] = header
            view[middle : at + size] = payload
            sizes[end] = size
            octets += len(payload)
            end += 1
        sent, made = self._encrypt(keys, address, first, end)
        if not self._way.gathers:
            self.flush()
        return datagrams + sent, total + made, octets

    def room(self, count: int) -> int:
        """The first of so many slots, at most all, for whoever writes its packets there; then `written`."""
        if self._end + count > self._slots.count:
            self.flush()
        return self._end

    def written(self, keys: rtc.Srtp, address: Any, first: int, end: int) -> tuple[int, int]:
        """Encrypt and send what stands in these slots, none longer than MAX_DATAGRAM: datagrams and bytes."""
        made = self._encrypt(keys, address, first, end)
        if not self._way.gathers:
            self.flush()
        return made

    def send_burst(
        self, keys: rtc.Srtp, address: Any, burst: Burst, out: Outgoing, payload_type: int, time: int
    ) -> Made:
        """The same for packets that one viewer is sent as they are. `time` is abs-send-time."""
        slots = self._slots
        if self._end + len(burst.packets) > slots.count:
            self.flush()
        view, sizes, room, pack_into = slots.view, slots.sizes, slots.room, FIXED.pack_into
        extensions = {turned: out.extensions(turned, time) for turned in burst.turns}
        ahead, later, ssrc = out.sequence_offset, out.timestamp_offset, out.ssrc
        first = end = self._end
        at, octets = end * room, burst.octets
        for packet in burst.packets:
            payload, extension = packet.payload, extensions[packet.orientation]
            middle = at + 12 + len(extension)
            size = middle - at + len(payload)
            if size > rtc.MAX_DATAGRAM:
                self._drops[Drop.TOO_LONG] += 1
                octets -= len(payload)
                continue
            pack_into(
                view,
                at,
                0x90 if extension else 0x80,
                payload_type | 0x80 if packet.marker else payload_type,
                (packet.sequence + ahead) & SEQUENCE_MASK,
                (packet.timestamp + later) & TIMESTAMP_MASK,
                ssrc,
            )
            if extension:
                view[at + 12 : middle] = extension
            view[middle : at + size] = payload
            sizes[end] = size
            end += 1
            at += room
        sent, made = self._encrypt(keys, address, first, end)
        if not self._way.gathers:
            self.flush()
        return sent, made, octets

    def _encrypt(self, keys: rtc.Srtp, address: Any, first: int, end: int) -> tuple[int, int]:
        """Encrypt what stands in these slots and note it as runs; how many datagrams and bytes that is."""
        self._end = end
        keys.protect_slots(self._slots, first, end)
        runs, sent, total = cut(tuple(self._slots.sizes[first:end].tolist()))
        for start, count, size in runs:
            self._runs.append((address, first + start, count, size))
        if sent < end - first:  # libsrtp did not take them
            self._drops[Drop.TOO_LONG] += end - first - sent
        return sent, total

    def flush(self) -> None:
        """Send what waits."""
        runs, self._runs, self._end = self._runs, [], 0
        if runs:
            self._way.send_runs(self._slots, runs)


@lru_cache(1024)
def cut(sizes: tuple[int, ...]) -> tuple[list[tuple[int, int, int]], int, int]:
    """Datagrams of these sizes as runs: the first of each, how many, and the size of all but maybe the last.

    And how many and how many bytes they are. What has no size is left out. Kept, for a burst is cut in the
    same way for all of its viewers.
    """
    runs = []
    start = size = held = 0  # of the open run: its first, its datagrams' size, its bytes
    for n, made in enumerate(sizes):
        if size and (made > size or made == 0 or n - start == _RUN or held + made > _RUN_BYTES):
            runs.append((start, n - start, size))
            size = 0
        if made and not size:
            start, size, held = n, made, 0
        held += made
        if made < size:
            runs.append((start, n + 1 - start, size))
            size = 0
    if size:
        runs.append((start, len(sizes) - start, size))
    return runs, len(sizes) - sizes.count(0), sum(sizes)
