"""A link that was spoken or shown goes to a number or an address too, in the language that was chosen."""

from typing import Any

from backend.model.ids import new_id
from notifications.templates import LANGUAGES
from tests.backend.house import NUMBER, Phone, done, no
from tests.backend.test_ways import EMAIL, Held, issue, later, shown, told, until, went
from tests.notifications.mail_server import MailServer
from tests.notifications.twilio_double import TwilioDouble


async def also(dana: Any, link: Any, **body: Any) -> Any:
    return (await dana.post(f"/api/links/{link['id']}/also", body))["link"]


async def test_a_link_that_was_read_out_is_texted_too_and_then_goes_on_by_itself(
    desk: Held, twilio: TwilioDouble, server: MailServer
) -> None:
    house, dana = desk
    link = await issue(dana, await dana.open(), shown=True)
    await dana.post(f"/api/links/{link['id']}/code")
    house.clock.advance(seconds=120)
    view = await also(dana, link, number="(212) 555-0123", email=EMAIL, language="uk")
    assert (view["number"], view["email"], view["language"]) == (NUMBER, EMAIL, "uk")
    await twilio.arrived()
    text = twilio.messages[0].body
    assert "відео" in text
    assert text.endswith(house.token(link["id"]))
    assert server.letters == []
    await until(dana, link, lambda view: ("sms", "sent") in went(view))
    await later(house)
    letter = await server.letter()
    assert letter["Subject"] == "Повідомлення від Dearborn Police"
    body = letter.get_body(("html",))
    assert body is not None
    assert '<html lang="uk" dir="ltr">' in body.get_content()
    await until(dana, link, lambda view: ("email", "sent") in went(view))
    await later(house)
    assert (await shown(dana, link))["unreached"] is True
    assert await told(house) == [{"why": "not-opened", "way": "email"}, {"why": "not-opened"}]
    (entry,) = await house.entries("link.also")
    assert (entry.actor, entry.refusal) == (dana.user.id, None)
    assert entry.details == {"way": "sms", "number": NUMBER, "email": EMAIL, "language": "uk"}


async def test_a_link_that_went_to_a_number_goes_to_an_address_at_once_and_to_no_other(
    desk: Held, twilio: TwilioDouble, server: MailServer
) -> None:
    _, dana = desk
    link = await issue(dana, await dana.open(), number=NUMBER)
    await twilio.arrived()
    await until(dana, link, lambda view: view["state"] == "sent")
    where = f"/api/links/{link['id']}/also"
    no(await dana.http.post(where, json={"number": "+12125550199"}), 422, "bad-number")
    no(await dana.http.post(where, json={}), 422, "bad-number")
    no(await dana.http.post(where, json={"email": "nobody"}), 422, "bad-email")
    no(await dana.http.post(where, json={"email": EMAIL, "language": "tlh"}), 400, "malformed")
    await also(dana, link, email=EMAIL)
    await server.letter()
    no(await dana.http.post(where, json={"email": "other@example.com"}), 422, "bad-email")
    assert len(twilio.messages) == 1


async def test_a_link_that_somebody_has_or_that_is_over_goes_nowhere(desk: Held) -> None:
    house, dana = desk
    link = await issue(dana, await dana.open(), shown=True)
    await Phone(house, house.token(link["id"])).share()
    where = "/api/links/{}/also"
    no(await dana.http.post(where.format(link["id"]), json={"number": NUMBER}), 409, "already-sharing")
    gone = await issue(dana, await dana.open(), shown=True)
    await dana.post(f"/api/links/{gone['id']}/revoke")
    no(await dana.http.post(where.format(gone["id"]), json={"number": NUMBER}), 410, "link-revoked")
    no(await dana.http.post(where.format(new_id("lnk")), json={"number": NUMBER}), 404, "not-found")
    late = await issue(dana, await dana.open(), shown=True)
    house.clock.advance(hours=1)
    assert (await also(dana, late, number=NUMBER))["state"] == "queued", "its time begins anew"


async def test_a_text_is_in_the_language_that_the_callers_page_was_in(
    desk: Held, twilio: TwilioDouble
) -> None:
    house, dana = desk
    incident = await dana.open()
    first = await issue(dana, incident, shown=True)
    assert first["language"] == "en"
    phone = Phone(house, house.token(first["id"]))
    await phone.share()
    done(await phone.send("talk/marks", {"delivered": 0, "read": 0, "language": "so"}))
    assert (await issue(dana, incident, number=NUMBER))["language"] == "so"
    assert (await issue(dana, incident, number=NUMBER, language="fr"))["language"] == "fr"
    witness = await issue(dana, incident, number=NUMBER, whom="third-party")
    assert witness["language"] == "en", "that is somebody else"
    body = {"number": "+12125550188", "language": "vi"}
    assert (await dana.post("/api/hung-up", body))["link"]["language"] == "vi"
    me = await dana.get("/api/session")
    assert list(me["agency"]["quiet_words"]) == list(LANGUAGES)
