"""A bad network in user space: a UDP relay that loses what its maps say and holds the rest back.

One stands before the engine for each leg. A browser talks to the relay's port; the relay keeps one socket
towards the engine for each address that it hears from. Which datagram is lost is settled by the map alone:
the n-th of a direction, whatever the time or the size, STUN and DTLS included.
"""

import asyncio
import hashlib
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Self, cast

import msgspec

LENGTH = 1 << 16  # datagrams in a map; it begins again after them
_QUEUE = 20_000  # datagrams on the way in one direction; more are dropped, as by a full buffer
_CLIENTS = 64


class LossMap(msgspec.Struct, frozen=True):
    """Which of a direction's datagrams are lost, one byte of 0 or 1 for each."""

    lost: bytes

    @classmethod
    def uniform(cls, loss: float, seed: int) -> Self:
        """Each datagram for itself, with probability `loss` (0 to 1)."""
        draw = random.Random(seed)
        return cls(bytes(draw.random() < loss for _ in range(LENGTH)))

    @classmethod
    def bursty(cls, loss: float, seed: int, mean_burst: float = 5.0) -> Self:
        """Gilbert's two states (Bell System Technical Journal 39, 1960): runs of `mean_burst` on average."""
        draw = random.Random(seed)
        leave = 1 / mean_burst
        enter = leave * loss / (1 - loss)
        bad, lost = False, bytearray(LENGTH)
        for number in range(LENGTH):
            bad = draw.random() >= leave if bad else draw.random() < enter
            lost[number] = bad
        return cls(bytes(lost))

    @property
    def share(self) -> float:
        return sum(self.lost) / len(self.lost)

    @property
    def digest(self) -> str:
        """Says which map was used."""
        return hashlib.sha256(self.lost).hexdigest()[:8]


NOTHING_LOST = LossMap(bytes(1))


class Direction:
    """One way through the relay, for all clients together."""

    def __init__(self) -> None:
        self.passed = self.lost = 0
        self._map = NOTHING_LOST
        self._number = 0
        self._delay_s = 0.0
        self._on_the_way: deque[tuple[float, Callable[[bytes], None], bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, map_: LossMap, delay_s: float) -> None:
        self._map, self._delay_s, self._number = map_, delay_s, 0
        self.passed = self.lost = 0

    def take(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        number, self._number = self._number, self._number + 1
        if self._map.lost[number % len(self._map.lost)] or len(self._on_the_way) >= _QUEUE:
            self.lost += 1
            return
        self.passed += 1
        if not self._delay_s and not self._on_the_way:
            deliver(data)
            return
        loop = asyncio.get_running_loop()
        self._on_the_way.append((loop.time() + self._delay_s, deliver, data))
        if self._timer is None:
            self._timer = loop.call_at(self._on_the_way[0][0], self._due)

    def _due(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._on_the_way and self._on_the_way[0][0] <= now:
            _, deliver, data = self._on_the_way.popleft()
            deliver(data)
        self._timer = loop.call_at(self._on_the_way[0][0], self._due) if self._on_the_way else None

    def close(self) -> None:
        self._on_the_way.clear()
        if self._timer is not None:
            self._timer.cancel()


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Any], None]) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.datagram_received = receive  # type: ignore[assignment,method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def send(self, data: bytes, address: Any = None) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, address)


class Relay:
    """Loopback only. `up` is towards the engine, `down` towards the browsers."""

    def __init__(self, engine_port: int) -> None:
        self.up, self.down = Direction(), Direction()
        self._engine = ("127.0.0.1", engine_port)
        self._front = _Socket(self._from_browser)
        self._upstream: dict[Any, _Socket | None] = {}  # None while its socket is being made
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        assert self._front.transport is not None
        port: int = self._front.transport.get_extra_info("sockname")[1]
        return port

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self._front, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in (self._front, *self._upstream.values()):
            if socket is not None and socket.transport is not None:
                socket.transport.close()
        self.up.close()
        self.down.close()
        for task in self._tasks:
            task.cancel()

    def set(self, up: LossMap, down: LossMap, delay_s: float) -> None:
        """From the next datagram on; `delay_s` is one way."""
        self.up.set(up, delay_s)
        self.down.set(down, delay_s)

    def rebind(self) -> None:
        """As a NAT that has forgotten: whoever sends again comes to the engine from another address."""
        forgotten, self._upstream = self._upstream, {}
        for socket in forgotten.values():
            if socket is not None and socket.transport is not None:
                socket.transport.close()

    def _from_browser(self, data: bytes, address: Any) -> None:
        upstream = self._upstream.get(address)
        if upstream is not None:
            self.up.take(data, upstream.send)
        elif address not in self._upstream and len(self._upstream) < _CLIENTS:
            self._upstream[address] = None
            task = asyncio.get_running_loop().create_task(self._connect(address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, address: Any) -> None:
        """The datagram that brought it here is lost: ICE repeats its checks."""

        def to_browser(data: bytes) -> None:
            self._front.send(data, address)

        socket = _Socket(lambda data, _: self.down.take(data, to_browser))
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: socket, remote_addr=self._engine)
        self._upstream[address] = socket
