"""The root, derived again from what is stored: every entry of the journal and of the bundles.

Before each signature and at the start, read from the disk. Nothing is believed that could be computed:
bundles are compared with the journal byte by byte, hash tiles with the hashes of the leaves.
`python -m backend.tlog.derive FOLDER SIZE…` does it in a process of its own, without keys, so that appending
never waits for it.
"""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from backend.tlog.faults import Unfit
from backend.tlog.journal import MAGIC, START, read_entries
from backend.tlog.merkle import Frontier, leaf_hash, subtree_root
from backend.tlog.tiles import ENTRIES, WIDTH, Tile, bundle, partial_width

_REMEDY = (
    "put the file back from a mirror of the log, or run `sightline audit mend`, which writes it again from "
    "the journal where that leads to the root of the last checkpoint"
)


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """Roots by the sizes that were asked for; or what is wrong, as Unfit says it."""

    roots: dict[int, bytes] = {}
    fault: tuple[str, str, str] | None = None


def derive(folder: Path, tiled: int, sizes: Iterable[int] = ()) -> dict[int, bytes]:
    """The roots at these sizes and at `tiled`, of which all tiles must be there as they should.

    Raises Unfit: which file, what is wrong, what to do.
    """
    wanted = {tiled, *sizes}
    found: dict[int, bytes] = {}
    frontier = Frontier()
    tiles = _Tiles(folder, tiled)
    path = folder / "journal"
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if os.pread(file, len(MAGIC), 0) != MAGIC:
            raise Unfit(path, "does not begin as a journal does", _REMEDY)
        for place, leaf in read_entries(path, file, START, max(wanted)):
            if frontier.size in wanted:
                found[frontier.size] = frontier.root()
            hashed = leaf_hash(leaf)
            frontier.append_hash(hashed)
            if place.entries <= tiled:
                tiles.take(leaf, hashed)
    finally:
        os.close(file)
    tiles.end()
    found[frontier.size] = frontier.root()
    return found


class _Tiles:
    """Compares the stored tiles of a tree of `size` with the leaves that it is given, one after the other."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size, self._leaves = folder, size, list[bytes]()
        self._levels: list[list[bytes]] = [[]]
        self._full: list[int] = [0]  # how many full tiles each level has had

    def take(self, leaf: bytes, hashed: bytes) -> None:
        self._leaves.append(leaf)
        if len(self._leaves) == WIDTH:
            self._check(Tile(ENTRIES, self._full[0]), bundle(self._leaves))
            self._leaves.clear()
        self._rise(0, hashed)

    def end(self) -> None:
        """Partial tiles, and the bundle that is not full."""
        if self._leaves:
            self._check(Tile(ENTRIES, self._full[0], len(self._leaves)), bundle(self._leaves))
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._check(
                    Tile(level, self._full[level], partial_width(level, self._size)), b"".join(hashes)
                )

    def _rise(self, level: int, hashed: bytes) -> None:
        hashes = self._levels[level]
        hashes.append(hashed)
        if len(hashes) < WIDTH:
            return
        data = b"".join(hashes)
        self._check(Tile(level, self._full[level]), data)
        hashes.clear()
        self._full[level] += 1
        if level + 1 == len(self._levels):
            self._levels.append([])
            self._full.append(0)
        self._rise(level + 1, subtree_root(data))

    def _check(self, tile: Tile, data: bytes) -> None:
        path = self._folder / tile.path
        try:
            held = path.read_bytes()
        except FileNotFoundError:
            raise Unfit(path, "is missing", _REMEDY) from None
        except OSError as error:
            raise Unfit(path, f"cannot be read: {error.strerror}", _REMEDY) from error
        if held == data:
            return
        if len(held) != len(data):
            raise Unfit(path, f"has {len(held)} bytes instead of {len(data)}", _REMEDY)
        at = next(
            place for place, (mine, theirs) in enumerate(zip(data, held, strict=True)) if mine != theirs
        )
        raise Unfit(path, f"is not what the journal's entries make it, from byte {at} on", _REMEDY)


Deriver = Callable[[Path, int, Iterable[int]], dict[int, bytes]]


def main() -> int:
    folder, tiled, *sizes = sys.argv[1:]
    try:
        said = Derived(roots=derive(Path(folder), int(tiled), map(int, sizes)))
    except Unfit as fault:
        said = Derived(fault=(str(fault.path), fault.fault, fault.remedy))
    sys.stdout.buffer.write(msgspec.msgpack.encode(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
