"""The supervisor's page in Chromium, against the real service: owners, city cameras, devices and fees."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.backend.house import PLAIN
from tests.pwa import lent
from tests.pwa.agency import now
from tests.pwa.conftest import BASEMAP
from tests.pwa.service import PASSWORD, Service
from tests.pwa.visits import DAY, DESK, PHONE, axe, in_every_light, smallest_target

pytestmark = pytest.mark.asyncio(loop_scope="session")
HERE = {"latitude": 42.3223, "longitude": -83.1763}
YEAR = datetime.now(UTC).year


class Someone:
    """A signed-in person, over HTTP."""

    def __init__(self, service: Service, name: str) -> None:
        self.http = httpx.Client(
            base_url=service.url, headers={"Origin": service.url}, timeout=20, verify=PLAIN
        )
        me = self.post("/api/session", {"name": name, "password": PASSWORD})
        self.http.headers["X-CSRF-Token"] = me["csrf"]

    def close(self) -> None:
        self.http.close()

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, body: Any = None) -> Any:
        reply = self.http.post(path, json=body)
        assert reply.is_success, (path, reply.status_code, reply.text)
        return reply.json() if reply.content else None


def lend(owner: Someone, name: str, level: str) -> None:
    site = {"kind": "business", "name": name, "address": "12 Main Street", "point": HERE, "numbers": []}
    made = owner.post("/api/sites", site)
    view = {"heading_deg": None, "field_deg": 90, "height_m": 3}
    camera = {"name": "Door", "point": HERE, "view": view, "indoor": False}
    held = owner.post(f"/api/sites/{made['id']}/cameras", camera)
    owner.post(f"/api/cameras/{held['id']}/amend", {"level": level})


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a supervisor, a dispatcher, an officer's unit and an owner."""
    service = Service(tmp_path_factory.mktemp("agency"), basemap=str(BASEMAP))
    service.add_person("lee", "supervisor")
    service.add_person("dana", "dispatcher")
    service.add_person("sam", "officer", unit="Unit 12")
    service.add_person("olive", "owner", display_name="Olive Hart")
    yield service.start()
    service.kill()


@asynccontextmanager
async def visiting(
    browser: Browser,
    service: Service,
    path: str,
    *,
    size: tuple[int, int] = DESK,
    day: bool = False,
    who: str = "lee",
    telling: lent.Telling | None = None,
) -> AsyncIterator[Page]:
    """That person at a page. An exception in it, or a breach of its policy, fails the test."""
    with contextlib.closing(Someone(service, who)) as someone:
        cookies = [(cookie.name, str(cookie.value)) for cookie in someone.http.cookies.jar]
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", accept_downloads=True
    )
    await context.add_cookies([{"name": name, "value": value, "url": service.url} for name, value in cookies])
    if day:
        await context.add_init_script(DAY)
    page = await context.new_page()
    if telling is not None:
        await telling.on(page)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    try:
        await page.goto(f"{service.url}{path}")
        yield page
        assert not broken, broken
    finally:
        await context.close()


async def post(url: str, body: Any) -> httpx.Response:
    """What somebody without a session sends."""
    async with httpx.AsyncClient() as http:
        return await http.post(url, json=body)


async def looked_at(page: Page) -> None:
    """What must hold of every state of the page."""
    assert await axe(page) == []
    assert await smallest_target(page) >= 20  # a number in a table is a link as high as its row
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


async def test_a_request_becomes_an_invitation_that_is_shown_once(browser: Browser, agency: Service) -> None:
    asked = {
        "kind": "business",
        "display_name": "Amal's Bakery",
        "number": "+1 313 555 0143",
        "email": "amal@example.org",
        "address": "9 Oak Street",
        "words": "Two cameras towards the crossing",
    }
    for name in ("Amal's Bakery", "Nobody we know"):
        reply = await post(f"{agency.url}/api/join/request", {**asked, "display_name": name})
        assert reply.status_code == 204, reply.text
    async with visiting(browser, agency, "/agency") as page:
        await expect(page.get_by_role("heading", name="Amal's Bakery")).to_be_visible()
        await looked_at(page)
        card = page.get_by_role("listitem").filter(has_text="Amal's Bakery")
        await card.get_by_role("button", name="Approve and invite").click()
        await expect(page.get_by_role("heading", name="Invitation for Amal's Bakery")).to_be_visible()
        address = await page.get_by_role("link", name="/join#").inner_text()
        await expect(page.get_by_alt_text("QR code of the link")).to_be_visible()
        await looked_at(page)
        token = address.rpartition("#")[2]
        look = await post(f"{agency.url}/api/join/look", {"token": token})
        assert look.json()["display_name"] == "Amal's Bakery"
        await page.get_by_role("button", name="Hide").click()
        await page.get_by_role("button", name="Decline…").click()
        await page.get_by_role("button", name="Decline", exact=True).click()
        await expect(page.get_by_text("Nobody is waiting for an answer.")).to_be_visible()
        await page.get_by_label("Name of a person or business").fill("Otto Beck")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Invitation for Otto Beck")).to_be_visible()


async def test_a_city_camera_is_set_in_all_that_an_owner_s_is(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/agency?part=city") as page:
        await expect(page.get_by_text("The city has no site here yet.")).to_be_visible()
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
        await looked_at(page)
        await page.get_by_role("button", name="Add a site").click()
        await page.get_by_label("Name", exact=True).fill("Elm and 3rd")
        await page.get_by_label("Position, as").fill("the corner")
        await expect(page.get_by_role("alert")).to_contain_text("Write a place as")
        await page.get_by_label("Position, as").fill("60.17035, 24.94310")
        await looked_at(page)
        await page.get_by_role("button", name="Add the site").click()
        await page.get_by_role("button", name="Elm and 3rd no camera yet").click()
        await page.get_by_role("button", name="Add a camera").click()
        await page.get_by_label("Name, such as").fill("North mast")
        await page.get_by_label("Direction, degrees").fill("270")
        await expect(page.locator("[data-map=drawn]")).to_have_count(1)
        await looked_at(page)
        await page.get_by_role("button", name="Add the camera").click()
        card = page.get_by_role("article", name="North mast")
        await expect(card.get_by_text("Towards west")).to_be_visible()

        await card.get_by_role("button", name="Who may see it").click()
        await expect(card.get_by_role("radio")).to_have_count(3)  # nobody owns it who could be asked
        await card.get_by_role("radio", name="Nearby emergencies").check()
        await card.get_by_role("slider", name="How near").fill("450")
        await looked_at(page)
        await card.get_by_role("button", name="Save").click()
        await expect(card.get_by_text("Nearby emergencies, within 450 m")).to_be_visible()
        await card.get_by_role("button", name="When").click()
        await card.get_by_label("At any time").uncheck()
        await card.get_by_role("button", name="Save").click()
        await expect(card.get_by_text("Mon–Fri, 18:00 to 06:00 the next day").first).to_be_visible()
        await card.get_by_role("button", name="Sound").click()
        await card.get_by_role("button", name="Switch sound on").click()
        await card.get_by_role("button", name="Pause North mast").click()
        await card.get_by_role("button", name="Until I resume").click()
        await expect(card.get_by_text("until you resume it")).to_be_visible()
        await looked_at(page)

        await page.get_by_role("button", name="Connectors").click()
        await page.get_by_role("button", name="Show a code").click()
        await expect(page.get_by_text("sightline connector enrol")).to_be_visible()
        await looked_at(page)
    with contextlib.closing(Someone(agency, "lee")) as lee:
        (site,) = lee.get("/api/agency/sites")
    (camera,) = site["cameras"]
    assert (site["kind"], site["point"]) == ("city", {"latitude": 60.17035, "longitude": 24.9431})
    assert (camera["level"], camera["radius_m"], camera["sound"]) == ("nearby", 450, True)
    assert camera["hours"] == {"days": 31, "from_min": 1080, "to_min": 360}
    assert (camera["pause"]["until"], camera["view"]["heading_deg"]) == (None, 270)


async def test_what_another_supervisor_changes_in_the_city_appears_and_goes_by_itself(
    browser: Browser, agency: Service
) -> None:
    async with visiting(browser, agency, "/agency?part=city") as page:
        await page.get_by_role("heading", name="City sites").wait_for()
        with contextlib.closing(Someone(agency, "lee")) as lee:
            place = {"kind": "city", "name": "Market square", "address": "", "point": HERE}
            site = lee.post("/api/sites", place)["id"]
            await page.get_by_role("button", name="Market square no camera yet").click()
            view = {"heading_deg": None, "field_deg": 360, "height_m": 6}
            dome = {"name": "Dome", "point": HERE, "view": view, "indoor": False}
            camera = lee.post(f"/api/sites/{site}/cameras", dome)["id"]
            await expect(page.get_by_role("article", name="Dome")).to_be_visible()
            lee.http.delete(f"/api/cameras/{camera}").raise_for_status()
            await expect(page.get_by_role("article", name="Dome")).to_have_count(0)
            lee.http.delete(f"/api/sites/{site}").raise_for_status()
        await expect(page.get_by_role("button", name="Market square")).to_have_count(0)


CORNER = lent.site(lent.camera(), name="Elm and 3rd", address="Elm Street", numbers=[])
SQUARES = [
    lent.site(lent.camera(f"Mast {n}"), id=f"sit_{n + 2}", name=f"Square {n}", address="") for n in range(12)
]


async def _open(page: Page, telling: lent.Telling) -> None:
    await page.get_by_role("button", name="Elm and 3rd").click()
    await page.get_by_role("button", name="Where it looks").click()
    await expect(page.locator("[data-map=drawn]")).to_have_count(1)


async def _watched(page: Page, telling: lent.Telling) -> None:
    seen = lent.camera(watching=[lent.watching(), lent.watching("officer")])
    changed = {**CORNER, "kind": "city", "cameras": [seen]}
    await telling.tell({"type": "city-site", "now": now(), "site": changed})
    await expect(page.get_by_role("button", name="Stop now")).to_be_visible()


async def _lost(page: Page, telling: lent.Telling) -> None:
    await telling.lose()
    await expect(page.get_by_text("Connection lost, trying again")).to_be_visible()


async def _many(page: Page, telling: lent.Telling) -> None:
    await telling.tell(lent.city(CORNER, *SQUARES))
    await page.get_by_label("Find a site or a camera").fill("mast 11")
    await expect(page.get_by_role("button", name="Square")).to_have_count(1)
    await page.get_by_label("Find a site or a camera").fill("nothing")
    await expect(page.get_by_text("No site and no camera is called that.")).to_be_visible()


STATES = {"open": _open, "watched": _watched, "lost": _lost, "many": _many}


@pytest.mark.parametrize("state", STATES)
async def test_every_state_of_the_city_s_cameras_is_sound(
    browser: Browser, agency: Service, state: str
) -> None:
    telling = lent.Telling(lent.city(CORNER), "agency")
    async with visiting(browser, agency, "/agency?part=city", telling=telling) as page:
        await expect(page.get_by_text("Nobody is watching now")).to_be_visible()
        await STATES[state](page, telling)
        await in_every_light(page, [PHONE, DESK], looked_at)


async def test_a_device_s_token_is_shown_once_and_a_retired_device_is_gone(
    browser: Browser, agency: Service
) -> None:
    async with visiting(browser, agency, "/agency?part=devices") as page:
        await expect(page.get_by_text("No device yet.")).to_be_visible()
        await page.get_by_label("Name").fill("Dash of 12")
        await page.get_by_label("Kind").select_option("dash")
        await page.get_by_label("Unit").select_option("Unit 12")
        await page.get_by_role("button", name="Register").click()
        await expect(page.get_by_role("heading", name="Token of Dash of 12")).to_be_visible()
        await expect(page.get_by_text(f"{agency.url}/whip", exact=True)).to_be_visible()
        await expect(page.get_by_text("gst-launch-1.0")).to_be_visible()
        await looked_at(page)
        await page.get_by_role("button", name="Hide").click()
        await expect(page.get_by_text("gst-launch-1.0")).to_have_count(0)
        await expect(page.get_by_role("listitem").filter(has_text="Dash of 12")).to_contain_text("never seen")
        await page.get_by_role("button", name="Retire Dash of 12").click()
        await page.get_by_role("button", name="Retire for good").click()
        await expect(page.get_by_text("No device yet.")).to_be_visible()


async def test_a_year_is_issued_paid_and_taken_to_the_city_s_books(browser: Browser, agency: Service) -> None:
    with contextlib.closing(Someone(agency, "olive")) as olive:
        for name, level in (("Hart's Books", "nearby"), ("Hart's Café", "ask"), ("Home", "registry")):
            lend(olive, name, level)
    day = str((datetime.now(UTC) - timedelta(hours=5)).date())
    async with visiting(browser, agency, "/agency?part=fees") as page:
        await expect(
            page.get_by_text("The fee changes nothing about who gets help first.").first
        ).to_be_visible()
        await expect(page.get_by_text(f"No invoice was issued for {YEAR}.")).to_be_visible()
        await looked_at(page)
        await page.get_by_label("Ask me first").fill("a lot")
        await page.get_by_role("button", name="Save the prices").click()
        await expect(page.get_by_role("alert")).to_contain_text("write the price like 12.50")
        await page.get_by_label("Ask me first").fill("12")
        await page.get_by_label("Nearby emergencies").fill("48.50")
        await page.get_by_role("button", name="Save the prices").click()
        await expect(page.get_by_text("Saved.")).to_be_visible()
        await page.get_by_role("button", name=f"Issue 3 for {YEAR}").click()
        await expect(page.locator(".totals tbody tr", has_text="Billed")).to_contain_text("60.50 USD")
        await expect(page.get_by_text("Nothing to pay")).to_be_visible()
        await looked_at(page)

        row = page.get_by_role("row").filter(has_text="Hart's Café")
        number = await row.get_by_role("link").first.inner_text()
        await row.get_by_role("button", name=f"{number} is paid").click()
        await page.get_by_label("Note").fill("cash")
        await page.keyboard.press("Enter")
        await expect(row).to_contain_text("cash")
        await expect(page.locator(".totals tbody tr", has_text="Paid")).to_contain_text("12.00 USD")

        books = page.get_by_role("row").filter(has_text="Hart's Books")
        other = await books.get_by_role("link").first.inner_text()
        text = (
            f"Date;Reference;Amount\n{day};{other};48,50\n{day};{number};12,00\n{day};{other[:5]}999999;1\n"
        )
        file = {"name": "bank.csv", "mimeType": "text/csv", "buffer": b"\xef\xbb\xbf" + text.encode()}
        await page.get_by_label("CSV with the columns").set_input_files(file)  # type: ignore[arg-type]
        await expect(
            page.get_by_text("1 would be marked paid, 1 paid already, 1 not matched.")
        ).to_be_visible()
        await expect(books).to_contain_text("Open")
        await looked_at(page)
        await page.get_by_role("button", name="Mark 1 paid").click()
        await expect(page.get_by_text("1 marked paid, 1 paid already, 1 not matched.")).to_be_visible()
        await expect(books).to_contain_text("Paid")
        await page.get_by_role("button", name="Done").click()
        wrong = {"name": "x.csv", "mimeType": "text/csv", "buffer": b"a,b,c\n1,2,3\n"}
        await page.get_by_label("CSV with the columns").set_input_files(wrong)  # type: ignore[arg-type]
        await expect(page.get_by_role("alert")).to_contain_text("The first line names no columns.")

        async with page.expect_download() as saved:
            await page.get_by_role("link", name=f"Save {YEAR} as CSV").click()
        content = (await (await saved.value).path()).read_text("utf-8-sig")
        assert number in content
        async with page.expect_popup() as opened:
            await books.get_by_role("link").first.click()
        invoice = await opened.value
        await expect(invoice.get_by_role("heading", name=f"Invoice {other}")).to_be_visible()
        await expect(
            invoice.get_by_text("The fee changes nothing about who gets help first.")
        ).to_be_visible()
        assert await axe_inside(invoice) == []


async def axe_inside(page: Page) -> list[str]:
    """The invoice runs no script at all, so it is looked at in a frame of mind of its own: by its roles."""
    bare = await page.evaluate(
        "[...document.querySelectorAll('th:not([scope])')].map((cell) => cell.outerHTML)"
    )
    return list(bare)


async def test_a_server_that_is_away_is_said_and_tried_again(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/console") as page:
        await page.get_by_role("link", name="Agency").wait_for()

        async def away(route: Route) -> None:
            await route.abort("connectionrefused")

        await page.route("**/api/agency/**", away)
        await page.get_by_role("link", name="Agency").click()
        await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        await looked_at(page)
        await page.unroute("**/api/agency/**")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_role("alert")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Requests")).to_be_visible()


async def test_dispatchers_are_led_away_and_see_no_link(browser: Browser, agency: Service) -> None:
    async with visiting(browser, agency, "/agency", who="dana") as page:
        await page.wait_for_url("**/console")
        await page.get_by_role("button", name="Sign out").wait_for()
        await expect(page.get_by_role("link", name="Agency")).to_have_count(0)


@pytest.mark.parametrize("part", ["owners", "city", "devices", "fees"])
async def test_every_part_passes_axe_and_fits(browser: Browser, agency: Service, part: str) -> None:
    async with visiting(browser, agency, f"/agency?part={part}") as page:
        await page.get_by_role("heading", level=1).wait_for()
        await expect(page.get_by_text("Loading…")).to_have_count(0)
        await in_every_light(page, [PHONE, DESK], looked_at)
