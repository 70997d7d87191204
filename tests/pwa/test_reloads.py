"""A page that is loaded anew while the browser's own question is open, and a minute without any network."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright

from tests.pwa import caller
from tests.pwa.caller import CHROMIUM, PLACE, Phones
from tests.pwa.lines import Line, Lines
from tests.pwa.service import Dispatcher, Issued
from tests.pwa.test_caller_call import until
from tests.pwa.test_ladder import network, standing, stands

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The camera is asked for until `answers`: without a window Chromium refuses its own question at once.
STAYS_OPEN = """
const devices = navigator.mediaDevices, get = devices.getUserMedia.bind(devices);
devices.getUserMedia = (wanted) => window.answers ? get(wanted) : new Promise(() => {});
const query = navigator.permissions.query.bind(navigator.permissions);
navigator.permissions.query = (wanted) =>
  wanted.name === 'camera' ? Promise.resolve({state: 'prompt'}) : query(wanted);
"""
ASKS_A_PERSON = [flag for flag in CHROMIUM if flag != "--use-fake-ui-for-media-stream"]


@pytest_asyncio.fixture(loop_scope="session")
async def asking() -> AsyncIterator[Browser]:
    """Chromium whose questions are its own; without a window it refuses what was not granted before."""
    async with async_playwright() as playwright:
        yield await _launched(playwright)


async def _launched(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ASKS_A_PERSON)


@pytest.fixture
def link(dispatcher: Dispatcher) -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident())


def captures(dispatcher: Dispatcher, link: Issued) -> tuple[str, str]:
    (shown,) = dispatcher.incident(link.incident)["links"]
    return shown["camera"], shown["position"]


async def test_a_reload_while_the_camera_is_asked_for_is_back_at_the_press_and_the_dispatcher_sees_it(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    page = await phones.new(script=STAYS_OPEN)
    await caller.open_link(page, link)
    for _ in range(2):
        await caller.press_share(page)
        await caller.says(page, "Press Allow")
        await until(lambda: captures(dispatcher, link)[0] == "asking")
        await page.reload()
        await caller.reaches(page, "ask")
        await stands(dispatcher, link, "text: reloaded")
        assert captures(dispatcher, link) == ("paused", "paused")
    await page.evaluate("window.answers = true")
    await caller.press_share(page)
    await caller.says(page, "can see your camera and where you are")
    await stands(dispatcher, link, "live: working")
    assert "link.allow" not in dispatcher.actions(link.incident)


async def test_a_reload_after_an_answer_goes_on_by_itself(
    asking: Browser, dispatcher: Dispatcher, link: Issued
) -> None:
    context = await asking.new_context(geolocation=PLACE, permissions=["camera", "geolocation"])
    page = await context.new_page()
    await caller.share(page, link)
    await page.reload()
    await caller.says(page, "can see your camera and where you are")
    await stands(dispatcher, link, "live: working")
    assert "reloaded" not in str(dispatcher.details(link.incident, "caller.rung"))
    await context.close()


async def test_sixty_seconds_without_a_network_are_said_on_both_sides_and_then_it_is_back_by_itself(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    page = await phones.new()

    def feed() -> str:
        return str(dispatcher.incident(link.incident)["feeds"][0]["state"])

    async with Lines(page) as lines:
        await caller.share(page, link)
        await stands(dispatcher, link, "live: working")
        began = time.monotonic()
        lines.each(Line.cut)
        await network(page, offline=True)
        paused = page.locator("h1", has_text=re.compile("No connection|Picture paused"))
        await paused.wait_for()
        await stands(dispatcher, link, "live: unheard", timeout_s=30)
        await asyncio.sleep(60 - (time.monotonic() - began))
        assert await paused.is_visible()
        assert feed() in ("silent", "ended")
        assert standing(dispatcher, link) == "live: unheard", "what the phone believes is not shown as true"
        lines.each(Line.mend)
        await network(page)
        # the next rung first, while WebRTC is tried, and then the whole way up
        await stands(dispatcher, link, "stills: udp-and-tcp-blocked", "live: working", timeout_s=60)
        await until(lambda: feed() == "live", timeout_s=60)
        await stands(dispatcher, link, "live: working", timeout_s=120)
        await caller.says(page, "can see your camera and where you are")
    assert dispatcher.actions(link.incident).count("caller.rung") <= 8, "it does not flap"
