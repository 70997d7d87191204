"""How the web process and a media process talk: structs in msgpack, in frames, over a Unix socket.

Both say Hello first and go on only if the other speaks the same VERSION. Then requests go down with a number
and come back with it, and news comes up with a number of its own until it is acknowledged (media/backlog).
Every frame has a bound, every write is waited for, and what cannot be read ends the connection, nothing else.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from media.ports import (
    Answer,
    EndReason,
    EngineState,
    EngineStats,
    FeedId,
    Group,
    Holder,
    IceFragment,
    Level,
    SessionId,
    SessionSummary,
)

VERSION = 4
GREETING_BYTES = 1024
TO_ENGINE_BYTES = 512 * 1024  # an offer is at most 64 KiB
TO_WEB_BYTES = 16 * 1024 * 1024  # the state and the figures of a full engine: about 1 MiB
WINDOW = 2048  # pieces of news that may be unacknowledged; an engine's sessions may all end at once
GREETING_S = 5.0

_LENGTH = struct.Struct("!I")
_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid: struct ucred
_BUFFER = 64 * 1024  # bytes that may wait in this process before a writer has to


class Unsendable(Exception):
    """This message cannot be packed or is longer than the other side takes; nothing of it was sent."""


class ProtocolError(Exception):
    """What the other side said cannot be taken; the text says why. The connection is of no more use."""


class Hello(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The first frame of each side, readable in every version."""

    version: int = VERSION
    run: str = ""  # of the supervisor that started both; a process left over from another is not for us
    index: int = 0
    pid: int = 0
    born: int = 0  # of a web process: the machine's monotonic clock, ns; of two the later one is served


# From the web process


class Publish(msgspec.Struct, frozen=True, tag=True):
    id: int
    feed: FeedId
    holder: Holder
    offer: str
    group: Group
    session_tag: str
    own: bool


class Subscribe(msgspec.Struct, frozen=True, tag=True):
    id: int
    feed: FeedId
    holder: Holder
    offer: str
    grant: bytes
    group: Group
    session_tag: str
    most: Level


class Limit(msgspec.Struct, frozen=True, tag=True):
    id: int
    session: SessionId
    most: Level


class Renew(msgspec.Struct, frozen=True, tag=True):
    id: int
    grant: bytes


class RestartIce(msgspec.Struct, frozen=True, tag=True):
    id: int
    session: SessionId
    fragment: str


class EndSession(msgspec.Struct, frozen=True, tag=True):
    id: int
    session: SessionId
    reason: EndReason


class EndHolder(msgspec.Struct, frozen=True, tag=True):
    id: int
    holder: Holder
    reason: EndReason


class EndFeed(msgspec.Struct, frozen=True, tag=True):
    id: int
    feed: FeedId
    reason: EndReason


class Count(msgspec.Struct, frozen=True, tag=True):
    """Asks for the figures."""

    id: int


class Heard(msgspec.Struct, frozen=True, tag=True):
    """News up to this number has had its consequences."""

    number: int


Request = Publish | Subscribe | Limit | Renew | RestartIce | EndSession | EndHolder | EndFeed | Count
ToEngine = Request | Heard

# From a media process


class Done(msgspec.Struct, frozen=True, tag=True):
    id: int


class Answered(msgspec.Struct, frozen=True, tag=True):
    id: int
    answer: Answer


class Restarted(msgspec.Struct, frozen=True, tag=True):
    id: int
    fragment: IceFragment | None


class Counted(msgspec.Struct, frozen=True, tag=True):
    id: int
    stats: EngineStats


class Failed(msgspec.Struct, frozen=True, tag=True):
    """`kind` names what media.ports would have raised; "fault" is a bug over there."""

    id: int
    kind: str
    words: str


class WentLive(msgspec.Struct, frozen=True, tag=True):
    number: int
    feed: FeedId


class WentSilent(msgspec.Struct, frozen=True, tag=True):
    number: int
    feed: FeedId


class Ended(msgspec.Struct, frozen=True, tag=True):
    number: int
    feed: FeedId
    reason: EndReason
    session: SessionId


class SubscriberEnded(msgspec.Struct, frozen=True, tag=True):
    number: int
    summary: SessionSummary


class SubscriberLevel(msgspec.Struct, frozen=True, tag=True):
    number: int
    feed: FeedId
    session: SessionId
    holder: Holder
    level: Level


class State(msgspec.Struct, frozen=True, tag=True):
    """What is open, once all news before it has been sent."""

    state: EngineState


class Displaced(msgspec.Struct, frozen=True, tag=True):
    """A later web process is served from now on. The last message of a connection."""


Reply = Done | Answered | Restarted | Counted | Failed
News = WentLive | WentSilent | Ended | SubscriberEnded | SubscriberLevel
ToWeb = Reply | News | State | Displaced

T = TypeVar("T")
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoding raises
_HELLO: msgspec.msgpack.Decoder[Hello] = msgspec.msgpack.Decoder(Hello)
TO_ENGINE: msgspec.msgpack.Decoder[ToEngine] = msgspec.msgpack.Decoder(ToEngine)
TO_WEB: msgspec.msgpack.Decoder[ToWeb] = msgspec.msgpack.Decoder(ToWeb)


class Channel(Generic[T]):
    """One end of a connection: what it reads is what `decoder` makes of frames of at most `most` bytes.

    It sends frames of at most `sends` bytes."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        decoder: msgspec.msgpack.Decoder[T],
        most: int,
        sends: int,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._decoder, self._most, self._sends = decoder, most, sends
        self._encoder = msgspec.msgpack.Encoder()
        writer.transport.set_write_buffer_limits(high=_BUFFER)

    async def greet(self, mine: Hello) -> Hello:
        """Say Hello and hear one. Raises ProtocolError when the two do not fit."""
        await self.send(mine)
        try:
            frame = await asyncio.wait_for(self._frame(GREETING_BYTES), GREETING_S)
            theirs = _HELLO.decode(frame) if frame is not None else None
        except (TimeoutError, *_UNREADABLE) as error:
            raise ProtocolError("the other side did not say hello") from error
        if theirs is None:
            raise ProtocolError("the other side left without saying hello")
        if theirs.version != mine.version:
            raise ProtocolError(
                f"the other side speaks version {theirs.version} of the control protocol, "
                f"this one version {mine.version}"
            )
        if theirs.run != mine.run:
            raise ProtocolError("the other side belongs to another run of the service")
        return theirs

    async def send(self, message: object) -> None:
        """Returns when the other side keeps up. Raises Unsendable, or ConnectionError when it is gone."""
        self.post(message)
        await self._writer.drain()

    def post(self, message: object) -> None:
        """Send without waiting: only what has a bound of its own. Dropped when the connection is gone.

        Raises Unsendable.
        """
        try:
            body = self._encoder.encode(message)
        except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
            raise Unsendable(f"{type(message).__name__} cannot be packed: {error}") from error
        if len(body) > self._sends:
            raise Unsendable(f"{type(message).__name__} has {len(body)} bytes of at most {self._sends}")
        if not self._writer.is_closing():  # uvloop raises where asyncio drops
            self._writer.write(_LENGTH.pack(len(body)) + body)

    async def receive(self) -> T | None:
        """The next message; None when the other side has closed. Raises ProtocolError."""
        frame = await self._frame(self._most)
        if frame is None:
            return None
        try:
            return self._decoder.decode(frame)
        except _UNREADABLE as error:
            raise ProtocolError(f"a frame cannot be read: {error}") from error

    def close(self) -> None:
        """At once: what the other side has not read by now is dropped."""
        self._writer.transport.abort()

    async def closed(self) -> None:
        """Close, and return when it is."""
        self.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _frame(self, most: int) -> bytes | None:
        try:
            (size,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            if size > most:
                raise ProtocolError(f"a frame of {size} bytes, where {most} are the most")
            return await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


# A path of AF_UNIX is at most 107 bytes long, and a data folder's may be longer: both ends go by way of the
# folder's descriptor.


def listen(path: Path) -> socket.socket:
    """A listening socket there, for this user alone; a socket that was left there is replaced."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        os.fchmod(listening.fileno(), 0o600)  # the file has this mode from its first moment on
        with _short(path) as address:
            listening.bind(address)
        listening.listen(16)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def connect(path: Path) -> socket.socket:
    """A connected socket. Raises OSError when nobody listens."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connected.setblocking(False)
        with _short(path) as address:
            connected.connect(address)  # of a Unix socket it is done at once, or not at all
    except BaseException:
        connected.close()
        raise
    return connected


def is_ours(connected: socket.socket) -> bool:
    """Whether the other end is a process of this user."""
    held = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(held)[1]
    return uid == os.getuid()


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
