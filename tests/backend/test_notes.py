"""What the desk and officers write to each other: once, in order, for those on the incident alone."""

import asyncio
import json
import logging
import random
from typing import Any

import pytest

from backend.model.ids import new_id
from backend.model.notes import A_PAGE, DESK_PHRASES, OFFICER_PHRASES, SHOWN, TEXT_CHARS
from tests.backend.house import House, Staff, no, still

TEXT = "Two men, one with a lamp"


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    any_house.parts.notes._writes._burst = 1000  # but where a test is about them, there are no limits
    return any_house


async def assigned(dana: Staff, *officers: Staff, **more: Any) -> Any:
    """An incident with the units of these officers on it."""
    incident = await dana.open(**more)
    for officer in officers:
        await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": officer.user.unit_id})
    return incident


def where(incident: Any) -> str:
    return f"/api/incidents/{incident['id']}/notes"


async def write(who: Staff, incident: Any, text: str = TEXT, note: str | None = None) -> Any:
    return await who.post(where(incident), {"id": note or new_id("nte"), "text": text})


async def test_what_one_writes_the_others_read_and_the_marks_come_back(
    house: House, dana: Staff, sam: Staff
) -> None:
    incident = await assigned(dana, sam)
    async with dana.socket() as desk, sam.socket() as phone:
        assert (desk.snapshot["phrases"], phone.snapshot["phrases"]) == (
            list(DESK_PHRASES),
            list(OFFICER_PHRASES),
        )
        note = await write(dana, incident, "  Armed: keep your distance\n")
        told = await phone.until(lambda e: e["type"] == "note")
        assert (told["incident_id"], told["note"]) == (incident["id"], note)
        assert (note["number"], note["by"], note["unit"], note["text"], note["still"]) == (
            1,
            "Dana Reyes",
            None,
            "Armed: keep your distance",
            None,
        )
        line = (await phone.until(lambda e: e["type"] == "entry"))["entry"]
        assert (line["action"], line["subject"]) == ("note.write", note["id"])
        await sam.post(f"{where(incident)}/marks", {"delivered": 1, "read": 0})
        reader = (await desk.until(lambda e: e["type"] == "notes-read"))["reader"]
        assert reader == {
            "user_id": sam.user.id,
            "name": "Sam Ortiz",
            "unit": "Unit 12",
            "delivered": 1,
            "read": 0,
        }
        answer = await write(sam, incident, "Understood")
        assert (answer["number"], answer["unit"]) == (2, "Unit 12")
        await sam.post(f"{where(incident)}/marks", {"delivered": 0, "read": 2})
        reader = (await desk.until(lambda e: e["type"] == "notes-read"))["reader"]
        assert (reader["delivered"], reader["read"]) == (2, 2)
    async with dana.socket() as again:
        (held,) = again.snapshot["notes"]
        assert (held["notes"], held["readers"]) == ([note, answer], [reader])


async def test_sent_twice_it_is_one_and_all_have_one_order(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    incident = await assigned(dana, sam)
    people, chance = (dana, sam, lee), random.Random(7)
    sent = [(chance.choice(people), new_id("nte"), f"word {n}") for n in range(24)]
    tries = sent * 3
    chance.shuffle(tries)
    async with sam.socket() as phone:
        answers = await asyncio.gather(*(write(who, incident, text, note) for who, note, text in tries))
        told = [e["note"] for e in await phone.told(house) if e["type"] == "note"]
    assert [note["number"] for note in told] == list(range(1, 25))
    assert {note["id"]: note for note in answers} == {note["id"]: note for note in told}
    assert {(note["by_id"], note["id"], note["text"]) for note in told} == {
        (who.user.id, note, text) for who, note, text in sent
    }
    assert len(await house.entries("note.write")) == 24
    first = await write(sent[0][0], incident, "another text", sent[0][1])
    assert first["text"] == sent[0][2], "what was written first stays"


async def test_marks_that_come_twice_late_or_from_nowhere_change_nothing(
    house: House, dana: Staff, sam: Staff
) -> None:
    incident = await assigned(dana, sam)
    for _ in range(6):
        await write(dana, incident)
    marks = [(n, m) for n in range(7) for m in (0, n)] + [(1_000_000, 0), (3, 1_000_000)]
    random.Random(3).shuffle(marks)
    async with dana.socket() as desk:
        for delivered, read in [*marks, *marks]:
            await sam.post(f"{where(incident)}/marks", {"delivered": delivered, "read": read})
            house.parts.notes._marks._held.clear()
        told = [e["reader"] for e in await desk.told(house) if e["type"] == "notes-read"]
    seen = [(reader["delivered"], reader["read"]) for reader in told]
    assert seen == sorted(set(seen))
    assert seen[-1] == (6, 6)
    await write(dana, incident, "one more")
    (reader,) = (await dana.get(where(incident)))["readers"]
    assert (reader["delivered"], reader["read"]) == (6, 6), "nobody has read what is not written yet"


async def test_notes_are_for_those_on_the_incident(house: House, dana: Staff, sam: Staff, lee: Staff) -> None:
    mine, other = await assigned(dana, sam), await assigned(dana)
    kim = await house.staff("kim")
    note = await write(dana, other)
    async with sam.socket() as phone, lee.socket() as desk:
        held = [view["incident_id"] for view in phone.snapshot["notes"]]
        assert held == []
        await write(dana, other, "nobody else's business")
        await write(dana, mine)
        told = await phone.told(house)
        assert [e["incident_id"] for e in told if e["type"] == "note"] == [mine["id"]]
        assert "business" not in json.dumps(told)
        assert len([e for e in await desk.told(house) if e["type"] == "note"]) == 2
    for who in (sam, kim):
        no(await who.http.get(where(other)), 403, "not-assigned")
        body = {"id": new_id("nte"), "text": TEXT}
        no(await who.http.post(where(other), json=body), 403, "not-assigned")
        no(
            await who.http.post(f"{where(other)}/marks", json={"delivered": 1, "read": 1}),
            403,
            "not-assigned",
        )
    for taken in (where(mine), where(other)):
        no(await sam.http.post(taken, json={"id": note["id"], "text": TEXT}), 409, "note-taken")
    refused = [e for e in await house.entries("note.write") if e.refusal is not None]
    assert [(e.actor, e.refusal) for e in refused] == [
        (sam.user.id, "not-assigned"),
        (kim.user.id, "not-assigned"),
    ]
    await lee.post(
        f"/api/incidents/{other['id']}/glass", {"user_id": kim.user.id, "reason": "nearest", "minutes": 5}
    )
    assert len((await kim.get(where(other)))["notes"]) == 2
    no(await kim.http.post(where(other), json={"id": new_id("nte"), "text": TEXT}), 403, "not-assigned")
    await dana.delete(f"/api/incidents/{mine['id']}/units/{sam.user.unit_id}")
    no(await sam.http.get(where(mine)), 403, "not-assigned")


async def test_a_closed_incident_takes_no_more(house: House, dana: Staff, sam: Staff) -> None:
    incident = await assigned(dana, sam)
    mine = await write(sam, incident)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    for who in (dana, sam):
        no(
            await who.http.post(where(incident), json={"id": new_id("nte"), "text": TEXT}),
            410,
            "incident-closed",
        )
        marks = {"delivered": 1, "read": 1}
        no(await who.http.post(f"{where(incident)}/marks", json=marks), 410, "incident-closed")
    no(await sam.http.get(where(incident)), 410, "incident-closed")
    assert (await dana.get(where(incident)))["notes"] == [mine]
    assert await write(sam, incident, TEXT, mine["id"]) == mine, "an answer that was lost is given again"


async def test_what_is_no_note_is_refused(house: House, dana: Staff) -> None:
    incident = await dana.open()
    note = new_id("nte")
    for body in (
        {"id": note, "text": "x" * (TEXT_CHARS + 1)},
        {"id": note, "text": ""},
        {"id": note, "text": " \n\t "},
        {"id": note, "text": "a\x00b"},
        {"id": note, "text": None},
        {"id": "nte_short", "text": TEXT},
        {"id": new_id("inc"), "text": TEXT},
        {"text": TEXT},
        {"id": note, "text": TEXT, "number": 1},
        {"id": note, "text": TEXT, "still": {"feed_id": new_id("fed"), "jpeg": "not base64!"}},
        {"id": note, "text": TEXT, "still": {"feed_id": new_id("fed"), "jpeg": ""}},
    ):
        no(await dana.http.post(where(incident), json=body), 400, "malformed")
    no(await dana.http.post(where(incident), content=b"x" * 600_000), 413, "too-large")
    for marks in ({"delivered": -1, "read": 0}, {"delivered": 0}, {"delivered": 0, "read": 1e9}):
        no(await dana.http.post(f"{where(incident)}/marks", json=marks), 400, "malformed")
    for before in ("0", "-1", "x", "99999999"):
        no(await dana.http.get(where(incident), params={"before": before}), 400, "malformed")
    gone = {"id": new_id("inc")}
    no(await dana.http.post(where(gone), json={"id": note, "text": TEXT}), 404, "not-found")
    assert (await write(dana, incident, "x" * TEXT_CHARS))["text"] == "x" * TEXT_CHARS
    assert (await write(dana, incident, "‮ ل <b>&'\"\n"))["number"] == 2


async def test_too_many_are_refused(house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = await dana.open()
    notes = house.parts.notes
    still(notes._writes)
    notes._writes._burst = 3
    for _ in range(3):
        await write(dana, incident)
    no(await dana.http.post(where(incident), json={"id": new_id("nte"), "text": TEXT}), 429, "too-often")
    await write(await house.staff("lee"), incident)
    monkeypatch.setattr("backend.services.notes.MOST_NOTES", 4)
    notes._writes._held.clear()
    no(await dana.http.post(where(incident), json={"id": new_id("nte"), "text": TEXT}), 409, "too-many")


async def test_earlier_ones_come_in_pages(house: House, dana: Staff) -> None:
    incident, quiet = await dana.open(), await dana.open()
    for n in range(A_PAGE + 5):
        await write(dana, incident, f"{n + 1}")
    async with dana.socket() as socket:
        (held,) = socket.snapshot["notes"]
    assert held["incident_id"] == incident["id"]
    newest = A_PAGE + 5
    assert [n["number"] for n in held["notes"]] == list(range(newest - SHOWN + 1, newest + 1))
    numbers: list[int] = []
    before: int | None = None
    while before != 1:
        found = await dana.get(where(incident) + (f"?before={before}" if before else ""))
        numbers = [note["number"] for note in found["notes"]] + numbers
        before = numbers[0]
    assert numbers == list(range(1, newest + 1))
    assert (await dana.get(where(quiet))) == {"incident_id": quiet["id"], "notes": [], "readers": []}


async def test_no_log_has_a_word_of_it(
    house: House, dana: Staff, sam: Staff, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)  # what the service logs at
    incident = await assigned(dana, sam)
    await write(dana, incident, "a word like heliotrope")
    body = {"id": new_id("nte"), "text": "heliotrope" + "x" * TEXT_CHARS}
    no(await dana.http.post(where(incident), json=body), 400, "malformed")
    await sam.get(where(incident))
    for entry in await house.entries():
        assert "heliotrope" not in json.dumps(entry.details) + entry.subject
    assert "heliotrope" not in caplog.text + "".join(capfd.readouterr())
    assert all(b"heliotrope" not in leaf for leaf in house.log.leaves())


async def test_an_agency_has_phrases_of_its_own(house: House, dana: Staff, sam: Staff, lee: Staff) -> None:
    defaults = {"desk": list(DESK_PHRASES), "officer": list(OFFICER_PHRASES)}
    assert await lee.get("/api/agency/phrases") == defaults
    own = {"desk": ["Go"], "officer": ["Here", "Gone"]}

    async def set_to(body: Any) -> Any:
        return await lee.http.put("/api/agency/phrases", json=body)

    assert (await set_to(own)).json() == own
    async with sam.socket() as phone, dana.socket() as desk:
        assert (desk.snapshot["phrases"], phone.snapshot["phrases"]) == (own["desk"], own["officer"])
    for bad in (
        {"desk": [""], "officer": []},
        {"desk": [" "], "officer": []},
        {"desk": ["x" * 61], "officer": []},
        {"desk": ["two\nlines"], "officer": []},
        {"desk": ["Go"] * 13, "officer": []},
        {"desk": ["Go"]},
    ):
        no(await set_to(bad), 400, "malformed")
    assert (await set_to({"desk": [], "officer": []})).json() == defaults
    assert [e.details for e in await house.entries("phrases.set")] == [
        {"desk": "1", "officer": "2"},
        {"desk": "0", "officer": "0"},
    ]
