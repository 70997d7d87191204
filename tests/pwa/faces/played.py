"""A staff page in a state of the double's: one is prepared, opened and pressed until it is there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from playwright.async_api import Page

from tests.pwa.agency import Agency
from tests.pwa.faces.stage import Stage
from tests.pwa.visits import DESK, visiting

DRAWN = """() => [...document.querySelectorAll('figure video')]
  .every((video) => video.srcObject === null || video.readyState >= 2)"""

Reach = Callable[[Page, Agency], Awaitable[None]]


def played(
    make: Callable[[], Agency],
    path: str,
    reach: Reach,
    *,
    size: tuple[int, int] = DESK,
    **options: Any,
) -> Callable[[Stage], AbstractAsyncContextManager[Page]]:
    @asynccontextmanager
    async def come(stage: Stage) -> AsyncIterator[Page]:
        agency = make()
        async with visiting(stage.browser, agency, path, size=size, **options) as page:
            await reach(page, agency)
            await page.wait_for_function(DRAWN)
            yield page

    return come


def shows(*words: str) -> Reach:
    """It is reached once all of these are there."""

    async def reach(page: Page, _: Agency) -> None:
        for each in words:
            await page.get_by_text(each).first.wait_for()

    return reach


def presses(*names: str, then: str = "") -> Reach:
    """By these buttons in turn, until `then` is there."""

    async def reach(page: Page, _: Agency) -> None:
        for name in names:
            await page.get_by_role("button", name=name, exact=True).first.click()
        if then:
            await page.get_by_text(then).first.wait_for()

    return reach
