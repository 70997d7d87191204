"""Sign-in: the way in by role, and plain words when there is none."""

import pytest
from playwright.async_api import Browser, expect

from tests.pwa.agency import Agency, problem
from tests.pwa.visits import APP, PHONE, axe, fits, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("role", "home"), [("dispatcher", "/console"), ("supervisor", "/console"), ("officer", "/officer")]
)
async def test_each_role_comes_to_its_own_page(browser: Browser, role: str, home: str) -> None:
    agency = Agency(APP, role=role)
    async with visiting(browser, agency, "/signin") as page:
        await expect(page.get_by_label("Name")).to_be_focused()
        await page.keyboard.type("ana ")
        await page.keyboard.press("Tab")
        await page.keyboard.type("a long password")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{home}")
        assert agency.asked_for("POST", "/api/session") == [{"name": "ana", "password": "a long password"}]


@pytest.mark.parametrize(
    ("status", "code", "detail", "words"),
    [
        (401, "sign-in-failed", "", "The name or the password is wrong."),
        (429, "locked", "Too many wrong passwords. Try again in 9 minutes.", "Try again in 9 minutes."),
        (500, "internal", "", "The server failed."),
    ],
)
async def test_a_refused_sign_in_says_why_and_keeps_the_name(
    browser: Browser, status: int, code: str, detail: str, words: str
) -> None:
    agency = Agency(APP)
    agency.answers["POST", "/api/session"] = (status, problem(status, code, detail))
    async with visiting(browser, agency, "/signin") as page:
        await page.get_by_label("Name").fill("ana")
        await page.get_by_role("textbox", name="Password").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_contain_text(words)
        await expect(page.get_by_label("Name")).to_have_value("ana")
        await expect(page.get_by_role("textbox", name="Password")).to_be_focused()
        assert await axe(page) == []


async def test_an_empty_field_is_asked_for_and_nothing_is_sent(browser: Browser) -> None:
    agency = Agency(APP)
    async with visiting(browser, agency, "/signin") as page:
        await page.get_by_label("Name").fill("ana")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("textbox", name="Password")).to_be_focused()
        assert agency.asked_for("POST", "/api/session") == []


@pytest.mark.parametrize("day", [False, True])
async def test_sign_in_passes_axe_and_fits_a_phone(browser: Browser, day: bool) -> None:
    async with visiting(browser, Agency(APP), "/signin#ended", size=PHONE, day=day) as page:
        await expect(page.get_by_role("status")).to_contain_text("You are signed out.")
        assert await axe(page) == []
        assert await fits(page)
