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
from backend.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash, subtree_root
from backend.tlog.tiles import ENTRIES, HEIGHT, MAX_LEVEL, WIDTH, Tile, bundle

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
    found: dict[int, bytes] = {0: EMPTY_ROOT}
    frontier = Frontier()  # of full tiles; what is beyond them:
    leaves: list[bytes] = []
    hashes: list[bytes] = []
    tiles = _Tiles(folder, tiled)
    path = folder / "journal"
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if os.pread(file, len(MAGIC), 0) != MAGIC:
            raise Unfit(path, "does not begin as a journal does", _REMEDY)
        for place, leaf in read_entries(path, file, START, max(wanted)):
            leaves.append(leaf)
            hashes.append(leaf_hash(leaf))
            if place.entries in wanted:
                found[place.entries] = _root(frontier, hashes)
            if place.entries == tiled:
                tiles.end(leaves, hashes)
            if len(hashes) == WIDTH:
                root = subtree_root(b"".join(hashes))
                if place.entries <= tiled:
                    tiles.full(leaves, hashes, root)
                frontier.append_subtree(HEIGHT, root)
                leaves.clear()
                hashes.clear()
    finally:
        os.close(file)
    return found


def _root(frontier: Frontier, hashes: list[bytes]) -> bytes:
    """Of full tiles and some leaves more."""
    whole = Frontier(frontier.size, frontier.hashes)
    for hashed in hashes:
        whole.append_hash(hashed)
    return whole.root()


class _Tiles:
    """Compares the stored tiles of a tree of `size` with what they must be, from left to right."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._above: list[list[bytes]] = []  # hashes of level 1 and up that are in no full tile yet
        self._numbers: list[int] = [0]  # of each level's next tile

    def full(self, leaves: list[bytes], hashes: list[bytes], root: bytes) -> None:
        """A bundle, its tile, and those above that it fills."""
        self._check(Tile(ENTRIES, self._numbers[0]), bundle(leaves))
        self._check(Tile(0, self._numbers[0]), b"".join(hashes))
        self._numbers[0] += 1
        for level in range(1, MAX_LEVEL):
            if level > len(self._above):
                self._above.append([])
                self._numbers.append(0)
            held = self._above[level - 1]
            held.append(root)
            if len(held) < WIDTH:
                break
            data = b"".join(held)
            self._check(Tile(level, self._numbers[level]), data)
            self._numbers[level] += 1
            held.clear()
            root = subtree_root(data)
        if self._numbers[0] * WIDTH == self._size:
            self._partials()

    def end(self, leaves: list[bytes], hashes: list[bytes]) -> None:
        """The tree ends here, within a tile or at its end."""
        if len(leaves) < WIDTH:
            self._check(Tile(ENTRIES, self._numbers[0], len(leaves)), bundle(leaves))
            self._check(Tile(0, self._numbers[0], len(hashes)), b"".join(hashes))
            self._partials()

    def _partials(self) -> None:
        for level, held in enumerate(self._above, 1):
            if held:
                self._check(Tile(level, self._numbers[level], len(held)), b"".join(held))

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
