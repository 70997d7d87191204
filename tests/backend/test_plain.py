"""The caller's page without script: forms that the server answers, bounded as the page with script is."""

import asyncio
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from backend.api.plain import FORM_BYTES
from backend.model.talk import TEXT_CHARS
from backend.model.uploads import MOST_BYTES
from tests.backend.house import House, Phone, Staff, no, still
from tests.backend.test_sharing import shared
from tests.backend.test_uploads import files, until_state
from tests.media import clips

TEXT = "He is in the kitchen"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def house(any_house: House) -> House:
    """On SQLite and on PostgreSQL."""
    return any_house


@pytest.fixture
async def dana(any_dana: Staff) -> Staff:
    return any_dana


class Read(HTMLParser):
    """What a page of ours says, and what its forms hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden: dict[str, str] = {}
        self.names: list[str] = []
        self.actions: list[str] = []
        self.buttons: list[tuple[str, str]] = []
        self.direction = ""
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        if tag == "html":
            self.direction = held["dir"]
        if tag == "form":
            self.actions.append(held["action"])
        if held.get("type") == "hidden":
            self.hidden[held["name"]] = held["value"]
        elif tag in ("input", "textarea"):
            self.names.append(held["name"])
        if tag == "button" and "name" in held:
            self.buttons.append((held["name"], held["value"]))

    def handle_endtag(self, tag: str) -> None:
        self._style = False

    def handle_data(self, data: str) -> None:
        if not self._style:
            self.said.append(data)

    def says(self, words: str) -> bool:
        return words in "\n".join(self.said)


class Page:
    """A browser without script: it remembers nothing but the page that it shows."""

    def __init__(self, house: House, path: str = "/c/plain") -> None:
        self.http = house.client({"Origin": house.config.origin})
        self.path, self.shown = path, Read("")
        self.sent: dict[str, str] = {}

    async def post(self, status: int = 200, **fields: str) -> Read:
        """The form, with what is hidden in it."""
        self.sent = {**self.shown.hidden, **fields}
        return self.read(await self.http.post(self.path, data=self.sent), status)

    async def again(self, status: int = 200) -> Read:
        """The page is loaded anew: a browser sends the last form once more."""
        return self.read(await self.http.post(self.path, data=self.sent), status)

    async def photo(self, content: bytes, status: int = 200, name: str = "photo.jpg") -> Read:
        reply = await self.http.post(
            "/c/plain/photo", data=self.shown.hidden, files={"file": (name, content)}
        )
        return self.read(reply, status)

    def read(self, reply: httpx.Response, status: int = 200) -> Read:
        assert reply.status_code == status, (reply.status_code, reply.text)
        assert reply.headers["content-type"].startswith("text/html")
        assert reply.headers["cache-control"] == "no-store"
        assert "set-cookie" not in reply.headers
        self.shown = Read(reply.text)
        return self.shown


async def asked(house: House, dana: Staff, kind: str = "live") -> tuple[Any, Any, str]:
    """An incident, its link and what the link carries."""
    incident = await dana.open()
    link = await dana.issue(incident, kind=kind)
    return incident, link, house.token(link["id"])


async def words(dana: Staff, link: Any) -> list[str]:
    return [word["text"] for word in (await dana.get(f"/api/links/{link['id']}/talk"))["words"]]


async def rung(dana: Staff, incident: Any) -> tuple[str, str, str]:
    (link,) = (await dana.see(incident))["links"]
    return link["state"], link["rung"], link["rung_reason"]


async def test_words_of_a_page_without_script_reach_the_dispatcher_and_hers_that_page(
    house: House, dana: Staff
) -> None:
    incident, link, token = await asked(house, dana)
    page = Page(house)
    await page.post(token=token)  # what a script that stalls has left in the form
    assert await rung(dana, incident) == ("sharing", "upload", "no-script")
    await page.post(text=f"  {TEXT}\r\nnow ")
    await page.again()
    assert await words(dana, link) == [f"{TEXT}\nnow"], "once, though the page was loaded anew"
    assert page.shown.says(TEXT)
    await dana.post(
        f"/api/links/{link['id']}/talk", {"id": "wrd_" + "a" * 22, "kind": "ask", "phrase": "ask.weapon"}
    )
    await page.post(look="1", text="half a")
    assert page.shown.says("Does anybody have a weapon?")
    assert page.shown.says("half a"), "what is not sent yet stays"
    marks = (await dana.get(f"/api/links/{link['id']}/talk"))["marks"]
    assert (marks["read"], marks["language"]) == (2, "en")
    assert ("answer", "2 answer.yes") in page.shown.buttons
    await page.post(answer="2 answer.yes")
    last = (await dana.get(f"/api/links/{link['id']}/talk"))["words"][-1]
    assert (last["answers"], last["phrase"]) == (2, "answer.yes")
    assert not any(name == "answer" for name, _ in page.shown.buttons), "it is answered"
    redeemed = [entry.details for entry in await house.entries("link.redeem")]
    assert redeemed == [{"again": "no", "page": "plain"}]
    assert TEXT not in str([entry.details for entry in await house.entries()])


async def test_whoever_runs_no_script_at_all_types_six_digits(house: House, dana: Staff) -> None:
    incident, link, _ = await asked(house, dana)
    page = Page(house)
    await page.post(text="before the digits")
    assert page.shown.names == ["code"]
    await page.post(404, code="000000")
    assert page.shown.says("These digits do not work")
    code = (await dana.post(f"/api/links/{link['id']}/code"))["code"]
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    await page.post(code=f" {arabic[:3]} {arabic[3:]} ")
    assert page.shown.says("Write what you cannot say")
    assert await words(dana, link) == ["before the digits"]
    await page.again()
    assert page.shown.says("Write what you cannot say"), "a code works once, and this page has used it"
    await page.post(text=TEXT)
    assert await words(dana, link) == ["before the digits", TEXT]
    assert await rung(dana, incident) == ("sharing", "upload", "no-script")


async def test_its_guesses_are_as_few_as_any_others(house: House, dana: Staff) -> None:
    still(house.parts.callers._guesses)
    page = Page(house)
    await page.post()
    for _ in range(5):
        await page.post(404, code="123456")
    await page.post(429, code="123456")
    assert page.shown.says("Too many tries")


async def test_a_photo_by_a_form_is_made_anew_like_any_other(house: House, dana: Staff, sam: Staff) -> None:
    incident, _, token = await asked(house, dana)
    page = Page(house)
    await page.post(token=token)
    await page.photo(clips.sideways() + bytes(300_000), name='a "name"\r\n.jpg')
    view = await until_state(dana, incident, "ready")
    assert (view["kind"], view["width"], view["height"]) == ("photo", 600, 800)
    assert files(house) == [".made"]
    await page.post(look="1")
    assert page.shown.says("911 has your photo or clip.")
    await page.photo(b"no photo at all")
    await until_state(dana, incident, "refused")
    await page.post(look="1")
    assert page.shown.says("This cannot be sent")
    await page.photo(b"", name="")
    assert len((await dana.see(incident))["uploads"]) == 2, "a form without a file sends none"


async def large(house: House, page: str) -> str:
    """The answer to the beginning of a form that says that it is twice too large."""
    body = (
        f'--x\r\nContent-Disposition: form-data; name="page"\r\n\r\n{page}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nabc'
    )
    head = (
        "POST /c/plain/photo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {MOST_BYTES * 2}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
    writer.write((head + body).encode())
    answer = (await reader.read()).decode()
    writer.close()
    return answer


async def test_a_photo_that_is_too_large_torn_or_no_form_is_refused(house: House, dana: Staff) -> None:
    incident, _, token = await asked(house, dana)
    page = Page(house)
    await page.post(token=token)
    answer = await large(house, page.shown.hidden["page"])
    assert answer.startswith("HTTP/1.1 413 ")
    assert "at most 100 MB" in answer
    no(await page.http.post("/c/plain/photo", data=page.shown.hidden), 415, "unsupported-type")
    body = (
        f'--x\r\nContent-Disposition: form-data; name="page"\r\n\r\n{page.shown.hidden["page"]}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    ).encode() + clips.sideways()
    torn = {"Content-Type": "multipart/form-data; boundary=x"}
    page.read(await page.http.post("/c/plain/photo", content=body, headers=torn), 422)
    assert page.shown.says("This cannot be sent")
    assert (await dana.see(incident))["uploads"][-1]["state"] == "expired"
    assert files(house) == []


async def test_a_link_for_the_place_takes_words_and_no_photos_and_one_for_photos_takes_both(
    house: House, dana: Staff
) -> None:
    incident, link, token = await asked(house, dana, "position")
    page = Page(house)
    await page.post(token=token)
    assert await rung(dana, incident) == ("sharing", "text", "no-script")
    assert "file" not in page.shown.names
    await page.photo(clips.sideways(), 403)
    await page.post(text=TEXT)
    assert await words(dana, link) == [TEXT]
    incident, _, token = await asked(house, dana, "upload")
    page = Page(house)
    await page.post(token=token)
    await page.photo(clips.sideways())
    await until_state(dana, incident, "ready")


async def test_a_link_that_another_phone_has_is_asked_for_and_the_words_wait(
    house: House, dana: Staff
) -> None:
    incident, link, phone = await shared(house, dana)
    page = Page(house)
    await page.post(403, token=phone.token, text=TEXT)
    assert page.shown.says("already used on another phone")
    assert page.shown.says(TEXT)
    assert await words(dana, link) == []
    assert (await dana.see(incident))["links"][0]["asking"]
    await dana.post(f"/api/links/{link['id']}/allow")
    await page.post(text=TEXT)
    assert await words(dana, link) == [TEXT]
    no(await phone.redeem(), 403, "link-bound")
    await dana.post(f"/api/links/{link['id']}/allow")
    await phone.share()
    await page.post(403, text="more")
    assert page.shown.says("Sharing goes on in another window or on another phone")
    await page.post(403, text="more")
    assert page.shown.says("already used on another phone"), "it asks again, by a press"


async def test_the_page_with_the_camera_can_be_tried_again_without_asking_anybody(
    house: House, dana: Staff
) -> None:
    incident, _, token = await asked(house, dana)
    page = Page(house)
    await page.post(token=token)
    page.path = "/c/plain/back"
    reply = await page.http.post(page.path, data=page.shown.hidden)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/c#{token}")
    assert (await rung(dana, incident))[0] == "ended"
    await Phone(house, token).share()
    assert (await rung(dana, incident))[0] == "sharing"
    page.path = "/c/plain"
    await page.post(403, text=TEXT)
    assert page.shown.says("Sharing goes on in another window or on another phone")
    stranger = Page(house, "/c/plain/back")
    await stranger.post(403, token=token)
    assert (await rung(dana, incident))[0] == "sharing"


async def test_nothing_is_said_any_more_once_the_call_is_closed(house: House, dana: Staff) -> None:
    incident, link, token = await asked(house, dana)
    page, late = Page(house), Page(house)
    await page.post(token=token)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    await page.post(410, text=TEXT)
    assert page.shown.says("911 has ended this")
    await late.post(410, token=token)
    assert await words(dana, link) == []


@pytest.mark.parametrize(
    ("ends", "says"), [("expire", "time is over"), ("revoke", "time is over"), ("lie", "does not work")]
)
async def test_a_link_that_opens_nothing_is_no_dead_end(
    ends: str, says: str, house: House, dana: Staff
) -> None:
    _, link, token = await asked(house, dana)
    if ends == "expire":
        house.clock.advance(hours=2)
    if ends == "revoke":
        await dana.post(f"/api/links/{link['id']}/revoke")
    page = Page(house)
    await page.post(404 if ends == "lie" else 410, token="undefined" if ends == "lie" else token)
    assert page.shown.says(says)
    assert page.shown.names == ["code"]


async def test_bad_forms_are_refused_and_what_was_written_stays(house: House, dana: Staff) -> None:
    _, link, token = await asked(house, dana)
    page = Page(house)
    await page.post(token=token)
    for bad in (
        {"text": "x" * (TEXT_CHARS + 1)},
        {"text": "a\x00b"},
        {"answer": "1 answer.yes"},
        {"word": "no", "text": "a"},
    ):
        reply = await page.http.post("/c/plain", data={**page.shown.hidden, **bad})
        assert 400 <= reply.status_code < 500
        assert Read(reply.text).says("This was not sent")
    for body in (b"\xff\xfe", b"&".join(b"a%d=" % n for n in range(100))):
        no(await page.http.post("/c/plain", content=body, headers=FORM), 400, "malformed")
    no(await page.http.post("/c/plain", content=bytes(FORM_BYTES + 1), headers=FORM), 413, "too-large")
    elsewhere = {"Origin": "https://elsewhere.example"}
    no(await page.http.post("/c/plain", data=page.shown.hidden, headers=elsewhere), 403, "bad-origin")
    assert await words(dana, link) == []
    await page.post(text="<b>&amp;</b>")
    assert page.shown.says("<b>&amp;</b>"), "and it is no HTML"


async def test_too_many_words_at_once_wait_in_the_form(house: House, dana: Staff) -> None:
    _, link, token = await asked(house, dana)
    still(house.parts.talk._callers)
    page = Page(house)
    await page.post(token=token)
    for number in range(10):
        await page.post(text=str(number))
    await page.post(429, text="one more")
    assert page.shown.says("This was not sent")
    assert page.shown.says("one more")
    assert len(await words(dana, link)) == 10


async def test_two_presses_at_once_are_one_page(house: House, dana: Staff) -> None:
    _, link, token = await asked(house, dana)
    page = Page(house)
    sent = {"token": f"{token},1,2,3,4", "text": TEXT}
    replies = await asyncio.gather(*(page.http.post("/c/plain", data=sent) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {200}
    assert await words(dana, link) == [TEXT]


async def test_it_speaks_the_browsers_language(house: House, dana: Staff) -> None:
    _, link, token = await asked(house, dana)
    page = Page(house)
    page.http.headers["Accept-Language"] = "ar-EG"
    await page.post(token=token)
    assert page.shown.direction == "rtl"
    assert (await dana.get(f"/api/links/{link['id']}/talk"))["marks"]["language"] == "ar"


async def test_behind_notes_nothing_is_shown_and_saved_means_that_it_arrived(
    house: House, dana: Staff
) -> None:
    incident = await dana.open()
    body = {"number": "+12125550123", "kind": "live", "manner": "covert"}
    link = (await dana.post(f"/api/incidents/{incident['id']}/links", body))["link"]
    page = Page(house, "/n/plain")
    await page.post(token=house.token(link["id"]), text=TEXT)
    assert await words(dana, link) == [TEXT]
    await dana.post(
        f"/api/links/{link['id']}/talk", {"id": "wrd_" + "b" * 22, "kind": "text", "text": "Help is near"}
    )
    await page.post(text="more")
    assert page.shown.says("Saved")
    for word in ("911", "Dearborn", "Help", TEXT, "more"):
        assert not page.shown.says(word), word
    await dana.post(f"/api/links/{link['id']}/revoke")
    await page.post(403, text="and more")
    assert page.shown.says("Not saved")
    assert page.shown.says("and more")
    assert await words(dana, link) == [TEXT, "Help is near", "more"]
