"""The static mirror: what it copies, in which order, and what it will not take."""

import shutil
from pathlib import Path

import pytest

from backend.disclosures import check
from backend.tlog import checkpoints, folder, mirror, notes
from backend.tlog.mirror import Mirrored
from backend.tlog.notes import COSIGNATURE, Signer, Verifier
from backend.tlog.verify import Fault, read_checkpoint, verify
from tests.tlog import flips, opened, trees

LOG = trees.KEY.verifier


def public_files(path: Path) -> set[str]:
    return {each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file()}


def test_a_mirror_grows_by_what_is_new(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    trees.make(source, 5)
    (source / "journal").write_bytes(b"not published")
    assert mirror.mirror(source, target, LOG) == Mirrored(before=0, size=5, copied=2)
    assert public_files(target) == {"checkpoint", "tile/0/000.p/5", "tile/entries/000.p/5"}
    assert mirror.mirror(source, target, LOG) == Mirrored(before=5, size=5, copied=0)
    trees.grow(source, 5, trees.leaves(5, 600))
    assert mirror.mirror(source, target, LOG) == Mirrored(before=5, size=600, copied=7)
    assert not (target / "tile/0/000.p").exists()  # the full tile says the same
    assert verify(target, LOG).problem is None
    assert public_files(target) < public_files(source)


def test_a_mirror_that_was_interrupted_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    trees.make(source, 300)
    mirror.mirror(source, target, LOG)
    trees.grow(source, 300, trees.leaves(300, 900))
    written = folder.write_all
    monkeypatch.setattr(folder, "write_all", lambda root, files: written(root, list(files)[:2]))
    with pytest.raises(Fault, match="is missing"):
        mirror.mirror(source, target, LOG)
    assert verify(target, LOG).size == 300  # what it says, it has
    monkeypatch.undo()
    assert mirror.mirror(source, target, LOG).size == 900
    assert verify(target, LOG).problem is None


def test_more_cosignatures_are_taken_along(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    raw = trees.make(source, 3)
    mirror.mirror(source, target, LOG)
    witness = Signer.generate("witness.example", COSIGNATURE)
    seen = checkpoints.cosign(raw, [witness.sign(notes.parse(raw).text, time=1_790_000_000)])
    folder.write(source / "checkpoint", seen)
    mirror.mirror(source, target, LOG)
    assert verify(target, LOG, [witness.verifier]).cosigned_by == ("witness.example",)


def test_what_does_not_hold_is_not_published(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    older = trees.make(source, 300)
    mirror.mirror(source, target, LOG)
    shutil.copytree(source, tmp_path / "backup")
    trees.grow(source, 300, trees.leaves(300, 900))
    hurt = source / "tile/entries/002"
    hurt.write_bytes(flips.flip(hurt.read_bytes(), 99))
    with pytest.raises(Fault, match="tile/entries/002 was changed"):
        mirror.mirror(source, target, LOG)
    assert (target / "checkpoint").read_bytes() == older
    hurt.unlink()
    with pytest.raises(Fault, match="audit verify"):
        mirror.mirror(source, tmp_path / "second", LOG)


def test_a_mirror_takes_nothing_back(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    trees.make(source, 300, 400)
    newest = (source / "checkpoint").read_bytes()
    mirror.mirror(source, target, LOG)
    trees.publish(source, 300)
    with pytest.raises(Fault, match="rolled back"):
        mirror.mirror(source, target, LOG)
    trees.grow(tmp_path / "fork", 0, [b"another", *trees.leaves(1, 500)])
    with pytest.raises(Fault, match="a fork"):
        mirror.mirror(tmp_path / "fork", target, LOG)
    assert (target / "checkpoint").read_bytes() == newest
    assert verify(target, LOG).problem is None


def test_what_a_mirror_opens_is_covered_by_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log publishes and discloses while it is copied: the mirror has both, or neither."""
    source, target = tmp_path / "log", tmp_path / "mirror"
    opened.make(source, 5)

    def grows(path: Path, log: Verifier) -> checkpoints.Signed:
        signed = read_checkpoint(path, log)
        trees.grow(source, 5, [opened.leaf(5)])
        (source / "disclosures/0.json").write_bytes(opened.file(0, {5: ["hour"]}))
        return signed

    monkeypatch.setattr("backend.tlog.mirror.read_checkpoint", grows)
    assert mirror.mirror(source, target, LOG).size == 5
    monkeypatch.undo()
    for size in (5, 6):
        checkpoint = read_checkpoint(target, LOG).checkpoint
        assert checkpoint.size == size
        assert check(target, checkpoint, LOG).newer == 0
        mirror.mirror(source, target, LOG)
    assert not [each for each in (target / "disclosures").iterdir() if each.name.startswith(".")]


def test_disclosures_come_and_go_with_the_log(tmp_path: Path) -> None:
    source, target = tmp_path / "log", tmp_path / "mirror"
    trees.make(source, 3)
    folder.write_all(
        source, [("disclosures/2026-11-26.json", b"[1]"), ("disclosures/2026-11-27.json", b"[2]")]
    )
    assert mirror.mirror(source, target, LOG).copied == 4
    (source / "disclosures/2026-11-26.json").unlink()
    folder.write_all(source, [("disclosures/2026-11-27.json", b"[2,3]")])
    assert mirror.mirror(source, target, LOG).copied == 2
    assert [each.read_bytes() for each in (target / "disclosures").iterdir()] == [b"[2,3]"]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    trees.make(tmp_path / "log", 3)
    other = tmp_path / "other"
    folder.write_all(other, [("index.html", b"a page")])
    with pytest.raises(Fault, match="not empty"):
        mirror.mirror(tmp_path / "log", other, LOG)
    folder.write(other / "checkpoint", b"garbage")
    with pytest.raises(Fault, match="begin anew"):
        mirror.mirror(tmp_path / "log", other, LOG)
    with pytest.raises(Fault, match="no checkpoint"):
        mirror.mirror(tmp_path / "nothing", tmp_path / "new", LOG)
