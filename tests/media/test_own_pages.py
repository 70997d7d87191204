"""The product's own rtc modules in real browsers: they publish, watch, and come back by themselves."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media.ports import EndReason, FeedId
from tests.bench.loss import CHROMIUM
from tests.media.test_firefox import FIREFOX
from tests.peers import Place, serving, until
from tests.pwa import peers

Browsers = Callable[[], AbstractAsyncContextManager[Browser]]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        await browser.close()


@asynccontextmanager
async def firefox() -> AsyncIterator[Browser]:
    if not FIREFOX.exists():
        pytest.skip(f"Firefox ESR is not installed at {FIREFOX}")
    preferences: dict[str, str | float | bool] = {
        "media.navigator.streams.fake": True,
        "media.navigator.permission.disabled": True,
        "media.autoplay.default": 0,
    }
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            channel="moz-firefox", executable_path=str(FIREFOX), firefox_user_prefs=preferences
        )
        yield browser
        await browser.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with serving(peers.html(), host="0.0.0.0") as place:  # Firefox checks no loopback address
        place.doorkeeper.publisher("caller-token", "fed_1")
        place.doorkeeper.subscriber("officer-token", "fed_1")
        yield place


async def page(browser: Browser, place: Place) -> Page:
    page = await (await browser.new_context()).new_page()
    await page.goto(place.url)
    return page


async def frames(page: Page, than: int) -> int:
    """Wait for more frames than that on the screen."""
    await page.wait_for_function("than => peer.shown.length > than", arg=than, timeout=30_000)
    shown: int = await page.evaluate("peer.shown.length")
    return shown


@pytest.mark.parametrize(
    ("publishing", "watching"),
    [(firefox, chromium), (chromium, firefox)],
    ids=["firefox to chromium", "chromium to firefox"],
)
async def test_our_pages_publish_and_watch_in_firefox(
    place: Place, publishing: Browsers, watching: Browsers
) -> None:
    async with publishing() as one, watching() as other:
        caller, officer = await page(one, place), await page(other, place)
        await officer.evaluate("peer.watch('officer-token', 'fed_1')")
        await caller.evaluate("peer.publish('caller-token')")
        before = await frames(officer, 20)
        # both sessions end at the engine without a word to the pages, which notice and come back
        for session in place.sfu.state().sessions:
            await place.sfu.end_session(session.session, EndReason.CLOSED)
        await frames(officer, before + 20)
        assert await caller.evaluate("peer.sessions.length") >= 2
        assert await officer.evaluate("peer.sessions.length") >= 2


async def test_chromium_reaches_two_megabits_at_720p(place: Place) -> None:
    """How soon is measured by `make bench-loss`."""
    async with chromium() as browser:
        caller = await page(browser, place)
        await caller.evaluate("peer.publish('caller-token', {noise: true})")

        def bitrate() -> int:
            stats = place.sfu.feed_stats(FeedId("fed_1"))
            return stats.publisher.bitrate_bps if stats is not None and stats.publisher is not None else 0

        await until(lambda: bitrate() >= 2_000_000, "2 Mbit/s arrive", timeout_s=30)
