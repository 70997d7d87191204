"""tlog-proof: what anybody can check offline, and what they must refuse."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from backend.tlog import proofs
from backend.tlog.faults import Malformed, Unproven
from backend.tlog.folder import Folder
from backend.tlog.notes import COSIGNATURE, Signer
from backend.tlog.proofs import Proof
from tests.tlog import trees


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    folder = tmp_path_factory.mktemp("log")
    raw = trees.make(folder, 300)
    return proofs.make(7, raw, Folder(folder, 300).node, extra=b"fields")


def test_a_proof_is_written_as_the_specification_says_and_checks(proof: Proof) -> None:
    lines = proofs.encode(proof).decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra ZmllbGRz", "index 7"]
    assert all(len(line) == 44 for line in lines[3 : lines.index("")])
    assert lines[lines.index("") + 1 : lines.index("") + 3] == [trees.ORIGIN, "300"]
    assert proofs.parse(proofs.encode(proof)) == proof
    assert proofs.check(proof, trees.leaf(7), trees.KEY.verifier).checkpoint.size == 300
    bare = replace(proof, extra=None)
    assert proofs.parse(proofs.encode(bare)) == bare


def test_the_only_entrys_proof_has_no_hashes(tmp_path: Path) -> None:
    raw = trees.make(tmp_path, 1)
    only = proofs.make(0, raw, Folder(tmp_path, 1).node)
    assert proofs.encode(only).startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example.gov/")
    assert proofs.check(proofs.parse(proofs.encode(only)), trees.leaf(0), trees.KEY.verifier)
    with pytest.raises(ValueError, match="no leaf 1"):
        proofs.make(1, raw, Folder(tmp_path, 1).node)


def test_what_a_proof_does_not_show_is_refused(proof: Proof) -> None:
    key = trees.KEY.verifier
    flipped = bytes([proof.hashes[0][0] ^ 1]) + proof.hashes[0][1:]
    for hurt, words in (
        (replace(proof, index=8), "not entry 8"),
        (replace(proof, index=300), "no entry 300"),
        (replace(proof, hashes=proof.hashes[1:]), "not entry 7"),
        (replace(proof, hashes=(flipped, *proof.hashes[1:])), "not entry 7"),
        (replace(proof, checkpoint=proof.checkpoint.replace(b"\n300\n", b"\n301\n")), "does not hold"),
    ):
        with pytest.raises(Unproven, match=words):
            proofs.check(hurt, trees.leaf(7), key)
    with pytest.raises(Unproven, match="not entry 7"):
        proofs.check(proof, trees.leaf(6), key)
    with pytest.raises(Unproven, match="no key"):
        proofs.check(proof, trees.leaf(7), Signer.generate(trees.ORIGIN).verifier)


def test_a_proof_may_need_witnesses(proof: Proof) -> None:
    witness = Signer.generate("witness.example", COSIGNATURE)
    with pytest.raises(Unproven, match="0 of the named witnesses"):
        proofs.check(proof, trees.leaf(7), trees.KEY.verifier, [witness.verifier], quorum=1)
    text = proof.checkpoint.decode().partition("\n\n")[0] + "\n"
    seen = proof.checkpoint + witness.sign(text, time=1_790_000_000).line.encode()
    signed = proofs.check(
        replace(proof, checkpoint=seen), trees.leaf(7), trees.KEY.verifier, [witness.verifier], quorum=1
    )
    assert signed.cosigned_by == ("witness.example",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("proof@v1", "proof@v2"),
        ("index 7", "index 07"),
        ("index 7", "index -7"),
        ("index 7", "index"),
        ("index 7\n", ""),
        ("extra Z", "extra  Z"),
        ("extra ZmllbGRz\n", "extra ZmllbGRz\nextra ZmllbGRz\n"),
        ("\n\n", "\n"),
        ("index 7\n", "index 7\nAAAA\n"),
        ("index 7\n", "index 7\n" + ("A" * 43 + "=\n") * 64),
    ],
)
def test_a_proof_that_is_malformed_is_refused(proof: Proof, old: str, new: str) -> None:
    text = proofs.encode(proof).decode()
    assert old in text
    with pytest.raises((Malformed, Unproven)):
        proofs.check(proofs.parse(text.replace(old, new, 1).encode()), trees.leaf(7), trees.KEY.verifier)


def test_every_bit_of_a_proof_matters(proof: Proof) -> None:
    """The extra data apart, for which nobody vouches."""
    whole = proofs.encode(replace(proof, extra=None))
    for at in range(len(whole)):
        hurt = whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :]
        with pytest.raises((Malformed, Unproven)):
            proofs.check(proofs.parse(hurt), trees.leaf(7), trees.KEY.verifier)
