"""Single bits flipped in a log's files, one at a time: is each found, and is its file named?

Every kind of file there is: the checkpoint with a witness's line, bundles, hash tiles of two levels, full
ones, partial ones, and partial ones of older sizes; disclosure files too. A flip is undone before the next.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from backend.disclosures import check
from backend.tlog import checkpoints, folder, notes
from backend.tlog.notes import COSIGNATURE, Signer
from backend.tlog.verify import Fault, read_checkpoint, verify
from tests.tlog import opened, trees

Sizes = Sequence[tuple[int, ...]]  # a log for each, with a checkpoint at each of its sizes
SMALL: Sizes = ((1,), (5,), (256,), (257,), (5, 300, 1000))
LARGE: Sizes = ((300, 65_536, 70_000),)
WITNESS = Signer.generate("witness.example/w", COSIGNATURE)


class Found(msgspec.Struct, kw_only=True):
    """What a campaign found; `missed` are the flips after which the log was called intact."""

    flips: int = 0
    named: int = 0  # whose file stood in the words
    files: set[str] = msgspec.field(default_factory=set)
    missed: list[str] = msgspec.field(default_factory=list)


def flip(data: bytes, bit: int) -> bytes:
    """One bit changed."""
    at = bit // 8
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def words_match(pattern: str, said: str) -> bool:
    return re.search(pattern, said) is not None


def disclosed(under: Path, size: int, times: int, dice: random.Random) -> Found:
    """The same in the disclosure files of a log of this size, which has not been touched itself."""
    log = under / f"disclosed-{size}"
    opened.make(log, size)
    files = sorted((log / "disclosures").iterdir())
    checkpoint = read_checkpoint(log, trees.KEY.verifier).checkpoint
    found = Found()
    for _ in range(times):
        file = dice.choice(files)
        data = file.read_bytes()
        bit = dice.randrange(8 * len(data))
        file.write_bytes(flip(data, bit))
        name = f"disclosures/{file.name}"
        found.flips += 1
        found.files.add(f"{log.name}/{name}")
        try:
            check(log, checkpoint, trees.KEY.verifier)
            found.missed.append(f"{log.name}/{name} bit {bit}")
        except Fault as fault:
            found.named += name in str(fault)
        file.write_bytes(data)
    assert check(log, checkpoint, trees.KEY.verifier).entries == size
    return found


def campaign(under: Path, logs: Sizes, times: int, dice: random.Random) -> Found:
    """Flip `times` bits, one after the other, each in one of all files, and verify each time."""
    files: list[tuple[Path, Path]] = []
    for sizes in logs:
        log = under / "-".join(map(str, sizes))
        raw = trees.make(log, *sizes)
        cosignature = WITNESS.sign(notes.parse(raw).text, time=1_790_000_000)
        folder.write(log / folder.CHECKPOINT, checkpoints.cosign(raw, [cosignature]))
        assert _problem(log) is None
        files += [(log, each) for each in sorted(log.rglob("*")) if each.is_file()]
    found = Found()
    for _ in range(times):
        log, file = dice.choice(files)
        data = file.read_bytes()
        bit = dice.randrange(8 * len(data))
        file.write_bytes(flip(data, bit))
        problem = _problem(log)
        file.write_bytes(data)
        found.flips += 1
        name = file.relative_to(log).as_posix()
        found.files.add(f"{log.name}/{name}")
        if problem is None:
            found.missed.append(f"{log.name}/{name} bit {bit}")
        elif name in problem:
            found.named += 1
    return found


def _problem(log: Path) -> str | None:
    return verify(log, trees.KEY.verifier, [WITNESS.verifier], exact=True).problem
