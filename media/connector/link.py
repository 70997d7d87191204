"""The one WebSocket that a connector keeps: dialled out, TLS verified, through the environment's proxy.

Says Hello, then hands frames on; when it is lost, dials again with pauses that grow and differ. Knows no
cameras.
"""

import asyncio
import contextlib
import logging
import random
import ssl
import time
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException

from media.connector import wire
from media.connector.folder import sign
from media.connector.traffic import carried

_FIRST_S, _MOST_S, _REFUSED_S = 0.5, 20.0, 60.0
_STEADY_S = 20.0
_OPEN_S = 10.0
_QUEUE = 256  # frames that wait for a slow network; more and the connection is begun anew
SOFTWARE = "sightline-connector 0.1"
_decoder: msgspec.json.Decoder[wire.FromServer] = msgspec.json.Decoder(wire.FromServer)
_encoder = msgspec.json.Encoder()
_log = logging.getLogger(__name__)


class Listener(Protocol):
    async def welcomed(self, site: str) -> None: ...
    async def ordered(self, order: wire.FromServer) -> None: ...
    def heard(self) -> None: ...
    def lost(self, words: str) -> None: ...
    def carried(self, count: int) -> None: ...


class Link:
    def __init__(
        self,
        server: str,
        connector: str,
        key: Ed25519PrivateKey,
        instance: str,
        trust: str,
        listener: Listener,
    ) -> None:
        self.connected = False
        self._url = server.replace("http", "ws", 1) + wire.PATH
        self._connector, self._key, self._instance = connector, key, instance
        self._listener = listener
        self._context: ssl.SSLContext | None = None
        if self._url.startswith("wss:"):
            self._context = ssl.create_default_context(cafile=trust or None)
        self._out: asyncio.Queue[wire.FromConnector] = asyncio.Queue(_QUEUE)
        self._spoke = 0.0
        self._full = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Frames that a slow network has not taken yet."""
        return self._out.qsize()

    def say(self, frame: wire.FromConnector) -> None:
        """Queued while connected, dropped while not: what must not be lost is said again after Welcome."""
        if not self.connected:
            return
        try:
            self._out.put_nowait(frame)
        except asyncio.QueueFull:
            self._full.set()

    async def run(self) -> None:
        """Until cancelled."""
        pause = _FIRST_S
        while True:
            began = time.monotonic()
            words, retry = "The service does not answer.", True
            try:
                words, retry = await self._connection()
            except (OSError, TimeoutError, InvalidHandshake, InvalidURI, WebSocketException) as error:
                words = _in_words(error)
            except msgspec.MsgspecError:
                words = "What answers there is not the service, or one of another version."
            self.connected = False
            self._listener.lost(words)
            _log.warning("%s Trying again.", words)
            if time.monotonic() - began > _STEADY_S:
                pause = _FIRST_S
            await asyncio.sleep((pause if retry else _REFUSED_S) * random.uniform(0.6, 1.4))  # noqa: S311
            pause = min(_MOST_S, pause * 2)

    async def _connection(self) -> tuple[str, bool]:
        """One connection, to its end: what to tell, and whether it helps to come back at once."""
        async with connect(
            self._url,
            ssl=self._context,
            open_timeout=_OPEN_S,
            close_timeout=2,
            ping_interval=None,  # each side says Alive
            max_size=wire.MAX_FRAME,
            max_queue=32,
            compression=None,
        ) as socket:
            counting = _Counting(socket, self._listener.carried)
            sending: asyncio.Task[None] | None = None
            try:
                challenge = await self._receive(socket)
                if isinstance(challenge, wire.Refuse):
                    return challenge.words, challenge.retry
                if not isinstance(challenge, wire.Challenge):
                    return "The service does not begin as it should.", True
                await socket.send(_text(self._hello(challenge.nonce)))
                welcome = await self._receive(socket)
                if isinstance(welcome, wire.Refuse):
                    return welcome.words, welcome.retry
                if not isinstance(welcome, wire.Welcome):
                    return "The service does not begin as it should.", True
                while not self._out.empty():
                    self._out.get_nowait()
                self._full.clear()
                self.connected = True
                sending = asyncio.create_task(self._send(socket, counting))
                await self._listener.welcomed(welcome.site)
                while True:
                    frame = await self._receive(socket)
                    self._listener.heard()
                    if isinstance(frame, wire.Refuse):
                        return frame.words, frame.retry
                    if not isinstance(frame, wire.Alive):
                        await self._listener.ordered(frame)
                    if self._full.is_set():
                        return "The network is too slow for what is to be said.", True
            finally:
                self.connected = False
                counting.tell()
                if sending is not None:
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)

    async def _receive(self, socket: ClientConnection) -> wire.FromServer:
        async with asyncio.timeout(wire.DEAD_AFTER_S):
            return _decoder.decode(await socket.recv())

    async def _send(self, socket: ClientConnection, counting: "_Counting") -> None:
        try:
            while True:
                frame: wire.FromConnector = wire.Alive()
                with contextlib.suppress(TimeoutError):
                    frame = await asyncio.wait_for(self._out.get(), wire.ALIVE_EVERY_S)
                async with asyncio.timeout(wire.DEAD_AFTER_S):
                    await socket.send(_text(frame))
                counting.tell()
        except TimeoutError:
            await socket.close()

    def _hello(self, nonce: str) -> wire.Hello:
        return wire.Hello(
            version=wire.VERSION,
            connector=self._connector,
            instance=self._instance,
            software=SOFTWARE,
            signature=sign(self._key, wire.hello_text(nonce, self._connector, self._instance)),
        )


class _Counting:
    """The socket's own count, TLS and repeats included."""

    def __init__(self, socket: ClientConnection, carry: Callable[[int], None]) -> None:
        self._socket: Any = socket.transport.get_extra_info("socket")
        self._carry = carry
        self._told = 0

    def tell(self) -> None:
        with contextlib.suppress(OSError, AttributeError, ValueError):  # it may be closed
            now = carried(self._socket)
            self._carry(max(0, now - self._told))
            self._told = now


def _text(frame: wire.FromConnector) -> str:
    return _encoder.encode(frame).decode()


def _in_words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The service's certificate cannot be trusted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return "The service has fallen silent."
    if isinstance(error, InvalidHandshake):
        return "The service takes no connector at present."
    return "The service cannot be reached."
