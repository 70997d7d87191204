"""An owner is asked and an officer is sent, really: Firefox, a push service, a press on what it shows."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.backend.house import PASSWORD, House, Staff, settings
from tests.backend.lent import ASK, AT_THE_SHOP, lending, press
from tests.backend.test_units import press as press_status
from tests.firefox import FIREFOX, Firefox
from tests.notifications.autopush import Autopush
from tests.pwa.service import free_port

pytestmark = pytest.mark.skipif(not FIREFOX.exists(), reason=f"Firefox ESR is not installed at {FIREFOX}")

SUBSCRIBE = """
  await navigator.serviceWorker.register("/sw.js");
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: KEY,
  });
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, ...keys };
"""
ALERT = """
  const [shown] = [...Services.wm.getEnumerator("alert:alert")];
  const title = shown?.document.getElementById("alertTitleLabel")?.getAttribute("value");
  return title ? [title, shown.document.getElementById("alertTextLabel").textContent] : null;
"""
ANSWERED = """
  const shown = [...Services.wm.getEnumerator("alert:alert")].map(({ document }) => [
    document.getElementById("alertTitleLabel")?.getAttribute("value"),
    document.getElementById("alertTextLabel")?.textContent,
  ]);
  return shown.length === 1 && shown[0][0] === "Answered" ? shown[0] : null;
"""
GONE = """
  return [...Services.wm.getEnumerator("alert:alert")].length === 0;
"""
PRESS = """
  [...Services.wm.getEnumerator("alert:alert")][0].document.getElementById("alertBox").click();
"""
OPEN = """
  const { gBrowser } = Services.wm.getMostRecentWindow("navigator:browser");
  return gBrowser.browsers.map((tab) => tab.currentURI.spec).find((url) => url.includes("PAGE"));
"""
CLOSE = """
  const { gBrowser } = Services.wm.getMostRecentWindow("navigator:browser");
  for (const tab of [...gBrowser.tabs])
    if (tab.linkedBrowser.currentURI.spec.includes("/officer")) gBrowser.removeTab(tab);
"""


@pytest.fixture
async def service() -> AsyncIterator[Autopush]:
    async with Autopush() as service:
        yield service


@pytest.fixture
async def firefox(tmp_path: Path, service: Autopush) -> AsyncIterator[Firefox]:
    folder = tmp_path / "profile"
    folder.mkdir()
    async with Firefox(folder, service.preferences) as firefox:
        yield firefox


async def test_an_owner_is_shown_the_question_and_a_press_on_it_opens_their_page(
    firefox: Firefox, service: Autopush, folder: Path
) -> None:
    async with House(settings(folder, push_services=(service.origin,))) as house:
        lent, dana = await lending(house), await house.staff("dana")
        ola = await lent.signed_in()
        await firefox.open(f"{house.url}/signin")
        key = (await ola.get("/api/push/key"))["key"]
        await ola.post("/api/push", await firefox.run(SUBSCRIBE.replace("KEY", f'"{key}"')))
        await firefox.open("about:blank")  # no page of ours is open: the browser is woken
        camera, incident = await lent.camera(level=ASK), await dana.open(**AT_THE_SHOP)
        await press(dana, incident, camera)
        title, text = await firefox.until(ALERT, "the browser shows the question")
        assert title == "May 911 see one of your cameras?"
        assert text.startswith("Answer within ")
        assert "Front door" not in title + text
        assert service.posts[0][0]["urgency"] == "high"
        await firefox.chrome(PRESS)
        assert (
            await firefox.until(OPEN.replace("PAGE", "/owner"), "the owner's page opens")
            == f"{house.url}/owner"
        )
        async with house.parts.store.read() as tx:
            assert (await tx.asks.waiting())[0].reach == "push"


async def test_an_officer_turns_alerts_on_is_sent_with_the_app_closed_and_a_press_opens_the_incident(
    firefox: Firefox, service: Autopush, folder: Path
) -> None:
    port = free_port(socket.SOCK_STREAM)
    url = f"http://127.0.0.1:{port}"
    config = settings(folder, port=port, public_url=url, push_services=(service.origin,))
    async with House(config) as house:
        dana = await house.staff("dana")
        await firefox.sign_in(house.url, "sam", PASSWORD)
        await firefox.open(f"{house.url}/officer")
        await firefox.press("Turn on alerts")
        await firefox.says("On: this phone tells you when you are sent")
        await firefox.press("Send a test alert")
        assert (await firefox.until(ALERT, "the test is shown"))[0] == "Alerts reach this phone"
        await firefox.says("It came.")
        await firefox.chrome(PRESS)
        await firefox.until(GONE, "the test is put away")
        await firefox.open("about:blank")  # the app is closed

        # one that rings and is over before anybody presses it
        (unit,) = [one for one in await units(dana) if one["call_sign"] == "Unit 12"]
        by_radio = await dana.open()
        sent = await dana.post(f"/api/incidents/{by_radio['id']}/units", {"unit_id": unit["id"]})
        await firefox.until(ALERT, "it is shown")
        await press_status(dana, sent["responses"][0], "en-route")
        said = await firefox.until(ANSWERED, "the notification says that it was answered")
        assert said == ["Answered", "Somebody has answered this alert for your unit."]
        rang, quiet = (headers for headers, _ in service.posts[-2:])
        assert (quiet["urgency"], quiet["topic"]) == ("normal", rang["topic"])
        await firefox.chrome(PRESS)  # opens the app, and answers nothing
        await firefox.until(OPEN.replace("PAGE", "/officer"), "the app opens")
        await dana.post(f"/api/incidents/{by_radio['id']}/close")
        await firefox.chrome(CLOSE)

        incident = await dana.open(words="Man with a knife at Main Street 12")
        path = f"/api/incidents/{incident['id']}/units"
        alert = (await dana.post(path, {"unit_id": unit["id"]}))["alerts"][0]
        shown = await firefox.until(ALERT, "the alert is shown")
        assert shown == ["You are being sent", "Press to see where. Pressing says that you have seen it."]
        assert (await dana.see(incident))["alerts"][0]["acknowledged_at"] is None
        assert {name: service.posts[-1][0][name] for name in ("urgency", "ttl")} in (
            {"urgency": "high", "ttl": ttl} for ttl in ("118", "119", "120")
        )
        assert await seen_by(dana, firefox) == "Sam Ortiz"
        opened = await firefox.until(OPEN.replace("PAGE", incident["id"]), "the app opens at the incident")
        assert opened == f"{house.url}/officer#{incident['id']}"

        # and once more, with the app open: it is brought to the front, and acknowledges
        await dana.delete(f"{path}/{unit['id']}")
        other = await dana.open(type="Fire")
        await dana.post(f"/api/incidents/{other['id']}/units", {"unit_id": unit["id"]})
        await firefox.until(ALERT, "the next alert is shown")
        assert await seen_by(dana, firefox) == "Sam Ortiz"
        await firefox.until(OPEN.replace("PAGE", other["id"]), "the app shows the next incident")
        entries = await house.entries("unit.acknowledge")
        assert [(one.incident_id, one.details["how"]) for one in entries] == [
            (by_radio["id"], "status"),
            (incident["id"], "opened"),
            (other["id"], "opened"),
        ]
        assert alert["id"] not in str(service.posts)  # what the push service saw is sealed


async def seen_by(dana: Staff, firefox: Firefox) -> str:
    """Who has acknowledged, once the notification is pressed."""

    def seen(event: Any) -> Any:
        alerts = event["incident"]["alerts"] if event["type"] == "incident" else []
        return alerts and alerts[0]["acknowledged_by"]

    async with dana.socket() as desk:
        await firefox.chrome(PRESS)
        return str(seen(await desk.until(seen)))


async def units(who: Staff) -> list[dict[str, str]]:
    async with who.socket() as events:
        return list(events.snapshot["units"])
