"""The tree: RFC 6962's and transparency-dev's vectors, and proofs against the definition itself."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.tlog import merkle

# The leaves and hashes of transparency-dev/merkle's testonly/constants.go, which Certificate
# Transparency's implementations share.
LEAVES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [bytes.fromhex(each) for each in (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
A96, A5F, A6B = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
BC1, CA8, D37, OEB = (
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
)
FAC, O6E, B08 = (
    ROOTS[2].hex(),
    ROOTS[1].hex(),
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
)
INCLUSION = [
    (0, 1, []), (0, 8, [A96, A5F, A6B]), (5, 8, [BC1, CA8, D37]), (2, 3, [FAC]), (1, 5, [O6E, A5F, BC1]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []), (1, 8, [A96, A5F, A6B]), (6, 8, [OEB, CA8, D37]), (2, 5, [A5F, BC1]), (6, 7, [OEB, B08, D37]),
]  # fmt: skip


def nodes_over(leaves: list[bytes]) -> merkle.Nodes:
    return lambda height, index: mth(leaves[index << height : (index + 1) << height])


def split(size: int) -> int:
    at = 1
    while at * 2 < size:
        at *= 2
    return at


def mth(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if len(leaves) == 0:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return merkle.leaf_hash(leaves[0])
    k = split(len(leaves))
    return merkle.node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def test_roots_are_certificate_transparencys() -> None:
    assert [merkle.root_of(LEAVES[:size]) for size in range(9)] == ROOTS
    assert [merkle.tree_root(size, nodes_over(LEAVES)) for size in range(9)] == ROOTS


def test_proofs_are_certificate_transparencys() -> None:
    nodes = nodes_over(LEAVES)
    for index, size, expected in INCLUSION:
        proof = merkle.inclusion_proof(index, size, nodes)
        assert [each.hex() for each in proof] == expected
        assert merkle.includes(index, size, merkle.leaf_hash(LEAVES[index]), proof, ROOTS[size])
    for older, newer, expected in CONSISTENCY:
        proof = merkle.consistency_proof(older, newer, nodes)
        assert [each.hex() for each in proof] == expected
        assert merkle.consistent(older, newer, ROOTS[older], ROOTS[newer], proof)


def test_every_small_tree_proves_what_the_rfc_defines() -> None:
    leaves = [bytes([index]) for index in range(40)]
    nodes = nodes_over(leaves)
    for size in range(1, 41):
        root = mth(leaves[:size])
        assert merkle.root_of(leaves[:size]) == root
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, nodes)
            assert proof == path(index, leaves[:size])
            assert merkle.includes(index, size, merkle.leaf_hash(leaves[index]), proof, root)
            assert not merkle.includes(index, size, merkle.leaf_hash(b"other"), proof, root)
        for older in range(size + 1):
            proof = merkle.consistency_proof(older, size, nodes)
            assert proof == (subproof(older, leaves[:size], True) if older else [])
            assert merkle.consistent(older, size, mth(leaves[:older]), root, proof)


@given(some.data(), some.integers(2, 300))
def test_a_proof_that_was_touched_proves_nothing(data: some.DataObject, size: int) -> None:
    leaves = [index.to_bytes(2, "big") for index in range(size)]
    nodes, root = nodes_over(leaves), mth(leaves)
    index = data.draw(some.integers(0, size - 1))
    older = data.draw(some.integers(1, size - 1))
    old_root = mth(leaves[:older])
    included = merkle.inclusion_proof(index, size, nodes)
    grown = merkle.consistency_proof(older, size, nodes)
    hashed = merkle.leaf_hash(leaves[index])
    assert merkle.includes(index, size, hashed, included, root)
    assert merkle.consistent(older, size, old_root, root, grown)
    for hurt in _hurt(data, included):
        assert not merkle.includes(index, size, hashed, hurt, root)
    for hurt in _hurt(data, grown):
        assert not merkle.consistent(older, size, old_root, root, hurt)
    other = data.draw(some.integers(0, size - 1).filter(lambda each: each != index))
    assert not merkle.includes(other, size, hashed, included, root)
    assert not merkle.consistent(older, size, bytes(32), root, grown)
    assert not merkle.consistent(older, size, old_root, bytes(32), grown)


def _hurt(data: some.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    at = data.draw(some.integers(0, len(proof) - 1))
    bit = data.draw(some.integers(0, 255))
    flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    return [
        [*proof[:at], flipped, *proof[at + 1 :]],
        proof[:at] + proof[at + 1 :],
        [*proof, proof[at]],
        [proof[at], *proof],
        [*proof, b""],
    ]


def test_proofs_about_trees_that_cannot_be_are_refused() -> None:
    nodes = nodes_over(LEAVES)
    for index, size in ((0, 0), (1, 1), (-1, 3), (8, 8)):
        with pytest.raises(ValueError):
            merkle.inclusion_proof(index, size, nodes)
        assert not merkle.includes(index, size, ROOTS[1], [], ROOTS[1])
    for older, newer in ((2, 1), (-1, 1)):
        with pytest.raises(ValueError):
            merkle.consistency_proof(older, newer, nodes)
        assert not merkle.consistent(older, newer, ROOTS[1], ROOTS[1], [])
    assert not merkle.consistent(0, 3, ROOTS[1], ROOTS[3], [])  # not the empty tree's root
    assert not merkle.consistent(3, 5, ROOTS[3], ROOTS[5], [])


def test_a_frontier_grows_by_leaves_and_by_subtrees() -> None:
    leaves = [index.to_bytes(2, "big") for index in range(700)]
    by_leaf, by_tile = merkle.Frontier(), merkle.Frontier()
    for index, leaf in enumerate(leaves):
        assert by_leaf.append(leaf) == index
    for start in (0, 256):
        by_tile.append_subtree(8, mth(leaves[start : start + 256]))
    for leaf in leaves[512:]:
        by_tile.append(leaf)
    assert by_leaf.root() == by_tile.root() == mth(leaves)
    assert merkle.Frontier(700, by_tile.hashes).root() == mth(leaves)
    with pytest.raises(ValueError):
        by_tile.append_subtree(8, bytes(32))
    with pytest.raises(ValueError):
        merkle.Frontier(3, [bytes(32)])


@given(some.integers(0, 5000), some.integers(0, 5000))
def test_a_range_is_covered_by_complete_subtrees(one: int, other: int) -> None:
    start, end = sorted((one, other))
    at = start
    found = merkle.complete_subtrees(start, end)
    for height, index in found:
        assert index << height == at
        at += 1 << height
    assert at == end
    assert all(parts != ((h, i), (h, i + 1)) or i & 1 for parts in pairwise(found) for h, i in parts[:1])
