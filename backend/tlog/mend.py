"""Mending: damaged files of a log written again from those that are whole, if that can be shown to be right.

An entry lies in the journal and, once published, in a bundle too; each shows whether the other was hurt. What
is written must lead to the anchor's root and to the journal's acknowledged end, or nothing is written at all.
Takes nobody's word: no file is believed because it is there. Run while the service is stopped.
"""

import os
from pathlib import Path

from backend.tlog import checkpoints
from backend.tlog.anchor import Anchor
from backend.tlog.faults import Malformed, Unfit, Unproven
from backend.tlog.folder import CHECKPOINT, Folder, write, write_all
from backend.tlog.journal import MAGIC, START, Place, head_of, read_head, record_at, record_of
from backend.tlog.merkle import Frontier
from backend.tlog.notes import Verifier
from backend.tlog.tiles import grown, tiles_of

_AT_ONCE = 65_536
_ASK = "restore the whole log folder from its newest copy, and mend that"


def mend(folder: Path, verifier: Verifier, anchor: Anchor) -> list[str]:
    """What was written again, in words; empty when nothing was wrong. The folder must be locked.

    Raises Unfit when it cannot be shown to be right; nothing was changed then but tiles, which are derived.
    """
    anchored = anchor.read()
    if anchored is None:
        raise anchor.missing()
    done: list[str] = []
    records, end = _collect(folder, anchored.size)
    known = _known_head(folder)
    if end.entries < anchored.size or (known is not None and end.entries < known.entries):
        words = f"cannot be mended from entry {end.entries} on: neither journal nor bundles have it whole"
        raise Unfit(folder / "journal", words, _ASK)
    frontier = Frontier()
    leaves = [leaf for leaf, _ in records]
    for leaf in leaves[: anchored.size]:
        frontier.append(leaf)
    if frontier.root() != anchored.root:
        raise Unfit(folder / "journal", "and bundles have another root than the anchor: a fork", _ASK)
    if known is not None and known != START and records[known.entries - 1][1] != known:
        raise Unfit(folder / "journal", "is not the one that head speaks of", _ASK)

    whole = MAGIC + b"".join(record_of(before, leaf) for leaf, before in _with_before(records))
    path = folder / "journal"
    if not path.exists() or path.read_bytes()[: end.offset] != whole:
        if path.exists():
            path.replace(folder / "journal.damaged")
        write(path, whole)
        path.chmod(0o600)
        done.append("journal, from its own entries and the bundles; the damaged one is journal.damaged")
    if known is None:
        write(folder / "head", head_of(end))
        (folder / "head").chmod(0o600)
        done.append(f"head: {end.entries} entries, as the journal has them")
    done.extend(_tiles(folder, leaves[: anchored.size]))
    if not _is_checkpoint(folder / CHECKPOINT, verifier):
        raw = anchor.raw()
        assert raw is not None
        write(folder / CHECKPOINT, raw)
        done.append("checkpoint, from the anchor")
    return done


def _collect(folder: Path, published: int) -> tuple[list[tuple[bytes, Place]], Place]:
    """Each entry with the place after it: from the journal where it holds, else from its bundle."""
    found: list[tuple[bytes, Place]] = []
    place, bundles = START, Folder(folder, published)
    try:
        file = os.open(folder / "journal", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        file = -1
    try:
        while True:
            held = record_at(file, place) if file >= 0 else None
            if held is None and place.entries < published:
                try:
                    held = bundles.leaf(place.entries)
                except Malformed:
                    held = None
            if held is None:
                return found, place
            place = place.after(held)
            found.append((held, place))
    finally:
        if file >= 0:
            os.close(file)


def _with_before(records: list[tuple[bytes, Place]]) -> list[tuple[bytes, Place]]:
    befores = [START, *(place for _, place in records[:-1])]
    return [(leaf, before) for (leaf, _), before in zip(records, befores, strict=bool(records))]


def _known_head(folder: Path) -> Place | None:
    """What is acknowledged, when head is whole."""
    try:
        return read_head(folder / "head")[1][-1]
    except (Unfit, OSError):
        return None


def _tiles(folder: Path, leaves: list[bytes]) -> list[str]:
    """Write those that are missing or hurt, and remove what is none."""
    done, size = [], len(leaves)
    wanted = {tile.path for tile in tiles_of(size)}
    for path in sorted((folder / "tile").rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in wanted and not path.name.startswith("."):
            path.unlink()  # of a tree that was never signed, or of one before
    for start in range(0, size, _AT_ONCE):
        some = leaves[start : start + _AT_ONCE]
        files = []
        for tile, data in grown(Folder(folder, start).tile, start, some):
            path = folder / tile.path
            if not path.exists() or path.read_bytes() != data:
                files.append((tile.path, data))
                done.append(tile.path)
        write_all(folder, files)
    return done


def _is_checkpoint(path: Path, verifier: Verifier) -> bool:
    try:
        checkpoints.read(path.read_bytes(), verifier)
    except (Malformed, Unproven, OSError):
        return False
    return True
