"""The anchor: the last checkpoint that was signed, where restoring a backup of the log cannot roll it back.

It is a checkpoint like the published one, in a file of its own outside the data folder, and written before
the checkpoint is published: after a crash the log may be behind it, by no more than its journal holds.
"""

import os
from pathlib import Path

from backend.tlog import checkpoints
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.faults import Malformed, Unfit, Unproven
from backend.tlog.folder import make_private, write
from backend.tlog.notes import Verifier

_BRING = (
    "bring it along from where the log ran before. If it is lost, put the newest checkpoint there that "
    "anybody holds (a mirror, a witness, a visitor's page): what the log says must contain it"
)


class Anchor:
    """In one folder there may be the anchors of many logs: each file is named after its log's key."""

    def __init__(self, folder: Path, verifier: Verifier) -> None:
        self.path = folder / f"{verifier.key_id:08x}-{verifier.public[:8].hex()}.checkpoint"
        self._verifier = verifier

    def read(self) -> Checkpoint | None:
        """None when there is none. Raises Unfit."""
        raw = self.raw()
        if raw is None:
            return None
        try:
            return checkpoints.read(raw, self._verifier).checkpoint
        except (Malformed, Unproven) as fault:
            raise Unfit(self.path, f"is damaged, or not this log's: {fault}", _BRING) from None

    def raw(self) -> bytes | None:
        """The signed checkpoint as it is kept. Raises Unfit."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unfit(self.path, f"cannot be read: {error.strerror}", _BRING) from error

    def check_room(self) -> None:
        """Raises Unfit when there is no place to keep it."""
        folder = self.path.parent
        try:
            make_private(folder)
            writable = os.access(folder, os.W_OK | os.X_OK)
        except OSError:
            writable = False
        if not writable:
            words = "set SIGHTLINE_LOG_ANCHOR to a folder outside the data folder that this user may write to"
            raise Unfit(folder, "cannot be written to, and the log's anchor is kept there", words)

    def keep(self, raw: bytes) -> None:
        """On its disk when this returns. Raises OSError."""
        make_private(self.path.parent)
        write(self.path, raw)

    def missing(self) -> Unfit:
        """What to raise when there must be one."""
        return Unfit(
            self.path, "is missing, and the log has entries: it cannot be told whether it is complete", _BRING
        )
