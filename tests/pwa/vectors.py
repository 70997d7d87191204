"""What the page's own check is tried against: `python -m tests.pwa.vectors > tests/pwa/log.vectors.json`.

Made by backend/tlog and backend/model/uses: roots of logs of many sizes, a signed checkpoint, and a leaf
whose fields are opened.
"""

import base64
import sys

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.model.uses import LeafKind, leaf, salted
from backend.tlog import checkpoints, merkle, notes
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.notes import Signer
from backend.tlog.tiles import Tile
from tests.tlog import trees

WITNESS = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(b"w" * 32), notes.COSIGNATURE)
SIZES = (*range(20), 255, 256, 257, 511, 512, 700, 65535, 65536, 65792, 66000)
NUMBERS = (0, 5, 999, 1000, 1234067)


def vectors() -> bytes:
    """As they stand in the file."""
    roots, frontier = {}, merkle.Frontier()
    for size in range(max(SIZES) + 1):
        if size in SIZES:
            roots[size] = base64.b64encode(frontier.root()).decode()
        frontier.append(trees.leaf(size))
    checkpoint = Checkpoint(origin=trees.ORIGIN, size=7, root=merkle.root_of(trees.leaves(0, 7)))
    raw = checkpoints.sign(checkpoint, trees.KEY)
    raw = checkpoints.cosign(raw, [WITNESS.sign(notes.parse(raw).text, time=1_790_000_000)])
    fields = {
        name: salted(value, bytes([at]) * 16)
        for at, (name, value) in enumerate((("category", "Break-in"), ("words", "Ñandú ✓ ع"), ("hour", "")))
    }
    made = {
        "key": trees.KEY.verifier.vkey,
        "checkpoint": raw.decode(),
        "paths": {number: Tile(0, number).path for number in NUMBERS},
        "partial": Tile(2, 1234067, 9).path,
        "roots": roots,
        "leaf": leaf(LeafKind.OPEN, fields).decode(),
        "opened": {name: [field.value, field.salt] for name, field in fields.items()},
    }
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(vectors())
