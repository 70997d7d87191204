"""An owner's phone or computer at the page, and what must hold of every state there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from playwright.async_api import Browser, Page, expect

from tests.pwa.lending import Owner, Person
from tests.pwa.lent import Telling
from tests.pwa.service import PASSWORD, Service
from tests.pwa.visits import axe

SMALL, PHONE, DESK = (320, 640), (390, 844), (1280, 900)
_numbers = count(1)


def new_owner(service: Service) -> Owner:
    """Somebody new who lends nothing yet."""
    name = f"maria{next(_numbers)}"
    service.add_person(name, "owner")  # not by invitation: those are limited for each address
    return Owner(service, name)


@asynccontextmanager
async def at_home(
    browser: Browser,
    service: Service,
    owner: Person,
    *,
    size: tuple[int, int] = PHONE,
    night: bool = False,
    telling: Telling | None = None,
    script: str = "",
    workers: bool = False,
) -> AsyncIterator[Page]:
    """The owner's page, signed in. An exception in it or a breach of its content policy fails the test."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        service_workers="allow" if workers else "block",
        reduced_motion="reduce",
    )
    theme = "localStorage.setItem('sightline.theme', 'night')" if night else ""
    await context.add_init_script(f"{theme};{script}")
    page = await context.new_page()
    if telling is not None:
        await telling.on(page)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security" in said.text else None)
    strangers: list[str] = []
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((service.url, "data:", "blob:")) else strangers.append(asked.url)
        ),
    )
    try:
        held = owner.cookies().items()
        await context.add_cookies(
            [{"name": name, "value": value, "url": service.url} for name, value in held]
        )
        await page.goto(f"{service.url}/owner")
        await expect(page.get_by_role("heading", name="My cameras")).to_be_visible()
        yield page
        assert not broken, broken
        assert not strangers, strangers
    finally:
        await context.close()


async def sign_in(page: Page, service: Service, name: str) -> None:
    await page.goto(f"{service.url}/signin")
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/owner")
    await expect(page.get_by_role("heading", name="My cameras")).to_be_visible()


async def sound(page: Page) -> None:
    """Nothing that axe finds, and all of it in reach."""
    assert await axe(page) == []
    await in_reach(page)


async def in_reach(page: Page) -> None:
    """Nothing that scrolls sideways, no target too small for a thumb."""
    wide: int = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} px too wide"
    small: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a.button, label.check')]
          .filter((control) => control.matches('label') || !control.closest('.check, .level, .day'))
          .filter((control) => control.type !== 'range')
          .filter((control) => {
            const box = control.getBoundingClientRect();
            return box.width > 0 && Math.min(box.width, box.height) < 47.5;
          })
          .map((control) => control.outerHTML.slice(0, 120))"""
    )
    assert small == []
