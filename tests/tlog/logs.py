"""A log in a folder, for tests: its key, its anchor, and how it is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.tlog import checkpoints, keys
from backend.tlog.anchor import Anchor
from backend.tlog.derive import derive
from backend.tlog.folder import CHECKPOINT
from backend.tlog.notes import Signer
from backend.tlog.writer import Log

ORIGIN = "call.example.gov/log"
BALLAST = 256 * 1024


class Place:
    """`folder` is the log's, `anchored` the anchor's; the key is the same in every test."""

    def __init__(self, root: Path, ballast_bytes: int = BALLAST) -> None:
        self.folder, self.anchored = root / "log", root / "anchor"
        self._ballast_bytes = ballast_bytes
        self._use(Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"k" * 32)))

    def use_key(self, home: Path) -> None:
        """The one that a log's process made."""
        self._use(Signer.parse((home / keys.LOG).read_text().strip()))

    def _use(self, signer: Signer) -> None:
        self.signer = signer
        self.anchor = Anchor(self.anchored, signer.verifier)

    def open(self) -> Log:
        return Log.open(self.folder, self.signer, self.anchor, ballast_bytes=self._ballast_bytes)

    @contextmanager
    def opened(self) -> Iterator[Log]:
        log = self.open()
        try:
            yield log
        finally:
            log.close()

    def grow(self, entries: int, *, by: int = 100, publish: bool = True) -> list[bytes]:
        """More entries, appended so many at a time; published at the end."""
        with self.opened() as log:
            leaves = [leaf(index) for index in range(log.entries, log.entries + entries)]
            for start in range(0, entries, by):
                log.append(leaves[start : start + by])
            if publish:
                log.publish()
        return leaves

    def check(self) -> int:
        """Derive everything from the files alone, compare it with what is signed; how many are published."""
        signed = checkpoints.read((self.folder / CHECKPOINT).read_bytes(), self.signer.verifier).checkpoint
        anchored = self.anchor.read()
        assert anchored is not None
        assert anchored.size >= signed.size
        roots = derive(self.folder, signed.size, [anchored.size])
        assert (roots[signed.size], roots[anchored.size]) == (signed.root, anchored.root)
        return signed.size


def leaf(index: int) -> bytes:
    return b'{"v":1,"n":%d}' % index + b"." * (index % 97)
