"""The caller's ladder in real Chromium: each rung is lost, the next reached by itself, and climbed back."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page

from tests.media import clips
from tests.pwa import caller
from tests.pwa.caller import Phones
from tests.pwa.lines import Line, Lines
from tests.pwa.service import Dispatcher, Issued, Service
from tests.pwa.test_caller_call import frames_after, until, watcher
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEVER_ASKS = """
window.asked = [];
navigator.mediaDevices.getUserMedia = () => { window.asked.push('camera'); return new Promise(() => {}); };
navigator.geolocation.watchPosition = () => { window.asked.push('place'); return 1; };
"""
HIDES = """(state) => {
  Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
  window.tracks.at(-1).dispatchEvent(new Event(state === 'hidden' ? 'mute' : 'unmute'));
}"""


@pytest.fixture
def link(dispatcher: Dispatcher) -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident())


def standing(dispatcher: Dispatcher, link: Issued) -> str:
    """Where the dispatcher reads that the caller is."""
    shown = dispatcher.incident(link.incident)["links"][0]
    return f"{shown['rung']}: {shown['rung_reason']}"


async def stands(dispatcher: Dispatcher, link: Issued, *expected: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while (now := await asyncio.to_thread(standing, dispatcher, link)) not in expected:
        assert time.monotonic() < deadline, f"it is {now}, and never {' or '.join(expected)}"
        await asyncio.sleep(0.2)


_sessions: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


async def network(page: Page, *, offline: bool = False, upload_bps: int = -1) -> None:
    """What this page's HTTP is like from now on."""
    if page not in _sessions:  # each session has conditions of its own, and the worst of them holds
        _sessions[page] = await page.context.new_cdp_session(page)
        await _sessions[page].send("Network.enable")
    throughput = upload_bps / 8 if upload_bps > 0 else -1
    await _sessions[page].send(
        "Network.emulateNetworkConditions",
        {
            "offline": offline,
            "latency": 0,
            "downloadThroughput": throughput,
            "uploadThroughput": throughput,
        },
    )


async def test_blocked_webrtc_is_stills_and_climbs_back(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new(script=caller.BLOCKS_WEBRTC)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
    await caller.says(phone, "can see your camera and where you are")
    await phone.get_by_text("a picture each second, and no video").wait_for()
    (feed,) = dispatcher.incident(link.incident)["feeds"]
    assert feed["state"] == "live"
    assert feed["still_at"] is not None
    console = await watcher(phones, dispatcher, service, link)
    await frames_after(console, 3)
    await phone.evaluate("() => { window.blocked = false; }")
    await stands(dispatcher, link, "live: working")
    before = await caller.frames(console)
    await frames_after(console, before + 30)
    (feed,) = dispatcher.incident(link.incident)["feeds"]
    assert (feed["state"], feed["still_at"]) == ("live", None)
    assert dispatcher.actions(link.incident).count("caller.rung") <= 5, "it does not flap"


async def test_a_slow_line_is_stills_and_a_wide_one_video_again(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new()

    def at(rate_bps: float | None) -> Callable[[Line], None]:
        return lambda line: setattr(line.narrow, "rate_bps", rate_bps)

    async with Lines(phone) as lines:
        await caller.share(phone, link)
        await stands(dispatcher, link, "live: working")
        lines.each(at(50_000))
        await network(phone, upload_bps=50_000)
        await stands(dispatcher, link, "stills: too-slow", "single-stills: too-slow", timeout_s=90)
        lines.each(at(None))
        await network(phone)
        await stands(dispatcher, link, "live: working", timeout_s=90)


async def test_a_page_that_is_hidden_says_so_and_is_back(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.share(phone, link)
    await stands(dispatcher, link, "live: working")
    await phone.evaluate(HIDES, "hidden")
    await stands(dispatcher, link, "position: hidden")
    await phone.evaluate(HIDES, "visible")
    await stands(dispatcher, link, "live: working")


async def test_a_phone_that_was_offline_is_back_by_itself(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new(script=caller.BLOCKS_WEBRTC)  # stills, which go by HTTPS alone
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await stands(dispatcher, link, "stills: udp-and-tcp-blocked")
    await network(phone, offline=True)

    def feed() -> str:
        return str(dispatcher.incident(link.incident)["feeds"][0]["state"])

    await until(lambda: feed() != "live", timeout_s=60)
    assert standing(dispatcher, link) == "stills: udp-and-tcp-blocked"
    await network(phone)
    await until(lambda: feed() == "live", timeout_s=60)


async def chosen(page: Page, path: Path) -> None:
    await page.locator("input[type=file]").set_input_files(path)


def newest(dispatcher: Dispatcher, link: Issued) -> Any:
    files = dispatcher.incident(link.incident)["uploads"]
    return files[-1] if files else {"state": "none", "received": 0}


async def test_without_a_camera_a_photo_is_sent_and_goes_on_after_the_page_was_closed(
    phones: Phones, dispatcher: Dispatcher, link: Issued, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(clips.sideways() + bytes(300_000))  # in several pieces
    phone = await phones.new(script=caller.REFUSES_CAMERA)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await stands(dispatcher, link, "upload: permission-refused")
    await network(phone, upload_bps=300_000)
    await chosen(phone, photo)
    await until(lambda: newest(dispatcher, link)["received"] > 0)
    await network(phone, offline=True)
    await phone.get_by_text("Sending goes on by itself").wait_for()
    context: BrowserContext = phone.context
    await phone.close()
    assert newest(dispatcher, link)["state"] == "receiving"
    again = await context.new_page()
    await caller.open_link(again, link)
    await caller.press_share(again)
    await again.get_by_text("911 has your photo or clip").wait_for()
    seen = newest(dispatcher, link)
    assert (seen["state"], seen["kind"], seen["width"], seen["height"]) == ("ready", "photo", 600, 800)
    lie = tmp_path / "lie.jpg"
    lie.write_bytes(b"no photo at all")
    await chosen(again, lie)
    await again.get_by_text("This cannot be sent").wait_for()


async def test_who_never_answers_for_the_camera_can_send_a_photo(
    phones: Phones, dispatcher: Dispatcher, link: Issued, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(clips.sideways())
    phone = await phones.new(script=caller.NEVER_ANSWERS)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await phone.get_by_role("button", name="Send a photo or clip").wait_for()
    await chosen(phone, photo)
    await phone.get_by_text("911 has your photo or clip").wait_for()
    assert newest(dispatcher, link)["state"] == "ready"


async def test_a_link_for_photos_asks_for_nothing_else_and_takes_one(
    phones: Phones, dispatcher: Dispatcher, tmp_path: Path
) -> None:
    link = dispatcher.issue_link(dispatcher.open_incident(), kind="upload")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(clips.sideways())
    phone = await phones.new(size=caller.SMALL, script=NEVER_ASKS)
    await caller.open_link(phone, link)
    await caller.says(phone, "asks for a photo or clip")
    assert await phone.locator("button.main").all_inner_texts() == ["Continue"]
    assert "camera" not in await phone.locator("main").inner_text()
    assert await axe(phone) == []
    await caller.press_share(phone)
    await stands(dispatcher, link, "upload: asked")
    await chosen(phone, photo)
    await phone.get_by_text("911 has your photo or clip").wait_for()
    assert newest(dispatcher, link)["state"] == "ready"
    assert await axe(phone) == []
    assert await phone.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    assert await phone.evaluate("window.asked") == []
    assert dispatcher.incident(link.incident)["position"] is None
    dispatcher.look_at_upload(newest(dispatcher, link)["id"])
    await phone.get_by_role("button", name="Stop").click()
    await phone.get_by_text("A dispatcher: your photos and clips").wait_for()
