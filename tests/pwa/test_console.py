"""The dispatcher's console: every state by keyboard, by screen reader, by night and by day."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa.agency import Agency, entry, feed, incident, link, near, now, position, problem, unit
from tests.pwa.visits import APP, axe, fits, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

State = Callable[[Agency], None]
OPEN = "/console#inc_1"
BELOW_DESK = (1280, 720)


def quiet(agency: Agency) -> None:
    agency.units = [unit(1, "4B12", near(-620, 410, heading_deg=310)), unit(2, "4B15")]
    agency.incidents = {
        "inc_1": incident(1),
        "inc_2": incident(2, type="Medical", words="Chest pain", opened_at=now(minutes=14)),
    }
    agency.entries = {"inc_1": [entry(0, "incident.open")]}


def texted(agency: Agency) -> None:
    quiet(agency)
    agency.incidents["inc_1"] |= {"links": [link(1, "delivered")], "feeds": [feed(1)]}


def failed(agency: Agency) -> None:
    quiet(agency)
    agency.incidents["inc_1"]["links"] = [link(1, "failed", reason="Landline or unreachable carrier")]


def live(agency: Agency) -> None:
    quiet(agency)
    agency.incidents["inc_1"] |= {
        "links": [link(1, "sharing")],
        "feeds": [feed(1, "live")],
        "position": position(heading_deg=40, speed_mps=1.4),
        "unit_ids": ["unt_1"],
    }
    agency.trails = {"inc_1": [position(latitude=42.3222, at=now(seconds=9))]}


def talking(agency: Agency) -> None:
    live(agency)
    held = agency.incidents["inc_1"]["links"][0]["id"]
    plain = {"at": now(seconds=40), "language": None, "translated": None, "text": "", "answers": None}
    asked = {**plain, "id": "w1", "number": 1, "by": "Dana Reyes", "kind": "ask", "phrase": "ask.weapon"}
    told = {**plain, "id": "w2", "number": 2, "by": None, "kind": "answer", "phrase": "answer.yes"}
    wrote = {**plain, "id": "w3", "number": 3, "by": None, "kind": "text", "phrase": None, "language": "es"}
    agency.talks = [
        {
            "incident_id": "inc_1",
            "link_id": held,
            "marks": {"delivered": 2, "read": 1, "desk_read": 3, "language": "es"},
            "words": [
                asked,
                {**told, "answers": 1},
                {**wrote, "text": "Está en la cocina", "translated": "He is in the cookery"},
            ],
        }
    ]


def asking(agency: Agency) -> None:
    live(agency)
    agency.incidents["inc_1"]["links"] = [link(1, "sharing", asking=True)]


def camera_refused(agency: Agency) -> None:
    live(agency)
    agency.incidents["inc_1"] |= {"links": [link(1, "sharing", camera="refused")], "feeds": [feed(1)]}
    agency.pictures = False


def ended(agency: Agency) -> None:
    live(agency)
    agency.incidents["inc_1"] |= {
        "links": [link(2, "revoked"), link(1, "ended", opened_at=now(minutes=1), redeemed_at=now(minutes=1))],
        "feeds": [feed(1, "ended")],
    }
    agency.pictures = False


def empty(agency: Agency) -> None:
    agency.units = []


STATES: dict[str, tuple[State, str]] = {
    "empty": (empty, "No open incident. Press N to open one."),
    "no link": (quiet, "No link yet. Press L to text one"),
    "delivered": (texted, "Ask the caller to open it and press Share."),
    "failed": (failed, "Landline or unreachable carrier. Resend, read a spoken code aloud"),
    "live": (live, "Camera on, position on"),
    "talking with the caller": (talking, "Está en la cocina"),
    "another phone asks": (asking, "Another phone opened this link and wants in."),
    "camera refused": (camera_refused, "Camera refused – position only"),
    "ended": (ended, "The caller stopped sharing."),
}


@pytest.mark.parametrize("name", STATES)
async def test_a_state_says_what_it_is_and_fits(browser: Browser, name: str) -> None:
    prepare, words = STATES[name]
    agency = Agency(APP)
    prepare(agency)
    async with visiting(browser, agency, OPEN if agency.incidents else "/console", size=BELOW_DESK) as page:
        await expect(page.get_by_text(words).first).to_be_visible()
        if name in ("live", "another phone asks"):
            await expect(page.locator(".chip.tone-live")).to_be_visible()
        assert await fits(page)


@pytest.mark.parametrize("size", [(820, 1180), (390, 844)], ids=str)
async def test_narrower_than_a_desk_it_is_scrolled_down_and_never_sideways(
    browser: Browser, size: tuple[int, int]
) -> None:
    agency = Agency(APP)
    talking(agency)
    async with visiting(browser, agency, OPEN, size=size) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        assert await page.evaluate(
            """() => [...document.querySelectorAll('html, .console, .bar, .middle, .right')]
              .every((box) => box.scrollWidth <= box.clientWidth)"""
        )
        last = page.get_by_role("button", name="Link for a witness")
        await last.scroll_into_view_if_needed()
        await expect(last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900)], ids=str)
async def test_what_happened_is_read_whole_beside_the_buttons(
    browser: Browser, size: tuple[int, int]
) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN, size=size) as page:
        title = page.locator(".head h1")
        await expect(title).to_contain_text("caller upstairs with two children")
        assert await title.evaluate("(title) => title.scrollHeight <= title.clientHeight + 1")


@pytest.mark.parametrize("prepare", [live, talking])
async def test_a_note_with_a_still_is_covered_by_nothing(
    browser: Browser, prepare: Callable[[Agency], None]
) -> None:
    agency = Agency(APP)
    prepare(agency)
    async with visiting(browser, agency, OPEN, size=(1280, 800)) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("button", name="Add a still of").click()
        await expect(page.get_by_role("img", name="to be sent")).to_be_visible()
        await page.locator(".composer").get_by_role("button", name="Send", exact=True).click(trial=True)


async def choose_type(page: Page) -> None:
    await page.keyboard.press("n")
    await page.keyboard.type("Med")
    await page.keyboard.press("Tab")


async def test_a_new_incident_is_one_line_and_texts_a_live_link_at_once(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, "/console") as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await choose_type(page)
        await page.keyboard.type("313 555 0199")
        await page.keyboard.press("Tab")
        await page.keyboard.type("Fell from a ladder")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Medical Fell from a ladder")).to_be_visible()
        await expect(page.locator(".link .standing")).to_have_text("Queued")
    assert agency.asked_for("POST", "/api/incidents") == [
        {
            "type": "Medical",
            "words": "Fell from a ladder",
            "callback_number": "313 555 0199",
            "position": None,
        }
    ]
    sent = agency.asked_for("POST", "/api/incidents/inc_3/links")
    assert sent == [{"number": "313 555 0199", "kind": "live"}]


@pytest.mark.parametrize("size", [BELOW_DESK, (1024, 768)], ids=str)
async def test_a_new_incident_stays_one_line_and_takes_a_place(
    browser: Browser, size: tuple[int, int]
) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN, size=size) as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        form = page.get_by_role("form", name="New incident")
        controls = form.locator("select, input:not([type=checkbox]), button")
        boxes = [await control.bounding_box() for control in await controls.all()]
        assert len({round(box["y"] + box["height"] / 2) for box in boxes if box}) == 1
        assert await form.evaluate("(form) => form.scrollWidth <= form.clientWidth")
        await choose_type(page)
        place = page.get_by_label("Place, if known")
        await place.fill("14 Elm Street")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Write a place as 42.3223, -83.1763.")
        await expect(place).to_be_focused()
        assert agency.asked_for("POST", "/api/incidents") == []
        assert await axe(page) == []
        await place.fill("42.3223° N, 83.1763° W")
        await page.keyboard.press("Enter")
        await expect(page.locator(".facts")).to_contain_text("From dispatch")
        await expect(place).to_have_value("")
    sent = agency.asked_for("POST", "/api/incidents")
    assert [body["position"] for body in sent] == [{"latitude": 42.3223, "longitude": -83.1763}]


async def test_the_place_is_set_on_the_empty_map_and_corrected_there(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Set the place").click()
        field = page.get_by_label("Latitude and longitude", exact=True)
        await expect(field).to_be_focused()
        assert await axe(page) == []
        await field.fill("somewhere")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("Put an address into the words.")
        await field.fill("42.3223, -83.1763")
        await page.keyboard.press("Enter")
        await expect(page.locator(".facts")).to_contain_text("From dispatch")
        await expect(field).to_have_count(0)
        await page.get_by_role("button", name="Set another place").click()
        await expect(field).to_have_value("42.32230, -83.17630")
        await page.keyboard.press("Escape")
        await expect(field).to_have_count(0)
        assert await fits(page)
    place = {"latitude": 42.3223, "longitude": -83.1763}
    assert agency.asked_for("POST", "/api/incidents/inc_1/amend") == [
        {"position": place, "over_caller": False}
    ]


async def test_a_callers_place_that_comes_meanwhile_is_kept_and_the_field_stays(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    amend = ("POST", "/api/incidents/inc_1/amend")
    async with visiting(browser, agency, OPEN) as page:
        await page.get_by_role("button", name="Set the place").click()
        await page.keyboard.type("42.3")
        await agency.tell({"type": "position", "incident_id": "inc_1", "position": position()})
        await expect(page.get_by_role("group", name="Position of the caller")).to_be_visible()
        await page.keyboard.type("301, -83.165")
        agency.answers[amend] = (409, problem(409, "caller-placed"))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("That one was kept.")
        await page.get_by_role("button", name="Cancel").click()
        del agency.answers[amend]
        await page.get_by_role("button", name="Set another place").click()
        await expect(page.get_by_text("This replaces the phone's own place")).to_be_visible()
        assert await axe(page) == []
        await page.keyboard.type("42.3301, -83.165")
        await page.keyboard.press("Enter")
        await expect(page.locator(".facts")).to_contain_text("From dispatch")
    assert [body["over_caller"] for body in agency.asked_for(*amend)] == [False, True]


async def test_the_words_are_corrected_in_the_head(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        picture = await page.locator("figure").bounding_box()
        await page.get_by_role("button", name="Correct the words").click()
        words = page.get_by_role("form", name="Correct the words").get_by_role("textbox")
        await expect(words).to_be_focused()
        assert await page.locator("figure").bounding_box() == picture
        assert await axe(page) == []
        await words.fill("Two men at the back door")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Break-in Two men at the back door")).to_be_visible()
        await page.get_by_role("button", name="Correct the words").click()
        await page.keyboard.press("Escape")
        await expect(page.locator("figure.is-blurred")).to_have_count(0)
        await expect(words).to_have_count(0)
    sent = agency.asked_for("POST", "/api/incidents/inc_1/amend")
    assert sent == [{"words": "Two men at the back door"}]


async def test_an_incident_opens_without_a_number_and_texts_nothing(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, "/console") as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await choose_type(page)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Medical")).to_be_visible()
        await expect(page.get_by_label("Caller's number", exact=True)).to_be_focused()
    assert agency.asked_for("POST", "/api/incidents")[0]["callback_number"] is None
    assert agency.asked_for("POST", "/api/incidents/inc_3/links") == []


async def test_a_number_that_cannot_be_texted_leaves_the_incident_open_and_says_so(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    agency.answers["POST", "/api/incidents/inc_3/links"] = (422, problem(422, "bad-number"))
    async with visiting(browser, agency, "/console") as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await choose_type(page)
        await page.keyboard.type("12")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(
            "The incident is open, but no link was texted."
        )


async def test_link_states_advance_in_place_and_nothing_moves(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    agency.incidents["inc_1"]["links"] = [link(1, "queued")]
    async with visiting(browser, agency, OPEN) as page:
        stepper = page.get_by_role("list", name="How far the link came")
        current = stepper.locator("[aria-current=step]")
        await expect(current).to_contain_text("Queued")
        before = await stepper.bounding_box()
        for state, word in (("sent", "Sent"), ("delivered", "Delivered"), ("opened", "Opened")):
            await agency.change(links=[link(1, state)])
            await expect(current).to_contain_text(word)
        await agency.change(links=[link(1, "sharing")])
        await expect(stepper.locator(".is-done")).to_have_count(5)
        after = await stepper.bounding_box()
        assert before is not None
        assert after is not None
        assert (before["x"], before["width"], before["height"]) == (
            after["x"],
            after["width"],
            after["height"],
        )


async def test_without_a_carrier_the_link_and_its_code_are_shown_plainly_marked(browser: Browser) -> None:
    agency = Agency(APP, sender="console")
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await page.keyboard.press("l")
        await expect(page.get_by_label("Caller's number", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("No SMS carrier configured: show or read this link")).to_be_visible()
        await expect(page.get_by_role("link", name="/c#")).to_be_visible()
        drawn = "(image) => image.complete && image.naturalWidth > 0"
        assert await page.get_by_alt_text("QR code of the link").evaluate(drawn)
        assert await axe(page) == []
        await page.get_by_role("button", name="Spoken code").click()
        await expect(page.get_by_text("482 913")).to_be_visible()
        await expect(page.get_by_text("Works for 9:5")).to_be_visible()
        assert await axe(page) == []


async def test_a_link_runs_out_only_while_nobody_has_used_it(browser: Browser) -> None:
    agency = Agency(APP)
    texted(agency)
    async with visiting(browser, agency, OPEN) as page:
        kind = page.locator(".link-kind")
        await expect(kind).to_contain_text("works for 57 min more")
        await agency.change(links=[link(1, "sharing")])
        await expect(kind).to_have_text("Camera and position · until you close or revoke it")
        await agency.change(links=[link(1, "ended", redeemed_at=now(minutes=1))])
        await expect(kind).to_contain_text("until you close or revoke it")
        await agency.change(links=[link(1, "expired")])
        await expect(kind).to_have_text("Camera and position")


async def test_another_phone_is_let_in_by_one_press(browser: Browser) -> None:
    agency = Agency(APP)
    asking(agency)
    async with visiting(browser, agency, OPEN) as page:
        await page.get_by_role("button", name="Allow that phone").click()
        await agency.change(links=[link(1, "sharing")])
        await expect(page.get_by_text("Another phone opened")).to_have_count(0)
    assert len(agency.asked_for("POST", "/api/links/lnk_1/allow")) == 1


async def test_revoking_asks_once_in_place(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN) as page:
        await page.get_by_role("button", name="Revoke").click()
        assert agency.asked_for("POST", "/api/links/lnk_1/revoke") == []
        await page.get_by_role("button", name="Revoke for good").click()
        await expect(page.get_by_role("button", name="Revoke for good")).to_have_count(0)
    assert len(agency.asked_for("POST", "/api/links/lnk_1/revoke")) == 1


async def test_closing_asks_once_says_what_will_end_and_covers_no_picture(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        picture = await page.locator("figure").bounding_box()
        await page.get_by_role("button", name="Close", exact=True).click()
        await expect(page.get_by_text("Closing ends 1 picture, 1 link and 1 unit's view.")).to_be_visible()
        await expect(page.get_by_role("button", name="Keep open")).to_be_focused()
        assert await page.locator("figure").bounding_box() == picture
        assert await axe(page) == []
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Keep open")).to_have_count(0)
        await page.get_by_role("button", name="Close", exact=True).click()
        await page.get_by_role("button", name="Close incident").click()
        await expect(page.get_by_text("This incident is closed.")).to_be_visible()
        await expect(page.locator("figure video")).to_have_count(0)
        agency.closed = [agency.incidents["inc_1"]]
        await page.get_by_role("button", name="Closed").click()
        await expect(page.get_by_role("button", name="Break-in")).to_be_visible()
        assert await axe(page) == []


async def test_units_are_assigned_and_released_in_place(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await page.get_by_role("button", name="Assign 4B12").click()
        await page.get_by_role("button", name="Release 4B12").click()
        await expect(page.get_by_role("button", name="Assign 4B12")).to_be_visible()
    assert agency.asked_for("POST", "/api/incidents/inc_1/units") == [
        {"unit_id": "unt_1", "only_free": False}
    ]


async def test_a_waiting_feed_is_watched_before_its_first_frame(browser: Browser) -> None:
    agency = Agency(APP)
    texted(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_text("The phone has the text.").first).to_be_visible()
        await page.wait_for_timeout(300)
        assert len(agency.asked_for("POST", "/api/feeds/fed_1/watch")) == 1


async def test_a_picture_that_stops_says_so_within_a_second_and_keeps_its_frame(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        assert await page.locator("video").evaluate("(video) => video.muted")
        await expect(page.locator(".watermark text").first).to_contain_text("Ana Ortiz")
        await page.wait_for_timeout(1000)
        await agency.freeze()
        await page.get_by_text("Still").wait_for(timeout=1600)  # a second, and what is in the jitter buffer
        assert await page.locator("video").evaluate(
            "(video) => video.videoWidth > 0 && video.readyState >= 2"
        )
        await expect(page.get_by_text("Still, 2 s ago")).to_be_visible()


async def test_swapping_and_turning_never_restart_the_picture(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        for key in ("s", "v"):
            await page.keyboard.press(key)
            await expect(page.locator(".chip.tone-live")).to_be_visible()
            assert await fits(page)
        await page.get_by_role("separator").focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_role("separator")).to_have_attribute("aria-valuenow", "57")
        assert await axe(page) == []
    assert len(agency.asked_for("POST", "/api/feeds/fed_1/watch")) == 1


async def test_escape_leaves_the_field_then_hides_the_picture(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.keyboard.press("n")
        await page.keyboard.press("Escape")
        await expect(page.locator("figure.is-blurred")).to_have_count(0)
        await page.keyboard.press("Escape")
        await expect(page.locator("figure.is-blurred")).to_have_count(1)
        assert await axe(page) == []
        await page.keyboard.press("1")
        await expect(page.locator("figure.is-blurred")).to_have_count(0)


async def test_help_lists_the_keys_and_can_switch_them_off(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await page.keyboard.press("?")
        await expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_label("Single keys work").uncheck()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("heading", name="Keys")).to_have_count(0)
        await page.keyboard.press("n")
        await expect(page.get_by_label("Type of incident")).not_to_be_focused()


async def test_a_live_picture_comes_to_whoever_has_chosen_nothing_and_only_then(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    agency.incidents["inc_2"]["opened_at"] = now(seconds=5)  # newer, without a picture
    async with visiting(browser, agency, "/console") as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("button", name="Medical").click()
        await expect(page.get_by_role("heading", name="Medical")).to_be_visible()
        await agency.lose()
        await expect(page.get_by_text("Connection lost")).to_be_visible()
        agency.up = True
        await expect(page.get_by_text("Connected")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("Connected")).to_be_visible()
        await expect(page.get_by_role("heading", name="Medical")).to_be_visible()
        assert page.url.endswith("#inc_2")


async def test_an_unread_mark_outlasts_a_reload_until_somebody_looks(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_text("Connected")).to_be_visible()
        await agency.record(entry(9, "link.open", "caller", at=now()), "inc_2")
        await expect(page.locator(".unread")).to_have_text("1 new")
        await page.reload()
        await expect(page.locator(".unread")).to_have_text("new")
        await expect(page).to_have_title("(1) Break-in – Sightline")
        assert await axe(page) == []
        await page.get_by_role("button", name="Medical").click()
        await expect(page.get_by_role("heading", name="Medical")).to_be_visible()
        await page.reload()
        await expect(page.get_by_text("Connected")).to_be_visible()
        await expect(page.locator(".unread")).to_have_count(0)


async def test_arrows_walk_the_list_and_opening_reads_the_unread(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await agency.record(entry(9, "link.open", "caller"), "inc_2")
        await expect(page.locator(".unread")).to_have_text("1 new")
        await expect(page).to_have_title("(1) Break-in – Sightline")
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("heading", name="Medical")).to_be_visible()
        await expect(page.locator(".unread")).to_have_count(0)
        await expect(page.get_by_role("log")).to_contain_text("The caller opened the link")


async def test_new_entries_are_read_out_and_followed(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    agency.entries["inc_1"] = [entry(n, "user.made-up", f"Person {n}") for n in range(40)]
    async with visiting(browser, agency, OPEN) as page:
        await agency.record(entry(50, "link.redeem", "caller"))
        await expect(page.get_by_role("log").get_by_text("The caller pressed Share")).to_be_in_viewport()


async def test_a_lost_connection_says_what_still_works_and_heals_by_itself(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_text("Connected")).to_be_visible()
        await agency.lose()
        await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
        assert await axe(page) == []
        agency.incidents["inc_1"]["words"] = "said while we were away"
        agency.up = True
        await expect(page.get_by_text("Connected")).to_be_visible()
        await expect(page.locator(".head-words")).to_have_text("said while we were away")


async def test_a_line_that_falls_silent_counts_as_lost_and_comes_back(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_text("Connected")).to_be_visible()
        await page.wait_for_timeout(4000)  # more than it takes to be lost
        await expect(page.get_by_text("Connected")).to_be_visible()
        assert agency.conversations == 1
        agency.fall_silent()
        agency.up = False
        await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
        agency.up = True
        await expect(page.get_by_text("Connected")).to_be_visible()
        assert agency.conversations == 2


async def test_a_session_that_ends_leads_to_sign_in(browser: Browser) -> None:
    agency = Agency(APP)
    quiet(agency)
    async with visiting(browser, agency, OPEN) as page:
        await expect(page.get_by_text("Connected")).to_be_visible()
        await agency.tell({"type": "signed-out"})
        await page.wait_for_url("**/signin#ended")


async def test_nobody_signed_in_is_led_to_sign_in_and_an_officer_to_the_app(browser: Browser) -> None:
    agency = Agency(APP)
    agency.signed_in = False
    async with visiting(browser, agency, "/console") as page:
        await page.wait_for_url("**/signin#ended")
    async with visiting(browser, Agency(APP, role="officer"), "/console") as page:
        await page.wait_for_url("**/officer")


async def read_nothing(page: Page) -> None:
    await expect(page.get_by_text("The log could not be read.")).to_be_visible()


async def read_position(page: Page) -> None:
    await expect(page.locator(".facts")).to_contain_text("precise, within 12 m")
    await expect(page.get_by_role("group", name="4B12 is 740 m south-east of the caller")).to_be_visible()


@pytest.mark.parametrize(
    ("broken", "seen"),
    [(True, read_nothing), (False, read_position)],
    ids=["a log that cannot be read", "a position with its units"],
)
async def test_the_right_words_stand_beside(
    browser: Browser, broken: bool, seen: Callable[[Page], Awaitable[None]]
) -> None:
    agency = Agency(APP)
    live(agency)
    if broken:
        agency.answers["GET", "/api/incidents/inc_1/entries"] = (500, problem(500, "internal"))
    async with visiting(browser, agency, OPEN) as page:
        await seen(page)


async def test_coordinates_are_copied_by_a_press(browser: Browser) -> None:
    agency = Agency(APP)
    live(agency)
    permissions = ["clipboard-read", "clipboard-write"]
    async with visiting(browser, agency, OPEN, permissions=permissions) as page:
        await page.get_by_role("button", name="Copy 42.32232, -83.17631").click()
        await expect(page.get_by_text("Copied")).to_be_visible()
        assert await page.evaluate("navigator.clipboard.readText()") == "42.32232, -83.17631"
