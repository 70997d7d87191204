"""Real Chromium with a camera that is not one, and an engine behind the media routes for it to meet."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.chromium import BARE, PROGRAM
from tests.media.pages import PAGE
from tests.peers import Place, serving


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=PROGRAM,
            args=[
                *BARE,
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with serving(PAGE) as place:
        place.doorkeeper.publisher("caller-token", "fed_1")
        place.doorkeeper.subscriber("officer-token", "fed_1")
        yield place
