"""Firefox on both sides of a real server.

Firefox checks no loopback address, so the engine listens on all and advertises the machine's own.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from media.tcp import Connection
from tests.media.pages import PAGE, more_frames, page, without_udp
from tests.peers import Place, serving

FIREFOX = Path("/usr/bin/firefox-esr")

pytestmark = pytest.mark.skipif(not FIREFOX.exists(), reason=f"Firefox ESR is not installed at {FIREFOX}")


@pytest.fixture
async def firefox() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=str(FIREFOX),
            firefox_user_prefs={
                "media.navigator.streams.fake": True,
                "media.navigator.permission.disabled": True,
                "media.autoplay.default": 0,
            },
        )
        yield browser
        await browser.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with serving(PAGE, host="0.0.0.0") as place:
        place.doorkeeper.publisher("caller-token", "fed_1")
        place.doorkeeper.subscriber("officer-token", "fed_1")
        yield place


async def test_firefox_publishes_and_watches_through_a_reload(firefox: Browser, place: Place) -> None:
    caller, officer = await page(firefox, place), await page(firefox, place)
    assert await caller.evaluate("publish('caller-token')") == 201
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    before = await more_frames(officer, 10)
    await caller.reload()
    assert await caller.evaluate("publish('caller-token')") == 201
    await more_frames(officer, before + 20)


async def test_firefox_publishes_and_watches_by_tcp_alone(firefox: Browser, place: Place) -> None:
    caller, officer = await page(firefox, place), await page(firefox, place)
    for peer in (caller, officer):
        await without_udp(peer)
    assert await caller.evaluate("publish('caller-token')") == 201
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    await more_frames(officer, 10)
    assert all(isinstance(s.peer._address, Connection) for s in place.sfu._sessions.values())
