"""The officer's app without a network: it opens, says how old it is, and loses nothing that is said."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.firefox import FIREFOX, Firefox
from tests.pwa.service import PASSWORD, Dispatcher, Service
from tests.pwa.visits import PHONE, axe, fits, smallest_target

pytestmark = pytest.mark.asyncio(loop_scope="session")

DATABASES = "async () => (await indexedDB.databases()).map((one) => one.name)"
CACHED = """async () => {
  const names = await caches.keys();
  const kept = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys())));
  return kept.flat().map((request) => new URL(request.url).pathname);
}"""
KNOWN = """() => new Promise((done) => {
  const open = indexedDB.open('sightline-officer');
  open.onupgradeneeded = () => open.transaction.abort();  // there is none
  open.onerror = () => done(null);
  open.onsuccess = () => {
    const get = open.result.transaction('main').objectStore('main').get('known');
    get.onsuccess = () => { open.result.close(); done(get.result ?? null); };
  };
})"""

FIREFOX_SETTINGS = {
    "permissions.default.geo": 1,
    "geo.provider.network.url": 'data:,{"location":{"lat":42.3168,"lng":-83.1712},"accuracy":9}',
}


def wrong_by(hours: float) -> str:
    """A script that sets a phone's clock wrong."""
    return f"{{ const now = Date.now; Date.now = () => now() + {hours * 3_600_000}; }}"


@asynccontextmanager
async def phone(browser: Browser, service: Service, name: str, script: str = "") -> AsyncIterator[Page]:
    """An officer's phone, signed in, on duty in a unit of its own, with the app on it."""
    service.add_person(name, "officer", unit=f"Unit {name}")
    context = await browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        geolocation={"latitude": 42.3168, "longitude": -83.1712, "accuracy": 9},
        permissions=["geolocation"],
    )
    await context.add_init_script(script)
    try:
        page = await context.new_page()
        await sign_in(page, service, name)
        await page.get_by_role("button", name=f"Sign on to Unit {name}").click()
        await expect(page.get_by_text(f"When dispatch assigns Unit {name}")).to_be_visible()
        await page.evaluate("navigator.serviceWorker.ready")
        yield page
    finally:
        await context.close()


async def sign_in(page: Page, service: Service, name: str) -> None:
    await page.goto(f"{service.url}/signin")
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")


async def sent_to(page: Page, dispatcher: Dispatcher, name: str) -> str:
    """A new incident that this officer is sent to, and that their phone knows of."""
    incident = dispatcher.open_incident()
    dispatcher.place(incident, 42.32232, -83.17631)
    dispatcher.assign(incident, f"Unit {name}")
    dispatcher.write(incident, "Back door stands open")
    await expect(page.locator(".words-line")).to_contain_text("Back door stands open")
    await page.wait_for_function(f"() => ({KNOWN})().then((known) => known?.notes[0]?.notes.length === 1)")
    return incident


async def say(page: Page, text: str) -> None:
    await page.locator(".words-handle").click()
    await page.locator("#write-field").fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".pending", has_text=text)).to_contain_text("Waiting to send")
    await page.locator(".words-handle").click()


async def until(holds: Callable[[], Any]) -> float:
    """Seconds until it holds."""
    began = time.monotonic()
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - the server tells nobody here
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def opened_again(context: BrowserContext, service: Service) -> Page:
    """As from the home screen."""
    for page in context.pages:
        await page.close()
    page = await context.new_page()
    await page.goto(f"{service.url}/officer")
    return page


async def test_the_app_opens_without_a_network_and_what_is_said_there_arrives_once(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "olga", wrong_by(-24)) as page:
        incident = await sent_to(page, dispatcher, "olga")
        context = page.context
        await context.set_offline(True)
        page = await opened_again(context, service)
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        await expect(page.locator(".bar-lost")).to_contain_text("Not live as of")
        await expect(page.locator(".bar-lost")).to_contain_text("s ago")  # on a phone that is a day wrong
        await expect(page.locator(".words-line")).to_contain_text("Back door stands open")
        await expect(page.get_by_text("No network here, so no picture.")).to_be_visible()
        await expect(page.locator(".map-person.is-caller")).to_have_count(1)
        await page.get_by_role("button", name="I am en route").click()
        await expect(page.get_by_role("button", name="En route, not sent")).to_be_visible()
        await say(page, "At the bridge")
        await expect(page.get_by_text("2 waiting to send")).to_be_visible()
        assert await fits(page)
        assert await smallest_target(page) >= 56
        assert await axe(page) == []
        page = await opened_again(context, service)
        await expect(page.get_by_text("2 waiting to send")).to_be_visible()
        await context.set_offline(False)

        def arrived() -> bool:
            (response,) = dispatcher.incident(incident)["responses"]
            return response["status"] == "en-route" and "At the bridge" in dispatcher.notes(incident)

        print(f"{await until(arrived):.2f} s from the network's return")
        await expect(page.locator(".bar-lost")).to_be_empty()
        await expect(page.get_by_text("waiting to send")).to_have_count(0)
        actions = dispatcher.actions(incident)
        assert [action for action in actions if action in ("unit.status", "note.write")] == [
            "note.write",
            "unit.status",
            "note.write",
        ]
        cached = await page.evaluate(CACHED)
        assert {"/officer", "/owner"} <= set(cached)
        assert all(path in ("/officer", "/owner") or path.startswith("/assets/") for path in cached)


@pytest.mark.skipif(not FIREFOX.exists(), reason=f"Firefox ESR is not installed at {FIREFOX}")
async def test_the_app_opens_without_a_network_in_firefox_and_sends_what_was_said_there(
    service: Service, dispatcher: Dispatcher, tmp_path: Path
) -> None:
    service.add_person("otis", "officer", unit="Unit otis")
    async with Firefox(tmp_path, FIREFOX_SETTINGS) as firefox:
        await firefox.sign_in(service.url, "otis", PASSWORD)
        await firefox.open(f"{service.url}/officer")
        await firefox.press("Sign on to Unit otis")
        await firefox.says("When dispatch assigns Unit otis")
        await firefox.run("return await navigator.serviceWorker.ready && 1")
        incident = dispatcher.open_incident()
        dispatcher.assign(incident, "Unit otis")
        dispatcher.write(incident, "Back door stands open")
        await firefox.says("Back door stands open")
        kept = f"while ((await ({KNOWN})())?.notes[0]?.notes.length !== 1);"
        await firefox.run(kept)
        await firefox.open("about:blank")  # the app is closed
        await firefox.network(there=False)
        await firefox.open(f"{service.url}/officer")
        assert await firefox.run("return navigator.onLine") is False
        await firefox.says("Break-in")
        await firefox.says("Not live as of")
        await firefox.run(
            "while (!/\\d s ago/.test(document.querySelector('.bar-lost')?.textContent))"
            " await new Promise((later) => setTimeout(later, 100));"
        )
        await firefox.says("Back door stands open")
        await firefox.says("No network here, so no picture.")
        await firefox.press("I am en route")
        await firefox.says("1 waiting to send")
        await firefox.network(there=True)
        await until(lambda: dispatcher.incident(incident)["responses"][0]["status"] == "en-route")
        assert dispatcher.actions(incident).count("unit.status") == 1


async def test_what_is_said_while_the_server_is_down_arrives_once_when_it_is_up(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "omar") as page:
        incident = await sent_to(page, dispatcher, "omar")
        service.kill()
        await expect(page.locator(".bar-lost")).to_contain_text("Not live as of")
        await page.get_by_role("button", name="I am en route").click()
        await say(page, "Radio is down too")
        await page.reload()
        await expect(page.get_by_text("2 waiting to send")).to_be_visible()
        await asyncio.to_thread(service.start)
        took = await until(lambda: "Radio is down too" in dispatcher.notes(incident))
        print(f"{took:.2f} s from the server's return")
        await expect(page.get_by_role("button", name="I am on scene En route")).to_be_visible()
        await expect(page.locator(".bar-lost")).to_be_empty()
        assert dispatcher.actions(incident).count("unit.status") == 1
        assert dispatcher.notes(incident) == ["Back door stands open", "Radio is down too"]


async def test_a_press_whose_answer_is_lost_counts_once_and_nothing_told_meanwhile_is_missed(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    """Replayed presses and a line that goes on, together; then the press is taken back."""
    async with phone(browser, service, "ines") as page:
        incident = await sent_to(page, dispatcher, "ines")
        asked = 0

        async def lose(route: Route) -> None:
            nonlocal asked
            asked += 1
            await route.fetch()  # the server has it
            if asked > 2:
                await route.continue_()
                return
            await page.context.set_offline(True)
            await route.abort()
            dispatcher.write(incident, f"Said meanwhile, {asked}")
            await page.context.set_offline(False)

        await page.route("**/press", lose)
        await page.get_by_role("button", name="I am en route").click()
        await until(lambda: asked > 2)
        await expect(page.get_by_role("button", name="I am on scene En route", exact=True)).to_be_visible()
        await expect(page.locator(".bar-lost")).to_be_empty()
        assert dispatcher.actions(incident).count("unit.status") == 1
        await page.locator(".words-handle").click()
        for number in (1, 2):
            await expect(page.get_by_text(f"Said meanwhile, {number}", exact=True)).to_have_count(1)
        await page.locator(".words-handle").click()

        await page.unroute("**/press")
        await page.get_by_role("button", name="I am on scene").click()
        undo = page.locator(".undo", has_text="You said: On scene")
        assert await smallest_target(page) >= 56
        assert await axe(page) == []
        await undo.get_by_role("button", name="Undo").click()
        await expect(page.get_by_role("button", name="I am on scene En route")).to_be_visible()
        await expect(page.locator(".undo")).to_have_count(0)
        assert dispatcher.actions(incident).count("unit.undo") == 1
        await page.get_by_role("button", name="Log", exact=True).click()
        await expect(page.get_by_role("log")).to_contain_text("takes back that Unit ines is on scene")


async def test_what_came_too_late_is_told_with_what_to_do(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "otto") as page:
        incident = await sent_to(page, dispatcher, "otto")
        await page.context.set_offline(True)
        await expect(page.locator(".bar-lost")).to_contain_text("Not live")
        dispatcher.close_incident(incident)
        await page.get_by_role("button", name="I am en route").click()
        await say(page, "I see two of them")
        await page.context.set_offline(False)
        untaken = page.get_by_role("alert").filter(has_text="Not sent")
        await expect(untaken).to_contain_text("Break-in, En route")
        await expect(untaken).to_contain_text("Break-in, “I see two of them”")
        await expect(untaken).to_contain_text("closed meanwhile. If it matters, tell dispatch by radio.")
        assert await axe(page) == []
        for _ in range(2):
            await untaken.get_by_role("button", name="OK").first.click()
        await expect(page.get_by_text("Not sent")).to_have_count(0)
        assert dispatcher.notes(incident) == ["Back door stands open"]


async def test_a_phone_whose_session_was_ended_forgets_everything_at_the_next_contact(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "odile") as page:
        await sent_to(page, dispatcher, "odile")
        context = page.context
        await context.set_offline(True)
        await page.get_by_role("button", name="I am en route").click()
        await expect(page.get_by_text("1 waiting to send")).to_be_visible()
        cookies = {cookie["name"]: cookie["value"] for cookie in await context.cookies()}
        async with httpx.AsyncClient(base_url=service.url, headers={"Origin": service.url}) as elsewhere:
            elsewhere.cookies.update(cookies)
            csrf = (await elsewhere.get("/api/session")).json()["csrf"]
            (await elsewhere.delete("/api/session", headers={"X-CSRF-Token": csrf})).raise_for_status()
        assert "sightline-officer" in await page.evaluate(DATABASES)
        await context.set_offline(False)
        await expect(page.get_by_text("One thing that you said was not sent")).to_be_visible()
        assert await page.evaluate(DATABASES) == []


async def test_logging_out_without_a_network_forgets_at_once_and_the_server_hears_of_it(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "orla") as page:
        incident = await sent_to(page, dispatcher, "orla")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="I am en route").click()
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_text("1 not sent yet. Log out now")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Log out all the same").click()
        await expect(page.get_by_text("You are logged out on this phone.")).to_be_visible()
        assert await page.evaluate("() => localStorage.getItem('sightline.leaving')") is not None
        known = await page.evaluate(KNOWN)
        assert known is None
        await page.context.set_offline(False)
        await page.wait_for_url("**/signin")
        assert (await page.request.get(f"{service.url}/api/session")).status == 401
        assert dispatcher.actions(incident).count("unit.status") == 0


async def test_a_phone_that_heard_nothing_for_half_a_day_has_forgotten(
    browser: Browser, service: Service, dispatcher: Dispatcher
) -> None:
    async with phone(browser, service, "oskar") as page:
        await sent_to(page, dispatcher, "oskar")
        await page.context.set_offline(True)
        await page.context.add_init_script(wrong_by(12.1))  # as if so much had passed
        page = await opened_again(page.context, service)
        await expect(page.get_by_text("heard nothing for 12 hours")).to_be_visible()
        assert await page.evaluate(KNOWN) is None
        await page.context.set_offline(False)
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        service.add_person("oriel", "officer", unit="Unit oriel")
        await sign_in(page, service, "oriel")  # another person on the same phone
        await expect(page.get_by_role("button", name="Menu")).to_be_visible()
        await page.wait_for_function(KNOWN)
        assert (await page.evaluate(KNOWN))["me"]["user"]["name"] == "oriel"
