"""A link, from its issue to its end, over HTTP: what the caller gets and what the dispatcher is told."""

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.backend.house import House, Phone, Staff, done, no, settings, still

PREVIEWS = """
facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
facebookexternalhit/1.1 Facebot Twitterbot/1.0
Twitterbot/1.0
WhatsApp/2.23.20.0 A
WhatsApp/2.2419.9 N
TelegramBot (like TwitterBot)
Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
Slack-ImgProxy (+https://api.slack.com/robots)
Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)
Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Applebot/0.1
Viber/13.3.0
Line/9.1.0 linebot
KakaoTalk-scrap/1.0
Snapchat/10.77 (like Safari/604.1)
Pinterestbot/1.0
redditbot/1.0
Mozilla/5.0 (compatible; YandexBot/3.0)
Mozilla/5.0 (compatible; Yahoo! Slurp)
DuckDuckBot/1.1
Baiduspider/2.0
vkShare; +http://vk.com/dev/Share
Iframely/1.3.1 (+https://iframely.com/docs/about)
Embedly/0.2
Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)
Mozilla/5.0 (Windows NT 10.0) MicrosoftPreview/2.0 SafeLinks
Mimecast-Url-Protection/1.0
Barracuda Sentinel (EE)
""".strip().splitlines()


async def rows(house: House) -> list[Any]:
    async with house.parts.store.read() as tx:
        return [await tx.links.of_incident(i.id) for i in await tx.incidents.open()] + [
            e async for e in tx.entries.all()
        ]


async def test_a_link_goes_through_its_states_before_the_dispatchers_eyes(house: House, dana: Staff) -> None:
    incident = await dana.open()
    async with dana.socket() as socket:
        link = await dana.issue(incident)
        assert link["state"] == "queued"
        assert (await socket.until_link("queued"))["number"] == "+12125550123"
        assert (await socket.until_link("sent"))["sender"] == "console"
        phone = Phone(house, house.token(link["id"]))
        invitation = done(await phone.open())
        assert (await socket.until_link("opened"))["opened_at"] is not None
        await phone.share()
        assert (await socket.until_link("sharing"))["redeemed_at"] is not None
        assert (await phone.send("stop")).status_code == 204
        assert (await socket.until_link("ended"))["camera"] == "off"
        await phone.share()
        await socket.until_link("sharing")
        await dana.post(f"/api/links/{link['id']}/revoke")
        await socket.until_link("revoked")
    assert invitation.keys() == {"agency", "kind", "manner", "seconds_left", "challenge", "used"}
    assert (invitation["agency"], invitation["kind"], invitation["used"]) == (
        "Dearborn Police",
        "live",
        False,
    )
    assert 3590 < invitation["seconds_left"] <= 3600


async def test_nothing_about_the_incident_reaches_the_callers_page(house: House, dana: Staff) -> None:
    incident = await dana.open(words="armed suspect upstairs", callback_number="+12125550199")
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    opened = await phone.open()
    redeemed = await phone.redeem()
    for text in (opened.text, redeemed.text):
        assert not [word for word in ("armed", "2125550", incident["id"], link["id"]) if word in text]


async def test_opening_twice_is_told_once(house: House, phone: Phone) -> None:
    for _ in range(3):
        done(await phone.open())
    assert len(await house.entries("link.open")) == 1


async def test_a_link_opens_for_the_browser_that_redeemed_it_and_no_other(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    copy = Phone(house, phone.token)
    async with dana.socket() as socket:
        no(await copy.redeem(), 403, "link-bound")
        await socket.until(lambda e: e["type"] == "incident" and e["incident"]["links"][0]["asking"])
        for _ in range(3):
            no(await copy.redeem(), 403, "link-bound")  # it asks every two seconds
    assert len([e for e in await house.entries("link.redeem") if e.refusal == "link-bound"]) == 1
    assert (await phone.send("status", {"camera": "on", "position": "on"})).status_code == 204


async def test_a_dispatcher_lets_the_second_phone_take_the_link_over(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    copy = Phone(house, phone.token)
    no(await copy.redeem(), 403, "link-bound")
    link = (await house.entries("link.redeem"))[0].subject
    view = await dana.post(f"/api/links/{link}/allow")
    assert view["asking"] is False
    await copy.share()
    no(await phone.send("status", {"camera": "on", "position": "on"}), 403, "grant-revoked")
    no(await phone.redeem(), 403, "link-bound")
    assert (await dana.post(f"/api/links/{link}/allow"))["state"] == "sharing"  # and back
    await phone.share()


async def test_the_phone_that_asked_first_is_the_one_that_is_allowed(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    first, second = Phone(house, phone.token), Phone(house, phone.token)
    for copy in (first, second, first, second):
        no(await copy.redeem(), 403, "link-bound")
    entries = [e for e in await house.entries("link.redeem") if e.refusal == "link-bound"]
    assert len(entries) == 1
    await dana.post(f"/api/links/{entries[0].subject}/allow")
    await first.share()
    no(await second.redeem(), 403, "link-bound")


async def test_nobody_is_allowed_who_does_not_ask(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    no(await dana.http.post(f"/api/links/{link['id']}/allow"), 409, "not-asking")


async def test_redeeming_again_gives_the_same_feed_and_ends_the_older_grant(
    house: House, dana: Staff, phone: Phone
) -> None:
    first = await phone.share()
    (incident,) = await rows_of_incidents(house)
    feeds = (await dana.see(incident))["feeds"]
    second = await phone.share()
    assert first != second
    assert (await dana.see(incident))["feeds"] == feeds
    phone.bearer = first
    no(await phone.send("status", {"camera": "on", "position": "on"}), 403, "grant-revoked")
    phone.bearer = second
    assert (await phone.send("status", {"camera": "on", "position": "on"})).status_code == 204
    assert [e.details["again"] for e in await house.entries("link.redeem")] == ["no", "yes"]


async def rows_of_incidents(house: House) -> list[dict[str, str]]:
    async with house.parts.store.read() as tx:
        return [{"id": incident.id} for incident in await tx.incidents.open()]


async def test_a_link_for_the_position_only_gives_no_feed(house: House, dana: Staff) -> None:
    incident = await dana.open()
    link = await dana.issue(incident, kind="position")
    phone = Phone(house, house.token(link["id"]))
    grant = done(await phone.redeem())
    assert (grant["kind"], grant["whip"]) == ("position", None)
    assert (await dana.see(incident))["feeds"] == []
    headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
    no(await phone.http.post("/whip", content="v=0", headers=headers), 403, "wrong-scope")


async def test_a_link_for_uploads_allows_uploads_and_nothing_else(house: House, dana: Staff) -> None:
    incident = await dana.open()
    link = await dana.issue(incident, kind="upload")
    phone = Phone(house, house.token(link["id"]))
    grant = done(await phone.redeem())
    assert (grant["kind"], grant["whip"]) == ("upload", None)
    phone.bearer = grant["bearer"]
    assert (await dana.see(incident))["feeds"] == []
    headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
    no(await phone.http.post("/whip", content="v=0", headers=headers), 403, "wrong-scope")
    here = {"latitude": 42.3, "longitude": -83.2, "accuracy_m": 10}
    no(await phone.send("position", here), 403, "wrong-scope")
    assert (await phone.send("status", {"camera": "off", "position": "off"})).status_code == 204
    assert (await phone.send("stop")).status_code == 204


async def test_whom_a_link_is_for_and_in_which_manner_is_kept_and_told(house: House, dana: Staff) -> None:
    incident = await dana.open()
    body = {"number": "212 555 0123", "kind": "position", "whom": "third-party", "manner": "covert"}
    link = (await dana.post(f"/api/incidents/{incident['id']}/links", body))["link"]
    assert (link["whom"], link["manner"], link["number"]) == ("third-party", "covert", "+12125550123")
    assert (await dana.see(incident))["links"][0]["whom"] == "third-party"
    invitation = done(await Phone(house, house.token(link["id"])).open())
    assert (invitation["kind"], invitation["manner"]) == ("position", "covert")
    details = (await house.entries("link.issue"))[0].details
    assert (details["for"], details["manner"]) == ("third-party", "covert")


async def test_a_link_is_shown_when_there_is_neither_number_nor_address(house: House, dana: Staff) -> None:
    incident = await dana.open()
    links = f"/api/incidents/{incident['id']}/links"
    made = await dana.post(links, {"kind": "live", "shown": True})
    assert made["handout"]["url"].endswith(f"/c#{house.token(made['link']['id'])}")
    shown = (await dana.see(incident))["links"][0]
    assert (shown["state"], shown["sender"], shown["number"]) == ("sent", "console", None)
    assert [way["way"] for way in shown["ways"]] == ["qr"]
    await dana.post(f"/api/links/{shown['id']}/code")
    await dana.get(f"/api/links/{shown['id']}/handout")
    assert [way["way"] for way in (await dana.see(incident))["links"][0]["ways"]] == ["code", "qr"]
    no(await dana.http.post(links, json={"kind": "live"}), 422, "bad-number")
    no(await dana.http.post(links, json={"kind": "live", "email": "ann@example.com"}), 422, "bad-email")
    no(await dana.http.post(f"/api/links/{shown['id']}/resend"), 422, "bad-number")
    await Phone(house, house.token(shown["id"])).share()


async def test_an_unredeemed_link_runs_out(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    phone = Phone(house, house.token(link["id"]))
    challenge = done(await phone.open())["challenge"]
    since = house.clock()
    house.clock.advance(minutes=60)
    async with dana.socket() as socket:
        await house.parts.links.tell_expired(since)
        await socket.until_link("expired")
    no(await phone.open(), 410, "link-expired")
    no(await phone.redeem(challenge), 410, "link-expired")


async def test_a_redeemed_link_goes_on_after_its_time_to_be_redeemed(house: House, phone: Phone) -> None:
    await phone.share()
    house.clock.advance(minutes=61)
    assert (await phone.send("status", {"camera": "on", "position": "on"})).status_code == 204
    await phone.share()
    house.clock.advance(hours=12)
    no(await phone.send("status", {"camera": "off", "position": "on"}), 403, "grant-expired")


async def test_a_link_that_ran_out_is_sent_again_and_works(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    assert await house_sent(house, dana, link)
    house.clock.advance(minutes=61)
    again = await dana.post(f"/api/links/{link['id']}/resend")
    assert again["link"]["id"] == link["id"]
    assert again["handout"]["url"].endswith(f"/c#{house.token(link['id'])}")
    await Phone(house, house.token(link["id"])).share()
    no(await dana.http.post(f"/api/links/{link['id']}/resend"), 409, "already-sharing")


async def house_sent(house: House, dana: Staff, link: Any) -> bool:
    """Wait until the outbox has done its part."""
    async with dana.socket() as socket:
        links = [held for view in socket.snapshot["incidents"] for held in view["links"]]
        if next(held for held in links if held["id"] == link["id"])["state"] == "queued":
            await socket.until_link("sent")
    return True


async def test_a_revoked_link_is_over(house: House, dana: Staff, phone: Phone) -> None:
    await phone.share()
    link = (await house.entries("link.redeem"))[0].subject
    for _ in range(2):
        assert (await dana.post(f"/api/links/{link}/revoke"))["state"] == "revoked"
    no(await phone.open(), 410, "link-revoked")
    no(await phone.send("status", {"camera": "on", "position": "on"}), 403, "grant-revoked")
    for verb in ("resend", "code", "allow"):
        no(await dana.http.post(f"/api/links/{link}/{verb}"), 410, "link-revoked")
    no(await dana.http.get(f"/api/links/{link}/handout"), 410, "link-revoked")
    assert len(await house.entries("link.revoke")) == 1


async def test_a_revoked_links_feed_is_over_even_when_the_caller_was_away(
    house: House, dana: Staff, phone: Phone
) -> None:
    await phone.share()
    link = (await house.entries("link.redeem"))[0].subject
    (incident,) = await rows_of_incidents(house)
    assert (await dana.see(incident))["feeds"][0]["state"] == "waiting"
    await dana.post(f"/api/links/{link}/revoke")
    assert (await dana.see(incident))["feeds"][0]["state"] == "ended"


async def test_closing_the_incident_ends_the_link(house: House, dana: Staff, phone: Phone) -> None:
    await phone.share()
    (incident,) = await rows_of_incidents(house)
    view = await dana.post(f"/api/incidents/{incident['id']}/close")
    assert [link["state"] for link in view["links"]] == ["ended"]
    assert [feed["state"] for feed in view["feeds"]] == ["ended"]
    no(await phone.open(), 410, "incident-closed")
    no(await phone.send("status", {"camera": "on", "position": "on"}), 410, "incident-closed")
    no(await phone.redeem("1.x"), 410, "incident-closed")


async def test_a_closed_incident_takes_no_link(dana: Staff) -> None:
    incident = await dana.open()
    await dana.post(f"/api/incidents/{incident['id']}/close")
    body = {"number": "+12125550123", "kind": "live"}
    no(await dana.http.post(f"/api/incidents/{incident['id']}/links", json=body), 410, "incident-closed")


@pytest.mark.parametrize("number", ["911", "not a number", "+1 212", "0", "+999123456789", "212555012345678"])
async def test_a_number_that_is_none_is_refused_in_words(dana: Staff, number: str) -> None:
    incident = await dana.open()
    body = {"number": number, "kind": "live"}
    problem = no(await dana.http.post(f"/api/incidents/{incident['id']}/links", json=body), 422, "bad-number")
    assert problem["detail"]


async def test_a_forged_token_is_unknown(house: House, phone: Phone) -> None:
    for token in ("0" * 22, phone.token[:-1], phone.token.swapcase(), "x", "é" * 20, "x" * 128):
        no(await Phone(house, token).open(), 404, "link-unknown")
    no(await Phone(house, "").open(), 404, "link-unknown")


async def test_a_challenge_is_good_for_ten_minutes_and_for_its_own_link(
    house: House, dana: Staff, phone: Phone
) -> None:
    challenge = done(await phone.open())["challenge"]
    other = Phone(house, house.token((await dana.issue(await dana.open()))["id"]))
    at, _, mac = challenge.partition(".")
    for wrong in (
        done(await other.open())["challenge"],
        f"{int(at) + 1}.{mac}",
        "",
        ".",
        "1." + "0" * 22,
        "9" * 30,
        "٣." + mac,
        "é",
        f"{at}.{mac}x",
    ):
        no(await phone.redeem(wrong), 409, "challenge-stale")
    house.clock.advance(minutes=10, seconds=2)
    no(await phone.redeem(challenge), 409, "challenge-stale")
    done(await phone.redeem())


async def test_only_a_right_signature_redeems(house: House, phone: Phone) -> None:
    challenge = done(await phone.open())["challenge"]
    other = Phone(house, phone.token)
    good = phone.sign(challenge)
    for wrong in (
        other.sign(challenge),
        phone.sign("another challenge"),
        phone.sign(challenge, token="0" * 22),
        good[:-4],
        good + "AAAA",
        "",
        "A" * 86,
        "!" * 86,
        "é" * 86,
    ):
        no(await phone.redeem(challenge, signature=wrong), 403, "bad-signature")
    for key in (
        {"x": "A" * 43, "y": "A" * 43},  # not on the curve
        {"x": "", "y": ""},
        {"x": phone.public()["y"], "y": phone.public()["x"]},
        {"x": phone.public()["x"] + "=", "y": "é"},
    ):
        no(await phone.redeem(challenge, key=key), 403, "bad-signature")
    done(await phone.redeem(challenge))
    refused = [e.refusal for e in await house.entries("link.redeem")]
    assert refused == ["bad-signature"] * 13 + [None]


async def test_a_spoken_code_works_once(house: House, dana: Staff, phone: Phone) -> None:
    link = (await rows(house))[0][0]
    first = await dana.post(f"/api/links/{link.id}/code")
    spoken = await dana.post(f"/api/links/{link.id}/code")
    assert spoken["seconds_left"] == 600
    assert len(spoken["code"]) == 6
    http = phone.http
    if first["code"] != spoken["code"]:
        no(await http.post("/api/caller/code", json={"code": first["code"]}), 404, "code-unknown")
    entered = done(await http.post("/api/caller/code", json={"code": spoken["code"]}))
    assert entered == {"token": phone.token}
    no(await http.post("/api/caller/code", json={"code": spoken["code"]}), 404, "code-unknown")
    uses = [(e.actor, e.refusal) for e in await house.entries("link.code-use")]
    assert uses[-2:] == [("caller", None), ("unknown", "code-unknown")]


async def test_a_spoken_code_lasts_ten_minutes(house: House, dana: Staff, phone: Phone) -> None:
    link = (await rows(house))[0][0]
    spoken = await dana.post(f"/api/links/{link.id}/code")
    house.clock.advance(minutes=10)
    no(await phone.http.post("/api/caller/code", json={"code": spoken["code"]}), 404, "code-unknown")


async def test_a_link_that_ran_out_gets_no_spoken_code(house: House, dana: Staff, phone: Phone) -> None:
    """Read out to a frightened person, it would lead to a page that says no."""
    link = (await rows(house))[0][0]
    house.clock.advance(minutes=55)
    assert (await dana.post(f"/api/links/{link.id}/code"))["seconds_left"] <= 300
    house.clock.advance(minutes=6)
    no(await dana.http.post(f"/api/links/{link.id}/code"), 410, "link-expired")
    no(await dana.http.get(f"/api/links/{link.id}/handout"), 410, "link-expired")


async def test_codes_cannot_be_tried_through(house: House) -> None:
    still(house.parts.callers._guesses)
    http = house.client()
    for guess in range(5):
        no(await http.post("/api/caller/code", json={"code": f"{guess:06}"}), 404, "code-unknown")
    reply = await http.post("/api/caller/code", json={"code": "000006"})
    no(reply, 429, "too-many-tries")
    assert reply.headers["retry-after"]


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", "١٢٣٤٥٦", "123456\n", " 12345"])
async def test_a_code_is_six_digits(house: House, code: str) -> None:
    no(await house.client().post("/api/caller/code", json={"code": code}), 400, "malformed")


async def test_opening_links_has_a_limit(house: House) -> None:
    still(house.parts.callers._addresses)
    still(house.parts.callers._strangers)
    phone = Phone(house, "0" * 22)
    codes = [(await phone.open()).status_code for _ in range(301)]
    assert codes == [404] * 300 + [429]
    assert len([e for e in await house.entries("link.open") if e.subject == "unknown"]) == 30


async def test_another_sites_page_may_not_use_a_callers_link(house: House, phone: Phone) -> None:
    evil = house.client({"Origin": "https://evil.example"})
    for path in ("open", "redeem", "code", "position", "status", "stop"):
        no(await evil.post(f"/api/caller/{path}", json={"token": phone.token}), 403, "bad-origin")


def written_in(folder: Path) -> bytes:
    """Every byte of the database, what is still in its write-ahead log included."""
    files = {file.name: file.read_bytes() for file in folder.glob("sightline.db*")}
    assert files["sightline.db-wal"]
    return b"".join(files.values())


async def test_no_token_is_in_the_database_nor_in_the_log(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)  # as the service runs
    async with House(settings(folder)) as house:
        dana = await house.staff("dana")
        link = await dana.issue(await dana.open())
        await house_sent(house, dana, link)
        phone = Phone(house, house.token(link["id"]))
        bearer = await phone.share()
        code = (await dana.post(f"/api/links/{link['id']}/code"))["code"]
        done(await phone.http.post("/api/caller/code", json={"code": code}))
        no(await Phone(house, phone.token).redeem(), 403, "link-bound")
        other = (await dana.post(f"/api/links/{link['id']}/code"))["code"]
        cookie = dana.cookie.partition("=")[2]
        written = written_in(folder)
        for secret in (phone.token, bearer, cookie, dana.csrf):
            assert secret.encode() not in written
        assert house.keys.code_hash(other).encode() in written
    assert caplog.records
    for record in caplog.records:
        if record.name.startswith(("httpx", "websockets.client")):
            continue  # the test's own ends of the connections
        said = record.getMessage()
        for secret in (phone.token, bearer, code, cookie, dana.csrf, "+12125550123"):
            assert secret not in said, (record.name, said)


async def test_no_link_preview_changes_anything(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    await house_sent(house, dana, link)
    before = await rows(house)
    assert len(PREVIEWS) >= 30
    for agent in PREVIEWS:
        http = house.client({"User-Agent": agent})
        for path in ("/c", f"/c?token={house.token(link['id'])}", "/", "/c/"):
            for method in ("GET", "HEAD"):
                reply = await http.request(method, path)
                assert reply.status_code < 500
    assert await rows(house) == before


async def test_a_handout_shows_the_link_only_without_a_carrier(house: House, dana: Staff) -> None:
    link = await dana.issue(await dana.open())
    handout = await dana.get(f"/api/links/{link['id']}/handout")
    assert handout["url"] == f"http://127.0.0.1:8800/c#{house.token(link['id'])}"
    assert handout["qr_svg"].startswith("<svg")
    assert await house.entries("link.handout")
