"""A public log in this process, as small as one can be: a file that leaves are appended to, and a key.

It can be away, come back, and lose the answer to what it has done; a leaf that it has is not taken twice.
`publish` signs a checkpoint, when a test says so, and writes the tiles beside the file.
"""

import asyncio
import os
import struct
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.tlog import proofs
from backend.tlog.client import LogAway, LogRefused
from backend.tlog.folder import CHECKPOINT, Folder
from backend.tlog.talk import Status
from media.grants import Claims, SignedGrant, sign
from tests.tlog import trees


class FileLog:
    """`away` takes nothing; `loses` that many answers after it has done what was asked."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        self.away, self.loses, self.pause_s = False, 0, 0.0
        self.granted: list[Claims] = []
        self._path, self._key = path, key
        self._indexes = dict[bytes, int]()
        self.published = 0
        self.grows_in_s = 300.0
        path.parent.mkdir(parents=True, exist_ok=True)
        for leaf in self.leaves():
            self._indexes[leaf] = len(self._indexes)

    @property
    def up(self) -> bool:
        return not self.away

    def open(self) -> None: ...

    async def close(self) -> None: ...

    def leaves(self) -> list[bytes]:
        """What stands in the file."""
        held = self._path.read_bytes() if self._path.exists() else b""
        found, at = [], 0
        while at < len(held):
            (size,) = struct.unpack_from("!I", held, at)
            found.append(held[at + 4 : at + 4 + size])
            at += 4 + size
        return found

    async def key(self) -> str:
        if self.away:
            raise LogAway("the log did not answer within 3 s")
        return trees.KEY.verifier.vkey

    async def append(self, leaves: Sequence[bytes]) -> list[int]:
        await asyncio.sleep(self.pause_s)
        if self.away:
            raise LogAway("the log did not answer within 3 s")
        with self._path.open("ab") as file:
            for leaf in leaves:
                if leaf not in self._indexes:
                    file.write(struct.pack("!I", len(leaf)) + leaf)
                    self._indexes[leaf] = len(self._indexes)
            file.flush()
            os.fsync(file.fileno())
        if self.loses:
            self.loses -= 1
            raise LogAway("the log did not answer within 3 s")
        return [self._indexes[leaf] for leaf in leaves]

    async def grant(self, leaf: bytes, claims: Claims) -> SignedGrant:
        (index,) = await self.append([leaf])
        claims = msgspec.structs.replace(claims, index=index)
        self.granted.append(claims)
        return sign(self._key, claims)

    def publish(self) -> bytes:
        """Grow in public: the new checkpoint."""
        leaves = self.leaves()
        raw = trees.grow(self.folder, self.published, leaves[self.published :])
        self.published = len(leaves)
        return raw

    @property
    def folder(self) -> Path:
        """Where tiles and checkpoint are."""
        return self._path.parent

    @property
    def vkey(self) -> str:
        """The public key of its checkpoints."""
        return trees.KEY.verifier.vkey

    async def checkpoint(self) -> bytes:
        if self.away:
            raise LogAway("the log did not answer within 3 s")
        return (self.folder / CHECKPOINT).read_bytes()

    async def prove(self, index: int) -> bytes:
        raw = await self.checkpoint() if self.published or self.away else b""
        if not 0 <= index < self.published:
            raise LogRefused(
                f"entry {index} is not in the published checkpoint of {self.published} entries yet"
            )
        return proofs.encode(proofs.make(index, raw, Folder(self.folder, self.published).node))

    async def status(self) -> Status:
        if self.away:
            raise LogAway("the log did not answer within 3 s")
        return Status(
            vkey=self.vkey,
            entries=len(self._indexes),
            published=self.published,
            grows_in_s=self.grows_in_s,
            room=True,
            trouble=None,
            witnesses=(),
        )
