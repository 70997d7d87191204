"""A caller and a dispatcher talk in real Chromium against the real service: one call from end to end."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa import caller
from tests.pwa.caller import Phones
from tests.pwa.service import PASSWORD, Dispatcher, Service
from tests.pwa.visits import axe

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHOTS = os.environ.get("SIGHTLINE_SHOTS")  # a folder, for whoever wants to look

# The fake camera as it is, or as it would be in the dark: the stream that the page gets is a canvas of it.
DARK = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const source = document.createElement('video');
  source.muted = true;
  source.srcObject = await open(wanted);
  await source.play();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [640, 480];
  const paper = canvas.getContext('2d');
  window.light = 1;
  setInterval(() => {
    paper.globalAlpha = 1;
    paper.fillStyle = '#000';
    paper.fillRect(0, 0, 640, 480);
    paper.globalAlpha = window.light;
    paper.drawImage(source, 0, 0, 640, 480);
  }, 50);
  return canvas.captureStream(20);
};
"""


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def console(browser: Browser, service: Service, incident: str) -> Page:
    """Dana's, with this incident in front."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"{service.url}/signin")
    await page.get_by_label("Name").fill("dana")
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console**")
    await page.goto(f"{service.url}/console#{incident}")
    return page


async def test_a_call_in_which_they_talk(
    browser: Browser, phones: Phones, dispatcher: Dispatcher, service: Service
) -> None:
    link = dispatcher.issue_link(dispatcher.open_incident())
    phone = await phones.new(script=DARK, size=caller.SMALL, language="es-ES")
    await caller.open_link(phone, link)
    await caller.press_share(phone)
    desk = await console(browser, service, link.incident)
    panel = desk.locator(".talk-panel")
    await expect(panel.locator("h2")).to_contain_text("reads Spanish")

    # a question by one press, answered by one press
    await panel.get_by_role("button", name="Ask", exact=True).click()
    await shot(desk, "desk-questions")
    await panel.get_by_role("button", name="Does anybody have a weapon?").click()
    asked = phone.locator(".asked")
    await expect(asked).to_be_visible()
    await shot(phone, "phone-question")
    assert await axe(phone) == []
    yes = asked.get_by_role("button").first
    box = await yes.bounding_box()
    assert box is not None
    assert box["height"] >= 56
    await yes.click()
    await expect(panel.locator(".from-caller").last).to_contain_text("Yes")
    await expect(asked).to_be_hidden()

    # words both ways, each as it was written
    await phone.locator(".write").click()
    field = phone.locator(".talk textarea")
    await field.fill("Está en la cocina")
    await field.press("Enter")
    await expect(panel.locator(".from-caller").last).to_contain_text("Está en la cocina")
    await desk.keyboard.press("Escape")
    await desk.keyboard.press("t")
    await desk.keyboard.type("Stay where you are")
    await desk.keyboard.press("Enter")
    await expect(phone.locator(".messages")).to_contain_text("Stay where you are")
    await expect(panel.locator(".from-desk").last).to_contain_text("Read")
    await shot(phone, "phone-messages")
    await shot(desk, "desk-words")
    assert await axe(phone) == []
    assert await axe(desk) == []

    # a reload midway: the history comes back, once
    await phone.reload()
    await caller.reaches(phone, "sharing")
    await phone.locator(".write").click()
    await expect(phone.locator(".messages li:not(.seen)")).to_have_count(4)
    await phone.locator(".talk .close").click()

    # guidance, seen and answered
    await panel.get_by_role("button", name="Show", exact=True).click()
    await panel.get_by_role("button", name="Show the front door").click()
    told = phone.locator('.told[data-kind="guide"]')
    await expect(told.locator("svg.pictogram")).to_be_visible()
    await shot(phone, "phone-guidance")
    assert await axe(phone) == []
    await told.get_by_role("button").first.click()
    await expect(told).to_be_hidden()
    await expect(panel.locator(".from-caller").last).to_contain_text("OK")

    # in the dark the phone says so, to the caller alone
    await phone.evaluate("window.light = 0.08")
    hint = phone.locator('.told[data-kind="hint"]')
    await expect(hint).to_be_visible(timeout=40_000)
    await shot(phone, "phone-hint")
    await phone.evaluate("window.light = 1")
    await expect(hint).to_be_hidden(timeout=40_000)
    actions = dispatcher.actions(link.incident)
    assert (actions.count("talk.say"), actions.count("caller.say")) == (3, 3)

    # it ends with the call
    dispatcher.close_incident(link.incident)
    await caller.reaches(phone, "ended")
    await expect(desk.locator("#talk-field")).to_have_count(0)
    await desk.close()
