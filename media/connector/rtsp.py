"""One connection to a camera that speaks RTSP, ours from the first question on (RFC 2326).

Connects to the pinned address and nowhere else: a redirect is not followed. Asks and answers on the loop, and
hands on what comes interleaved (section 10.12) where it stands in the buffer, so that a picture of many
packets costs one read. Knows nothing of pictures.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable
from typing import cast

import msgspec

from media.connector.addresses import Pinned
from media.connector.describe import Described, Trouble, read
from media.connector.login import Login
from media.connector.traffic import carried

_ANSWER_S = 6.0
_MAX_HEAD, _MAX_BODY = 16 * 1024, 64 * 1024
_ROOM = 512 * 1024  # bytes read at once; the largest of what may come is a head with its body
_DOLLAR = 0x24
_ONLY_SAID = re.compile(r"[A-Z_]{3,20} \S+ RTSP/1\.\d")  # a camera may ask too


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")


Taker = Callable[[memoryview, int, int], None]  # a packet stands there from one place to the other, now


class Connection(asyncio.BufferedProtocol):
    """`connect` makes one. `over` is set when it is lost, with what was wrong or None."""

    def __init__(self, pinned: Pinned, user: str, password: str) -> None:
        self.over: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self._taker: Taker | None = None
        self._settled: Callable[[], None] = _nothing
        self._channel = -1
        self._pinned = pinned
        self._login = Login(user, password)
        self._buffer = bytearray(_ROOM)
        self._view = memoryview(self._buffer)
        self._end = 0
        self._number = 0
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._carried = 0

    async def ask(self, method: str, url: str, **headers: str) -> Answer:
        """Raises Trouble when it is refused, and TimeoutError, OSError or ValueError."""
        answer = await self._exchange(method, url, headers)
        challenges = [value for name, value in answer.headers if name == "www-authenticate"]
        if answer.status == 401 and self._login.user and challenges:
            if not self._login.challenged(challenges):
                raise Trouble(
                    "The camera asks for its password in a way that is not known here.", lasting=True
                )
            answer = await self._exchange(method, url, headers)
        _judge(answer.status, bool(self._login.user))
        return answer

    def tell(self, method: str, url: str, **headers: str) -> None:
        """Ask without waiting for an answer."""
        self._send(method, url, headers)

    def take(self, channel: int, taker: Taker, settled: Callable[[], None]) -> None:
        """From now on, what comes on this channel; the others' packets are dropped.

        `settled` is called after each read's packets.
        """
        self._channel, self._taker, self._settled = channel, taker, settled

    def wait_for(self, count: int) -> None:
        """Read when so many bytes are there and not sooner."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    def acknowledge(self) -> None:
        """At once what was received, where the system can: a camera that waits for that (Nagle's algorithm)
        would hold its first picture back for the 40 ms that the system waits for more."""
        if self._socket is not None and hasattr(socket, "TCP_QUICKACK"):
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def interleave(self, channel: int, packet: bytes) -> None:
        self._write(bytes((_DOLLAR, channel)) + len(packet).to_bytes(2) + packet)

    def traffic(self) -> int:
        """Bytes carried both ways, by the kernel's count; also when it is over."""
        if self._socket is not None:
            try:
                self._carried = carried(self._socket)
            except OSError:
                self._socket = None
        return self._carried

    def close(self) -> None:
        self.traffic()
        self._socket = None
        self._taker = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def open(self) -> None:
        """Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in self._pinned.address else socket.AF_INET
        sock = self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, (self._pinned.address, self._pinned.place.port))
            context = _context() if self._pinned.place.scheme == "rtsps" else None
            await loop.create_connection(
                lambda: self,
                sock=sock,
                ssl=context,
                server_hostname=self._pinned.address if context is not None else None,
            )
        except BaseException:
            self._socket = None
            sock.close()
            raise

    async def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        number = self._send(method, url, headers)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            async with asyncio.timeout(_ANSWER_S):
                await asyncio.wait((answer, self.over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._asked[number]
        if not answer.done():
            raise self.over.result() or ConnectionResetError("closed before the answer")
        return answer.result()

    def _send(self, method: str, url: str, headers: dict[str, str]) -> int:
        self._number += 1
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._write(
            f"{method} {url} RTSP/1.0\r\nCSeq: {self._number}\r\nUser-Agent: Sightline\r\n{lines}"
            f"{self._login.header(method, url)}\r\n".encode()
        )
        return self._number

    def _write(self, data: bytes) -> None:
        """What is said to a connection that is gone is lost."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # Of the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._fail(error)

    def get_buffer(self, _: int) -> memoryview:
        return self._view[self._end :]

    def buffer_updated(self, count: int) -> None:
        buffer, view, taker, channel = self._buffer, self._view, self._taker, self._channel
        at, end = 0, self._end + count
        try:
            while end - at >= 4:
                if buffer[at] != _DOLLAR:
                    stop = self._text(at, end)
                else:
                    stop = at + 4 + (buffer[at + 2] << 8 | buffer[at + 3])
                    if stop <= end and taker is not None and buffer[at + 1] == channel:
                        taker(view, at + 4, stop)
                if not stop or stop > end:
                    break
                at = stop
        except Exception as error:  # Trouble of what it sends, or bytes that are no RTSP: this camera's end
            self._end = 0
            self._fail(error)
            self.close()
            return
        if at and at < end:
            buffer[: end - at] = buffer[at:end]
        self._end = end - at
        if taker is not None:
            self._settled()

    def _fail(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(error)

    def _text(self, at: int, end: int) -> int:
        """Take a message that begins here: where it ends, 0 while it is not whole."""
        whole = self._buffer.find(b"\r\n\r\n", at, min(end, at + _MAX_HEAD))
        if whole < 0:
            if end - at >= _MAX_HEAD:
                raise ValueError("a head without end")
            return 0
        first, *lines = self._buffer[at:whole].decode("latin-1").split("\r\n")
        said = re.match(r"RTSP/\d\.\d (\d{3})", first)
        if said is None and not _ONLY_SAID.match(first):
            raise ValueError(first[:40])
        headers = tuple((n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines))
        length = int(dict(headers).get("content-length", "0"))
        if not 0 <= length <= _MAX_BODY:
            raise ValueError("a body without end")
        stop = whole + 4 + length
        if stop > end:
            return 0
        number = dict(headers).get("cseq", "")
        if said is None:
            self._write(f"RTSP/1.0 501 Not Implemented\r\nCSeq: {number[:10]}\r\n\r\n".encode())
            return stop
        asked = self._asked.get(int(number)) if number.isdigit() else next(iter(self._asked.values()), None)
        if asked is not None and not asked.done():
            asked.set_result(Answer(int(said[1]), headers, bytes(self._view[whole + 4 : stop])))
        return stop


def _nothing() -> None:
    return


async def connect(pinned: Pinned, user: str, password: str) -> tuple[Connection, Described]:
    """Connect and ask what there is. Raises Trouble."""
    connection = Connection(pinned, user, password)
    try:
        async with asyncio.timeout(_ANSWER_S):
            await connection.open()
            answer = await connection.ask("DESCRIBE", pinned.url, Accept="application/sdp")
    except (OSError, ValueError) as error:
        connection.close()
        raise in_words(error) from error
    except BaseException:
        connection.close()
        raise
    said = (answer.header("content-base"), answer.header("content-location"))
    base = next((url for url in said if re.fullmatch(r"rtsps?://\S{1,1000}", url)), pinned.url)
    return connection, read(answer.body.decode(errors="replace"), base)


def in_words(error: OSError | ValueError) -> Trouble:
    """What went wrong with a connection, for its owner."""
    match error:
        case TimeoutError():
            return Trouble("The camera does not answer. Is it switched on and in this network?")
        case OSError():
            return Trouble("The camera cannot be reached. Is it switched on, and is its address right?")
        case _:
            return Trouble("What answers at the camera's address does not speak RTSP.")


def no_tcp() -> Trouble:
    return Trouble(
        "The camera does not send its picture by TCP. Switch that on in its settings.", lasting=True
    )


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()  # cameras sign their own certificates; none has a name to check
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _judge(status: int, with_password: bool) -> None:
    if status == 401 and not with_password:
        raise Trouble("The camera wants a name and a password, and none is set beside it.", lasting=True)
    if status in (401, 403):
        raise Trouble("The camera does not take this name and password. Set them again.", lasting=True)
    if status == 404:
        raise Trouble("The camera knows no stream at this path. Check the end of its address.", lasting=True)
    if 300 <= status < 400:
        raise Trouble(
            "The camera points to another address, which is not followed. Set the address that it means.",
            lasting=True,
        )
    if status == 461:
        raise no_tcp()
    if status == 453 or status >= 500:
        raise Trouble("The camera is too busy to answer. Does something else watch it?")
    if status != 200:
        raise Trouble(f"The camera refuses its stream (RTSP {status}).")
