"""The whole log from its files: every fault is found, and the file that has it is named."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.tlog import checkpoints, folder, notes
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.notes import COSIGNATURE, Signer
from backend.tlog.tiles import Tile
from backend.tlog.verify import Verdict, verify
from tests.tlog import flips, trees

LOG = trees.KEY.verifier


def check(path: Path, older: bytes | None = None) -> Verdict:
    return verify(path, LOG, older=checkpoints.read(older, LOG).checkpoint if older else None)


def problem(path: Path, older: bytes | None = None) -> str:
    return check(path, older).problem or "nothing"


@pytest.fixture(scope="module")
def seventy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 70,000 entries, which no test changes."""
    path = tmp_path_factory.mktemp("seventy")
    trees.make(path, 5, 300, 65_536, 70_000)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    trees.make(tmp_path, 5, 300, 1000)
    return tmp_path


@pytest.mark.parametrize("size", [1, 2, 5, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537])
def test_a_log_holds_together_at_every_kind_of_size(tmp_path: Path, size: int) -> None:
    raw = trees.make(tmp_path, size)
    verdict = check(tmp_path, raw)
    assert (verdict.problem, verdict.size, verdict.unsigned) == (None, size, 0)
    assert verdict.root == checkpoints.read(raw, LOG).checkpoint.root


def test_an_empty_log_holds_together(tmp_path: Path) -> None:
    trees.publish(tmp_path, 0)
    assert check(tmp_path).problem is None


def test_a_log_that_grew_by_many_checkpoints_holds_together(seventy: Path, tmp_path: Path) -> None:
    older = trees.make(tmp_path, 5, 300)
    assert (seventy / "tile/0/000.p/5").exists()  # older partial tiles are read, too
    assert check(seventy, older) == check(seventy)
    assert check(seventy).problem is None


HURT: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("tile/entries/001", lambda data: flips.flip(data, 8 * 70), r"tile/entries/001 was .* entry 4 \(260 in"),
    ("tile/entries/003.p/232", lambda data: flips.flip(data, 99), "tile/entries/003.p/232"),
    ("tile/entries/000.p/5", lambda data: flips.flip(data, 50), "tile/entries/000.p/5 was changed"),
    ("tile/0/001", lambda data: flips.flip(data, 70), "tile/0/001 was changed: the tile above"),
    ("tile/0/000.p/5", lambda data: flips.flip(data, 70), "tile/0/000.p/5 .*tile/0/000 says something else"),
    ("tile/0/003.p/232", lambda data: flips.flip(data, 70), "tile/0/003.p/232 or tile/entries/003.p/232 was"),
    ("tile/1/000.p/3", lambda data: flips.flip(data, 300), "tile/1/000.p/3 or tile/0/001 was changed"),
    ("tile/0/002", lambda data: data[:-1], "tile/0/002 is 8191 bytes long; 256 hashes are 8192"),
    ("tile/1/000.p/3", lambda data: data[:32], "tile/1/000.p/3 is 32 bytes long"),
    ("tile/entries/002", lambda data: data[:-1], "tile/entries/002 cut short in its entry 255"),
    ("tile/entries/002", lambda data: data + b"\0\0", "tile/entries/002 holds 257 entries, not 256"),
    ("tile/0/003.p/232", lambda data: b"", "tile/0/003.p/232 is 0 bytes long"),
    ("checkpoint", lambda data: data.replace(b"\n1000", b"\n1001"), "checkpoint: the signature .* not hold"),
    ("checkpoint", lambda data: data[:-1], "checkpoint: .*does not end"),
    ("checkpoint", lambda data: b"", "checkpoint: the note has no blank line"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hurt", "words"), HURT)
def test_a_changed_file_is_named(small: Path, name: str, hurt: Callable[[bytes], bytes], words: str) -> None:
    (small / name).write_bytes(hurt((small / name).read_bytes()))
    assert flips.words_match(words, problem(small)), problem(small)
    assert flips.words_match("put back that file|mirror", problem(small))


@pytest.mark.parametrize("name", ["tile/entries/002", "tile/0/000", "tile/0/003.p/232", "tile/1/000.p/3"])
def test_a_missing_file_is_named(small: Path, name: str) -> None:
    (small / name).unlink()
    assert problem(small) == f"{name} is missing; put back that file from a mirror or a backup"


def test_a_missing_older_partial_tile_is_no_fault(small: Path) -> None:
    folder.drop_partials(small, Tile(0, 0))
    assert not (small / "tile/0/000.p").exists()
    assert check(small).problem is None


def test_no_checkpoint_is_said(small: Path) -> None:
    (small / "checkpoint").unlink()
    assert problem(small).startswith("there is no checkpoint in ")


@pytest.mark.parametrize(
    "name", ["tile/0/notes.txt", "tile/0/004", "tile/2/000.p/9", "tile/entries/x000/001", "tile/0/000.p/256"]
)
def test_a_file_that_is_not_the_logs_is_named(small: Path, name: str) -> None:
    (small / name).parent.mkdir(parents=True, exist_ok=True)
    (small / name).write_bytes(bytes(32 * 256 if name == "tile/0/004" else 32 * 9))
    assert name in problem(small)
    assert problem(small).endswith("remove it")


def test_half_written_files_are_passed_over(small: Path) -> None:
    (small / "tile/0/.004.new").write_bytes(b"half")
    assert check(small).problem is None


def test_entries_beyond_the_checkpoint_are_counted_and_vouched_for_by_nobody(small: Path) -> None:
    kept = (small / "checkpoint").read_bytes()
    trees.grow(small, 1000, trees.leaves(1000, 1300))
    (small / "checkpoint").write_bytes(kept)  # killed before the new checkpoint
    verdict = check(small)
    assert (verdict.problem, verdict.size, verdict.unsigned) == (None, 1000, 300)
    (small / "tile/0/003.p/232").unlink()  # the full tile holds the same
    (small / "tile/entries/003.p/232").unlink()
    assert check(small).problem is None
    full = small / "tile/entries/003"
    full.write_bytes(flips.flip(full.read_bytes(), 8 * 10))
    assert "tile/entries/003 was changed" in problem(small)


def test_a_rollback_and_a_fork_are_told_from_damage(tmp_path: Path) -> None:
    newer = trees.make(tmp_path / "log", 300, 400)
    shutil.copytree(tmp_path / "log", tmp_path / "back")
    trees.publish(tmp_path / "back", 300)  # a backup from before, or only its checkpoint
    assert "rolled back. It has 300 entries, and a checkpoint of 400" in problem(tmp_path / "back", newer)
    other = [b"another", *trees.leaves(1, 400)]
    trees.grow(tmp_path / "same", 0, other)
    assert check(tmp_path / "same").problem is None
    assert "a fork. Its first 400 entries" in problem(tmp_path / "same", newer)
    trees.grow(tmp_path / "larger", 0, [*other, b"more"])
    assert "a fork. Its first 400 entries" in problem(tmp_path / "larger", newer)
    foreign = Checkpoint(origin="elsewhere", size=1, root=bytes(32))
    assert "of elsewhere" in (verify(tmp_path / "log", LOG, older=foreign).problem or "")


def test_another_trees_checkpoint_is_a_fork(tmp_path: Path) -> None:
    trees.make(tmp_path / "log", 300)
    trees.grow(tmp_path / "other", 0, [b"another", *trees.leaves(1, 300)])
    shutil.copy(tmp_path / "other/checkpoint", tmp_path / "log/checkpoint")
    assert "another root than it says" in problem(tmp_path / "log")


def test_another_key_is_refused(small: Path) -> None:
    assert "no key that is known here" in (
        verify(small, Signer.generate(trees.ORIGIN).verifier).problem or ""
    )


def test_witnesses_are_told_by_name(small: Path) -> None:
    witness = Signer.generate("witness.example", COSIGNATURE)
    path = small / "checkpoint"
    text = notes.parse(path.read_bytes()).text
    path.write_bytes(checkpoints.cosign(path.read_bytes(), [witness.sign(text, time=1_790_000_000)]))
    assert verify(small, LOG, [witness.verifier], exact=True).cosigned_by == ("witness.example",)
    assert check(small).unknown == ("witness.example",)
    assert check(small).problem is None
    assert "signed by witness.example, with a key" in (verify(small, LOG, exact=True).problem or "")
    path.write_bytes(path.read_bytes().replace(b"\n1000\n", b"\n1001\n"))
    assert verify(small, LOG, [witness.verifier]).problem is not None


def test_flipped_bits_are_all_found(tmp_path: Path) -> None:
    """The short form of `make campaign-flips`."""
    found = flips.campaign(tmp_path, flips.SMALL, 300, random.Random(5))
    assert found.missed == []
    assert (found.flips, found.named) == (300, 300)
    found = flips.disclosed(tmp_path, 300, 200, random.Random(5))
    assert found.missed == []
    assert (found.flips, found.named) == (200, 200)
