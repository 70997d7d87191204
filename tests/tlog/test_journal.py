"""The journal: what was acknowledged is there, what was not is taken in whole or cut, all else is refused."""

import os
import random
from pathlib import Path

import pytest

from backend.tlog import journal as journals
from backend.tlog.faults import Unfit
from backend.tlog.journal import Broken, Journal
from tests.tlog.logs import leaf


def load(folder: Path) -> tuple[Journal, list[bytes]]:
    found: list[bytes] = []

    def take(index: int, held: bytes) -> None:
        assert index == len(found)
        found.append(held)

    return Journal.load(folder, take), found


def made(folder: Path, *groups: int) -> list[bytes]:
    """A journal with that many entries in each append."""
    journal = Journal.make(folder)
    leaves = [leaf(index) for index in range(sum(groups))]
    at = 0
    for group in groups:
        assert journal.append(leaves[at : at + group]) == at
        at += group
    journal.close()
    return leaves


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    leaves = made(tmp_path, 1, 700, 2, 65)
    journal, found = load(tmp_path)
    assert found == leaves
    for start, end in ((0, 0), (0, 1), (255, 257), (256, 512), (300, 768), (768, 768)):
        assert list(journal.read(start, end)) == leaves[start:end]
    assert journal.append([b"one more"]) == len(leaves)
    assert list(journal.read(767, 769)) == [leaves[767], b"one more"]
    journal.close()


def test_a_torn_tail_that_nobody_was_told_of_is_cut(tmp_path: Path) -> None:
    leaves = made(tmp_path, 3, 2)
    whole = (tmp_path / "journal").read_bytes()
    head = (tmp_path / "head").read_bytes()
    journal, _ = load(tmp_path)
    journal.append([b"not acknowledged", b"nor this"])
    journal.close()
    longer = (tmp_path / "journal").read_bytes()
    for cut in range(len(whole), len(longer) + 1):
        (tmp_path / "journal").write_bytes(longer[:cut])
        (tmp_path / "head").write_bytes(head)
        journal, found = load(tmp_path)
        beyond = found[len(leaves) :]
        assert found[: len(leaves)] == leaves
        assert beyond == [b"not acknowledged", b"nor this"][: len(beyond)]
        assert len(beyond) == (cut >= len(whole) + 44 + 16) + (cut == len(longer))
        journal.close()
        assert load(tmp_path)[1] == found  # and they are acknowledged now


def test_garbage_beyond_the_head_is_cut(tmp_path: Path) -> None:
    leaves = made(tmp_path, 3)
    dice = random.Random(5)
    for _ in range(50):
        with (tmp_path / "journal").open("ab") as file:
            file.write(dice.randbytes(dice.randrange(1, 400)))
        journal, found = load(tmp_path)
        journal.close()
        assert found == leaves


@pytest.mark.parametrize("name", ["journal", "head"])
def test_a_flipped_bit_is_found_wherever_it_is(tmp_path: Path, name: str) -> None:
    made(tmp_path, 2, 1)
    path = tmp_path / name
    held = path.read_bytes()
    places = range(len(held)) if name == "journal" else [*range(160), *range(4000, 4300), 8191]
    for at in places:
        for bit in {0, at % 8}:
            path.write_bytes(held[:at] + bytes([held[at] ^ 1 << bit]) + held[at + 1 :])
            with pytest.raises(Unfit) as refused:
                load(tmp_path)
            assert refused.value.path == path
            assert "audit mend" in str(refused.value)


def test_a_journal_that_was_cut_or_put_back_is_refused(tmp_path: Path) -> None:
    made(tmp_path, 2)
    older = (tmp_path / "journal").read_bytes(), (tmp_path / "head").read_bytes()
    journal, _ = load(tmp_path)
    for index in range(3):
        journal.append([b"later %d" % index])
    journal.close()
    newer = (tmp_path / "journal").read_bytes(), (tmp_path / "head").read_bytes()
    for held in (older[0], newer[0][:-1], newer[0][:-60], b""):
        (tmp_path / "journal").write_bytes(held)
        with pytest.raises(Unfit, match=r"acknowledged|does not begin"):
            load(tmp_path)
    (tmp_path / "journal").write_bytes(newer[0])
    for name, held in (("head", newer[1][:-1]), ("head", b"")):
        (tmp_path / name).write_bytes(held)
        with pytest.raises(Unfit, match="bytes instead of"):
            load(tmp_path)
    (tmp_path / "head").unlink()
    with pytest.raises(Unfit, match="is missing"):
        load(tmp_path)


def test_another_journal_of_the_same_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in "ab":
        journal = Journal.make(tmp_path / name)
        journal.append([name.encode()])
        journal.close()
    (tmp_path / "a" / "journal").write_bytes((tmp_path / "b" / "journal").read_bytes())
    with pytest.raises(Unfit, match="not the journal that head speaks of"):
        load(tmp_path / "a")


def test_after_a_failed_sync_nothing_more_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says so once and then holds the page for clean: what was written cannot be trusted."""
    leaves = made(tmp_path, 3)
    journal, _ = load(tmp_path)

    def fails(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", fails)
        with pytest.raises(Broken):
            journal.append([b"lost?"])
    with pytest.raises(Broken):
        journal.append([b"another"])
    journal.close()
    journal, found = load(tmp_path)
    journal.close()
    assert found == [*leaves, b"lost?"]  # written anew and synced, not believed


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = made(tmp_path, 3)
    journal, _ = load(tmp_path)
    write = os.pwrite

    def short(file: int, data: bytes, at: int) -> int:
        if at > len(journals.MAGIC) + 100:
            raise OSError(28, "No space left on device")
        return write(file, data[:7], at)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", short)
        with pytest.raises(OSError, match="No space"):
            journal.append([b"too much"])
    assert journal.append([b"later"]) == 3
    journal.close()
    assert load(tmp_path)[1] == [*leaves, b"later"]


def test_an_entry_has_a_bound(tmp_path: Path) -> None:
    journal = Journal.make(tmp_path)
    assert journal.append([bytes(65535)]) == 0
    with pytest.raises(ValueError, match="65536"):
        journal.append([bytes(65536)])
    journal.close()
    assert load(tmp_path)[1] == [bytes(65535)]
