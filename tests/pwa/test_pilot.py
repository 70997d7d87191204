"""The pilot's page, the console's drones and an officer's: what is shown of them, and what a press asks."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image, ImageStat
from playwright.async_api import Browser, Page, expect

from tests.pwa import hangar as h
from tests.pwa.agency import Agency, Json, feed, incident, link, now, position, problem, unit
from tests.pwa.visits import APP, DESK, PHONE, axe, in_every_light, smallest_target, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZES = ((320, 640), PHONE, (820, 1180), (1280, 800))
FEEDS = ("fed_d1", "fed_t1", "fed_1")
TWICE = """
  document.adoptedStyleSheets = [new CSSStyleSheet()];
  document.adoptedStyleSheets[0].replaceSync('html { font-size: 200% }');
"""


async def mean(page: Page) -> tuple[float, float, float]:
    """The colour of the middle of the painted picture, 0 to 255 each."""
    painted = await page.locator(".eye.is-large .picture-painted").screenshot()
    with Image.open(io.BytesIO(painted)) as shown:
        middle = shown.convert("RGB").crop(
            (shown.width // 3, shown.height // 3, 2 * shown.width // 3, 2 * shown.height // 3)
        )
        red, green, blue = (ImageStat.Stat(middle).mean[part] for part in range(3))
    return red, green, blue


def agency(role: str, *, flying: bool = True) -> Agency:
    """Three docks, one of them shut; a drone on the scene, or one that is offered."""
    made = Agency(APP, role=role)
    made.units = [unit(1, "4B12")]
    docks = [
        h.dock(1, "Harbour dock"),
        h.dock(2, "Library dock", watch=None),
        h.dock(3, "Depot dock", trouble="The lid does not open."),
    ]
    feeds = [feed(1, "live")]
    if flying:
        docks[0]["drone"]["flight_id"] = "flt_1"
        about: Json = {"name": "Kestrel 1", "connection": None}
        feeds += [feed(0, "live", id="fed_d1", kind="drone", **about)]
        feeds += [feed(0, "live", id="fed_t1", kind="thermal", **about)]
    made.hangar = h.hangar(docks, [h.flight()] if flying else [], [] if flying else [h.offer(2)])
    made.choice = h.choice(
        h.answer(1, "Harbour dock"),
        h.answer(2, "Library dock"),
        h.stays(3, "Depot dock", "The lid does not open.", "Back with 12 % of its battery; 20 % are kept."),
    )
    made.weather = {
        "wind": {"speed_mps": 4.0, "from_deg": 270.0},
        "gust_mps": 7.0,
        "rain_mmph": 0.0,
        "visibility_m": 9000.0,
        "temperature_c": 8.0,
        "cloud_base_m": None,
        "at": now(minutes=2),
    }
    made.incidents["inc_1"] = incident(
        1, links=[link(1, "sharing")], position=position(), feeds=feeds, unit_ids=["unt_1"]
    )
    return made


@asynccontextmanager
async def flown(browser: Browser, role: str = "pilot", **options: Any) -> AsyncIterator[tuple[Page, Agency]]:
    """Somebody at their page while a drone tells where it is."""
    made = agency(role)

    async def tell() -> None:
        while True:
            await made.tell({"type": "drones-moved", "drones": [h.drone_at()]})
            await asyncio.sleep(0.2)

    path = {"pilot": "/pilot", "supervisor": "/pilot", "officer": "/officer"}.get(role, "/console")
    async with visiting(browser, made, path, **options) as page:
        telling = asyncio.create_task(tell())
        try:
            yield page, made
        finally:
            telling.cancel()


async def sound(page: Page) -> None:
    assert await axe(page) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    assert await smallest_target(page) >= 47.5


async def test_the_pilots_page_is_sound_in_every_light_and_size(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        await expect(page.locator(".eye.is-large .chip.tone-live")).to_be_visible()
        blind = h.flight(warnings=["The drone has lost its GPS position."], advice=["Follow its picture."])
        await made.change_hangar(flights=[blind])
        await expect(page.get_by_role("alert").first).to_contain_text("You: Follow its picture.")
        await page.get_by_role("button", name="Parachute").click()
        await page.get_by_role("button", name="1 of 2").wait_for()
        await in_every_light(page, SIZES, sound)
        await page.set_viewport_size({"width": 320, "height": 640})
        await page.evaluate(TWICE)
        assert await page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    async with visiting(browser, agency("pilot", flying=False), "/pilot") as page:
        await page.get_by_role("button", name="Confirm and send Kestrel 2").wait_for()
        await in_every_light(page, SIZES, sound)


async def test_a_dock_says_why_it_stays_and_a_watch_or_an_offer_is_one_press(browser: Browser) -> None:
    made = agency("pilot", flying=False)
    async with visiting(browser, made, "/pilot") as page:
        docks = page.locator(".dock")
        await expect(docks.nth(0)).to_contain_text("Ready")
        await expect(docks.nth(1)).to_contain_text("Nobody is on watch as pilot in command.")
        await expect(docks.nth(2)).to_contain_text("The lid does not open.")
        await expect(page.get_by_text("Wind 4 m/s, gusts 7")).to_be_visible()
        await page.get_by_label("Observers with you").select_option("2")
        await page.get_by_role("button", name="Go on watch for Library dock").click()
        made.hangar = h.hangar(made.hangar["docks"] if made.hangar else [], [h.flight(2)])
        await page.get_by_role("button", name="Confirm and send Kestrel 2").click()
        await made.change_hangar(offers=[])
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Kestrel 2")
        assert made.asked_for("POST", "/api/docks/dck_2/watch") == [{"observers": 2}]
        assert made.asked_for("POST", "/api/incidents/inc_1/flights") == [{"drone_id": "drn_2"}]


async def test_a_press_shows_the_drones_own_answer(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        said = page.locator(".acknowledged")
        await page.get_by_role("button", name="Hold", exact=True).click()
        await expect(said).to_contain_text("Hold accepted in 84 ms")
        refused = (409, problem(409, "drone-refused", "It cannot land here: people below."))
        made.answers["POST", "/api/flights/flt_1/land"] = refused
        await page.get_by_role("button", name="Land here").click()
        assert made.asked_for("POST", "/api/flights/flt_1/land") == []  # asks once more
        await page.get_by_role("button", name="Land here now").click()
        await expect(said).to_contain_text("Land here not done: It cannot land here: people below.")
        await made.change_hangar(flights=[h.flight(holds=True)])
        await page.get_by_role("button", name="Go on", exact=True).click()
        await expect(said).to_contain_text("Go on accepted")


async def test_the_camera_is_turned_by_drag_by_keys_and_by_a_place_on_the_map(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        aim = page.get_by_role("application")
        await expect(page.locator(".telemetry")).to_contain_text("-32°")
        box = await aim.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x - box["width"] / 2, y)
        await page.mouse.up()
        await expect(page.locator(".acknowledged")).to_contain_text("Turn camera accepted")
        assert made.asked_for("POST", "/api/flights/flt_1/gimbal")[-1] == {"pitch_deg": -32, "yaw_deg": 181}
        await aim.focus()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("+")
        await expect(page.locator(".acknowledged")).to_contain_text("Zoom accepted")
        assert made.asked_for("POST", "/api/flights/flt_1/gimbal")[-1] == {"pitch_deg": -27, "yaw_deg": 181}
        assert made.asked_for("POST", "/api/flights/flt_1/zoom") == [{"times": 1.5}]

        ground = page.get_by_role("group", name=re.compile("Position of the caller"))
        caller = await page.locator(".map-person.is-caller .map-body").last.bounding_box()
        assert caller is not None
        await page.mouse.click(caller["x"] + caller["width"] / 2, caller["y"] + caller["height"] / 2)
        await expect(page.locator(".acknowledged")).to_contain_text("Look there accepted")
        await expect(page.locator(".map-told")).to_be_visible()
        (place,) = made.asked_for("POST", "/api/flights/flt_1/look-at")
        where = position()
        assert place["latitude"] == pytest.approx(where["latitude"], abs=2e-5)
        assert place["longitude"] == pytest.approx(where["longitude"], abs=2e-5)
        await ground.focus()
        await page.keyboard.press("Enter")  # the map's middle
        await expect(page.locator(".acknowledged li").first).to_contain_text("Look there accepted")
        assert len(made.asked_for("POST", "/api/flights/flt_1/look-at")) == 2


async def test_keys_steer_only_while_the_controls_are_taken(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        await page.locator(".telemetry").wait_for()
        await page.keyboard.down("w")
        await page.keyboard.up("w")
        await page.get_by_role("button", name="Steer by hand").click()
        await made.change_hangar(flights=[h.flight(steered_by_id="usr_1", steered_by="Ana Ortiz")])
        await page.get_by_text("You steer.").wait_for()
        asked = "/api/flights/flt_1/steer"
        rest = {"forward_mps": 0, "right_mps": 0, "up_mps": 0, "turn_dps": 0}
        assert made.asked_for("POST", asked) == [rest]
        await page.keyboard.down("w")
        await page.keyboard.down("q")
        async with page.expect_request(lambda request: request.url.endswith("/steer")):
            pass
        await page.keyboard.up("w")
        await page.keyboard.up("q")
        async with page.expect_request(
            lambda request: request.url.endswith("/steer") and request.post_data_json == rest
        ):
            pass
        assert {**rest, "forward_mps": 8, "turn_dps": -45} in made.asked_for("POST", asked)
        await page.get_by_role("button", name="Let go").click()
        await page.get_by_role("button", name="Steer by hand").wait_for()


async def test_the_parachute_takes_a_cover_and_two_presses_in_two_places(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        asked = "/api/flights/flt_1/parachute"
        await page.get_by_role("button", name="Parachute").click()
        first = page.get_by_role("button", name="1 of 2")
        stood = await first.bounding_box()
        await first.dblclick()  # a press that bounces is one
        second = page.get_by_role("button", name="2 of 2")
        await expect(page.get_by_text(re.compile("Ready for [78] s more"))).to_be_visible()
        stands = await second.bounding_box()
        assert stood is not None
        assert stands is not None
        assert stands["y"] > stood["y"] + stood["height"] or stands["x"] > stood["x"] + stood["width"]
        assert len(made.asked_for("POST", asked)) == 1
        await second.click()
        await expect(first).to_be_visible()
        assert len(made.asked_for("POST", asked)) == 2
        await made.change_hangar(flights=[h.flight(pilot_id="usr_9", pilot="Kim Ono")])
        await page.get_by_role("button", name="Take command").wait_for()
        await expect(page.get_by_role("button", name="Parachute")).to_have_count(0)


async def test_pictures_swap_and_thermal_is_coloured_as_this_person_chose(browser: Browser) -> None:
    async with flown(browser) as (page, made):
        large = page.locator(".eye.is-large figure")
        await expect(large).to_have_attribute("aria-label", "Colour's picture")
        await expect(page.locator(".chip.tone-live")).to_have_count(3)
        begun = {feed: len(made.asked_for("POST", f"/api/feeds/{feed}/watch")) for feed in FEEDS}
        assert min(begun.values()) >= 1
        await page.get_by_role("button", name="Show Thermal large").click()
        await expect(large).to_have_attribute("aria-label", "Thermal's picture")
        await expect(large.locator(".chip.tone-live")).to_be_visible()
        # nothing began anew
        assert begun == {feed: len(made.asked_for("POST", f"/api/feeds/{feed}/watch")) for feed in FEEDS}
        choice = large.locator(".palette select")
        means = []
        for palette in ("white-hot", "black-hot", "ironbow"):
            await choice.select_option(palette)
            await asyncio.sleep(0.3)  # a few frames
            means.append(await mean(page))
        white, black, iron = means
        assert max(white) - min(white) < 6  # grey, and the mark of who looks
        assert white[0] + black[0] == pytest.approx(255, abs=40)
        assert max(iron) - min(iron) > 60
        await page.reload()
        await expect(page.locator(".camera-buttons .palette select")).to_have_value("ironbow")


async def test_who_is_no_pilot_looks_on(browser: Browser) -> None:
    async with flown(browser, "supervisor") as (page, _):
        await page.get_by_text("You look on").wait_for()
        await expect(page.get_by_role("button", name="Hold")).to_have_count(0)
        await expect(page.get_by_role("application")).to_have_count(0)


async def test_a_dispatcher_sends_the_best_by_one_press_and_sees_why_others_stay(browser: Browser) -> None:
    made = agency("dispatcher", flying=False)
    async with visiting(browser, made, "/console", size=DESK) as page:
        strip = page.get_by_role("region", name="Drones")
        await expect(strip).to_contain_text("Kestrel 1: 84 s to the scene")
        await expect(page.locator(".drone-offer")).to_contain_text("Kestrel 2 is offered to the pilots")
        await page.get_by_role("button", name="All 3").click()
        grounded = page.locator(".is-grounded")
        await expect(grounded).to_contain_text("The lid does not open.")
        await expect(grounded).to_contain_text("Back with 12 % of its battery; 20 % are kept.")
        await in_every_light(page, (DESK, (1280, 800)), sound)
        flight = h.flight(phase="launching", launched_at=now(seconds=2))
        made.hangar = {**(made.hangar or {}), "flights": [flight]}
        await page.get_by_role("button", name="Send Kestrel 1").first.click()
        await made.change_hangar()
        strip = page.get_by_role("region", name="Flight of Kestrel 1")
        await expect(strip).to_contain_text("Taking off")
        await expect(strip).to_contain_text(re.compile(r"8\d s to the scene"))
        assert made.asked_for("POST", "/api/incidents/inc_1/flights") == [{"drone_id": "drn_1"}]
        await page.get_by_role("button", name="Return Kestrel 1").click()
        await made.change_hangar(flights=[h.flight(phase="returning")])
        await expect(strip).to_contain_text("Going home")
        assert len(made.asked_for("POST", "/api/flights/flt_1/return")) == 1


async def test_the_drones_picture_stands_beside_the_callers(browser: Browser) -> None:
    async with flown(browser, "dispatcher", size=DESK) as (page, _):
        figures = page.locator(".picture-pane figure")
        await expect(figures).to_have_count(2)
        await expect(figures.nth(0)).to_have_attribute("aria-label", "Caller's picture")
        await expect(figures.nth(1)).to_have_attribute("aria-label", "Kestrel 1 · Drone's picture")
        await expect(figures.nth(1).locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("button", name="Add a still of Caller").wait_for()  # of the one in front
        await page.keyboard.press("3")
        await page.get_by_role("button", name="Add a still of Kestrel 1 · Thermal").wait_for()
        await expect(figures.nth(0)).to_have_attribute("aria-label", "Kestrel 1 · Thermal's picture")
        await expect(page.locator(".map-footprint")).to_have_count(1)
        await in_every_light(page, (DESK,), sound)


async def test_an_officer_sees_both_pictures_ranked_and_the_drone_on_the_map(browser: Browser) -> None:
    async with flown(browser, "officer", size=PHONE) as (page, _):
        await expect(page.locator(".tile-press")).to_have_text(
            [
                "Show Kestrel 1 · Drone70 m, looks at the scene",
                "Show Kestrel 1 · Thermal70 m, looks at the scene",
            ]
        )
        await expect(page.locator(".map-person.is-drone")).to_be_visible()
        await expect(page.locator(".map-footprint")).to_have_count(1)
        await page.get_by_role("button", name=re.compile("Thermal")).click()
        await expect(page.locator(".tile.is-large .palette")).to_be_visible()
        await sound(page)
