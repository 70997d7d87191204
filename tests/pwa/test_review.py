"""The auditor's page in Chromium, against the real service with weeks behind it; and glass that is broken."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.pwa import reviewed
from tests.pwa.conftest import BASEMAP
from tests.pwa.service import PASSWORD, Service
from tests.pwa.test_agency import Someone, looked_at, visiting
from tests.pwa.visits import PHONE, axe, in_every_light

pytestmark = pytest.mark.asyncio(loop_scope="session")
DESK = (1280, 800)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def agency(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A service with an auditor, those whom they look at, and two weeks with findings."""
    folder = tmp_path_factory.mktemp("review")
    service = Service(folder, basemap=str(BASEMAP), log_cadence_s="60")
    await asyncio.to_thread(_people, service)
    await reviewed.write(folder, tmp_path_factory.mktemp("elsewhere") / "leaves")
    await asyncio.to_thread(service.start)
    yield service
    service.kill()


def _people(service: Service) -> None:
    service.add_person("lee", "supervisor", display_name="Lee Carter")
    service.add_person("dana", "dispatcher", display_name="Dana Reyes")
    service.add_person("sam", "officer", unit="Unit 12", display_name="Sam Ortiz")
    service.add_person("ada", "auditor", display_name="Ada Moss")


async def begun(page: Page) -> None:
    """The review of last week is there."""
    await expect(page.get_by_role("button", name="Open 3")).to_be_visible()


async def test_signing_in_leads_an_auditor_to_the_review_and_no_other_page(
    browser: Browser, agency: Service
) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{agency.url}/signin")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/review")
    for where in ("/console", "/officer", "/agency", "/owner", "/"):
        await page.goto(f"{agency.url}{where}")
        await page.wait_for_url("**/review")
    await context.close()
    async with visiting(browser, agency, "/review", who="dana") as page:
        await page.wait_for_url("**/console")


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_the_queue_is_by_week_and_says_what_is_overdue(
    browser: Browser, agency: Service, size: tuple[int, int]
) -> None:
    async with visiting(browser, agency, "/review", who="ada", size=size) as page:
        await begun(page)
        await expect(page.get_by_role("status")).to_have_text("3 findings are open, 1 of them overdue.")
        assert await page.locator(".queue-week").count() == 2
        await expect(page.get_by_role("button", name="Overdue")).to_contain_text("Front door, Ola's shop")
        await in_every_light(page, [size], looked_at)
        await page.get_by_role("button", name="The same camera").first.click()
        detail = page.get_by_role("region", name="The finding")
        await expect(detail.get_by_role("heading", name="The same camera, again and again")).to_be_visible()
        assert await detail.locator("tbody tr").count() == 6
        await in_every_light(page, [size], looked_at)
        if size == PHONE:
            await expect(page.get_by_role("button", name="Open 3")).to_be_hidden()
            await page.get_by_role("button", name="All findings").click()
            await expect(page.get_by_role("button", name="Open 3")).to_be_visible()


async def test_no_name_and_no_words_are_on_the_page_until_the_name_is_asked_for(
    browser: Browser, agency: Service
) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)
        await page.get_by_role("button", name="Owners put an end").click()
        text = await page.locator("body").inner_text()
        assert not [word for word in ("Dana", "Lee Carter", "lamp") if word in text]
        await page.get_by_role("button", name="Show the name").click()
        await expect(page.get_by_text("Dana Reyes")).to_be_visible()


async def test_the_arrow_keys_go_through_the_queue(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)
        findings = page.locator("button.finding")
        await findings.first.focus()
        for key, at in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowDown", 2), ("ArrowUp", 1)):
            await page.keyboard.press(key)
            await expect(findings.nth(at)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("region", name="The finding")).to_be_focused()
        await page.go_back()
        await expect(page.get_by_text("Choose a finding to see what it rests on.")).to_be_visible()


async def test_the_weeks_bars_stand_against_the_median(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)
        charts = page.get_by_role("region", name="Lent cameras, by week")
        await expect(charts).to_contain_text("Opened 14 times in 8 incidents.")
        await expect(charts.get_by_role("row", name="Corner of Oak and 3rd")).to_contain_text("6")
        assert await charts.locator(".median").count() == 2 + 9
        await charts.get_by_label("Which week").select_option(index=1)
        await expect(charts).to_contain_text("No lent camera was opened in this week.")


async def test_an_entry_is_looked_up_by_its_number(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)
        log = page.get_by_role("region", name="The public log")
        await expect(log).to_contain_text("The log takes entries and is signed.")
        await expect(log).to_contain_text("none are set")
        number = log.get_by_label("Look up an entry by its number")
        await number.fill("999999")
        await page.keyboard.press("Enter")
        await expect(log.get_by_role("alert")).to_have_text("The log has no entry 999999 yet.")
        await number.fill("0")
        await page.keyboard.press("Enter")
        await expect(log.get_by_role("heading", name="Entry 0: open")).to_be_visible()
        await expect(log.get_by_role("row", name="camera Front door, Ola's shop")).to_be_visible()
        assert await axe(page) == []
        await log.get_by_role("button", name="The same camera").click()
        await expect(page.get_by_role("region", name="The finding")).to_be_focused()


async def test_an_empty_review_says_when_there_will_be_one(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)

        async def empty(route: Route) -> None:
            held: Any = await (await route.fetch()).json()
            away = {"up": False, "trouble": "The log's process does not answer.", "published": None}
            log = {**held["log"], **away}
            told = {**held, "weeks": [], "findings": [], "log": log}
            await route.fulfill(body=json.dumps(told), content_type="application/json")

        await page.route("**/api/review", empty)
        await page.reload()
        await expect(
            page.get_by_text("The first week is reviewed when it is over, on Monday.")
        ).to_be_visible()
        await expect(page.get_by_text("The log's process does not answer.")).to_be_visible()
        await looked_at(page)
        await page.unroute("**/api/review")
        await page.route("**/api/review", lambda route: route.abort())
        await page.reload()
        await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        await page.unroute("**/api/review")
        await page.get_by_role("button", name="Try again").click()
        await begun(page)


async def test_a_finding_is_closed_with_words_that_stay(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/review", who="ada") as page:
        await begun(page)
        await page.get_by_role("button", name="Overdue").click()
        detail = page.get_by_role("region", name="The finding")
        await detail.get_by_role("button", name="Close this finding for good").click()
        await expect(page.get_by_role("button", name="Open 3")).to_be_visible()  # words are asked for
        await detail.get_by_label("Talked over").check()
        await detail.get_by_label("In your words").fill(
            "A series of break-ins there.\nSeen with the sergeant."
        )
        await expect(detail.get_by_text("These words stay.")).to_be_visible()
        await detail.get_by_role("button", name="Close this finding for good").click()
        await expect(page.get_by_role("button", name="Open 2")).to_be_visible()
        await expect(page.get_by_role("status").first).to_have_text("2 findings are open.")
        await expect(detail.get_by_text("Talked over, closed by Ada Moss")).to_be_visible()
        await detail.get_by_role("textbox", name="Add a remark").fill("Case 2231.")
        await detail.get_by_role("button", name="Add it").click()
        await expect(detail.locator("blockquote")).to_have_count(2)
        await looked_at(page)
        await page.reload()
        await page.get_by_role("button", name="Closed 1").click()
        await expect(page.get_by_role("button", name="Talked over")).to_be_visible()
        await expect(page.locator("blockquote").first).to_contain_text("A series of break-ins there.")


# Broken glass


@pytest.fixture(scope="module")
def incident(agency: Service) -> str:
    dana = Someone(agency, "dana")
    try:
        body = {
            "type": "Break-in",
            "words": "Back door is open",
            "position": {"latitude": 42.3, "longitude": -83.1},
        }
        return str(dana.post("/api/incidents", body)["id"])
    finally:
        dana.close()


async def test_a_supervisor_breaks_glass_in_two_steps_and_everybody_sees_it(
    browser: Browser, agency: Service, incident: str
) -> None:
    async with (
        visiting(browser, agency, f"/console#{incident}", who="lee", size=DESK) as lee,
        visiting(browser, agency, f"/console#{incident}", who="dana", size=DESK, day=True) as dana,
        visiting(browser, agency, "/officer", who="sam", size=PHONE) as sam,
    ):
        await expect(sam.get_by_role("heading", name="You are off duty")).to_be_visible()
        await expect(dana.get_by_role("button", name="Text link")).to_be_visible()
        await expect(dana.get_by_role("button", name="Break glass for an officer")).to_be_hidden()
        await lee.get_by_role("button", name="Break glass for an officer").click()
        panel = lee.get_by_role("region", name="Break glass")
        await panel.get_by_label("Which officer").select_option("Sam Ortiz, Unit 12")
        await panel.get_by_label("Why").select_option("an officer is in danger")
        assert await axe(lee) == []
        await panel.get_by_role("button", name="Go on").click()
        await expect(panel.get_by_text("will see this incident for 10 minutes")).to_be_visible()
        await expect(panel.get_by_role("button", name="Back")).to_be_focused()
        assert await axe(lee) == []
        await panel.get_by_role("button", name="Break glass").click()
        await expect(panel).to_be_hidden()
        for page in (lee, dana):
            held = page.get_by_role("list", name="By broken glass")
            await expect(held).to_contain_text("Sam Ortiz, broken glass")
            log = page.get_by_role("log", name="What happened")
            await expect(log).to_contain_text("Lee Carter broke glass for Sam Ortiz, until ")
            assert await axe(page) == []
        await expect(sam.get_by_role("status").filter(has_text="By broken glass until")).to_be_visible()
        await expect(sam.get_by_role("heading", name="Break-in")).to_be_visible()
        assert await axe(sam) == []
        await expect(dana.get_by_role("button", name="End what Sam Ortiz sees")).to_be_hidden()
        await lee.get_by_role("button", name="End what Sam Ortiz sees").click()
        await expect(sam.get_by_role("heading", name="You are off duty")).to_be_visible()
        await expect(dana.get_by_role("list", name="By broken glass")).to_be_hidden()
        await expect(dana.get_by_role("log", name="What happened")).to_contain_text("a supervisor ended it")
