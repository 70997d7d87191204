"""The officer's app, on a phone and wider."""

from playwright.async_api import Page

from tests.pwa.agency import Agency, alert, feed, link, note, on_duty
from tests.pwa.faces.dispatchers import files, unseen
from tests.pwa.faces.played import Reach, played, shows
from tests.pwa.faces.stage import Screen
from tests.pwa.test_alerts import officers
from tests.pwa.test_console import talking
from tests.pwa.test_officer import HERE, assigned
from tests.pwa.test_officer_pictures import on_the_way
from tests.pwa.test_pilot import agency as with_drones
from tests.pwa.visits import PHONE

NAME = "officer"


def off_duty() -> Agency:
    agency = assigned()
    agency.incidents = {}
    agency.duty = None
    return agency


def idle() -> Agency:
    agency = assigned()
    agency.incidents = {}
    return agency


def called() -> Agency:
    agency = officers(2)
    agency.duty = on_duty("unt_1")
    agency.incidents["inc_2"]["alerts"] = [alert("unt_1")]
    return agency


def dark() -> Agency:
    """Nothing has come from the caller yet."""
    agency = assigned()
    agency.pictures = False
    agency.incidents["inc_1"] |= {"links": [link(1, "sent")], "feeds": [feed(1)], "position": None}
    return agency


def _alone(agency: Agency) -> Agency:
    """With the one incident that an officer sees of the desk's."""
    del agency.incidents["inc_2"]
    agency.incidents["inc_1"]["callback_number"] = None
    return agency


def with_files() -> Agency:
    agency = assigned()
    files(agency)
    return _alone(agency)


def with_talk() -> Agency:
    agency = assigned()
    talking(agency)
    return _alone(agency)


def written() -> Agency:
    agency = assigned()
    agency.notes["inc_1"] = [note(1, "Armed: keep your distance"), note(2, "The back door is open")]
    return agency


def _pressed(*names: str, then: str = "") -> Reach:
    async def reach(page: Page, agency: Agency) -> None:
        await page.locator("main").wait_for()
        for name in names:
            await page.get_by_role("button", name=name).first.click()
        if then:
            await page.get_by_text(then).first.wait_for()

    return reach


async def _lost(page: Page, agency: Agency) -> None:
    await page.locator(".chip.tone-live").first.wait_for()
    await agency.lose()
    await page.get_by_text("Not live as of").wait_for()


async def _locked(page: Page, agency: Agency) -> None:
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="Lock", exact=True).click()
    await page.get_by_role("heading", name="Locked").wait_for()


async def _live(page: Page, agency: Agency) -> None:
    await page.locator(".chip.tone-live").first.wait_for()
    await page.locator(".map-ground, .map-grid").first.wait_for(state="attached")


def _twice() -> Agency:
    return assigned(2)


def _sky() -> Agency:
    return with_drones("officer")


SCREENS = {
    name: Screen(played(make, path, reach, size=PHONE, **HERE), thumb=True)
    for name, make, path, reach in (
        ("off-duty", off_duty, "/officer", shows("You are off duty")),
        ("idle", idle, "/officer", shows("When dispatch assigns")),
        ("list", _twice, "/officer", shows("Medical")),
        ("called", called, "/officer", shows("Fire")),
        ("incident", assigned, "/officer", _live),
        ("pictures", on_the_way, "/officer", _live),
        ("map-list", on_the_way, "/officer", _pressed("The map as a list", then="Yard")),
        ("words", written, "/officer", _pressed("The back door is open", then="Armed")),
        ("log", on_the_way, "/officer", _pressed("Log", then="The picture is live")),
        ("sound-only", on_the_way, "/officer", _pressed("Sound only")),
        ("nothing-yet", dark, "/officer", shows("The picture comes by itself.")),
        ("files", with_files, "/officer", _pressed("From the caller", then="Clip from the caller")),
        ("talk", with_talk, "/officer", _live),
        ("drone", _sky, "/officer", _live),
        ("menu", assigned, "/officer", _pressed("Menu", then="Log out")),
        ("lost", assigned, "/officer", _lost),
        ("locked", assigned, "/officer", _locked),
        ("care", unseen, "/care", shows("Nothing yet.")),
    )
}
