"""Amending an incident: words and place are corrected on the record, and a phone's place outranks a guess."""

from typing import Any

import pytest

from tests.backend.house import House, Phone, Staff, done, no

GUESS = {"latitude": 42.3223, "longitude": -83.1763}
OTHER = {"latitude": 42.3301, "longitude": -83.1650}
HERE = {"latitude": 42.32232, "longitude": -83.17631, "accuracy_m": 9.0}


def at(view: Any) -> tuple[float, float, str]:
    where = view["position"]
    return where["latitude"], where["longitude"], where["source"]


def address(incident: Any) -> str:
    return f"/api/incidents/{incident['id']}/amend"


async def shared(house: House, dana: Staff, incident: Any) -> Phone:
    """A phone that has said where it is."""
    phone = Phone(house, house.token((await dana.issue(incident))["id"]))
    await phone.share()
    assert (await phone.send("position", HERE)).status_code == 204
    return phone


async def test_an_incident_opens_with_a_place_or_with_none_yet(dana: Staff) -> None:
    assert (await dana.open())["position"] is None
    incident = await dana.open(position=GUESS)
    assert at(incident) == (42.3223, -83.1763, "dispatcher")
    assert (
        await dana.get(f"/api/incidents/{incident['id']}/trail") == []
    )  # a guess is no step of the caller's


async def test_words_and_place_are_corrected_and_everybody_is_told(any_house: House) -> None:
    dana = await any_house.staff("dana")
    incident = await dana.open(words="Man at the door")
    async with dana.socket() as socket:
        view = await dana.post(address(incident), {"words": "Two men at the door", "position": GUESS})
        assert (view["words"], at(view)[2]) == ("Two men at the door", "dispatcher")
        told = await socket.until(lambda event: event["type"] == "incident")
        assert told["incident"] == view
        line = await socket.until(lambda event: event["type"] == "entry")
        assert line["entry"]["details"] == {
            "words": "Two men at the door",
            "words_before": "Man at the door",
            "place": "42.32, -83.18",
        }
    view = await dana.post(address(incident), {"position": OTHER})
    assert (view["words"], at(view)) == ("Two men at the door", (42.3301, -83.165, "dispatcher"))
    last = (await any_house.entries("incident.amend"))[-1]
    assert last.details == {"place_before": "42.32, -83.18", "place": "42.33, -83.17"}


async def test_nothing_to_correct_leaves_no_entry(house: House, dana: Staff) -> None:
    incident = await dana.open(words="Man at the door")
    for body in ({}, {"words": None, "position": None}, {"words": "Man at the door"}):
        assert await dana.post(address(incident), body) == incident
    assert await house.entries("incident.amend") == []


async def test_a_guess_never_replaces_what_the_callers_phone_said(house: House, dana: Staff) -> None:
    incident = await dana.open(position=GUESS)
    await shared(house, dana, incident)
    no(await dana.http.post(address(incident), json={"position": OTHER, "words": "x"}), 409, "caller-placed")
    view = await dana.see(incident)
    assert (view["words"], at(view)) == ("", (42.32232, -83.17631, "caller"))
    assert (await dana.post(address(incident), {"words": "By the shed"}))["words"] == "By the shed"
    refusals = [entry.refusal for entry in await house.entries("incident.amend")]
    assert refusals == ["caller-placed", None]


async def test_a_dispatcher_may_replace_it_on_purpose_until_the_phone_says_it_again(
    house: House, dana: Staff
) -> None:
    incident = await dana.open()
    phone = await shared(house, dana, incident)
    view = await dana.post(address(incident), {"position": OTHER, "over_caller": True})
    assert at(view) == (42.3301, -83.165, "dispatcher")
    assert (await house.entries("incident.amend"))[-1].details["over"] == "caller"
    assert (await phone.send("position", HERE)).status_code == 204
    assert at(await dana.see(incident))[2] == "caller"
    assert len(await dana.get(f"/api/incidents/{incident['id']}/trail")) == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"position": {"latitude": 91, "longitude": 0}}, 422, "bad-position"),
        ({"position": {"latitude": 0, "longitude": -180.1}}, 422, "bad-position"),
        ({"position": {"latitude": 0, "longitude": 0, "accuracy_m": -1}}, 422, "bad-position"),
        ({"position": {"latitude": 0}}, 400, "malformed"),
        ({"words": "x" * 501}, 400, "malformed"),
        ({"words": "a\x00b"}, 400, "malformed"),
        ({"callback_number": "+12125550123"}, 400, "malformed"),
    ],
    ids=str,
)
async def test_what_makes_no_sense_changes_nothing(dana: Staff, body: Any, status: int, code: str) -> None:
    incident = await dana.open(words="Man at the door")
    no(await dana.http.post(address(incident), json=body), status, code)
    view = await dana.see(incident)
    assert {**view, "news_at": incident["news_at"]} == incident  # the refusal itself is news


async def test_a_closed_incident_is_not_amended(house: House, dana: Staff) -> None:
    incident = await dana.open()
    await dana.post(f"/api/incidents/{incident['id']}/close")
    no(await dana.http.post(address(incident), json={"words": "x"}), 410, "incident-closed")
    assert [entry.refusal for entry in await house.entries("incident.amend")] == ["incident-closed"]


async def test_an_officer_amends_nothing(dana: Staff, sam: Staff) -> None:
    incident = await dana.open()
    done(await dana.http.post(f"/api/incidents/{incident['id']}/units", json={"unit_id": sam.user.unit_id}))
    no(await sam.http.post(address(incident), json={"words": "x"}), 403, "wrong-role")
