"""TAK clients and servers as destinations: Cursor on Target by pytak, over UDP, TCP or TLS.

The one home of pytak, which is loaded when something is to be sent and not before. Nothing waits for a
receiver: of each marker the newest is kept until it can be sent, at most `WAITING`, the oldest dropped.
"""

import asyncio
import contextlib
import importlib.util
import logging
import random
from collections import OrderedDict
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

log = logging.getLogger(__name__)

WAITING = 5000
CONNECT_S = 5.0
SEND_S = 5.0  # a receiver that takes no event for so long is given up, and connected to anew
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
SCHEMES = ("udp", "tcp", "tls")
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # pytak's default takes any
READ_BYTES = 65_536
FAULTS = (OSError, ValueError, SyntaxError)  # the last is pytak's for a certificate that it does not trust
UNTRUSTED = "nobody whom SIGHTLINE_TAK_CA names has signed for it under this name"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """PEM files for TLS: who we are, and who signs for the server."""

    cert: Path
    key: Path
    ca: Path


def check(url: str, keys: Keys | None) -> None:
    """Raises ValueError for a destination that cannot be sent to."""
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in SCHEMES or not parts.hostname or not parts.port or bare != url or "@" in url:
        raise ValueError(f"{url!r} is not udp://, tcp:// or tls:// with a host and a port")
    if parts.scheme == "tls" and keys is None:
        raise ValueError(f"{url} needs a certificate, a key and who signs for the server")
    if importlib.util.find_spec("pytak") is None:
        raise ValueError("pytak is not installed: requirements/tak.txt names it")


class Destination:
    """One receiver. Opens nothing until `run`."""

    def __init__(self, url: str, keys: Keys | None = None) -> None:
        """Raises ValueError as `check` does."""
        check(url, keys)
        self.url = url
        self._keys = keys if url.startswith("tls:") else None
        self._waiting: OrderedDict[str, bytes] = OrderedDict()
        self._some = asyncio.Event()
        self.dropped = 0

    def offer(self, uid: str, event: bytes) -> None:
        """To be sent when the receiver takes it: instead of what waits of the same thing. Never waits."""
        self._waiting.pop(uid, None)
        self._waiting[uid] = event
        if len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)
            self.dropped += 1
        self._some.set()

    async def run(self) -> None:
        """Send what there is, and connect again when that fails. Runs until cancelled."""
        wait_s = 0.0
        while True:
            await self._something()
            sent = False
            try:
                async with contextlib.AsyncExitStack() as stack:
                    worker, gone = await self._connected(stack)
                    log.info("TAK: connected to %s", self.url)
                    while True:
                        await self._something(gone)
                        if gone.done():
                            raise ConnectionError("it closed the connection")
                        await self._send_one(worker)
                        sent = True
            except FAULTS as fault:
                wait_s = FIRST_WAIT_S if sent or not wait_s else min(LONGEST_WAIT_S, wait_s * 2)
                why = UNTRUSTED if isinstance(fault, SyntaxError) else str(fault) or "it takes nothing"
                log.warning("TAK: %s is away, tried again in %.1f s: %s", self.url, wait_s, why)
            await asyncio.sleep(wait_s * random.uniform(0.8, 1.0))  # noqa: S311  spreads tries, keeps no secret

    async def _send_one(self, worker: Any) -> None:
        uid, event = self._waiting.popitem(last=False)
        try:
            async with asyncio.timeout(SEND_S):
                await worker.send_data(event)
        except BaseException:
            if uid not in self._waiting and len(self._waiting) < WAITING:  # nothing newer took its place
                self._waiting[uid] = event
                self._waiting.move_to_end(uid, last=False)
            raise

    async def _something(self, gone: "asyncio.Future[Any] | None" = None) -> None:
        """Returns when something waits, or the connection is gone."""
        while not self._waiting and not (gone is not None and gone.done()):
            self._some.clear()
            some = asyncio.ensure_future(self._some.wait())
            try:
                await asyncio.wait(
                    {some, *([gone] if gone is not None else [])}, return_when="FIRST_COMPLETED"
                )
            finally:
                some.cancel()

    async def _connected(self, stack: contextlib.AsyncExitStack) -> "tuple[Any, asyncio.Future[Any]]":
        import pytak  # type: ignore[import-untyped]  # takes 0.2 s to load, and need not be installed

        config = self._config()
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await pytak.protocol_factory(config)
        stack.callback(writer.close)
        if reader is None or not hasattr(reader, "read"):  # UDP, which says nothing back
            gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        else:
            gone = asyncio.ensure_future(_read_away(reader))
        stack.callback(gone.cancel)
        return pytak.TXWorker(asyncio.Queue(1), config, writer), gone

    def _config(self) -> Any:
        parts = urlsplit(self.url)
        scheme = "udp+wo" if parts.scheme == "udp" else parts.scheme  # write only: nobody is listened to
        said = {"COT_URL": f"{scheme}://{parts.netloc}", "TAK_PROTO": "0"}
        if self._keys is not None:
            said |= {
                "PYTAK_TLS_CLIENT_CERT": str(self._keys.cert),
                "PYTAK_TLS_CLIENT_KEY": str(self._keys.key),
                "PYTAK_TLS_CLIENT_CAFILE": str(self._keys.ca),
                "PYTAK_TLS_CLIENT_CIPHERS": CIPHERS,
            }
        config = ConfigParser(interpolation=None)
        config["tak"] = said
        return config["tak"]


async def _read_away(reader: asyncio.StreamReader) -> None:
    """A server tells what everybody else does: none of it is wanted, and its end is."""
    with contextlib.suppress(OSError):
        while await reader.read(READ_BYTES):
            pass
