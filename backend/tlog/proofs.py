"""Proofs that check offline, https://c2sp.org/tlog-proof: an index, the path to the root, and a checkpoint.

Whoever holds the leaf, the log's key and this text needs nothing else: no network, and not this service.
"""

from collections.abc import Iterable

import msgspec

from backend.tlog import checkpoints, notes
from backend.tlog.checkpoints import Signed
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.merkle import HASH_BYTES, Nodes, includes, inclusion_proof, leaf_hash
from backend.tlog.notes import Verifier

MAX_PROOF_BYTES = 1_000_000
_FIRST = "c2sp.org/tlog-proof@v1"
_MAX_HASHES = 63


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That the leaf at `index` is in the tree of the checkpoint, from its sibling up to the root's child."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes  # the signed note, as it was published
    extra: bytes | None = None  # nobody vouches for it


def make(index: int, checkpoint: bytes, nodes: Nodes, extra: bytes | None = None) -> Proof:
    """The proof of one leaf at a published checkpoint. Raises ValueError when the tree has no such leaf."""
    size = checkpoints.parse_text(notes.parse(checkpoint).text).size
    hashes = inclusion_proof(index, size, nodes)
    return Proof(index=index, hashes=tuple(hashes), checkpoint=checkpoint, extra=extra)


def encode(proof: Proof) -> bytes:
    """The proof as text; a file of it is named `….tlog-proof`."""
    lines = [_FIRST]
    if proof.extra is not None:
        lines.append(f"extra {notes.encode(proof.extra)}")
    lines += [f"index {proof.index}", *map(notes.encode, proof.hashes), ""]
    return "".join([line + "\n" for line in lines]).encode() + proof.checkpoint


def parse(data: bytes) -> Proof:
    """Take a proof apart without believing any of it. Raises Malformed."""
    if len(data) > MAX_PROOF_BYTES:
        raise Malformed(f"a proof of more than {MAX_PROOF_BYTES} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        raise Malformed("the proof has no blank line before its checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise Malformed("the proof is not text") from None
    if first != _FIRST:
        raise Malformed(f"a proof begins with {_FIRST}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = notes.decode(lines.pop(0).removeprefix("extra "), "the proof's extra data")
    if not lines or not lines[0].startswith("index "):
        raise Malformed("the proof does not say which index it is of")
    number = lines.pop(0).removeprefix("index ")
    if not number.isdigit() or (number[0] == "0" and number != "0") or len(number) > 19:
        raise Malformed("the proof's index is not a number")
    if len(lines) > _MAX_HASHES:
        raise Malformed(f"a proof of more than {_MAX_HASHES} hashes")
    hashes = tuple([notes.decode(line, "a hash of the proof") for line in lines])
    if any(len(each) != HASH_BYTES for each in hashes):
        raise Malformed(f"a hash of the proof is not {HASH_BYTES} bytes")
    return Proof(index=int(number), hashes=hashes, checkpoint=checkpoint, extra=extra)


def check(
    proof: Proof, leaf: bytes, log: Verifier, witnesses: Iterable[Verifier] = (), *, quorum: int = 0
) -> Signed:
    """Is this leaf in the log with this key, seen by at least `quorum` of these witnesses?

    Returns the checkpoint under which it is. Raises Malformed and Unproven, which say what does not hold.
    """
    signed = checkpoints.read(proof.checkpoint, log, witnesses)
    seen = len(signed.cosigned_by)
    if seen < quorum:
        raise Unproven(f"{seen} of the named witnesses signed the checkpoint; {quorum} are asked for")
    size, root = signed.checkpoint.size, signed.checkpoint.root
    if proof.index >= size:
        raise Unproven(f"the checkpoint is of {size} entries, so it has no entry {proof.index}")
    if not includes(proof.index, size, leaf_hash(leaf), proof.hashes, root):
        raise Unproven(f"these bytes are not entry {proof.index} of the log")
    return signed
