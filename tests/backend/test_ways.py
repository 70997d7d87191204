"""A link that nobody opens goes by another way, and the dispatcher is told: by SMTP and Twilio's client."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.services import outbox as outbox_module
from backend.services.outbox import CLAIM
from tests.backend.house import NUMBER, WAIT_S, House, Phone, Staff, done, no, settings, with_mail
from tests.notifications.mail_server import MailServer
from tests.notifications.twilio_double import TwilioDouble

EMAIL = "ann@example.com"
Held = tuple[House, Staff]


async def issue(dana: Staff, incident: Any, **body: Any) -> Any:
    answer = await dana.post(f"/api/incidents/{incident['id']}/links", {"kind": "live", **body})
    return answer["link"]


async def shown(dana: Staff, link: Any) -> Any:
    async with dana.socket() as socket:
        held = [held for view in socket.snapshot["incidents"] for held in view["links"]]
    return next(view for view in held if view["id"] == link["id"])


async def until(dana: Staff, link: Any, wanted: Callable[[Any], bool]) -> Any:
    """The link as its dispatcher sees it, as soon as it is like that."""
    async with asyncio.timeout(WAIT_S):
        while not wanted(view := await shown(dana, link)):  # noqa: ASYNC110  it comes over sockets
            await asyncio.sleep(0.02)
    return view


def went(view: Any) -> list[tuple[str, str]]:
    return [(way["way"], way["state"]) for way in view["ways"]]


async def later(house: House, seconds: float = 15) -> None:
    house.clock.advance(seconds=seconds)
    await house.parts.ways.look()


async def told(house: House) -> list[dict[str, str]]:
    return [entry.details for entry in await house.entries("link.next")]


async def test_a_text_that_nobody_opens_is_followed_by_an_email_and_then_the_dispatcher_is_asked(
    desk: Held, twilio: TwilioDouble, server: MailServer
) -> None:
    house, dana = desk
    link = await issue(dana, await dana.open(), number=NUMBER, email=" Ann@Example.com ")
    assert (link["email"], link["sender"]) == ("Ann@example.com", "sms")
    await until(dana, link, lambda view: view["state"] == "sent")
    await house.parts.ways.look()  # too early
    assert server.letters == []
    await later(house)
    letter = await server.letter()
    assert letter["To"] == "Ann@example.com"
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().split()[-1] == twilio.messages[0].body.split()[-1]  # the same link
    view = await until(dana, link, lambda view: ("email", "sent") in went(view))
    assert (went(view), view["sender"], view["unreached"]) == (
        [("sms", "sent"), ("email", "sent")],
        "email",
        False,
    )
    await later(house)
    assert (await shown(dana, link))["unreached"] is True
    for _ in range(3):
        await later(house, 60)  # never twice the same way by itself
    assert (len(twilio.messages), len(server.letters)) == (1, 1)
    assert await told(house) == [{"why": "not-opened", "way": "email"}, {"why": "not-opened"}]
    await dana.post(f"/api/links/{link['id']}/code")
    assert went(await shown(dana, link))[-1] == ("code", "sent")
    done(await Phone(house, house.token(link["id"])).open())
    view = await shown(dana, link)
    assert (view["state"], view["unreached"]) == ("opened", False)


async def test_a_link_that_is_opened_in_time_goes_no_other_way(
    desk: Held, twilio: TwilioDouble, server: MailServer
) -> None:
    house, dana = desk
    link = await issue(dana, await dana.open(), number=NUMBER, email=EMAIL)
    await twilio.arrived()
    await Phone(house, house.token(link["id"])).share()
    gone = await issue(dana, await dana.open(), number=NUMBER, email=EMAIL)
    await dana.post(f"/api/links/{gone['id']}/revoke")
    closed = await dana.open()
    await issue(dana, closed, number=NUMBER, email=EMAIL)
    await dana.post(f"/api/incidents/{closed['id']}/close")
    await later(house)
    await later(house)
    assert await told(house) == []
    assert server.letters == []


async def test_a_text_that_fails_does_not_wait_for_the_fifteen_seconds(
    desk: Held, twilio: TwilioDouble, server: MailServer
) -> None:
    house, dana = desk
    twilio.fail_next(21614)
    link = await issue(dana, await dana.open(), number=NUMBER, email=EMAIL)
    await until(dana, link, lambda view: view["state"] == "failed")
    await house.parts.ways.look()
    await server.letter()
    view = await until(dana, link, lambda view: view["state"] == "sent")
    assert went(view) == [("sms", "failed"), ("email", "sent")]
    assert view["ways"][0]["reason"]
    assert (await told(house))[0]["why"] == "failed"


async def test_with_a_number_only_the_dispatcher_is_told_at_once_that_no_way_is_left(
    desk: Held, twilio: TwilioDouble
) -> None:
    house, dana = desk
    twilio.fail_next(21614)
    link = await issue(dana, await dana.open(), number=NUMBER)
    await until(dana, link, lambda view: view["state"] == "failed")
    await house.parts.ways.look()
    assert (await shown(dana, link))["unreached"] is True
    again = await dana.post(f"/api/links/{link['id']}/resend")  # by hand it goes again, and is watched again
    assert again["link"]["unreached"] is False
    await until(dana, link, lambda view: view["state"] == "sent")
    await later(house)
    assert (await shown(dana, link))["unreached"] is True


async def test_a_link_for_an_address_alone_goes_by_email(desk: Held, server: MailServer) -> None:
    house, dana = desk
    incident = await dana.open()
    link = await issue(dana, incident, email=EMAIL, whom="third-party", manner="covert")
    letter = await server.letter()
    assert letter["Subject"] == "Your appointment"
    assert str(letter["From"]) == "911@dearborn.example"
    assert "Dearborn Police" not in letter.as_string()
    await until(dana, link, lambda view: view["state"] == "sent")
    details = [entry.details for entry in await house.entries("link.send")]
    assert details == [{"way": "email", "state": "sent"}]
    links = f"/api/incidents/{incident['id']}/links"
    no(await dana.http.post(links, json={"kind": "live", "email": "ann"}), 422, "bad-email")
    await dana.post(f"/api/links/{link['id']}/resend")
    again = await server.letter(2)
    assert again["Message-ID"] != letter["Message-ID"]  # a person's own wish is another message


async def test_a_grey_list_is_waited_for_and_a_refusal_is_told(desk: Held, server: MailServer) -> None:
    house, dana = desk
    server.refuse_rcpt = ["451 4.7.1 later", "550 5.1.1 unknown"]
    link = await issue(dana, await dana.open(), email=EMAIL)
    await until(dana, link, lambda _: len(server.refuse_rcpt) == 1)
    assert (await shown(dana, link))["state"] == "queued"
    house.clock.advance(seconds=3)
    view = await until(dana, link, lambda view: view["state"] == "failed")
    assert view["reason"] == "There is no such mailbox."
    assert server.letters == []


async def test_an_email_of_unknown_outcome_is_not_sent_again_by_itself(
    desk: Held, server: MailServer
) -> None:
    house, dana = desk
    server.drop_after_data = True
    link = await issue(dana, await dana.open(), email=EMAIL)
    await server.letter()
    await asyncio.sleep(0.1)
    house.clock.advance(seconds=CLAIM.total_seconds())
    view = await until(dana, link, lambda view: view["state"] == "sent")
    assert "did not say" in view["ways"][0]["reason"]
    assert len(server.letters) == 1


async def test_what_is_due_outlasts_a_restart(
    folder: Path, twilio: TwilioDouble, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOOK_S", 0.02)
    monkeypatch.setattr("backend.services.ways.LOOK_S", 0.05)
    config = settings(folder, twilio, mail=with_mail(server))
    async with House(config) as first:
        dana = await first.staff("dana")
        link = await issue(dana, await dana.open(), number=NUMBER, email=EMAIL)
        await until(dana, link, lambda view: view["state"] == "sent")
    async with House(config) as second:
        second.clock.advance(seconds=15)
        await server.letter()
    assert (len(twilio.messages), len(server.letters)) == (1, 1)


async def test_one_press_for_a_call_that_ended_opens_an_incident_and_texts_once(
    desk: Held, twilio: TwilioDouble
) -> None:
    _, dana = desk
    made = await dana.post("/api/hung-up", {"number": "212 555 0123"})
    incident, link = made["incident"], made["link"]
    assert (incident["type"], incident["callback_number"]) == ("Hung-up call", NUMBER)
    assert (link["whom"], link["kind"]) == ("hung-up", "live")
    text = await twilio.arrived(NUMBER)
    assert "your call ended. Tap to tell us if you need help" in text.body
    assert len(text.body) <= 160
    again = await dana.post("/api/hung-up", {"number": NUMBER})
    assert (again["incident"]["id"], again["link"]["id"]) == (incident["id"], link["id"])
    assert len(twilio.messages) == 1
    no(await dana.http.post("/api/hung-up", json={"number": "911"}), 422, "bad-number")
    await dana.post(f"/api/incidents/{incident['id']}/close")
    other = await dana.post("/api/hung-up", {"number": NUMBER, "manner": "silent"})
    assert other["incident"]["id"] != incident["id"]
    quiet = await twilio.arrived(count=2)
    assert not [word for word in ("Dearborn", "911", "help", "call ended") if word in quiet.body]


async def test_two_presses_at_once_for_a_call_that_ended_are_one(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    other = await house.staff("lee")
    made = await asyncio.gather(
        *(who.post("/api/hung-up", {"number": NUMBER}) for who in (dana, dana, other))
    )
    assert len({(each["incident"]["id"], each["link"]["id"]) for each in made}) == 1
    await twilio.arrived(NUMBER)
    assert len(await house.entries("incident.open")) == len(await house.entries("link.issue")) == 1


async def test_a_witness_has_a_link_beside_the_callers_and_does_not_move_the_place(desk: Held) -> None:
    house, dana = desk
    incident = await dana.open(callback_number=NUMBER)
    for whom in ("third-party", "caller"):
        await issue(dana, incident, number=NUMBER, whom=whom)
    caller, witness = (await dana.see(incident))["links"]
    phones = [Phone(house, house.token(link["id"])) for link in (caller, witness)]
    here, there = ({"latitude": at, "longitude": -83.2, "accuracy_m": 9} for at in (42.3, 42.9))
    await phones[1].share()
    assert (await phones[1].send("position", there)).status_code == 204
    assert (await dana.see(incident))["position"]["source"] == "witness"  # better than none
    await phones[0].share()
    assert (await phones[0].send("position", here)).status_code == 204
    assert (await phones[1].send("position", there)).status_code == 204
    view = await dana.see(incident)
    assert (view["position"]["source"], view["position"]["latitude"]) == ("caller", 42.3)
    assert {feed["id"]: feed["name"] for feed in view["feeds"]} == {
        caller["feed_id"]: "",
        witness["feed_id"]: "Witness",
    }
    await dana.post(f"/api/links/{witness['id']}/revoke")
    assert {link["whom"]: link["state"] for link in (await dana.see(incident))["links"]} == {
        "caller": "sharing",
        "third-party": "revoked",
    }
