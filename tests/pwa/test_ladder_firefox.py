"""The ladder in Firefox ESR, which does not tell what it believes to get through: stills, and video again."""

import socket
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.media.test_firefox import FIREFOX
from tests.pwa import caller
from tests.pwa.caller import BLOCKS_WEBRTC, REFUSES_PLACE
from tests.pwa.service import Dispatcher, Service
from tests.pwa.test_ladder import stands

PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
}


def own_address() -> str:
    """This machine's, for Firefox checks no loopback address. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return str(asked.getsockname()[0])


@pytest.mark.skipif(not FIREFOX.exists(), reason=f"Firefox ESR is not installed at {FIREFOX}")
async def test_blocked_webrtc_is_stills_in_firefox_and_climbs_back(tmp_path: Path) -> None:
    service = Service(tmp_path / "data", media_host="0.0.0.0", media_advertise=own_address())
    (tmp_path / "data").mkdir()
    service.add_person("dana", "dispatcher")
    service.start()
    try:
        dispatcher = Dispatcher(service, "dana")
        link = dispatcher.issue_link(dispatcher.open_incident())
        async with async_playwright() as playwright:
            browser = await playwright.firefox.launch(
                channel="moz-firefox", executable_path=str(FIREFOX), firefox_user_prefs=PREFERENCES
            )
            page = await browser.new_page(locale="en-US")
            await page.add_init_script(BLOCKS_WEBRTC + REFUSES_PLACE)
            await caller.open_link(page, link)
            await caller.press_share(page)
            await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
            (feed,) = dispatcher.incident(link.incident)["feeds"]
            assert feed["state"] == "live"
            assert feed["still_at"] is not None
            await page.evaluate("() => { window.blocked = false; }")
            await stands(dispatcher, link, "live: working", timeout_s=90)
            await browser.close()
        dispatcher.close()
    finally:
        service.kill()
