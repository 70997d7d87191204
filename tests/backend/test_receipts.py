"""Receipts: what an owner and a caller are told of who saw them, and that a file proves it offline."""

import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from backend import cli
from backend.model.ids import UserId
from backend.model.uses import LeafKind
from backend.services.receipts import A_PAGE
from backend.store.tables_public import uses as uses_table
from backend.tlog import checkpoints, folder, notes
from backend.tlog.notes import COSIGNATURE, Signer
from tests.backend.calls import calling
from tests.backend.house import House, Phone, Staff, done, no
from tests.backend.lent import Lent, lending
from tests.backend.seen import Look, admitted, leaves, look, told_end
from tests.backend.test_uploads import Tus, until_state
from tests.media import clips
from tests.peers import until
from tests.tlog import trees

READER = Path(__file__).parents[1] / "tlog" / "reader.mjs"
NEVER = {"unit", "officer", "entries"}


pytestmark = pytest.mark.usefixtures("by_hand")


@pytest.fixture
async def house(any_house: House) -> House:
    """On either database."""
    return any_house


async def published(house: House) -> None:
    """The log has what waits, and a checkpoint says so."""
    await house.parts.uses.hand_over()
    house.log.publish()


async def receipts(owner: Staff, more: str = "") -> Any:
    return await owner.get(f"/api/receipts{more}")


async def the_one(owner: Staff) -> Any:
    (receipt,) = (await receipts(owner))["receipts"]
    return receipt


async def state(house: House, seen: Look, kind: LeafKind, **fields: str) -> None:
    """A leaf about this use, as the steps that write such leaves do it."""
    about = (await leaves(house, seen.use))[0]
    async with house.parts.steps.begin() as step:
        lee = await step.tx.users.by_name("lee")
        assert lee is not None
        await house.parts.uses.state(step, kind, fields, about, UserId(lee[0].id))


async def saved(owner: Staff, use: str, folder: Path) -> Path:
    """The file that the owner's page saves."""
    reply = await owner.http.get(f"/api/receipts/{use}/proof")
    assert reply.headers["content-disposition"].startswith("attachment")
    file = folder / "receipt.json"
    file.write_text(json.dumps(done(reply)))
    return file


def offline(
    file: Path, key: str, capsys: pytest.CaptureFixture[str], *witnesses: Signer
) -> tuple[int, str, str]:
    """What `sightline audit receipt` says."""
    capsys.readouterr()
    wanted = [word for witness in witnesses for word in ("--witness", witness.verifier.vkey)]
    code = cli.main(["audit", "receipt", str(file), "--key", key, *wanted])
    told = capsys.readouterr()
    return code, told.out, told.err


def by_another(file: Path, key: str) -> Any:
    """What a reader in another language says."""
    run = subprocess.run(
        ["node", READER, "receipt", key, file], capture_output=True, text=True, timeout=60, check=False
    )
    return json.loads(run.stdout.splitlines()[-1])


async def test_who_has_lent_nothing_and_whose_cameras_nobody_opened_is_told_so(ola: Staff) -> None:
    page = await receipts(ola)
    assert (page["receipts"], page["count"], page["more"]) == ([], 0, None)


async def test_a_receipt_says_who_why_when_how_long_and_what_was_kept(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen = await look(house, dana, lent, seconds=12.5, sent=3_000_000)
    receipt = await the_one(ola)
    assert (receipt["use"], receipt["camera"], receipt["site"]) == (seen.use, "Front door", "Ola's shop")
    assert (receipt["role"], receipt["reason"], receipt["category"]) == (
        "dispatcher",
        "see-scene",
        "Break-in",
    )
    assert (receipt["seconds"], receipt["bytes"]) == (12.5, 3_000_000)
    assert (receipt["stills"], receipt["looks"], receipt["recorded"], receipt["erased"]) == (0, 0, False, [])
    assert (receipt["over"], receipt["outcome"], receipt["sealed"]) == (True, "closed", None)
    assert receipt["opened_at"] < receipt["ended_at"]
    words = json.dumps(receipt)
    assert dana.user.id not in words
    assert "Dana" not in words


async def test_every_seconds_of_every_screen_counts_also_when_told_after_the_close(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen = await look(house, dana, lent, seconds=10.0, sent=1000, closed=False)
    receipt = await the_one(ola)
    assert (receipt["over"], receipt["outcome"], receipt["ended_at"]) == (False, None, None)
    second = await admitted(house, dana, seen.opening["feed_id"])
    await dana.delete(f"/api/openings/{seen.opening['id']}")
    closed_at = (await the_one(ola))["ended_at"]
    house.clock.advance(seconds=5)
    await told_end(house, second, "ses_second", 2.5, 500)
    receipt = await the_one(ola)
    assert (receipt["seconds"], receipt["bytes"]) == (12.5, 1500)
    assert (receipt["outcome"], receipt["ended_at"]) == ("closed", closed_at)


async def test_another_owner_and_the_desk_see_none_of_it(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen = await look(house, dana, lent)
    stranger = await (await lending(house, "una", numbers=())).signed_in()
    assert (await receipts(stranger))["count"] == 0
    no(await stranger.http.get(f"/api/receipts/{seen.use}/proof"), 404, "not-found")
    no(await dana.http.get("/api/receipts"), 403, "wrong-role")
    no(await house.client().get(f"/api/receipts/{seen.use}/proof"), 401, "not-signed-in")
    assert (await the_one(ola))["use"] == seen.use


async def test_receipts_come_page_by_page_the_newest_first(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    camera = await lent.camera()
    seen = [(await look(house, dana, lent, camera)).use for _ in range(A_PAGE + 3)]
    first = await receipts(ola)
    assert first["count"] == A_PAGE + 3
    then = await receipts(ola, f"?before={first['more']}")
    assert then["more"] is None
    shown = [held["use"] for held in first["receipts"] + then["receipts"]]
    assert shown == seen[::-1]
    no(await ola.http.get("/api/receipts?before=0"), 400, "malformed")


async def test_it_says_from_when_it_can_be_proved_and_then_it_is(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await look(house, dana, lent)
    house.log.grows_in_s = 120.0
    page = await receipts(ola)
    assert page["receipts"][0]["proved"] is False
    provable = page["provable_at"]
    soon = (house.clock() + timedelta(seconds=100)).isoformat()
    assert soon[:16] <= provable[:16] <= (house.clock() + timedelta(seconds=190)).isoformat()[:16]
    file = await saved(ola, seen.use, tmp_path)
    code, out, err = offline(file, house.log.vkey, capsys)
    assert code == 1
    assert "NOT PROVED YET: 3 of its entries" in err
    assert by_another(file, house.log.vkey) == {"ok": False, "why": "an entry is not proved yet"}

    await published(house)
    assert (await the_one(ola))["proved"] is True
    file = await saved(ola, seen.use, tmp_path)
    code, out, err = offline(file, house.log.vkey, capsys)
    assert (code, err) == (0, "")
    for words in (
        "by a dispatcher, to judge what is happening; the emergency: Break-in",
        "watched    12 s, 3.0 MB sent",
        "no still, not recorded",
        "closed by whoever had opened it",
        "proved: entries 0, 1, 2 of the 3 in the log",
        "receipt holds",
    ):
        assert words in out, words
    said = by_another(file, house.log.vkey)
    assert (said["ok"], said["indexes"], said["uses"], said["watched"]) == (True, [0, 1, 2], [seen.use], 12.5)


async def test_a_receipt_can_be_held_to_its_witnesses(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await look(house, dana, lent)
    await published(house)
    alone = await saved(ola, seen.use, tmp_path)
    one, other = (Signer.generate(f"w.example/{number}", COSIGNATURE) for number in (1, 2))
    code, out, err = offline(alone, house.log.vkey, capsys, one)
    assert (code, "receipt holds" in out) == (1, False)
    assert "0 of the named witnesses signed" in err

    raw = house.log.publish()
    text = notes.parse(raw).text
    folder.write_all(
        house.log.folder, [(folder.CHECKPOINT, checkpoints.cosign(raw, [one.sign(text, 1_700_000_000)]))]
    )
    witnessed = await saved(ola, seen.use, tmp_path)
    code, out, err = offline(witnessed, house.log.vkey, capsys, one)
    assert (code, err) == (0, "")
    assert "witnessed by w.example/1" in out
    code, _, err = offline(witnessed, house.log.vkey, capsys, one, other)
    assert code == 1
    assert "1 of the named witnesses signed" in err
    held = json.loads(witnessed.read_text())
    held["entries"][0]["proof"] = held["entries"][0]["proof"].replace("w.example/1", "w.example/2")
    witnessed.write_text(json.dumps(held))
    assert offline(witnessed, house.log.vkey, capsys, one)[0] == 1


async def test_the_file_opens_nothing_of_who_it_was(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path
) -> None:
    seen = await look(house, dana, lent)
    await published(house)
    held = json.loads((await saved(ola, seen.use, tmp_path)).read_text())
    assert (held["v"], held["type"], held["to"]) == (1, "sightline-receipt", "owner")
    for entry in held["entries"]:
        made = json.loads(base64.b64decode(entry["leaf"]))
        assert set(entry["fields"]) == set(made["c"]) - NEVER
    pseudonyms = {
        field.value for entry in await leaves(house, seen.use) for name, field in entry.fields.items()
        if name in ("officer", "unit") and field.value != "none"
    }  # fmt: skip
    assert pseudonyms
    assert not any(name in json.dumps(held) for name in pseudonyms)


async def test_a_receipt_that_was_changed_does_not_hold(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, other = await look(house, dana, lent, seconds=600.0), await look(house, dana, lent)
    await published(house)
    good = json.loads((await saved(ola, seen.use, tmp_path)).read_text())
    second = json.loads((await saved(ola, other.use, tmp_path)).read_text())
    file, key = tmp_path / "hurt.json", house.log.vkey

    def hurt(change: Any) -> str:
        held = json.loads(json.dumps(good))
        change(held)
        file.write_text(json.dumps(held))
        code, out, err = offline(file, key, capsys)
        assert (code, "receipt holds" in out) == (1, False)
        assert by_another(file, key)["ok"] is False
        return err

    def end(held: Any) -> Any:
        return next(entry for entry in held["entries"] if "duration_s" in entry["fields"])

    def shorten(held: Any) -> None:
        end(held)["fields"]["duration_s"][0] = "6.0"

    def resalt(held: Any) -> None:
        end(held)["fields"]["duration_s"][1] = base64.b64encode(bytes(16)).decode()

    def invent(held: Any) -> None:
        held["entries"][0]["fields"]["words"] = ["nothing", base64.b64encode(bytes(16)).decode()]

    def rewrite_leaf(held: Any) -> None:
        leaf = base64.b64decode(held["entries"][0]["leaf"]).replace(b'"open"', b'"seal"')
        held["entries"][0]["leaf"] = base64.b64encode(leaf).decode()

    def swap_proofs(held: Any) -> None:
        first, then, *_ = held["entries"]
        first["proof"], then["proof"] = then["proof"], first["proof"]

    def repeat(held: Any) -> None:
        held["entries"].append(held["entries"][-1])

    def mix(held: Any) -> None:
        held["entries"] += second["entries"]

    def forget_use(held: Any) -> None:
        del held["entries"][1]["fields"]["use"]

    def lie_of_the_size(held: Any) -> None:
        held["entries"][0]["proof"] = held["entries"][0]["proof"].replace("\n6\n", "\n7\n")

    for change, words in (
        (shorten, "does not say that duration_s is '6.0'"),
        (resalt, "does not say that duration_s is '600.0'"),
        (invent, "does not say that words is 'nothing'"),
        (rewrite_leaf, "not entry"),
        (swap_proofs, "not entry"),
        (repeat, "twice"),
        (mix, "of several"),
        (forget_use, "which use it is of"),
        (lie_of_the_size, "does not hold"),
    ):
        assert words in hurt(change), words
    for text in ("", "{}", "[]", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "[" * 10_000):
        file.write_text(text)
        code, _, err = offline(file, key, capsys)
        assert code == 1
        assert "no receipt" in err
    file.write_text(json.dumps(good))
    assert offline(file, key, capsys)[0] == 0
    code, _, err = offline(file, Signer.generate(trees.ORIGIN).verifier.vkey, capsys)
    assert (code, "no key" in err) == (1, True)


async def test_a_sealed_one_says_by_whom_and_until_when_and_nothing_that_is_not_public(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await look(house, dana, lent)
    until = house.clock() + timedelta(days=30)
    await state(house, seen, LeafKind.SEAL, by="supervisor", why="investigation", until=until.isoformat())
    await published(house)
    receipt = await the_one(ola)
    assert (receipt["sealed"]["by"], receipt["sealed"]["why"]) == ("supervisor", "investigation")
    assert receipt["sealed"]["until"][:19] == until.isoformat()[:19]
    for withheld in ("role", "opened_at", "ended_at", "bytes", "outcome"):
        assert receipt[withheld] is None, withheld
    assert (receipt["category"], receipt["reason"], receipt["seconds"]) == ("Break-in", "see-scene", 12.5)
    file = await saved(ola, seen.use, tmp_path)
    opened = {name for entry in json.loads(file.read_text())["entries"] for name in entry["fields"]}
    assert not opened & {"at", "from", "role", "camera", "bytes", "district", "outcome"}
    code, out, _ = offline(file, house.log.vkey, capsys)
    assert code == 0
    assert "sealed     by a supervisor: investigation, until" in out
    assert by_another(file, house.log.vkey)["ok"] is True

    house.clock.advance(days=31)
    ola = await lent.signed_in()
    receipt = await the_one(ola)
    assert (receipt["sealed"], receipt["role"]) == (None, "dispatcher")


async def test_the_seal_that_ends_last_is_the_one_that_holds(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen, now = await look(house, dana, lent), house.clock()
    for why, days in (("court", 30), ("safety", 3)):
        until = (now + timedelta(days=days)).isoformat()
        await state(house, seen, LeafKind.SEAL, by="supervisor", why=why, until=until)
    assert (await the_one(ola))["sealed"]["why"] == "court"
    house.clock.advance(days=4)
    assert (await the_one(await house.staff("ola")))["sealed"]["why"] == "court"


async def test_a_seal_that_was_lifted_withholds_nothing(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen = await look(house, dana, lent)
    until = (house.clock() + timedelta(days=30)).isoformat()
    await state(house, seen, LeafKind.SEAL, by="supervisor", why="court", until=until)
    assert (await the_one(ola))["sealed"]["why"] == "court"
    await state(house, seen, LeafKind.UNSEAL, by="supervisor")
    assert (await the_one(ola))["sealed"] is None


async def test_what_was_erased_is_said_to_be_and_the_rest_still_holds(
    house: House, dana: Staff, lent: Lent, ola: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await look(house, dana, lent)
    await published(house)
    for entry in await leaves(house, seen.use):
        kept = {
            name: {"value": field.value, "salt": field.salt}
            for name, field in entry.fields.items()
            if name not in ("bytes", "at")
        }
        async with house.parts.store.begin() as tx:
            await tx.uses._db.execute(
                update(uses_table).where(uses_table.c.number == entry.number).values(fields=kept)
            )
    receipt = await the_one(ola)
    assert receipt["erased"] == ["at", "bytes"]
    assert (receipt["bytes"], receipt["opened_at"], receipt["seconds"]) == (None, None, 12.5)
    file = await saved(ola, seen.use, tmp_path)
    code, out, _ = offline(file, house.log.vkey, capsys)
    assert code == 0
    assert "not said sent" in out
    assert by_another(file, house.log.vkey)["ok"] is True


async def test_while_the_log_is_away_receipts_are_shown_and_proofs_are_not(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    seen = await look(house, dana, lent)
    await published(house)
    house.log.away = True
    page = await receipts(ola)
    assert (page["provable_at"], page["receipts"][0]["proved"]) == (None, False)
    problem = no(await ola.http.get(f"/api/receipts/{seen.use}/proof"), 503, "log-away")
    assert "Try again" in problem["detail"]


# The caller's


async def shared(house: House, dana: Staff) -> tuple[Phone, Any]:
    incident = await dana.open()
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    return phone, incident


async def watched(house: House, who: Staff, incident: Any, session: str, seconds: float) -> None:
    async with house.parts.store.read() as tx:
        feed = (await tx.feeds.of_incident(incident["id"]))[0].id
    admission = await admitted(house, who, feed)
    await told_end(house, admission, session, seconds, 1000)


async def ask(phone: Phone, **more: Any) -> Any:
    """What the caller's page posts to see who saw it."""
    challenge = done(await phone.http.post("/api/caller/receipt/challenge", json={"token": phone.token}))
    text = challenge["challenge"]
    body = {
        "token": phone.token,
        "challenge": text,
        "key": phone.public(),
        "signature": phone.sign(text, purpose="sightline-receipt"),
    }
    return await phone.http.post("/api/caller/receipt", json={**body, **more})


async def test_a_caller_sees_who_watched_by_role_and_for_how_long(
    house: House, dana: Staff, sam: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phone, incident = await shared(house, dana)
    await watched(house, dana, incident, "ses_dana", 20.0)
    receipt = done(await ask(phone))
    assert (receipt["over"], receipt["file"]) == (False, None)
    async with house.parts.store.read() as tx:
        unit = next(unit for unit in await tx.units.all() if unit.call_sign == "Unit 12")
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit.id})
    await watched(house, sam, incident, "ses_sam", 7.5)
    assert (await phone.send("stop")).status_code == 204
    await published(house)
    receipt = done(await ask(phone))
    assert (receipt["agency"], receipt["live"], receipt["over"]) == ("Dearborn Police", True, True)
    assert [(one["role"], one["seconds"], one["watching"]) for one in receipt["viewers"]] == [
        ("dispatcher", 20.0, False),
        ("officer", 7.5, False),
    ]
    assert (receipt["stills"], receipt["recorded"], receipt["proved"]) == (0, False, True)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(receipt["file"]))
    code, out, _ = offline(file, house.log.vkey, capsys)
    assert code == 0
    assert "by a dispatcher" in out
    assert "by an officer" in out
    assert by_another(file, house.log.vkey)["watched"] == 27.5
    assert dana.user.id not in json.dumps(receipt)
    assert not any(NEVER & set(entry["fields"]) for entry in receipt["file"]["entries"])


async def test_who_still_has_the_picture_on_a_screen_is_somebody_who_saw_it(
    house: House, dana: Staff
) -> None:
    async with calling(house) as call:
        await call.watch(dana)
        assert (await call.phone.send("stop")).status_code == 204
        receipt = done(await ask(call.phone))
        assert (receipt["over"], len(receipt["viewers"])) == (False, 1)
        assert not receipt["viewers"][0]["watching"]
    await until(lambda: not house.parts.sfu.state().sessions, "all have left")
    await house.parts.sfu.settled()  # type: ignore[attr-defined]
    receipt = done(await ask(call.phone))
    assert receipt["over"]
    assert [one["seconds"] > 0 for one in receipt["viewers"]] == [True]


async def test_the_receipt_stays_under_the_link_after_revoke_close_and_the_links_time(
    house: House, dana: Staff
) -> None:
    phone, incident = await shared(house, dana)
    await watched(house, dana, incident, "ses_dana", 3.0)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    house.clock.advance(days=20)
    no(await phone.open(), 410, "incident-closed")
    receipt = done(await ask(phone))
    assert [one["seconds"] for one in receipt["viewers"]] == [3.0]


async def test_only_the_browser_that_shared_sees_it_and_a_signature_is_for_one_thing(
    house: House, dana: Staff
) -> None:
    phone, _ = await shared(house, dana)
    thief = Phone(house, phone.token)
    no(await ask(thief), 403, "link-bound")
    challenge = done(await phone.http.post("/api/caller/receipt/challenge", json={"token": phone.token}))
    text = challenge["challenge"]
    no(await ask(phone, challenge=text, signature=phone.sign(text)), 403, "bad-signature")
    no(
        await phone.redeem(text, signature=phone.sign(text, purpose="sightline-receipt")),
        403,
        "bad-signature",
    )
    no(await ask(phone, challenge="1." + "0" * 22), 409, "challenge-stale")
    other, _ = await shared(house, dana)
    no(await ask(phone, token=other.token), 409, "challenge-stale")
    unknown = Phone(house, "0" * 22)
    reply = await unknown.http.post("/api/caller/receipt/challenge", json={"token": unknown.token})
    no(reply, 404, "link-unknown")
    fresh = await dana.issue(await dana.open())  # nobody has shared by it
    reply = await phone.http.post("/api/caller/receipt/challenge", json={"token": house.token(fresh["id"])})
    no(reply, 404, "link-unknown")


async def test_a_link_for_the_place_only_has_no_viewers(house: House, dana: Staff) -> None:
    incident = await dana.open()
    phone = Phone(house, house.token((await dana.issue(incident, "position"))["id"]))
    await phone.share()
    receipt = done(await ask(phone))
    assert (receipt["live"], receipt["viewers"], receipt["file"]) == (False, [], None)


async def test_who_was_let_in_and_never_looked_is_nobody(house: House, dana: Staff) -> None:
    phone, incident = await shared(house, dana)
    async with house.parts.store.read() as tx:
        feed = (await tx.feeds.of_incident(incident["id"]))[0].id
    await admitted(house, dana, feed)
    assert [one["watching"] for one in done(await ask(phone))["viewers"]] == [True]
    assert (await phone.send("stop")).status_code == 204
    receipt = done(await ask(phone))  # what they were sent may not be written yet
    assert (len(receipt["viewers"]), receipt["over"]) == (1, False)
    house.clock.advance(seconds=10)
    receipt = done(await ask(phone))
    assert (receipt["viewers"], receipt["over"]) == ([], True)


async def test_whose_photo_was_looked_at_is_told_by_whom_and_it_is_proved(
    house: House, dana: Staff, sam: Staff, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = await dana.open()
    phone = Phone(house, house.token((await dana.issue(incident, "upload"))["id"]))
    await phone.share()
    tus, photo = Tus(house, phone), clips.sideways()
    where = await tus.begun(len(photo))
    assert (await tus.send(where, 0, photo)).status_code == 204
    await until_state(dana, incident, "ready")
    receipt = done(await ask(phone))
    assert (receipt["uploads"], receipt["viewers"], receipt["lookers"]) == (1, [], [])

    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    for who in (dana, dana, sam):
        assert (await who.http.get(where.replace("/api/caller", "/api"))).status_code == 200
    assert (await phone.send("stop")).status_code == 204
    await published(house)
    receipt = done(await ask(phone))
    lookers = [{"role": "dispatcher", "looks": 1}, {"role": "officer", "looks": 1}]
    assert (receipt["lookers"], receipt["viewers"], receipt["proved"]) == (lookers, [], True)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(receipt["file"]))
    code, out, _ = offline(file, house.log.vkey, capsys)
    assert code == 0
    assert [line.strip() for line in out.splitlines() if "looked at" in line] == [
        "looked at  what is kept, by a dispatcher",
        "looked at  what is kept, by an officer",
    ]
    assert by_another(file, house.log.vkey)["ok"]
    file.write_text(json.dumps({**receipt["file"], "to": "owner"}))
    assert offline(file, house.log.vkey, capsys)[0] == 1, "no owner's receipt is of looks alone"
