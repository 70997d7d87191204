"""The Merkle tree of RFC 6962, section 2.1 (the same as RFC 9162's): hashes, roots, and the two proofs.

Pure: nothing here reads a file. A proof is made from `Nodes`, a way to ask for the hash of a complete
subtree; `backend.tlog.folder` answers from tiles.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()  # MTH({})

# (height, index) -> the hash of the complete subtree over leaves [index << height, (index + 1) << height)
Nodes = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """MTH of one leaf: SHA-256(0x00 || leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The hashes one level up: `hashes` is an even number of them, end to end, and so is what returns."""
    return b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])


def subtree_root(hashes: bytes) -> bytes:
    """The root over a power of two of hashes, end to end; of a full tile (256), what stands one level up."""
    while len(hashes) > HASH_BYTES:
        hashes = parents(hashes)
    return hashes


class Frontier:
    """The complete subtrees of a growing tree, largest first: all that a root needs. 32 bytes a level."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} has {size.bit_count()} complete subtrees, not {len(hashes)}")
        self.size = size
        self._hashes = list(hashes)

    @classmethod
    def of(cls, size: int, nodes: Nodes) -> "Frontier":
        """The frontier of a tree that is stored already."""
        return cls(size, [nodes(height, index) for height, index in complete_subtrees(0, size)])

    def append(self, leaf: bytes) -> int:
        """Take one leaf in; its index."""
        return self.append_hash(leaf_hash(leaf))

    def append_hash(self, hashed: bytes) -> int:
        """Take one leaf in by its hash; its index."""
        index = self.size
        while index & 1:  # a complete neighbour on the left: join
            hashed = node_hash(self._hashes.pop(), hashed)
            index >>= 1
        self._hashes.append(hashed)
        self.size += 1
        return self.size - 1

    def append_subtree(self, height: int, hashed: bytes) -> None:
        """Take in a complete subtree of 2**height leaves, where the tree's size is a multiple of that."""
        index, rest = divmod(self.size, 1 << height)
        if rest:
            raise ValueError(f"a subtree of height {height} cannot begin at leaf {self.size}")
        while index & 1:
            hashed = node_hash(self._hashes.pop(), hashed)
            index >>= 1
        self._hashes.append(hashed)
        self.size += 1 << height

    def root(self) -> bytes:
        """MTH of all leaves so far."""
        return _join(self._hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The complete subtrees, largest first."""
        return tuple(self._hashes)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """MTH of leaves that are all at hand."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def complete_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """The (height, index) of the largest complete subtrees over [start, end), from left to right."""
    found = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        found.append((height, start >> height))
        start += 1 << height
    return found


def tree_root(size: int, nodes: Nodes) -> bytes:
    """MTH of the first `size` leaves of a stored tree."""
    return Frontier.of(size, nodes).root()


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """PATH(index, D[0:size]) of RFC 6962, section 2.1.1: from the leaf's sibling up to the root's child."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:  # from the root down
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start = middle
    return path[::-1]


def consistency_proof(older: int, newer: int, nodes: Nodes) -> list[bytes]:
    """PROOF(older, D[0:newer]) of RFC 6962, section 2.1.2; empty for older = 0 and for older = newer."""
    if not 0 <= older <= newer:
        raise ValueError(f"a tree of {older} is not older than one of {newer}")
    if older in (0, newer):
        return []
    proof, start, end = [], 0, newer
    while older != end:
        middle = start + _split(end - start)
        if older <= middle:
            proof.append(_range_root(middle, end, nodes))
            end = middle
        else:
            proof.append(_range_root(start, middle, nodes))
            start = middle
    if start:  # the older tree's last subtree is not the whole of it
        proof.append(_range_root(start, end, nodes))
    return proof[::-1]


def root_from_inclusion(index: int, size: int, hashed: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that a proof leads to (RFC 9162, section 2.1.3.2); None when its length cannot be right."""
    if not 0 <= index < size:
        return None
    node, last, root = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return root if last == 0 else None


def includes(index: int, size: int, hashed: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the proof show that the leaf with this hash is at `index` of the tree with this root?"""
    return root_from_inclusion(index, size, hashed, proof) == root


def consistent(older: int, newer: int, older_root: bytes, newer_root: bytes, proof: Sequence[bytes]) -> bool:
    """Does the proof show that the older tree is the newer one's beginning? RFC 9162, section 2.1.4.2."""
    if not 0 <= older <= newer:
        return False
    if older == newer:
        return not proof and older_root == newer_root
    if older == 0:
        return not proof and older_root == EMPTY_ROOT
    hashes = list(proof)
    if older & (older - 1) == 0:  # a complete tree: its root stands for the proof's first hash
        hashes.insert(0, older_root)
    if not hashes:
        return False
    node, last = older - 1, newer - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == older_root and new == newer_root


def _split(size: int) -> int:
    """k of RFC 6962: the largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_root(start: int, end: int, nodes: Nodes) -> bytes:
    """MTH(D[start:end]), where start is a multiple of the power of two that holds the range."""
    return _join([nodes(height, index) for height, index in complete_subtrees(start, end)])


def _join(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root
