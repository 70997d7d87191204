"""One call for a benchmark: our own pages in real Chromium, a caller's and the console that shows it.

The pages note what happens to the picture, by scripts that are put into them before their own run.
"""

import contextlib
from collections.abc import AsyncIterator

import msgspec
from playwright.async_api import Browser, Page

from tests.pwa.caller import PLACE, open_link, press_share
from tests.pwa.service import PASSWORD, Dispatcher, Issued, Service

PATIENCE_S = 60.0

# When each frame on the screen was received and shown, in ms since 1970; and the connections that were made.
NOTES = """
window.shown = [];
window.peers = [];
const seen = new WeakSet();
setInterval(() => {
  for (const video of document.querySelectorAll("video")) {
    if (seen.has(video)) continue;
    seen.add(video);
    const next = (now, {receiveTime}) => {
      const at = performance.timeOrigin;
      window.shown.push([at + (receiveTime ?? now), at + performance.now()]);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }
}, 20);
const Plain = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Plain {
  constructor(config) { super(config); window.peers.push(this); }
};
"""
# The RTP timestamp of every encoded frame that is sent or received, before and after the network.
FRAMES = """
window.encoded = [];
const Noting = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Noting {
  constructor(config) { super({...config, encodedInsertableStreams: true}); }
  addTransceiver(what, init) {
    const made = super.addTransceiver(what, init);
    const end = init?.direction === "recvonly" ? made.receiver : made.sender;
    const {readable, writable} = end.createEncodedStreams();
    const note = new TransformStream({transform(frame, out) {
      window.encoded.push([performance.timeOrigin + performance.now(), frame.timestamp]);
      out.enqueue(frame);
    }});
    readable.pipeThrough(note).pipeTo(writable);
    return made;
  }
};
"""


class Call(msgspec.Struct, frozen=True):
    """One caller who shares, one console that shows it."""

    service: Service
    dispatcher: Dispatcher
    issued: Issued
    caller: Page
    console: Page


async def _sign_in(page: Page, service: Service) -> None:
    await page.goto(f"{service.url}/signin")
    await page.locator("input[name=username]").fill("dana")
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console*")


@contextlib.asynccontextmanager
async def calling(service: Service, desk: Browser, phones: Browser, *scripts: str) -> AsyncIterator[Call]:
    """A call whose picture is on the console."""
    service.add_person("dana", "dispatcher")
    service.start()
    dispatcher = Dispatcher(service, "dana")
    desk_context = await desk.new_context(viewport={"width": 1440, "height": 900})
    phone_context = await phones.new_context(
        viewport={"width": 390, "height": 844},
        permissions=["camera", "geolocation"],
        geolocation=PLACE,
    )
    try:
        issued = dispatcher.issue_link(dispatcher.open_incident())
        console, caller = await desk_context.new_page(), await phone_context.new_page()
        await _sign_in(console, service)
        for page in (console, caller):
            for script in scripts:
                await page.add_init_script(script)
        await console.goto(f"{service.url}/console#{issued.incident}")
        await console.reload()  # the address alone would not load it anew, and the scripts with it
        await console.locator(".link .standing").wait_for()
        await open_link(caller, issued)
        await press_share(caller)
        await console.wait_for_function("() => window.shown.length > 40", timeout=PATIENCE_S * 1000)
        yield Call(service, dispatcher, issued, caller, console)
    finally:
        for context in (desk_context, phone_context):
            await context.close()
        dispatcher.close()
        service.kill()
