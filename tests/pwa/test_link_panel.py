"""The console's link panel by keyboard: sent, sent on, shown, to a witness, for a call that ended."""

import pytest
from playwright.async_api import Browser, expect

from tests.pwa.agency import Agency, entry, incident, link, way
from tests.pwa.visits import APP, axe, fits, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINKS = "/api/incidents/inc_1/links"
NUMBER = "+13135550143"


async def test_a_link_goes_its_ways_before_the_dispatchers_eyes(browser: Browser) -> None:
    agency = Agency(APP)
    agency.incidents = {"inc_1": incident(1, callback_number=NUMBER, links=[])}
    agency.entries = {"inc_1": [entry(0, "incident.open")]}
    async with visiting(browser, agency, "/console#inc_1", size=(1280, 800)) as page:
        await expect(page.get_by_role("heading", name="Break-in")).to_be_visible()
        panel = page.get_by_role("region", name="Link", exact=True)

        # the common case: L, the number is there already, Enter
        await page.keyboard.press("l")
        await page.keyboard.press("Enter")
        await expect(panel.locator(".standing")).to_have_text("Queued")
        assert agency.asked_for("POST", LINKS) == [{"number": NUMBER, "kind": "live"}]

        # nobody opens it: it goes by e-mail, and then it is the dispatcher's turn
        both = {"email": "ann@example.com", "sender": "email"}
        ways = [way("sms", seconds=31), way("email", seconds=16)]
        await agency.change(links=[link(1, "sent", **both, ways=ways)])
        told = {"why": "not-opened", "way": "email"}
        await agency.record(entry(1, "link.next", actor="system", details=told))
        await expect(
            page.get_by_text("Nobody opened the link in 15 s: it goes by e-mail now")
        ).to_be_visible()
        await expect(panel.get_by_role("listitem").filter(has_text="E-mail sent")).to_be_visible()
        await agency.change(links=[link(1, "sent", **both, ways=ways, unreached=True)])
        await expect(panel.get_by_text("Read out a code or show the QR code")).to_be_visible()
        await expect(panel.locator(".standing")).to_have_text("Not opened")
        assert await axe(page) == []
        await (
            page.locator(".middle").get_by_role("button", name="Spoken code").click()
        )  # where it is said, too
        await expect(panel.get_by_text("482 913")).to_be_visible()
        await panel.get_by_role("button", name="Link and QR").click()
        await expect(panel.get_by_text("Hold it up to the camera of a phone")).to_be_visible()
        assert await axe(page) == []
        await agency.change(links=[link(1, "sharing", **both, ways=ways)])
        await expect(panel.locator(".standing")).to_have_text("Sharing")

        # a witness beside the caller, in words that tell a bystander nothing
        await panel.get_by_role("button", name="Link for a witness").click()
        number = panel.get_by_label("Witness's number")
        await expect(number).to_be_focused()
        await expect(number).to_have_value("")
        await page.keyboard.type("313 555 0177")
        await panel.get_by_label("Their page").select_option("covert")
        await expect(panel.get_by_text("Your appointment is confirmed")).to_be_visible()
        await panel.get_by_role("radio", name="Photos and clips").check()
        assert await axe(page) == []
        await number.press("Enter")
        await expect(panel.get_by_text("Witness, covert")).to_be_visible()
        assert agency.asked_for("POST", LINKS)[-1] == {
            "number": "313 555 0177",
            "kind": "upload",
            "whom": "third-party",
            "manner": "covert",
        }
        await expect(panel.locator(".standing")).to_have_text(["Sharing", "Queued"])  # the caller's in front

        # a call that ended: E, its number, Enter
        await page.keyboard.press("Escape")
        await page.keyboard.press("e")
        await page.keyboard.type("313 555 0188")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Hung-up call")).to_be_visible()
        await expect(panel.get_by_text("Call that ended")).to_be_visible()
        assert len(agency.asked_for("POST", "/api/hung-up")) == 1


async def test_a_link_is_shown_on_the_smallest_console(browser: Browser) -> None:
    agency = Agency(APP)
    agency.incidents = {"inc_1": incident(1, callback_number=None, links=[])}
    async with visiting(browser, agency, "/console#inc_1", size=(1024, 768), day=True) as page:
        panel = page.get_by_role("region", name="Link", exact=True)
        await panel.get_by_role("button", name="Show QR").click()
        assert agency.asked_for("POST", LINKS) == [{"kind": "live", "shown": True}]
        await expect(panel.get_by_alt_text("QR code of the link")).to_be_visible()
        await expect(panel.get_by_text("On the screen only")).to_be_visible()
        assert await axe(page) == []
        assert await fits(page)


async def test_a_link_that_is_shown_is_texted_too_in_the_callers_language(browser: Browser) -> None:
    agency = Agency(APP)
    shown = {"number": None, "sender": "console", "ways": [way("qr", seconds=20)]}
    agency.incidents = {"inc_1": incident(1, callback_number=None, links=[link(1, "sent", **shown)])}
    async with visiting(browser, agency, "/console#inc_1", size=(1280, 800)) as page:
        panel = page.get_by_role("region", name="Link", exact=True)
        await panel.get_by_role("button", name="Send it also to…").click()
        number = panel.get_by_label("Number")
        await expect(number).to_be_focused()
        await page.keyboard.type("313 555 0177")
        language = panel.get_by_label("Language of the text")
        await expect(language).to_have_value("en")
        await language.select_option("Ukrainian")
        assert await axe(page) == []
        await number.press("Enter")
        await expect(panel.get_by_role("form", name="Send this link also to")).to_have_count(0)
        body = {"number": "313 555 0177", "language": "uk"}
        assert agency.asked_for("POST", "/api/links/lnk_1/also") == [body]
        await agency.record(entry(1, "link.also", details={"way": "sms", **body, "number": NUMBER}))
        await expect(page.get_by_text("sent the link also to +1 313 555 0143, in Ukrainian")).to_be_visible()
        # there is a number now, and an address may still come
        await agency.change(links=[link(1, "sent", ways=[way("sms", seconds=3)], language="uk")])
        await panel.get_by_role("button", name="Send it also to…").click()
        await expect(panel.get_by_label("Number")).to_have_count(0)
        await panel.get_by_label("E-mail").fill("ann@example.com")
        await panel.get_by_label("E-mail").press("Enter")
        await expect(panel.get_by_role("form", name="Send this link also to")).to_have_count(0)
        assert agency.asked_for("POST", "/api/links/lnk_1/also")[-1] == {"email": "ann@example.com"}
        await agency.change(links=[link(1, "sent", email="ann@example.com")])
        await expect(panel.get_by_role("button", name="Send it also to…")).to_have_count(0)


async def test_a_text_is_written_in_a_language_by_one_choice(browser: Browser) -> None:
    agency = Agency(APP)
    agency.incidents = {"inc_1": incident(1, callback_number=NUMBER, links=[])}
    async with visiting(browser, agency, "/console#inc_1", size=(1280, 800)) as page:
        panel = page.get_by_role("region", name="Link", exact=True)
        await panel.get_by_label("Language of the text").select_option("Spanish")
        await panel.get_by_label("Their page").select_option("silent")
        await expect(panel.get_by_text("Su cita queda confirmada")).to_be_visible()
        await expect(panel.get_by_text("That is: “Your appointment is confirmed.")).to_be_visible()
        assert await axe(page) == []
        await panel.get_by_role("button", name="Text the link").click()
        assert agency.asked_for("POST", LINKS) == [
            {"number": NUMBER, "kind": "live", "manner": "silent", "language": "es"}
        ]
        # an incident whose link is texted at once
        new = page.get_by_role("form", name="New incident")
        await new.get_by_label("Type of incident").select_option("Fire")
        await new.get_by_label("Caller's number").fill("313 555 0188")
        await new.get_by_label("Language of the text").select_option("Ukrainian")
        assert await fits(page)
        await new.get_by_label("Caller's number").press("Enter")
        await expect(new.get_by_label("Language of the text")).to_have_value("en")
        assert agency.asked_for("POST", "/api/incidents/inc_2/links") == [
            {"number": "313 555 0188", "kind": "live", "language": "uk"}
        ]
