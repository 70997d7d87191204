"""Disclosure files, checked from the files alone: does every field that is opened hash to its commitment?

Beside the public log's own verification, which must have held before: the leaves are believed here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from backend.model.disclosure import BUNDLE, Disclosures, Listed
from backend.model.uses import committed, read_leaf
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.faults import Malformed
from backend.tlog.folder import Folder
from backend.tlog.mirror import DISCLOSURES
from backend.tlog.notes import Verifier
from backend.tlog.tiles import ENTRIES, tile_with, unbundle
from backend.tlog.verify import RESTORE, Fault, read_checkpoint

MOST_BYTES = 16 << 20  # of one file; an entry has a dozen short fields
_NAME = re.compile(r"(0|[1-9][0-9]{0,15})\.json")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """How much is open: entries, and fields of them. `newer` ones came after the checkpoint that was read."""

    entries: int = 0
    fields: int = 0
    newer: int = 0


def check(folder: Path, checkpoint: Checkpoint, log: Verifier) -> Checked:
    """Every disclosure file of the log in this folder. Raises Fault, which names file, entry and field."""
    entries, fields, newer = 0, 0, 0
    for number, name in _files(folder):
        listed = _read(folder, number, name)
        inside = [each for each in listed if each.index < checkpoint.size]
        if len(inside) < len(listed):  # a service that runs may have published since
            _refuse_unpublished(folder, name, listed[-1].index, log)
            newer += len(listed) - len(inside)
        leaves = _leaves(folder, checkpoint.size, number) if inside else []
        for each in inside:
            _check_entry(name, each, leaves[each.index % BUNDLE])
            entries, fields = entries + 1, fields + len(each.fields)
    return Checked(entries=entries, fields=fields, newer=newer)


def fields_of(folder: Path, bundle: int) -> dict[int, dict[str, tuple[str, str]]]:
    """What is open of a bundle's entries, by index; nothing when there is no such file. Raises Fault."""
    name = f"{bundle}.json"
    if not (folder / DISCLOSURES / name).exists():
        return {}
    return {each.index: each.fields for each in _read(folder, bundle, name)}


def _files(folder: Path) -> Iterator[tuple[int, str]]:
    path = folder / DISCLOSURES
    if not path.exists():
        return
    if not path.is_dir():
        raise Fault(f"{DISCLOSURES} is no folder; {RESTORE}")
    found = []
    for each in path.iterdir():
        if each.name.startswith("."):  # half-written
            continue
        match = _NAME.fullmatch(each.name)
        if match is None or not each.is_file():
            raise Fault(f"{DISCLOSURES}/{each.name} is no disclosure file (0.json and so on); remove it")
        found.append((int(match[1]), each.name))
    yield from sorted(found)


def _read(folder: Path, number: int, name: str) -> list[Listed]:
    where = f"{DISCLOSURES}/{name}"
    try:
        path = folder / DISCLOSURES / name
        if path.stat().st_size > MOST_BYTES:
            raise Fault(f"{where} is too large to be one; {RESTORE}")
        raw = path.read_bytes()
        held = msgspec.json.decode(raw, type=Disclosures)
    except OSError as error:
        raise Fault(f"{where} cannot be read: {error.strerror}; {RESTORE}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Fault(f"{where} is not well formed: {error}; {RESTORE}") from None
    if held.v != 1 or held.first != number * BUNDLE:
        raise Fault(f"{where} says that it begins with entry {held.first}, version {held.v}; {RESTORE}")
    indexes = [each.index for each in held.entries]
    if indexes != sorted(set(indexes)):
        raise Fault(f"{where}: its entries are not in order, or one is there twice; {RESTORE}")
    for index in indexes:
        if index // BUNDLE != number:
            raise Fault(f"{where}: entry {index} does not belong there; {RESTORE}")
    # one spelling only: no space, no second name, no other order, so that a changed bit is never nothing
    fields_sorted = all(list(each.fields) == sorted(each.fields) and each.fields for each in held.entries)
    if not fields_sorted or msgspec.json.encode(held) != raw:
        raise Fault(f"{where} is not written as these files are; {RESTORE}")
    return held.entries


def _refuse_unpublished(folder: Path, name: str, last: int, log: Verifier) -> None:
    size = read_checkpoint(folder, log).checkpoint.size
    if last >= size:
        raise Fault(
            f"{DISCLOSURES}/{name}: entry {last} is disclosed, and the log has {size}; the checkpoint is an"
            " older one, or the file is another log's"
        )


def _leaves(folder: Path, size: int, bundle: int) -> list[bytes]:
    tile = tile_with(ENTRIES, bundle * BUNDLE, size)
    try:
        return unbundle(Folder(folder, size).tile(tile))
    except Malformed as fault:
        raise Fault(f"{fault}; {RESTORE}") from None


def _check_entry(name: str, listed: Listed, raw: bytes) -> None:
    where = f"{DISCLOSURES}/{name}: entry {listed.index}"
    try:
        leaf = read_leaf(raw)
    except ValueError:
        raise Fault(f"{where} has no commitments, so nothing of it can be disclosed; {RESTORE}") from None
    for field, (value, salt) in listed.fields.items():
        if field not in leaf.c:
            raise Fault(f"{where} has no field {field!r}; {RESTORE}")
        try:
            made = committed(field, value, salt)
        except ValueError:
            raise Fault(f"{where}, field {field}: its salt is not 16 bytes in base64; {RESTORE}") from None
        if made != leaf.c[field]:
            raise Fault(
                f"{where}, field {field}: {value[:80]!r} is not what was committed to when the entry was"
                f" written; {RESTORE}"
            )
