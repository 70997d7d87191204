"""The demonstration, as a newcomer meets it: what it prints is enough to see a moving picture."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.pwa.caller import CHROMIUM
from tests.test_a_call import sees_motion

ENDS_IN_S = 15.0


class Demonstration:
    """`sightline demo`, until it has said where to look."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend", "demo", "--folder", str(folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said += line
            if "make demo LAN=1" in line or "Scan this" in line:
                break

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(ENDS_IN_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code

    def sign_in(self, which: str) -> tuple[str, str, str]:
        """Address, name and password, as printed."""
        found = re.search(rf"{which}\s+(\S+)\s+name (\S+)\s+password (\S+)", self.said)
        assert found, self.said
        return found[1], found[2], found[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not Path("/usr/bin/chromium").exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return tmp_path / "demo"


async def watch(demo: Demonstration, which: str) -> None:
    """Sign in with what was printed, open the break-in, and see the clock run."""
    address, name, password = demo.sign_in(which)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        context = await browser.new_context(ignore_https_errors=True)
        page = await context.new_page()
        await page.goto(address)
        await page.get_by_role("textbox", name="Name").fill(name)
        await page.get_by_role("textbox", name="Password").fill(password)
        await page.keyboard.press("Enter")
        if which == "Dispatcher":
            await page.get_by_role("button").filter(has_text="Somebody at the back door").click()
        await page.locator("figure video").wait_for()
        await sees_motion(page, timeout_s=30)
        await browser.close()


async def test_a_newcomer_sees_a_moving_picture_with_what_is_printed(folder: Path) -> None:
    demo = Demonstration(folder)
    try:
        await watch(demo, "Dispatcher")
        await watch(demo, "Officer")
    finally:
        assert demo.end() == 0


async def test_phones_on_the_local_network_are_served_by_tls(folder: Path) -> None:
    demo = Demonstration(folder, "--lan")
    if "no address on a local network" in demo.said:
        pytest.skip("this machine has no address on a local network")
    try:
        assert re.search(r"Caller\s+https://\S+/c#\w{22}", demo.said)
        await watch(demo, "Officer")
    finally:
        assert demo.end() == 0
