"""The engine as a whole, with peers made of aiortc: who gets what, what is told, and what is refused."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from media import batch
from media.batch import Run, Slots
from media.config import SfuConfig
from media.ports import BadOffer, Closed, EndReason, FeedId, Full, Holder, NoSuchSession, SessionId, Sfu
from media.sfu import EmbeddedSfu
from media.stats import Drop
from tests.peers import KEYS, AiortcPeer, Engine, Listener, engine, until

FEED = FeedId("fed_1")
CALLER, OFFICER = Holder("caller"), Holder("officer")
OFFERS = Path(__file__).parent.parent / "offers"
SENDING = (OFFERS / "chromium-sendonly.sdp").read_text()
RECEIVING = (OFFERS / "chromium-recvonly.sdp").read_text()


@pytest.fixture
async def peers() -> AsyncIterator[list[AiortcPeer]]:
    made: list[AiortcPeer] = []
    yield made
    await asyncio.gather(*(peer.close() for peer in made))


async def publish(sfu: Engine, peers: list[AiortcPeer], feed: FeedId = FEED) -> SessionId:
    peer = AiortcPeer()
    peers.append(peer)
    answer = await sfu.publish(feed, CALLER, await peer.offer_to_send())
    await peer.answered(answer.sdp)
    return answer.session


async def subscribe(sfu: Engine, peers: list[AiortcPeer], holder: Holder = OFFICER) -> SessionId:
    peer = AiortcPeer()
    peers.append(peer)
    answer = await sfu.subscribe(FEED, holder, await peer.offer_to_receive())
    await peer.answered(answer.sdp)
    return answer.session


async def frames(peer: AiortcPeer, more: int = 5) -> None:
    video, audio = peer.frames["video"] + more, peer.frames["audio"] + more
    await until(lambda: peer.frames["video"] >= video and peer.frames["audio"] >= audio, "frames arrive")


def test_the_engine_is_what_the_port_asks_for() -> None:
    sfu: Sfu = EmbeddedSfu(SfuConfig(), Listener(), KEYS)
    assert isinstance(sfu, Sfu)


async def test_a_subscriber_that_came_first_sees_and_hears_the_publisher(peers: list[AiortcPeer]) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await subscribe(sfu, peers)
        assert sfu.feed_stats(FEED) is not None
        await publish(sfu, peers)
        await frames(peers[0])
        stats = sfu.feed_stats(FEED)
        assert stats is not None
        assert stats.live
        assert len(stats.subscribers) == 1
        assert stats.packets_in > 10
        assert stats.packets_out > 10
    assert listener.news[0] == ("live", FEED)
    assert ("ended", FEED, EndReason.SHUTDOWN) in listener.news
    (summary,) = listener.summaries
    assert summary.holder == OFFICER
    assert summary.reason is EndReason.SHUTDOWN
    assert summary.seconds > 0
    assert summary.bytes_out > 1000


async def test_a_new_viewer_gets_a_keyframe_at_once(peers: list[AiortcPeer]) -> None:
    async with engine() as sfu:
        await publish(sfu, peers)
        await until(lambda: (s := sfu.feed_stats(FEED)) is not None and s.packets_in > 20, "packets arrive")
        await subscribe(sfu, peers)
        await frames(peers[1], 1)
        stats = sfu.feed_stats(FEED)
        assert stats is not None
        assert stats.keyframe_requests >= 1


async def test_a_publisher_that_is_replaced_goes_on_for_the_same_subscriber(peers: list[AiortcPeer]) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await subscribe(sfu, peers)
        await publish(sfu, peers)
        await frames(peers[0])
        await publish(sfu, peers)
        await until(lambda: listener.news[-1:] == [("live", FEED)], "it is live again")
        await frames(peers[0], 20)
        assert listener.news == [("live", FEED), ("ended", FEED, EndReason.REPLACED), ("live", FEED)]
        assert peers[0].pc.connectionState == "connected"


async def test_a_publisher_that_hangs_up_is_told_and_the_subscriber_stays(peers: list[AiortcPeer]) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        session = await publish(sfu, peers)
        await subscribe(sfu, peers)
        await frames(peers[1])
        await sfu.end_session(session, EndReason.HUNG_UP)
        await until(lambda: ("ended", FEED, EndReason.HUNG_UP) in listener.news, "the end is told")
        stats = sfu.feed_stats(FEED)
        assert stats is not None
        assert (stats.live, len(stats.subscribers)) == (False, 1)
        assert stats.packets_in > 0
        await sfu.end_session(session, EndReason.HUNG_UP)  # once more does nothing
        await until(lambda: peers[0].pc.connectionState == "closed", "the peer hears of it")


async def test_a_peer_that_says_goodbye_is_gone_at_once(peers: list[AiortcPeer]) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await publish(sfu, peers)
        await subscribe(sfu, peers)
        await frames(peers[1])
        await peers[1].close()
        await until(lambda: len(listener.summaries) == 1, "the viewer's end is told")
        assert listener.summaries[0].reason is EndReason.HUNG_UP


async def test_without_the_calls_for_many_datagrams_a_picture_flows_all_the_same(
    peers: list[AiortcPeer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "supported", False)
    async with engine(Listener()) as sfu:
        await publish(sfu, peers)
        await subscribe(sfu, peers)
        await subscribe(sfu, peers)
        await frames(peers[1])
        await frames(peers[2])
        assert (sfu._port._receiver, sfu._port._sender) == (None, None)


async def test_after_the_end_of_a_feed_nothing_of_it_is_sent(
    peers: list[AiortcPeer], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await publish(sfu, peers)
        await subscribe(sfu, peers)
        await frames(peers[1])
        sent: list[bytes] = []
        send, send_runs = sfu._port.send, sfu._port.send_runs

        def seen(datagram: bytes, address: Any) -> None:
            sent.append(datagram)
            send(datagram, address)

        def runs_seen(slots: Slots, runs: Sequence[Run]) -> None:
            sent.extend(bytes(slots.view[run[1] * slots.room :][: run[3]]) for run in runs)
            send_runs(slots, runs)

        monkeypatch.setattr(sfu._port, "send", seen)
        monkeypatch.setattr(sfu._port, "send_runs", runs_seen)
        await until(lambda: any(d[0] >= 128 for d in sent), "media is seen on the way out")
        await sfu.end_feed(FEED, EndReason.CLOSED)
        sent.clear()
        await asyncio.sleep(0.5)
        assert [d[0] for d in sent if d[0] >= 128] == []
        assert sfu.feed_stats(FEED) is None
        with pytest.raises(Closed):
            await sfu.publish(FEED, CALLER, SENDING)
        with pytest.raises(Closed):
            await sfu.subscribe(FEED, OFFICER, RECEIVING)
    assert ("ended", FEED, EndReason.CLOSED) in listener.news
    assert ("subscriber ended", FEED, EndReason.CLOSED) in listener.news


async def test_a_revoked_holder_loses_its_sessions_and_opens_no_other(peers: list[AiortcPeer]) -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await publish(sfu, peers)
        await subscribe(sfu, peers)
        await subscribe(sfu, peers, Holder("dispatcher"))
        await sfu.end_holder(OFFICER, EndReason.REVOKED)
        await until(lambda: len(listener.summaries) == 1, "the end is told")
        assert listener.summaries[0].holder == OFFICER
        stats = sfu.feed_stats(FEED)
        assert stats is not None
        assert len(stats.subscribers) == 1
        with pytest.raises(Closed):
            await sfu.subscribe(FEED, OFFICER, RECEIVING)


async def test_silence_is_told_and_a_dead_peer_is_gone(
    peers: list[AiortcPeer], monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener()
    async with engine(listener, dead_after_s=1.5) as sfu:
        await publish(sfu, peers)
        await until(lambda: listener.news == [("live", FEED)], "it is live")
        # the machine falls silent: no packet, no check, no goodbye
        for transceiver in peers[0].pc.getTransceivers():
            for protocol in transceiver.sender.transport.transport._connection._protocols:
                monkeypatch.setattr(protocol.transport, "sendto", lambda *_: None)
        await until(lambda: len(listener.news) == 3, "silence and the end are told")
        assert listener.news[1:] == [("silent", FEED), ("ended", FEED, EndReason.SILENT)]


async def test_sessions_that_never_connect_are_ended() -> None:
    listener = Listener()
    async with engine(listener, connect_within_s=0.2) as sfu:
        await sfu.publish(FEED, CALLER, SENDING)
        await sfu.subscribe(FEED, OFFICER, RECEIVING)
        await until(lambda: len(listener.news) == 2, "both ends are told")
        assert {news[2] for news in listener.news} == {EndReason.FAILED}
        assert listener.summaries[0].seconds == 0


async def test_a_listener_that_raises_or_sleeps_hurts_nobody(peers: list[AiortcPeer]) -> None:
    class Bad(Listener):
        async def went_live(self, feed: FeedId) -> None:
            self.news.append(("live", feed))
            raise RuntimeError("a bug of the listener")

        async def subscriber_ended(self, summary: object) -> None:
            self.news.append(("subscriber ended",))
            await asyncio.sleep(0.3)

    listener = Bad()
    async with engine(listener) as sfu:
        session = await subscribe(sfu, peers)
        await publish(sfu, peers)
        await frames(peers[0])
        await sfu.end_session(session, EndReason.HUNG_UP)
    assert [news[0] for news in listener.news] == ["live", "subscriber ended", "ended"]


async def test_every_bound_is_kept_and_changes_nothing() -> None:
    async with engine(sessions=3, feeds=2, subscribers_per_feed=1) as sfu:
        first = await sfu.publish(FEED, CALLER, SENDING)
        await sfu.subscribe(FEED, OFFICER, RECEIVING)
        with pytest.raises(Full):
            await sfu.subscribe(FEED, OFFICER, RECEIVING)
        await sfu.publish(FeedId("fed_2"), CALLER, SENDING)
        with pytest.raises(Full):
            await sfu.publish(FeedId("fed_3"), CALLER, SENDING)
        again = await sfu.publish(FEED, CALLER, SENDING)  # replaces, so there is room
        assert again.session != first.session
        await sfu.end_feed(FeedId("fed_2"), EndReason.HUNG_UP)
        await sfu.publish(FeedId("fed_3"), CALLER, SENDING)


async def test_a_feed_without_sessions_makes_room_for_another() -> None:
    async with engine(feeds=1) as sfu:
        answer = await sfu.publish(FEED, CALLER, SENDING)
        with pytest.raises(Full):
            await sfu.publish(FeedId("fed_2"), CALLER, SENDING)
        await sfu.end_session(answer.session, EndReason.HUNG_UP)
        await sfu.publish(FeedId("fed_2"), CALLER, SENDING)
        assert sfu.feed_stats(FEED) is None


async def test_an_offer_that_is_too_long_or_no_offer_replaces_nobody() -> None:
    listener = Listener()
    async with engine(listener) as sfu:
        await sfu.publish(FEED, CALLER, SENDING)
        for bad in (SENDING + "a=x\r\n" * 20_000, "", "v=0\r\n", RECEIVING):
            with pytest.raises(BadOffer):
                await sfu.publish(FEED, CALLER, bad)
        assert listener.news == []


async def test_candidates_are_taken_and_a_new_ufrag_restarts_ice() -> None:
    async with engine() as sfu:
        answer = await sfu.publish(FEED, CALLER, SENDING)
        candidates = "a=ice-ufrag:x\r\n"
        with pytest.raises(BadOffer):
            await sfu.restart_ice(answer.session, candidates)
        assert await sfu.restart_ice(answer.session, "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n") is None
        new = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
        fragment = await sfu.restart_ice(answer.session, new)
        assert fragment is not None
        assert fragment.etag != answer.etag
        assert f"a=ice-ufrag:{fragment.etag}\r\n" in fragment.sdp
        assert "a=candidate:" in fragment.sdp
        assert await sfu.restart_ice(answer.session, new) is None
        with pytest.raises(NoSuchSession):
            await sfu.restart_ice(SessionId("ses_none"), new)


async def test_hostile_datagrams_are_counted_and_hurt_nobody(peers: list[AiortcPeer]) -> None:
    async with engine() as sfu:
        await subscribe(sfu, peers)
        await publish(sfu, peers)
        await frames(peers[0], 2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(("127.0.0.1", sfu.port))
            for first in (0, 1, 2, 3, 4, 19, 20, 22, 63, 64, 79, 127, 128, 144, 191, 192, 255):
                for size in (1, 2, 11, 12, 20, 28, 100, 1500):
                    stranger.send(bytes([first]) + bytes(size - 1))
            ufrag = sfu._sessions[next(iter(sfu._sessions))].peer.ufrag.encode()
            user = b"\0\x06" + len(ufrag + b":x").to_bytes(2) + ufrag + b":x"
            user += bytes(-len(user) % 4)
            header = b"\0\x01" + len(user).to_bytes(2) + b"\x21\x12\xa4\x42" + bytes(12)
            stranger.send(header + user)  # the right name, no proof
        await until(lambda: sfu.drops[Drop.STUN_FORGED] == 1, "the forged check is counted")
        for drop in (Drop.NOT_WEBRTC, Drop.STUN_MALFORMED, Drop.STRANGER):
            assert sfu.drops[drop] > 0
        await frames(peers[0])


async def test_another_engine_cannot_have_the_same_port() -> None:
    async with engine() as sfu:
        assert sfu.port > 0
        other = Engine(SfuConfig(host="127.0.0.1", port=sfu.port), Listener(), KEYS)
        with pytest.raises(OSError, match="in use"):
            await other.start()
        await other.stop()


async def test_an_engine_that_is_not_running_takes_nobody() -> None:
    sfu = Engine(SfuConfig(), Listener(), KEYS)
    with pytest.raises(Full):
        await sfu.publish(FEED, CALLER, SENDING)


async def test_addresses_are_advertised_as_configured() -> None:
    async with engine(host="::", advertised=("192.0.2.10", "2001:db8::10")) as sfu:
        answer = await sfu.publish(FEED, CALLER, SENDING)
        assert f" 192.0.2.10 {sfu.port} typ host" in answer.sdp
        assert f" 2001:db8::10 {sfu.port} typ host" in answer.sdp
    with pytest.raises(ValueError, match="not an IP address"):
        await Engine(SfuConfig(advertised=("example.org",)), Listener(), KEYS).start()


async def test_one_socket_serves_both_families(peers: list[AiortcPeer]) -> None:
    async with engine(host="::") as sfu:
        assert "127.0.0.1" not in sfu.addresses
        await subscribe(sfu, peers)
        await publish(sfu, peers)
        await frames(peers[0], 2)


async def test_a_session_that_ends_while_a_datagram_arrives_ends(peers: list[AiortcPeer]) -> None:
    for wait in range(12):  # anywhere in the handshake
        async with engine() as sfu:
            await publish(sfu, peers)
            await asyncio.sleep(wait * 0.004)
        assert sfu._tasks == set()
