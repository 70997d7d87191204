"""The caller's page as a whole: its languages, its weight, and what it makes of a bad day.

How each of its states looks is in test_every_screen.
"""

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Request, Route

from tests.pwa import caller
from tests.pwa.caller import SMALL, Phones
from tests.pwa.service import Dispatcher, Service
from tests.pwa.states import STATES

pytestmark = pytest.mark.asyncio(loop_scope="session")

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
BELOW = "document.documentElement.scrollHeight - innerHeight"


@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [
        ("en-US", "ltr", "asks to see"),
        ("es-MX", "ltr", "pide ver"),
        ("ar-EG", "rtl", "تطلب"),
        ("xx", "ltr", "asks"),
    ],
)
async def test_the_page_speaks_the_browsers_language_and_fits_in_it(
    language: str, direction: str, words: str, phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(size=SMALL, language=language)
    await STATES["ask"].reach(page, dispatcher, service)
    await caller.says(page, words)
    assert await page.get_attribute("html", "dir") == direction
    assert await page.evaluate(OVERFLOW) == 0
    assert await page.evaluate(BELOW) == 0


async def test_another_language_can_be_chosen_and_stays_through_a_reload(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    await STATES["ask"].reach(page, dispatcher, service)
    await page.select_option("select", "ar")
    await caller.says(page, "تطلب")
    assert await page.get_attribute("html", "dir") == "rtl"
    await page.reload()
    await caller.says(page, "تطلب")


@pytest.mark.parametrize("size", [(568, 320), (844, 390)])
async def test_a_phone_on_its_side_needs_no_scrolling(
    size: tuple[int, int], phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(size=size)
    await STATES["live"].reach(page, dispatcher, service)
    assert await page.evaluate(OVERFLOW) == 0
    assert await page.evaluate(BELOW) == 0


async def test_the_page_can_be_used_by_keyboard_alone(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    await STATES["ask"].reach(page, dispatcher, service)
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.tagName") == "SELECT"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await caller.says(page, "can see your camera and where you are")
    await page.locator("button.stop").focus()
    await page.keyboard.press("Space")
    await caller.reaches(page, "ended")
    assert await page.evaluate("document.activeElement.tagName") == "H1"


async def test_forced_colours_keep_the_buttons_edges(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    await page.emulate_media(forced_colors="active")
    await STATES["ask"].reach(page, dispatcher, service)
    edge = await page.evaluate("getComputedStyle(document.querySelector('button.main')).borderTopColor")
    assert edge != "rgba(0, 0, 0, 0)"


async def test_all_that_crosses_the_wire_until_the_share_button_fits(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(language="uk")  # the longest of all
    tools = await page.context.new_cdp_session(page)
    bytes_ = []
    await tools.send("Network.enable")
    tools.on("Network.loadingFinished", lambda event: bytes_.append(int(event["encodedDataLength"])))
    await page.route(re.compile("/c/"), lambda route: route.abort())  # what comes after the button
    await STATES["ask"].reach(page, dispatcher, service)
    await page.get_by_text("Dearborn").first.wait_for()
    assert sum(bytes_) <= 16_000


async def test_nothing_but_the_page_and_one_question_is_asked_of_the_server_before_the_rest(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    async with page.expect_response("**/c/*/en.json"):
        await STATES["ask"].reach(page, dispatcher, service)
    assert [line for line in asked if "/" in line][:2] == ["GET /c", "POST /api/caller/open"]
    assert all(line.startswith("GET /c/") for line in asked[2:])


async def test_without_script_the_page_says_to_stay_on_the_phone(phones: Phones, service: Service) -> None:
    page = await phones.new(javascript=False)
    await page.goto(f"{service.url}/c#token")
    assert "Stay on the phone" in await page.locator("main").inner_text()


A_YEAR_OFF = """
const year = %d * 365 * 86400e3, now = Date.now;
Date.now = () => now() + year;
for (const name of ['watchPosition', 'getCurrentPosition']) {
  const real = navigator.geolocation[name].bind(navigator.geolocation);
  navigator.geolocation[name] = (found, ...rest) =>
    real(({coords, timestamp}) => found({coords, timestamp: timestamp + year}), ...rest);
}
"""


@pytest.mark.parametrize("years", [-1, 1])
async def test_a_clock_that_is_wrong_by_a_year_changes_nothing_until_stopped_and_after(
    years: int, phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(script=A_YEAR_OFF % years)
    looks = 0

    def count(request: Request) -> None:
        nonlocal looks
        looks += request.url.endswith("/api/caller/receipt")

    page.on("request", count)
    await STATES["seen"].reach(page, dispatcher, service)
    before = looks
    await page.wait_for_timeout(2500)
    assert looks - before <= 3, "it asks without end"


async def test_a_page_that_is_reloaded_before_the_press_and_once_it_was_stopped_goes_on(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    await STATES["ask"].reach(page, dispatcher, service)
    await page.reload()
    await caller.reaches(page, "ask")
    await caller.press_share(page)
    await page.reload()  # in the middle of whatever began
    await caller.says(page, "can see your camera and where you are")
    await page.click("button.stop")
    await caller.reaches(page, "ended")
    await page.reload()
    await caller.reaches(page, "ask")
    await page.get_by_role("button", name="Who saw it").click()
    await caller.reaches(page, "ended")


async def test_a_permission_that_is_withdrawn_midway_leaves_the_place_until_stopped(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(script=caller.REMEMBERS_TRACKS)
    await STATES["live"].reach(page, dispatcher, service)
    await page.evaluate(caller.REFUSES_CAMERA + "window.tracks[0].dispatchEvent(new Event('ended'))")
    await page.wait_for_selector('[data-camera="refused"][data-place="on"]')
    await caller.says(page, "but not your camera")
    await page.get_by_role("button", name="Try again").wait_for()


async def test_what_comes_later_may_stall_and_sharing_goes_on(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    asked, back = 0, asyncio.Event()

    async def stall(route: Route) -> None:
        nonlocal asked
        asked += 1
        await back.wait()
        await route.continue_()

    await page.route(re.compile("/c/"), stall)
    await STATES["live"].reach(page, dispatcher, service)
    assert asked > 0
    await page.click("button.stop")
    await caller.says(page, "You stopped")
    await page.get_by_role("button", name="Share again").wait_for()
    back.set()
    await page.get_by_text("What is kept").wait_for()


async def test_a_page_whose_script_does_not_arrive_says_what_to_do(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(language="es")

    async def half(route: Route) -> None:
        whole = await route.fetch()
        text = await whole.text()
        await route.fulfill(response=whole, body=text[: text.index('<script type="module">') + 5000])

    await page.route("**/c", half)
    await page.goto(dispatcher.issue_link(dispatcher.open_incident()).url)
    await page.get_by_text("No cuelgue").first.wait_for()
    assert await page.get_attribute("main", "data-screen") == "opening"
