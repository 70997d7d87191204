"""`sightline audit verify`, `export` and `mirror` on the public log."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.cli import main
from backend.fittings import open_store
from backend.tlog import checkpoints, folder, merkle, notes
from backend.tlog.anchor import Anchor
from backend.tlog.notes import Signer
from tests.backend.house import settings
from tests.tlog import flips, opened, trees

LEAF = b'{"v":1,"type":"open","c":{"level":"4mXqBA=="}}'
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data folder with an empty database and a public log."""
    store = open_store(settings(tmp_path / "data"))
    await store.migrate()
    await store.close()
    folder.write_all(tmp_path / "data", [("keys/log.key", trees.KEY.private_text().encode() + b"\n")])
    trees.make(tmp_path / "data/log", 5, 300)
    trees.grow(tmp_path / "data/log", 300, [LEAF])
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `sightline audit …`: its exit code and what it printed."""
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(data))
    monkeypatch.setenv("SIGHTLINE_LOG_ANCHOR", str(data.parent / "anchor"))
    monkeypatch.setenv("SIGHTLINE_LOG_WITNESSES", f"{flips.WITNESS.verifier.vkey} http://127.0.0.1:1/")

    def audit(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["audit", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return audit


def test_verify_verifies_both_logs(run: Run, data: Path) -> None:
    code, said, _ = run("verify")
    assert code == 0
    assert said.startswith("0 entries, last hash")
    assert f"public log {trees.ORIGIN}: 301 entries, root " in said
    assert said.endswith("public log intact\n")
    hurt = data / "log/tile/entries/000"
    hurt.write_bytes(flips.flip(hurt.read_bytes(), 70))
    code, said, complaint = run("verify")
    assert code == 1
    assert "public log NOT INTACT: tile/entries/000 was changed" in complaint
    assert "public log intact" not in said


def test_a_service_that_has_published_nothing_yet_is_intact(run: Run, data: Path) -> None:
    (data / "log").rename(data / "moved")
    code, said, _ = run("verify")
    assert (code, "public log" in said) == (0, False)


def test_a_log_is_verified_from_its_folder_and_key_alone(run: Run, data: Path, tmp_path: Path) -> None:
    (data / "keys/log.key").unlink()
    (data / "sightline.db").unlink()
    (data / "log").rename(tmp_path / "copy")
    copy, key = tmp_path / "copy", trees.KEY.verifier.vkey
    assert run("verify", "--log", copy, "--key", key)[0] == 0
    assert run("verify", "--log", copy) == (2, "", run("verify", "--log", copy)[2])
    assert "--key is needed" in run("verify", "--log", copy)[2]
    other = Signer.generate(trees.ORIGIN).verifier.vkey
    assert "no key that is known" in run("verify", "--log", copy, "--key", other)[2]
    assert "neither Ed25519" in run("verify", "--log", copy, "--key", "a+00000000+AAAA")[2]


def test_a_rollback_is_found_by_a_checkpoint_that_was_kept(run: Run, data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes((data / "log/checkpoint").read_bytes())
    assert run("verify", "--since", kept)[0] == 0
    trees.publish(data / "log", 300)
    code, _, complaint = run("verify", "--since", kept)
    assert (code, "rolled back" in complaint) == (1, True)
    kept.write_bytes(b"nothing")
    assert run("verify", "--since", kept)[0] == 2


def test_our_own_log_is_held_against_its_anchor(run: Run, data: Path, tmp_path: Path) -> None:
    anchor, checkpoint = Anchor(tmp_path / "anchor", trees.KEY.verifier), data / "log/checkpoint"
    anchor.keep(checkpoint.read_bytes())
    assert run("verify")[0] == 0
    trees.publish(data / "log", 300)  # stopped before the newer one was published: its tiles are there
    assert run("verify")[0] == 0
    shutil.rmtree(data / "log")
    trees.make(data / "log", 300)  # a backup
    assert "rolled back. The anchor" in run("verify")[2]
    trees.grow(data / "log", 300, [b"another"])
    assert "a fork. The anchor" in run("verify")[2]
    anchor.keep(b"nothing")
    assert "is damaged" in run("verify")[2]


def test_the_configured_witnesses_are_known(run: Run, data: Path) -> None:
    raw = (data / "log/checkpoint").read_bytes()
    cosignature = flips.WITNESS.sign(notes.parse(raw).text, time=1_790_000_000)
    folder.write(data / "log/checkpoint", checkpoints.cosign(raw, [cosignature]))
    assert "witnessed by witness.example/w\n" in run("verify")[1]
    folder.write(
        data / "log/checkpoint", checkpoints.cosign(raw, [cosignature._replace(data=cosignature.data[::-1])])
    )
    assert "the signature of witness.example/w does not hold" in run("verify")[2]


def test_every_entry_is_exported_as_it_was_hashed(run: Run, data: Path, tmp_path: Path) -> None:
    code, said, _ = run("export")
    rows = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert [row["index"] for row in rows] == list(range(301))
    assert merkle.root_of(row["leaf"].encode() for row in rows) == merkle.root_of(
        [*trees.leaves(0, 300), LEAF]
    )
    assert run("export", "--format", "csv", "--output", tmp_path / "log.csv")[0] == 0
    with (tmp_path / "log.csv").open(newline="") as file:
        table = list(csv.reader(file))
    assert table[0] == ["index", "leaf", "fields"]
    assert table[-1] == ["300", LEAF.decode(), "{}"]
    (data / "log/tile/0/000").unlink()
    code, said, complaint = run("export")
    assert (code, said) == (1, "")
    assert "nothing exported: tile/0/000 is missing" in complaint


def test_what_is_disclosed_is_verified_and_exported(run: Run, data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "log")
    opened.make(data / "log", 300)
    assert "400 fields of 300 entries are disclosed, each as it was committed to" in run("verify")[1]
    rows = [json.loads(line) for line in run("export")[1].splitlines()]
    assert rows[3]["fields"] == {name: list(opened.field(3, name)) for name in ("hour", "reason")}
    assert [len(row["fields"]) for row in rows[:4]] == [2, 1, 1, 2]
    assert run("export", "--format", "csv", "--output", tmp_path / "log.csv")[0] == 0
    with (tmp_path / "log.csv").open(newline="") as file:
        assert [json.loads(row["fields"]) for row in csv.DictReader(file)] == [row["fields"] for row in rows]
    hurt = data / "log/disclosures/1.json"
    hurt.write_bytes(opened.file(1, {257: ["hour"]}).replace(b"hour of 257", b"hour of 258"))
    complaint = run("verify")[2]
    assert "public log NOT INTACT: disclosures/1.json: entry 257, field hour: 'hour of 258" in complaint
    assert "nothing exported: disclosures/1.json" in run("export")[2]
    hurt.write_bytes(opened.file(1, {299: ["hour"], 300: ["hour"]}))
    assert "entry 300 is disclosed, and the log has 300" in run("verify")[2]


def test_a_mirror_is_verified_like_the_log(run: Run, data: Path, tmp_path: Path) -> None:
    code, said, _ = run("mirror", tmp_path / "www")
    assert code == 0
    assert "301 entries, 0 before; 5 files copied" in said
    assert run("verify", "--log", tmp_path / "www", "--key", trees.KEY.verifier.vkey)[0] == 0
    trees.publish(data / "log", 300)
    code, _, complaint = run("mirror", tmp_path / "www")
    assert (code, "not mirrored: " in complaint, "rolled back" in complaint) == (1, True, True)
