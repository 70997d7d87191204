"""The owner's page, in each of its states."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from playwright.async_api import Page

from tests.pwa import lent
from tests.pwa.faces.stage import Screen, Stage
from tests.pwa.owners import at_home
from tests.pwa.test_owner import LENT, STATES, Reach

NAME = "owner"


def _in(reach: Reach) -> Callable[[Stage], AbstractAsyncContextManager[Page]]:
    @asynccontextmanager
    async def come(stage: Stage) -> AsyncIterator[Page]:
        telling = lent.Telling(lent.view(LENT))
        async with at_home(stage.browser, stage.service, stage.owner, telling=telling) as page:
            await page.get_by_text("Nobody is watching now").wait_for()
            await reach(page, telling)
            yield page

    return come


SCREENS = {name: Screen(_in(reach), thumb=True) for name, reach in STATES.items()}
