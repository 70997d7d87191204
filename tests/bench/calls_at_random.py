"""What may happen to one call, drawn at random, and a caller who does what the page offers and nothing else.

The shares are set, not measured: networks and refusals more often than field studies of such links have them,
so that the rungs below video are tried.
"""

import contextlib
import random
import time
from typing import Protocol

import msgspec
from playwright.async_api import Browser, Page
from playwright.async_api import Error as PageError

from tests.pwa.caller import NEVER_ANSWERS, PLACE, REFUSES_CAMERA, REFUSES_PLACE
from tests.pwa.service import Issued

LASTS_S = 60.0  # a call, at the longest
LOOK_S = 0.25
WRITES_AFTER_S = 6.0  # whoever sees that nothing else goes
UPLOAD_BUTTON, UPLOAD_FIELD = ".files button", ".files input[type=file]"
WRITE_BUTTON, WORDS_FIELD = "button.write", "form.say textarea"
SEEN = frozenset({"video", "stills", "upload"})  # what a dispatcher has a picture of
KNOWN = SEEN | {"position", "words"}

NO_CAMERA = (
    "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));"
)
CAMERA_HELD = (
    "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'));"
)
# Nobody answers at these addresses (RFC 5737), by UDP or TCP.
WEBRTC_BLOCKED = """
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (description) {
  const sdp = description.sdp.replace(/(a=candidate:\\S+ \\d \\S+ \\d+ )\\S+/g, "$1192.0.2.1");
  return set.call(this, { type: description.type, sdp });
};
"""
# Each fault by itself, with how many in a hundred calls have it.
SCRIPTS = {
    "camera-refused": (2.5, REFUSES_CAMERA),
    "place-refused": (6.0, REFUSES_PLACE),
    "no-camera": (1.0, NO_CAMERA),
    "camera-held": (1.5, CAMERA_HELD),
    "camera-silent": (1.0, NEVER_ANSWERS),
    "webrtc-blocked": (6.0, WEBRTC_BLOCKED),
}
NETWORKS = {"3g": (30.0, 400, 400), "50-kbit": (6.0, 50, 600)}  # share, kbit/s, ms
GAP, RELOAD = 8.0, 8.0


class Plan(msgspec.Struct, frozen=True):
    """One call. Seconds are from the press."""

    faults: tuple[str, ...]
    scripts: tuple[str, ...]
    network: tuple[int, int] | None  # kbit/s and ms
    gap_s: tuple[float, float] | None  # when the radio is gone, and for how long
    reload_s: float | None


class Reached(msgspec.Struct, frozen=True):
    """What arrived at the desk."""

    what: frozenset[str]

    @property
    def seen(self) -> bool:
        return bool(self.what & SEEN)

    @property
    def known(self) -> bool:
        return bool(self.what & KNOWN)

    @property
    def best(self) -> str:
        """The highest of it."""
        order = ("video", "stills", "upload", "position", "words")
        return next((name for name in order if name in self.what), "nothing")


async def slowed(page: Page, kbit_s: float, latency_ms: float) -> None:
    """From now on this page's network, WebRTC's included, is no better than this."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("Network.enable")
    await tools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": latency_ms,
            "downloadThroughput": kbit_s * 125,
            "uploadThroughput": kbit_s * 125,
        },
    )


class Told(Protocol):
    """What has reached the desk (tests/bench/desk)."""

    def reached(self, incident: str) -> Reached: ...

    async def hears(self, within_s: float) -> None: ...


def plan(draw: random.Random) -> Plan:
    """The next call."""
    faults, scripts = [], []
    for name, (share, script) in SCRIPTS.items():
        if draw.random() * 100 < share:
            faults.append(name)
            scripts.append(script)
    network, at = None, draw.random() * 100
    for name, (share, kbit_s, latency_ms) in NETWORKS.items():
        if 0 <= at < share:
            faults.append(name)
            network = (kbit_s, latency_ms)
        at -= share
    gap = (draw.uniform(0, 4), draw.uniform(3, 15)) if draw.random() * 100 < GAP else None
    reload = draw.uniform(0, 4) if draw.random() * 100 < RELOAD else None
    faults += [name for name, is_so in (("gap", gap), ("reload", reload)) if is_so is not None]
    return Plan(tuple(faults), tuple(scripts), network, gap, reload)


async def call(browser: Browser, issued: Issued, desk: Told, plan: Plan, photo: str) -> Reached:
    """One caller, until there is a picture, or nothing more will come, or the time is over.

    `photo` is a file that this phone has; it is sent where the page asks for one.
    """
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, permissions=["camera", "geolocation"], geolocation=PLACE
    )
    try:
        for script in plan.scripts:
            await context.add_init_script(script)
        page = await context.new_page()
        if plan.network is not None:
            await slowed(page, *plan.network)
        await page.goto(issued.url, wait_until="commit", timeout=LASTS_S * 1000)
        await page.locator("button.main").click(timeout=LASTS_S * 1000)
        return await _share(page, issued, desk, plan, photo)
    finally:
        await context.close()


async def _share(page: Page, issued: Issued, desk: Told, plan: Plan, photo: str) -> Reached:
    """What comes after the press."""
    pressed, gave = time.monotonic(), False
    reload_s, gap = plan.reload_s, plan.gap_s
    back_s: float | None = None
    while True:
        await desk.hears(LOOK_S)
        passed, reached = time.monotonic() - pressed, desk.reached(issued.incident)
        waits = reload_s is not None or gap is not None or back_s is not None
        if (reached.seen and not waits) or passed > LASTS_S:
            return reached
        if gap is not None and passed >= gap[0]:
            await page.context.set_offline(True)
            back_s, gap = passed + gap[1], None
        if back_s is not None and passed >= back_s:
            await page.context.set_offline(False)
            back_s = None
        if reload_s is not None and passed >= reload_s and back_s is None:
            reload_s = None
            await page.reload(wait_until="commit", timeout=LASTS_S * 1000)
        with contextlib.suppress(PageError):  # it may be gone in the moment of the press
            gave = await _as_asked(page, photo, passed, gave)


async def _as_asked(page: Page, photo: str, passed: float, gave: bool) -> bool:
    """Press, choose and write what the page asks for. Returns whether a photo was given."""
    share = page.locator('main[data-screen="ask"] button.main')
    if await share.is_visible():
        await share.click(timeout=1000)
    if not gave and await page.locator(UPLOAD_BUTTON).is_visible():
        await page.locator(UPLOAD_FIELD).set_input_files(photo)
        return True
    if passed > WRITES_AFTER_S and await page.locator(WRITE_BUTTON).is_visible():
        await page.locator(WRITE_BUTTON).click(timeout=1000)
        await page.locator(WORDS_FIELD).fill("Two men at the back door", timeout=1000)
        await page.locator(WORDS_FIELD).press("Enter")
    return gave
