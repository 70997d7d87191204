"""A caller's call in real Chromium against the real service: press, share, lose, come back, stop."""

import asyncio
import time
from collections.abc import Callable

import pytest
from playwright.async_api import Page, Route

from tests.pwa import caller
from tests.pwa.caller import Phones
from tests.pwa.service import Dispatcher, Issued, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def link(dispatcher: Dispatcher) -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident())


async def until(holds: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


async def frames_after(page: Page, before: int, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while await caller.frames(page) <= before:
        assert time.monotonic() < deadline, "the picture stands still"
        await asyncio.sleep(0.05)


async def watcher(phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued) -> Page:
    page = await phones.new()
    await page.goto(f"{service.url}/signin")
    await caller.subscribe(page, dispatcher.watch(link.incident))
    return page


async def test_one_press_shares_camera_and_place(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new()
    await caller.share(phone, link)
    console = await watcher(phones, dispatcher, service, link)
    await frames_after(console, 10)
    await until(lambda: len(dispatcher.trail(link.incident)) > 0)
    assert dispatcher.trail(link.incident)[-1]["accuracy_m"] == 12
    shown = dispatcher.incident(link.incident)["links"][0]
    assert (shown["state"], shown["camera"], shown["position"]) == ("sharing", "on", "on")


async def test_opening_a_link_spends_nothing(phones: Phones, dispatcher: Dispatcher, link: Issued) -> None:
    for _ in range(2):
        phone = await phones.new()
        await caller.open_link(phone, link)
        await phone.wait_for_timeout(300)
    actions = dispatcher.actions(link.incident)
    assert "link.open" in actions
    assert "link.redeem" not in actions


async def test_the_picture_only_is_taken_never_the_sound(phones: Phones, link: Issued) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.share(phone, link)
    assert await phone.evaluate("window.wanted.audio") is False
    assert await phone.evaluate("window.tracks.map(t => t.kind)") == ["video"]


async def test_a_refused_camera_still_shares_the_place(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new(script=caller.REFUSES_CAMERA)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await caller.says(phone, "where you are, but not your camera")
    await until(lambda: len(dispatcher.trail(link.incident)) > 0)
    told = {"camera": "refused", "position": "on"}
    await until(lambda: dispatcher.statuses(link.incident)[-1:] == [told])


async def test_when_both_are_refused_the_dispatcher_is_told_and_a_retry_works(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    camera = "window.ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
    phone = await phones.new(script=camera + caller.REFUSES_CAMERA + caller.REFUSES_PLACE)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await caller.says(phone, "cannot see anything yet")
    refused = {"camera": "refused", "position": "refused"}
    await until(lambda: dispatcher.statuses(link.incident)[-1:] == [refused])
    await phone.evaluate("() => { navigator.mediaDevices.getUserMedia = window.ask; }")
    await phone.get_by_role("button", name="Try again").click()
    await caller.says(phone, "can see your camera. Tell them where you are")


async def test_a_link_for_the_place_asks_for_the_place_only(phones: Phones, dispatcher: Dispatcher) -> None:
    link = dispatcher.issue_link(dispatcher.open_incident(), "position")
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    await caller.says(phone, "911 can see where you are")
    await until(lambda: len(dispatcher.trail(link.incident)) > 0)
    assert await phone.evaluate("window.tracks") == []
    assert "feed.publish" not in dispatcher.actions(link.incident)


async def test_a_live_link_may_be_answered_with_the_place_only(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.open_link(phone, link)
    await caller.press_share(phone, place_only=True)
    await caller.says(phone, "911 can see where you are.")
    await until(lambda: len(dispatcher.trail(link.incident)) > 0)
    assert await phone.evaluate("window.tracks") == []


async def test_stop_ends_everything_and_share_again_begins_anew(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.share(phone, link)
    await phone.click("button.stop")
    await caller.reaches(phone, "ended")
    assert await phone.evaluate("window.tracks.every(t => t.readyState === 'ended')")
    await until(lambda: "caller.stop" in dispatcher.actions(link.incident))
    assert dispatcher.incident(link.incident)["links"][0]["state"] == "ended"
    await phone.get_by_role("button", name="Share again").click()
    await caller.says(phone, "can see your camera and where you are")
    console = await watcher(phones, dispatcher, service, link)
    await frames_after(console, 5)


async def test_flipping_sends_the_other_camera_in_the_same_session(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.share(phone, link)
    console = await watcher(phones, dispatcher, service, link)
    await phone.get_by_role("button", name="Flip").click()
    await phone.wait_for_timeout(500)
    assert await phone.evaluate("window.tracks.map(t => t.readyState)") == ["ended", "live"]
    await frames_after(console, await caller.frames(console) + 5)
    assert dispatcher.actions(link.incident).count("feed.publish") == 1


async def test_a_reload_while_sharing_goes_on_without_a_press(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new()
    await caller.share(phone, link)
    await phone.reload()
    await caller.says(phone, "can see your camera and where you are")
    assert dispatcher.actions(link.incident).count("link.redeem") == 2


async def test_a_forwarded_link_waits_for_the_dispatcher_and_then_shares(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    first, second = await phones.new(), await phones.new()
    await caller.share(first, link)
    await caller.open_link(second, link)
    await caller.press_share(second)
    await caller.reaches(second, "bound")
    assert dispatcher.incident(link.incident)["links"][0]["asking"] is True
    dispatcher.allow(link)
    await caller.says(second, "can see your camera and where you are")
    await caller.reaches(first, "taken")


async def test_two_pages_of_one_phone_do_not_take_the_feed_from_each_other(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    first = await phones.new()
    await caller.share(first, link)
    second = await first.context.new_page()
    await caller.share(second, link)
    await caller.reaches(first, "taken")
    await second.wait_for_timeout(1500)
    await caller.says(second, "can see your camera and where you are")
    assert dispatcher.actions(link.incident).count("link.redeem") == 2


@pytest.mark.parametrize("ending", ["close", "revoke"])
async def test_when_911_ends_it_the_page_says_so_and_lets_go(
    ending: str, phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new(script=caller.REMEMBERS_TRACKS)
    await caller.share(phone, link)
    if ending == "close":
        dispatcher.close_incident(link.incident)
    else:
        dispatcher.revoke(link)
    await caller.says(phone, "911 has ended this")
    assert await phone.evaluate("window.tracks.every(t => t.readyState === 'ended')")


async def test_six_spoken_digits_lead_to_the_same_page(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new()
    await phone.goto(f"{service.url}/c")
    digits = dispatcher.code(link)
    await phone.fill("input", digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")))
    await caller.reaches(phone, "ask")
    await caller.press_share(phone)
    await caller.says(phone, "can see your camera and where you are")


async def test_a_press_before_the_server_answers_is_not_lost(phones: Phones, link: Issued) -> None:
    phone = await phones.new()
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await phone.route("**/api/caller/open", hold)
    await phone.goto(link.url)
    await caller.press_share(phone)
    await phone.wait_for_timeout(200)
    held.set()
    await caller.says(phone, "can see your camera and where you are")


async def test_the_picture_comes_back_by_itself_after_the_server_was_killed(
    phones: Phones, dispatcher: Dispatcher, service: Service, link: Issued
) -> None:
    phone = await phones.new()
    await caller.share(phone, link)
    service.kill()
    await caller.says(phone, "No connection")
    service.start()
    await caller.says(phone, "can see your camera and where you are")  # how soon is for the benchmarks
    console = await watcher(phones, dispatcher, service, link)
    await frames_after(console, 5)


async def test_positions_go_up_at_most_once_a_second(
    phones: Phones, dispatcher: Dispatcher, link: Issued
) -> None:
    phone = await phones.new()
    sent: list[float] = []
    phone.on("request", lambda request: sent.append(time.monotonic()) if "position" in request.url else None)
    await caller.share(phone, link)
    for step in range(12):
        await phone.context.set_geolocation(
            {"latitude": 42.3 + step / 1000, "longitude": -83.17, "accuracy": 8}
        )
        await phone.wait_for_timeout(200)
    await until(lambda: abs(dispatcher.trail(link.incident)[-1]["latitude"] - 42.311) < 1e-6)
    # twelve moves in some three seconds; counted, for a busy machine tells of requests late and in bursts
    assert len(sent) - 1 <= sent[-1] - sent[0] + 1
