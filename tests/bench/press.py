"""Press to picture: from the caller's finger to the first decoded frame on the dispatcher's screen.

Two real browsers' pages against the real service on loopback, camera permission granted. Both clocks are the
machine's own (performance.timeOrigin), so the difference needs no synchronising.
"""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, BrowserContext

from tests.pwa.service import PASSWORD, Dispatcher, Issued, Service

NOTES_PRESS = """
addEventListener("click", () => { window.pressedAt ??= performance.timeOrigin + performance.now(); }, true);
"""
NOTES_FRAME = """
const seen = new WeakSet();
setInterval(() => {
  for (const video of document.querySelectorAll("video")) {
    if (seen.has(video)) continue;
    seen.add(video);
    video.requestVideoFrameCallback(() => { window.frameAt ??= performance.timeOrigin + performance.now(); });
  }
}, 4);
"""


async def measure(browser: Browser, runs: int) -> list[float]:
    """Milliseconds, one for each of `runs` calls; the first call of all is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder))
        service.add_user("dana", "--role", "dispatcher")
        service.start()
        dispatcher = Dispatcher(service, "dana")
        try:
            desk = await browser.new_context(viewport={"width": 1440, "height": 900})
            await sign_in(desk, service)
            times = [await _call(browser, desk, dispatcher, service) for _ in range(runs + 1)]
        finally:
            dispatcher.close()
            service.kill()
    return times[1:]


async def sign_in(desk: BrowserContext, service: Service) -> None:
    """The dispatcher of these benchmarks."""
    page = await desk.new_page()
    await page.goto(f"{service.url}/signin")
    await page.locator("input[name=username]").fill("dana")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console*")
    await page.close()


async def _call(browser: Browser, desk: BrowserContext, dispatcher: Dispatcher, service: Service) -> float:
    issued: Issued = dispatcher.issue_link(dispatcher.open_incident())
    console = await desk.new_page()
    await console.add_init_script(NOTES_FRAME)
    await console.goto(f"{service.url}/console#{issued.incident}")
    await console.locator(".link .standing").wait_for()
    phone = await browser.new_context(
        viewport={"width": 390, "height": 844},
        permissions=["camera", "geolocation"],
        geolocation={"latitude": 42.3223, "longitude": -83.1763, "accuracy": 12},
    )
    page = await phone.new_page()
    await page.add_init_script(NOTES_PRESS)
    await page.goto(issued.url)
    await page.get_by_role("button", name="Share camera and place").wait_for()
    await asyncio.sleep(1.0)  # a person reads before pressing
    await page.get_by_role("button", name="Share camera and place").click()
    await console.wait_for_function("() => window.frameAt")
    took: float = await console.evaluate("window.frameAt") - await page.evaluate("window.pressedAt")
    dispatcher.close_incident(issued.incident)
    await phone.close()
    await console.close()
    return took
