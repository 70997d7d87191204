"""The demonstration, as a newcomer meets it: what it prints is enough to see a moving picture."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from media.connector.folder import Folder
from tests.peers import until
from tests.pwa.caller import CHROMIUM
from tests.test_a_call import sees_motion

ENDS_IN_S = 15.0
MARK = "DEMONSTRATION_IN"


class Demonstration:
    """`sightline demo`, until it has said where to look."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend", "demo", "--folder", str(folder), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, MARK: str(folder)},
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

    def kill(self) -> None:
        """As a crash would."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

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


def left(folder: Path) -> list[str]:
    """What still runs of a demonstration: all its processes inherit a variable."""
    found, mark = [], f"{MARK}={folder}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it is gone, or another's
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(browser: Browser, demo: Demonstration, which: str) -> AsyncIterator[Page]:
    """Signed in with what was printed; the dispatcher has the break-in in front."""
    address, name, password = demo.sign_in(which)
    context = await browser.new_context(ignore_https_errors=True)
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("textbox", name="Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(password)
    await page.keyboard.press("Enter")
    if which == "Officer":
        await page.get_by_role("button", name="Sign on to Unit 12").click()
    if which == "Dispatcher":
        await page.get_by_role("button").filter(has_text="Somebody at the back door").click()
    yield page
    await context.close()


async def test_a_newcomer_sees_caller_and_lent_camera_with_what_is_printed(
    folder: Path, browser: Browser
) -> None:
    demo = Demonstration(folder)
    connector = Folder(folder / "bakery")

    def sending() -> tuple[str, ...] | None:
        status = connector.read_status()
        return None if status is None else status.running

    try:
        assert len(left(folder)) > 3
        async with visiting(browser, demo, "Officer") as sam:
            await sees_motion(sam, timeout_s=30)
        async with visiting(browser, demo, "Dispatcher") as dana, visiting(browser, demo, "Owner") as rosa:
            await sees_motion(dana, timeout_s=30)
            await expect(rosa.get_by_text("Nobody is watching now")).to_be_visible()
            assert sending() == ()
            await dana.get_by_role("button", name="Open Front door").click()
            await expect(dana.get_by_role("figure", name="Front door's picture")).to_be_visible()
            await sees_motion(dana, timeout_s=30)
            await expect(rosa.get_by_text("A dispatcher, to judge what is happening")).to_be_visible()
            await rosa.get_by_role("button", name="Stop now").click()
            await expect(rosa.get_by_text("Nobody is watching now")).to_be_visible()
            await expect(dana.get_by_role("figure", name="Caller's picture")).to_be_visible()
            await until(lambda: sending() == (), "her connector has closed the camera")
    finally:
        assert demo.end() == 0
    assert left(folder) == []


async def test_phones_on_the_local_network_are_served_by_tls_and_a_crash_leaves_nothing(
    folder: Path, browser: Browser
) -> None:
    demo = Demonstration(folder, "--lan")
    if "no address on a local network" in demo.said:
        pytest.skip("this machine has no address on a local network")
    try:
        assert re.search(r"Caller\s+https://\S+/c#\w{22}", demo.said)
        assert "no picture" not in demo.said  # the connector came in by TLS too
        async with visiting(browser, demo, "Officer") as sam:
            await sees_motion(sam, timeout_s=30)
    finally:
        demo.kill()
    await until(lambda: left(folder) == [], "its processes follow it", timeout_s=30)
