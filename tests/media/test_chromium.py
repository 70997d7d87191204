"""Real Chromium on both sides of a real server: one page publishes by WHIP, another watches by WHEP."""

import socket

from playwright.async_api import Browser

from media.ports import FeedId
from media.stats import Drop
from media.tcp import Connection
from tests.media.pages import decoded, more_frames, page, video, without_udp
from tests.peers import Place, until


async def test_a_picture_goes_from_one_page_to_another_and_survives_a_reload(
    browser: Browser, place: Place
) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    assert await caller.evaluate("publish('caller-token')") == 201
    before = await more_frames(officer, 20)
    await caller.reload()
    assert await caller.evaluate("publish('caller-token')") == 201
    await more_frames(officer, before + 40)
    assert (await video(officer, "inbound-rtp"))["keyFramesDecoded"] >= 2
    await until(lambda: ("live", "fed_1") in place.listener.news[1:], "the second life is told")


async def test_the_picture_sharpens_within_seconds(browser: Browser, place: Place) -> None:
    caller = await page(browser, place)
    assert await caller.evaluate("publishNoise('caller-token')") == 201

    def bitrate() -> int:
        stats = place.sfu.feed_stats(FeedId("fed_1"))
        return stats.publisher.bitrate_bps if stats is not None and stats.publisher is not None else 0

    # it would stay at 300,000 without feedback
    await until(lambda: bitrate() > 1_200_000, "more than 1.2 Mbit/s arrive")
    # on a busy machine the first packets overtake the end of the handshake
    assert not set(place.sfu.drops) - {Drop.UNPLACED, Drop.SRTP_EARLY}


async def test_h264_goes_through_and_a_late_viewer_sees_it_at_once(browser: Browser, place: Place) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await caller.evaluate("publish('caller-token', {codec: 'video/H264', audio: false})") == 201
    await until(lambda: place.listener.news, "it is live")
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    await more_frames(officer, 10)
    codecs = {codec["id"]: codec["mimeType"] for codec in await officer.evaluate("stats('codec')")}
    assert codecs[(await video(officer, "inbound-rtp"))["codecId"]] == "video/H264"


async def test_a_restart_of_ice_keeps_the_picture(browser: Browser, place: Place) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await caller.evaluate("publish('caller-token')") == 201
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    await more_frames(officer, 5)
    before = set(place.sfu._sessions)
    for peer, token in ((caller, "caller-token"), (officer, "officer-token")):
        assert await peer.evaluate(f"restart('{token}')") == [200, True]
    sessions = place.sfu._sessions.values()
    await until(lambda: all(session.peer._old is None for session in sessions), "the new side is used")
    await more_frames(officer, await decoded(officer) + 20)
    for peer in (caller, officer):  # the old path carries frames while the new one is still checked
        await peer.wait_for_function("['connected', 'completed'].includes(pc.iceConnectionState)")
    # the same two sessions; a busy machine may be silent for a moment
    assert set(place.sfu._sessions) == before
    assert {news[0] for news in place.listener.news} <= {"live", "silent"}


async def test_sound_and_picture_are_played_in_step(browser: Browser, place: Place) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
    assert await caller.evaluate("publish('caller-token')") == 201
    await more_frames(officer, 20)
    for _ in range(100):
        tracks = await officer.evaluate("stats('inbound-rtp')")
        played = [track.get("estimatedPlayoutTimestamp") for track in tracks]
        if len(played) == 2 and all(played):
            break
        await officer.wait_for_timeout(100)
    assert abs(played[0] - played[1]) < 500  # ms; both are known only when sender reports came


async def test_a_page_whose_udp_is_swallowed_comes_by_tcp(browser: Browser, place: Place) -> None:
    caller, officer = await page(browser, place), await page(browser, place)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        await without_udp(officer, swallowed_by=hole.getsockname()[1])
        await without_udp(caller)
        assert await officer.evaluate("watch('officer-token', 'fed_1')") == 201
        assert await caller.evaluate("publish('caller-token')") == 201
        await more_frames(officer, 40)
    assert all(isinstance(s.peer._address, Connection) for s in place.sfu._sessions.values())
    await caller.close()
    # a connection that is only closed may come back within seconds: then it is silence and no goodbye
    await until(lambda: any(news[0] == "ended" for news in place.listener.news), "its end is noticed")
