"""`sightline audit receipt FILE --key KEY`: does a receipt hold, and what does it say? Offline.

It needs the file and the log's public key, and nothing of a service: no network, no database, no settings.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from backend.config import Config
from backend.model import receipts, telling
from backend.model.receipts import (
    FILE,
    MOST_FILE_BYTES,
    VERSION,
    Opened,
    ProvedLeaf,
    ReceiptFile,
    Told,
)
from backend.model.uses import LeafKind, committed, read_leaf
from backend.public_log import key_of, verifier
from backend.tlog import notes, proofs
from backend.tlog.checkpoints import Signed
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.notes import Verifier


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What holds of a receipt. `waiting` entries have no proof yet."""

    uses: dict[str, list[Opened]]
    indexes: tuple[int, ...]
    waiting: int
    signed: Signed | None  # the largest checkpoint


def receipt(options: argparse.Namespace, config: Config) -> int:
    """Say what the receipt proves; 1 when something of it does not hold, or is not proved yet."""
    log = key_of(options, config)
    witnesses = [verifier(text) for text in options.witness]
    try:
        checked = check(read(Path(options.file)), log, witnesses, quorum=len(witnesses))
    except OSError as error:
        print(f"{options.file} cannot be read: {error.strerror}", file=sys.stderr)
        return 1
    except (Malformed, Unproven) as fault:
        print(f"receipt DOES NOT HOLD: {fault}", file=sys.stderr)
        return 1
    for leaves in checked.uses.values():
        for line in words(leaves):
            print(line)
        print()
    if checked.waiting or checked.signed is None:
        print(
            f"NOT PROVED YET: {checked.waiting} of its entries are not in the published log. "
            "Save it again in some minutes.",
            file=sys.stderr,
        )
        return 1
    size = checked.signed.checkpoint.size
    places = ", ".join(map(str, checked.indexes))
    print(f"proved: entries {places} of the {size} in the log {log.name}")
    for name in checked.signed.cosigned_by:
        print(f"witnessed by {name}")
    print("receipt holds")
    return 0


def read(path: Path) -> ReceiptFile:
    """Take the file apart without believing any of it. Raises Malformed and OSError."""
    with path.open("rb") as file:
        data = file.read(MOST_FILE_BYTES + 1)
    if len(data) > MOST_FILE_BYTES:
        raise Malformed(f"a receipt of more than {MOST_FILE_BYTES} bytes")
    try:
        held = msgspec.json.decode(data, type=ReceiptFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"this is no receipt: {error}") from None
    if (held.v, held.type) != (VERSION, FILE):
        raise Malformed(f"this is not a {FILE} of version {VERSION}")
    if not held.entries:
        raise Malformed("the receipt has no entries")
    return held


def check(
    held: ReceiptFile, log: Verifier, witnesses: Sequence[Verifier] = (), *, quorum: int = 0
) -> Checked:
    """Every entry's place in the log and every field's commitment. Raises Malformed and Unproven."""
    found: dict[int, tuple[str, Opened]] = {}
    unplaced: list[tuple[str, Opened]] = []
    last: Signed | None = None
    for number, entry in enumerate(held.entries):
        leaf = notes.decode(entry.leaf, f"entry {number} of the receipt")
        opened = _opened(leaf, entry, number)
        use = opened.fields.get("use")
        if use is None:
            raise Unproven(f"entry {number} of the receipt does not say which use it is of")
        if entry.proof is None:
            unplaced.append((use, opened))
            continue
        proof = proofs.parse(entry.proof.encode())
        signed = proofs.check(proof, leaf, log, witnesses, quorum=quorum)
        if proof.index in found:
            raise Unproven(f"the receipt has entry {proof.index} twice")
        found[proof.index] = (use, opened)
        if last is None or signed.checkpoint.size > last.checkpoint.size:
            last = signed
    uses: dict[str, list[Opened]] = {}
    for use, opened in [*(found[index] for index in sorted(found)), *unplaced]:
        uses.setdefault(use, []).append(opened)
    _check_whole(held, uses)
    return Checked(uses=uses, indexes=tuple(sorted(found)), waiting=len(unplaced), signed=last)


def _opened(leaf: bytes, entry: ProvedLeaf, number: int) -> Opened:
    try:
        said = read_leaf(leaf)
    except ValueError as error:
        raise Malformed(f"entry {number} of the receipt is no leaf of ours: {error}") from None
    for name, (value, salt) in entry.fields.items():
        try:
            made = committed(name, value, salt)
        except ValueError as error:
            raise Malformed(f"the salt of {name}: {error}") from None
        if said.c.get(name) != made:
            raise Unproven(f"entry {number} of the receipt: the log does not say that {name} is {value!r}")
    fields = {name: value for name, (value, _) in entry.fields.items()}
    return Opened(kind=said.type, fields=fields, closed=frozenset(said.c.keys() - fields.keys()))


def _check_whole(held: ReceiptFile, uses: dict[str, list[Opened]]) -> None:
    if held.to == "owner" and len(uses) != 1:
        raise Unproven("an owner's receipt is of one use, and this one is of several")
    for leaves in uses.values():
        kinds = [leaf.kind for leaf in leaves]
        if held.to == "caller" and set(kinds) == {LeafKind.LOOK}:
            continue  # of a photo that was sent: looked at, and never opened
        if kinds[0] != LeafKind.OPEN or LeafKind.OPEN in kinds[1:]:
            raise Unproven("a use begins with being opened, once; this one does not")


def words(leaves: Sequence[Opened]) -> list[str]:
    """A use in words, a line each."""
    told = receipts.tell(leaves)
    if all(leaf.kind == LeafKind.LOOK for leaf in leaves):
        return [f"use {leaves[0].fields.get('use')}", *(line for leaf in leaves for line in _stated(leaf))]
    lines = [f"use {told.use}", f"  opened     {_opening(told)}"]
    if told.source == "camera":
        lines.append(f"  level      {told.level}")
    if told.over:
        until = told.ended_at.isoformat(" ") if told.ended_at is not None else "at a time not said"
        why = telling.said(telling.ENDS, told.outcome)
        lines.append(f"  ended      {until}, {why}")
    else:
        lines.append("  ended      not yet, by these entries")
    lines.append(f"  watched    {telling.lasting(told.seconds)}, {telling.much(told.bytes)} sent")
    lines.append(f"  kept       {_kept(told)}")
    for leaf in leaves:
        lines += _stated(leaf)
    closed = sorted(told.closed)
    if closed:
        lines.append(f"  not shown  {', '.join(closed)}")
    return lines


def _opening(told: Told) -> str:
    when = told.opened_at.isoformat(" ") if told.opened_at is not None else f"in the hour {told.hour}"
    by = telling.said(telling.ROLES, told.role) if told.role is not None else "somebody (not shown)"
    why = telling.said(telling.REASONS, told.reason)
    return f"{when} by {by}, {why}; the emergency: {told.category or 'not said'}"


def _kept(told: Told) -> str:
    if told.stills is None or told.recorded is None:
        return "not said"
    stills = "no still" if told.stills == 0 else f"{told.stills} stills"
    return f"{stills}, {'a recording' if told.recorded else 'not recorded'}"


def _stated(leaf: Opened) -> list[str]:
    held = leaf.fields
    match leaf.kind:
        case LeafKind.SEAL:
            return [f"  sealed     by a {held.get('by')}: {held.get('why')}, until {held.get('until')}"]
        case LeafKind.UNSEAL:
            return [f"  unsealed   by a {held.get('by')}"]
        case LeafKind.ERASE:
            return [f"  erased     {held.get('what')}, by a {held.get('by')}: {held.get('why')}"]
        case LeafKind.CONTEST:
            return [f"  contested  by the {held.get('by')}: {telling.said(telling.WHYS, held.get('why'))}"]
        case LeafKind.LOOK:
            return [f"  looked at  what is kept, by {telling.said(telling.ROLES, held.get('by'))}"]
        case LeafKind.ANSWER:
            found = telling.said(telling.OUTCOMES, held.get("outcome"))
            return [f"  answered   by a {held.get('by')}: {found}. {held.get('words', '')}"]
    return []
