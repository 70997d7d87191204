"""What one wake-up sends to one peer: encrypted side by side in one buffer, so that it leaves in few calls.

The last step of the packet path, shared by all peers of an engine. A run of datagrams of equal size, of
which the last may be shorter, goes to the kernel as one piece that it cuts itself (UDP_SEGMENT): a third of
the CPU.
Keeps nothing between two calls. Must never wait, and never raise for what a network or a peer may do.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from media import rtc
from media.stats import Drop, Drops

_RUN = 32  # datagrams in one piece; the kernel takes 64
_RUN_BYTES = 60_000  # and not more than 64 KiB in all

Made = tuple[int, int, int]  # datagrams, their bytes, and the bytes of payload in them


class Way(Protocol):
    """How datagrams leave (media/port)."""

    def send_run(self, run: memoryview, size: int, address: Any) -> None:
        """Datagrams of `size` bytes each, side by side; the last may be shorter."""
        ...


class Outbox:
    def __init__(self, way: Way, drops: Drops) -> None:
        self._way = way
        self._drops = drops
        self._buffer = rtc.Buffer(_RUN_BYTES + rtc.MAX_DATAGRAM + rtc.TAIL)

    def send(self, keys: rtc.Srtp, address: Any, packets: Iterable[tuple[bytes, bytes | memoryview]]) -> Made:
        """Encrypt and send RTP packets, each as its header and its payload."""
        buffer, protect = self._buffer, keys.protect_at
        view, send_run = buffer.view, self._way.send_run
        at = start = size = count = total = octets = datagrams = 0
        for header, payload in packets:
            middle = at + len(header)
            end = middle + len(payload)
            if end - at > rtc.MAX_DATAGRAM:
                self._drops[Drop.TOO_LONG] += 1
                continue
            view[at:middle] = header
            view[middle:end] = payload
            made = protect(buffer, at, end - at)
            if made == 0:
                self._drops[Drop.TOO_LONG] += 1
                continue
            if made > size and count:  # a longer one begins a run of its own
                send_run(view[start:at], size, address)
                start, count = at, 0
            at += made
            datagrams += 1
            total += made
            octets += end - middle
            if count == 0:
                size = made
            count += 1
            if made < size or count == _RUN or at > _RUN_BYTES:
                send_run(view[start:at], size, address)
                count = 0
                if at > _RUN_BYTES:
                    at = 0
                start = at
        if count:
            send_run(view[start:at], size, address)
        return datagrams, total, octets
