"""Sharing without being seen to: the dark screen, the page for notes, the way out, and a covert link."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.pwa import caller
from tests.pwa.caller import SMALL, Phones
from tests.pwa.conftest import BUILT
from tests.pwa.service import Dispatcher, Issued, Service
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDDEN = "getComputedStyle(document.getElementById('page')).display === 'none'"
KEPT = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("sightline-files", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const count = opening.result.transaction("files").objectStore("files").count();
    count.onsuccess = () => resolve(count.result);
  };
})"""
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
    await expect(page).to_have_title("Notes")
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


async def test_who_leaves_leaves_no_file_in_the_browser(
    phones: Phones, dispatcher: Dispatcher, tmp_path: Path
) -> None:
    page = await phones.new(script=caller.REFUSES_CAMERA)
    await caller.answer(page, "/api/caller/uploads", 503, "full")
    link = dispatcher.issue_link(dispatcher.open_incident(), manner="silent")
    await caller.open_link(page, link)
    await caller.press_share(page)
    (tmp_path / "photo.jpg").write_bytes(b"x" * 1000)
    await page.locator("input[type=file]").set_input_files(tmp_path / "photo.jpg")
    await page.get_by_text("Sending goes on by itself").wait_for()
    assert await page.evaluate(KEPT) == 1
    await page.get_by_role("button", name="Leave now").click()
    await page.wait_for_url("**/n")
    assert await page.evaluate(KEPT) == 0


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


async def test_notes_say_saved_only_when_911_has_something_and_a_dead_link_leaves_two_ways_out(
    phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    page = await phones.new()
    link = dispatcher.issue_link(dispatcher.open_incident(), manner="covert")
    await page.goto(link.url)
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Saved", exact=True).wait_for()
    assert "link.redeem" in dispatcher.actions(link.incident)

    dead = dispatcher.issue_link(dispatcher.open_incident(), manner="covert")
    dispatcher.revoke(dead)
    late = await phones.new()
    await late.goto(dead.url)
    await late.get_by_role("button", name="Not saved").wait_for()
    await late.get_by_role("button", name="Not saved").click()
    assert "911" not in await late.locator("body").inner_text()
    assert await late.title() == "Notes"
    await late.wait_for_function(f"({ADDRESS}) === '/n'")
    assert await axe(late) == []
    told = dispatcher.refusals(dead.incident)
    assert told == [("link.open", "link-revoked")], "the desk knows"
    # digits, behind three taps
    await late.mouse.click(160, 30, click_count=3)
    await caller.says(late, "time is over")
    await late.get_by_role("button", name="Type six digits").click()
    await late.locator("#digits").fill(dispatcher.code(link))
    await late.get_by_role("button", name="Save", exact=True).click()
    await _until(late, lambda: ("link.redeem", "link-bound") in dispatcher.refusals(link.incident))
    assert await late.get_by_role("button", name="Save", exact=True).is_visible(), "another phone has it"
    # or out
    gone = await phones.new()
    await gone.goto(dead.url)
    await gone.get_by_role("button", name="Not saved").wait_for()
    await gone.keyboard.press("Escape")
    await gone.keyboard.press("Escape")
    await gone.get_by_role("button", name="Save", exact=True).wait_for()  # of the page that it is left for
    assert gone.url == f"{service.url}/n"
    assert await gone.evaluate("sessionStorage.length") == 0


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
