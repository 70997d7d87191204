"""The one home of the log's private keys: `<data>/keys`, 0700, each file 0600, made once.

`log.key` signs checkpoints and `grant.key` grants; only the log's process reads them. `spool.key` signs what
a caller's own picture goes on with while the log is away; the web process reads that one alone.
`python -m backend.tlog.keys '{…}'` makes those that are missing and prints the public halves, so that whoever
needs these never has the others.
"""

import contextlib
import os
import secrets
import sys
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.tlog.config import CANNOT_START, LogConfig, PublicKeys
from backend.tlog.faults import Malformed, Unfit
from backend.tlog.folder import CHECKPOINT, make_private, sync_folder
from backend.tlog.notes import Signer
from media.grants import public_bytes

LOG, GRANT, SPOOL = "log.key", "grant.key", "spool.key"
_RESTORE = "restore it from the backup of the keys"


def make_missing(config: LogConfig) -> None:
    """Make the keys that are not there; the log's only where there is no log yet.

    Raises Unfit, and OSError when they cannot be written.
    """
    home, log = Path(config.keys), Path(config.folder)
    make_private(home)
    if not (home / LOG).exists():
        if any((log / name).exists() for name in ("journal", CHECKPOINT, "tile")):
            raise Unfit(home / LOG, "is missing, and there is a log that it signed", _RESTORE)
        signer = Signer.generate(config.origin or config.new_origin)
        _make(home / LOG, signer.private_text().encode() + b"\n")
    for name in (GRANT, SPOOL):
        if not (home / name).exists():
            _make(home / name, Ed25519PrivateKey.generate().private_bytes_raw())


def signer(config: LogConfig) -> Signer:
    """The log's key. Raises Unfit."""
    path = Path(config.keys) / LOG
    try:
        found = Signer.parse(_held(path).decode().strip())
    except (Malformed, UnicodeDecodeError) as fault:
        raise Unfit(path, f"is damaged: {fault}", _RESTORE) from None
    name = found.verifier.name
    if config.origin not in ("", name):
        words = f"is the key of the log {name}, and SIGHTLINE_LOG_ORIGIN says {config.origin}"
        raise Unfit(path, words, f"set SIGHTLINE_LOG_ORIGIN={name}: a log keeps its name for good")
    return found


def public(config: LogConfig) -> PublicKeys:
    """Of keys that are made when they are missing. Raises Unfit and OSError."""
    make_missing(config)
    home = Path(config.keys)
    return PublicKeys(
        log=signer(config).verifier.vkey,
        grant=public_bytes(private_key(home, GRANT)),
        spool=public_bytes(private_key(home, SPOOL)),
    )


def private_key(folder: Path, name: str) -> Ed25519PrivateKey:
    """GRANT or SPOOL. Raises Unfit."""
    held = _held(folder / name)
    if len(held) != 32:
        raise Unfit(folder / name, f"is damaged: {len(held)} bytes instead of 32", _RESTORE)
    return Ed25519PrivateKey.from_private_bytes(held)


def _held(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise Unfit(path, "can be read by others", f"chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise Unfit(path, f"cannot be read: {error.strerror}", _RESTORE) from error


def _make(path: Path, held: bytes) -> None:
    """It appears whole or not at all, and the first of several processes makes it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(held)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def main() -> int:
    try:
        said = public(msgspec.json.decode(sys.argv[1], type=LogConfig))
    except (Unfit, OSError) as fault:
        print(f"the log's keys: {fault}", file=sys.stderr)
        return CANNOT_START
    sys.stdout.buffer.write(msgspec.json.encode(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
