"""An owner is asked, really: Firefox, a push service, a press on what it shows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backend.house import House, settings
from tests.backend.lent import ASK, AT_THE_SHOP, lending, press
from tests.firefox import FIREFOX, Firefox
from tests.notifications.autopush import Autopush

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
PRESS = """
  [...Services.wm.getEnumerator("alert:alert")][0].document.getElementById("alertBox").click();
"""
OWNER = """
  const { gBrowser } = Services.wm.getMostRecentWindow("navigator:browser");
  return gBrowser.browsers.map((tab) => tab.currentURI.spec).find((url) => url.endsWith("/owner"));
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
        assert await firefox.until(OWNER, "the owner's page opens") == f"{house.url}/owner"
        async with house.parts.store.read() as tx:
            assert (await tx.asks.waiting())[0].reach == "push"
