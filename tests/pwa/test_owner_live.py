"""The owner's page against the real service: a real connector beside her cameras, and who opens them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from media.connector.folder import Folder
from tests.connector.desk import Connector
from tests.peers import until
from tests.pwa.lending import HERE, Owner, Person
from tests.pwa.owners import DESK, at_home, new_owner, sound
from tests.pwa.service import PASSWORD, Service
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")
Json = dict[str, Any]
WATCH = "Nobody is watching now"
MINUTE_MS = 90_000  # a connector counts by whole minutes


class Shop:
    """Her site: one camera that asks first, one for emergencies nearby, both really there."""

    def __init__(self, owner: Owner, connector: Connector, site: str) -> None:
        self.owner, self.connector, self.site = owner, connector, site
        self.cameras: dict[str, str] = {}

    def running(self) -> tuple[str, ...]:
        """The cameras that her connector has open, by its own word."""
        status = Folder(self.connector.folder).read_status()
        return () if status is None else tuple(sorted(status.running))

    async def until_running(self, *names: str) -> None:
        await until(lambda: self.running() == names, f"{names or 'no camera'} open beside the connector")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(service: Service, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    owner = await asyncio.to_thread(new_owner, service)
    site = owner.add_site(name="Maria's Flowers", numbers=[])["id"]
    connector = Connector(tmp_path_factory.mktemp("flowers"))
    code = owner.send("POST", f"/api/sites/{site}/enrolments")["code"]
    done = await connector.do("enrol", service.url, code, "--name", "Back room")
    assert done.returncode == 0, done.stderr
    Folder(connector.folder).add_test_picture("door", "Door maker")
    Folder(connector.folder).add_test_picture("till", "Till maker")
    connector.run()
    held = Shop(owner, connector, site)
    try:
        agent = await there(owner)
        for name, source, level in (("Door", "door", "ask"), ("Till", "till", "nearby")):
            bound = {"connector_id": agent["id"], "source": source}
            held.cameras[name] = owner.add_camera(site, name, level=level, radius_m=300, **bound)["id"]
        yield held
    finally:
        connector.stop()


async def there(owner: Owner) -> Json:
    """The connector as its owner sees it, once it has told of its cameras."""
    for _ in range(300):
        (agent,) = owner.view()["sites"][0]["connectors"]
        if agent["connected"] and len(agent["sources"]) == 2:
            return dict(agent)
        await asyncio.sleep(0.1)
    raise AssertionError(agent)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(browser: Browser, service: Service, shop: Shop) -> AsyncIterator[Page]:
    async with at_home(browser, service, shop.owner) as page:
        yield page


@pytest.fixture(scope="module")
def dana(service: Service) -> Person:
    return Person(service, "dana")


class Emergency:
    """One incident at the shop, and what is pressed there."""

    def __init__(self, who: Person, shop: Shop) -> None:
        self._who, self._shop = who, shop
        self.id = str(who.send("POST", "/api/incidents", {"type": "Break-in", "position": HERE})["id"])

    def open(self, camera: str, reason: str, who: Person | None = None) -> Json:
        where = f"/api/incidents/{self.id}/cameras/{self._shop.cameras[camera]}/open"
        opened: Json = (who or self._who).send("POST", where, {"reason": reason})
        return opened

    def near(self, camera: str) -> Json:
        near = self._who.send("GET", f"/api/incidents/{self.id}/nearby")["cameras"]
        return dict(next(held for held in near if held["camera_id"] == self._shop.cameras[camera]))

    def close(self) -> None:
        self._who.send("POST", f"/api/incidents/{self.id}/close")


async def test_she_is_asked_and_allows_and_sees_who_watches_why_and_since_when_and_stops_it(
    home: Page, dana: Person, shop: Shop
) -> None:
    await expect(home.get_by_text(WATCH)).to_be_visible()
    await expect(
        home.get_by_role("article", name="Door").get_by_text("Ready. Nobody sees it")
    ).to_be_visible()
    assert shop.running() == ()
    call = Emergency(dana, shop)
    answer = call.open("Door", "find-person")
    assert (answer["opening"], answer["asked"]["answer"]) == (None, None)
    await expect(home.get_by_role("heading", name="May 911 see Door?")).to_be_visible()
    await expect(
        home.get_by_text("Break-in nearby. They need it to find somebody in danger.")
    ).to_be_visible()
    await expect(home.locator(".ask-left")).to_have_text(re.compile(r"^(1:00|0:[345]\d)$"))
    assert shop.running() == ()
    await sound(home)

    await home.get_by_role("button", name="Allow").click()
    await expect(home.get_by_text("One camera is being watched")).to_be_visible()
    watched = home.locator(".watched")
    await expect(watched.get_by_role("heading", name="Door Maria's Flowers")).to_be_visible()
    await expect(watched.get_by_role("listitem")).to_have_text(
        re.compile(
            r"^A dispatcher, to find somebody in danger, since .*\d\d:\d\d \(.+\),"
            r" until .*\d\d:\d\d at the latest\.$"
        )
    )
    await expect(home.get_by_role("heading", name="May 911 see Door?")).to_have_count(0)
    await shop.until_running("door")
    await sound(home)

    await home.get_by_role("button", name="Stop now").click()
    await expect(home.get_by_text(WATCH)).to_be_visible()
    await shop.until_running()
    assert (call.near("Door")["offer"], call.near("Door")["why"]) == ("no", "refused")
    call.close()


async def test_she_refuses_and_nobody_sees_it(home: Page, dana: Person, shop: Shop) -> None:
    call = Emergency(dana, shop)
    call.open("Door", "follow-suspect")
    await home.get_by_role("button", name="Refuse").click()
    await expect(home.get_by_role("heading", name="May 911 see Door?")).to_have_count(0)
    await expect(home.get_by_text(WATCH)).to_be_visible()
    await until(lambda: call.near("Door")["why"] == "refused", "the dispatcher sees the answer")
    assert shop.running() == ()
    call.close()


async def test_two_watch_each_with_a_role_and_a_reason_and_a_pause_ends_both(
    home: Page, dana: Person, supervisor: Person, shop: Shop
) -> None:
    call = Emergency(dana, shop)
    call.open("Till", "see-scene")
    call.open("Till", "officer-safety", supervisor)
    lines = home.locator(".watched").get_by_role("listitem")
    await expect(lines).to_have_count(2)
    said = " ".join(await lines.all_inner_texts())
    assert "A dispatcher, to judge what is happening, since" in said
    assert "A supervisor, to keep officers safe, since" in said
    card = home.get_by_role("article", name="Till")
    await expect(card.get_by_text("Somebody sees it now")).to_be_visible()
    await shop.until_running("till")

    await home.get_by_role("button", name="Pause Till").click()
    await home.get_by_role("button", name="An hour").click()
    await expect(home.get_by_text(WATCH)).to_be_visible()
    await expect(
        card.get_by_text(re.compile(r"Nobody can open this camera until .*\d\d:\d\d\."))
    ).to_be_visible()
    await shop.until_running()
    assert call.near("Till")["why"] == "paused"
    await card.get_by_role("button", name="Resume").click()
    await until(lambda: call.near("Till")["offer"] == "open", "it can be opened again")
    call.close()


async def test_she_takes_a_still_that_only_she_sees(home: Page, dana: Person, shop: Shop) -> None:
    card = home.get_by_role("article", name="Till")
    await card.get_by_role("button", name="Take one").click()
    picture = card.get_by_role("img", name="What Till saw")
    await expect(picture).to_be_visible()
    await expect(card.get_by_text(re.compile("Only you see this · .*(now|ago)"))).to_be_visible()
    await until_shown(picture)
    await shop.until_running()
    src = await picture.get_attribute("src")
    assert src is not None
    where = f"{home.url.rsplit('/', 1)[0]}{src}"
    assert (await home.request.get(where)).status == 200
    assert dana.status("GET", src) == 403


async def until_shown(picture: Any) -> None:
    for _ in range(100):
        if await picture.evaluate("image => image.naturalWidth") > 0:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the still is no picture")


async def test_her_press_for_help_is_an_incident_whose_cameras_open_with_one_press(
    browser: Browser, service: Service, home: Page, dana: Person, shop: Shop
) -> None:
    context = await browser.new_context(viewport={"width": DESK[0], "height": DESK[1]})
    desk = await context.new_page()
    try:
        await desk.goto(f"{service.url}/signin")
        await desk.get_by_label("Name").fill("dana")
        await desk.get_by_role("textbox", name="Password").fill(PASSWORD)
        await desk.keyboard.press("Enter")
        await desk.wait_for_url("**/console*")
        await home.get_by_role("button", name="Get help at Maria's Flowers").click()
        await home.get_by_label("What is happening").fill("Two men, one has a knife")
        await home.get_by_role("button", name="Yes, get help now").click()
        await expect(home.get_by_text("911 has your press for help at Maria's Flowers.")).to_be_visible()
        await expect(home.get_by_text(WATCH)).to_be_visible()  # nothing opens by the press alone

        await desk.get_by_role("button").filter(has_text="Two men, one has a knife").click()
        await desk.get_by_role("button", name="Open all cameras of Maria's Flowers").click()
        await expect(home.get_by_text("A dispatcher, because your site called")).to_be_visible()  # the till
        await expect(home.get_by_role("heading", name="May 911 see Door?")).to_be_visible()
        await home.get_by_role("button", name="Allow").click()
        await expect(home.get_by_text("2 cameras are being watched")).to_be_visible()
        await expect(desk.get_by_text("Open for 30 min")).to_have_count(2)
        await shop.until_running("door", "till")
        await home.get_by_role("button", name="Close", exact=True).click()

        incident = desk.url.rpartition("#")[2]
        dana.send("POST", f"/api/incidents/{incident}/close")
        await expect(home.get_by_text(WATCH)).to_be_visible()
        await shop.until_running()
    finally:
        await context.close()


async def test_a_years_invoice_is_read_printed_and_paid(home: Page, supervisor: Person, shop: Shop) -> None:
    today = datetime.now(ZoneInfo("Europe/Helsinki")).date()  # of the agency
    year = today.year
    supervisor.send("PUT", "/api/agency/prices", {"cents": {"ask": 1200, "nearby": 4850}})
    supervisor.send("POST", "/api/agency/invoices", {"year": year})
    fees = home.get_by_role("region", name="The yearly fee")
    shop.owner.send("POST", f"/api/cameras/{shop.cameras['Till']}/amend", {"radius_m": 310})  # tells the page
    await expect(fees.get_by_text("$60.50 a year", exact=True)).to_be_visible()
    await fees.get_by_role("button", name="Invoices").click()
    await expect(fees.get_by_text(f"{year} · $60.50")).to_be_visible()
    await expect(fees.get_by_text("To be paid by")).to_be_visible()
    await sound(home)
    base = home.url.rsplit("/", 1)[0]
    for link, what in (("Read", "text/html"), ("PDF", "application/pdf")):
        href = await fees.get_by_role("link", name=link).get_attribute("href")
        answer = await home.request.get(f"{base}{href}")
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, what)
        if what == "text/html":
            assert "Maria's Flowers" in (await answer.text()).replace("&#x27;", "'")
    listed = supervisor.send("GET", f"/api/agency/invoices?year={year}")["invoices"]
    invoice = next(held for held in listed if held["site"] == "Maria's Flowers")
    supervisor.send("POST", f"/api/agency/invoices/{invoice['id']}/paid", {"paid_on": str(today)})
    await fees.get_by_role("button", name="Invoices").click()
    await fees.get_by_role("button", name="Invoices").click()
    await expect(fees.get_by_text("Paid on")).to_be_visible()


async def test_she_contests_an_opening_and_a_supervisor_answers_before_everybody(
    browser: Browser, service: Service, home: Page, dana: Person, shop: Shop
) -> None:
    call = Emergency(dana, shop)
    opening = call.open("Till", "see-scene")["opening"]
    dana.send("DELETE", f"/api/openings/{opening['id']}")
    receipts = home.get_by_role("region", name="Who opened your cameras")
    await home.reload()
    line = receipts.get_by_role("button", name="Till").first
    await line.click()
    await expect(receipts.get_by_text("whoever had opened it closed it").first).to_be_visible()
    await receipts.get_by_role("button", name="This was not right…").click()
    await expect(receipts.get_by_text("becomes public at once")).to_be_visible()
    await expect(receipts.get_by_role("button", name="Contest it", exact=True)).to_be_disabled()
    await receipts.get_by_label("There was no emergency here").check()
    await receipts.get_by_label("More for the agency").fill("It was quiet all day.")
    await sound(home)
    await receipts.get_by_role("button", name="Contest it", exact=True).click()
    await expect(receipts.get_by_text("The agency has not answered yet")).to_be_visible()

    context = await browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    lee = await context.new_page()
    try:
        await lee.goto(f"{service.url}/signin")
        await lee.get_by_label("Name").fill("lee")
        await lee.get_by_role("textbox", name="Password").fill(PASSWORD)
        await lee.keyboard.press("Enter")
        await lee.wait_for_url("**/console*")
        await lee.goto(f"{service.url}/agency?part=contests")
        contest = lee.get_by_role("listitem").filter(has_text="It was quiet all day.")
        await expect(contest.get_by_text("For the agency alone")).to_be_visible()
        await contest.get_by_role("button", name="Answer…").click()
        await expect(contest.get_by_text("This becomes public for good")).to_be_visible()
        assert await axe(lee) == []
        await contest.get_by_label("It was within the rules").check()
        await contest.get_by_label("Your answer").fill("A break-in next door had been reported.")
        await contest.get_by_role("button", name="Answer in public").click()
        await expect(lee.get_by_text("No contest waits for an answer.")).to_be_visible()
    finally:
        await context.close()
    await expect(receipts.get_by_text("It was within the rules")).to_be_visible()
    await expect(receipts.get_by_text("A break-in next door had been reported.")).to_be_visible()
    await sound(home)
    call.close()


async def test_what_her_connector_sent_is_counted_and_one_that_leaves_is_said(home: Page, shop: Shop) -> None:
    await home.get_by_role("button", name="Connectors").click()
    agent = home.get_by_role("article", name="Connector Back room")
    await expect(agent.get_by_text("Connected", exact=True)).to_be_visible()
    await expect(agent.get_by_text("Door maker")).to_be_visible()
    await expect(agent.get_by_text("Is Door")).to_be_visible()
    await expect(agent.get_by_text(re.compile(r"Sent \S+ [kM]B of pictures"))).to_be_visible(
        timeout=MINUTE_MS
    )
    await agent.get_by_role("button", name="What it sent").click()
    await expect(
        agent.get_by_text(re.compile(r"it sent \S+ [kM]B of pictures, in \d hours?"))
    ).to_be_visible()
    await expect(agent.get_by_text("every signature is right")).to_be_visible()
    await sound(home)
    shop.connector.stop()
    await expect(agent.get_by_text(re.compile("Not connected, last seen"))).to_be_visible()
    card = home.get_by_role("article", name="Door")
    await expect(card.get_by_text("Back room is not connected")).to_be_visible()
