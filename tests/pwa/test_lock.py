"""A page that nobody uses hides all it shows, in every tab, and goes on as it was; a lost phone is ended."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from backend.model.duty import Crew
from backend.model.people import Role
from tests.backend.house import PASSWORD, PEOPLE, House, settings
from tests.pwa.service import free_port
from tests.pwa.visits import APP, DESK, PHONE, axe, fits, in_every_light, smallest_target

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "behind the green door"
HALF = "They came by the"
SITE = {
    "kind": "business",
    "name": "Corner Shop",
    "address": "1 Main Street",
    "point": {"latitude": 42.3223, "longitude": -83.1763},
    "numbers": [],
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The service in this process, with its own pages."""
    assert APP.is_dir(), "the pages are not built: run `npm run build` in pwa/"
    port = free_port(socket.SOCK_STREAM)
    folder = tmp_path_factory.mktemp("locks") / "data"
    async with House(settings(folder, port=port, public_url=f"http://127.0.0.1:{port}")) as house:
        for name, display_name, role, call_sign in PEOPLE[:3]:
            user = await house.parts.accounts.add(
                name=name, display_name=display_name, role=Role(role), call_sign=call_sign, password=PASSWORD
            )
            if user.usual_unit_id is not None:
                await house.parts.duties.sign_on(user, user.usual_unit_id, Crew.ALONE)
        yield house


@asynccontextmanager
async def at(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(service_workers="block", reduced_motion="reduce", **options)
    try:
        yield context
    finally:
        await context.close()


async def sign_in(context: BrowserContext, house: House, name: str, home: str) -> Page:
    page = await context.new_page()
    await page.goto(f"{house.url}/signin")
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{home}*")
    return page


async def test_every_tab_hides_what_nobody_looks_at_and_goes_on_where_it_was(
    browser: Browser, house: House
) -> None:
    async with at(browser, viewport={"width": DESK[0], "height": DESK[1]}) as context:
        page = await sign_in(context, house, "dana", "/console")
        await page.get_by_label("Type of incident").select_option("Fire")
        await page.get_by_label("What happened, in a few words").fill(SECRET)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main").get_by_text(SECRET)).to_be_visible()
        await page.get_by_role("textbox", name="Words", exact=True).fill(HALF)
        await page.get_by_role("button", name="Keys").click()
        await expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        where = page.url
        other = await context.new_page()
        await other.goto(where)
        await expect(other.get_by_role("main").get_by_text(SECRET)).to_be_visible()
        at_first = house.parts.locks._stopwatch
        house.parts.locks._stopwatch = lambda: at_first() + 31 * 60
        await house.parts.locks.look()
        for tab in (page, other):
            await expect(tab.get_by_role("heading", name="Locked")).to_be_visible()
            assert SECRET not in await tab.content()
            assert HALF not in await tab.content()
            assert "Fire" not in await tab.title()
        await expect(page.get_by_role("textbox", name="Password")).to_be_focused()
        await in_every_light(page, (DESK, PHONE), sound)
        await other.reload()  # a page that is opened anew is locked too
        await expect(other.get_by_text("Enter your password to go on.")).to_be_visible()
        await page.get_by_role("textbox", name="Password").fill("not it")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("The password is wrong.")
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main").get_by_text(SECRET)).to_be_visible()
        assert page.url == where
        await expect(page.get_by_role("heading", name="Keys")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Words", exact=True)).to_have_value(HALF)
        await other.get_by_role("textbox", name="Password").fill(PASSWORD)
        await other.keyboard.press("Enter")
        await expect(other.get_by_role("main").get_by_text(SECRET)).to_be_visible()
        await page.get_by_role("button", name="Lock", exact=True).click()
        await expect(other.get_by_role("heading", name="Locked")).to_be_visible()
        await other.get_by_role("textbox", name="Password").fill(PASSWORD)
        await other.keyboard.press("Enter")
        await expect(page.get_by_role("main").get_by_text(SECRET)).to_be_visible()  # one password opens all
        await expect(other.get_by_role("main").get_by_text(SECRET)).to_be_visible()
        assert [entry.refusal for entry in await house.entries("session.unlock")] == [
            *("sign-in-failed", None, None, None),
        ]


async def test_agency_review_and_owner_pages_lock_by_a_press_and_keep_what_was_half_typed(
    browser: Browser, house: House
) -> None:
    for name, display_name, role in (("ola", "Ola Berg", Role.OWNER), ("ada", "Ada Moss", Role.AUDITOR)):
        await house.parts.accounts.add(
            name=name, display_name=display_name, role=role, call_sign=None, password=PASSWORD
        )
    ola = await house.staff("ola")
    await ola.post("/api/sites", SITE)
    async with at(browser, viewport={"width": DESK[0], "height": DESK[1]}) as context:
        page = await sign_in(context, house, "lee", "/console")
        await page.goto(f"{house.url}/agency?part=phrases")
        officers = page.get_by_label("Officers say")
        await officers.fill(HALF)
        await lock_and_open(page, HALF)
        await expect(officers).to_have_value(HALF)
    async with at(browser, viewport={"width": DESK[0], "height": DESK[1]}) as context:
        page = await sign_in(context, house, "ada", "/review")
        await expect(page.get_by_role("heading", name="Weekly review").first).to_be_visible()
        await lock_and_open(page, "Weekly review")
        await expect(page.get_by_role("heading", name="Weekly review").first).to_be_visible()
    async with at(browser, viewport={"width": PHONE[0], "height": PHONE[1]}) as context:
        page = await sign_in(context, house, "ola", "/owner")
        await page.get_by_role("button", name="Get help at Corner Shop").click()
        await page.get_by_label("What is happening").fill(HALF)
        await page.get_by_role("button", name="Menu").click()
        await lock_and_open(page, HALF)
        await page.get_by_role("button", name="Get help at Corner Shop").click()
        await expect(page.get_by_label("What is happening")).to_have_value(HALF)


async def lock_and_open(page: Page, hidden: str) -> None:
    await page.get_by_role("button", name="Lock", exact=True).click()
    await expect(page.get_by_role("heading", name="Locked")).to_be_visible()
    assert hidden not in await page.content()
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")


async def sound(page: Page) -> None:
    assert await axe(page) == []
    assert await fits(page)


async def test_a_page_without_a_network_locks_by_itself(
    browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.parts.locks, "_after", dict.fromkeys(Role, timedelta(seconds=4)))
    async with at(browser, viewport={"width": PHONE[0], "height": PHONE[1]}) as context:
        page = await sign_in(context, house, "sam", "/officer")
        await expect(page.get_by_text("When dispatch assigns")).to_be_visible()
        await context.set_offline(True)
        await expect(page.get_by_role("heading", name="Locked")).to_be_visible()
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        await context.set_offline(False)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("When dispatch assigns")).to_be_visible()


async def test_a_dispatcher_ends_a_lost_phone_by_two_presses(browser: Browser, house: House) -> None:
    async with at(browser, viewport={"width": PHONE[0], "height": PHONE[1]}) as phone:
        officer = await sign_in(phone, house, "sam", "/officer")
        await expect(officer.get_by_text("When dispatch assigns")).to_be_visible()
        async with at(browser, viewport={"width": DESK[0], "height": DESK[1]}) as desk:
            console = await sign_in(desk, house, "dana", "/console")
            async with desk.expect_page() as opened:
                await console.get_by_role("link", name="Signed-in devices").click()
            page = await opened.value
            await expect(page.get_by_role("heading", name="You", exact=True)).to_be_visible()
            sam = page.get_by_role("region", name="Sam Ortiz")
            await expect(sam).to_contain_text("Chrome on Linux")
            before = await sam.get_by_role("listitem").count()
            await sam.get_by_role("button", name="End").first.click()
            await in_every_light(page, (DESK, PHONE), listed)
            await sam.get_by_role("button", name="It is lost").click()
            await officer.wait_for_url("**/signin#ended*")
            await expect(sam.get_by_role("listitem")).to_have_count(before - 1)
    ended = (await house.entries("session.end"))[-1]
    assert (ended.details["device"], ended.details["reason"]) == ("Chrome on Linux", "lost")


async def listed(page: Page) -> None:
    assert await axe(page) == []
    width = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    assert width <= 0
    assert await smallest_target(page) >= 48
