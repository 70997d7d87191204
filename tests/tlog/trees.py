"""Logs for the tests: written by our own code, leaves that anybody can make again."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.tlog import checkpoints, folder, merkle, tiles
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.folder import Folder
from backend.tlog.notes import Signer

ORIGIN = "log.example.gov/sightline"
KEY = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def leaf(index: int) -> bytes:
    """The leaf at an index: of several lengths, none of them empty."""
    return f"entry {index} {'.' * (index % 7)}".encode()


def leaves(start: int, end: int) -> list[bytes]:
    return [leaf(index) for index in range(start, end)]


def grow(path: Path, size: int, more: list[bytes], signer: Signer = KEY) -> bytes:
    """Append to the log in this folder, and its new checkpoint."""
    stored = Folder(path, size)
    folder.write_all(
        path, ((tile.path, data) for tile, data in tiles.grown(stored.tile, size, more)), durable=False
    )
    return publish(path, size + len(more), signer)


def publish(path: Path, size: int, signer: Signer = KEY) -> bytes:
    """Sign the tree of this size that lies in the folder."""
    root = merkle.tree_root(size, Folder(path, size).node)
    raw = checkpoints.sign(Checkpoint(origin=signer.verifier.name, size=size, root=root), signer)
    folder.write_all(path, [(folder.CHECKPOINT, raw)], durable=False)
    return raw


def make(path: Path, *sizes: int) -> bytes:
    """A log that had a checkpoint at each of these sizes."""
    raw, before = b"", 0
    for size in sizes:
        raw = grow(path, before, leaves(before, size))
        before = size
    return raw
