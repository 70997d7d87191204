"""A page that is a peer: publishes by WHIP or watches by WHEP, and says what it decodes."""

from typing import Any

from playwright.async_api import Browser, Page

from tests.peers import Place

PAGE = r"""<!doctype html><title>peer</title><video id=v autoplay muted playsinline></video><script>
async function speak(pc, path, token) {
  await pc.setLocalDescription(await pc.createOffer());
  const r = await fetch(path, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: 'Bearer ' + token}});
  if (r.status !== 201) throw new Error(r.status + ' ' + await r.text());
  window.session = r.headers.get('Location'); window.etag = r.headers.get('ETag');
  let sdp = await r.text();
  if (window.relay) {
    sdp = sdp.replace(/^a=candidate:.* tcp .*\r\n/gmi, '')
      .replace(/^a=candidate:(\S+ \d udp \d+ \S+) \d+/gmi, `a=candidate:$1 ${window.relay}`);
  }
  await pc.setRemoteDescription({type: 'answer', sdp});
  return r.status;
}
async function publish(token, {codec = null, audio = true, width = 1280, height = 720, encoding = {}} = {}) {
  const pc = window.pc = new RTCPeerConnection();
  const media = await navigator.mediaDevices.getUserMedia({video: {width, height}, audio});
  document.getElementById('v').srcObject = media;
  for (const track of media.getTracks()) {
    const sendEncodings = [track.kind === 'video' ? encoding : {}];
    const t = pc.addTransceiver(track, {direction: 'sendonly', streams: [media], sendEncodings});
    if (codec && track.kind === 'video') {
      t.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(c => c.mimeType === codec));
    }
  }
  return speak(pc, '/whip', token);
}
// what no encoder can make small
async function publishNoise(token, {fps = 20, width = 1280, height = 720, encoding = {}} = {}) {
  const pc = window.pc = new RTCPeerConnection();
  const canvas = document.createElement('canvas'); canvas.width = width; canvas.height = height;
  const ctx = canvas.getContext('2d'), image = ctx.createImageData(width, height);
  for (let i = 0; i < image.data.length; i++) image.data[i] = Math.random() * 255;
  setInterval(() => ctx.putImageData(image, -Math.random() * 200, -Math.random() * 200), 1000 / fps);
  const [track] = canvas.captureStream(fps).getTracks();
  pc.addTransceiver(track, {direction: 'sendonly', sendEncodings: [encoding]});
  return speak(pc, '/whip', token);
}
async function restart(token) {          // ICE restart by PATCH, RFC 9725 section 4.3.3
  const pc = window.pc, before = pc.remoteDescription.sdp;
  await pc.setLocalDescription(await pc.createOffer({iceRestart: true}));
  const ours = pc.localDescription.sdp;
  const fragment = ['ice-ufrag', 'ice-pwd'].map(n => ours.match(new RegExp(`a=${n}:.*`))[0]).join('\r\n');
  const r = await fetch(window.session, {method: 'PATCH', body: fragment + '\r\n', headers: {
    'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*', Authorization: 'Bearer ' + token}});
  const theirs = await r.text();
  let sdp = before;
  for (const n of ['ice-ufrag', 'ice-pwd']) {
    sdp = sdp.replace(new RegExp(`a=${n}:.*`, 'g'), theirs.match(new RegExp(`a=${n}:.*`))[0].trim());
  }
  await pc.setRemoteDescription({type: 'answer', sdp});
  return [r.status, window.etag !== r.headers.get('ETag')];
}
async function watch(token, feed, port = null) {   // port: of a relay that stands before the engine
  window.relay = port;
  const pc = window.pc = new RTCPeerConnection();
  pc.addTransceiver('video', {direction: 'recvonly'}); pc.addTransceiver('audio', {direction: 'recvonly'});
  const media = new MediaStream();
  pc.ontrack = e => { media.addTrack(e.track); document.getElementById('v').srcObject = media; };
  return speak(pc, '/whep/' + feed, token);
}
async function stats(type) {
  const all = []; (await window.pc.getStats()).forEach(s => { if (s.type === type) all.push(s); });
  return all;
}
async function frames() {
  const s = (await stats('inbound-rtp')).find(s => s.kind === 'video'); return s ? s.framesDecoded ?? 0 : 0;
}
</script>"""


async def page(browser: Browser, place: Place) -> Page:
    asks = browser.browser_type.name == "chromium"  # the others know no such permissions
    context = await browser.new_context(permissions=["camera", "microphone"] if asks else [])
    page = await context.new_page()
    await page.goto(place.url)
    return page


async def without_udp(page: Page, swallowed_by: int | None = None) -> None:
    """As on a network that lets no UDP through.

    The page hears of our TCP candidates only; or of both, and its UDP goes to a port that never answers.
    """
    await page.evaluate(
        r"""hole => {
        const set = RTCPeerConnection.prototype.setRemoteDescription;
        RTCPeerConnection.prototype.setRemoteDescription = function ({type, sdp}) {
            const there = hole === null ? sdp.replace(/a=candidate:.* udp .*\r\n/g, '')
                : sdp.replace(/( udp \d+ \S+) \d+ /g, `$1 ${hole} `);
            return set.call(this, {type, sdp: there});
        };
    }""",
        swallowed_by,
    )


async def decoded(page: Page) -> int:
    return int(await page.evaluate("frames()"))


async def more_frames(page: Page, than: int, timeout_s: float = 20.0) -> int:
    for _ in range(int(timeout_s / 0.1)):
        count = await decoded(page)
        if count > than:
            return count
        await page.wait_for_timeout(100)
    raise AssertionError(f"no more than {than} frames were decoded")


async def video(page: Page, type_: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = await page.evaluate(f"stats('{type_}')")
    return next(s for s in found if s["kind"] == "video")
