"""A flight as people see it, to its end: sent, flown, watched, handed over to the next drone, landed.

Everything is real: the simulator, a dock's connector, the service, and Chromium for each of them.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.async_api import Browser, Page, expect

from tests.pwa.fleet import SCENE, City
from tests.pwa.lending import Person
from tests.pwa.service import PASSWORD
from tests.pwa.visits import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")
SOON_MS, FLIGHT_MS = 30_000, 150_000


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    city = City(tmp_path_factory.mktemp("city"))
    try:
        yield city.start()
    finally:
        city.close()


async def signed_in(
    browser: Browser, city: City, name: str, size: tuple[int, int] = (1280, 800), script: str = ""
) -> Page:
    """At their page, as they come to it; `script` runs in it first."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", service_workers="block"
    )
    page = await context.new_page()
    if script:
        await page.add_init_script(script)
    await page.goto(f"{city.service.url}/signin")
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/(console|officer|pilot)"))
    return page


def an_incident(city: City) -> str:
    """At the scene, with the officer's unit on its way."""
    dana, sam = Person(city.service, "dana"), Person(city.service, "sam")
    place = {**SCENE, "accuracy_m": 10.0}
    incident = str(dana.send("POST", "/api/incidents", {"type": "Break-in", "position": place})["id"])
    unit = sam.send("GET", "/api/session")["user"]["usual_unit_id"]
    sam.send("POST", "/api/duty", {"unit_id": unit})
    dana.send("POST", f"/api/incidents/{incident}/units", {"unit_id": unit})
    return incident


def is_coloured(dana: Person, incident: str) -> bool:
    """Whether the note's still is in colour, though what the camera sends is grey."""
    (note,) = dana.send("GET", f"/api/incidents/{incident}/notes")["notes"]
    assert note["still"]["kind"] == "thermal"
    with dana.client() as http:
        still = http.get(f"/api/notes/{note['id']}/still").content
    with Image.open(io.BytesIO(still)) as picture:
        red, _, blue = ImageStat.Stat(picture.convert("RGB")).mean
    return abs(red - blue) > 20


def speed(page: Page) -> Any:
    return page.locator(".telemetry > div", has_text="Speed").locator("dd")


async def test_a_drone_is_sent_flown_watched_handed_over_and_lands(browser: Browser, city: City) -> None:
    incident = an_incident(city)
    console, pilot = await signed_in(browser, city, "dana"), await signed_in(browser, city, "pia")
    officer = await signed_in(browser, city, "sam", PHONE)

    # one press sends the one that is there first
    await console.get_by_role("button").filter(has_text="Break-in").first.click()
    best = console.get_by_role("region", name="Drones").get_by_role("button", name=re.compile("Send Kestrel"))
    await expect(best).to_be_visible(timeout=SOON_MS)
    first = ((await best.text_content()) or "").replace("Send", "").strip()
    await best.click()
    flight = console.get_by_role("region", name=f"Flight of {first}")
    await expect(flight).to_contain_text("pilot pia", timeout=SOON_MS)

    # the pilot sees it, and so does the officer: in colour and warm
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(first, timeout=SOON_MS)
    await expect(pilot.locator(".eye.is-large .chip.tone-live")).to_be_visible(timeout=SOON_MS)
    await expect(pilot.locator(".eye.is-thermal .chip.tone-live")).to_be_visible(timeout=SOON_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text("On scene", timeout=FLIGHT_MS)
    await expect(flight).to_contain_text("On scene")
    large = officer.locator(".tile.is-large figure")
    await expect(large).to_have_attribute("aria-label", re.compile(f"{first}.*picture"), timeout=SOON_MS)
    await expect(large.locator(".chip.tone-live")).to_be_visible(timeout=SOON_MS)
    await expect(officer.locator(".map-person.is-drone")).to_be_visible()
    await officer.get_by_role("button", name=re.compile("Thermal")).click()
    await expect(large.locator(".chip.tone-live")).to_be_visible(timeout=SOON_MS)
    await large.locator(".palette select").select_option("ironbow")
    await expect(large.locator(".picture-painted")).to_be_visible()
    await expect(officer.get_by_role("button", name="Return")).to_have_count(0)

    # a still of the thermal picture is made on the server, in the colours that its writer sees
    await console.get_by_role("button", name=re.compile("Thermal")).first.click()
    await console.locator(".picture-pane .palette select").select_option("ironbow")
    await console.get_by_role("button", name=re.compile("Add a still of .*Thermal")).click()
    await console.get_by_role("button", name="Send", exact=True).click()
    note = console.get_by_role("button", name=f"Still of {first}, thermal")
    await expect(note).to_be_visible(timeout=SOON_MS)
    assert is_coloured(Person(city.service, "dana"), incident)

    # what is pressed is answered by the drone itself
    said = pilot.locator(".acknowledged")
    caller = await pilot.locator(".map-person.is-caller .map-body").last.bounding_box()
    assert caller is not None
    await pilot.mouse.click(caller["x"] + caller["width"] / 2 + 12, caller["y"] + caller["height"] / 2 + 12)
    await expect(said).to_contain_text(re.compile(r"Look there accepted in \d+ ms"), timeout=SOON_MS)
    await expect(pilot.locator(".map-footprint")).to_have_count(1)
    await pilot.get_by_role("button", name="Zoom in").click()
    await expect(said).to_contain_text("Zoom accepted", timeout=SOON_MS)
    await pilot.get_by_role("button", name="Steer by hand").click()
    await pilot.get_by_text("You steer.").wait_for()
    await pilot.keyboard.down("s")
    await expect(said).to_contain_text("Steer accepted", timeout=SOON_MS)  # before it is let go
    await expect(speed(pilot)).to_have_text(re.compile(r"^([2-9]|\d\d)\.\d m/s"), timeout=SOON_MS)
    await pilot.keyboard.up("s")
    await pilot.get_by_role("button", name="Let go").click()
    await pilot.get_by_role("button", name="Hold", exact=True).click()
    await expect(said).to_contain_text("Hold accepted", timeout=SOON_MS)
    await pilot.get_by_role("button", name="Go on", exact=True).click()
    await expect(said).to_contain_text("Go on accepted", timeout=SOON_MS)

    # the next one takes over: the officer's picture goes on with it, and the first goes home
    await pilot.get_by_role("button", name="Hand over").click()
    await expect(said).to_contain_text("Hand over accepted", timeout=SOON_MS)
    second = "Kestrel 2" if first == "Kestrel 1" else "Kestrel 1"
    relief = console.get_by_role("region", name=f"Flight of {second}")
    await expect(relief).to_be_visible(timeout=SOON_MS)
    await expect(flight).to_contain_text("Handing over")
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(first)  # it stays in front
    await expect(relief).to_contain_text("On scene", timeout=FLIGHT_MS)
    await expect(flight).to_contain_text("Going home", timeout=FLIGHT_MS)
    await expect(large).to_have_attribute("aria-label", re.compile(f"{second} · Thermal"), timeout=SOON_MS)
    await expect(large.locator(".chip.tone-live")).to_be_visible(timeout=SOON_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text("Going home")
    await expect(flight).to_have_count(0, timeout=FLIGHT_MS)  # it is down, and the other one flies

    # the desk calls the last one home, and it lands in its dock
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(second)
    await console.get_by_role("button", name=f"Return {second}").click()
    await expect(relief).to_contain_text("Going home", timeout=SOON_MS)
    await expect(relief).to_contain_text("Landed", timeout=FLIGHT_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text("Landed")
    await expect(pilot.get_by_text("This flight is over.")).to_be_visible()
    await expect(large).to_contain_text("Ended")  # its last frame stays
    log = console.get_by_role("log")
    for name in (first, second):
        await expect(log).to_contain_text(f"{name} is back in its dock")
    entries = Person(city.service, "dana").send("GET", f"/api/incidents/{incident}/entries")
    done = {entry["action"] for entry in entries}
    assert {"drone.send", "drone.steer", "drone.hold", "drone.go-on", "drone.handover", "drone.end"} <= done
    homes = [entry["details"]["why"] for entry in entries if "why" in entry["details"]]
    assert "handed over" in homes
    for page in (console, pilot, officer):
        await page.context.close()
