"""Cameras near an incident, on the console and on the officer's phone: opened, asked for, refused, closed."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.peers import until
from tests.pwa.agency import KIM, Agency, asked, camera, feed, incident, link, now, opening, position, unit
from tests.pwa.visits import APP, PHONE, axe, fits, smallest_target, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPEN = "/console#inc_1"
BELOW_DESK = (1280, 720)


def around(role: str = "dispatcher") -> Agency:
    """A live call, and cameras of every kind near it."""
    agency = Agency(APP, role=role)
    agency.units = [unit(1, "4B12")]
    agency.incidents["inc_1"] = incident(
        1,
        links=[link(1, "sharing", number=None if role == "officer" else "+13135550143")],
        feeds=[feed(1, "live")],
        position=position(),
        unit_ids=["unt_1"],
    )
    agency.cameras = [
        camera(1, "Corner shop, door"),
        camera(2, "City, Elm and 3rd", kind="city", looks=False),
        camera(3, "Hill house, drive", kind="residence", offer="ask"),
        camera(4, "Bakery, back", offer="no", why="paused"),
        camera(5, "Garage", offer="no", why="connector-away"),
    ]
    return agency


async def in_front(page: Page) -> str:
    said: str | None = await page.locator("figure.picture").get_attribute("aria-label")
    return said or ""


async def test_one_press_opens_the_best_camera_and_puts_it_in_front(browser: Browser) -> None:
    agency = around()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await expect(page.get_by_text("Business · 40 m · looks there")).to_be_visible()
        await page.get_by_role("button", name="Open Corner shop, door").click()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await expect(page.get_by_text("Open for 30 min")).to_be_visible()
        assert await axe(page) == []
        await page.keyboard.press("1")
        await expect(page.get_by_role("figure", name="Caller's picture")).to_be_visible()
        await page.keyboard.press("2")
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
        await page.get_by_role("button", name="Close Corner shop, door").click()
        await expect(page.get_by_role("figure", name="Caller's picture")).to_be_visible()
    opened = agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_1/open")
    assert opened == [{"reason": "see-scene"}]
    assert agency.asked_for("DELETE", "/api/openings/opn_1") == [None]


async def test_another_reason_is_one_press_more_and_is_the_reason_on_record(browser: Browser) -> None:
    agency = around()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Why: another reason for City, Elm and 3rd").click()
        reasons = page.get_by_role("list", name="Why City, Elm and 3rd is opened").get_by_role("button")
        await expect(reasons).to_have_text(
            ["See the scene", "Find a person", "Follow a suspect", "Officer safety"]
        )
        await expect(reasons.last).to_be_in_viewport()
        await expect(reasons.first).to_be_focused()
        assert await axe(page) == []
        await reasons.nth(1).click()
        await expect(page.get_by_role("figure", name="City, Elm and 3rd's picture")).to_be_visible()
    opened = agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_2/open")
    assert opened == [{"reason": "find-person"}]


def own_call(role: str = "dispatcher") -> Agency:
    """A site's own call: two of its cameras may be opened, a third asks, a fourth is paused."""
    agency = around(role)
    agency.incidents["inc_1"] |= {"site": "Corner shop"}
    for each in (*agency.cameras[:1], *agency.cameras[2:4]):
        each["own"] = True
    return agency


async def test_one_press_opens_all_cameras_of_the_site_that_called(browser: Browser) -> None:
    agency = own_call()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Open all cameras of Corner shop").click()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
        await expect(page.get_by_text("Asking the owner, 0:")).to_be_visible()
        await expect(page.get_by_role("button", name="Open all cameras of Corner shop")).to_have_count(0)
        assert await axe(page) == []
    assert agency.asked_for("POST", "/api/incidents/inc_1/site-cameras") == [None]


async def test_when_nothing_of_the_site_can_be_opened_any_more_it_is_said(browser: Browser) -> None:
    agency = own_call()
    agency.answers["POST", "/api/incidents/inc_1/site-cameras"] = 200, {"openings": [], "asked": []}
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Open all cameras of Corner shop").click()
        await expect(page.get_by_text("None of them can be opened now.")).to_be_visible()


async def test_a_camera_of_the_site_that_called_opens_for_that_reason_first(browser: Browser) -> None:
    agency = own_call()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Open Corner shop, door").click()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
    opened = agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_1/open")
    assert opened == [{"reason": "site-call"}]


async def test_the_console_offers_no_whole_site_where_nobody_s_site_called(browser: Browser) -> None:
    async with visiting(browser, around(), OPEN, size=BELOW_DESK) as page:
        await expect(page.get_by_role("button", name="Open Corner shop, door")).to_be_visible()
        await expect(page.get_by_role("button", name="Open all cameras")).to_have_count(0)


async def test_an_owner_is_asked_with_the_seconds_left_and_the_answer_shows(browser: Browser) -> None:
    agency = around()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await page.get_by_role("button", name="Ask owner of Hill house, drive").click()
        await expect(page.get_by_text("Asking the owner, 0:")).to_be_visible()
        await expect(page.get_by_text("Asked", exact=True)).to_be_visible()
        agency.cameras[2] |= {"offer": "no", "why": "refused"}
        asks = [{**agency.incidents["inc_1"]["asks"][0], "answer": "refused"}]
        await agency.change(asks=asks)
        await expect(page.get_by_text("3 more cameras that cannot be opened")).to_be_visible()
        await page.get_by_text("3 more cameras that cannot be opened").click()
        await expect(page.get_by_text("Its owner said no")).to_be_visible()
        await expect(page.get_by_text("Paused by its owner")).to_be_visible()
        await expect(page.get_by_text("Not connected now")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Day colours").click()
        assert await axe(page) == []


@pytest.mark.parametrize("where", ["console", "phone"])
async def test_who_is_asking_an_owner_is_named_and_a_colleague_joins_by_one_press(
    browser: Browser, where: str
) -> None:
    phone = where == "phone"
    agency = around("officer" if phone else "dispatcher")
    agency.cameras[2] |= {"offer": "asking"}
    agency.incidents["inc_1"]["asks"] = [asked(agency.cameras[2], waiting=[KIM])]
    path, size = ("/officer", PHONE) if phone else (OPEN, BELOW_DESK)
    async with visiting(browser, agency, path, size=size, has_touch=phone) as page:
        await expect(page.get_by_text("Kim Ono is asking the owner, 0:")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Join: " if phone else "Join: see Hill house, drive").click()
        await agency.change(asks=agency.incidents["inc_1"]["asks"])
        await expect(page.get_by_text("Asking the owner with Kim Ono, 0:")).to_be_visible()
        await expect(page.get_by_role("button", name="Join")).to_have_count(0)
        assert await axe(page) == []
        assert await fits(page)
    pressed = agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_3/open")
    assert pressed == [{"reason": "see-scene"}]


async def test_what_may_be_opened_is_asked_for_again_when_the_server_says_so(browser: Browser) -> None:
    agency = around()
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await expect(page.get_by_role("button", name="Open Corner shop, door")).to_be_visible()
        agency.cameras[0] |= {"offer": "no", "why": "paused"}
        await agency.tell({"type": "nearby", "incident_id": "inc_1"})
        await expect(page.get_by_role("button", name="Open Corner shop, door")).to_have_count(0)


async def test_an_opening_that_soon_ends_says_so_and_is_renewed_by_one_press(browser: Browser) -> None:
    agency = around()
    mine: dict[str, Any] = opening(1, agency.cameras[0], expires_at=now(minutes=-2))
    agency.incidents["inc_1"] |= {
        "openings": [mine, opening(2, agency.cameras[1], user_id="usr_2", user="Lee Carter")],
        "feeds": [
            feed(1, "live"),
            feed(0, "live", id="fed_c1", kind="camera", name="Corner shop, door", camera_id="cam_1"),
            feed(0, "live", id="fed_c2", kind="camera", name="City, Elm and 3rd", camera_id="cam_2"),
        ],
    }
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await expect(page.get_by_text("Ends in 1:")).to_be_visible()
        await expect(page.get_by_text("Lee Carter sees it")).to_be_visible()
        tabs = page.get_by_role("navigation", name="Pictures").get_by_role("button")
        await expect(tabs).to_have_count(2)  # the colleague's opening is not this person's
        await page.get_by_role("button", name="Renew Corner shop, door for 30 minutes").click()
        await expect(page.get_by_text("Open for 30 min")).to_be_visible()
    assert agency.asked_for("POST", "/api/openings/opn_1/renew") == [None]


async def test_the_console_without_cameras_says_why(browser: Browser) -> None:
    agency = around()
    agency.cameras = []
    async with visiting(browser, agency, OPEN, size=BELOW_DESK) as page:
        await expect(page.get_by_text("None within reach.")).to_be_visible()
        await agency.change(position=None)
        assert await axe(page) == []


@pytest.mark.parametrize("size", [PHONE, (844, 390), (320, 568)], ids=str)
async def test_the_officers_strip_opens_swaps_and_closes_with_one_thumb(
    browser: Browser, size: tuple[int, int]
) -> None:
    agency = around("officer")
    async with visiting(browser, agency, "/officer", size=size, has_touch=True) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("button", name="Open Corner shop, door 40 m, looks at the scene").tap()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
        assert await fits(page)
        assert await smallest_target(page) >= 56
        assert await axe(page) == []
        await page.get_by_role("button", name="Show Caller").tap()
        await expect(page.get_by_role("figure", name="Caller's picture")).to_be_visible()
        await page.get_by_role("button", name="Show Corner shop, door").tap()
        await page.get_by_role("button", name="Close camera").tap()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_have_count(0)
        await expect(page.get_by_role("figure", name="Caller's picture")).to_be_visible()
    assert agency.asked_for("DELETE", "/api/openings/opn_1") == [None]


@pytest.mark.parametrize("size", [PHONE, (844, 390), (320, 568)], ids=str)
async def test_an_officer_opens_for_another_reason_with_one_tap_more(
    browser: Browser, size: tuple[int, int]
) -> None:
    agency = around("officer")
    async with visiting(browser, agency, "/officer", size=size, has_touch=True) as page:
        await page.get_by_role("button", name="Why: another reason for Corner shop, door").tap()
        assert await fits(page)
        assert await smallest_target(page) >= 56
        assert await axe(page) == []
        await page.get_by_role("button", name="Back", exact=True).tap()
        await page.get_by_role("button", name="Why: another reason for Corner shop, door").tap()
        await page.get_by_role("button", name="Follow a suspect").tap()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
    opened = agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_1/open")
    assert opened == [{"reason": "follow-suspect"}]


async def test_an_officer_opens_the_whole_site_that_called_with_one_tap(browser: Browser) -> None:
    agency = own_call("officer")
    async with visiting(browser, agency, "/officer", size=PHONE, has_touch=True) as page:
        await page.get_by_role("button", name="All 2 of Corner shop").tap()
        await expect(page.get_by_role("figure", name="Corner shop, door's picture")).to_be_visible()
        assert await smallest_target(page) >= 56
    assert agency.asked_for("POST", "/api/incidents/inc_1/site-cameras") == [None]


async def test_an_officers_own_phone_becomes_a_camera_by_a_press_and_stops_by_one(browser: Browser) -> None:
    agency = around("officer")
    options: dict[str, Any] = {"permissions": ["camera"], "has_touch": True}
    async with visiting(browser, agency, "/officer", size=PHONE, **options) as page:
        await page.get_by_role("button", name="Send my camera").tap()
        await expect(page.get_by_role("button", name="My camera is on – stop")).to_be_visible()
        held = agency.incidents["inc_1"]
        officers = (("fed_9", "Sam Reed"), ("fed_8", "Kim Ono"))  # fed_9 is this phone's
        held["feeds"] = [
            *held["feeds"],
            *(feed(0, "live", id=which, kind="officer", name=name) for which, name in officers),
        ]
        await agency.tell({"type": "incident", "incident": held})
        await expect(page.get_by_role("figure", name="Kim Ono")).to_be_visible()
        await expect(page.get_by_role("figure", name="Sam Reed")).to_have_count(0)
        await page.get_by_role("button", name="My camera is on – stop").tap()
        await expect(page.get_by_role("button", name="Send my camera")).to_be_visible()
        stopped = "/api/incidents/inc_1/my-camera"
        await until(lambda: agency.asked_for("DELETE", stopped), "the server is told")
    assert agency.asked_for("POST", "/api/incidents/inc_1/my-camera") == [None]
