"""Keeps what a drone says in each flight as a telemetry log, on the dock's own machine.

From some seconds before it leaves the ground until some after it is down; frames as they came, signatures
included. The service may be away: this asks nobody.
"""

import logging
import os
import shutil
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from media.recordings import Heard, record

BEFORE_S, AFTER_S = 10.0, 30.0
MOST_BYTES = 256 << 20  # of one flight: a day and a half of it
KEPT_FREE = 1 << 30  # bytes of the disk that no recording takes
_MOST_BEFORE = 4000  # frames
_log = logging.getLogger(__name__)


class Recorder:
    """`heard` with each frame, `close` at the end. Never raises: a full disk ends a recording alone."""

    def __init__(self, folder: Path, name: str, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._name, self._clock = folder, name, clock
        self._before: deque[Heard] = deque(maxlen=_MOST_BEFORE)
        self._begun = False  # a recording of this flight, whatever became of it
        self._file: IO[bytes] | None = None
        self._room = 0
        self._flew_at = -AFTER_S

    def heard(self, frame: bytes, *, flies: bool) -> None:
        """One frame of the drone's; `flies` from its first turn of the motors until it is down."""
        heard = Heard(self._clock(), frame)
        if flies:
            self._flew_at = heard.at_s
        if heard.at_s - self._flew_at >= AFTER_S:
            self.close()
            self._before.append(heard)
            while heard.at_s - self._before[0].at_s > BEFORE_S:
                self._before.popleft()
            return
        if not self._begun:
            self._begin(heard.at_s)
        self._write(heard)

    def close(self) -> None:
        """The flight is over; the next one has a file of its own."""
        self._begun = False
        self._end()

    def _begin(self, at_s: float) -> None:
        self._begun, self._room = True, MOST_BYTES
        stamp = datetime.fromtimestamp(at_s, UTC).strftime("%Y%m%dT%H%M%SZ")
        path = self._folder / f"{self._name}-{stamp}.tlog"
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if shutil.disk_usage(self._folder).free < KEPT_FREE:
                raise OSError(f"less than {KEPT_FREE >> 30} GB are free")
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            _log.error("This flight of %s is not recorded: %s", self._name, error)
            return
        while self._before:
            if at_s - (before := self._before.popleft()).at_s <= BEFORE_S:
                self._write(before)

    def _write(self, heard: Heard) -> None:
        if self._file is None:
            return
        data = record(heard)
        self._room -= len(data)
        try:
            if self._room <= 0:
                raise OSError(f"it has {MOST_BYTES >> 20} MB")
            self._file.write(data)
        except OSError as error:
            _log.error("The recording of %s ends: %s", self._name, error)
            self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:
            _log.error("The end of a recording of %s is lost: %s", self._name, error)
