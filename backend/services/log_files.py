"""The public log's files, as anybody may read them: the checkpoint, what it covers, and opened fields.

Only these, by their exact names; what the folder holds beside them, and what no checkpoint covers yet, is not
there. Reads the disk: not on the loop.
"""

import os
from pathlib import Path

import msgspec

from backend.tlog import checkpoints, notes
from backend.tlog.faults import Malformed
from backend.tlog.folder import CHECKPOINT
from backend.tlog.mirror import DISCLOSURES
from backend.tlog.tiles import WIDTH, parse_path

_NUMBER_DIGITS = 12  # of a disclosure file: more entries than that is no log


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What the checkpoint says, and its bytes. Whether it holds is its readers' business."""

    origin: str
    size: int
    root: bytes
    raw: bytes


class LogFiles:
    """Those of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: tuple[tuple[int, int, int], Published] | None = None

    def checkpoint(self) -> Published | None:
        """The newest; None while there is none yet. Raises Malformed for a file that is no checkpoint."""
        path = self.folder / CHECKPOINT
        try:
            with path.open("rb") as file:
                told = os.fstat(file.fileno())
                which = (told.st_ino, told.st_mtime_ns, told.st_size)
                if self._held is None or self._held[0] != which:
                    self._held = which, _read(file.read(notes.MAX_NOTE_BYTES + 1))
                return self._held[1]
        except FileNotFoundError:
            return None

    def tile(self, path: str) -> bytes | None:
        """A tile or a bundle by its path under the log's address; None when the checkpoint has none such."""
        try:
            tile = parse_path(path)
        except Malformed:
            return None
        signed = self.checkpoint()
        if signed is None or tile.end > signed.size:
            return None
        return _bytes(self.folder / tile.path)

    def disclosure(self, name: str) -> bytes | None:
        """The opened fields of one bundle, by the file's name."""
        number = name.removesuffix(".json")
        if f"{number}.json" != name or not (number.isascii() and number.isdigit()):
            return None
        if len(number) > _NUMBER_DIGITS or str(int(number)) != number:
            return None
        signed = self.checkpoint()
        if signed is None or int(number) * WIDTH >= signed.size:
            return None
        return _bytes(self.folder / DISCLOSURES / name)


def _read(raw: bytes) -> Published:
    said = checkpoints.parse_text(notes.parse(raw).text)
    return Published(origin=said.origin, size=said.size, root=said.root, raw=raw)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None
