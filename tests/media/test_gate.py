"""The gate of the engine: nobody is sent a packet without a signed grant, nor after it ran out."""

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media.config import SfuConfig
from media.granted import MOST, Granted
from media.grants import Claims, GrantKeys, sign
from media.ports import (
    ByGrant,
    Closed,
    EndReason,
    FeedId,
    FeedStats,
    Full,
    Holder,
    SessionId,
    SessionSummary,
    Ungranted,
    WhyUngranted,
)
from media.sfu import EmbeddedSfu
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.peers import KEYS, Engine, Listener, engine, granted, until

FEED, OTHER = FeedId("fed_1"), FeedId("fed_2")
CALLER, OFFICER = Holder("caller"), Holder("officer")


class Viewer:
    """One who watches, and its session."""

    def __init__(self, peer: LeanPeer, session: SessionId) -> None:
        self.peer, self.session = peer, session


@contextlib.asynccontextmanager
async def watching(
    sfu: Engine, grant: bytes, feed: FeedId = FEED, holder: Holder = OFFICER
) -> AsyncIterator[Viewer]:
    peer = LeanPeer("recvonly")
    try:
        answer = await sfu.subscribe(feed, holder, peer.offer(), grant=grant)
        await peer.answered(answer.sdp)
        await asyncio.wait_for(peer.up.wait(), 20)
        await until(lambda: all(s.peer.up for s in sfu._sessions.values()), "the engine has the keys too")
        yield Viewer(peer, answer.session)
    finally:
        await peer.close()


@contextlib.asynccontextmanager
async def publishing(sfu: Engine, feed: FeedId = FEED, *, own: bool = False) -> AsyncIterator[LeanPeer]:
    peer = LeanPeer("sendonly")
    try:
        await peer.answered((await sfu.publish(feed, CALLER, peer.offer(), own=own)).sdp)
        await asyncio.wait_for(peer.up.wait(), 20)
        await until(lambda: all(s.peer.up for s in sfu._sessions.values()), "the engine has the keys too")
        yield peer
    finally:
        await peer.close()


async def flows(publisher: LeanPeer, viewer: Viewer, more: int = 10) -> None:
    wanted = len(viewer.peer.packets) + more

    def comes() -> bool:
        send(publisher)
        return len(viewer.peer.packets) >= wanted

    await until(comes, "packets come")


def send(publisher: LeanPeer) -> None:
    publisher.send(publisher.frame(KEYFRAME))
    publisher.send(publisher.frame(DELTA))


def missing(viewer: Viewer) -> bytes:
    """It asks for its last packet again (RFC 4585)."""
    (number,) = struct.unpack_from("!H", viewer.peer.packets[-1], 2)
    return struct.pack("!BBHIIHH", 0x81, 205, 3, 1, viewer.peer.ssrc, number, 0)


async def refused(sfu: Engine, grant: bytes, feed: FeedId = FEED) -> WhyUngranted:
    with pytest.raises(Ungranted) as no:
        await sfu.subscribe(feed, OFFICER, LeanPeer("recvonly").offer(), grant=grant)
    return no.value.why


def seen(sfu: Engine, feed: FeedId = FEED) -> FeedStats:
    stats = sfu.feed_stats(feed)
    assert stats is not None
    return stats


async def test_whatever_is_no_grant_for_this_opens_nothing_and_is_counted() -> None:
    async with engine() as sfu:
        good, forger = granted(FEED, OFFICER), Ed25519PrivateKey.generate()
        claims = Claims(index=0, feed=FEED, holder=OFFICER, expires_at=time.time() + 60)
        whys = [
            await refused(sfu, b""),
            await refused(sfu, good[:-1]),
            await refused(sfu, sign(forger, claims)),
            await refused(sfu, granted(OTHER, OFFICER)),
            await refused(sfu, granted(FEED, "another")),
            await refused(sfu, granted(FEED, OFFICER, lasts_s=-1)),
            await refused(sfu, granted(FEED, OFFICER, spooled=True)),
        ]
        assert [str(why) for why in whys[:1] + whys[3:]] == [
            "none", "other-feed", "other-holder", "expired", "not-logged",
        ]  # fmt: skip
        assert whys[1] in (WhyUngranted.FORGED, WhyUngranted.UNREADABLE)
        assert whys[2] is WhyUngranted.FORGED
        (stats,) = await sfu.stats()
        assert sum(stats.ungranted.values()) == len(whys)
        assert (stats.sessions, stats.feeds) == (0, ())


async def test_a_grant_for_one_feed_is_no_grant_for_another_though_both_are_there() -> None:
    async with engine() as sfu, publishing(sfu), publishing(sfu, OTHER):
        assert await refused(sfu, granted(FEED, OFFICER), OTHER) is WhyUngranted.OTHER_FEED


async def test_the_engine_ends_a_session_when_its_grant_runs_out() -> None:
    listener = Listener()
    async with engine(listener) as sfu, publishing(sfu) as caller:
        async with watching(sfu, granted(FEED, OFFICER, lasts_s=3600, index=5), holder=OFFICER) as viewer:
            await flows(caller, viewer)
            (session,) = seen(sfu).subscribers
            held = sfu._sessions[session.session]
            held.granted.until = time.monotonic() + 0.2  # type: ignore[union-attr]
            sfu._feeds[FEED].grants_changed()

            def over() -> bool:
                send(caller)
                return bool(listener.summaries)

            await until(over, "it ends")
            got = len(viewer.peer.packets)
            for _ in range(5):
                send(caller)
                await asyncio.sleep(0.01)
            assert len(viewer.peer.packets) == got
        (summary,) = listener.summaries
        assert summary.reason is EndReason.EXPIRED
        assert [(one.index, one.spooled) for one in summary.by_grant] == [(5, False)]
        assert summary.by_grant[0].packets >= got > 0
        adds_up(summary)


async def test_a_short_grant_ends_by_the_time_that_it_says() -> None:
    listener = Listener()
    async with engine(listener) as sfu, publishing(sfu):
        peer = LeanPeer("recvonly")
        await sfu.subscribe(FEED, OFFICER, peer.offer(), grant=granted(FEED, OFFICER, lasts_s=0.3))
        await until(lambda: listener.summaries, "it ends")
        assert listener.summaries[0].reason is EndReason.EXPIRED
        await peer.close()


async def test_no_packet_is_forwarded_or_repeated_from_the_moment_of_expiry_on() -> None:
    """Not only at the next tick: the clock of the engine stands still here."""
    async with engine() as sfu, publishing(sfu) as caller:
        async with watching(sfu, granted(FEED, OFFICER), holder=OFFICER) as viewer:
            await flows(caller, viewer)
            assert sfu._timer is not None
            sfu._timer.cancel()
            session = sfu._sessions[viewer.session]
            session.granted.until = time.monotonic()  # type: ignore[union-attr]
            sfu._feeds[FEED].grants_changed()
            before = session.packets, session.bytes_out  # type: ignore[union-attr]
            session.receive_rtcp(missing(viewer), time.monotonic())
            assert (session.packets, session.bytes_out) == before  # type: ignore[union-attr]
            received = seen(sfu).packets_in

            def came() -> bool:
                send(caller)
                return seen(sfu).packets_in > received + 4

            await until(came, "more arrives")
            assert seen(sfu).subscribers == ()
            assert (session.packets, session.bytes_out) == before  # type: ignore[union-attr]
        sfu._tick()


async def test_a_renewal_lets_it_go_on_and_what_was_sent_is_counted_by_grant() -> None:
    listener = Listener()
    async with engine(listener) as sfu, publishing(sfu) as caller:
        first = granted(FEED, OFFICER, lasts_s=60, index=1)
        async with watching(sfu, first, holder=OFFICER) as viewer:
            await flows(caller, viewer)
            until_then = sfu._sessions[viewer.session].granted.until  # type: ignore[union-attr]
            await sfu.renew(granted(FEED, "another", lasts_s=600, index=2))  # nobody's here
            await sfu.renew(granted(FEED, OFFICER, lasts_s=30, index=3))  # ends sooner
            assert sfu._sessions[viewer.session].granted.until == until_then  # type: ignore[union-attr]
            await sfu.renew(granted(FEED, OFFICER, lasts_s=600, index=4))
            assert sfu._sessions[viewer.session].granted.until > until_then + 500  # type: ignore[union-attr]
            await sfu.renew(first)  # again: no way back
            await flows(caller, viewer)
            (shown,) = seen(sfu).subscribers
            assert [one.index for one in shown.by_grant] == [1, 4]
            with pytest.raises(Ungranted):
                await sfu.renew(granted(FEED, OFFICER, lasts_s=-1))
            with pytest.raises(Ungranted):
                await sfu.renew(b"x" * 100)
        await until(lambda: listener.summaries, "it leaves")
    (summary,) = listener.summaries
    assert [one.index for one in summary.by_grant] == [1, 4]
    assert all(one.packets > 0 for one in summary.by_grant)
    adds_up(summary)


def adds_up(summary: SessionSummary) -> None:
    assert summary.bytes_out == sum(one.bytes_out for one in summary.by_grant)
    assert summary.seconds == pytest.approx(sum(one.seconds for one in summary.by_grant))


async def test_what_the_log_has_not_seen_opens_a_callers_own_picture_and_no_other() -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        spooled = granted(FEED, OFFICER, spooled=True, index=9)
        assert await refused(sfu, spooled) is WhyUngranted.NOT_LOGGED  # nobody has published yet
        async with publishing(sfu, own=True) as caller, watching(sfu, spooled) as viewer:
            await flows(caller, viewer)
            await sfu.renew(granted(FEED, OFFICER, lasts_s=900, index=77))  # the log is back
            await flows(caller, viewer)
        async with publishing(sfu, OTHER):
            assert await refused(sfu, granted(OTHER, OFFICER, spooled=True), OTHER) is WhyUngranted.NOT_LOGGED
        await until(lambda: listener.summaries, "it leaves")
    told = listener.summaries[0].by_grant
    assert [(one.index, one.spooled) for one in told] == [(9, True), (77, False)]


async def test_a_lent_cameras_feed_never_becomes_a_callers_own() -> None:
    async with engine() as sfu:
        peer = LeanPeer("sendonly")
        await sfu.publish(FEED, CALLER, peer.offer())
        with pytest.raises(Closed):
            await sfu.publish(FEED, CALLER, peer.offer(), own=True)
        assert await refused(sfu, granted(FEED, OFFICER, spooled=True)) is WhyUngranted.NOT_LOGGED
        await peer.close()


def test_an_engine_cannot_be_had_without_keys() -> None:
    with pytest.raises(ValueError):
        EmbeddedSfu(SfuConfig(), Listener(), GrantKeys(entry=KEYS.entry, spool=KEYS.entry))
    with pytest.raises(ValueError):
        EmbeddedSfu(SfuConfig(), Listener(), GrantKeys(entry=b"", spool=KEYS.spool))


def test_what_was_sent_by_each_grant_is_together_what_was_sent() -> None:
    def claims(index: int) -> Claims:
        return Claims(index=index, feed=FEED, holder=OFFICER, expires_at=0.0)

    held = Granted(claims(0), until=1.0)
    for n in range(1, MOST):
        held.renew(claims(n), 1.0 + n, seconds=n * 2.0, packets=n * 10, bytes_out=n * 1000)
    with pytest.raises(Full):
        held.renew(claims(MOST), 1e6, 1e6, 10**6, 10**9)
    held.renew(claims(MOST - 1), 1e6, 1e6, 10**6, 10**9)  # the same entry for longer: always
    told = held.by_grant(MOST * 2.0, MOST * 10, MOST * 1000)
    assert told[7] == ByGrant(index=7, spooled=False, seconds=2.0, packets=10, bytes_out=1000)
    assert sum(one.packets for one in told) == MOST * 10
    assert sum(one.seconds for one in told) == MOST * 2.0
