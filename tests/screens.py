"""`make screens`: the README's pictures, taken from the demonstration as it runs.

Also the quickest way to look at every face after a change.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from backend.demo import PASSWORD
from tests.pwa.caller import CHROMIUM

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
PHONE, DESK = (390, 844), (1440, 900)
OFFICER_AT = {"latitude": 60.1722, "longitude": 24.9391, "accuracy": 6.0}
SETTLE_S = 6.0  # for the picture to sharpen and the trail to grow


async def staff(browser: Browser, url: str, name: str, size: tuple[int, int]) -> Page:
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark",
        permissions=["geolocation"],
        geolocation={
            "latitude": OFFICER_AT["latitude"],
            "longitude": OFFICER_AT["longitude"],
            "accuracy": OFFICER_AT["accuracy"],
        },
    )
    page = await context.new_page()
    await page.goto(url)
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.locator("figure video").wait_for()
    return page


async def take(url: str, link: str) -> None:
    """Every picture, from a demonstration at `url` whose own caller's link is `link`."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        officer = await staff(browser, url, "sam", PHONE)
        await officer.get_by_role("button", name="Share my position").click()
        console = await staff(browser, url, "dana", DESK)
        caller = await (
            await browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
        ).new_page()
        await caller.goto(link)
        await caller.locator("button.main").wait_for()
        await asyncio.sleep(SETTLE_S)
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, page in (("caller", caller), ("console", console), ("officer", officer)):
            await page.screenshot(path=FOLDER / f"{name}.png")
            print(f"{FOLDER.name}/{name}.png")
        await browser.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "backend", "demo", "--folder", f"{folder}/demo"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                found = re.search(r"(http\S+)/c#\S+", line)
                if found:
                    asyncio.run(take(found[1], found[0]))
                    break
        finally:
            demo.terminate()
            demo.wait()


if __name__ == "__main__":
    main()
