"""The pool over real media processes: what is told, what outlives whom, and who takes over."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from media import pool
from media.config import ProcessConfig, SfuConfig
from media.line import WAITING
from media.ports import (
    BadOffer,
    Closed,
    EndReason,
    FeedId,
    Full,
    Group,
    Holder,
    Level,
    NoSuchSession,
    Sfu,
)
from signaling.ports import Bearer
from signaling.sessions import Protocol, find, tag
from tests.peers import KEYS, AiortcPeer, Listener, Pool, until

FEED, OTHER = FeedId("fed_1"), FeedId("fed_2")
GROUP = Group("inc_1")
BEARER = Bearer("of-the-caller")
NEW_SIDE = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwxyz\r\n"
CALLER, OFFICER = Holder("caller"), Holder("officer")


class Engine:
    """One media process, killed and started by the test."""

    def __init__(self, folder: Path, index: int = 0) -> None:
        self.socket = folder / f"media-{index}.sock"
        self._config = ProcessConfig(
            sfu=SfuConfig(index=index, host="127.0.0.1"), control=str(self.socket), grants=KEYS
        )
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        argument = msgspec.json.encode(self._config).decode()
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media.process", argument)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        if self._process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        code = await self._process.wait()
        self._process = None
        return code


class Web:
    """What a web process has of the media: a pool and a listener."""

    def __init__(self, engines: list[Engine]) -> None:
        self.listener = Listener()
        self.pool = Pool([engine.socket for engine in engines], self.listener)

    async def __aenter__(self) -> "Web":
        await self.pool.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.stop()

    def crash(self) -> None:
        """No goodbye, nothing acknowledged."""
        for line in self.pool._lines:
            assert line._task is not None
            line._task.cancel()
        assert self.pool._delivering is not None
        self.pool._delivering.cancel()


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Callable[[int], Any]]:
    made: list[Engine] = []

    async def start(number: int) -> list[Engine]:
        folder = tmp_path / ("a" * 100)  # longer than a Unix socket's address may be
        folder.mkdir(exist_ok=True)
        made.extend(Engine(folder, index) for index in range(number))
        await asyncio.gather(*(engine.start() for engine in made))
        await until(lambda: all(engine.socket.exists() for engine in made), "they listen", 120)
        return made

    yield start
    for engine in made:
        await engine.end()


@pytest.fixture
async def peers() -> AsyncIterator[list[AiortcPeer]]:
    made: list[AiortcPeer] = []
    yield made
    await asyncio.gather(*(peer.close() for peer in made))


async def publish(sfu: Sfu, peers: list[AiortcPeer], feed: FeedId = FEED, told: str = "") -> Any:
    peer = AiortcPeer()
    peers.append(peer)
    offer = await peer.offer_to_send(audio=False)
    answer = await sfu.publish(feed, CALLER, offer, group=GROUP, tag=told)
    await peer.answered(answer.sdp)
    return answer


async def subscribe(sfu: Pool, peers: list[AiortcPeer], feed: FeedId = FEED, holder: Holder = OFFICER) -> Any:
    peer = AiortcPeer()
    peers.append(peer)
    offer = await peer.offer_to_receive(audio=False)
    answer = await sfu.subscribe(feed, holder, offer, group=GROUP)
    await peer.answered(answer.sdp)
    return answer


async def sees_more(peer: AiortcPeer) -> None:
    enough = peer.frames["video"] + 10
    await until(lambda: peer.frames["video"] >= enough, "frames arrive", 30)


async def lost(peer: AiortcPeer) -> int:
    """Packets that never arrived, by their numbers."""
    reports = (await peer.pc.getStats()).values()
    (inbound,) = [report for report in reports if report.type == "inbound-rtp"]
    assert inbound.packetsReceived > 20
    return int(inbound.packetsLost)


def home(pool: Pool) -> int:
    return pool._homes[GROUP].index


async def test_a_picture_goes_through_a_process_of_its_own(engines: Any, peers: list[AiortcPeer]) -> None:
    async with Web(await engines(1)) as web:
        assert isinstance(web.pool, Sfu)
        assert web.pool.listening
        published = await publish(web.pool, peers, told="whip:abc")
        seen = await subscribe(web.pool, peers)
        await sees_more(peers[1])
        await web.pool.limit(seen.session, Level.KEYFRAMES)
        with pytest.raises(NoSuchSession):
            await web.pool.limit(published.session, Level.KEYFRAMES)
        (stats,) = await web.pool.stats()
        assert stats.pid not in (0, os.getpid())
        assert stats.sessions == 2
        known = web.pool.session(published.session)
        assert known is not None
        assert (known.tag, known.etag, known.publishes) == ("whip:abc", published.etag, True)
        await web.pool.end_feed(FEED, EndReason.CLOSED)
        await until(lambda: len(web.listener.news) >= 3, "the ends are told")
        with pytest.raises(Closed):
            await publish(web.pool, peers)
        assert web.pool.session(published.session) is None
        with pytest.raises(NoSuchSession):
            await web.pool.restart_ice(published.session, "a=end-of-candidates\r\n")
    assert web.listener.news == [
        ("live", FEED),
        ("ended", FEED, "closed"),
        ("subscriber ended", FEED, "closed"),
    ]


async def test_pictures_flow_on_while_nobody_is_there_to_ask(engines: Any, peers: list[AiortcPeer]) -> None:
    running = await engines(1)
    async with contextlib.AsyncExitStack() as stack:
        before = Web(running)
        await before.pool.start()
        published = await publish(before.pool, peers, told=tag(Protocol.WHIP, BEARER))
        await subscribe(before.pool, peers)
        leaving = await subscribe(before.pool, peers)
        await sees_more(peers[1])
        before.crash()
        await peers[2].close()  # says goodbye to the engine; nobody hears of it
        await sees_more(peers[1])

        after = await stack.enter_async_context(Web(running))
        await until(lambda: after.listener.summaries, "the end is told")
        assert [summary.session for summary in after.listener.summaries] == [leaving.session]
        state = after.pool.state()
        assert [(feed.feed, feed.group, feed.live) for feed in state.feeds] == [(FEED, GROUP, True)]
        assert len(state.sessions) == 2
        known = find(after.pool, published.session, Protocol.WHIP, BEARER)  # a session URL from before
        assert (known.etag, known.holder) == (published.etag, CALLER)
        restarted = await after.pool.restart_ice(published.session, NEW_SIDE)
        assert restarted is not None
        assert find(after.pool, published.session, Protocol.WHIP, BEARER).etag == restarted.etag
        await sees_more(peers[1])
        assert await lost(peers[1]) == 0
        await after.pool.end_session(published.session, EndReason.HUNG_UP)
        await until(lambda: ("ended", FEED, "hung-up") in after.listener.news, "the end is told")


async def test_when_a_process_dies_its_sessions_are_told_and_the_next_takes_over(
    engines: Any, peers: list[AiortcPeer]
) -> None:
    running = await engines(2)
    async with Web(running) as web:
        published = await publish(web.pool, peers)
        watching = await subscribe(web.pool, peers)
        await sees_more(peers[1])
        first = home(web.pool)
        await running[first].end()
        await until(lambda: web.listener.summaries, "the end is told")
        assert ("ended", FEED, EndReason.FAILED) in web.listener.news
        (summary,) = web.listener.summaries
        assert (summary.session, summary.reason) == (watching.session, EndReason.FAILED)
        assert web.pool.session(published.session) is None
        assert web.pool.listening

        await publish(web.pool, peers)
        await subscribe(web.pool, peers)
        await sees_more(peers[3])
        assert home(web.pool) != first

        await running[first].start()
        await until(lambda: web.pool._lines[first].up, "it is used again")
        await web.pool.publish(OTHER, CALLER, await peers[0].offer_to_send(), group=Group("inc_2"))
        assert web.pool._homes[Group("inc_2")].index == first


async def test_with_no_process_left_it_says_so(engines: Any) -> None:
    running = await engines(1)
    async with Web(running) as web:
        await running[0].end()
        await until(lambda: not web.pool.listening, "it is noticed")
        with pytest.raises(Full, match="no media process"):
            await web.pool.publish(FEED, CALLER, "v=0\r\n")
        await web.pool.end_feed(FEED, EndReason.CLOSED)
        assert await web.pool.stats() == ()
        await running[0].start()
        await until(lambda: web.pool.listening, "it is back")
        with pytest.raises(Closed):
            await web.pool.publish(FEED, CALLER, "v=0\r\n")


async def test_a_process_told_to_end_says_goodbye_and_tells_it(engines: Any, peers: list[AiortcPeer]) -> None:
    running = await engines(1)
    async with Web(running) as web:
        await publish(web.pool, peers)
        await subscribe(web.pool, peers)
        await sees_more(peers[1])
        assert await running[0].end(signal.SIGTERM) == 0
        await until(lambda: web.listener.summaries, "the ends are told")
        assert ("ended", FEED, EndReason.SHUTDOWN) in web.listener.news
        assert [summary.reason for summary in web.listener.summaries] == [EndReason.SHUTDOWN]


async def test_a_newer_web_process_takes_the_place_of_the_older(
    engines: Any, peers: list[AiortcPeer]
) -> None:
    running = await engines(1)
    async with Web(running) as old:
        await publish(old.pool, peers)
        await subscribe(old.pool, peers)
        await sees_more(peers[1])
        async with Web(running) as new:
            await until(lambda: not old.pool.listening, "the older one is told")
            assert all(line._task is None or line._task.done() for line in old.pool._lines)
            with pytest.raises(Full):
                await old.pool.publish(FEED, CALLER, "v=0\r\n")
            assert old.pool.state().sessions == ()
            assert len(new.pool.state().sessions) == 2
            await sees_more(peers[1])
            assert new.pool.listening
            assert old.listener.news == [("live", FEED)]
            assert ("ended", FEED, EndReason.FAILED) not in new.listener.news
    assert old.listener.news == [("live", FEED)]


async def test_a_pool_that_leaves_tells_no_end(engines: Any, peers: list[AiortcPeer]) -> None:
    async with Web(await engines(1)) as web:
        await publish(web.pool, peers)
        await until(lambda: web.listener.news, "it is live")
    assert web.listener.news == [("live", FEED)]


async def test_publishers_of_one_feed_at_once_leave_only_the_last_in_the_book(
    engines: Any, peers: list[AiortcPeer]
) -> None:
    running = await engines(1)
    async with Web(running) as web:
        offers = []
        for _ in range(4):
            peers.append(AiortcPeer())
            offers.append(await peers[-1].offer_to_send(audio=False))
        opening = (web.pool.publish(FEED, CALLER, offer, group=GROUP) for offer in offers)
        answers = await asyncio.gather(*opening)
        await until(lambda: len(web.listener.ended_sessions) == 3, "those before are told as replaced")
        last = {answer.session for answer in answers} - set(web.listener.ended_sessions)
        assert {known.session for known in web.pool.state().sessions} == last
        await running[0].end()
        await until(lambda: len(web.listener.ended_sessions) == 4, "the end is told, once")
        assert set(web.listener.ended_sessions) == {answer.session for answer in answers}


async def test_what_is_told_late_is_not_acknowledged_to_the_process_that_came_after(
    engines: Any, peers: list[AiortcPeer]
) -> None:
    running = await engines(1)
    async with Web(running) as web:
        go_on, told = asyncio.Event(), web.listener.ended

        async def slow(*news: Any) -> None:
            await go_on.wait()
            await told(*news)

        web.listener.ended = slow  # type: ignore[method-assign,assignment]
        for _ in range(4):
            peers.append(AiortcPeer())
            await web.pool.publish(FEED, CALLER, await peers[-1].offer_to_send(audio=False), group=GROUP)
        line = web.pool._lines[0]
        await until(lambda: web.pool._news.qsize() >= 2, "the ends wait for the listener")
        await running[0].end()
        await until(lambda: not line.up, "it is given up")
        await running[0].start()
        await until(lambda: line.up, "another is there")
        published = await publish(web.pool, peers)
        go_on.set()
        await until(lambda: len(web.listener.ended_sessions) == 4, "every end is told")
        await until(lambda: ("live", FEED) in web.listener.news, "the new one is live")
        assert (await web.pool.stats())[0].pid == line.pid
        assert [known.session for known in web.pool.state().sessions] == [published.session]
        assert published.session not in web.listener.ended_sessions


async def test_ends_wait_for_nothing_and_are_kept_until_a_stuck_process_turns(
    engines: Any, peers: list[AiortcPeer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "REQUEST_S", 0.2)
    running = await engines(1)
    async with Web(running) as web:
        await publish(web.pool, peers)
        await subscribe(web.pool, peers)
        await sees_more(peers[1])
        line = web.pool._lines[0]
        os.kill(running[0].pid, signal.SIGSTOP)
        try:
            asked = [
                asyncio.create_task(web.pool.restart_ice(known.session, "a=end-of-candidates"))
                for known in web.pool.state().sessions
                for _ in range(WAITING // 2)
            ]
            await until(lambda: line._asked == WAITING, "no other request is taken")
            await web.pool.end_holder(OFFICER, EndReason.REVOKED)
            await web.pool.end_feed(FEED, EndReason.CLOSED)
        finally:
            os.kill(running[0].pid, signal.SIGCONT)
        await until(lambda: not line._owed, "they are done")
        assert [summary.reason for summary in web.listener.summaries] in ([], [EndReason.REVOKED])
        await until(lambda: web.listener.summaries, "the end is told")
        await until(lambda: ("ended", FEED, "closed") in web.listener.news, "and the other")
        assert web.pool.state().sessions == ()
        await asyncio.gather(*asked, return_exceptions=True)


async def test_offers_that_cannot_be_read_are_refused_by_name(engines: Any) -> None:
    async with Web(await engines(1)) as web:
        with pytest.raises(BadOffer):
            await web.pool.publish(FEED, CALLER, "not an offer")
