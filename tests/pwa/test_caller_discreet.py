"""Sharing without being seen to: the dark screen, the page for notes, the way out, and a covert link."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page

from tests.pwa import caller
from tests.pwa.caller import SMALL, Phones
from tests.pwa.conftest import BUILT
from tests.pwa.service import Dispatcher, Issued, Service
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDDEN = "getComputedStyle(document.getElementById('page')).display === 'none'"
ADDRESS = "location.pathname + location.search + location.hash"


async def _silent(page: Page, dispatcher: Dispatcher) -> Issued:
    link = dispatcher.issue_link(dispatcher.open_incident(), manner="silent")
    await caller.share(page, link)
    await page.get_by_role("button", name="Hide this page").wait_for()
    return link


async def _until(page: Page, what: Callable[[], bool]) -> None:
    for _ in range(300):
        if what():
            return
        await page.wait_for_timeout(100)
    raise AssertionError("it did not come to that")


def _left_quickly(dispatcher: Dispatcher, link: Issued) -> bool:
    return dispatcher.details(link.incident, "caller.stop") == [{"quickly": "yes"}]


async def test_a_silent_caller_hides_the_page_comes_back_and_leaves_without_a_trace(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(size=SMALL)
    await page.goto(f"{service.url}/signin")  # where they were before
    link = await _silent(page, dispatcher)
    assert await page.evaluate(ADDRESS) == "/c", "the token stays in the address"
    assert await page.title() == "Notes"
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    for look in ("Dark screen", "A page for notes"):
        await page.get_by_role("button", name="Hide this page").click()
        assert await page.evaluate("document.activeElement.textContent") == (
            "Sharing goes on. To come back, tap the screen three times."
        )
        assert await axe(page) == []
        await page.get_by_role("button", name=look).click()
        assert await page.evaluate(HIDDEN)
        assert await page.evaluate(ADDRESS) == "/n"
        assert "911" not in await page.locator("body").inner_text()
        assert await axe(page) == []
        # one tap, or two, are nothing
        await page.mouse.click(160, 30, click_count=2)
        assert await page.evaluate(HIDDEN)
        await page.mouse.click(160, 30)
        await page.wait_for_selector(".stage video")
        assert not await page.evaluate(HIDDEN)
        assert await page.evaluate(ADDRESS) == "/c"
    await caller.says(page, "can see your camera and where you are")
    entries = await page.evaluate("history.length")
    await page.get_by_role("button", name="Leave now").click()
    await page.wait_for_url("**/n")
    assert await page.title() == "Notes"
    assert await page.evaluate("history.length") == entries
    assert await page.evaluate("sessionStorage.length") == 0
    await _until(page, lambda: _left_quickly(dispatcher, link))
    await page.go_back()
    assert page.url == f"{service.url}/signin", "the way back leads past the page that shared"


async def test_esc_twice_leaves_also_from_behind_the_dark_screen(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    link = await _silent(page, dispatcher)
    await page.get_by_role("button", name="Hide this page").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate(HIDDEN)
    for _ in range(3):
        await page.keyboard.press("Space")
    assert not await page.evaluate(HIDDEN), "the keyboard does not come back"
    await page.get_by_role("button", name="Hide this page").click()
    await page.get_by_role("button", name="Dark screen").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.wait_for_url("**/n")
    await _until(page, lambda: _left_quickly(dispatcher, link))


async def test_a_covert_link_is_a_page_for_notes_whose_button_shares(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new(language="es")
    link = dispatcher.issue_link(dispatcher.open_incident(), manner="covert")
    assert "/n#" in link.url
    await page.goto(link.url)
    assert await page.title() == "Notas"
    assert "911" not in await page.locator("body").inner_text()
    assert await axe(page) == []
    assert "link.redeem" not in dispatcher.actions(link.incident)
    await page.get_by_role("button", name="Guardar").click()
    await _until(page, lambda: {"camera": "on", "position": "on"} in dispatcher.statuses(link.incident))
    assert await page.evaluate(HIDDEN)
    assert await page.evaluate(ADDRESS) == "/n"
    # reloaded, it shares on, and still looks like notes
    await page.reload()
    assert await page.title() == "Notas"
    await page.wait_for_selector(".discreet", state="attached")
    await page.locator("h1").first.focus()
    for _ in range(3):
        await page.keyboard.press("Space")
    await caller.says(page, "puede ver su cámara")


async def test_the_page_that_is_left_for_says_nothing_of_911(phones: Phones, service: Service) -> None:
    page = await phones.new()
    await page.goto(f"{service.url}/leave")
    assert page.url == f"{service.url}/n"
    assert await page.get_by_role("textbox").is_visible()
    assert "911" not in await page.locator("body").inner_text()


async def test_nothing_that_a_caller_loads_can_ring_or_shake() -> None:
    loaded = [*BUILT.parent.rglob("*.js"), *BUILT.parent.glob("*.html")]
    assert len(loaded) > 24
    for file in loaded:
        assert (
            re.findall(r"vibrate|new Audio|AudioContext|Notification|speechSynthesis", file.read_text()) == []
        )
