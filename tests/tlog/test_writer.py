"""The log: idempotent appends, one writer, and a refusal for whatever is not as it was left."""

import errno
import os
import random
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.tlog import checkpoints
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.derive import derive
from backend.tlog.faults import Unfit
from backend.tlog.folder import CHECKPOINT
from backend.tlog.merkle import root_of
from backend.tlog.notes import COSIGNATURE, Signer
from backend.tlog.writer import Log, NotAppended
from tests.tlog.logs import BALLAST, Place, leaf


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_same_leaf_is_the_same_entry(place: Place) -> None:
    with place.opened() as log:
        assert log.append([b"a", b"b", b"a"]) == [0, 1, 0]
        assert log.append([b"b", b"c"]) == [1, 2]
        assert log.entries == 3
        log.publish()
    with place.opened() as log:
        assert log.append([b"c", b"a", b"d"]) == [2, 0, 3]
        assert (log.find(b"b"), log.find(b"e")) == (1, None)


def test_a_log_grows_and_every_checkpoint_is_the_root_of_its_entries(place: Place) -> None:
    leaves: list[bytes] = []
    for grow in (1, 4, 251, 1, 0, 700, 300):
        leaves += place.grow(grow)
        with place.opened() as log:
            assert log.published.size == log.entries == len(leaves)
            assert log.published.root == root_of(leaves)
        assert place.check() == len(leaves)


def test_the_tree_grows_in_public_only_when_it_is_published(place: Place) -> None:
    place.grow(300)
    before = (place.folder / CHECKPOINT).read_bytes()
    leaves = place.grow(5, publish=False)
    assert (place.folder / CHECKPOINT).read_bytes() == before
    assert not any(
        leaves[0] in path.read_bytes() for path in (place.folder / "tile").rglob("*") if path.is_file()
    )
    with place.opened() as log:
        assert (log.entries, log.published.size) == (305, 300)
        assert log.publish().size == 305


def test_a_checkpoint_appears_anew_though_nothing_was_appended(place: Place) -> None:
    with place.opened() as log:
        log.append([b"a"])
        log.publish()
        path = place.folder / CHECKPOINT
        before = path.stat().st_ino, path.read_bytes()
        log.publish()
        assert path.read_bytes() == before[1]
        assert path.stat().st_ino != before[0]


def test_a_second_writer_is_refused(place: Place) -> None:
    with place.opened() as log:
        with pytest.raises(Unfit, match=rf"held by another process \(pid {os.getpid()}\)"):
            place.open()
        log.append([b"unhurt"])
    place.open().close()


# What was done to the files, the file that the refusal names, and a word of what it says

Damage = Callable[[Place], None]


def cut(name: str, by: int) -> Damage:
    def damage(place: Place) -> None:
        path = place.folder / name
        os.truncate(path, path.stat().st_size - by)

    return damage


def flip(name: str, at: int) -> Damage:
    def damage(place: Place) -> None:
        path = place.folder / name
        held = bytearray(path.read_bytes())
        held[at] ^= 4
        path.write_bytes(held)

    return damage


def gone(name: str) -> Damage:
    def damage(place: Place) -> None:
        path = place.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return damage


def no_anchor(place: Place) -> None:
    place.anchor.path.unlink()


def flipped_anchor(place: Place) -> None:
    held = place.anchor.path.read_bytes()
    place.anchor.path.write_bytes(held.replace(b"300", b"301"))


def another_version(place: Place) -> None:
    """The same key signed two logs of one length."""
    shutil.rmtree(place.folder)
    other = Place(place.folder.parent / "other")
    with other.opened() as log:
        log.append([b"%d" % index for index in range(300)])
        log.publish()
    other.folder.rename(place.folder)


def emptied(place: Place) -> None:
    shutil.rmtree(place.folder)


FAULTS: dict[str, tuple[Damage, str, str]] = {
    "a tile that was cut": (cut("tile/0/000", 1), "tile/0/000", "8191 bytes instead of 8192"),
    "a partial tile that was cut": (
        cut("tile/0/001.p/44", 32),
        "tile/0/001.p/44",
        "1376 bytes instead of 1408",
    ),
    "a flipped bit in a tile": (flip("tile/0/000", 900), "tile/0/000", "from byte 900 on"),
    "a flipped bit in the tile above": (flip("tile/1/000.p/1", 3), "tile/1/000.p/1", "from byte 3 on"),
    "a flipped bit in a bundle": (flip("tile/entries/000", 77), "tile/entries/000", "from byte 77 on"),
    "a bundle that is missing": (gone("tile/entries/001.p/44"), "tile/entries/001.p/44", "is missing"),
    "all tiles missing": (gone("tile"), "tile/entries/000", "is missing"),
    "a flipped bit in the checkpoint": (flip(CHECKPOINT, 30), CHECKPOINT, "damaged"),
    "a flipped bit in the journal": (flip("journal", 5000), "journal", "damaged at entry"),
    "a journal that was cut": (cut("journal", 1), "journal", "were acknowledged"),
    "a journal that is missing": (gone("journal"), "journal", "is missing"),
    "a head that is missing": (gone("head"), "head", "is missing"),
    "an anchor that is missing": (no_anchor, "anchor", "is missing"),
    "an anchor that was changed": (flipped_anchor, "anchor", "damaged"),
    "a log that is gone": (emptied, "journal", "the anchor says that it has 300 entries"),
    "another version": (another_version, "anchor", "a fork"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_it_does_not_start_on(place: Place, what: str) -> None:
    damage, names, says = FAULTS[what]
    place.grow(300)
    damage(place)
    path = place.anchor.path if names == "anchor" else place.folder / names
    with pytest.raises(Unfit) as refused:
        place.open()
    assert refused.value.path == path
    assert says in str(refused.value)
    assert "What to do:" in str(refused.value)


def test_a_restored_backup_is_refused_and_the_newer_files_are_not_lost(place: Place, tmp_path: Path) -> None:
    place.grow(300)
    shutil.copytree(place.folder, tmp_path / "backup")
    place.grow(5)
    place.folder.rename(tmp_path / "newer")
    (tmp_path / "backup").rename(place.folder)
    with pytest.raises(Unfit, match=r"holds 300 entries, and the anchor .* says 305.*older copy"):
        place.open()
    shutil.rmtree(place.folder)
    (tmp_path / "newer").rename(place.folder)
    assert place.check() == 305
    with place.opened() as log:
        assert log.append([b"goes on"]) == [305]


def test_a_copy_that_was_taken_while_it_grew_opens(place: Place, tmp_path: Path) -> None:
    """In the order that docs/operations.md gives."""
    place.grow(250)
    copy = tmp_path / "copy"
    copy.mkdir()
    with place.opened() as log:
        for name in ("head", CHECKPOINT, "journal", "tile"):
            source = place.folder / name
            shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy2(source, copy)
            log.append([b"while it was copied, " + name.encode()])
    place.folder.rename(tmp_path / "newer")
    copy.rename(place.folder)
    with place.opened() as log:
        assert log.entries == 252  # what was appended before the journal was copied
        assert log.published.size == 250
    assert place.check() == 250


def test_a_backup_that_grew_another_way_is_a_fork(place: Place, tmp_path: Path) -> None:
    place.grow(300)
    shutil.copytree(place.folder, tmp_path / "backup")
    shutil.copytree(place.anchored, tmp_path / "older anchor")
    place.grow(5)
    newest = place.anchor.path.read_bytes()
    shutil.rmtree(place.folder)
    shutil.rmtree(place.anchored)
    (tmp_path / "backup").rename(place.folder)
    (tmp_path / "older anchor").rename(place.anchored)
    with place.opened() as log:
        log.append([b"history is written anew", *map(leaf, range(1000, 1010))])
        log.publish()
    place.anchor.path.write_bytes(newest)  # the anchor is found again
    with pytest.raises(Unfit, match="published checkpoint 311"):
        place.open()
    (place.folder / CHECKPOINT).write_bytes(newest)
    with pytest.raises(Unfit, match="a fork"):
        place.open()


def test_an_anchor_ahead_of_the_checkpoint_is_a_crash_and_is_made_good(place: Place) -> None:
    place.grow(300)
    before = (place.folder / CHECKPOINT).read_bytes()
    place.grow(40)
    (place.folder / CHECKPOINT).write_bytes(before)
    with place.opened() as log:
        assert log.published.size == 340
    assert place.check() == 340


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/001.p/44", "journal"])
def test_nothing_is_signed_when_what_is_stored_is_not_what_was_appended(place: Place, name: str) -> None:
    place.grow(300)
    before = (place.folder / CHECKPOINT).read_bytes(), place.anchor.path.read_bytes()
    with place.opened() as log:
        flip(name, 400)(place)
        log.append([b"durable all the same"])
        with pytest.raises(Unfit):
            log.publish()
        assert ((place.folder / CHECKPOINT).read_bytes(), place.anchor.path.read_bytes()) == before
        flip(name, 400)(place)
        assert log.publish().size == 301


def test_no_root_is_signed_that_does_not_contain_what_was_signed_before(place: Place) -> None:
    place.grow(3)
    with place.opened() as log:
        log.append([b"one more"])
        log.prepare(4)
        roots = derive(place.folder, 4, [3])
        with pytest.raises(Unfit, match="is not of these entries"):
            log.sign(4, roots | {3: bytes(32)})
        assert log.sign(4, roots).size == 4


def test_an_anchor_that_cannot_be_written_keeps_the_checkpoint_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.grow(3)
    before = (place.folder / CHECKPOINT).read_bytes()

    def fails(raw: bytes) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with place.opened() as log:
        log.append([b"one more"])
        with monkeypatch.context() as patched:
            patched.setattr(place.anchor, "keep", fails)
            with pytest.raises(OSError, match="Read-only"):
                log.publish()
        assert (place.folder / CHECKPOINT).read_bytes() == before
        assert log.publish().size == 4


def test_cosignatures_take_the_place_of_older_ones(place: Place) -> None:
    witness = Signer.generate("w.example/1", COSIGNATURE)
    place.grow(3)
    with place.opened() as log:
        for time in (1_000_000, 1_000_300):
            log.cosign(log.published, [witness.sign(log.published.text, time)])
        signed = checkpoints.read(log.checkpoint, place.signer.verifier, [witness.verifier])
        assert signed.cosigned_by == ("w.example/1",)
        assert log.checkpoint.count(b"w.example/1") == 1
        older = Checkpoint(origin=log.published.origin, size=2, root=bytes(32))
        log.cosign(older, [witness.sign(older.text, 1_000_600)])  # it answered too late
        assert log.checkpoint.count(b"\n") == 6
    with place.opened() as log:
        assert b"w.example/1" in log.checkpoint


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 4 MiB, which is really full when it is."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def filled(log: Log, started: int = 0) -> int:
    """Append until it is refused; how many were acknowledged."""
    for index in range(started, started + 100_000):
        try:
            log.append([leaf(index) + bytes(500)])
        except NotAppended:
            return index
    raise AssertionError("it never was full")


def test_a_full_disk_lets_the_ballast_go_and_then_refuses(small_disk: Path) -> None:
    place = Place(small_disk)
    place.anchored = small_disk.parent / "anchor"
    (small_disk / "other").write_bytes(bytes(2900 * 1024))
    log = place.open()
    log.append([b"first"])
    assert log.ballast.held
    refused_at = filled(log)
    assert not (place.folder / "ballast").exists()
    assert refused_at * 600 > BALLAST  # what the ballast held was used
    with pytest.raises(NotAppended, match="goes on by itself"):
        log.append([b"still full" * 300])
    with pytest.raises(OSError, match="No space"):
        log.publish()
    log.close()
    with place.opened() as log:  # a full disk does not keep it from starting
        assert log.entries == refused_at + 1
        assert not (place.folder / "ballast").exists()
        (small_disk / "other").unlink()
        assert log.ballast.make()
        assert log.append([b"still full" * 300]) == [refused_at + 1]
        assert log.publish().size == refused_at + 2
    assert place.check() == refused_at + 2


def test_a_limit_on_the_size_of_files_is_a_full_disk_too(place: Place) -> None:
    with place.opened() as log:
        log.append([b"first"])
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
        try:
            refused_at = filled(log)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert log.append([b"after"]) == [refused_at + 1]
    with place.opened() as log:
        assert log.entries == refused_at + 2


def test_random_flips_over_all_files_are_all_found(place: Place) -> None:
    """A short form of the campaign: `make campaign-kills` does ten thousand."""
    flips(place, 150, random.Random(11))


def flips(place: Place, times: int, dice: random.Random) -> None:
    place.grow(300)
    place.grow(2, publish=False)
    place.open().close()
    files = [
        path for path in place.folder.rglob("*") if path.is_file() and path.name not in ("ballast", "lock")
    ]
    files.append(place.anchor.path)
    stale = [path for path in files if path.parent.name.endswith(".p") and path.name not in ("1", "44")]
    assert not stale
    for _ in range(times):
        path = dice.choice(files)
        held = path.read_bytes()
        bit = dice.randrange(len(held) * 8)
        path.write_bytes(held[: bit // 8] + bytes([held[bit // 8] ^ 1 << bit % 8]) + held[bit // 8 + 1 :])
        with pytest.raises(Unfit) as refused:
            place.open().close()
        assert refused.value.path == path, (path, bit)
        path.write_bytes(held)
    place.open().close()
