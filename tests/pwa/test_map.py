"""The map: a camera is set by thumb, by keys and in numbers, with streets under it or without."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.async_api import Browser, Locator, Page, expect

from tests.pwa.lending import Owner
from tests.pwa.owners import PHONE, at_home, new_owner, sound
from tests.pwa.service import Service

pytestmark = pytest.mark.asyncio(loop_scope="session")
NO_CANVAS = "HTMLCanvasElement.prototype.getContext = () => null;"
STREETS = ("maplibre", "painted", "painter", "card-worker")  # what is loaded to draw them
# What the page's own look at the graphics card finds on a phone that has one: this machine has none.
CARD = """
  const Held = Worker;
  window.Worker = function (url, options) {
    if (!`${url}`.includes("card-worker")) return new Held(url, options);
    setTimeout(() => this.onmessage({ data: "Adreno (TM) 619" }));
    this.terminate = () => {};
  };
"""
NO_WEBGL = """
  const held = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind.startsWith("webgl") ? null : held.call(this, kind, ...more);
  };
"""
DRAWN_BY = {"a card": CARD, "a worker": ""}
STILL_S = 0.4  # longer than painting waits for more
PAINTED_WITHIN_S = 20
LETTERS_PX = 15  # what is thinner does not count
Picture = NDArray[np.uint8]


@asynccontextmanager
async def placing(
    browser: Browser, service: Service, **options: Any
) -> AsyncIterator[tuple[Page, Owner, str]]:
    """The form of one camera that looks east, 90 degrees wide."""
    owner = new_owner(service)
    view = {"heading_deg": 90, "field_deg": 90, "height_m": 3}
    camera = owner.add_camera(owner.add_site()["id"], "Front door", view=view)
    async with at_home(browser, service, owner, size=PHONE, **options) as page:
        await page.get_by_role("button", name="Where it looks").click()
        yield page, owner, str(camera["id"])


async def loaded(page: Page, *words: str) -> list[str]:
    """What the page has loaded whose address has one of these words in it."""
    names: list[str] = await page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    return [name for name in names if any(word in name for word in words)]


async def streets(page: Page, *keys: str) -> Picture:
    """The streets alone, after these keys, when they are still."""
    await expect(page.locator("[data-map=drawn]")).to_have_count(1)
    for key in keys:
        await page.locator(".map-over").press(key)
    show = """(visibility) => document.querySelectorAll(".map > :not(.map-under)")
        .forEach((above) => { above.style.visibility = visibility })"""
    await page.evaluate(show, "hidden")
    before, now = b"", b"?"
    while now != before:
        before, now = now, await page.locator(".map-under").screenshot()
        await asyncio.sleep(STILL_S)
    await page.evaluate(show, "")
    picture = cv2.imdecode(np.frombuffer(now, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.uint8)


def likeness(one: Picture, other: Picture) -> float:
    """How alike two pictures are in what is where, 1 for the same; letters and hairlines do not count."""
    a, b = (cv2.medianBlur(picture, LETTERS_PX).ravel() for picture in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


async def middle(handle: Locator) -> tuple[float, float]:
    box = await handle.locator(".map-hit").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def drag(page: Page, handle: Locator, dx: float, dy: float) -> None:
    x, y = await middle(handle)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + dx / 2, y + dy / 2)
    await page.mouse.move(x + dx, y + dy)
    await page.mouse.up()


@pytest.mark.parametrize("drawn_by", DRAWN_BY)
async def test_streets_are_drawn_from_our_own_server_with_their_attribution(
    browser: Browser, service: Service, drawn_by: str
) -> None:
    async with placing(browser, service, script=DRAWN_BY[drawn_by]) as (page, _, _id):
        async with page.expect_response(lambda answer: "/tiles/1" in answer.url and answer.ok):
            pass
        await expect(page.locator("[data-map=drawn]")).to_have_count(1)
        link = page.get_by_role("link", name="OpenStreetMap")
        await expect(link).to_have_attribute("href", "https://www.openstreetmap.org/copyright")
        await expect(page.locator(".map-grid")).to_have_count(0)
        assert bool(await loaded(page, "maplibre")) == (drawn_by == "a card")
        assert bool(await loaded(page, "painter")) == (drawn_by == "a worker")


async def test_a_worker_paints_what_maplibre_draws(browser: Browser, service: Service) -> None:
    pictures = []
    for script in DRAWN_BY.values():
        async with placing(browser, service, script=script) as (page, _, _id):
            pictures.append([await streets(page), await streets(page, "-", "-")])
    for by_card, painted in zip(*pictures, strict=True):
        assert likeness(by_card, painted) > 0.95
    near, far = pictures[0]
    assert likeness(near, far) < 0.5  # that it can fail


async def test_painted_streets_move_with_what_is_drawn_on_them(browser: Browser, service: Service) -> None:
    async with placing(browser, service) as (page, _, _id):
        before = await streets(page)
        for px in (80, 160):  # within what is painted around the map, and beyond it
            await page.locator(".map-over").press("ArrowLeft")
            async with asyncio.timeout(PAINTED_WITHIN_S):
                while likeness(before[:, :-px], (await streets(page))[:, px:]) < 0.97:
                    pass  # a look at them takes its time


async def test_a_browser_without_webgl_has_streets(browser: Browser, service: Service) -> None:
    async with placing(browser, service, script=NO_WEBGL) as (page, _, _id):
        await expect(page.locator("[data-map=drawn]")).to_have_count(1)
        await expect(page.locator(".map-grid")).to_have_count(0)


async def test_the_arrow_turns_the_camera_and_the_square_widens_it(
    browser: Browser, service: Service
) -> None:
    async with placing(browser, service) as (page, owner, camera):
        arrow, edge = (
            page.get_by_role("slider", name="Where it looks"),
            page.get_by_role("slider", name="How wide"),
        )
        cx, cy = await middle(page.locator(".handle-camera"))
        await arrow.scroll_into_view_if_needed()
        cx, cy = await middle(page.locator(".handle-camera"))
        ax, ay = await middle(arrow)
        await drag(page, arrow, cx - ax, cy + 100 - ay)  # to straight below the camera
        await expect(page.get_by_label("Direction, degrees")).to_have_value("180")
        ex, ey = await middle(edge)
        await drag(page, edge, cx - 80 - ex, cy - ey)  # to straight left of it: 90 degrees off
        await expect(page.get_by_label("Width, degrees")).to_have_value("180")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Towards south, 180° wide, outdoors")).to_be_visible()
        assert owner.camera(camera)["view"] == {"heading_deg": 180.0, "field_deg": 180.0, "height_m": 3.0}


async def test_the_camera_is_dragged_to_its_place(browser: Browser, service: Service) -> None:
    async with placing(browser, service) as (page, owner, camera):
        before = owner.camera(camera)["point"]
        handle = page.locator(".handle-camera")
        await handle.scroll_into_view_if_needed()
        place = page.get_by_label("Position, as")
        held = await place.input_value()
        await drag(page, handle, -60, -30)
        await expect(place).not_to_have_value(held)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_label("Position, as")).to_have_count(0)  # the form closes when it is kept
        after = owner.camera(camera)["point"]
        assert after["longitude"] < before["longitude"] - 0.0001
        assert after["latitude"] > before["latitude"] + 0.00003


async def test_keys_do_what_the_thumb_does(browser: Browser, service: Service) -> None:
    async with placing(browser, service) as (page, owner, camera):
        before = owner.camera(camera)["point"]
        await page.get_by_role("slider", name="Where it looks").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("PageUp")
        await expect(page.get_by_label("Direction, degrees")).to_have_value("140")
        await page.get_by_role("slider", name="How wide").focus()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_label("Width, degrees")).to_have_value("85")
        await page.locator(".handle-camera").focus()
        await page.keyboard.press("Shift+ArrowUp")
        await expect(page.get_by_label("Position, as")).to_have_value("60.17044, 24.94310")
        await page.get_by_role("button", name="Save").press("Enter")
        await expect(page.get_by_label("Position, as")).to_have_count(0)  # the form closes when it is kept
        moved_m = (owner.camera(camera)["point"]["latitude"] - before["latitude"]) * 111_320
        assert moved_m == pytest.approx(10, abs=0.2)


async def test_numbers_do_it_without_the_map(browser: Browser, service: Service) -> None:
    async with placing(browser, service) as (page, owner, camera):
        await page.get_by_label("Direction, degrees").fill("200")
        await page.get_by_label("Width, degrees").fill("60")
        await page.get_by_label("Height, metres").fill("4.5")
        await page.get_by_label("Position, as").fill("nowhere")
        await expect(page.get_by_role("alert")).to_contain_text("Write a place as")
        await page.get_by_label("Position, as").fill("60.17050, 24.94400")
        await page.get_by_label("It is indoors").check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Towards south, 60° wide, indoors")).to_be_visible()
        held = owner.camera(camera)
        assert held["view"] == {"heading_deg": 200.0, "field_deg": 60.0, "height_m": 4.5}
        assert held["point"] == {"latitude": 60.1705, "longitude": 24.944}


async def test_a_camera_that_looks_all_around_has_no_arrow(browser: Browser, service: Service) -> None:
    async with placing(browser, service) as (page, owner, camera):
        await page.get_by_label("It looks all around").check()
        await expect(page.get_by_role("slider")).to_have_count(0)
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("All around, outdoors")).to_be_visible()
        assert owner.camera(camera)["view"]["heading_deg"] is None


async def test_without_a_canvas_the_grid_and_the_handles_do(browser: Browser, service: Service) -> None:
    async with placing(browser, service, script=NO_CANVAS) as (page, _, _id):
        await expect(page.locator(".map-grid")).to_have_count(1)
        arrow = page.get_by_role("slider", name="Where it looks")
        await arrow.scroll_into_view_if_needed()
        await drag(page, arrow, 0, 60)
        await expect(page.get_by_label("Direction, degrees")).not_to_have_value("90")
        await page.get_by_role("button", name="Closer").click()
        await sound(page)


async def test_without_a_basemap_the_grid_is_drawn(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await page.route("**/tiles", lambda route: route.fulfill(status=204))
        await page.get_by_role("button", name="Where it looks").click()
        await expect(page.locator(".map-grid")).to_have_count(1)
        await expect(page.locator(".map-attribution")).to_have_count(0)
        assert not await loaded(page, *STREETS)


@pytest.mark.parametrize("drawn_by", DRAWN_BY)
async def test_tiles_that_do_not_come_leave_the_grid(
    browser: Browser, service: Service, drawn_by: str
) -> None:
    owner = new_owner(service)
    owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner, script=DRAWN_BY[drawn_by]) as page:
        await page.route("**/tiles/**", lambda route: route.abort())
        async with page.expect_event("requestfailed", lambda asked: "/tiles/" in asked.url):
            await page.get_by_role("button", name="Where it looks").click()
        await expect(page.locator(".map-grid")).to_have_count(1)


async def test_painted_tiles_that_did_not_come_are_asked_for_again(
    browser: Browser, service: Service
) -> None:
    owner = new_owner(service)
    owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await page.route("**/tiles/**", lambda route: route.abort())
        await page.get_by_role("button", name="Where it looks").click()
        await expect(page.locator("[data-map=drawn]")).to_have_count(1)  # as far as it can be
        await expect(page.locator(".map-grid")).to_have_count(1)
        await page.unroute("**/tiles/**")
        await expect(page.locator(".map-grid")).to_have_count(0, timeout=15_000)


async def test_the_map_is_moved_by_mouse_wheel_and_keys_without_streets(
    browser: Browser, service: Service
) -> None:
    async with placing(browser, service, script=NO_CANVAS) as (page, _, _id):
        ground = page.locator(".map-over")
        await ground.scroll_into_view_if_needed()
        handle = page.locator(".handle-camera")
        scale = page.locator(".map-scale text")
        x, y = await middle(handle)
        await page.mouse.move(x - 90, y + 60)
        await page.mouse.down()
        await page.mouse.move(x - 70, y + 70)
        await page.mouse.move(x - 40, y + 75)
        await page.mouse.up()
        assert await middle(handle) == pytest.approx((x + 50, y + 15), abs=1)
        before = await scale.text_content()
        await page.mouse.wheel(0, 8)  # the page's: it scrolls by so much
        await expect(page.locator(".map-hint")).to_have_text("Hold Ctrl or ⌘ and scroll to zoom")
        await expect(scale).to_have_text(before or "")
        await page.keyboard.down("Control")
        await page.mouse.wheel(0, 300)
        await page.keyboard.up("Control")
        await expect(scale).not_to_have_text(before or "")
        await ground.focus()
        await expect(page.locator(".map-hint")).to_have_count(0)
        x, y = await middle(handle)
        await page.keyboard.press("ArrowUp")
        assert await middle(handle) == pytest.approx((x, y + 80), abs=1)
        await page.keyboard.press("Home")
        await sound(page)


async def test_a_page_without_a_map_does_not_load_one(browser: Browser, service: Service) -> None:
    owner = new_owner(service)
    owner.add_camera(owner.add_site()["id"], "Front door")
    async with at_home(browser, service, owner) as page:
        await expect(page.get_by_role("article", name="Front door")).to_be_visible()
        assert not await loaded(page, *STREETS, "/tiles")
