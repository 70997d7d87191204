"""The public pages: transparency in its languages, as checked and without script."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from playwright.async_api import Page

from tests.pwa.faces.stage import Screen, Stage
from tests.pwa.visits import PHONE

NAME = "public"


def _at(
    path: str, *, checked: bool = True, script: bool = True
) -> Callable[[Stage], AbstractAsyncContextManager[Page]]:
    @asynccontextmanager
    async def come(stage: Stage) -> AsyncIterator[Page]:
        context = await stage.browser.new_context(
            viewport={"width": PHONE[0], "height": PHONE[1]},
            locale="en-US",
            reduced_motion="reduce",
            java_script_enabled=script,
        )
        try:
            page = await context.new_page()
            await page.goto(f"{stage.service.url}{path}")
            if checked:
                await page.wait_for_selector("#check[data-state='ok']", timeout=60_000)
            yield page
        finally:
            await context.close()

    return come


@asynccontextmanager
async def _opened(stage: Stage) -> AsyncIterator[Page]:
    async with _at("/transparency")(stage) as page:
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        yield page


SCREENS = {
    "page": Screen(_at("/transparency"), thumb=True, steady=False),
    "page-opened": Screen(_opened, thumb=True, steady=False),
    "page-es": Screen(_at("/transparency?lang=es"), thumb=True, steady=False),
    "page-ar": Screen(_at("/transparency?lang=ar"), thumb=True, steady=False),
    "page-unscripted": Screen(
        _at("/transparency", checked=False, script=False), thumb=True, steady=False, scripted=False
    ),
}
