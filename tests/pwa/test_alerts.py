"""Alerts on an officer's open page, whether they reach the phone, and unanswered ones on the console."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.peers import until
from tests.pwa.agency import Agency, alert, incident, near, now, on_duty, position, unit
from tests.pwa.visits import APP, PHONE, axe, fits, in_every_light, smallest_target, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

HERE: dict[str, Any] = {
    "geolocation": {"latitude": 42.3168, "longitude": -83.1712, "accuracy": 9},
    "permissions": ["geolocation"],
    "has_touch": True,
}
# what was heard and felt
EARS = """
  window.tones = 0; window.felt = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
  navigator.vibrate = (pattern) => { window.felt.push(pattern); return true; };
"""
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


def officers(*numbers: int) -> Agency:
    agency = Agency(APP, role="officer")
    agency.units = [unit(1, "4B12", None, "Sam Reed")]
    agency.duty = on_duty("unt_1")
    for number in numbers:
        call = alert("unt_1", id=f"alr_{number:0>22}")
        agency.incidents[f"inc_{number}"] = sent(number, alerts=[call])
    return agency


def sent(number: int, **more: Any) -> dict[str, Any]:
    kinds = ("Break-in", "Fire", "Medical")
    return incident(number, type=kinds[number - 1], callback_number=None, unit_ids=["unt_1"], **more)


async def sound(page: Page) -> None:
    assert await fits(page)
    assert await smallest_target(page) >= 56
    assert await axe(page) == []


async def test_an_alert_rings_on_the_open_page_until_somebody_presses_it(browser: Browser) -> None:
    agency = officers()
    async with visiting(browser, agency, "/officer", size=PHONE, script=EARS, **HERE) as page:
        await expect(page.get_by_role("heading", name="No incident now")).to_be_visible()
        await page.get_by_role("heading", name="No incident now").click()  # a page may sound after a press
        made = sent(1, alerts=[alert("unt_1")])
        agency.incidents["inc_1"] = made
        await agency.tell({"type": "incident", "incident": made})
        call = page.get_by_role("button", name="4B12 is sent: Break-in")
        await expect(call).to_be_visible()
        await page.wait_for_function("() => tones >= 8 && felt.length >= 2")  # it rings again
        assert agency.asked_for("POST", f"/api/alerts/{made['alerts'][0]['id']}/acknowledge") == []
        await in_every_light(page, (PHONE, (320, 568), (844, 390)), sound)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await call.click()
        await expect(call).to_be_hidden()
        assert len(agency.asked_for("POST", f"/api/alerts/{made['alerts'][0]['id']}/acknowledge")) == 1
        heard = await page.evaluate("tones")
        await page.wait_for_timeout(2500)
        assert await page.evaluate("tones") == heard
        assert await page.evaluate("felt.at(-1)") == 0


async def test_opening_one_of_several_answers_that_one_only_and_again_when_the_network_is_back(
    browser: Browser,
) -> None:
    agency = officers(1, 2)
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.locator(".call")).to_have_count(2)
        await agency.lose()
        await page.get_by_role("link", name="Fire").click()
        await expect(page.locator(".call strong")).to_have_text(["4B12 is sent: Break-in"])
        agency.up = True
        await expect(page.get_by_text("Connection lost")).to_be_hidden()
        await until(lambda: agency.incidents["inc_2"]["alerts"][0]["acknowledged_at"], "the answer arrives")
        assert agency.incidents["inc_1"]["alerts"][0]["acknowledged_at"] is None


async def test_the_app_says_how_an_iphone_is_made_to_ring(browser: Browser) -> None:
    script = "delete window.PushManager"
    async with visiting(
        browser, officers(), "/officer", size=PHONE, script=script, user_agent=IPHONE, **HERE
    ) as page:
        card = page.get_by_role("region", name="Alerts on this phone")
        await expect(card).to_contain_text("Press Share, then Add to Home Screen")
        await expect(card).to_contain_text("press Turn on alerts")
        await in_every_light(page, (PHONE, (320, 568)), sound)


async def test_a_phone_that_blocks_alerts_says_so_and_where_to_allow_them(browser: Browser) -> None:
    script = 'Object.defineProperty(Notification, "permission", { get: () => "denied" })'
    async with visiting(browser, officers(), "/officer", size=PHONE, script=script, **HERE) as page:
        await expect(page.get_by_role("region", name="Alerts on this phone")).to_contain_text("Blocked:")
        await page.get_by_role("button", name="Menu").click()
        await expect(page.locator("#menu .notices")).to_contain_text("Allow notifications")


async def test_the_console_says_that_nobody_answers_and_sends_the_next_by_one_press(browser: Browser) -> None:
    agency = Agency(APP)
    agency.units = [unit(1, "4B12", near(300, 0), "Sam Reed"), unit(2, "4B15", near(900, -300), "Kim Ono")]
    silent = alert("unt_1", raised_at=now(seconds=21), silent_at=now(seconds=6), next_unit_id="unt_2")
    agency.incidents["inc_1"] = incident(1, position=position(), unit_ids=["unt_1"], alerts=[silent])
    async with visiting(browser, agency, "/console#inc_1") as page:
        said = page.get_by_role("region", name="Nobody has answered")
        await expect(said).to_contain_text("Nobody in 4B12 has answered for 2")
        await expect(page.get_by_role("navigation").get_by_text("No answer")).to_be_visible()
        await expect(page.get_by_text("No answer 2")).to_be_visible()

        async def fine(page: Page) -> None:
            assert await fits(page)
            assert await axe(page) == []

        await in_every_light(page, ((1440, 900), (1280, 800)), fine)
        await said.get_by_role("button", name="Send 4B15, 950 m").click()
        await expect(said.get_by_role("button")).to_have_count(0)
        asked = agency.asked_for("POST", "/api/incidents/inc_1/units")
        assert asked == [{"unit_id": "unt_2", "only_free": True}]
