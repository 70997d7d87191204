"""A real service, a dispatcher and Chromium: started once, with a new incident for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.pwa.caller import CHROMIUM, Phones
from tests.pwa.lending import Person
from tests.pwa.service import Dispatcher, Service

BUILT = Path(__file__).parents[2] / "pwa" / "dist" / "caller" / "en.html"
BASEMAP = Path(__file__).parents[2] / "backend" / "demo.pmtiles"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    assert BUILT.is_file(), "the pages are not built: run `npm run build` in pwa/"
    service = Service(tmp_path_factory.mktemp("service"), basemap=str(BASEMAP), timezone="Europe/Helsinki")
    service.add_person("dana", "dispatcher")
    service.add_person("lee", "supervisor")
    yield service.start()
    service.kill()


@pytest.fixture(scope="session")
def dispatcher(service: Service) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(service, "dana")
    yield dispatcher
    dispatcher.close()


@pytest.fixture(scope="session")
def supervisor(service: Service) -> Person:
    return Person(service, "lee")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def phones(browser: Browser) -> AsyncIterator[Phones]:
    """Callers' phones; all are put away after the test."""
    phones = Phones(browser)
    yield phones
    await phones.close()
