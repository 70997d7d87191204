"""`sightline audit verify | export | mirror | mend` for the public log.

All but the last can be done by anybody who has its files, without the service, its database or a private key.
Our own log's public key is read from the data folder; for somebody else's copy it is given by `--key`.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from backend import disclosures
from backend.config import Config, ConfigError
from backend.supervisor import log_config
from backend.tlog import checkpoints, notes
from backend.tlog.anchor import Anchor
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.faults import Malformed, Unfit, Unproven
from backend.tlog.folder import CHECKPOINT, Folder
from backend.tlog.merkle import tree_root
from backend.tlog.mirror import mirror as copy
from backend.tlog.notes import Signer, Verifier
from backend.tlog.process import mend_log
from backend.tlog.tiles import ENTRIES, WIDTH, Tile, tiles_of, unbundle
from backend.tlog.verify import Fault, check_tree, read_checkpoint
from backend.tlog.verify import verify as verify_files


def folder_of(options: argparse.Namespace, config: Config) -> Path:
    """The log's folder: `--log`, or our own."""
    return Path(options.log) if options.log else config.data_dir / "log"


def is_there(options: argparse.Namespace, config: Config) -> bool:
    """Is there anything published to verify? A service that never ran has no log, a new one no checkpoint."""
    path = folder_of(options, config)
    return bool(options.log) or (path / CHECKPOINT).exists() or (path / "tile").exists()


def verify(options: argparse.Namespace, config: Config) -> int:
    """Every file of the log; 1 when something does not hold. Raises ConfigError."""
    log = key_of(options, config)
    witnesses = [verifier(text) for text in options.witness]
    if not options.log:
        witnesses += [verifier(text.split()[0]) for text in config.log_witnesses]
    older = _older(Path(options.since), log) if options.since else None
    path = folder_of(options, config)
    verdict = verify_files(path, log, witnesses, older=older)
    problem = verdict.problem or (None if options.log else _unanchored(path, verdict.size, log, config))
    opened = disclosures.Checked()
    if not problem:
        try:
            tree = Checkpoint(origin=log.name, size=verdict.size, root=verdict.root)
            opened = disclosures.check(path, tree, log)
        except Fault as fault:
            problem = str(fault)
    if problem:
        print(f"public log NOT INTACT: {problem}", file=sys.stderr)
        return 1
    print(f"public log {log.name}: {verdict.size} entries, root {notes.encode(verdict.root)}")
    for name in verdict.cosigned_by:
        print(f"witnessed by {name}")
    if verdict.unknown:
        print(f"also signed by {', '.join(verdict.unknown)}: not checked, give their keys by --witness")
    if opened.entries or opened.newer:
        print(
            f"{opened.fields} fields of {opened.entries} entries are disclosed, each as it was committed to"
        )
    if opened.newer:
        print(f"{opened.newer} more have been disclosed since; verify again to check them")
    if verdict.unsigned:
        print(f"{verdict.unsigned} more entries are not in a checkpoint yet")
    print("public log intact")
    return 0


def export(options: argparse.Namespace, config: Config) -> int:
    """Every entry and what is open of it, when all of it holds: as JSON lines or CSV, to a file or out."""
    path = folder_of(options, config)
    try:
        checkpoint = read_checkpoint(path, key_of(options, config)).checkpoint
        check_tree(path, checkpoint)
        disclosures.check(path, checkpoint, key_of(options, config))
    except Fault as fault:
        print(f"nothing exported: {fault}", file=sys.stderr)
        return 1
    if options.output:
        with Path(options.output).open("w", encoding="utf-8", newline="") as file:
            _write(file, options.format, path, checkpoint)
    else:
        _write(sys.stdout, options.format, path, checkpoint)
    return 0


def mirror(options: argparse.Namespace, config: Config) -> int:
    """Bring a static mirror up to date."""
    try:
        done = copy(folder_of(options, config), Path(options.target), key_of(options, config))
    except Fault as fault:
        print(f"not mirrored: {fault}", file=sys.stderr)
        return 1
    print(f"{options.target}: {done.size} entries, {done.before} before; {done.copied} files copied")
    return 0


def mend(_: argparse.Namespace, config: Config) -> int:
    """Write damaged files of our own log again; 1 when it cannot be shown to be right."""
    try:
        done = mend_log(log_config(config))
    except (Unfit, OSError) as fault:
        print(f"not mended: {fault}", file=sys.stderr)
        return 1
    for what in done:
        print(f"written again: {what}")
    print("the log is whole")
    return 0


def key_of(options: argparse.Namespace, config: Config) -> Verifier:
    """The key that must have signed. Raises ConfigError."""
    if options.key:
        return verifier(options.key)
    if options.log:
        raise ConfigError(
            "--key is needed beside --log: the log's public key, name+id+base64, as its city says it"
        )
    path = config.data_dir / "keys" / "log.key"
    try:
        return Signer.parse(path.read_text().strip()).verifier
    except (OSError, UnicodeDecodeError, Malformed) as error:
        raise ConfigError(
            f"the log's key cannot be read from {path}: give its public key by --key"
        ) from error


def verifier(text: str) -> Verifier:
    """A public key as it is written. Raises ConfigError."""
    try:
        return Verifier.parse(text)
    except Malformed as fault:
        raise ConfigError(f"{text}: {fault}") from None


def _unanchored(path: Path, size: int, log: Verifier, config: Config) -> str | None:
    """Why our own log does not contain its anchor; None when it does, or when there is none."""
    anchor = Anchor(config.anchor_folder, log)
    try:
        kept = anchor.read()
    except Unfit as fault:
        return str(fault)
    if kept is None:
        return None
    try:  # kept after the tiles are there and before the checkpoint is: a crash between is no rollback
        root = tree_root(kept.size, Folder(path, max(size, kept.size)).node)
    except Malformed:
        return (
            f"rolled back. The anchor {anchor.path} has a checkpoint of {kept.size} entries, and this log has"
            f" {size}; bring back the newest copy of the log"
        )
    if root != kept.root:
        return (
            f"a fork. The anchor {anchor.path} has a checkpoint with other entries; keep both, they prove it"
        )
    return None


def _older(path: Path, log: Verifier) -> Checkpoint:
    try:
        return checkpoints.read(path.read_bytes(), log).checkpoint
    except OSError as error:
        raise ConfigError(f"--since {path} cannot be read: {error.strerror}") from None
    except (Malformed, Unproven) as fault:
        raise ConfigError(f"--since {path} is not a checkpoint of {log.name}: {fault}") from None


def _write(to: TextIO, form: str, path: Path, checkpoint: Checkpoint) -> None:
    table = csv.writer(to)
    if form == "csv":
        table.writerow(("index", "leaf", "fields"))
    for index, leaf, fields in _entries(path, checkpoint.size):
        text = leaf.decode("utf-8", "backslashreplace")  # ours are JSON; the format holds any bytes
        if form == "csv":
            table.writerow((index, text, _json(fields)))
        else:
            to.write(_json({"index": index, "leaf": text, "fields": fields}) + "\n")


def _json(held: object) -> str:
    return json.dumps(held, ensure_ascii=False, separators=(",", ":"))


def _entries(path: Path, size: int) -> Iterator[tuple[int, bytes, dict[str, tuple[str, str]]]]:
    """Every entry with what is open of it, each field with its salt."""
    stored = Folder(path, size)
    for tile in _bundles(size):
        opened = disclosures.fields_of(path, tile.number)
        for index, leaf in enumerate(unbundle(stored.tile(tile)), tile.number * WIDTH):
            yield index, leaf, opened.get(index, {})


def _bundles(size: int) -> Iterator[Tile]:
    for tile in tiles_of(size):
        if tile.level != ENTRIES:
            return
        yield tile
