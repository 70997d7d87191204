"""The ladder in Firefox ESR, which does not tell what it believes to get through, and asks in its own way."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.media.test_firefox import FIREFOX
from tests.pwa import caller
from tests.pwa.caller import BLOCKS_WEBRTC, REFUSES_PLACE
from tests.pwa.lines import Proxy
from tests.pwa.service import Dispatcher, Issued, Service
from tests.pwa.test_caller_call import until
from tests.pwa.test_ladder import standing, stands

pytestmark = pytest.mark.skipif(not FIREFOX.exists(), reason=f"Firefox ESR is not installed at {FIREFOX}")

ALLOWED, REFUSED = 1, 2  # as Firefox keeps what somebody answered for good
HERE = '{"location":{"lat":42.3223,"lng":-83.1763},"accuracy":12}'
# What a press on Firefox's own panel does to a page, for no driver can press there: the track ends by itself
# (an event of the browser's, for Firefox hears no other one of a track's), and the next question is refused.
CAN_WITHDRAW = """
window.withdrawn = false;
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  if (withdrawn) throw new DOMException('no', 'NotAllowedError');
  const camera = document.createElement('video');
  camera.muted = true;
  camera.srcObject = await open(wanted);
  await camera.play();
  window.withdraw = () => {
    withdrawn = true;
    camera.srcObject = null;
  };
  return camera.mozCaptureStream();
};
"""
PREFERENCES: dict[str, str | float | bool] = {
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    # instead of asking a service of its maker's where the machine is
    "geo.provider.network.url": f"data:application/json,{HERE}",
    "geo.provider.use_gpsd": False,
    "geo.provider.use_geoclue": False,
}


def own_address() -> str:
    """This machine's, for Firefox checks no loopback address. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.connect(("192.0.2.1", 9))
        return str(asked.getsockname()[0])


@pytest.fixture(scope="module")
def dispatcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dispatcher]:
    """Of a service whose engine listens on all addresses."""
    folder = tmp_path_factory.mktemp("firefox")
    service = Service(folder, media_host="0.0.0.0", media_advertise=own_address())
    service.add_person("dana", "dispatcher")
    service.start()
    dispatcher = Dispatcher(service, "dana")
    yield dispatcher
    dispatcher.close()
    service.kill()


@pytest.fixture
def link(dispatcher: Dispatcher) -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident())


@asynccontextmanager
async def firefox(
    script: str = "", *, camera: int = ALLOWED, place: int = ALLOWED, proxy: Proxy | None = None
) -> AsyncIterator[Page]:
    """A page in a Firefox whose person has answered its questions like that."""
    answers: dict[str, str | float | bool] = {
        "permissions.default.camera": camera,
        "permissions.default.geo": place,
    }
    if proxy is not None:
        answers |= {"network.proxy.type": 1, "network.proxy.http": "127.0.0.1"}
        answers |= {"network.proxy.http_port": proxy.port, "network.proxy.allow_hijacking_localhost": True}
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=str(FIREFOX),
            firefox_user_prefs={**PREFERENCES, **answers},
        )
        page = await browser.new_page(locale="en-US")
        if script:
            await page.add_init_script(script)
        yield page
        await browser.close()


async def test_blocked_webrtc_is_stills_in_firefox_and_climbs_back(
    dispatcher: Dispatcher, link: Issued
) -> None:
    async with firefox(BLOCKS_WEBRTC + REFUSES_PLACE) as page:
        await caller.open_link(page, link)
        await caller.press_share(page)
        await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
        (feed,) = dispatcher.incident(link.incident)["feeds"]
        assert feed["state"] == "live"
        assert feed["still_at"] is not None
        await page.evaluate("() => { window.blocked = false; }")
        await stands(dispatcher, link, "live: working", timeout_s=90)


def port_of(link: Issued) -> int:
    port = urlsplit(link.url).port
    assert port is not None
    return port


@asynccontextmanager
async def on_stills(dispatcher: Dispatcher, link: Issued) -> AsyncIterator[tuple[Page, Proxy]]:
    """Who shares by HTTP alone, and the proxy that all of it goes through."""
    async with Proxy(port_of(link)) as proxy, firefox(BLOCKS_WEBRTC, proxy=proxy) as page:
        await caller.open_link(page, link)
        await caller.press_share(page)
        await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
        yield page, proxy


async def test_a_slow_line_carries_stills_in_firefox_a_slower_one_single_ones_and_it_climbs_back(
    dispatcher: Dispatcher, link: Issued
) -> None:
    async with on_stills(dispatcher, link) as (page, proxy):

        def still_at() -> str:
            return str(dispatcher.incident(link.incident)["feeds"][0]["still_at"])

        proxy.be(rate_bps=50_000)  # which carries stills, one each second
        came = {still_at()}

        def one_more() -> bool:
            came.add(still_at())
            return len(came) > 5

        await until(one_more, timeout_s=30)
        assert standing(dispatcher, link) == "stills: udp-and-tcp-blocked"
        proxy.be(rate_bps=8_000)
        await stands(dispatcher, link, "single-stills: too-slow", timeout_s=90)
        proxy.be()
        await stands(dispatcher, link, "stills: udp-and-tcp-blocked", timeout_s=90)
        await page.evaluate("() => { window.blocked = false; }")
        await stands(dispatcher, link, "live: working", timeout_s=90)


async def test_sixty_seconds_without_a_network_in_firefox_and_it_is_back_by_itself(
    dispatcher: Dispatcher, link: Issued
) -> None:
    async with on_stills(dispatcher, link) as (page, proxy):

        def feed() -> str:
            return str(dispatcher.incident(link.incident)["feeds"][0]["state"])

        began = time.monotonic()
        proxy.be(gone=True)
        await page.locator("h1", has_text=re.compile("No connection|Picture paused")).wait_for()
        await until(lambda: feed() != "live", timeout_s=60)
        await asyncio.sleep(60 - (time.monotonic() - began))
        proxy.be()
        await until(lambda: feed() == "live", timeout_s=60)
        await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
        await caller.says(page, "can see your camera and where you are")


async def test_a_page_that_is_reloaded_at_each_step_goes_on_from_there(
    dispatcher: Dispatcher, link: Issued
) -> None:
    async with firefox() as page:
        await caller.open_link(page, link)
        await page.reload()
        await caller.reaches(page, "ask")
        assert "link.redeem" not in dispatcher.actions(link.incident)
        await caller.press_share(page)
        await page.reload()  # in the middle of whatever began
        await goes_on(page)
        await stands(dispatcher, link, "live: working")
        await page.reload()
        await goes_on(page)
        await stands(dispatcher, link, "live: working")
        await page.click("button.stop")
        await caller.reaches(page, "ended")
        await page.reload()
        await caller.reaches(page, "ask")
        await page.get_by_role("button", name="Who saw it").click()
        await caller.reaches(page, "ended")
    assert "link.allow" not in dispatcher.actions(link.incident)


async def goes_on(page: Page) -> None:
    """By itself where this Firefox says that it was allowed for good, else by another press."""
    await page.wait_for_selector('main[data-screen="sharing"], main[data-screen="ask"]')
    await page.wait_for_timeout(1000)
    if await page.get_attribute("main", "data-screen") == "ask":
        await caller.press_share(page)
    await caller.says(page, "can see your camera and where you are")


async def test_a_camera_that_is_refused_is_photos_and_the_place(dispatcher: Dispatcher, link: Issued) -> None:
    async with firefox(camera=REFUSED) as page:
        await caller.open_link(page, link)
        await caller.press_share(page)
        await stands(dispatcher, link, "upload: permission-refused")
        await page.wait_for_selector('[data-camera="refused"][data-place="on"]')
        await until(lambda: {"camera": "refused", "position": "on"} in dispatcher.statuses(link.incident))
        await page.get_by_role("button", name="Try again").wait_for()
        await page.locator("input[type=file]").wait_for(state="attached")


async def test_a_permission_that_is_withdrawn_midway_leaves_the_place_and_photos(
    dispatcher: Dispatcher, link: Issued
) -> None:
    async with firefox(CAN_WITHDRAW) as page:
        await caller.share(page, link)
        await stands(dispatcher, link, "live: working")
        await page.evaluate("withdraw()")
        await page.wait_for_selector('[data-camera="refused"][data-place="on"]')
        await caller.says(page, "but not your camera")
        await stands(dispatcher, link, "upload: permission-refused")
        assert {"camera": "refused", "position": "on"} in dispatcher.statuses(link.incident)
        await page.evaluate("() => { withdrawn = false; }")
        await page.get_by_role("button", name="Try again").click()
        await stands(dispatcher, link, "live: working")


async def test_both_refused_is_words_and_photos(dispatcher: Dispatcher, link: Issued) -> None:
    async with firefox(camera=REFUSED, place=REFUSED) as page:
        await caller.open_link(page, link)
        await caller.press_share(page)
        await page.wait_for_selector('[data-tone="off"]')
        await until(
            lambda: {"camera": "refused", "position": "refused"} in dispatcher.statuses(link.incident)
        )
        await page.locator(".talk textarea").fill("I am behind the shop")
        await page.keyboard.press("Enter")
        await until(lambda: "I am behind the shop" in [word["text"] for word in dispatcher.talk(link)])


async def test_they_talk_in_firefox_and_a_reload_loses_no_word(dispatcher: Dispatcher, link: Issued) -> None:
    async with firefox() as page:
        await caller.share(page, link)
        dispatcher.ask(link, "ask.weapon")
        asked = page.locator(".asked")
        await asked.get_by_text("Does anybody have a weapon?").wait_for()
        await asked.get_by_role("button", name="Yes").click()
        await until(lambda: dispatcher.talk(link)[-1]["phrase"] == "answer.yes")
        await expect(asked).to_be_hidden()
        await page.locator(".write").click()
        await page.locator(".talk textarea").fill("He is in the kitchen")
        await page.keyboard.press("Enter")
        await until(lambda: dispatcher.talk(link)[-1]["text"] == "He is in the kitchen")
        dispatcher.tell(link, "Stay where you are")
        await page.get_by_text("Stay where you are").first.wait_for()
        await page.reload()
        await goes_on(page)
        await page.locator(".write").click()
        await expect(page.locator(".messages li:not(.seen)")).to_have_count(4)
    assert dispatcher.actions(link.incident).count("caller.say") == 2
