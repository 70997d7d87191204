"""Bytes by the minute, signed: what a connector carried, zeros included, so that its silence can be shown.

A minute is closed by the wall clock, signed, written to disk, and kept there until the server was heard after
it was sent; a week of them at most, the oldest lost first. A connector that was not running has no minutes
for that time, and the gap shows.
"""

from collections import deque
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.connector import wire
from media.connector.folder import Folder, sign

_FILE = "minutes.json"
MOST = 7 * 24 * 60
_EMPTY_AT_ONCE = 30  # minutes without a tick that are still reported as zeros: a machine that was busy


class Minutes:
    """Counts and reports. `tick` at least once a second, `count` whenever something went through a socket."""

    def __init__(self, folder: Folder, connector: str, key: Ed25519PrivateKey, now: datetime) -> None:
        self._folder, self._connector, self._key = folder, connector, key
        self._minute = _start(now)
        self._media = self._camera = self._control = self._sessions = 0
        self._open = 0
        self._sent = 0  # of those waiting, from the front
        self._waiting: deque[wire.Minute] = deque(self._load(), MOST)

    def count(self, *, media: int = 0, camera: int = 0, control: int = 0) -> None:
        self._media += media
        self._camera += camera
        self._control += control

    def session_began(self) -> None:
        self._open += 1
        self._sessions += 1

    def session_ended(self) -> None:
        self._open -= 1

    def tick(self, now: datetime) -> None:
        """Close every minute that is over."""
        current = _start(now)
        if current < self._minute:  # the clock was set back: go on from there, nothing is reported twice
            self._minute = current
            return
        if current == self._minute:
            return
        missed = int((current - self._minute) / timedelta(minutes=1)) - 1
        self._close()
        for n in range(min(missed, _EMPTY_AT_ONCE)):
            self._minute = current - timedelta(minutes=min(missed, _EMPTY_AT_ONCE) - n)
            self._close()
        self._minute = current
        self._store()

    def to_send(self) -> list[wire.Minute]:
        """Those that were not sent on this connection yet, oldest first."""
        fresh = list(self._waiting)[self._sent :][:10]
        self._sent += len(fresh)
        return fresh

    def heard(self) -> None:
        """The server spoke after they were sent: it has them."""
        if self._sent:
            for _ in range(self._sent):
                self._waiting.popleft()
            self._sent = 0
            self._store()

    def connection_lost(self) -> None:
        self._sent = 0

    def _close(self) -> None:
        minute = wire.Minute(
            minute=self._minute,
            media_bytes=self._media,
            camera_bytes=self._camera,
            control_bytes=self._control,
            rtsp_sessions=self._sessions,
            signature="",
        )
        signature = sign(self._key, wire.minute_text(self._connector, minute))
        if len(self._waiting) == MOST and self._sent:
            self._sent -= 1
        self._waiting.append(msgspec.structs.replace(minute, signature=signature))
        self._media = self._camera = self._control = 0
        self._sessions = self._open

    def _store(self) -> None:
        self._folder.save(_FILE, msgspec.json.encode(tuple(self._waiting)), durable=False)

    def _load(self) -> list[wire.Minute]:
        try:
            return msgspec.json.decode(self._folder.file(_FILE).read_bytes(), type=list[wire.Minute])
        except (OSError, msgspec.MsgspecError):
            return []


def _start(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(second=0, microsecond=0)
