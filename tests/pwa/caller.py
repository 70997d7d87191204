"""A caller's phone: the built page in Chromium, and the ways to bring it into each of its states."""

from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Geolocation, Page, Route

from tests.chromium import BARE
from tests.pwa.service import Issued

CHROMIUM = [
    *BARE,
    "--use-fake-device-for-media-stream=device-count=2",
    "--use-fake-ui-for-media-stream",
]
PLACE: Geolocation = {"latitude": 42.3223, "longitude": -83.1763, "accuracy": 12}
SMALL = (320, 568)

# What a phone may do differently; each is put into the page before its own script runs.
REFUSES_CAMERA = (
    "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
)
NEVER_ANSWERS = "navigator.mediaDevices.getUserMedia = () => new Promise(() => {});"
REFUSES_PLACE = """
const no = {code: 1, PERMISSION_DENIED: 1, message: 'no'};
navigator.geolocation.watchPosition = (_, failed) => { setTimeout(() => failed(no)); return 1; };
navigator.geolocation.getCurrentPosition = (_, failed) => { setTimeout(() => failed(no)); };
"""
REMEMBERS_TRACKS = """
window.tracks = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  window.tracks.push(...stream.getTracks());
  window.wanted = wanted;
  return stream;
};
"""
# While `blocked` is true no candidate of the server can be reached: UDP and TCP are shut, HTTPS is not.
BLOCKS_WEBRTC = r"""
window.blocked = true;
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
  if (!window.top.blocked) return set.call(this, answer);
  const sdp = answer.sdp.replace(/(a=candidate:(?:\S+ ){4})\S+ \d+/g, '$1192.0.2.1 9');
  return set.call(this, {type: answer.type, sdp});
};
"""

Scheme = Literal["light", "dark"]


class Phones:
    """Makes phones, and puts them away."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    async def new(
        self,
        *,
        size: tuple[int, int] = (390, 844),
        language: str = "en-US",
        scheme: Scheme = "light",
        script: str = "",
        javascript: bool = True,
    ) -> Page:
        context = await self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme=scheme,
            geolocation=PLACE,
            permissions=["camera", "geolocation"],
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        if script:
            await context.add_init_script(script)
        return await context.new_page()

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()


async def reaches(page: Page, screen: str, timeout_s: float = 30) -> None:
    await page.wait_for_selector(f'main[data-screen="{screen}"]', timeout=timeout_s * 1000)


async def says(page: Page, words: str, timeout_s: float = 30) -> None:
    """Wait until the sentence at the top holds these words."""
    await page.locator("h1", has_text=words).wait_for(timeout=timeout_s * 1000)


async def open_link(page: Page, link: Issued) -> None:
    await page.goto(link.url)
    await reaches(page, "ask")


async def press_share(page: Page, *, place_only: bool = False) -> None:
    await page.click("button:not(.main)" if place_only else "button.main")


async def share(page: Page, link: Issued) -> None:
    """Open, press, and wait until the picture is seen."""
    await open_link(page, link)
    await press_share(page)
    await says(page, "can see your camera and where you are")


async def answer(page: Page, path: str, status: int, code: str) -> None:
    """From now on the server refuses this path."""

    async def refuse(route: Route) -> None:
        problem = {"type": f"/problems/{code}", "title": code, "status": status, "detail": ""}
        await route.fulfill(status=status, json=problem)

    await page.route(f"**{path}", refuse)


SUBSCRIBE = """async ({whep, bearer}) => {
  const pc = new RTCPeerConnection();
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  pc.addTransceiver('video', {direction: 'recvonly'});
  pc.ontrack = ({track}) => { video.srcObject = new MediaStream([track]); video.play(); };
  await pc.setLocalDescription(await pc.createOffer());
  const reply = await fetch(whep, {method: 'POST', body: pc.localDescription.sdp,
    headers: {Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/sdp'}});
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
  await pc.setRemoteDescription({type: 'answer', sdp: await reply.text()});
  window.pc?.close();
  window.pc = pc;
}"""

FRAMES = """async () => {
  let frames = 0;
  (await window.pc.getStats()).forEach(({type, framesDecoded}) => {
    if (type === 'inbound-rtp') frames += framesDecoded ?? 0;
  });
  return frames;
}"""


async def subscribe(page: Page, grant: dict[str, Any]) -> None:
    """Watch a feed from any page of the service, with nothing of ours but the two addresses."""
    await page.evaluate(SUBSCRIBE, grant)


async def frames(page: Page) -> int:
    """Decoded so far."""
    decoded: int = await page.evaluate(FRAMES)
    return decoded
