"""Somebody of the agency at a staff page, and what must hold of every state that they see."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from tests.pwa.agency import ORIGIN, Agency

PWA = Path(__file__).parents[2] / "pwa"
APP = PWA / "dist" / "app"
AXE = PWA / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = (1440, 900)
PHONE = (390, 844)
DAY = "localStorage.setItem('sightline.theme', 'day')"


@asynccontextmanager
async def visiting(
    browser: Browser,
    agency: Agency,
    path: str,
    *,
    size: tuple[int, int] = DESK,
    day: bool = False,
    script: str = "",
    **options: Any,
) -> AsyncIterator[Page]:
    """One page of the agency. An exception in it, or a breach of its content policy, fails the test."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        service_workers="block",
        reduced_motion="reduce",
        **options,
    )
    await context.add_init_script(f"{DAY if day else ''};{script}")
    await agency.serve(context)
    page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    try:
        await page.goto(f"{ORIGIN}{path}")
        yield page
        assert not broken, broken
    finally:
        agency.stop()
        await context.unroute_all(behavior="ignoreErrors")
        await context.close()


async def with_axe(page: Page) -> None:
    """Brings axe-core into a page that does not have it yet: 650 kB to be read and compiled."""
    if await page.evaluate("typeof axe === 'undefined'"):
        await page.evaluate(AXE.read_text())


async def axe(page: Page) -> list[str]:
    """What axe-core finds wrong, as one line each."""
    await with_axe(page)
    found = await page.evaluate(
        "async (rules) => (await axe.run(document, {runOnly: rules})).violations", RULES
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


async def in_every_light(
    page: Page, sizes: Iterable[tuple[int, int]], sound: Callable[[Page], Awaitable[None]]
) -> None:
    """`sound` holds of this state at each of these sizes, by day and by night."""
    for width, height in sizes:
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("day", "night"):
            await page.evaluate(
                """(theme) => {
                  document.documentElement.dataset.theme = theme;
                  return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
                }""",
                theme,
            )
            try:
                await sound(page)
            except AssertionError as fault:
                fault.add_note(f"at {width} by {height}, {theme}")
                raise


async def fits(page: Page) -> bool:
    """Whether nothing scrolls sideways, nor the page itself up and down."""
    fits: bool = await page.evaluate(
        """() => {
          const page = document.scrollingElement;
          return page.scrollWidth <= innerWidth && page.scrollHeight <= innerHeight;
        }"""
    )
    return fits


async def smallest_target(page: Page) -> float:
    """The shorter side of the smallest button or link that can be seen, in CSS pixels.

    Whose the map is stands there as a line of text.
    """
    size: float = await page.evaluate(
        """() => Math.min(...[...document.querySelectorAll('button, a[href]:not(.map-attribution a)')]
          .map((control) => control.getBoundingClientRect())
          .filter((box) => box.width > 0)
          .map((box) => Math.min(box.width, box.height)))"""
    )
    return size
