"""A log's folder: the files under its prefix, read and written.

What is written here stands under its name only when it is whole.
A name that begins with a dot is half-written or not the log's; readers pass over it.
"""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from backend.tlog.faults import Malformed
from backend.tlog.merkle import HASH_BYTES, subtree_root
from backend.tlog.tiles import ENTRIES, HEIGHT, WIDTH, Tile, check_hashes, tile_with, unbundle

CHECKPOINT = "checkpoint"


class Folder:
    """Reads the tiles of a tree of `size` as they lie in a folder. Holds the last few it read."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._read: dict[Tile, bytes] = {}

    def tile(self, tile: Tile) -> bytes:
        """A tile's bytes; of a partial one that is gone, the beginning of the full one that replaced it.

        Raises Malformed, which names the file, when neither is there or it is not as long as it should be.
        """
        if (held := self._read.get(tile)) is not None:
            return held
        path = self.path / tile.path
        try:
            data = path.read_bytes()
            whole = tile.width
        except FileNotFoundError:
            try:
                data = (self.path / tile.full.path).read_bytes()
                whole = WIDTH
            except FileNotFoundError:
                raise Malformed(f"{tile.path} is missing") from None
        try:
            data = _checked(tile, data, whole)
        except Malformed as fault:
            raise Malformed(f"{tile.path} {fault}") from None
        if len(self._read) >= 64:
            self._read.pop(next(iter(self._read)))
        self._read[tile] = data
        return data

    def leaf(self, index: int) -> bytes:
        """One leaf. Raises Malformed, which names the file."""
        tile = tile_with(ENTRIES, index, self.size)
        return unbundle(self.tile(tile))[index % WIDTH]

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree: what `merkle` asks for proofs and roots."""
        level, above = divmod(height, HEIGHT)
        first = index << above
        data = self.tile(tile_with(level, first, self.size))
        at = first % WIDTH * HASH_BYTES
        return subtree_root(data[at : at + (HASH_BYTES << above)])


def _checked(tile: Tile, data: bytes, whole: int) -> bytes:
    """Its first `tile.width` hashes or leaves, of `whole` that must be there."""
    if tile.level == ENTRIES:
        leaves = unbundle(data, whole)[: tile.width]
        return data[: sum(map(len, leaves)) + 2 * len(leaves)]
    return check_hashes(data, whole)[: tile.width * HASH_BYTES]


def write(path: Path, data: bytes) -> None:
    """Put one file there, whole and on the disk when this returns, or leave what was there."""
    write_all(path.parent, [(path.name, data)])


def write_all(root: Path, files: Iterable[tuple[str, bytes]], *, durable: bool = True) -> None:
    """Put files under `root`, in this order, each whole or not at all; on the disk when this returns.

    Written aside, synced, renamed; at the end each folder's names are synced. Without `durable` nothing
    is synced: for copies that can be made again.
    """
    touched: dict[Path, None] = {}
    for name, data in files:
        path = root / name
        _make(path.parent, touched)
        aside = path.with_name(f".{path.name}.new")
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        aside.replace(path)
        touched[path.parent] = None
    if durable:
        for folder in touched:
            sync_folder(folder)


def drop_partials(root: Path, tile: Tile) -> None:
    """Remove the partial tiles that a full one replaced: readers of older sizes take its beginning."""
    partials = root / f"{tile.full.path}.p"
    if partials.is_dir() and (root / tile.full.path).exists():
        for each in partials.iterdir():
            each.unlink()
        partials.rmdir()


def sync_folder(path: Path) -> None:
    """Make the names in a folder last."""
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def make_private(folder: Path) -> None:
    """A folder for this user alone, whose name is on the disk when this returns, and those above it."""
    if not folder.parent.is_dir():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(PermissionError):  # somebody else's, who let us make one in it and not look
        sync_folder(folder.parent)  # also when it was there: a crash may have come before its sync


def _make(folder: Path, touched: dict[Path, None]) -> None:
    """A folder and those above it; each new one's name is in the folder above."""
    if folder in touched or folder.is_dir():
        return
    _make(folder.parent, touched)
    folder.mkdir(exist_ok=True)
    touched[folder.parent] = None
