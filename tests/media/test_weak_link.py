"""Two Chromium pages watch one feed, one behind a narrow link: it gets less, and the others lose nothing."""

import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media.downlink import KEYFRAME_EVERY_S
from media.ports import FeedId, FeedStats, Level, PublisherStats
from tests.chromium import BARE, PROGRAM
from tests.media.bottleneck import NarrowRelay
from tests.media.pages import decoded, more_frames, page
from tests.peers import Place, until

PICTURE_BPS = 800_000
ENCODING = {"maxBitrate": PICTURE_BPS, "scalabilityMode": "L1T3"}
ORDER = list(Level)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=PROGRAM,
            args=[*BARE, "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        await browser.close()


class Watch:
    """What the two viewers get; `weak` came first."""

    def __init__(self, place: Place, weak: Page, strong: Page) -> None:
        self.place, self.weak, self.strong = place, weak, strong

    @property
    def feed(self) -> FeedStats:
        stats = self.place.sfu.feed_stats(FeedId("fed_1"))
        assert stats is not None
        return stats

    @property
    def publisher(self) -> PublisherStats:
        assert self.feed.publisher is not None
        return self.feed.publisher

    @property
    def levels(self) -> list[Level]:
        """Of the weak one and of the strong one."""
        return [subscriber.level for subscriber in self.feed.subscribers]

    def told(self) -> list[Level]:
        weak = self.feed.subscribers[0].session
        return [level for session, level in self.place.listener.levels if session == weak]


async def test_a_weak_viewer_gets_less_and_nobody_else_does(browser: Browser, place: Place) -> None:
    caller, weak, strong = [await page(browser, place) for _ in range(3)]
    async with NarrowRelay(place.sfu.port) as relay:
        noise = {"fps": 20, "width": 480, "height": 270, "encoding": ENCODING}
        assert await caller.evaluate("noise => publishNoise('caller-token', noise)", noise) == 201
        assert await weak.evaluate(f"watch('officer-token', 'fed_1', {relay.port})") == 201
        assert await strong.evaluate("watch('officer-token', 'fed_1')") == 201
        watch = Watch(place, weak, strong)
        await more_frames(weak, 10)
        await more_frames(strong, 10)
        await until(lambda: watch.publisher.bitrate_bps > 0.7 * PICTURE_BPS, "the picture has its rate", 30.0)
        await until(lambda: watch.feed.subscribers[0].estimate_bps, "the weak one tells its estimate", 30.0)

        # Half of the picture fits: it moves on with fewer frames, or it is said that it does not.
        relay.narrow.rate_bps = 0.6 * PICTURE_BPS
        await until(lambda: watch.levels[0] is not Level.FULL, "the weak one goes down", 30.0)
        seen = await decoded(weak)
        for _ in range(200):
            if await decoded(weak) > seen + 10 or set(watch.told()) & {Level.KEYFRAMES, Level.STILLS}:
                break
            await weak.wait_for_timeout(100)
        else:
            raise AssertionError("it neither moved nor was said to stand still")

        # Nothing that moves fits: keyframes now and then, and it is said so.
        relay.narrow.rate_bps = 0.12 * PICTURE_BPS
        await until(
            lambda: ORDER.index(watch.levels[0]) >= 3, "the weak one gets no more than keyframes", 30.0
        )
        requests, since = watch.publisher.keyframe_requests, time.monotonic()
        seen, seen_strong = await decoded(weak), await decoded(strong)
        await more_frames(weak, seen, 60.0)  # one arrives
        await more_frames(strong, seen_strong + 100, 60.0)
        await until(lambda: watch.levels[1] is Level.FULL, "the strong one has all of it", 30.0)
        await until(
            lambda: watch.publisher.bitrate_bps > 0.7 * PICTURE_BPS, "the caller sends as before", 30.0
        )
        asked = watch.publisher.keyframe_requests - requests
        assert asked <= 2 + (time.monotonic() - since) / KEYFRAME_EVERY_S

        # Room again: it moves again, and that is told too.
        relay.narrow.rate_bps = None
        await until(lambda: ORDER.index(watch.levels[0]) < 3, "the weak one moves again", 90.0)
        seen = await decoded(weak)
        await more_frames(weak, seen + 20, 60.0)
        await until(lambda: watch.told()[-1] is watch.levels[0], "the level is told")
