"""Tiles: paths, bytes, and the same tree however it grew."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from backend.tlog import folder, merkle, tiles
from backend.tlog.faults import Malformed
from backend.tlog.folder import Folder
from backend.tlog.tiles import ENTRIES, Tile
from tests.tlog import trees


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 0, 17), "tile/1/000.p/17"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
        (Tile(63, 1000), "tile/63/x001/000"),
    ],
)
def test_a_tiles_path_is_as_in_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/0/x000/001", "tile/0/001/002",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/entries/x01/000", "tile/0/٠٠٠",
        "tile/0/000.p/", "tile/data/000", "tile/0/000/", "/tile/0/000", "tile/0/000\n",
    ],
)  # fmt: skip
def test_any_other_spelling_is_no_path(path: str) -> None:
    with pytest.raises(Malformed):
        tiles.parse_path(path)


@given(some.integers(-1, 63), some.integers(0, 10**12), some.integers(1, 256))
def test_paths_are_read_back(level: int, number: int, width: int) -> None:
    tile = Tile(level, number, width)
    assert tiles.parse_path(tile.path) == tile


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    found = list(tiles.tiles_of(70_000))
    assert sum(tile.level == 0 and tile.width == 256 for tile in found) == 273
    assert Tile(0, 273, 112) in found
    assert [tile for tile in found if tile.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert [tile for tile in tiles.tiles_of(256) if tile.level >= 0] == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles.tiles_of(0)) == []


@settings(deadline=None, max_examples=40)
@given(some.lists(some.integers(0, 700), min_size=1, max_size=6))
def test_a_log_is_the_same_however_it_grew(steps: list[int]) -> None:
    files: dict[Tile, bytes] = {}
    size = 0
    for step in steps:
        made = list(tiles.grown(files.__getitem__, size, trees.leaves(size, size + step)))
        assert all(tile not in files for tile, _ in made)  # immutable: nothing is written twice
        files.update(made)
        size += step
    nothing: dict[Tile, bytes] = {}
    at_once = dict(tiles.grown(nothing.__getitem__, 0, trees.leaves(0, size)))
    assert set(at_once) == set(tiles.tiles_of(size))
    assert all(files[tile] == data for tile, data in at_once.items())


def test_leaves_and_nodes_are_read_back_from_a_folder(tmp_path: Path) -> None:
    trees.make(tmp_path, 300, 70_000)
    stored = Folder(tmp_path, 70_000)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        assert stored.leaf(index) == trees.leaf(index)
    root = merkle.root_of(trees.leaves(0, 70_000))
    assert merkle.tree_root(70_000, stored.node) == root
    for index in (0, 299, 65_535, 69_999):
        proof = merkle.inclusion_proof(index, 70_000, stored.node)
        assert merkle.includes(index, 70_000, merkle.leaf_hash(trees.leaf(index)), proof, root)
    for older in (1, 256, 257, 300, 65_536, 69_999):
        proof = merkle.consistency_proof(older, 70_000, stored.node)
        old_root = merkle.root_of(trees.leaves(0, older))
        assert merkle.consistent(older, 70_000, old_root, root, proof)


def test_an_older_size_is_read_after_its_partial_tiles_are_gone(tmp_path: Path) -> None:
    trees.make(tmp_path, 5, 300)
    (tmp_path / "tile/0/000.p/5").unlink()
    (tmp_path / "tile/entries/000.p/5").unlink()
    older = Folder(tmp_path, 5)
    assert merkle.tree_root(5, older.node) == merkle.root_of(trees.leaves(0, 5))
    assert older.leaf(4) == trees.leaf(4)


def test_a_file_that_is_missing_or_cut_is_named(tmp_path: Path) -> None:
    trees.make(tmp_path, 300)
    cut = tmp_path / "tile/entries/000"
    cut.write_bytes(cut.read_bytes()[:-1])
    (tmp_path / "tile/0/001.p/44").unlink()
    with pytest.raises(Malformed, match=r"tile/entries/000 .*cut short"):
        Folder(tmp_path, 300).leaf(3)
    with pytest.raises(Malformed, match=r"tile/0/001.p/44 is missing"):
        Folder(tmp_path, 300).node(0, 299)


def test_a_bundle_that_is_cut_anywhere_is_refused() -> None:
    whole = tiles.bundle([b"one", b"", b"three"])
    assert whole == b"\x00\x03one\x00\x00\x00\x05three"
    assert tiles.unbundle(whole, 3) == [b"one", b"", b"three"]
    for length in range(len(whole)):
        with pytest.raises(Malformed):
            tiles.unbundle(whole[:length], 3)
    with pytest.raises(ValueError, match="65536 bytes"):
        tiles.bundle([bytes(65_536)])


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    folder.write_all(tmp_path / "new", [("tile/0/x001/000", b"one"), ("checkpoint", b"two")])
    folder.write(tmp_path / "new/checkpoint", b"three")
    assert (tmp_path / "new/tile/0/x001/000").read_bytes() == b"one"
    assert (tmp_path / "new/checkpoint").read_bytes() == b"three"
    assert [each.name for each in tmp_path.rglob(".*")] == []
