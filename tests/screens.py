"""`make screens`: the README's pictures, taken from the demonstration as it runs.

Also the quickest way to look at every face after a change: `python -m tests.screens FOLDER` takes each of
them by day and by night, as wide as a phone and as a desk.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from backend.demo import PASSWORD
from tests.pwa.caller import CHROMIUM

README = Path(__file__).parents[1] / "docs" / "screens"
PHONE, TABLET, DESK, SMALL_DESK = (390, 844), (820, 1180), (1440, 900), (1280, 800)
OFFICER_AT = {"latitude": 60.1722, "longitude": 24.9391, "accuracy": 6.0}
FLIGHT_MS = 180_000
SETTLE_S = 6.0  # for the picture to sharpen and the trail to grow
Theme = Literal["day", "night"]


class Tour:
    """One demonstration at `url`, visited in one look; what is seen goes to `folder`."""

    def __init__(self, browser: Browser, url: str, link: str, folder: Path) -> None:
        self._browser, self._url, self._link, self._folder = browser, url, link, folder

    async def visit(self, size: tuple[int, int], theme: Theme) -> Page:
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "night" else "light",
            permissions=["geolocation"],
            geolocation={
                "latitude": OFFICER_AT["latitude"],
                "longitude": OFFICER_AT["longitude"],
                "accuracy": OFFICER_AT["accuracy"],
            },
        )
        await context.add_init_script(f"localStorage.setItem('sightline.theme', '{theme}')")
        return await context.new_page()

    async def staff(self, name: str, size: tuple[int, int], theme: Theme) -> Page:
        page = await self.visit(size, theme)
        await page.goto(self._url)
        await page.get_by_role("textbox", name="Name").fill(name)
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/(console|officer|owner|agency|pilot)"))
        return page

    async def take(self, name: str, page: Page) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.png"
        await page.screenshot(path=path)
        with Image.open(path) as taken:
            taken.convert("RGB").save(path, optimize=True)
        print(f"{path.parent.name}/{path.name}, {path.stat().st_size // 1000} kB")

    async def walk(
        self, phone: tuple[int, int], desk: tuple[int, int], theme: Theme | None, more: str = ""
    ) -> None:
        """Every face, before a lent camera opens and while it is open; `theme` None: each in its own."""
        night, day = theme or "night", theme or "day"
        officer = await self.staff("sam", phone, night)
        await officer.get_by_role("button", name="Sign on to Unit 12").click()
        await officer.locator("figure video").wait_for()
        owner = await self.staff("rosa", phone, day)
        await owner.get_by_text("Nobody is watching now").wait_for()
        still = owner.get_by_role("article", name="Front door").get_by_role("button", name=re.compile("Take"))
        await still.click()
        await owner.get_by_role("img", name="What Front door saw").wait_for()
        await self.take(f"owner{more}", owner)
        console = await self.staff("dana", desk, night)
        await console.get_by_role("button").filter(has_text="Somebody at the back door").click()
        await console.get_by_role("button", name="Open Front door").click()
        await owner.get_by_role("button", name="Stop now").wait_for()
        await console.locator(".chip.tone-live").wait_for()
        caller = await self.visit(phone, day)
        await caller.goto(self._link)
        await caller.locator("button.main").wait_for()
        await asyncio.sleep(SETTLE_S)
        for name, page in (("caller", caller), ("console", console), ("officer", officer)):
            await self.take(f"{name}{more}", page)
        await self.take(f"owner-watched{more}", owner)
        if not more:
            await officer.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
            await asyncio.sleep(SETTLE_S)
            await self.take("officer-tablet", officer)
            await officer.set_viewport_size({"width": phone[0], "height": phone[1]})
        await self.fly(console, officer, desk, night, more)
        agency = await self.staff("lee", desk, night)
        for part in ("owners", "city", "devices", "docks", "fees") if more else ("fees",):
            await agency.goto(f"{self._url}/agency?part={part}")
            await agency.get_by_role("heading", level=1).wait_for()
            await agency.wait_for_load_state("networkidle")
            await self.take(f"agency-{part}{more}", agency)
        await console.get_by_role("button", name="Close Front door").click()
        await owner.get_by_text("Nobody is watching now").wait_for()
        await officer.get_by_role("button", name="Menu").click()
        await officer.get_by_role("button", name="Sign off").click()
        await officer.get_by_role("button", name="Sign off from Unit 12").click()  # for the next walk
        await officer.get_by_text("You are off duty").wait_for()
        for page in (officer, owner, console, caller, agency):
            await page.context.close()

    async def fly(self, console: Page, officer: Page, size: tuple[int, int], night: Theme, more: str) -> None:
        """A drone on its way to the break-in, as pilot, dispatcher and officer see it."""
        pilot = await self.staff("pia", size, night)
        if size[0] < DESK[0] // 2:
            await pilot.get_by_role("button", name="Docks and flights").click()
        watch = pilot.get_by_role("button", name=re.compile("Go on watch for (all|the other)|every watch"))
        await watch.wait_for()
        if "Go on" in (await watch.text_content() or ""):
            await watch.click()
        await self.take(f"pilot-docks{more}", pilot)
        await console.get_by_role("button", name=re.compile("^Send ")).first.click()
        await pilot.locator(".eye.is-large .chip.tone-live").wait_for()
        await pilot.get_by_role("heading", level=1).filter(has_text="On scene").wait_for(timeout=FLIGHT_MS)
        await asyncio.sleep(SETTLE_S)
        for name, page in (("pilot", pilot), ("console-drone", console), ("officer-drone", officer)):
            await self.take(f"{name}{more}", page)
        await console.get_by_role("button", name=re.compile("^Return ")).first.click()
        await pilot.context.close()


async def take(url: str, link: str, folder: Path | None) -> None:
    """From a demonstration at `url` whose own caller's link is `link`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        if folder is None:
            await Tour(browser, url, link, README).walk(PHONE, DESK, None)
        else:
            themes: tuple[Theme, ...] = ("day", "night")
            for theme in themes:
                for word, size in (("phone", PHONE), ("desk", SMALL_DESK)):
                    await Tour(browser, url, link, folder).walk(size, size, theme, f"-{word}-{theme}")
        await browser.close()


def main() -> None:
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "backend", "demo", "--folder", f"{folder}/demo"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                found = re.search(r"(http\S+)/c#\S+", line)
                if found:
                    asyncio.run(take(found[1], found[0], wanted))
                    break
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
