"""Mending: what can be shown to be right is written again, and nothing else."""

import os
import shutil
from pathlib import Path

import pytest

from backend.tlog.faults import Unfit
from backend.tlog.folder import CHECKPOINT
from backend.tlog.mend import mend
from backend.tlog.verify import verify
from backend.tlog.writer import locked
from tests.tlog.logs import Place
from tests.tlog.test_writer import Damage, cut, flip, gone

MENDED: dict[str, tuple[Damage, str]] = {
    "a tile that was cut": (cut("tile/0/000", 1), "tile/0/000"),
    "a flipped bit in a tile": (flip("tile/0/001.p/44", 900), "tile/0/001.p/44"),
    "a flipped bit in the tile above": (flip("tile/1/000.p/1", 3), "tile/1/000.p/1"),
    "a flipped bit in a bundle": (flip("tile/entries/000", 77), "tile/entries/000"),
    "a flipped length in a bundle": (flip("tile/entries/001.p/44", 0), "tile/entries/001.p/44"),
    "all tiles missing": (gone("tile"), "tile/entries/000"),
    "a flipped bit in the checkpoint": (flip(CHECKPOINT, 30), "checkpoint"),
    "a checkpoint that is missing": (gone(CHECKPOINT), "checkpoint"),
    "a flipped bit in the journal": (flip("journal", 5000), "journal"),
    "a flipped length in the journal": (flip("journal", 24), "journal"),
    "a journal's beginning": (flip("journal", 0), "journal"),
    "a flipped bit in the head": (flip("head", 20), "head"),
    "a head that is missing": (gone("head"), "head"),
}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.grow(300)
    place.grow(7, publish=False)
    return place


def mended(place: Place) -> list[str]:
    lock = locked(place.folder)
    try:
        return mend(place.folder, place.signer.verifier, place.anchor)
    finally:
        os.close(lock)


@pytest.mark.parametrize("what", MENDED)
def test_it_mends(place: Place, what: str) -> None:
    damage, names = MENDED[what]
    damage(place)
    assert any(said.startswith(names) for said in mended(place))
    with place.opened() as log:
        assert (log.entries, log.published.size) == (307, 300)
        log.publish()
    assert verify(place.folder, place.signer.verifier).problem is None
    assert mended(place) == []


def test_it_does_not_mend_what_nobody_has_whole(place: Place) -> None:
    journal = (place.folder / "journal").read_bytes()
    cut("journal", 1)(place)  # the last entry, which is not published yet
    with pytest.raises(Unfit, match="from entry 306 on"):
        mended(place)
    (place.folder / "journal").write_bytes(journal)
    flip("journal", 5000)(place)
    gone("tile/entries/000")(place)
    with pytest.raises(Unfit, match="neither journal nor bundles"):
        mended(place)


def test_it_does_not_mend_a_rollback_or_a_fork(place: Place, tmp_path: Path) -> None:
    shutil.copytree(place.folder, tmp_path / "backup")
    place.grow(5)
    shutil.rmtree(place.folder)
    (tmp_path / "backup").rename(place.folder)
    with pytest.raises(Unfit, match="from entry 307 on"):
        mended(place)
    shutil.rmtree(place.folder)
    other = Place(tmp_path / "other")
    with other.opened() as log:
        log.append([b"another %d" % index for index in range(400)])
        log.publish()
    other.folder.rename(place.folder)
    with pytest.raises(Unfit, match="a fork"):
        mended(place)
    place.anchor.path.unlink()
    with pytest.raises(Unfit, match="is missing"):
        mended(place)
