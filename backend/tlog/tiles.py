"""Tiles and entry bundles, https://c2sp.org/tlog-tiles: their paths, their bytes, which ones a tree has.

A tile is up to 256 hashes of one level, end to end; level 0 are leaf hashes, and each hash above is the
root of one full tile below. An entry bundle is the leaves of one level-0 tile, each after its length.
Pure: `backend.tlog.folder` reads and writes them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from backend.tlog.faults import Malformed
from backend.tlog.merkle import HASH_BYTES, leaf_hash, subtree_root

WIDTH = 256  # hashes of a full tile, leaves of a full bundle
HEIGHT = 8  # 2**HEIGHT = WIDTH
ENTRIES = -1  # the level of an entry bundle
MAX_LEVEL = 63
MAX_LEAF_BYTES = 0xFFFF  # its length is a uint16

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)


class Tile(NamedTuple):
    """One file of the tree: a tile of hashes, or an entry bundle when `level` is ENTRIES."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies under the log's prefix, such as tile/0/x001/x234/067 or tile/entries/000.p/5."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number_path(self.number)}{partial}"

    @property
    def full(self) -> "Tile":
        """The same tile once it is full."""
        return self._replace(width=WIDTH)

    @property
    def leaves(self) -> int:
        """How many leaves one of its hashes stands for."""
        return 1 << HEIGHT * max(self.level, 0)

    @property
    def end(self) -> int:
        """The smallest size of a tree that has this tile."""
        return (self.number * WIDTH + self.width) * self.leaves


def number_path(number: int) -> str:
    """1234067 is x001/x234/067: three digits an element, an x before all but the last."""
    if number < 0:
        raise ValueError(f"a tile's number is not negative: {number}")
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def parse_path(path: str) -> Tile:
    """The tile at a path under the log's prefix. Raises Malformed for any other spelling."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise Malformed(f"{path} is not the path of a tile")
    level, number, width = found.groups()
    tile = Tile(
        ENTRIES if level == "entries" else int(level),
        int(number.replace("/", "").replace("x", "")),
        int(width) if width else WIDTH,
    )
    if tile.level > MAX_LEVEL or tile.path != path:  # another spelling: x000/001, a width of 256
        raise Malformed(f"{path} is not the path of a tile")
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile and bundle of a tree of this size: bundles first, then level by level, full ones first."""
    yield from _level(ENTRIES, size)
    level = 0
    while size:
        yield from _level(level, size)
        level, size = level + 1, size // WIDTH


def partial_width(level: int, size: int) -> int:
    """How many hashes the last tile of a level has when it is not full; 0 when there is none."""
    return (size >> HEIGHT * max(level, 0)) % WIDTH


def tile_with(level: int, position: int, size: int) -> Tile:
    """The tile that holds the hash (or leaf) at `position` of its level, in a tree of this size."""
    number = position // WIDTH
    full = size >> HEIGHT * max(level, 0) >= (number + 1) * WIDTH
    return Tile(level, number, WIDTH if full else partial_width(level, size))


def bundle(leaves: Sequence[bytes]) -> bytes:
    """An entry bundle: each leaf after its length, a big-endian uint16."""
    for leaf in leaves:
        if len(leaf) > MAX_LEAF_BYTES:
            raise ValueError(f"a leaf of {len(leaf)} bytes; the format holds {MAX_LEAF_BYTES}")
    return b"".join([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves])


def unbundle(data: bytes, width: int | None = None) -> list[bytes]:
    """The leaves of a bundle. Raises Malformed when it is cut short or does not hold `width` leaves."""
    leaves: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > end or start > end:
            raise Malformed(f"cut short in its entry {len(leaves)}")
        leaves.append(data[start:at])
    if width is not None and len(leaves) != width:
        raise Malformed(f"holds {len(leaves)} entries, not {width}")
    return leaves


def check_hashes(data: bytes, width: int) -> bytes:
    """The bytes of a hash tile, if they are `width` hashes. Raises Malformed."""
    if len(data) != width * HASH_BYTES:
        raise Malformed(f"is {len(data)} bytes long; {width} hashes are {width * HASH_BYTES}")
    return data


def grown(read: Callable[[Tile], bytes], size: int, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
    """The files that a tree of `size` gains when these leaves come, each with its bytes: bundles, then up.

    `read` is asked for the partial tiles that the tree has now, one for each level. Raises Malformed
    when one of them is not what it should be. Nothing is yielded twice; no full tile is made again.
    """
    if not leaves:
        return
    old = partial_width(ENTRIES, size)
    first = size // WIDTH
    held = unbundle(read(Tile(ENTRIES, first, old)), old) if old else []
    held.extend(leaves)
    for offset in range(0, len(held), WIDTH):
        some = held[offset : offset + WIDTH]
        yield Tile(ENTRIES, first + offset // WIDTH, len(some)), bundle(some)
    level, hashes = 0, b"".join([leaf_hash(leaf) for leaf in leaves])
    while hashes:
        old, first = partial_width(level, size), size >> HEIGHT * (level + 1)
        if old:
            hashes = check_hashes(read(Tile(level, first, old)), old) + hashes
        above = []
        for offset in range(0, len(hashes), WIDTH * HASH_BYTES):
            data = hashes[offset : offset + WIDTH * HASH_BYTES]
            tile = Tile(level, first + offset // (WIDTH * HASH_BYTES), len(data) // HASH_BYTES)
            yield tile, data
            if tile.width == WIDTH:
                above.append(subtree_root(data))
        level, hashes = level + 1, b"".join(above)


def _level(level: int, hashes: int) -> Iterator[Tile]:
    full, rest = divmod(hashes, WIDTH)
    for number in range(full):
        yield Tile(level, number)
    if rest:
        yield Tile(level, full, rest)
