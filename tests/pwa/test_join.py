"""Joining: an invitation's token never leaves the fragment but in a POST; errors say what to do."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa.lending import Person, become, invite
from tests.pwa.owners import DESK, PHONE, SMALL, sound
from tests.pwa.service import PASSWORD, Service
from tests.pwa.visits import in_every_light

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def visit(browser: Browser, url: str) -> Page:
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, service_workers="block", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(url)
    return page


async def test_an_invitation_is_accepted_and_leads_to_the_owners_page(
    browser: Browser, service: Service, supervisor: Person
) -> None:
    url = invite(supervisor, "Olli Saari")
    token = url.partition("#")[2]
    page = await visit(browser, "about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(url)
    await expect(page.get_by_role("heading", name="Welcome, Olli Saari")).to_be_visible()
    await page.get_by_label("a home").check()
    await page.get_by_label("Choose a name to sign in with").fill("olli")
    await page.get_by_role("textbox", name="Choose a password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/owner")
    await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
    assert token != ""
    assert not [one for one in asked if token in one.partition("#")[0]]
    assert all(one.startswith(service.url) for one in asked)
    await page.context.close()


async def test_a_used_invitation_says_what_to_do(
    browser: Browser, service: Service, supervisor: Person
) -> None:
    url = invite(supervisor, "Aino")
    become(service, url, "aino", "Aino")
    page = await visit(browser, url)
    await expect(page.get_by_role("alert")).to_contain_text("has been used. If that was you, sign in.")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    await page.context.close()


async def test_an_unknown_invitation_says_what_to_do(browser: Browser, service: Service) -> None:
    page = await visit(browser, f"{service.url}/join#nonsense")
    await expect(page.get_by_role("alert")).to_contain_text("There is no such invitation.")
    await expect(page.get_by_role("link", name="Ask for an account")).to_be_visible()
    await page.context.close()


async def test_a_name_that_is_taken_keeps_what_was_written(
    browser: Browser, service: Service, supervisor: Person
) -> None:
    page = await visit(browser, invite(supervisor, "Leevi"))
    await page.get_by_label("Choose a name to sign in with").fill("dana")
    await page.get_by_role("textbox", name="Choose a password").fill(PASSWORD)
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("alert")).to_contain_text("Choose another one")
    await expect(page.get_by_label("Choose a name to sign in with")).to_have_value("dana")
    await page.context.close()


async def test_without_a_network_the_invitation_is_tried_again_by_a_press(
    browser: Browser, service: Service, supervisor: Person
) -> None:
    url = invite(supervisor, "Noora")
    page = await visit(browser, "about:blank")
    await page.route("**/api/join/look", lambda route: route.abort())
    await page.goto(url)
    await expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    await page.unroute_all()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="Welcome, Noora")).to_be_visible()
    await page.context.close()


async def test_somebody_without_an_invitation_asks_for_an_account(
    browser: Browser, service: Service, supervisor: Person
) -> None:
    page = await visit(browser, f"{service.url}/join")
    await page.get_by_label("Your name, or").fill("Bakery Aalto")
    await page.get_by_label("Telephone").fill("+1 313 555 0150")
    await page.get_by_label("Where the cameras are").fill("Aleksanterinkatu 5")
    await page.get_by_label("Anything else").fill("Two cameras")
    await page.get_by_role("button", name="Ask for an account").click()
    await expect(page.get_by_role("heading", name="Your request has been sent")).to_be_visible()
    await expect(page.get_by_text("Until then nothing is lent")).to_be_visible()
    waiting = supervisor.send("GET", "/api/agency/requests")
    assert [one["number"] for one in waiting if one["display_name"] == "Bakery Aalto"] == ["+13135550150"]
    await sound(page)
    await page.context.close()


async def test_a_number_that_is_none_is_said_at_once(browser: Browser, service: Service) -> None:
    page = await visit(browser, f"{service.url}/join")
    await page.get_by_label("Your name, or").fill("Bakery Aalto")
    await page.get_by_label("Telephone").fill("12")
    await page.get_by_label("Where the cameras are").fill("Aleksanterinkatu 5")
    await page.get_by_role("button", name="Ask for an account").click()
    await expect(page.get_by_role("alert")).to_contain_text("That is not a telephone number.")
    await page.context.close()


@pytest.mark.parametrize("invited", [False, True], ids=["asking", "invited"])
async def test_both_ways_of_joining_are_sound(
    browser: Browser, service: Service, supervisor: Person, invited: bool
) -> None:
    url = invite(supervisor, "A Name of Some Length & Sons") if invited else f"{service.url}/join"
    page = await visit(browser, url)
    await expect(page.get_by_role("heading", name="Welcome" if invited else "Lend a camera")).to_be_visible()
    await in_every_light(page, [SMALL, PHONE, DESK], sound)
    await page.context.close()
