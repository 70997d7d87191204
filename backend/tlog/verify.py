"""The whole log from its files alone: every file is held against one that is believed already.

The checkpoint is believed for its signature; the tiles from which its root follows, for the root; each
tile below, for its hash in the tile above; each bundle, for its leaves' hashes. So a fault is found where
it is, and named. A file that no tree of this size has is a fault too. Needs no key but the log's public one.
"""

import os
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from backend.tlog import checkpoints
from backend.tlog.checkpoints import Checkpoint, Signed
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.folder import CHECKPOINT, Folder
from backend.tlog.merkle import HASH_BYTES, subtree_root, tree_root
from backend.tlog.notes import Verifier
from backend.tlog.tiles import ENTRIES, HEIGHT, WIDTH, Tile, check_hashes, parse_path, unbundle

RESTORE = "put back that file from a mirror or a backup"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the whole log found. `problem` names the file and what to do; None when all holds."""

    size: int = 0
    root: bytes = b""
    problem: str | None = None
    cosigned_by: tuple[str, ...] = ()  # of the witnesses that were named
    unknown: tuple[str, ...] = ()  # who else signed, which says nothing
    unsigned: int = 0  # entries that lie there beyond the checkpoint: not published yet


class Fault(Exception):
    """What is wrong, with the file's name and what to do."""


def verify(
    folder: Path,
    log: Verifier,
    witnesses: Iterable[Verifier] = (),
    *,
    older: Checkpoint | None = None,
    exact: bool = False,
) -> Verdict:
    """Verify the log in a folder. Reads every file of it; a million entries take seconds.

    `older` is a checkpoint that somebody kept: the log must have grown from it. `exact` says that these
    are all the keys there are, so that a signature by another is a fault instead of nothing.
    """
    try:
        signed = read_checkpoint(folder, log, witnesses)
        if exact and signed.unknown:
            raise Fault(
                f"{CHECKPOINT}: signed by {signed.unknown[0]}, with a key that is not among those named; it"
                " was changed, or that key is missing from the list"
            )
        unsigned = check_tree(folder, signed.checkpoint)
        if older is not None:
            check_growth(folder, older, signed.checkpoint)
    except Fault as fault:
        return Verdict(problem=str(fault))
    return Verdict(
        size=signed.checkpoint.size,
        root=signed.checkpoint.root,
        cosigned_by=signed.cosigned_by,
        unknown=signed.unknown,
        unsigned=unsigned,
    )


def read_checkpoint(folder: Path, log: Verifier, witnesses: Iterable[Verifier] = ()) -> Signed:
    """The checkpoint in a folder. Raises Fault."""
    path = folder / CHECKPOINT
    try:
        return checkpoints.read(path.read_bytes(), log, witnesses)
    except FileNotFoundError:
        raise Fault(
            f"there is no checkpoint in {folder}: this is not a log's folder, or it is lost"
        ) from None
    except OSError as error:
        raise Fault(f"{CHECKPOINT} cannot be read: {error.strerror}") from None
    except (Malformed, Unproven) as fault:
        raise Fault(f"{CHECKPOINT}: {fault}. It was changed, or the key is another's; {RESTORE}") from None


def check_growth(folder: Path, older: Checkpoint, newer: Checkpoint) -> None:
    """Has the log in this folder grown from the older checkpoint? Raises Fault for a rollback and a fork."""
    if older.origin != newer.origin:
        raise Fault(f"the older checkpoint is of {older.origin}, this log is {newer.origin}")
    if older.size > newer.size:
        raise Fault(
            f"{CHECKPOINT}: rolled back. It has {newer.size} entries, and a checkpoint of {older.size} was"
            " signed before; do not append to it: bring back the newest copy of the log"
        )
    if older.size == newer.size:
        root = newer.root
    else:
        try:
            root = tree_root(older.size, Folder(folder, newer.size).node)
        except Malformed as fault:
            raise Fault(f"{fault}; {RESTORE}") from None
    if root != older.root:
        raise Fault(
            f"{CHECKPOINT}: a fork. Its first {older.size} entries are not those of the checkpoint of"
            f" {older.size} that was signed before; keep both checkpoints, they prove it"
        )


def check_tree(folder: Path, checkpoint: Checkpoint, since: int = 0) -> int:
    """Every tile and bundle against the checkpoint's root. Raises Fault.

    Those that were full at `since` entries are not read: for who verified them already. Returns how many
    entries lie there beyond the checkpoint.
    """
    return _Tree(folder, checkpoint, since).check()


class _Tree:
    def __init__(self, folder: Path, checkpoint: Checkpoint, since: int) -> None:
        self._folder = folder
        self._checkpoint = checkpoint
        self._size = checkpoint.size
        self._since = since
        self._there = _widths(folder)
        self._beyond = 0

    def check(self) -> int:
        top = 0
        while self._size >> HEIGHT * (top + 1):
            top += 1
        self._root()
        above = b""
        for level in range(top, 0, -1):
            above = b"".join([data for _, data in self._level(level, above)])
        for tile, hashes in self._level(0, above):
            self._bundle(tile, hashes)
        self._rest()
        return max(0, self._beyond - self._size)

    def _root(self) -> None:
        """The tiles at the right edge lead to the root, all of them together."""
        try:
            root = tree_root(self._size, Folder(self._folder, self._size).node)
        except Malformed as fault:
            raise Fault(f"{fault}; {RESTORE}") from None
        if root != self._checkpoint.root:
            raise Fault(self._edge())

    def _level(self, level: int, above: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Each tile of a level with its bytes. The last, when it is partial, was believed with the root."""
        hashes = self._size >> HEIGHT * level
        for number in range(-(-hashes // WIDTH)):
            width = min(WIDTH, hashes - number * WIDTH)
            tile = Tile(level, number, width)
            if width == WIDTH and tile.end <= self._since and level == 0:
                self._there.pop((level, number), None)
                self._there.pop((ENTRIES, number), None)
                continue
            widths = self._widths_of(tile)
            chosen = tile if width in widths else tile.full
            data = self._bytes(chosen)[: width * HASH_BYTES]
            believed = above[number * HASH_BYTES : (number + 1) * HASH_BYTES]
            if width == WIDTH and subtree_root(data) != believed:
                raise Fault(f"{tile.path} was changed: the tile above it has another hash for it; {RESTORE}")
            for each in sorted(widths):  # the same place in smaller and larger trees
                other = tile._replace(width=each)
                length = min(each, width) * HASH_BYTES
                if other != chosen and self._bytes(other)[:length] != data[:length]:
                    raise Fault(f"{other.path} was changed: {chosen.path} says something else; {RESTORE}")
            yield tile, data

    def _bundle(self, hashes: Tile, data: bytes) -> None:
        """The bundle beside a level-0 tile, and the older and newer ones of the same place."""
        tile = hashes._replace(level=ENTRIES)
        for width in sorted(self._widths_of(tile)):
            other = tile._replace(width=width)
            leaves = self._leaves(other)
            found = b"".join([sha256(b"\x00" + leaf).digest() for leaf in leaves])
            shared = min(width, tile.width) * HASH_BYTES
            if found[:shared] != data[:shared]:
                at = _first_difference(found, data)
                raise Fault(
                    f"{other.path} was changed: its entry {at} ({tile.number * WIDTH + at} in the log) is"
                    f" not the one that {hashes.path} has the hash of; {RESTORE}"
                )

    def _widths_of(self, tile: Tile) -> set[int]:
        widths = self._there.pop((tile.level, tile.number), set())
        if tile.width not in widths and WIDTH not in widths:
            raise Fault(f"{tile.path} is missing; {RESTORE}")
        if tile.level == ENTRIES and max(widths) > tile.width:
            self._beyond = max(self._beyond, tile.number * WIDTH + max(widths))
        return widths

    def _bytes(self, tile: Tile) -> bytes:
        try:
            return check_hashes((self._folder / tile.path).read_bytes(), tile.width)
        except OSError as error:
            raise Fault(f"{tile.path} cannot be read: {error.strerror}; {RESTORE}") from None
        except Malformed as fault:
            raise Fault(f"{tile.path} {fault}; {RESTORE}") from None

    def _leaves(self, tile: Tile) -> list[bytes]:
        try:
            return unbundle((self._folder / tile.path).read_bytes(), tile.width)
        except OSError as error:
            raise Fault(f"{tile.path} cannot be read: {error.strerror}; {RESTORE}") from None
        except Malformed as fault:
            raise Fault(f"{tile.path} {fault}; {RESTORE}") from None

    def _rest(self) -> None:
        """What is left are files of a larger tree, which a crash before its checkpoint leaves behind."""
        for (level, number), widths in sorted(self._there.items()):  # bundles come first
            tile = Tile(level, number, max(widths))
            if level == ENTRIES:
                self._beyond = max(self._beyond, tile.end)
            elif tile.end > self._beyond:
                raise Fault(f"{tile.path} is no file of a log of {self._size} entries; remove it")

    def _edge(self) -> str:
        """Which file at the right edge keeps the root from coming out; said from the bottom up."""
        stored = Folder(self._folder, self._size)
        for level in range(HEIGHT):
            hashes = self._size >> HEIGHT * level
            width = hashes % WIDTH
            if not width:
                continue
            tile = Tile(level, hashes // WIDTH, width)
            data = stored.tile(tile)
            for place in range(width):
                below, found = self._below(tile, place)
                if found != data[place * HASH_BYTES : (place + 1) * HASH_BYTES]:
                    return (
                        f"{tile.path} or {below.path} was changed: hash {place} of the first does not follow"
                        f" from the second; {RESTORE}"
                    )
        return (
            f"{CHECKPOINT} or tiles were changed: the entries that lie here have another root than it says;"
            " bring back both together, from one mirror or backup. If that does not help, the log is forked:"
            " keep this checkpoint, it proves it"
        )

    def _below(self, tile: Tile, place: int) -> tuple[Tile, bytes]:
        """What one hash of a tile is of, and what it should therefore be."""
        if tile.level == 0:
            bundle = tile._replace(level=ENTRIES)
            used = bundle if (self._folder / bundle.path).exists() else bundle.full
            return used, sha256(b"\x00" + self._leaves(used)[place]).digest()
        below = Tile(tile.level - 1, tile.number * WIDTH + place)
        return below, subtree_root(self._bytes(below))


def _first_difference(one: bytes, other: bytes) -> int:
    at = 0
    while one[at : at + HASH_BYTES] == other[at : at + HASH_BYTES]:
        at += HASH_BYTES
    return at // HASH_BYTES


def _widths(folder: Path) -> dict[tuple[int, int], set[int]]:
    """The widths of the tiles that are there, by level and number. Raises Fault for any other file."""
    found: dict[tuple[int, int], set[int]] = {}
    for where, folders, files in os.walk(folder / "tile"):
        folders[:] = [name for name in folders if not name.startswith(".")]
        place = Path(where).relative_to(folder).as_posix()
        for name in files:
            if name.startswith("."):
                continue
            try:
                tile = parse_path(f"{place}/{name}")
            except Malformed as fault:
                raise Fault(f"{fault}: it is no file of a log; remove it") from None
            found.setdefault((tile.level, tile.number), set()).add(tile.width)
    return found
