"""Two dispatchers and one picture: it opens covered, each press takes a cover off, and the incident is handed
over by one press each."""

import socket
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect
from sqlalchemy import insert

from backend.model.links import LinkKind
from backend.model.measured import Browser, CallerFigure, Network
from backend.model.people import Role
from backend.model.rungs import Rung
from backend.parts import build
from backend.store.rows import columns
from backend.store.tables_measured import caller_figures
from tests.backend.calls import Call, calling
from tests.backend.house import PASSWORD, House, settings
from tests.pwa.service import free_port
from tests.pwa.visits import axe, fits, in_every_light

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = ((1280, 800), (1440, 900))
MOVES = """async () => {
  const video = document.querySelector("figure video");
  const before = video.currentTime;
  await new Promise((done) => setTimeout(done, 600));
  return video.currentTime > before;
}"""


async def at_the_desk(browser: Chromium, house: House, name: str, where: str) -> Page:
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", service_workers="block"
    )
    cookie, _, value = (await house.staff(name)).cookie.partition("=")
    await context.add_cookies([{"name": cookie, "value": value, "url": house.url}])
    page = await context.new_page()
    await page.goto(f"{house.url}{where}")
    return page


async def sound(page: Page) -> None:
    assert await axe(page) == []
    assert await fits(page)


async def test_a_picture_is_uncovered_by_presses_and_its_incident_handed_over(
    browser: Chromium, tmp_path: Path
) -> None:
    port = free_port(socket.SOCK_STREAM)
    config = settings(tmp_path / "data", port=port, public_url=f"http://127.0.0.1:{port}")
    parts = build(config)
    await parts.store.migrate()
    for name, called, role in (
        ("dana", "Dana Reyes", Role.DISPATCHER),
        ("lee", "Lee Carter", Role.SUPERVISOR),
    ):
        await parts.accounts.add(name=name, display_name=called, role=role, call_sign=None, password=PASSWORD)
    await parts.store.close()
    async with House(config) as house, calling(house) as call:
        dana = await at_the_desk(browser, house, "dana", f"/console#{call.incident['id']}")
        lee = await at_the_desk(browser, house, "lee", "/console")
        await uncovered(dana)
        await handed_over(dana, lee, call)
        await dana.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        care = await at_the_desk(browser, house, "lee", "/care")
        await expect(care.get_by_role("heading", name="How pictures open")).to_be_visible()
        await in_every_light(care, ((390, 844), (1280, 800)), no_faults)
        blurred = care.get_by_role("checkbox", name="Blurred until I press")
        await blurred.click()
        await expect(blurred).not_to_be_checked()  # when the server has kept it
        await expect(care.get_by_role("checkbox", name="Blurred until I press")).to_be_enabled()
        again = await at_the_desk(browser, house, "lee", f"/console#{call.incident['id']}")
        await expect(again.locator(".picture-uncover.is-still")).to_be_visible()
        await expect(again.locator("figure.is-blurred")).to_have_count(0)
        await supervised(browser, house)
        for page in (dana, lee, care, again):
            await page.context.close()


async def no_faults(page: Page) -> None:
    assert await axe(page) == []


async def uncovered(dana: Page) -> None:
    """Blurred, a still, the motion; Esc covers it."""
    hidden = dana.locator("figure.is-blurred")
    await expect(hidden.get_by_role("button", name="Hidden. Show a still")).to_be_visible()
    await in_every_light(dana, SIZES, sound)
    await dana.keyboard.press("b")
    still = dana.get_by_role("button", name="Show it moving")
    await expect(still).to_be_visible()
    await expect(hidden).to_have_count(0)
    await dana.wait_for_function("document.querySelector('figure video').paused")
    assert not await dana.evaluate(MOVES)
    await in_every_light(dana, SIZES, sound)
    await still.click()
    await expect(dana.locator(".chip.tone-live")).to_be_visible()
    await expect(dana.locator(".picture-uncover")).to_have_count(0)
    assert await dana.evaluate(MOVES)
    await dana.keyboard.press("Escape")
    await expect(hidden).to_have_count(1)
    await dana.keyboard.press("b")
    await dana.keyboard.press("b")
    await expect(dana.locator(".chip.tone-live")).to_be_visible()


async def handed_over(dana: Page, lee: Page, call: Call) -> None:
    """H and Enter offer it; a press on the other console takes it; the giver's picture is gone."""
    await expect(dana.get_by_text("You have it")).to_be_visible()
    await dana.keyboard.press("h")
    await expect(dana.get_by_role("button", name="Whoever is free")).to_be_focused()
    await expect(dana.get_by_role("button", name="Lee Carter has none")).to_be_visible()
    await in_every_light(dana, SIZES, sound)
    await dana.get_by_role("button", name="Lee Carter has none").click()
    await expect(dana.get_by_text("Lee Carter is asked to take this over")).to_be_visible()
    await expect(lee.get_by_text("Dana Reyes hands over: Break-in")).to_be_visible()
    await in_every_light(lee, SIZES, sound)
    await lee.get_by_role("button", name="Not now").click()
    await expect(dana.get_by_role("button", name="Hand over")).to_be_enabled()
    await dana.keyboard.press("h")
    await expect(dana.get_by_role("button", name="Whoever is free")).to_be_focused()
    await dana.keyboard.press("Enter")
    await expect(lee.get_by_text("Dana Reyes hands over: Break-in")).to_be_visible()
    await lee.keyboard.press("a")
    await expect(lee.get_by_text("You have it")).to_be_visible()
    assert lee.url.endswith(f"#{call.incident['id']}")
    await expect(dana.get_by_text("You handed this over to Lee Carter")).to_be_visible()
    await expect(dana.locator("figure")).to_have_count(0)
    await expect(dana.get_by_text("Lee Carter took the incident over from Dana Reyes")).to_be_visible()
    await in_every_light(dana, SIZES, sound)
    await dana.get_by_role("button", name="Show them anyway").click()
    await expect(dana.locator("figure.is-blurred")).to_have_count(1)


async def supervised(browser: Chromium, house: House) -> None:
    """A supervisor looks at how far links came."""
    hour = house.clock().replace(minute=0, second=0, microsecond=0)
    async with house.parts.store.begin() as tx:
        for number in range(40):
            row = columns(one_of_many(number, hour))
            await tx.measured._db.execute(insert(caller_figures).values(**row))
    page = await at_the_desk(browser, house, "lee", "/agency?part=callers")
    await expect(page.get_by_role("heading", name="How far")).to_be_visible()
    await expect(page.get_by_role("row", name="Opened 30 75 %")).to_be_visible()
    await in_every_light(page, ((390, 844), (1280, 800)), no_faults)
    await page.context.close()


def one_of_many(number: int, hour: datetime) -> CallerFigure:
    opened = number % 4 != 0
    picture = opened and number % 3 != 0
    return CallerFigure(
        hour=hour - timedelta(hours=1 + number),
        kind=LinkKind.LIVE,
        browser=list(Browser)[number % 5] if opened else Browser.UNKNOWN,
        network=list(Network)[number % len(Network)] if opened else Network.UNKNOWN,
        sent_s=1.0 + number / 40,
        delivered_s=2.5 + number / 20,
        opened_s=9.0 + number if opened else None,
        permitted_s=14.0 + number if picture else None,
        picture_s=16.0 + number if picture else None,
        rungs=(Rung.LIVE,) if picture else (Rung.POSITION,) if opened else (),
        reasons=() if picture else ("permission-refused",) if opened else ("not-opened",),
    )
