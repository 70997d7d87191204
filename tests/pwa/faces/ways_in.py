"""How staff and owners come in, and what they meet when they cannot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page

from tests.pwa.agency import Agency, problem
from tests.pwa.faces.played import played, shows
from tests.pwa.faces.stage import Screen, Stage
from tests.pwa.lending import invite
from tests.pwa.visits import APP, PHONE

NAME = "way-in"


def _refused() -> Agency:
    agency = Agency(APP)
    agency.answers["POST", "/api/session"] = (401, problem(401, "sign-in-failed"))
    return agency


async def _wrong(page: Page, agency: Agency) -> None:
    await page.get_by_label("Name").fill("ana")
    await page.get_by_role("textbox", name="Password").fill("wrong")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("alert").wait_for()


async def _locked(page: Page, agency: Agency) -> None:
    await page.get_by_role("button", name="Lock", exact=True).click()
    await page.get_by_role("heading", name="Locked").wait_for()


@asynccontextmanager
async def _at(stage: Stage, url: str, words: str) -> AsyncIterator[Page]:
    context = await stage.browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, service_workers="block", reduced_motion="reduce"
    )
    try:
        page = await context.new_page()
        await page.goto(url)
        await page.get_by_text(words).first.wait_for()
        yield page
    finally:
        await context.close()


SCREENS = {
    "sign-in": Screen(played(lambda: Agency(APP), "/signin", shows("Sign in"), size=PHONE), thumb=True),
    "signed-out": Screen(
        played(lambda: Agency(APP), "/signin#ended", shows("You are signed out."), size=PHONE), thumb=True
    ),
    "refused": Screen(played(_refused, "/signin", _wrong, size=PHONE), thumb=True),
    "locked": Screen(played(lambda: Agency(APP), "/console", _locked), thumb=True),
    "asked-for": Screen(
        lambda stage: _at(stage, f"{stage.service.url}/join", "Ask for an account"), thumb=True
    ),
    "invited": Screen(
        lambda stage: _at(stage, invite(stage.supervisor, "Olli Saari"), "Welcome"), thumb=True
    ),
    "no-invitation": Screen(
        lambda stage: _at(stage, f"{stage.service.url}/join#nonsense", "There is no such invitation."),
        thumb=True,
    ),
}
