"""The log: one writer of one folder. Appends to the journal, and now and then signs what it amounts to.

`append` returns once the entries are on the disk. `publish` makes the tree grow in public: tiles first, then
the root derived again from everything that is stored, then the anchor, then the checkpoint; what fails leaves
the checkpoint before it. The same leaf appended again is the same entry. Knows no time of day.

An append and a publication may run at once, in two threads; two appends may not.
"""

import errno
import fcntl
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from backend.tlog import checkpoints, notes
from backend.tlog.anchor import Anchor
from backend.tlog.ballast import Ballast
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.config import BALLAST_BYTES
from backend.tlog.derive import Deriver, derive
from backend.tlog.faults import Malformed, Unfit, Unproven
from backend.tlog.folder import CHECKPOINT, Folder, drop_partials, make_private, write, write_all
from backend.tlog.journal import Broken, Journal
from backend.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash
from backend.tlog.notes import Note, Signature, Signer, Verifier
from backend.tlog.tiles import ENTRIES, HEIGHT, Tile, grown

_log = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_AT_ONCE = 65_536  # leaves in memory while tiles are written
_OLDER = (
    "an older copy of the log was put back, or its end was cut off. Find the newer files (the disk before, a "
    "backup of the whole folder). If they are gone for good, this log has ended: move the log folder and "
    "keys/log.key away, set SIGHTLINE_LOG_ORIGIN to a new name, start, and say publicly why"
)
_FORK = (
    "do not start it on this data: two versions of the log exist. Keep copies of both, find out who wrote "
    "the other, and restore the folder that leads to the anchor's root"
)


class NotAppended(Exception):
    """Nothing was written, and the text says why. The log is as it was."""


class Log:
    """Open it with `Log.open`; `close` lets go of the folder."""

    def __init__(
        self, folder: Path, signer: Signer, anchor: Anchor, ballast: Ballast, lock: int, deriver: Deriver
    ) -> None:
        self.folder, self.ballast = folder, ballast
        self._signer, self._anchor, self._lock, self._derive = signer, anchor, lock, deriver
        self._index: dict[bytes, int] = {}
        self._read = Frontier()  # of what the journal held when it was opened
        self._roots: dict[int, bytes] = {0: EMPTY_ROOT}  # at the sizes that were signed
        self._journal: Journal
        self._published: Checkpoint
        self._raw: bytes

    @classmethod
    def open(
        cls,
        folder: Path,
        signer: Signer,
        anchor: Anchor,
        *,
        ballast_bytes: int = BALLAST_BYTES,
        deriver: Deriver = derive,
    ) -> "Log":
        """The log in this folder, or a new one. Every file of it is read and compared with every other.

        Raises Unfit in words for an operator, and OSError when a disk fails.
        """
        make_private(folder)
        lock = locked(folder)
        log = cls(folder, signer, anchor, Ballast(folder / "ballast", ballast_bytes), lock, deriver)
        try:
            log._take_up()
        except BaseException:
            log.close()
            raise
        return log

    @property
    def verifier(self) -> Verifier:
        """What checkpoints are verified with."""
        return self._signer.verifier

    @property
    def entries(self) -> int:
        """How many are on the disk, published or not."""
        return self._journal.entries

    @property
    def published(self) -> Checkpoint:
        return self._published

    @property
    def checkpoint(self) -> bytes:
        """The published checkpoint, with the cosignatures that there are."""
        return self._raw

    def append(self, leaves: Sequence[bytes]) -> list[int]:
        """Their indexes, once all of them are on the disk. A leaf that is there already keeps its index.

        Raises NotAppended, after which the next try may succeed, and Broken, after which none does.
        """
        hashes = [leaf_hash(leaf) for leaf in leaves]
        new = {h: leaf for h, leaf in zip(hashes, leaves, strict=True) if h not in self._index}
        if new:
            first = self._write(list(new.values()))
            self._index.update(zip(new, range(first, first + len(new)), strict=True))
        return [self._index[hashed] for hashed in hashes]

    def find(self, leaf: bytes) -> int | None:
        """Where this leaf is, if it is."""
        return self._index.get(leaf_hash(leaf))

    def publish(self) -> Checkpoint:
        """Let the tree grow to what was appended so far, and sign it. Raises Unfit and OSError."""
        size = self.entries
        self.prepare(size)
        return self.sign(size, self._derive(self.folder, size, [self._published.size]))

    def prepare(self, size: int) -> None:
        """Write the tiles of a tree of this size. Raises Unfit and OSError."""
        at = self._published.size
        while at < size:
            until = min(size, (at // _AT_ONCE + 1) * _AT_ONCE)
            leaves = list(self._journal.read(at, until))
            try:
                files = grown(Folder(self.folder, at).tile, at, leaves)
                write_all(
                    self.folder, [(tile.path, data) for tile, data in files if not self._has(tile, data)]
                )
            except Malformed as fault:
                raise Unfit(
                    self.folder, f"holds a tile that is damaged: {fault}", "see `sightline audit mend`"
                ) from None
            at = until

    def sign(self, size: int, roots: dict[int, bytes]) -> Checkpoint:
        """Sign and publish what was derived for a tree of this size. Raises Unfit and OSError.

        `roots` must also have the root at the size that was published before, and it must be that one.
        """
        before = self._published
        if roots[before.size] != before.root:
            raise Unfit(
                self.folder / CHECKPOINT,
                f"is not of these entries: their root at {before.size} is another",
                _FORK,
            )
        checkpoint = Checkpoint(origin=self._signer.verifier.name, size=size, root=roots[size])
        if checkpoint.text != before.text:
            self._issue(checkpoint, checkpoints.sign(checkpoint, self._signer))
        else:  # published again: when it appears tells nobody whether something happened
            self._issue(checkpoint, self._raw)
        self._tidy(before.size)
        return checkpoint

    def cosign(self, checkpoint: Checkpoint, signatures: Iterable[Signature]) -> None:
        """Add what witnesses answered, in the place of what they answered before. Raises OSError."""
        given = {(each.name, each.key_id): each for each in signatures}
        if not given or checkpoint.text != self._published.text:
            return
        note = notes.parse(self._raw)
        kept = [each for each in note.signatures if (each.name, each.key_id) not in given]
        raw = Note(note.text, (*kept, *given.values())).to_bytes()
        write(self.folder / CHECKPOINT, raw)
        self._raw = raw

    def close(self) -> None:
        journal = getattr(self, "_journal", None)
        if journal is not None:
            journal.close()
        os.close(self._lock)

    def _write(self, leaves: Sequence[bytes]) -> int:
        try:
            return self._journal.append(leaves)
        except Broken as error:
            if error.errno in _FULL:
                self.ballast.free()  # for the next process
            raise
        except OSError as error:
            if error.errno not in _FULL:
                raise NotAppended(f"the log's disk failed: {error.strerror}") from error
        if self.ballast.free():
            _log.error("%s: the disk is full, and the ballast is let go: make room now", self.folder)
            try:
                return self._journal.append(leaves)
            except Broken:
                raise
            except OSError as error:
                if error.errno not in _FULL:
                    raise NotAppended(f"the log's disk failed: {error.strerror}") from error
        raise NotAppended("the log's disk is full: make room, and it goes on by itself")

    def _tidy(self, before: int) -> None:
        """Remove the partial tiles that were filled since: whoever asks for them takes the full one."""
        level = ENTRIES
        while before >> HEIGHT * max(level, 0):
            tile = Tile(level, before >> HEIGHT * (max(level, 0) + 1))
            drop_partials(self.folder, tile)
            level += 1

    def _has(self, tile: Tile, data: bytes) -> bool:
        """Whether it is there already, from before a crash."""
        try:
            return (self.folder / tile.path).read_bytes() == data
        except FileNotFoundError:
            return False

    def _issue(self, checkpoint: Checkpoint, raw: bytes) -> None:
        """The anchor first: it is never behind what was published."""
        self._anchor.keep(raw)
        write(self.folder / CHECKPOINT, raw)
        self._published, self._raw = checkpoint, raw

    def _take_up(self) -> None:
        self.ballast.make()
        anchored, found = self._anchor.read(), self._read_checkpoint()
        self._roots |= {signed.size: EMPTY_ROOT for signed in (anchored, found and found[0]) if signed}
        if not (self.folder / "journal").exists():
            self._begin(anchored, found)
        else:
            self._journal = Journal.load(self.folder, self._learn)
        if anchored is None:
            if self.entries or found is not None:
                raise self._anchor.missing()
            self._published = Checkpoint(origin=self._signer.verifier.name, size=0, root=EMPTY_ROOT)
            self._issue(self._published, checkpoints.sign(self._published, self._signer))
            return
        self._compare(anchored, found[0] if found else None)
        if found is not None and found[0].size == anchored.size:
            self._published, self._raw = found
            return
        raw = self._anchor.raw()  # signed, and the process ended before it was published
        assert raw is not None
        self._published = found[0] if found else Checkpoint(origin=anchored.origin, size=0, root=EMPTY_ROOT)
        self.prepare(anchored.size)
        self._derive(self.folder, anchored.size, ())
        self._issue(anchored, raw)

    def _begin(self, anchored: Checkpoint | None, found: object) -> None:
        """A new log, where nothing says that there was one."""
        path = self.folder / "journal"
        if anchored is not None and anchored.size:
            raise Unfit(path, f"is missing, and the anchor says that it has {anchored.size} entries", _OLDER)
        if found is not None or (self.folder / "tile").exists():
            raise Unfit(path, "is missing, and a checkpoint or tiles are there", _OLDER)
        self._journal = Journal.make(self.folder)

    def _compare(self, anchored: Checkpoint, found: Checkpoint | None) -> None:
        """What was signed, here and at the anchor, with what is stored."""
        if anchored.size > self.entries:
            words = f"holds {self.entries} entries, and the anchor {self._anchor.path} says {anchored.size}"
            raise Unfit(self.folder / "journal", words, _OLDER)
        if found is not None and found.size > anchored.size:
            raise Unfit(
                self._anchor.path,
                f"says {anchored.size} entries, and the published checkpoint {found.size}: an older one was "
                "put there, or another log's",
                f"if nobody put older files there, copy {self.folder / CHECKPOINT} over it",
            )
        signed = [(self._anchor.path, anchored)]
        if found is not None:
            signed.append((self.folder / CHECKPOINT, found))
        for path, checkpoint in signed:
            if self._roots[checkpoint.size] != checkpoint.root:
                words = f"has another root for {checkpoint.size} entries than those stored have: a fork"
                raise Unfit(path, words, _FORK)
        if found is not None:
            self._derive(self.folder, found.size, ())  # and every tile of it

    def _read_checkpoint(self) -> tuple[Checkpoint, bytes] | None:
        path = self.folder / CHECKPOINT
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return checkpoints.read(raw, self._signer.verifier).checkpoint, raw
        except (Malformed, Unproven) as fault:
            raise Unfit(
                path,
                f"is damaged, or not this log's: {fault}",
                f"put it back from a mirror, or copy {self._anchor.path} over it",
            ) from None

    def _learn(self, index: int, leaf: bytes) -> None:
        hashed = leaf_hash(leaf)
        self._index[hashed] = index
        self._read.append_hash(hashed)
        if self._read.size in self._roots:
            self._roots[self._read.size] = self._read.root()


def locked(folder: Path) -> int:
    """The folder is this process's until the descriptor is closed. Raises Unfit."""
    path = folder / "lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise Unfit(
            path,
            f"is held by another process (pid {holder or 'unknown'}), which writes this log",
            "let one service run in this folder; it ends with the service that started it",
        ) from None
    except OSError:
        os.close(lock)
        raise
    return lock
