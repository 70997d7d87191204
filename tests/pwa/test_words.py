"""Words between a dispatcher's console and an officer's phone, in real browsers, by a real picture."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.pwa.caller import Phones, share
from tests.pwa.service import PASSWORD, Dispatcher, Issued, Service
from tests.pwa.visits import axe, fits

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEXT = "Armed: keep your distance"


@pytest.fixture(scope="module")
def officer(service: Service) -> str:
    """An officer of a unit, by the name that one signs in with."""
    service.add_person("wes", "officer", unit="Unit 31")
    return "wes"


async def sign_in(page: Page, service: Service, name: str, face: str) -> None:
    await page.goto(f"{service.url}/signin")
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/{face}*")


@pytest.fixture
def link(dispatcher: Dispatcher, officer: str) -> Issued:
    """An incident that the officer's unit is on."""
    issued = dispatcher.issue_link(dispatcher.open_incident())
    dispatcher.assign(issued.incident, "Unit 31")
    return issued


@pytest_asyncio.fixture(loop_scope="session")
async def pages(
    browser: Browser, service: Service, link: Issued, officer: str
) -> AsyncIterator[tuple[Page, Page]]:
    """The console with the incident in front, and the officer's phone."""
    desk = await browser.new_context(viewport={"width": 1280, "height": 800})
    phone = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    dana, wes = await desk.new_page(), await phone.new_page()
    await sign_in(dana, service, "dana", "console")
    await dana.goto(f"{service.url}/console#{link.incident}")
    await sign_in(wes, service, officer, "officer")
    await wes.get_by_role("button", name="Sign on to Unit 31").click()
    yield dana, wes
    await desk.close()
    await phone.close()


async def test_they_write_to_each_other_with_marks_a_still_and_a_gap(
    pages: tuple[Page, Page], phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    dana, wes = pages
    await share(await phones.new(), link)
    for page in pages:
        await expect(page.locator(".chip.tone-live")).to_be_visible(timeout=30_000)
    picture = wes.get_by_role("region", name="Picture")
    before = await picture.bounding_box()

    # by keyboard at the desk; the phone says it without covering the picture
    await dana.locator("body").press("m")
    await expect(dana.locator("#write-field")).to_be_focused()
    await dana.keyboard.type(TEXT)
    await dana.keyboard.press("Enter")
    said = dana.get_by_role("log", name="What happened")
    handle = wes.get_by_role("button", name=TEXT)
    await expect(handle).to_contain_text("1 new")
    words = wes.get_by_role("region", name="Words", exact=True)
    await expect(words.get_by_role("status").first).to_contain_text(TEXT)
    assert await picture.bounding_box() == before
    mine = said.locator(".note", has_text=TEXT)
    await expect(mine).to_contain_text("Delivered to Unit 31")
    assert await axe(wes) == []

    # pulled up by a thumb, it is read; a phrase is one press
    at = await handle.bounding_box()
    assert at is not None
    await wes.mouse.move(at["x"] + 80, at["y"] + 20)
    await wes.mouse.down()
    await wes.mouse.move(at["x"] + 80, at["y"] - 60, steps=4)
    await wes.mouse.up()
    await expect(words.locator(".note-text", has_text=TEXT)).to_be_visible()
    sheet, seen = await words.bounding_box(), await picture.bounding_box()
    assert sheet is not None
    assert seen is not None
    assert seen["y"] + seen["height"] <= sheet["y"] + 1
    await expect(mine).to_contain_text("Read by Unit 31")
    await words.get_by_role("button", name="Understood").click()
    await expect(said.locator(".note", has_text="Understood")).to_contain_text("Unit 31")
    assert await fits(wes)
    assert await axe(wes) == []

    # a still of what the officer sees, looked at from the desk
    await words.get_by_role("button", name="Add a still of Caller").click()
    await expect(words.get_by_role("img", name="Still of Caller, to be sent")).to_be_visible()
    await words.locator("#write-field").fill("This one")
    await words.get_by_role("button", name="Send", exact=True).click()
    await said.get_by_role("button", name="Still of the caller's picture").click()
    still = said.get_by_role("img", name="Still of the caller's picture")
    await expect(still).to_be_visible()
    assert await still.evaluate("async (img) => (await img.decode(), img.naturalWidth)") > 100
    assert await axe(dana) == []
    await expect(said).to_contain_text("Dana looked at a still", ignore_case=True)
    assert "note.look" in dispatcher.actions(link.incident)

    # without a network it waits, and comes once
    await wes.context.set_offline(True)
    await words.get_by_role("button", name="On my way").click()
    await expect(words.get_by_text("Waiting to send")).to_be_visible()
    await dana.locator("#write-field").fill("Are you there")
    await dana.keyboard.press("Enter")
    await wes.context.set_offline(False)
    await expect(words.locator(".note-text", has_text="Are you there")).to_be_visible(timeout=30_000)
    await expect(said.locator(".note", has_text="On my way")).to_have_count(1)
    await expect(words.get_by_text("Waiting to send")).to_have_count(0)

    # and all of it is there again after a reload
    await wes.reload()
    await wes.locator(".words-handle").click()
    notes = words.locator(".note")
    await expect(notes).to_have_count(5)
    await expect(notes.first).to_contain_text(TEXT)
