"""What another reader says of our logs: reader.mjs, in another language, from the published formats alone.

It accepts what we write, and refuses each way of lying about it.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from backend.tlog import checkpoints, folder, merkle, notes, proofs
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.folder import Folder
from backend.tlog.notes import COSIGNATURE, Signer
from tests.tlog import flips, opened, trees

READER = Path(__file__).with_name("reader.mjs")
KEY = trees.KEY.verifier.vkey
SIZES = (1, 5, 256, 257, 70_000)


def read(what: str, *arguments: str | Path, key: str = KEY) -> str:
    """What the reader says: `ok`, or why not."""
    run = subprocess.run(
        ["node", READER, what, key, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode in (0, 1), run.stderr
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["ok"] is (run.returncode == 0)
    return "ok" if said["ok"] else str(said["why"])


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A log of each size, which no test changes."""
    under = tmp_path_factory.mktemp("logs")
    for size in SIZES:
        trees.make(under / str(size), size)
    return {size: under / str(size) for size in SIZES}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with partial tiles of two sizes and a full level-1 hash, to be hurt."""
    trees.make(tmp_path / "log", 5, 600)
    return tmp_path / "log"


@pytest.mark.parametrize("size", SIZES)
def test_the_reader_accepts_a_log(logs: dict[int, Path], size: int) -> None:
    assert read("log", logs[size]) == "ok"


@pytest.mark.parametrize("size", SIZES)
def test_the_reader_refuses_a_flipped_bit(logs: dict[int, Path], tmp_path: Path, size: int) -> None:
    """In one file of each kind; `make campaign-flips` is for ours."""
    hurt = tmp_path / "log"
    shutil.copytree(logs[size], hurt)
    kinds = {}
    for each in sorted(hurt.rglob("*")):
        if each.is_file():
            kinds[each.relative_to(hurt).parts[:2]] = each
    assert len(kinds) >= 3
    for file in kinds.values():
        data = file.read_bytes()
        file.write_bytes(flips.flip(data, 8 * len(data) // 2 + 3))
        assert read("log", hurt) != "ok", file
        file.write_bytes(data)
    assert size > 257 or read("log", hurt) == "ok"


def hurt_file(name: str, how: Callable[[bytes], bytes] | None) -> Callable[[Path], None]:
    def apply(log: Path) -> None:
        if how is None:
            (log / name).unlink()
        else:
            (log / name).write_bytes(how((log / name).read_bytes()))

    return apply


@pytest.mark.parametrize(
    ("hurt", "words"),
    [
        (hurt_file("tile/0/001", lambda data: data[:-32]), "tile/0/001: 8160 bytes"),
        (hurt_file("tile/0/002.p/88", lambda data: data[:-1]), "tile/0/002.p/88: 2815 bytes"),
        (hurt_file("tile/entries/001", lambda data: data[:-1]), "tile/entries/001: cut short"),
        (hurt_file("tile/1/000.p/2", None), "tile/1/000.p/2 is missing"),
        (hurt_file("tile/0/000", None), "tile/0/000 is missing"),
        (hurt_file("tile/entries/002.p/88", None), "tile/entries/002.p/88 is missing"),
        (hurt_file("tile/0/000.p/5", lambda data: flips.flip(data, 9)), "tile/0/000.p/5: hash 0"),
        (hurt_file("checkpoint", None), "no checkpoint"),
        (hurt_file("checkpoint", lambda data: data.replace(b"\n600\n", b"\n599\n")), "does not hold"),
        (lambda log: trees.publish(log, 600, Signer.generate(trees.ORIGIN)), "did not sign"),
        (lambda log: folder.write(log / "tile/0/003", bytes(8192)), "tile/0/003 is no file"),
    ],
)
def test_the_reader_refuses_what_is_hurt(log: Path, hurt: Callable[[Path], None], words: str) -> None:
    assert read("log", log) == "ok"
    hurt(log)
    assert words in read("log", log)


def test_the_reader_remembers(tmp_path: Path) -> None:
    """A rollback, and forks of the same size and of a larger one, each with a signature that holds."""
    log, kept = tmp_path / "log", tmp_path / "remembered"
    trees.make(log, 300)
    assert read("log", log, "--remember", kept) == "ok"
    trees.grow(log, 300, trees.leaves(300, 700))
    assert read("log", log, "--remember", kept) == "ok"
    remembered = kept.read_bytes()
    trees.make(tmp_path / "back", 300)
    assert "rolled back" in read("log", tmp_path / "back", "--remember", kept)
    other = [*trees.leaves(0, 500), b"another", *trees.leaves(501, 700)]
    trees.grow(tmp_path / "same", 0, other)
    assert "forked" in read("log", tmp_path / "same", "--remember", kept)
    trees.grow(tmp_path / "larger", 0, [*other, b"more"])
    assert "forked" in read("log", tmp_path / "larger", "--remember", kept)
    assert kept.read_bytes() == remembered
    assert read("log", log, "--remember", kept) == "ok"


@pytest.mark.parametrize("size", SIZES)
def test_the_reader_checks_a_proof(logs: dict[int, Path], tmp_path: Path, size: int) -> None:
    file, leaf = tmp_path / "receipt.tlog-proof", tmp_path / "leaf"
    raw, stored = (logs[size] / "checkpoint").read_bytes(), Folder(logs[size], size)
    index = size * 2 // 3
    proof = proofs.make(index, raw, stored.node, extra=b"\x00 anything")
    file.write_bytes(proofs.encode(proof))
    leaf.write_bytes(trees.leaf(index))
    assert read("proof", file, leaf) == "ok"
    leaf.write_bytes(trees.leaf(index) + b" ")
    assert f"not entry {index}" in read("proof", file, leaf)
    leaf.write_bytes(trees.leaf(index))
    if proof.hashes:
        hurt = (flips.flip(proof.hashes[-1], 77),)
        file.write_bytes(
            proofs.encode(proofs.Proof(index=index, hashes=proof.hashes[:-1] + hurt, checkpoint=raw))
        )
        assert f"not entry {index}" in read("proof", file, leaf)
        file.write_bytes(proofs.encode(replace(proof, hashes=proof.hashes[:-1])))
        assert "too short" in read("proof", file, leaf)
    file.write_bytes(
        proofs.encode(proof).replace(f"\nindex {index}\n".encode(), f"\nindex {index + 1}\n".encode())
    )
    assert read("proof", file, leaf) != "ok"


def test_the_reader_checks_consistency_proofs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    newer, older, file = log / "checkpoint", tmp_path / "older", tmp_path / "hashes"
    trees.make(log, 700)

    def say(hashes: list[bytes]) -> str:
        file.write_text("".join([notes.encode(each) + "\n" for each in hashes]))
        return read("grown", older, newer, file)

    for size in (0, 1, 256, 511, 700):
        older.write_bytes(signed(trees.leaves(0, size)))
        hashes = merkle.consistency_proof(size, 700, Folder(log, 700).node)
        assert say(hashes) == "ok", size
        if size in (256, 511):
            assert "forked" in say([*hashes[:-1], flips.flip(hashes[-1], 8)])
            assert say(hashes[1:]) != "ok"
    older.write_bytes(signed([b"another", *trees.leaves(1, 300)]))
    assert "forked" in say(merkle.consistency_proof(300, 700, Folder(log, 700).node))
    older.write_bytes(signed(trees.leaves(0, 701)))
    assert "rolled back" in say([])


def signed(leaves: list[bytes]) -> bytes:
    """A checkpoint over these leaves."""
    checkpoint = Checkpoint(origin=trees.ORIGIN, size=len(leaves), root=merkle.root_of(leaves))
    return checkpoints.sign(checkpoint, trees.KEY)


def test_the_reader_checks_witnesses(log: Path) -> None:
    witness = Signer.generate("witness.example/w", COSIGNATURE)
    named = ("--witness", witness.verifier.vkey, "--quorum", "1")
    assert "0 witnesses signed instead of 1" in read("log", log, *named)
    raw = (log / "checkpoint").read_bytes()
    cosignature = witness.sign(notes.parse(raw).text, time=1_790_000_000)
    (log / "checkpoint").write_bytes(checkpoints.cosign(raw, [cosignature]))
    assert read("log", log, *named) == "ok"
    assert read("log", log) == "ok"  # a signature by nobody one knows is passed over
    assert "not named" in read("log", log, "--only")
    later = (cosignature.time + 1).to_bytes(8, "big") + cosignature.data[8:]
    (log / "checkpoint").write_bytes(checkpoints.cosign(raw, [cosignature._replace(data=later)]))
    assert "witness.example/w does not hold" in read("log", log, *named)


def test_the_reader_takes_no_other_key(log: Path) -> None:
    assert "did not sign" in read("log", log, key=Signer.generate(trees.ORIGIN).verifier.vkey)
    assert "id does not belong" in read("log", log, key=KEY.replace(KEY.split("+")[1], "00000000"))


def reopened(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return hurt_file("disclosures/1.json", change)


@pytest.mark.parametrize(
    ("hurt", "words"),
    [
        (reopened(lambda data: data.replace(b"hour of 257,", b"hour of 258,")), "257, field hour: not what"),
        (reopened(lambda data: data.replace(b'"reason":', b'"season":')), "entry 258 has no field season"),
        (reopened(lambda data: data.replace(b'"index":257', b'"index":256')), "entry 256 is out of order"),
        (reopened(lambda data: data.replace(b'"index":299', b'"index":300')), "entry 300 is not in the log"),
        (reopened(lambda data: data.replace(b'"index":299', b'"index":600')), "entry 600 does not belong"),
        (reopened(lambda data: data.replace(b'"first":256', b'"first":512')), "of other entries"),
        (reopened(lambda data: data.replace(b'"v":1,', b'"v":1, ')), "spelt otherwise"),
        (reopened(lambda data: data[:-1]), "not JSON"),
        (reopened(lambda _: opened.file(1, {257: []})), "fields are out of order"),
        (lambda log: folder.write(log / "disclosures/01.json", opened.file(1, {})), "no disclosure file"),
        (lambda log: folder.write(log / "disclosures/2.json", opened.file(2, {600: []})), "not in the log"),
        (hurt_file("tile/entries/000", lambda data: flips.flip(data, 99)), "tile/0/000: hash 0"),
    ],
)  # fmt: skip
def test_the_reader_checks_what_is_disclosed(
    tmp_path: Path, hurt: Callable[[Path], None], words: str
) -> None:
    opened.make(tmp_path / "log", 300)
    assert read("disclosures", tmp_path / "log") == "ok"
    hurt(tmp_path / "log")
    assert words in read("disclosures", tmp_path / "log")
