"""A static mirror: the log's public files, copied to where any web server can hold them.

Tiles before the checkpoint, so that whoever reads it finds all that it promises; only what is new is
copied; and nothing is published that does not hold, or that takes back what the mirror said before.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from backend.tlog import checkpoints, folder
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.folder import CHECKPOINT, Folder
from backend.tlog.notes import Verifier
from backend.tlog.tiles import ENTRIES, HEIGHT, WIDTH, Tile
from backend.tlog.verify import Fault, check_growth, check_tree, read_checkpoint

DISCLOSURES = "disclosures"  # opened fields, a file for each bundle; beside the log, and not a part of it


class Mirrored(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: the mirror's size before and now, and how many files were copied."""

    before: int
    size: int
    copied: int


def mirror(source: Path, target: Path, log: Verifier) -> Mirrored:
    """Bring a mirror up to date. Raises Fault, and then the mirror's checkpoint is the one it had.

    The mirror's own files are verified up to the new checkpoint, those that were full before apart.
    """
    held = _held(target, log)
    opened = _set_aside(source, target)  # before the checkpoint is read, so that it covers what they open
    signed = read_checkpoint(source, log)
    size, before = signed.checkpoint.size, 0
    if held is not None:
        before = held.checkpoint.size
        check_growth(source, held.checkpoint, signed.checkpoint)
    new = list(_missing(target, before, size))
    folder.write_all(target, _read(source, new, size))
    check_tree(target, signed.checkpoint, since=before)
    if held is None or held.raw != signed.raw:  # the same tree may have more cosignatures
        folder.write(target / CHECKPOINT, signed.raw)
    for tile in new:
        if tile.width == WIDTH:
            folder.drop_partials(target, tile)
    return Mirrored(before=before, size=size, copied=len(new) + _put_in_place(target, *opened))


def _held(target: Path, log: Verifier) -> checkpoints.Signed | None:
    path = target / CHECKPOINT
    if not path.exists():
        if (
            target.is_dir()
            and any(target.iterdir())
            and not any((target / ours).is_dir() for ours in ("tile", DISCLOSURES))
        ):
            raise Fault(f"{target} is no mirror and not empty; name an empty folder")
        return None
    try:
        return checkpoints.read(path.read_bytes(), log)
    except (Malformed, Unproven) as fault:
        raise Fault(f"the mirror's checkpoint in {target}: {fault}. begin anew in an empty folder") from None


def _missing(target: Path, before: int, size: int) -> Iterator[Tile]:
    """The tiles that a tree of `size` has, one of `before` had not, and an interrupted run did not copy."""
    for level in range(ENTRIES, HEIGHT):
        had, has = (each >> HEIGHT * max(level, 0) for each in (before, size))
        for number in range(had // WIDTH, -(-has // WIDTH)):
            tile = Tile(level, number, min(WIDTH, has - number * WIDTH))
            if not (target / tile.path).exists():
                yield tile


def _read(source: Path, tiles: list[Tile], size: int) -> Iterator[tuple[str, bytes]]:
    stored = Folder(source, size)
    for tile in tiles:
        try:
            yield tile.path, stored.tile(tile)
        except Malformed as fault:
            raise Fault(f"{source}: {fault}; `sightline audit verify` says more") from None


def _set_aside(source: Path, target: Path) -> tuple[set[str], list[str]]:
    """Copy the opened fields that changed, beside the mirror's. Says which there are and which changed."""
    have, changed = set[str](), list[str]()
    for name in sorted(each.name for each in _files(source / DISCLOSURES)):
        there = target / DISCLOSURES / name
        try:
            data = (source / DISCLOSURES / name).read_bytes()
        except FileNotFoundError:
            continue  # taken back a moment ago
        have.add(name)
        if not there.exists() or there.read_bytes() != data:
            folder.write_all(target, [(f"{DISCLOSURES}/{_aside(name)}", data)])
            changed.append(name)
    return have, changed


def _put_in_place(target: Path, have: set[str], changed: list[str]) -> int:
    """Opened fields may also be taken back: what the log's folder no longer has is removed here too."""
    path = target / DISCLOSURES
    for name in changed:
        (path / _aside(name)).replace(path / name)
    gone = [each for each in _files(path) if each.name not in have]
    for each in gone:
        each.unlink()
    if changed or gone:
        folder.sync_folder(path)
    return len(changed) + len(gone)


def _aside(name: str) -> str:
    return f".{name}.copied"


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return [each for each in path.iterdir() if each.is_file() and not each.name.startswith(".")]
