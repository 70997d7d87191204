"""The journal: every entry of the log in the order it came, on the disk before anybody is told so.

Two files. `journal` holds the entries, each with a hash over itself and the hash before it; `head` holds how
far the journal is acknowledged, in two slots that take turns. An append writes entries, syncs, writes a
slot, syncs, and only then returns: whatever `head` says was acknowledged must be there, and what lies beyond
was not. So what is beyond and whole is taken in again, what is torn is cut, and everything else is a refusal.
One writer at a time; backend.tlog.writer sees to that.
"""

import os
import struct
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from backend.tlog.faults import Unfit
from backend.tlog.folder import write

MAGIC = b"sightline-journal/v1\n"
MAX_LEAF_BYTES = 0xFFFF  # as entry bundles have it
EVERY = 256  # entries between two places from which the journal can be read

_RECORD = struct.Struct("!IQ32s")  # bytes of the leaf, its index, the chain's hash; then the leaf
_LINK = struct.Struct("!IQ")
_SLOT = struct.Struct("!QQQ32s")  # commits so far, entries, bytes, the chain's hash; then 16 bytes of SHA-256
_CHECK_BYTES = 16
_SLOT_BYTES = _SLOT.size + _CHECK_BYTES
_SLOTS_AT = (0, 4096)  # pages of their own
_HEAD_BYTES = 8192
_READ_BYTES = 1 << 20
GENESIS = sha256(MAGIC).digest()

_RESTORE = (
    "run `sightline audit mend`, which builds it again from the log's other files where that can be shown to "
    "be right; if it cannot, restore the whole log folder from its newest copy"
)


class Broken(OSError):
    """The disk failed where it cannot be known what it holds. This journal takes nothing more."""


class Place(NamedTuple):
    """A point between two entries."""

    entries: int
    offset: int  # in the file
    chain: bytes

    def after(self, leaf: bytes) -> "Place":
        """The place behind an entry that stands here."""
        offset = self.offset + _RECORD.size + len(leaf)
        return Place(self.entries + 1, offset, _next(self, leaf))


START = Place(0, len(MAGIC), GENESIS)


class Journal:
    """Open one with `make` or `load`."""

    def __init__(self, folder: Path, file: int, head: int, place: Place, commits: int) -> None:
        self._folder, self._file, self._head = folder, file, head
        self._place, self._commits = place, commits
        self._broken = False
        self._marks: list[Place] = [START]  # before every EVERY-th entry

    @classmethod
    def make(cls, folder: Path) -> "Journal":
        """A new one, empty, in the place of whatever `head` there is. Raises FileExistsError."""
        if (folder / "journal").exists():
            raise FileExistsError(folder / "journal")
        write(folder / "head", head_of(START))
        write(folder / "journal", MAGIC)  # the last: once it is there, all is
        for name in ("head", "journal"):
            (folder / name).chmod(0o600)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path, each: Callable[[int, bytes], None] = lambda index, leaf: None) -> "Journal":
        """The one that is there; `each` is given every entry. Raises Unfit for anything that cannot be right.

        Entries beyond the head are written once more: they may be in memory only.
        """
        flags = os.O_RDWR | os.O_CLOEXEC
        try:
            head = os.open(folder / "head", flags)
        except FileNotFoundError:
            raise Unfit(folder / "head", "is missing", _RESTORE) from None
        try:
            try:
                file = os.open(folder / "journal", flags)
            except FileNotFoundError:
                raise Unfit(folder / "journal", "is missing", _RESTORE) from None
            try:
                commits, places = read_head(folder / "head")
                journal = cls(folder, file, head, places[-1], commits)
                journal._take_in(places, each)
            except BaseException:
                os.close(file)
                raise
        except BaseException:
            os.close(head)
            raise
        return journal

    @property
    def entries(self) -> int:
        """How many are acknowledged."""
        return self._place.entries

    def append(self, leaves: Sequence[bytes]) -> int:
        """Entries that are on the disk when this returns; the first one's index.

        Raises OSError when nothing was appended and the next try may succeed, Broken when none will.
        """
        if self._broken:
            raise Broken("the disk failed before, and what it holds is not known")
        first, place = self._place.entries, self._place
        records, marks = [], []
        for leaf in leaves:
            records.append(record_of(place, leaf))
            place = place.after(leaf)
            if not place.entries % EVERY:
                marks.append(place)
        try:
            _write(self._file, b"".join(records), self._place.offset)
        except OSError:
            self._cut()
            raise
        try:
            os.fdatasync(self._file)
            _write(self._head, _slot(self._commits + 1, place), _SLOTS_AT[(self._commits + 1) % 2])
            os.fdatasync(self._head)
        except OSError as error:  # which of it will be there after a power cut nobody can say
            self._broken = True
            raise Broken(
                error.errno, f"{self._folder}: the disk failed in a sync: {error.strerror}"
            ) from error
        self._commits, self._place = self._commits + 1, place
        self._marks.extend(marks)
        return first

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Entries, read from the disk and checked. Raises Unfit."""
        if not 0 <= start <= end <= self.entries:
            raise ValueError(f"there are no entries {start} to {end} among {self.entries}")
        mark = self._marks[start // EVERY]
        for place, leaf in read_entries(self._folder / "journal", self._file, mark, end):
            if place.entries > start:
                yield leaf

    def close(self) -> None:
        os.close(self._file)
        os.close(self._head)

    def _cut(self) -> None:
        """Take away what a failed write left; if even that fails, opening it will."""
        try:
            os.ftruncate(self._file, self._place.offset)
        except OSError:
            self._broken = True

    def _take_in(self, places: Sequence[Place], each: Callable[[int, bytes], None]) -> None:
        path = self._folder / "journal"
        held = os.fstat(self._file).st_size
        if os.pread(self._file, len(MAGIC), 0) != MAGIC:
            raise Unfit(path, "does not begin as a journal does", _RESTORE)
        kept = places[-1]
        if held < kept.offset:
            words = f"has {held} bytes, and {kept.offset} were acknowledged: cut, or an older copy"
            raise Unfit(path, words, _RESTORE)
        at = {place.entries: place for place in places}
        for place, leaf in read_entries(path, self._file, START, kept.entries):
            if place.entries in at and at[place.entries] != place:
                raise Unfit(
                    path, f"is not the journal that head speaks of, at entry {place.entries}", _RESTORE
                )
            if not place.entries % EVERY:
                self._marks.append(place)
            each(place.entries - 1, leaf)
        if held == kept.offset:
            return
        beyond = list(_whole(self._file, kept))
        os.ftruncate(self._file, kept.offset)
        os.fsync(self._file)
        for start in range(0, len(beyond), EVERY):
            some = beyond[start : start + EVERY]
            for index, leaf in enumerate(some, self.append(some)):
                each(index, leaf)


def read_entries(path: Path, file: int, start: Place, end: int) -> Iterator[tuple[Place, bytes]]:
    """Entries from `start` up to the one before `end`, each with the place after it. Raises Unfit."""
    place, at, buffer = start, start.offset, b""
    offset = 0
    while place.entries < end:
        while len(buffer) - offset < _RECORD.size or len(buffer) - offset < _RECORD.size + _size(
            buffer, offset
        ):
            more = os.pread(file, _READ_BYTES, at)
            if not more:
                raise Unfit(path, f"ends within entry {place.entries}", _RESTORE)
            buffer, offset, at = buffer[offset:] + more, 0, at + len(more)
        size, index, chain = _RECORD.unpack_from(buffer, offset)
        offset += _RECORD.size
        leaf = buffer[offset : offset + size]
        offset += size
        if size > MAX_LEAF_BYTES or index != place.entries or chain != _next(place, leaf):
            raise Unfit(path, f"is damaged at entry {place.entries} (byte {place.offset})", _RESTORE)
        place = Place(index + 1, place.offset + _RECORD.size + size, chain)
        yield place, leaf


def _size(buffer: bytes, offset: int) -> int:
    """Of the leaf whose record begins there; a damaged one asks for no more than there may be."""
    return min(int.from_bytes(buffer[offset : offset + 4], "big"), MAX_LEAF_BYTES)


def _whole(file: int, place: Place) -> Iterator[bytes]:
    """Entries beyond the head that are whole, up to the first that is not."""
    while (leaf := record_at(file, place)) is not None:
        yield leaf
        place = place.after(leaf)


def record_at(file: int, place: Place) -> bytes | None:
    """The entry at a place, or None when there is none that follows from the entries before it."""
    held = os.pread(file, _RECORD.size, place.offset)
    if len(held) < _RECORD.size:
        return None
    size, index, chain = _RECORD.unpack(held)
    if index != place.entries or size > MAX_LEAF_BYTES:
        return None
    leaf = os.pread(file, size, place.offset + _RECORD.size)
    return leaf if len(leaf) == size and chain == _next(place, leaf) else None


def record_of(place: Place, leaf: bytes) -> bytes:
    """The bytes of an entry that stands at a place."""
    if len(leaf) > MAX_LEAF_BYTES:
        raise ValueError(f"an entry of {len(leaf)} bytes; {MAX_LEAF_BYTES} are the most")
    return _RECORD.pack(len(leaf), place.entries, _next(place, leaf)) + leaf


def _next(place: Place, leaf: bytes) -> bytes:
    return sha256(place.chain + _LINK.pack(len(leaf), place.entries) + leaf).digest()


def _slot(commits: int, place: Place) -> bytes:
    held = _SLOT.pack(commits, *place)
    return held + sha256(MAGIC + held).digest()[:_CHECK_BYTES]


def head_of(place: Place) -> bytes:
    """A head that says that all up to here is acknowledged, and nothing before."""
    slot = _slot(0, place)
    return slot + bytes(_HEAD_BYTES - len(slot))


def read_head(path: Path) -> tuple[int, list[Place]]:
    """How many commits there were, and the places after the last two of them. Raises Unfit and OSError."""
    held = path.read_bytes()
    if len(held) != _HEAD_BYTES:
        raise Unfit(path, f"has {len(held)} bytes instead of {_HEAD_BYTES}", _RESTORE)
    found: dict[int, Place] = {}
    for turn, at in enumerate(_SLOTS_AT):
        slot, rest = held[at : at + _SLOT_BYTES], held[at + _SLOT_BYTES : at + 4096]
        commits, *place = _SLOT.unpack(slot[: _SLOT.size])
        never = turn == 1 and not any(slot)  # nothing was ever appended
        if any(rest) or (not never and (slot != _slot(commits, Place(*place)) or commits % 2 != turn)):
            raise Unfit(path, f"is damaged in its slot {turn}", _RESTORE)
        if not never:
            found[commits] = Place(*place)
    last = max(found)
    if last and last - 1 not in found:
        raise Unfit(path, "holds two slots that did not follow each other", _RESTORE)
    return last, [found[commits] for commits in sorted(found)]


def _write(file: int, data: bytes, at: int) -> None:
    """All of it, there."""
    left = memoryview(data)
    while left:
        written = os.pwrite(file, left, at)
        left, at = left[written:], at + written
