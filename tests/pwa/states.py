"""Every state of the caller's page, by name, and how a phone comes there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from playwright.async_api import Page

from tests.media import clips
from tests.pwa import caller
from tests.pwa.service import Dispatcher, Issued, Service

Reach = Callable[[Page, Dispatcher, Service], Awaitable[None]]


class State(NamedTuple):
    reach: Reach
    script: str = ""
    javascript: bool = True


def _link(dispatcher: Dispatcher, kind: str = "live") -> Issued:
    return dispatcher.issue_link(dispatcher.open_incident(), kind)


async def _opening(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.route("**/api/caller/open", lambda route: route.abort())
    await page.goto(_link(dispatcher).url)
    await page.locator("p", has_text="keeps trying").or_(page.locator("main > p")).first.wait_for()


async def _ask(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.open_link(page, _link(dispatcher))


async def _ask_place(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.open_link(page, _link(dispatcher, "position"))


async def _code(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(f"{service.url}/c")
    await caller.reaches(page, "code")


async def _wrong_code(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.answer(page, "/api/caller/code", 404, "code-unknown")
    await _code(page, dispatcher, service)
    await page.fill("input", "123456")
    await page.wait_for_selector(".problem:not(:empty)")


async def _pressed(page: Page, dispatcher: Dispatcher) -> Issued:
    link = _link(dispatcher)
    await caller.open_link(page, link)
    await caller.press_share(page)
    await caller.reaches(page, "sharing")
    return link


async def _asking(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _pressed(page, dispatcher)
    await asyncio.sleep(0.6)


async def _live(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="live"][data-place="on"][data-picture="seen"]')


async def _live_for_a_while(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _live(page, dispatcher, service)
    await page.wait_for_selector(".signal:not(:empty)")


async def _place_live(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.open_link(page, _link(dispatcher, "position"))
    await caller.press_share(page)
    await page.wait_for_selector('[data-tone="live"][data-place="on"]')


async def _camera_refused(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="live"][data-camera="refused"]')


async def _both_refused(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="off"]')


async def _camera_taken(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _live(page, dispatcher, service)
    await page.evaluate(
        "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"
        "window.tracks[0].dispatchEvent(new Event('ended'))"
    )
    await page.wait_for_selector('[data-tone="paused"]')


async def _offline(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.route("**/whip", lambda route: route.abort())
    await page.route("**/api/caller/position", lambda route: route.abort())
    await _pressed(page, dispatcher)
    await page.context.set_offline(True)
    await page.wait_for_selector('[data-tone="paused"]')


async def _stopped(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _live(page, dispatcher, service)
    await page.click("button.stop")
    await caller.reaches(page, "ended")


async def _seen(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    """Stopped after somebody looked: the receipt is there."""
    link = await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="live"][data-place="on"][data-picture="seen"]')
    assert page.context.browser is not None
    watcher = await page.context.browser.new_page()
    await watcher.goto(f"{service.url}/signin")
    await caller.subscribe(watcher, dispatcher.watch(link.incident))
    await watcher.wait_for_function("window.pc.connectionState === 'connected'")
    await page.click("button.stop")
    await page.get_by_text("A dispatcher").wait_for()
    await watcher.close()


async def _over(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    link = await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="live"][data-place="on"]')
    await asyncio.sleep(0.2)
    dispatcher.close_incident(link.incident)
    await caller.reaches(page, "ended")


async def _bound(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.answer(page, "/api/caller/redeem", 403, "link-bound")
    link = _link(dispatcher)
    await caller.open_link(page, link)
    await caller.press_share(page)
    await caller.reaches(page, "bound")


async def _taken(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.answer(page, "/whip", 403, "grant-revoked")
    link = _link(dispatcher)
    await caller.open_link(page, link)
    await caller.press_share(page)
    await caller.reaches(page, "taken")


async def _expired(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.answer(page, "/api/caller/open", 410, "link-expired")
    await page.goto(_link(dispatcher).url)
    await caller.reaches(page, "refused")


async def _unknown(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(f"{service.url}/c#nonsense")
    await caller.reaches(page, "refused")


async def _cannot(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(_link(dispatcher).url)
    await caller.reaches(page, "cannot")


async def _unscripted(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(f"{service.url}/c#token")
    await page.get_by_text("Stay on the phone").first.wait_for()


async def _talking(page: Page, dispatcher: Dispatcher) -> Issued:
    link = await _pressed(page, dispatcher)
    await page.wait_for_selector('[data-tone="live"][data-place="on"][data-picture="seen"]')
    return link


async def _question(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    dispatcher.ask(await _talking(page, dispatcher), "ask.weapon")
    await page.wait_for_selector(".asked")


async def _guidance(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    dispatcher.ask(await _talking(page, dispatcher), "guide.entrance", "guide")
    await page.wait_for_selector('.told[data-kind="guide"]')


async def _messages(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    link = await _talking(page, dispatcher)
    dispatcher.tell(link, "Stay where you are")
    await page.locator(".write").click()
    field = page.locator(".talk textarea")
    await field.fill("OK, 2nd floor, the door on the left")
    await field.press("Enter")
    await page.locator(".messages li").nth(1).wait_for()


async def _words_alone(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _both_refused(page, dispatcher, service)
    await page.locator(".talk textarea").wait_for()  # it is open already: there is nothing else


async def _silent(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.open_link(page, dispatcher.issue_link(dispatcher.open_incident(), manner="silent"))
    await caller.press_share(page)
    await page.wait_for_selector('[data-tone="live"][data-place="on"][data-picture="seen"]')
    await page.wait_for_selector("footer.discreet button")


async def _hiding(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _silent(page, dispatcher, service)
    await page.locator("footer.discreet button").first.click()
    await page.wait_for_selector(".cover.how")


async def _dark(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _hiding(page, dispatcher, service)
    await page.get_by_role("button", name="Dark screen").click()
    await page.wait_for_selector(".cover.dark")


async def _notes(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(dispatcher.issue_link(dispatcher.open_incident(), manner="covert").url)
    await page.wait_for_selector("#cover button")


async def _left(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await page.goto(f"{service.url}/leave")
    await page.wait_for_url("**/n")


async def _upload(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await caller.open_link(page, _link(dispatcher, "upload"))
    await caller.press_share(page)
    await page.wait_for_selector("input[type=file]", state="attached")


async def _uploaded(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _upload(page, dispatcher, service)
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": clips.sideways()}
    await page.locator("input[type=file]").set_input_files(photo)  # type: ignore[arg-type]
    await page.get_by_text("has your photo or clip").wait_for()


async def _refused_file(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _upload(page, dispatcher, service)
    lie = {"name": "lie.jpg", "mimeType": "image/jpeg", "buffer": b"no photo at all"}
    await page.locator("input[type=file]").set_input_files(lie)  # type: ignore[arg-type]
    await page.get_by_text("This cannot be sent").wait_for()


async def _stills(page: Page, dispatcher: Dispatcher, service: Service) -> None:
    await _pressed(page, dispatcher)
    await page.get_by_text("a picture each second, and no video").wait_for()


STATES: dict[str, State] = {
    "opening": State(_opening),
    "ask": State(_ask),
    "ask-place": State(_ask_place),
    "code": State(_code),
    "wrong-code": State(_wrong_code),
    "asking": State(_asking, caller.NEVER_ANSWERS),
    "live": State(_live),
    "live-for-a-while": State(_live_for_a_while),
    "place-live": State(_place_live),
    "camera-refused": State(_camera_refused, caller.REFUSES_CAMERA),
    "both-refused": State(_both_refused, caller.REFUSES_CAMERA + caller.REFUSES_PLACE),
    "camera-taken": State(_camera_taken, caller.REMEMBERS_TRACKS),
    "offline": State(_offline),
    "stopped": State(_stopped),
    "seen": State(_seen),
    "over": State(_over),
    "bound": State(_bound),
    "taken": State(_taken),
    "expired": State(_expired),
    "unknown": State(_unknown),
    "cannot": State(_cannot, "Object.defineProperty(crypto, 'subtle', {value: undefined});"),
    "unscripted": State(_unscripted, javascript=False),
    "question": State(_question),
    "guidance": State(_guidance),
    "messages": State(_messages),
    "words-alone": State(_words_alone, caller.REFUSES_CAMERA + caller.REFUSES_PLACE),
    "silent": State(_silent),
    "hiding": State(_hiding),
    "dark": State(_dark),
    "notes": State(_notes),
    "left": State(_left),
    "upload": State(_upload),
    "uploaded": State(_uploaded),
    "refused-file": State(_refused_file),
    "stills": State(_stills, caller.BLOCKS_WEBRTC),
}
