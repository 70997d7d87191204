"""Sealing and erasing on the supervisor's page in Chromium, against the real service."""

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa.service import Service
from tests.pwa.test_agency import Someone, looked_at, visiting
from tests.pwa.visits import DESK, PHONE, in_every_light

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in which a dispatcher saw two officers' pictures; one of the incidents is closed."""
    service = Service(tmp_path_factory.mktemp("logged"), log_cadence_s="1")
    service.add_person("lee", "supervisor")
    service.add_person("dana", "dispatcher")
    service.add_person("sam", "officer", unit="Unit 12")
    service.start()
    with (
        contextlib.closing(Someone(service, "dana")) as dana,
        contextlib.closing(Someone(service, "sam")) as sam,
        contextlib.closing(Someone(service, "lee")) as lee,
    ):
        unit = sam.get("/api/session")["user"]["usual_unit_id"]
        sam.post("/api/duty", {"unit_id": unit})
        for kind in ("Fire", "Break-in"):
            incident = dana.post("/api/incidents", {"type": kind})["id"]
            dana.post(f"/api/incidents/{incident}/units", {"unit_id": unit})
            feed = sam.post(f"/api/incidents/{incident}/my-camera")["feed_id"]
            grant = dana.post(f"/api/feeds/{feed}/watch")
            headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
            httpx.post(f"{service.url}{grant['whep']}", content="v=0\r\n", headers=headers)  # no answer
            if kind == "Fire":
                dana.post(f"/api/incidents/{incident}/close")
        deadline = time.monotonic() + 60
        while not all(use["published"] for use in lee.get("/api/agency/uses")):
            assert time.monotonic() < deadline, "nothing is published"
            time.sleep(0.2)
    yield service
    service.kill()


async def test_a_use_is_sealed_and_unsealed(browser: Browser, logged: Service) -> None:
    async def sound(page: Page) -> None:
        await in_every_light(page, [PHONE, DESK], looked_at)

    async with visiting(browser, logged, "/agency?part=log") as page:
        card = page.get_by_role("listitem").filter(has_text="Fire")
        await expect(card.get_by_text("The first part is public; the rest follows")).to_be_visible()
        await sound(page)
        await card.get_by_role("button", name="Seal Fire").click()
        await expect(card.get_by_label("Days, with today")).to_have_value("30")
        await sound(page)
        await card.get_by_label("Why").select_option("court")
        await card.get_by_role("button", name="Seal", exact=True).click()
        await expect(card.get_by_text("for a court’s order, by lee")).to_be_visible()
        await sound(page)
        await page.get_by_label("Only what is sealed").check()
        await expect(page.get_by_role("listitem")).to_have_count(1)
        await card.get_by_role("button", name="Lift the seal of Fire").click()
        await expect(page.get_by_text("Nothing is sealed.")).to_be_visible()
        await sound(page)


async def test_what_is_erased_is_said_and_an_open_incident_offers_none(
    browser: Browser, logged: Service
) -> None:
    async with visiting(browser, logged, "/agency?part=log", size=PHONE) as page:
        going_on = page.get_by_role("listitem").filter(has_text="Break-in")
        await expect(going_on.get_by_text("waits for the incident’s end")).to_be_visible()
        await expect(going_on.get_by_role("button", name="Erase")).to_have_count(0)
        card = page.get_by_role("listitem").filter(has_text="Fire")
        await card.get_by_role("button", name="Erase of Fire").click()
        await looked_at(page)
        await card.get_by_label("What").select_option("person")
        await card.get_by_role("button", name="Erase for good").click()
        await expect(card.get_by_text("Erased: person")).to_be_visible()
        await card.get_by_role("button", name="Erase of Fire").click()
        await card.get_by_label("What").select_option("person")
        await card.get_by_role("button", name="Erase for good").click()
        await expect(card.get_by_role("alert")).to_contain_text("not there any more")
        await card.get_by_label("What").select_option("everything")
        await card.get_by_role("button", name="Erase for good").click()
        gone = page.get_by_role("listitem").filter(has_text="Kind erased")
        await expect(gone.get_by_text("Erased: place, person, everything else")).to_be_visible()
        await looked_at(page)
