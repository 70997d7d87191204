"""A flight as people see it, to its end: sent, flown, watched, handed over to the next drone, landed.

Everything is real: the simulator, a dock's connector, the service, and Chromium for each of them.
"""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.async_api import Browser, Page, expect

from backend.aerodrome import CAPACITY_WH, SHEET
from tests.pwa.fleet import AFAR, SCENE, City
from tests.pwa.lending import Person
from tests.pwa.service import PASSWORD
from tests.pwa.visits import PHONE

pytestmark = pytest.mark.asyncio(loop_scope="session")
SOON_MS, FLIGHT_MS = 30_000, 150_000


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    city = City(tmp_path_factory.mktemp("city"), "--picture", "480x270@10")
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


def an_incident(city: City, where: dict[str, float] = SCENE, kind: str = "Break-in") -> str:
    """At that place, with the officer's unit on its way."""
    dana, sam = Person(city.service, "dana"), Person(city.service, "sam")
    place = {**where, "accuracy_m": 10.0}
    incident = str(dana.send("POST", "/api/incidents", {"type": kind, "position": place})["id"])
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


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


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
    await expect(flight).to_contain_text("Handing over", timeout=SOON_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(first)  # it stays in front
    await expect(relief).to_contain_text("On scene", timeout=FLIGHT_MS)
    await expect(flight).to_contain_text("Going home", timeout=FLIGHT_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(
        f"{first} Going home", timeout=SOON_MS
    )
    await expect(large).to_have_attribute("aria-label", re.compile(f"{second} · Thermal"), timeout=SOON_MS)
    await expect(large.locator(".chip.tone-live")).to_be_visible(timeout=FLIGHT_MS)

    # the desk calls the last one home too, and each lands in its dock
    await console.get_by_role("button", name=f"Return {second}").click()
    await expect(relief).to_contain_text("Going home", timeout=SOON_MS)
    await expect(relief).to_contain_text("Landed", timeout=FLIGHT_MS)
    await expect(pilot.get_by_role("heading", level=1)).to_contain_text(f"{second} Landed", timeout=SOON_MS)
    await expect(pilot.get_by_text("This flight is over.")).to_be_visible()
    await expect(large).to_contain_text("Ended", timeout=SOON_MS)  # its last frame stays
    log = console.get_by_role("log")
    for name in (first, second):
        await expect(log).to_contain_text(f"{name} is back in its dock", timeout=SOON_MS)
    entries = Person(city.service, "dana").send("GET", f"/api/incidents/{incident}/entries")
    done = {entry["action"] for entry in entries}
    assert {"drone.send", "drone.steer", "drone.hold", "drone.go-on", "drone.handover", "drone.end"} <= done
    homes = [entry["details"]["why"] for entry in entries if "why" in entry["details"]]
    assert "handed over" in homes
    Person(city.service, "dana").send("POST", f"/api/incidents/{incident}/close")  # the officer is free again
    for page in (console, pilot, officer):
        await page.context.close()


async def test_a_fault_in_each_phase_is_said_with_what_is_to_be_done(browser: Browser, city: City) -> None:
    """Link on the way, GPS over the scene, a motor of who takes over, battery: one flight, three pages.

    `make drone-faults` has every fault in every phase.
    """
    assert city.simulator is not None
    incident = an_incident(city, AFAR, "Fire")
    dana = Person(city.service, "dana")
    console, pilot = await signed_in(browser, city, "dana"), await signed_in(browser, city, "pia")
    officer = await signed_in(browser, city, "sam", PHONE)
    flight = dana.send("POST", f"/api/incidents/{incident}/flights", {"drone_id": None})
    first, second = flight["drone"], {"Kestrel 1": "Kestrel 2"}.get(flight["drone"], "Kestrel 1")
    number, other = first[-1], second[-1]
    await console.get_by_role("button").filter(has_text="Fire").first.click()
    strip = console.get_by_role("region", name=f"Flight of {first}")
    title, said = pilot.get_by_role("heading", level=1), pilot.locator(".warnings")

    await expect(title).to_contain_text("On the way", timeout=SOON_MS)
    city.simulator.say(f"break {number} link")
    await expect(said).to_contain_text("Nothing that can be believed comes", timeout=SOON_MS)
    await expect(said).to_contain_text("You: Leave it its way")
    await expect(strip).to_contain_text("It is told to wait where it is.", timeout=SOON_MS)
    await expect(officer.locator(".map-person.is-drone.is-stale")).to_have_count(1, timeout=SOON_MS)
    city.simulator.say(f"mend {number} link")
    await expect(said).not_to_contain_text("Nothing that can be believed", timeout=SOON_MS)
    await expect(title).to_contain_text("On scene", timeout=FLIGHT_MS)

    city.simulator.say(f"break {number} gps")
    await asyncio.gather(  # it comes down meanwhile
        expect(said).to_contain_text("lost its GPS position", timeout=SOON_MS),
        expect(said).to_contain_text("have people below it moved away", timeout=SOON_MS),
        expect(strip).to_contain_text("lost its GPS position", timeout=SOON_MS),
    )
    city.simulator.say(f"mend {number} gps")
    await expect(said).not_to_contain_text("lost its GPS position", timeout=SOON_MS)
    await expect(title).to_contain_text("On scene")

    await pilot.get_by_role("button", name="Hand over").click()
    relief = console.get_by_role("region", name=f"Flight of {second}")
    await expect(relief).to_contain_text("On the way", timeout=SOON_MS)
    city.simulator.say(f"break {other} motor")
    await expect(relief).to_contain_text("Down by parachute", timeout=SOON_MS)
    await expect(relief.get_by_role("button", name=f"Return {second}")).to_have_count(0)
    await expect(said).to_contain_text("Who was to take over does not come.", timeout=SOON_MS)
    await expect(title).to_contain_text("On scene")
    await expect(officer.locator(".tile.is-large figure")).to_have_attribute(
        "aria-label", re.compile(first), timeout=SOON_MS
    )

    city.simulator.say(f"break {number} battery")
    await expect(title).to_contain_text("Going home", timeout=SOON_MS)
    await expect(said).to_contain_text("You: Let it come home.", timeout=SOON_MS)
    await expect(strip).to_contain_text("Going home", timeout=SOON_MS)
    await expect(title).to_contain_text("Landed", timeout=FLIGHT_MS)
    log = console.get_by_role("log")
    await expect(log).to_contain_text(f"{first} is back in its dock", timeout=SOON_MS)
    await expect(log).to_contain_text(f"{second} came down by its parachute")
    entries = dana.send("GET", f"/api/incidents/{incident}/entries")
    faults = {entry["details"]["fault"] for entry in entries if entry["action"] == "drone.fault"}
    assert {"quiet", "blind", "low"} <= faults, faults

    # what became of it is kept: from the pilot's page to the flight's log
    await pilot.get_by_role("link", name="Its log").click()
    read = pilot.get_by_role("region", name="The flight's log")
    await expect(read.get_by_role("heading", level=2)).to_contain_text(first, timeout=SOON_MS)
    await expect(read).to_contain_text("Is back in its dock")
    await expect(read).to_contain_text("lost its GPS position")
    await expect(read.locator(".curve")).to_have_count(3)
    async with pilot.expect_download() as saving:
        await read.get_by_role("link", name="Download as JSON").click()
    kept = read_json(await (await saving.value).path())
    assert kept["summary"]["end"] == "home"
    assert len(kept["points"]) > 60
    for page in (console, pilot, officer):
        await page.context.close()


async def test_a_supervisor_registers_a_dock_for_a_drone_that_has_none(browser: Browser, city: City) -> None:
    page = await signed_in(browser, city, "lee")
    await page.goto(f"{city.service.url}/agency?part=docks")
    await page.get_by_text("Register a dock for Kestrel 3").click()
    form = page.locator(".dock-form")
    register = form.get_by_role("button", name="Register the dock")
    await form.get_by_label("Name of the dock").fill("Depot dock")
    await register.click()  # the waiver's number is missing: the browser says so
    await expect(form.locator("[name=number]:invalid")).to_be_focused()
    await form.get_by_label("Number", exact=True).fill("107W-3")
    await form.get_by_label("Model").fill("Simulated quadcopter")
    numbers = {name: value for name, value in SHEET.items() if name != "name"}
    for name, value in {**numbers, "capacity_wh": CAPACITY_WH}.items():
        await form.locator(f"[name={name}]").fill(str(value))
    place = form.get_by_label("Position, as")
    known = await place.input_value()
    await place.fill("somewhere")
    await expect(form).to_contain_text("Write a place as")
    await place.fill(known)
    await form.get_by_label("Until").fill("2020-01-01")
    await register.click()
    await expect(form).to_contain_text("The waiver ends before it begins. Correct its dates.")
    await form.get_by_label("Until").fill("2099-12-31")
    await register.click()
    dock = page.locator(".folds").get_by_text("Depot dock")
    await expect(dock).to_be_visible(timeout=SOON_MS)
    await expect(page.get_by_text("Register a dock for Kestrel 3")).to_have_count(0)
    docks = Person(city.service, "lee").send("GET", "/api/docks")
    (made,) = [one for one in docks if one["name"] == "Depot dock"]
    assert made["drone"]["name"] == "Kestrel 3"
    assert made["waiver"]["ends"].startswith("2099-12-31")
    await page.context.close()
