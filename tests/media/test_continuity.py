"""Real Chromium: whatever a publisher changes, who watches goes on in the same session."""

import pytest
from playwright.async_api import Browser, Page

from media.ports import FeedId
from media.publisher import Publisher
from media.rtp import Kind
from tests.media.pages import decoded, more_frames, page, video
from tests.peers import Place, until

CHANGE_CODEC = """async mimeType => {
  const sender = pc.getSenders().find(sender => sender.track.kind === 'video');
  const parameters = sender.getParameters();
  [parameters.encodings[0].codec] = RTCRtpSender.getCapabilities('video').codecs
    .filter(codec => codec.mimeType === mimeType);
  await sender.setParameters(parameters);
}"""
CHANGE_CAMERA = """async () => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width: 320, height: 240}});
  await pc.getSenders().find(s => s.track.kind === 'video').replaceTrack(media.getVideoTracks()[0]);
}"""


async def shows(officer: Page, codec: str) -> None:
    """Ten more frames, the newest of them in this codec."""
    await more_frames(officer, await decoded(officer) + 10)
    for _ in range(200):
        codecs = {each["id"]: each["mimeType"] for each in await officer.evaluate("stats('codec')")}
        if codecs.get((await video(officer, "inbound-rtp")).get("codecId")) == codec:
            break
        await officer.wait_for_timeout(100)
    else:
        raise AssertionError(f"never shown in {codec}")
    await more_frames(officer, await decoded(officer) + 10)


async def test_a_change_of_codec_camera_and_session_keeps_the_viewers_connection(
    browser: Browser, place: Place
) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    session = await officer.evaluate("session")
    assert await caller.evaluate("publish('caller-token', {codec: null, audio: false})") == 201
    await shows(officer, "video/VP8")
    ssrc = (await video(officer, "inbound-rtp"))["ssrc"]

    await caller.evaluate(CHANGE_CODEC, "video/H264")
    await shows(officer, "video/H264")
    await caller.evaluate(CHANGE_CAMERA)
    for _ in range(200):
        if (await video(officer, "inbound-rtp")).get("frameHeight", 0) <= 240:
            break
        await officer.wait_for_timeout(100)
    await shows(officer, "video/H264")

    await caller.reload()
    assert await caller.evaluate("publish('caller-token', {codec: 'video/VP9', audio: false})") == 201
    await shows(officer, "video/VP9")
    assert (await video(officer, "inbound-rtp"))["ssrc"] == ssrc
    assert await officer.evaluate("session") == session
    assert await officer.evaluate("pc.connectionState") == "connected"
    assert not any(news[0] == "subscriber ended" for news in place.listener.news)


async def test_a_late_viewer_of_a_camera_that_sends_no_keyframe_when_asked_sees_it_and_live(
    browser: Browser, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await caller.evaluate("publish('caller-token', {audio: false})") == 201
    await until(lambda: place.listener.news, "it is live")
    monkeypatch.setattr(Publisher, "ask_for_keyframe", lambda self: None)  # what such a camera makes of it
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    await more_frames(officer, 60)
    seen = await video(officer, "inbound-rtp")
    assert seen["keyFramesDecoded"] == 1
    feed = place.sfu.feed_stats(FeedId("fed_1"))
    assert feed is not None
    assert feed.keyframe_requests >= 3

    async def behind() -> float:
        """Seconds that a frame waits in the player now."""
        first = await video(officer, "inbound-rtp")
        await more_frames(officer, first["framesDecoded"] + 20)
        last = await video(officer, "inbound-rtp")
        waited = last["jitterBufferDelay"] - first["jitterBufferDelay"]
        return float(waited / (last["jitterBufferEmittedCount"] - first["jitterBufferEmittedCount"]))

    for _ in range(20):
        if await behind() < 0.5:
            break
    else:
        raise AssertionError("the player lags for ever")


async def test_speech_comes_wrapped_and_is_asked_for_again(browser: Browser, place: Place) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    assert await caller.evaluate("publish('caller-token')") == 201
    await more_frames(officer, 5)
    publisher = place.sfu._feeds[FeedId("fed_1")].publisher
    assert publisher is not None
    lost = [0, 0]
    receive = publisher._take_red

    def lose(codec: object, inner: int, header: object, now: float) -> None:
        lost[0] += 1
        if lost[0] % 4 == 0:  # one of four, and whatever is in it
            lost[1] += 1
        else:
            receive(codec, inner, header, now)  # type: ignore[arg-type]

    publisher._take_red = lose  # type: ignore[method-assign]
    await until(lambda: lost[1] > 20, "some are lost")
    track = publisher._tracks[Kind.AUDIO]
    await until(lambda: track.repaired > 15, "and mended from the next")
    assert publisher.rtt_s is not None
    heard = next(s for s in await officer.evaluate("stats('inbound-rtp')") if s["kind"] == "audio")
    assert heard["packetsReceived"] > 0
    assert publisher.stats(0, 0.0).rtt_ms is not None
