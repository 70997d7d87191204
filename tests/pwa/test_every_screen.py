"""One walk past every screen of every face, in Chromium, by day and by night.

Of each: axe-core finds nothing; what can be pressed is reached by Tab and shows it; what is made for phones
never scrolls sideways, also with text of twice its size; and a screen reader has the tree that was read and
kept in tests/pwa/trees: the outline alone where what is listed differs by the run. After a change that is
meant, renew the trees and read what differs:

    RENEW=1 pytest -q tests/pwa/test_every_screen.py && git diff tests/pwa/trees

`SIGHTLINE_SHOTS=folder` takes pictures of each, at three sizes by day and by night; `-k officer` is one face.
"""

import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.pwa import seen
from tests.pwa.faces import agencies, callers, citizens, dispatchers, flights, officers, owners, ways_in
from tests.pwa.faces.stage import Screen, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

TREES = Path(__file__).with_name("trees")
RENEW = "RENEW" in os.environ
SHOTS = os.environ.get("SIGHTLINE_SHOTS")
FACES = (callers, ways_in, dispatchers, officers, flights, owners, agencies, citizens)
SCREENS: dict[str, Screen] = {
    f"{face.NAME}-{name}": screen for face in FACES for name, screen in face.SCREENS.items()
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    stage = Stage(browser, tmp_path_factory.mktemp("stage"))
    await stage.start()
    yield stage
    stage.close()


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_is_for_everyone(name: str, stage: Stage) -> None:
    screen = SCREENS[name]
    kept = TREES / f"{name}.yml"
    async with screen.come(stage) as page:
        if RENEW:
            TREES.mkdir(exist_ok=True)
            kept.write_text(await seen.settled(page, None, steady=screen.steady))
            return
        tree = await seen.settled(page, kept.read_text(), steady=screen.steady)
        faults = await seen.narrowed(page) if screen.thumb else []
        faults += await seen.whole(page) if screen.whole else []
        if screen.scripted:
            faults += await seen.in_both_lights(page)
            faults += await seen.by_keyboard(page)
        if SHOTS and screen.scripted:
            await _taken(page, f"{SHOTS}/{name}", seen.IN_HAND if screen.thumb else seen.AT_A_DESK)
    assert not faults, "\n".join(faults)
    assert tree == kept.read_text()


async def _taken(page: Page, path: str, sizes: Iterable[tuple[int, int]]) -> None:
    for size in sizes:
        await seen.sized(page, size)
        for theme in seen.THEMES:
            await seen.dressed(page, theme)
            await page.screenshot(path=f"{path}-{size[0]}-{theme}.png")


async def test_no_tree_is_kept_of_a_screen_that_is_gone() -> None:
    assert {path.stem for path in TREES.glob("*.yml")} == set(SCREENS)
