"""The ballast: a file that holds room on the log's disk, and is let go when the disk is full.

What it frees takes the entries that end what is open. It is made again as soon as there is room for it twice.
"""

import logging
import os
from pathlib import Path

from backend.tlog.config import BALLAST_BYTES

_log = logging.getLogger(__name__)


class Ballast:
    def __init__(self, path: Path, size: int = BALLAST_BYTES) -> None:
        self.path, self._size = path, size

    @property
    def held(self) -> bool:
        """Whether the room is there to be let go."""
        try:
            return self.path.stat().st_size >= self._size
        except OSError:
            return False

    def make(self) -> bool:
        """Take the room, if the disk has it twice. Says whether it is held."""
        if self.held:
            return True
        try:
            free = os.statvfs(self.path.parent)
            if free.f_bavail * free.f_frsize < 2 * self._size:
                return False
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, self._size)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            _log.warning("the ballast %s cannot be made: %s", self.path, error.strerror)
            self.free()
            return False
        return True

    def free(self) -> bool:
        """Let it go. Says whether there was any."""
        try:
            os.truncate(self.path, 0)
        except FileNotFoundError:
            return False
        except OSError:
            pass
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
