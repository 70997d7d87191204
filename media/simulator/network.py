"""The sockets of one drone: MAVLink over UDP and over TCP, on the same number where one is given."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from media.simulator.endpoint import Peer

_DATAGRAM = 4096  # a longer one is no MAVLink
TRIES = 10  # of numbers, where any will do
_WAITING = 256 * 1024  # of a TCP peer that does not read; then it is cut off

Address = tuple[str, int]


class End(Protocol):
    """Whose sockets these are: a drone's end of its links (media.simulator.endpoint says more)."""

    @property
    def peers(self) -> Sequence[Peer]: ...
    def meet(self, send: Callable[[bytes], None]) -> Peer | None: ...
    def listen(self, data: bytes, send: Callable[[bytes], None]) -> Peer | None: ...
    def receive(self, data: bytes, peer: Peer) -> None: ...
    def part(self, peer: Peer) -> None: ...


class Network:
    """`open`, then `close`. Who sends to the UDP port or connects to the TCP port is a peer from then on."""

    def __init__(self, endpoint: End) -> None:
        self._endpoint = endpoint
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._by_address: dict[Any, Peer] = {}
        self._open: set[asyncio.Transport] = set()

    async def open(self, host: str, port: int, to: list[Address]) -> int:
        """The port; another than 0 is that one. `to` are told from the start. Raises OSError."""
        for left in reversed(range(1 if port else TRIES)):
            try:
                found = await self._bind(host, port)
                break
            except OSError:  # a number that is free for UDP may be taken for TCP
                self.close()
                if not left:
                    raise
        for address in to:
            self._meet(address)
        return found

    async def _bind(self, host: str, port: int) -> int:
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(self), local_addr=(host, port))
        found = int(self._udp.get_extra_info("sockname")[1])
        self._tcp = await loop.create_server(lambda: _Tcp(self._endpoint, self._open), host, found)
        return found

    def close(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for transport in list(self._open):
            transport.abort()

    def received(self, data: bytes, address: Any) -> None:
        if len(data) > _DATAGRAM:
            return
        peer = self._by_address.get(address)
        if peer is not None and peer not in self._endpoint.peers:  # its place was given away
            del self._by_address[address]
            peer = None
        if peer is not None:
            self._endpoint.receive(data, peer)
        elif (peer := self._endpoint.listen(data, lambda frame: self._send(frame, address))) is not None:
            self._remember(address, peer)

    def _meet(self, address: Address) -> None:
        peer = self._endpoint.meet(lambda frame: self._send(frame, address))
        if peer is not None:
            self._remember(address, peer)

    def _remember(self, address: Any, peer: Peer) -> None:
        known = self._endpoint.peers
        self._by_address = {at: each for at, each in self._by_address.items() if each in known}
        self._by_address[address] = peer

    def _send(self, frame: bytes, address: Any) -> None:
        if self._udp is not None and not self._udp.is_closing():
            self._udp.sendto(frame, address)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self._network = network

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._network.received(data, addr)


class _Tcp(asyncio.Protocol):
    def __init__(self, endpoint: End, open_: set[asyncio.Transport]) -> None:
        self._endpoint, self._open = endpoint, open_
        self._peer: Peer | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self._transport)
        self._peer = self._endpoint.meet(self._send)
        if self._peer is None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._peer is not None:
            self._endpoint.receive(data, self._peer)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._open.discard(self._transport)
        if self._peer is not None:
            self._endpoint.part(self._peer)

    def _send(self, frame: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _WAITING:
            self._transport.abort()
        else:
            self._transport.write(frame)
