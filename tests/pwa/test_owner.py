"""The owner's page: who is watching above everything, and a camera goes as far as its owner says."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa import lent
from tests.pwa.agency import now
from tests.pwa.lending import Person
from tests.pwa.owners import DESK, PHONE, SMALL, at_home, in_reach, new_owner, sign_in
from tests.pwa.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


# -- against the real service ---------------------------------------------------------------------


async def test_an_owner_adds_a_site_and_a_camera_that_nobody_can_see_yet(
    browser: Browser, service: Service
) -> None:
    owner = new_owner(service)
    async with at_home(browser, service, owner) as page:
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
        await expect(page.get_by_text("You lend nothing yet")).to_be_visible()
        await page.get_by_role("button", name="Add your first site").click()
        await page.get_by_label("Name", exact=True).fill("Corner Shop")
        await page.get_by_label("Address").fill("Kaisaniemenkatu 2")
        await page.get_by_label("Telephones there").fill("+1 313 555 0142")
        await page.get_by_role("button", name="Show me the map").click()
        await page.get_by_label("Position, as").fill("60.17035, 24.94310")
        await page.get_by_role("button", name="Add the site").click()
        await expect(page.get_by_role("heading", name="Corner Shop")).to_be_visible()
        await page.get_by_role("button", name="Add a camera").click()
        await page.get_by_label("Name, such as").fill("Front door")
        await page.get_by_role("button", name="Add the camera").click()
        card = page.get_by_role("article", name="Front door")
        await expect(card.get_by_text("Nobody can see its picture")).to_be_visible()
    held = owner.view()["sites"][0]
    assert held["numbers"] == ["+13135550142"]
    assert (held["cameras"][0]["name"], held["cameras"][0]["level"]) == ("Front door", "registry")


async def test_a_level_is_a_plain_choice_and_is_kept(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    camera = owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await page.get_by_role("button", name="Who may see it").click()
        await page.get_by_role("radio", name="Nearby emergencies").check()
        await page.get_by_role("slider", name="How near").fill("450")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Nearby emergencies, within 450 m")).to_be_visible()
    held = owner.camera(camera["id"])
    assert (held["level"], held["radius_m"]) == ("nearby", 450)


async def test_pause_says_until_when_and_resume_ends_it(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    camera = owner.add_camera(owner.add_site()["id"], "Front door", level="nearby")
    async with at_home(browser, service, owner) as page:
        await page.get_by_role("button", name="Pause Front door").click()
        await page.get_by_role("button", name="An hour").click()
        said = page.get_by_text(re.compile(r"Nobody can open this camera until .*\d\d:\d\d\."))
        await expect(said).to_be_visible()
        assert owner.camera(camera["id"])["pause"]["until"] is not None
        await page.get_by_role("button", name="Resume").click()
        await expect(page.get_by_role("button", name="Pause Front door")).to_be_visible()
        assert owner.camera(camera["id"])["pause"] is None
        await page.get_by_role("button", name="Pause Front door").click()
        await page.get_by_role("button", name="Until I resume").click()
        await expect(page.get_by_text("until you resume it")).to_be_visible()
        assert owner.camera(camera["id"])["pause"]["until"] is None


async def test_hours_are_days_and_times(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    camera = owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await page.get_by_role("button", name="When").click()
        await page.get_by_label("At any time").uncheck()
        await page.get_by_label("Saturday").check()
        await page.get_by_label("From", exact=True).fill("20:30")
        await page.get_by_label("To", exact=True).fill("05:00")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("At any time")).to_have_count(0)  # the form closes when it is kept
        await expect(page.get_by_text("Mon–Sat, 20:30 to 05:00 the next day").first).to_be_visible()
    assert owner.camera(camera["id"])["hours"] == {"days": 63, "from_min": 1230, "to_min": 300}


async def test_what_another_device_changes_appears_by_itself(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    site = owner.add_site()
    async with at_home(browser, service, owner) as page:
        await expect(page.get_by_text("No camera here yet")).to_be_visible()
        owner.add_camera(site["id"], "Till")
        await expect(page.get_by_role("article", name="Till")).to_be_visible()


async def test_a_camera_is_removed_by_two_presses(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await page.get_by_role("button", name="Name and connection").click()
        await page.get_by_role("button", name="Remove this camera").click()
        assert len(owner.view()["sites"][0]["cameras"]) == 1
        await page.get_by_role("button", name="Remove it").click()
        await expect(page.get_by_text("No camera here yet")).to_be_visible()
    assert owner.view()["sites"][0]["cameras"] == []


async def test_everything_works_by_keyboard_alone(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    camera = owner.add_camera(owner.add_site()["id"], "Front door", level="nearby")
    async with at_home(browser, service, owner, size=DESK) as page:
        await page.get_by_role("button", name="Pause Front door").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="A day").focus()
        await page.keyboard.press("Space")
        await expect(page.get_by_text("Nobody can open this camera until")).to_be_visible()
        assert owner.camera(camera["id"])["pause"] is not None
        for _ in range(12):  # on through the page: nothing holds the focus
            await page.keyboard.press("Tab")
        named: str = await page.evaluate("document.activeElement.textContent || document.activeElement.id")
        assert named != ""


async def test_the_page_starts_without_a_network_and_says_so(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    context = await browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    try:
        page = await context.new_page()
        await sign_in(page, service, owner.name)
        await page.evaluate("navigator.serviceWorker.ready")
        await page.reload()  # what was loaded before the worker came is kept from here on
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
        await context.set_offline(True)
        await page.reload()
        await expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
        await context.set_offline(False)
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
    finally:
        await context.close()


async def test_staff_are_sent_away_and_owners_come_here(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    async with at_home(browser, service, owner) as page:
        await page.goto(f"{service.url}/")
        await page.wait_for_url("**/owner")


# -- states that need an emergency, played --------------------------------------------------------

Reach = Callable[[Page, lent.Telling], Awaitable[None]]
LENT = lent.site(
    lent.camera(),
    lent.camera("Till", level="ask", view={"heading_deg": None, "field_deg": 360.0, "height_m": 2.0}),
    lent.camera("Yard", level="own-calls", connected=False, pause={"since": now(), "until": None}),
)


async def _nobody(page: Page, telling: lent.Telling) -> None:
    await expect(page.get_by_text("Nobody is watching now")).to_be_visible()


async def _empty(page: Page, telling: lent.Telling) -> None:
    await telling.tell(lent.view())
    await page.get_by_role("button", name="Add your first site").click()


async def _watched(page: Page, telling: lent.Telling) -> None:
    seen = lent.camera(watching=[lent.watching(), lent.watching("officer")])
    await telling.tell(lent.view(lent.site(seen)))
    await expect(page.get_by_role("button", name="Stop now")).to_be_visible()


async def _asked(page: Page, telling: lent.Telling) -> None:
    await telling.tell(lent.view(LENT, asks=[lent.ask()]))
    await expect(page.get_by_role("button", name="Allow")).to_be_visible()


async def _ask_over(page: Page, telling: lent.Telling) -> None:
    await telling.tell(lent.view(LENT, asks=[lent.ask(-2)]))
    await expect(page.get_by_text("The minute has passed")).to_be_visible()


async def _lost(page: Page, telling: lent.Telling) -> None:
    await telling.lose()
    await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()


async def _level(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Who may see it").first.click()
    await expect(page.get_by_role("radio", name="Ask me first")).to_be_visible()


async def _placing(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Where it looks").first.click()
    await expect(page.locator("[data-map=drawn]")).to_have_count(1)


async def _hours(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="When").first.click()
    await page.get_by_label("At any time").uncheck()


async def _connectors(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Connectors").click()
    await expect(page.get_by_text("Sent no picture in the last 24 hours.")).to_be_visible()
    await expect(page.get_by_text("The camera refuses its password.")).to_be_visible()


async def _panic(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Get help at Corner Shop").click()
    await expect(page.get_by_role("button", name="Yes, get help now")).to_be_visible()


async def _pausing(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Pause Front door").click()


async def _waiting(page: Page, telling: lent.Telling) -> None:
    telling.first = None
    await page.reload()
    await expect(page.get_by_text("Reading who is watching…")).to_be_visible()


STATES: dict[str, Reach] = {
    "nobody": _nobody,
    "empty": _empty,
    "watched": _watched,
    "asked": _asked,
    "ask-over": _ask_over,
    "lost": _lost,
    "level": _level,
    "placing": _placing,
    "hours": _hours,
    "connectors": _connectors,
    "panic": _panic,
    "pausing": _pausing,
    "waiting": _waiting,
}


@pytest.fixture(scope="module")
def maria(service: Service, supervisor: Person) -> Person:
    return new_owner(service)


@pytest.mark.parametrize("state", STATES)
async def test_every_state_is_in_reach_at_every_size(
    browser: Browser, service: Service, maria: Person, state: str
) -> None:
    telling = lent.Telling(lent.view(LENT))
    async with at_home(browser, service, maria, telling=telling) as page:
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
        await STATES[state](page, telling)
        for width, height in (SMALL, PHONE, DESK):
            await page.set_viewport_size({"width": width, "height": height})
            await in_reach(page)


async def test_an_ask_stands_first_tells_nothing_private_and_is_answered_by_one_press(
    browser: Browser, service: Service, maria: Person
) -> None:
    telling = lent.Telling(lent.view(LENT, asks=[lent.ask()]))
    async with at_home(browser, service, maria, telling=telling) as page:
        answered: list[object] = []

        async def answer(route: object) -> None:
            request = route.request  # type: ignore[attr-defined]
            answered.append((request.url.rsplit("/api/", 1)[1], request.post_data_json))
            await route.fulfill(status=204)  # type: ignore[attr-defined]

        await page.route("**/api/asks/**", answer)
        allow = page.get_by_role("button", name="Allow")
        box, first = await allow.bounding_box(), await page.locator(".ask").bounding_box()
        watch = await page.locator(".watch").bounding_box()
        assert box is not None
        assert first is not None
        assert watch is not None
        assert box["height"] >= 56
        assert first["y"] < watch["y"]
        assert box["y"] + box["height"] <= PHONE[1]  # without scrolling
        await expect(page.locator(".ask-left")).to_have_text(re.compile(r"0:4\d"))
        await allow.click()
        assert answered == [("asks/ask_1/answer", {"allow": True})]


async def test_stop_now_stops_that_camera(browser: Browser, service: Service, maria: Person) -> None:
    telling = lent.Telling(lent.view(lent.site(lent.camera(watching=[lent.watching()]))))
    async with at_home(browser, service, maria, telling=telling) as page:
        await expect(
            page.get_by_text(
                re.compile(r"A dispatcher, to find somebody in danger, since .*\d\d:\d\d \(2 min ago\)")
            )
        ).to_be_visible()
        async with page.expect_request("**/api/cameras/cam_Frontdoor/stop"):
            await page.get_by_role("button", name="Stop now").click()
        await telling.tell(lent.view(LENT))
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()


async def test_help_is_two_presses_away_and_one_does_nothing(
    browser: Browser, service: Service, maria: Person
) -> None:
    telling = lent.Telling(lent.view(LENT))
    async with at_home(browser, service, maria, telling=telling) as page:
        pressed: list[str] = []
        page.on("request", lambda asked: pressed.append(asked.url) if "/panic" in asked.url else None)
        await page.get_by_role("button", name="Get help at Corner Shop").click()
        assert pressed == []
        async with page.expect_request("**/api/sites/sit_1/panic"):
            await page.get_by_role("button", name="Yes, get help now").click()


async def test_the_fee_is_said_to_change_nothing_about_help(
    browser: Browser, service: Service, maria: Person
) -> None:
    telling = lent.Telling(lent.view(LENT))
    async with at_home(browser, service, maria, telling=telling) as page:
        await expect(page.get_by_text("$120.00 a year", exact=True)).to_be_visible()
        await expect(page.get_by_text("The fee changes nothing about who gets help first.")).to_be_visible()
