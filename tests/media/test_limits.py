"""What one peer, one holder and one address may do, and what becomes of the rest: counted, and said once."""

import logging
import socket

import pytest
from aioice import stun

from media.limits import Allowance, Budget, Checks
from media.ports import FeedId, Full, Holder
from media.stats import Drop
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.peers import engine, until

FEED = FeedId("fed_1")


def test_an_allowance_is_topped_up_from_what_is_left() -> None:
    holder, first, second = Budget(150), Allowance(100), Allowance(100)
    first.left, second.left = 0, -20
    first.second((holder,))
    second.second((holder,))
    assert (first.left, second.left) == (100, 30)
    holder.second()
    for _ in range(3):
        first.second((holder,))
    assert first.left == 200  # a burst of two seconds and no more


def test_checks_are_counted_by_address_and_never_without_end() -> None:
    checks = Checks(2)
    assert [checks.admit("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert checks.admit("192.0.2.2")
    for n in range(10_000):
        checks.admit(f"host {n}")
    assert len(checks._seen) < 5_000
    assert not checks.admit("yet another")
    checks.second()
    assert checks.admit("192.0.2.1")


async def test_a_holder_has_so_many_sessions_and_no_more() -> None:
    async with engine(sessions_per_holder=2) as sfu:
        viewer, caller = LeanPeer("recvonly"), LeanPeer("sendonly")
        for _ in range(2):
            await sfu.subscribe(FEED, Holder("officer"), viewer.offer())
        with pytest.raises(Full):
            await sfu.subscribe(FEED, Holder("officer"), viewer.offer())
        await sfu.subscribe(FEED, Holder("another"), viewer.offer())
        for n in range(2):
            await sfu.publish(FeedId(f"fed_{n}"), Holder("caller"), caller.offer())
        await sfu.publish(FeedId("fed_1"), Holder("caller"), caller.offer())  # replaces, so there is room
        with pytest.raises(Full):
            await sfu.publish(FeedId("fed_2"), Holder("caller"), caller.offer())


async def test_a_peer_that_sends_too_fast_loses_what_is_too_much_and_goes_on() -> None:
    async with engine(packets_per_peer=100) as sfu:
        caller = LeanPeer("sendonly")
        await caller.answered((await sfu.publish(FEED, Holder("caller"), caller.offer())).sdp)
        await until(lambda: caller.up.is_set() and sfu._sessions and all_up(sfu), "it is connected")
        for n in range(300):  # an allowance is two seconds' worth at most
            caller.send(caller.frame(DELTA if n else KEYFRAME))
        await until(lambda: sfu.drops[Drop.TOO_FAST], "some were too many")
        before = accepted(sfu)

        def goes_on() -> bool:
            caller.send(caller.frame(DELTA))
            return accepted(sfu) > before

        await until(goes_on, "the next second brings more")
        await caller.close()


def all_up(sfu: object) -> bool:
    return all(session.peer.up for session in sfu._sessions.values())  # type: ignore[attr-defined]


def accepted(sfu: object) -> int:
    stats = sfu.feed_stats(FEED)  # type: ignore[attr-defined]
    return stats.packets_in if stats is not None else 0


async def test_an_address_has_so_many_peers_and_no_more() -> None:
    async with engine(peers_per_address=2) as sfu:
        peers = [LeanPeer("recvonly", tcp=n == 1) for n in range(3)]
        for n, peer in enumerate(peers):
            await peer.answered((await sfu.subscribe(FEED, Holder(f"{n}"), peer.offer())).sdp)
            if n < 2:
                await until(lambda: peer.up.is_set(), "it connects")  # noqa: B023
        await until(lambda: sfu.drops[Drop.ADDRESS_FULL] == 1, "the third is counted")
        assert not peers[2].answers
        await peers[1].close()  # its connection breaks: there is room

        def third_is_answered() -> bool:
            peers[2].check()
            return peers[2].answers > 0

        await until(third_is_answered, "the third comes in")
        for peer in peers:
            await peer.close()
        assert len(sfu._port._hosts) == 1


async def test_checks_beyond_any_need_are_dropped() -> None:
    async with engine(checks_per_address=30) as sfu:
        peer = LeanPeer("recvonly")
        await peer.answered((await sfu.subscribe(FEED, Holder("officer"), peer.offer())).sdp)
        await until(lambda: peer.up.is_set(), "it connects")

        def too_many() -> bool:
            for _ in range(20):
                peer.check()
            return sfu.drops[Drop.STUN_TOO_MANY] > 0

        await until(too_many, "too many are counted")
        await peer.close()


async def test_a_bug_met_by_a_datagram_is_counted_and_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object) -> None:
        raise KeyError("a bug")

    async with engine() as sfu:
        monkeypatch.setattr("media.rtc.checked_ufrag", bug)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as finder:
            for _ in range(5):
                finder.sendto(
                    bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)), ("127.0.0.1", sfu.port)
                )
        await until(lambda: sfu.drops[Drop.FAULT] == 5, "all are counted")
    assert len([record for record in caplog.records if "met a bug" in record.message]) == 1


async def test_drops_are_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "media.sfu")
    async with engine() as sfu:
        start = sfu._next_report
        sfu.drops[Drop.STRANGER] += 3
        for second in range(1, 200):
            sfu._report_drops(start + second)
        sfu.drops[Drop.STRANGER] += 4
        sfu._report_drops(start + 300)
        sfu._report_drops(start + 600)
    said = [record.message for record in caplog.records if record.message.startswith("dropped")]
    assert said == ["dropped within a minute: 3 stranger", "dropped within a minute: 4 stranger"]
