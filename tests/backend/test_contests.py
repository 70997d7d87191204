"""Contests: an owner says that an opening was not right, a supervisor answers, and both are public."""

import asyncio
import base64
import json
from types import SimpleNamespace
from typing import Any

import pytest

from backend.model import contests as rules
from backend.model.ids import IncidentId, UseId
from backend.model.transparency import Search
from tests.backend.house import House, Staff, no, still
from tests.backend.lent import Lent, lending
from tests.backend.seen import Look, leaves, look

PRIVATE = "My brother works there, ask him at 313-555-0188"
PUBLIC = "A burglary next door was reported; the camera looks at that door."


pytestmark = pytest.mark.usefixtures("by_hand")


@pytest.fixture
async def house(any_house: House) -> House:
    """On either database."""
    return any_house


async def contest(owner: Staff, seen: Look, why: str = "no-emergency", words: str = PRIVATE) -> Any:
    return await owner.post(f"/api/receipts/{seen.use}/contest", {"why": why, "words": words})


async def tried(owner: Staff, seen: Look, why: str = "no-emergency") -> Any:
    return await owner.http.post(f"/api/receipts/{seen.use}/contest", json={"why": why})


def reply(lee: Staff, held: Any, outcome: str = "explained", words: str = PUBLIC) -> Any:
    return lee.http.post(
        f"/api/agency/contests/{held['id']}/answer", json={"outcome": outcome, "words": words}
    )


async def published(house: House) -> None:
    await house.parts.uses.hand_over()
    house.log.publish()


async def public(house: House, **asked: Any) -> list[SimpleNamespace]:
    """What anybody may read of contests, the newest first."""
    await house.parts.disclosures.look()
    size = house.log.published
    async with house.parts.store.read() as tx:
        found = await tx.transparency.search(Search(kind="contest", **asked), size, 100)
        _, answers = await tx.transparency.contests(size)
    by = {answer.said("contest"): answer for answer in answers}
    shown = []
    for entry in found:
        answer = by.get(str(entry.index))
        shown.append(
            SimpleNamespace(
                index=entry.index,
                of=entry.of,
                why=entry.said("why"),
                outcome=answer.said("outcome") if answer else None,
                words=(answer.said("words") or "") if answer else "",
                answer_index=answer.index if answer else None,
            )
        )
    return shown


async def counted(house: House, size: int) -> tuple[int, int]:
    """How many contests and how many answers are public."""
    async with house.parts.store.read() as tx:
        kinds = await tx.transparency.kinds(size)
    return kinds.get("contest", 0), kinds.get("answer", 0)


async def test_a_contest_is_answered_and_both_stand_in_the_public_log(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    held = await contest(ola, seen)
    assert (held["why"], held["words"], held["outcome"]) == ("no-emergency", PRIVATE, None)
    assert await public(house) == []  # not before a checkpoint covers it
    await published(house)
    (shown,) = await public(house)
    assert (shown.why, shown.outcome, shown.words, shown.answer_index) == ("no-emergency", None, "", None)
    assert (shown.index, shown.of) == (3, 0)

    listed = await lee.get("/api/agency/contests")
    (asked,) = listed["contests"]
    assert (listed["waiting"], asked["index"], asked["words"]) == (1, 3, PRIVATE)
    assert (asked["owner"], asked["camera"], asked["role"]) == ("Ola Berg", "Front door", "dispatcher")
    assert (asked["category"], asked["seconds"], asked["late"]) == ("Break-in", 12.5, False)
    assert (await reply(lee, asked)).status_code == 204
    (shown,) = await public(house)
    assert (shown.outcome, shown.words) == (None, "")  # the answer waits for its checkpoint too
    await published(house)
    (shown,) = await public(house)
    assert (shown.outcome, shown.words, shown.answer_index) == ("explained", PUBLIC, 4)

    receipt = (await ola.get("/api/receipts"))["receipts"][0]
    assert (receipt["contest"]["outcome"], receipt["contest"]["answer"]) == ("explained", PUBLIC)
    listed = await lee.get("/api/agency/contests")
    assert (listed["waiting"], listed["contests"][0]["answered_by"]) == (0, "Lee Carter")
    assert [entry.details["outcome"] for entry in await house.entries("contest.answer")] == ["explained"]


async def test_what_was_said_about_a_use_goes_with_it_when_it_is_erased(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    held = await contest(ola, seen)
    await published(house)
    assert (await reply(lee, held)).status_code == 204
    await published(house)
    async with house.parts.store.read() as tx:
        (first, *_) = await tx.uses.of_use(UseId(seen.use))
        incident = await tx.incidents.get(IncidentId(str(first.incident_id)))
    assert incident is not None
    if incident.closed_at is None:
        await dana.post(f"/api/incidents/{incident.id}/close")
    await lee.post(f"/api/agency/uses/{seen.use}/erase", {"why": "court", "what": "words"})
    (shown,) = await public(house)
    assert (shown.why, shown.outcome, shown.words) == ("no-emergency", "explained", "")
    receipt = (await ola.get("/api/receipts"))["receipts"][0]
    assert (receipt["contest"]["words"], receipt["contest"]["answer"]) == ("", "")
    await lee.post(f"/api/agency/uses/{seen.use}/erase", {"why": "court", "what": "everything"})
    await public(house)
    (receipt,) = (await ola.get("/api/receipts"))["receipts"]
    assert {"at", "category", "role"} <= set(receipt["erased"])
    assert (receipt["category"], receipt["opened_at"], receipt["seconds"]) == (None, None, None)


async def test_the_owners_words_are_in_no_leaf_and_the_supervisors_are(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    held = await contest(ola, seen)
    await published(house)
    await reply(lee, held)
    *_, contested, answered = await leaves(house, seen.use)
    assert set(contested.fields) == {"use", "hour", "at", "by", "why"}
    assert (contested.fields["by"].value, contested.fields["why"].value) == ("owner", "no-emergency")
    assert {name: answered.fields[name].value for name in ("by", "contest", "outcome", "words")} == {
        "by": "supervisor",
        "contest": "3",
        "outcome": "explained",
        "words": PUBLIC,
    }
    everything = json.dumps([base64.b64encode(leaf).decode() for leaf in house.log.leaves()])
    assert PRIVATE not in everything + json.dumps(
        [str(leaf.fields) for leaf in await leaves(house, seen.use)]
    )
    entries = await house.entries()
    assert not any(PRIVATE in value for entry in entries for value in entry.details.values())


async def test_one_is_open_at_a_time_and_there_are_three_at_most(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    for _ in range(rules.MOST_OF_A_USE):
        held = await contest(ola, seen)
        no(await tried(ola, seen), 409, "contested")
        await published(house)
        assert (await reply(lee, held)).status_code == 204
    problem = no(await tried(ola, seen), 409, "contested")
    assert "3 times" in problem["detail"]
    receipt = (await ola.get("/api/receipts"))["receipts"][0]
    assert receipt["contests_left"] == 0
    assert len(await public(house)) == 3


async def test_pressed_twice_at_a_time_it_is_one(house: House, dana: Staff, lent: Lent, ola: Staff) -> None:
    seen = await look(house, dana, lent)
    replies = await asyncio.gather(*(tried(ola, seen) for _ in range(4)))
    assert sorted(each.status_code for each in replies) == [201, 409, 409, 409]


async def test_two_supervisors_answer_once_and_not_before_the_log_has_it(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    held = await contest(ola, await look(house, dana, lent))
    no(await reply(lee, held), 503, "log-away")
    await published(house)
    replies = await asyncio.gather(*(reply(lee, held) for _ in range(3)))
    assert sorted(each.status_code for each in replies) == [204, 409, 409]
    refused = [entry.refusal for entry in await house.entries("contest.answer")]
    assert sorted(map(str, refused)) == ["None", "decided", "decided", "log-away"]


async def test_it_is_the_owners_to_contest_and_a_supervisors_to_answer(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    stranger = await (await lending(house, "una", numbers=())).signed_in()
    no(await tried(stranger, seen), 404, "not-found")
    no(await tried(dana, seen), 403, "wrong-role")
    held = await contest(ola, seen)
    await published(house)
    no(await reply(dana, held), 403, "wrong-role")
    no(await reply(ola, held), 403, "wrong-role")
    no(await dana.http.get("/api/agency/contests"), 403, "wrong-role")
    unknown = {"id": "ctt_" + "0" * 22}
    no(await reply(lee, unknown), 404, "not-found")


async def test_what_is_not_on_the_list_or_too_long_is_refused(
    house: House, dana: Staff, lent: Lent, ola: Staff, lee: Staff
) -> None:
    seen = await look(house, dana, lent)
    no(await tried(ola, seen, why="other"), 400, "malformed")
    where = f"/api/receipts/{seen.use}/contest"
    for words in ("x" * 501, "a\x00b"):
        no(await ola.http.post(where, json={"why": "too-long", "words": words}), 400, "malformed")
    held = await contest(ola, seen)
    await published(house)
    for words in ("", "x" * 501, "a\nb"):
        no(await reply(lee, held, words=words), 400, "malformed")
    no(await reply(lee, held, outcome="maybe"), 400, "malformed")


async def test_an_owner_contests_so_often_and_no_oftener(
    house: House, dana: Staff, lent: Lent, ola: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    still(house.parts.contests._rate)
    camera = await lent.camera()
    seen = [await look(house, dana, lent, camera) for _ in range(3)]
    monkeypatch.setattr(rules, "MOST_OPEN", 2)
    await contest(ola, seen[0])
    await contest(ola, seen[1])
    no(await tried(ola, seen[2]), 409, "too-many")
    for _ in range(7):
        await tried(ola, seen[2])
    no(await tried(ola, seen[2]), 429, "too-often")


async def test_the_newest_without_an_answer_come_first_and_late_ones_are_marked(
    house: House, dana: Staff, lent: Lent, ola: Staff
) -> None:
    camera = await lent.camera()
    seen = [await look(house, dana, lent, camera) for _ in range(3)]
    held = [await contest(ola, one) for one in seen]
    await published(house)
    await reply(await house.staff("lee"), held[2])
    house.clock.advance(days=15)
    listed = (await (await house.staff("lee")).get("/api/agency/contests"))["contests"]
    assert [one["id"] for one in listed] == [held[1]["id"], held[0]["id"], held[2]["id"]]
    assert [one["late"] for one in listed] == [True, True, False]


async def test_public_contests_come_page_by_page(house: House, dana: Staff, lent: Lent, ola: Staff) -> None:
    camera = await lent.camera()
    for _ in range(3):
        await contest(ola, await look(house, dana, lent, camera))
    await published(house)
    first = (await public(house))[:2]
    then = await public(house, before=first[-1].index)
    # openings are there before what is told of them
    assert [one.index for one in (*first, *then)] == [11, 8, 5]
    assert await counted(house, house.log.published) == (3, 0)
    assert await counted(house, 6) == (1, 0)
