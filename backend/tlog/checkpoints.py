"""Checkpoints, https://c2sp.org/tlog-checkpoint: the tree's size and root, in a note that the log signed."""

from collections.abc import Iterable

import msgspec

from backend.tlog import notes
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.merkle import HASH_BYTES
from backend.tlog.notes import Note, Opened, Signer, Verifier

MAX_SIZE = (1 << 63) - 1


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says: which log, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()  # lines without their newline; we write none

    @property
    def text(self) -> str:
        """The note text that is signed."""
        lines = [self.origin, str(self.size), notes.encode(self.root), *self.extensions]
        return "".join([line + "\n" for line in lines])


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint whose log's signature holds."""

    checkpoint: Checkpoint
    raw: bytes  # as it was published
    cosigned_by: tuple[str, ...] = ()  # witnesses that were named, whose signatures hold
    unknown: tuple[str, ...] = ()  # who else signed: not checked, worth nothing


def parse_text(text: str) -> Checkpoint:
    """Read a checkpoint's note text. Raises Malformed."""
    if not text.endswith("\n"):
        raise Malformed("the checkpoint's last line does not end")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise Malformed("a checkpoint is at least three lines, none of them empty")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit()) or (size[0] == "0" and size != "0") or len(size) > 19:
        raise Malformed(f"the checkpoint's size is not a number: {size[:30]}")
    if int(size) > MAX_SIZE:
        raise Malformed(f"the checkpoint's size is too large: {size}")
    hashed = notes.decode(root, "the checkpoint's root")
    if len(hashed) != HASH_BYTES:
        raise Malformed(f"the checkpoint's root is {len(hashed)} bytes, not {HASH_BYTES}")
    return Checkpoint(origin=origin, size=int(size), root=hashed, extensions=tuple(lines[3:]))


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The checkpoint as a note that its log signed."""
    return notes.sign(checkpoint.text, [signer])


def cosign(raw: bytes, signatures: Iterable[notes.Signature]) -> bytes:
    """The note with more signatures under it; one that is there already is not added again."""
    note = notes.parse(raw)
    more = [each for each in dict.fromkeys(signatures) if each not in note.signatures]
    return Note(note.text, (*note.signatures, *more)).to_bytes()


def read(raw: bytes, log: Verifier, witnesses: Iterable[Verifier] = ()) -> Signed:
    """Read a checkpoint that must be by this log; its origin is the key's name.

    Raises Malformed, and Unproven when the log did not sign it, when it is another log's, or when a named
    witness's signature does not hold. A witness that did not sign is no fault: see `cosigned_by`.
    """
    witnesses = tuple(witnesses)
    opened = notes.open_note(raw, [log, *witnesses])
    checkpoint = parse_text(opened.text)
    if not any(log.made(each) for each in opened.verified):
        raise Unproven(f"the log {log.name} did not sign it")
    if checkpoint.origin != log.name:
        raise Unproven(f"it is a checkpoint of {checkpoint.origin}, not of {log.name}")
    return Signed(
        checkpoint=checkpoint,
        raw=raw,
        cosigned_by=_cosigners(opened, witnesses),
        unknown=tuple([each.name for each in opened.unknown]),
    )


def _cosigners(opened: Opened, witnesses: Iterable[Verifier]) -> tuple[str, ...]:
    return tuple([each.name for each in witnesses if any(each.made(signed) for signed in opened.verified)])
