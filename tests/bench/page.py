"""The caller's page on a bad network: how much it loads, and when its Share button shows.

400 kbit/s, 400 ms of latency and a CPU four times slower, by Chromium's own emulation.
"""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser

from tests.pwa.service import Dispatcher, Service

KBIT_S, LATENCY_MS, CPU_SLOWER = 400, 400, 4


class Load(NamedTuple):
    """`bytes_` is all that had crossed the wire when the button showed, headers included.

    `later_bytes` is what the page fetched after that by itself.
    """

    bytes_: int
    later_bytes: int
    share_button_ms: float


async def measure(browser: Browser, runs: int) -> list[Load]:
    """One load for each of `runs`, each in a browser context that has never been here."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        service.add_user("dana", "--role", "dispatcher")
        service.start()
        dispatcher = Dispatcher(service, "dana")
        try:
            incident = dispatcher.open_incident()
            return [await _load(browser, dispatcher.issue_link(incident).url) for _ in range(runs)]
        finally:
            dispatcher.close()
            service.kill()


async def _load(browser: Browser, link: str) -> Load:
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    tools = await context.new_cdp_session(page)
    finished: list[tuple[float, int]] = []  # seconds of the browser's own clock, bytes
    ahead: list[float] = []  # what the wall clock is ahead of it

    def began(event: dict[str, Any]) -> None:
        ahead.append(event["wallTime"] - event["timestamp"])

    def count(event: dict[str, Any]) -> None:
        finished.append((event["timestamp"], int(event["encodedDataLength"])))

    await tools.send("Network.enable")
    tools.on("Network.requestWillBeSent", began)
    tools.on("Network.loadingFinished", count)
    await tools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": KBIT_S * 125,
            "uploadThroughput": KBIT_S * 125,
        },
    )
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
    # noted by the page itself: asking it from here would cost the slowed CPU
    await page.add_init_script(
        """
        const look = () => {
          const button = document.querySelector("button.main");
          if (button && button.getClientRects().length > 0) window.shownAt = performance.now();
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
        """
    )
    await page.goto(link, wait_until="commit")
    await page.wait_for_function("() => window.shownAt", timeout=60_000)
    shown: float = await page.evaluate("window.shownAt")
    by_the_wall: float = await page.evaluate("performance.timeOrigin + window.shownAt") / 1000
    await page.wait_for_load_state("networkidle")
    await context.close()
    needed = sum(size for when, size in finished if when + ahead[0] <= by_the_wall)
    return Load(needed, sum(size for _, size in finished) - needed, shown)
