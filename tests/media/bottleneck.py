"""A narrow link in user space: a relay whose way down has a rate and a queue, as a radio cell has."""

import asyncio
from collections import deque
from collections.abc import Callable

from tests.bench.bad_network import Direction, Relay

_QUEUE_S = 0.5  # what comes on top is dropped


class Narrow(Direction):
    """`rate_bps` may be changed at any time; None takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.rate_bps: float | None = None
        self._queue: deque[tuple[Callable[[bytes], None], bytes]] = deque()
        self._queued = 0  # bytes
        self._next: asyncio.TimerHandle | None = None
        self._free_at = 0.0

    def take(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        if self.rate_bps is None and not self._queue:
            self.passed += 1
            deliver(data)
            return
        if self.rate_bps is not None and self._queued > self.rate_bps * _QUEUE_S / 8:
            self.lost += 1
            return
        self._queue.append((deliver, data))
        self._queued += len(data)
        if self._next is None:
            loop = asyncio.get_running_loop()
            self._free_at = max(self._free_at, loop.time())
            self._next = loop.call_at(self._free_at, self._leave)

    def _leave(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._queue and self._free_at <= now:
            deliver, data = self._queue.popleft()
            self._queued -= len(data)
            self.passed += 1
            if self.rate_bps is not None:
                self._free_at += 8 * len(data) / self.rate_bps
            deliver(data)
        self._next = loop.call_at(self._free_at, self._leave) if self._queue else None

    def close(self) -> None:
        super().close()
        self._queue.clear()
        if self._next is not None:
            self._next.cancel()


class NarrowRelay(Relay):
    """Loopback only; what the browser sends up is not held back."""

    def __init__(self, engine_port: int) -> None:
        super().__init__(engine_port)
        self.narrow = self.down = Narrow()
