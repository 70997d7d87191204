"""The audit log: whole, or it says where it is not."""

import itertools
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.cli import main
from backend.fittings import open_store
from backend.model.entries import GENESIS, Action, Entry, digest
from backend.services import audit
from tests.backend.house import House, Phone, Staff, settings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ENTRIES = 8


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """A folder with a log of eight entries; the file may be written to by hand."""
    store = open_store(settings(tmp_path / "log"))
    await store.migrate()
    for number in range(ENTRIES):
        async with store.begin() as tx:
            await audit.record(
                tx,
                NOW,
                Action.LINK_ISSUE,
                actor="usr_1",
                subject=f"lnk_{number}",
                incident_id="inc_1",
                details={"number": "+12125550123"},
            )
    await store.close()
    return tmp_path / "log"


def tamper(log: Path, *statements: str) -> None:
    database = sqlite3.connect(log / "sightline.db", isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()


@pytest.fixture
def verify(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], tuple[int, str]]:
    """`sightline audit verify`: its exit code and what it printed, in a thread without a running loop."""

    def run() -> tuple[int, str]:
        monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(log))
        code = main(["audit", "verify"])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_an_untouched_log_is_intact(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    code, said = verify()
    assert code == 0
    assert f"{ENTRIES} entries" in said
    assert "intact" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "'2026-11-01 12:00:00.000001'"),
        ("action", "'link.revoke'"),
        ("actor", "'usr_2'"),
        ("subject", "'lnk_9'"),
        ("incident_id", "'inc_2'"),
        ("incident_id", "NULL"),
        ("refusal", "'link-expired'"),
        ("details", "'{}'"),
        ("details", """'{"number":"+12125550124"}'"""),
        ("previous", "'" + "0" * 64 + "'"),
        ("hash", "'" + "0" * 64 + "'"),
    ],
)
def test_a_changed_field_is_found(
    log: Path, verify: Callable[[], tuple[int, str]], field: str, value: str
) -> None:
    tamper(log, f'UPDATE entries SET "{field}" = {value} WHERE "index" = 3')
    code, said = verify()
    assert code == 1
    assert "entry 3" in said


def test_a_removed_entry_is_found(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    tamper(log, 'DELETE FROM entries WHERE "index" = 4')
    code, said = verify()
    assert code == 1
    assert "entry 4 is missing" in said


def test_two_swapped_entries_are_found(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    tamper(
        log,
        'UPDATE entries SET "index" = 99 WHERE "index" = 2',
        'UPDATE entries SET "index" = 2 WHERE "index" = 5',
        'UPDATE entries SET "index" = 5 WHERE "index" = 99',
    )
    code, said = verify()
    assert code == 1
    assert "entry 2" in said


def test_a_cut_tail_is_found(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    tamper(log, 'DELETE FROM entries WHERE "index" >= 6')
    code, said = verify()
    assert code == 1
    assert "the log was cut" in said


def test_an_emptied_log_is_found(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    tamper(log, "DELETE FROM entries")
    assert verify()[0] == 1


def test_an_entry_slipped_in_is_found(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    forged = Entry(
        index=ENTRIES,
        at=NOW,
        action=Action.LINK_ISSUE,
        actor="usr_1",
        subject="lnk_x",
        incident_id=None,
        refusal=None,
        details={},
        previous=GENESIS,
        hash="",
    )
    tamper(
        log,
        f"INSERT INTO entries SELECT {ENTRIES}, at, action, actor, 'lnk_x', NULL, NULL, '{{}}', hash, "
        f"'{digest(forged)}' FROM entries WHERE \"index\" = {ENTRIES - 1}",
    )
    assert verify()[0] == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "'no.such'"),
        ("action", "x'00ff'"),
        ("at", "'yesterday'"),
        ("at", "'2026-13-45 99:00:00'"),
        ("at", "x'00'"),
        ("actor", "x'ff'"),
        ("actor", "CAST(x'ff' AS TEXT)"),
        ("details", "'{'"),
        ("details", "'[1]'"),
        ("details", """'{"number":5}'"""),
        ("details", "x'ff'"),
        ("details", "CAST(x'ff' AS TEXT)"),
        ("details", "'" + '{"a":' * 100_000 + "'"),
    ],
)
def test_an_entry_that_cannot_be_read_is_reported(
    log: Path, verify: Callable[[], tuple[int, str]], field: str, value: str
) -> None:
    tamper(log, f'UPDATE entries SET "{field}" = {value} WHERE "index" = 3')
    code, said = verify()
    assert code == 1
    assert "entry 3" in said
    assert "3 entries" in said


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM chain",
        "INSERT INTO chain SELECT 0, size, head FROM chain",
        "UPDATE chain SET size = 'many'",
        "UPDATE chain SET head = x'00'",
        "UPDATE chain SET head = CAST(x'ff' AS TEXT)",
        "UPDATE chain SET size = size - 1",
    ],
)
def test_a_damaged_head_is_reported(log: Path, verify: Callable[[], tuple[int, str]], statement: str) -> None:
    tamper(log, statement)
    code, said = verify()
    assert code == 1
    assert "NOT INTACT" in said


def test_a_missing_table_is_reported(log: Path, verify: Callable[[], tuple[int, str]]) -> None:
    tamper(log, "DROP TABLE entries")
    code, said = verify()
    assert code == 1
    assert "NOT INTACT" in said


async def test_every_entry_follows_from_the_one_before(house: House, dana: Staff, phone: Phone) -> None:
    await phone.share()
    entries = await house.entries()
    assert entries[0].previous == GENESIS
    for before, after in itertools.pairwise(entries):
        assert (after.index, after.previous) == (before.index + 1, before.hash)
    assert all(digest(entry) == entry.hash for entry in entries)
    verdict = await audit.verify(house.parts.store)
    assert (verdict.problem, verdict.entries) == (None, len(entries))


async def test_each_verb_leaves_its_entry(house: House, dana: Staff, sam: Staff) -> None:
    before = len(await house.entries())
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    await phone.send("status", {"camera": "on", "position": "on"})
    feed = (await dana.see(incident))["feeds"][0]["id"]
    await sam.post(f"/api/feeds/{feed}/watch")
    await dana.post(f"/api/links/{link['id']}/code")
    other = Phone(house, phone.token)
    assert (await other.redeem()).status_code == 403
    await dana.post(f"/api/links/{link['id']}/allow")
    await other.share()
    await other.send("stop")
    await dana.post(f"/api/links/{link['id']}/revoke")
    await dana.delete(f"{where}/units/{sam.user.unit_id}")
    await dana.post(f"{where}/close")
    await dana.delete("/api/session")
    told = [
        (entry.action.value, entry.actor, entry.refusal)
        for entry in (await house.entries())[before:]
        if entry.action is not Action.LINK_SEND
    ]
    assert told == [
        ("incident.open", dana.user.id, None),
        ("unit.assign", dana.user.id, None),
        ("unit.alert", "system", None),
        ("link.issue", dana.user.id, None),
        ("link.handout", dana.user.id, None),
        ("link.open", "caller", None),
        ("link.redeem", "caller", None),
        ("caller.status", "caller", None),
        ("feed.watch", sam.user.id, None),
        ("link.code", dana.user.id, None),
        ("link.redeem", "caller", "link-bound"),
        ("link.allow", dana.user.id, None),
        ("link.redeem", "caller", None),
        ("caller.stop", "caller", None),
        ("link.revoke", dana.user.id, None),
        ("unit.release", dana.user.id, None),
        ("incident.close", dana.user.id, None),
        ("user.sign-out", dana.user.id, None),
    ]


async def test_refusals_are_on_record(house: House, dana: Staff, sam: Staff) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    feed = (await dana.see(incident))["feeds"][0]["id"]
    before = len(await house.entries())
    assert (await sam.http.post("/api/incidents", json={"type": "Fire"})).status_code == 403
    assert (await sam.http.post(f"/api/feeds/{feed}/watch")).status_code == 403
    assert (await dana.http.post(f"/api/links/{link['id']}/resend")).status_code == 409
    assert (await dana.http.post(f"/api/links/{link['id']}/allow")).status_code == 409
    await dana.post(f"{where}/close")
    assert (await dana.http.post(f"{where}/close")).status_code == 410
    assert (await dana.http.post(f"{where}/units", json={"unit_id": sam.user.unit_id})).status_code == 410
    assert (await phone.open()).status_code == 410
    body = {"number": "+12125550123", "kind": "live"}
    assert (await dana.http.post(f"{where}/links", json=body)).status_code == 410
    assert (await phone.send("stop")).status_code == 410
    told = [(e.action.value, e.refusal) for e in (await house.entries())[before:]]
    assert told == [
        ("access.refuse", "wrong-role"),
        ("feed.watch", "not-assigned"),
        ("link.issue", "already-sharing"),
        ("link.allow", "not-asking"),
        ("incident.close", None),
        ("incident.close", "incident-closed"),
        ("unit.assign", "incident-closed"),
        ("link.open", "incident-closed"),
        ("link.issue", "incident-closed"),
        ("caller.stop", "incident-closed"),
    ]


async def test_an_exception_inside_a_step_undoes_all_of_it_and_tells_nobody(
    house: House, dana: Staff
) -> None:
    incident = await dana.open()
    before = await house.entries()
    async with dana.socket() as socket:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012  the step has to begin for that
            async with house.parts.steps.begin() as step:
                await step.tx.incidents.close(incident["id"], step.now)
                await step.record(
                    Action.INCIDENT_CLOSE,
                    actor=dana.user.id,
                    subject=incident["id"],
                    incident=incident["id"],
                )
                step.changed(incident["id"])
                raise ZeroDivisionError
        assert await socket.told(house) == []
    assert await house.entries() == before
    assert (await dana.see(incident))["closed_at"] is None


async def test_a_log_that_an_incident_shows_is_bounded(house: House, dana: Staff) -> None:
    incident = await dana.open()
    async with house.parts.steps.begin() as step:
        for _ in range(505):
            await step.record(
                Action.CALLER_STATUS, actor="caller", subject="x", incident=incident["id"], more="y" * 20
            )
    shown = await dana.get(f"/api/incidents/{incident['id']}/entries")
    assert len(shown) == 500
    assert [line["index"] for line in shown] == sorted(line["index"] for line in shown)
    assert len(json.dumps(shown)) < 200_000
