"""Reads a picture that is sent to a UDP port of this computer: MPEG-TS, or H.264 in RTP without SDP.

Which of the two is seen by its first bytes. The port is bound from `start` until `stop` and at no other
time. Nobody logs in to a UDP port: who is not in the allowed networks is not read, and of the others the
first whose bytes are a picture's is the sender until it falls silent.
"""

import asyncio
import contextlib
import errno
import socket
import time

from media.connector import h264
from media.connector.addresses import AllowList, NotAllowed
from media.connector.depacketize import Depacketizer
from media.connector.describe import Trouble
from media.connector.inputs import Port
from media.connector.pictures import FIRST_PICTURE_S, READ_S, Pictures, Taker
from media.connector.timeline import Timeline
from media.connector.transport_stream import TransportStream

_CLOCK = 90_000  # RFC 6184 section 8.1
_SYNC, _TS_PACKET = 0x47, 188  # ISO/IEC 13818-1
_LOOK_EVERY_S = 1.0
_SILENT_S = 2.0  # then another may be the sender; READ_S ends it without another
_KERNEL_ROOM = 2 << 20  # bytes; a keyframe comes at once
_AT_ONCE = 64  # datagrams, before something else has its turn
_LATE = 512  # packets: what is so far behind is one that was overtaken, further is a sender that began anew


class Datagrams:
    """From `start` until `stop` or its trouble, of which `over` tells exactly once."""

    def __init__(self, port: Port, allowed: AllowList, taker: Taker) -> None:
        self._port = port
        self._allowed = allowed
        self._taker = taker
        self._loop = asyncio.get_running_loop()
        self._failed: asyncio.Future[Trouble] = self._loop.create_future()
        self._view = memoryview(bytearray(65_536))
        self._socket: socket.socket | None = None
        self._sender: object = None
        self._stream: TransportStream | None = None
        self._packets: Depacketizer | None = None
        self._pictures = Pictures(taker, Timeline())
        self._refused = ""  # why what came was not read
        self._heard = 0.0  # something of the sender's
        self._shown = 0.0  # a picture, or what is libav's to judge
        self._carried = 0
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        self._stopped = True
        self._close()
        if self._task is not None:
            self._task.cancel()

    def want_keyframe(self) -> None:
        """Nobody is there to be asked."""

    def join(self, timeout_s: float) -> bool:
        return self._stream is None or self._stream.join(timeout_s)

    def traffic(self) -> int:
        """Bytes that came to the port, whoever sent them."""
        return self._carried

    async def _run(self) -> None:
        trouble: Trouble | None = None
        try:
            self._bind()
            await self._watch()
        except Trouble as found:
            trouble = found
        finally:
            self._close()
            self._taker.over(None if self._stopped else trouble)

    def _bind(self) -> None:
        """Raises Trouble."""
        address, port = self._port.address, self._port.port
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_ROOM)
            sock.bind((address, port))
        except OSError as error:
            sock.close()
            raise _unbound(address, port, error) from error
        self._socket = sock
        self._loop.add_reader(sock, self._receive, sock)

    def _close(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        if self._stream is not None:
            self._stream.stop()

    async def _watch(self) -> None:
        """Raises Trouble when it is over."""
        began = self._shown = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                raise await asyncio.wait_for(asyncio.shield(self._failed), _LOOK_EVERY_S)
            now = time.monotonic()
            if now - self._shown > READ_S:
                raise Trouble(self._silence())
            if self._packets is not None and now - began > FIRST_PICTURE_S:
                self._pictures.must_be_known()

    def _silence(self) -> str:
        if self._sender is None:
            return self._refused or (
                f"Nothing arrives at UDP port {self._port.port}. Does the drone send its picture here?"
            )
        return "The drone has stopped sending its picture."

    def _receive(self, sock: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                size, sender = sock.recvfrom_into(self._view)
            except OSError:  # nothing more; or a network's complaint, which is none of a port's
                return
            self._carried += size
            if sender != self._sender and not self._takes(sender, self._view[:size]):
                continue
            self._heard = time.monotonic()
            try:
                self._put(size)
            except Trouble as trouble:
                self._fail(trouble)
            except h264.Unreadable as error:
                self._fail(Trouble(f"The drone's picture is broken: {error}."))
            if self._failed.done():
                return

    def _takes(self, sender: tuple[str, int], datagram: memoryview) -> bool:
        """Whether who sent this is the sender from now on."""
        try:
            self._allowed.check(sender[0], self._port.port)
        except NotAllowed as error:
            self._refused = str(error)
            return False
        payload_type = h264_in_rtp(datagram)
        if not is_transport_stream(datagram) and payload_type is None:
            port = self._port.port
            self._refused = f"What arrives at UDP port {port} is neither MPEG-TS nor H.264 in RTP."
            return False
        if self._sender is not None:
            if time.monotonic() - self._heard > _SILENT_S:
                self._fail(Trouble("Another sends the drone's picture now."))
            return False
        self._sender = sender
        if payload_type is not None:
            self._pictures.expect([], has_sound=False)
            self._packets = Depacketizer(payload_type, self._finished)
        else:
            self._stream = TransportStream(self._taker, self._stream_over)
            self._stream.start()
        return True

    def _put(self, size: int) -> None:
        view, packets = self._view, self._packets
        if self._stream is not None:
            if is_transport_stream(view[:size]):
                self._shown = self._heard
            self._stream.put(view[:size])
        elif packets is not None and size >= 12:
            sequence, ssrc = int.from_bytes(view[2:4]), int.from_bytes(view[8:12])
            if ssrc != packets.ssrc or (packets.highest - sequence) & 0xFFFF >= _LATE:
                packets.take(view, 0, size)

    def _finished(self, units: list[h264.Unit], ticks: int, size: int) -> None:
        self._shown = self._heard
        self._pictures.put(units, ticks / _CLOCK, self._heard, size)

    def _stream_over(self, trouble: Trouble | None) -> None:
        """In libav's thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: this process is ending
            self._loop.call_soon_threadsafe(self._fail, trouble or Trouble("The drone's picture ended."))

    def _fail(self, trouble: Trouble) -> None:
        if not self._failed.done():
            self._failed.set_result(trouble)


def is_transport_stream(datagram: memoryview) -> bool:
    """Whole packets of MPEG-TS, or at least three in a row behind a part of one."""
    size = len(datagram)
    if size and size % _TS_PACKET == 0 and set(datagram[::_TS_PACKET]) == {_SYNC}:
        return True
    starts = range(min(_TS_PACKET, size - 2 * _TS_PACKET))
    return any(datagram[at] == _SYNC and set(datagram[at::_TS_PACKET]) == {_SYNC} for at in starts)


def h264_in_rtp(datagram: memoryview) -> int | None:
    """Its payload type where it is a dynamic one and a unit of RFC 6184 modes 0 and 1 follows."""
    if len(datagram) < 14 or datagram[0] & 0xC0 != 0x80 or datagram[1] & 0x7F < 96:
        return None
    at = 12 + 4 * (datagram[0] & 0x0F)
    if datagram[0] & 0x10 and at + 4 <= len(datagram):
        at += 4 + 4 * int.from_bytes(datagram[at + 2 : at + 4])
    if at >= len(datagram) or datagram[at] & 0x80:
        return None
    kind = datagram[at] & 0x1F
    return datagram[1] & 0x7F if 1 <= kind <= 12 or kind in (24, 28) else None


def _unbound(address: str, port: int, error: OSError) -> Trouble:
    match error.errno:
        case errno.EADDRINUSE:
            return Trouble(f"Another program has UDP port {port}. Close it, or let the drone send elsewhere.")
        case errno.EADDRNOTAVAIL:
            return Trouble(f"{address} is no address of this computer.")
        case errno.EACCES:
            return Trouble(f"UDP port {port} is the system's. Take one above 1023.", lasting=True)
        case _:
            return Trouble(f"UDP port {port} cannot be opened: {error.strerror}.")
