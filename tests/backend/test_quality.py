"""What pages are told of connections: a caller's to whoever sees the incident, a viewer's to that viewer."""

from typing import Any

import msgspec
import pytest

from backend.hub import DutyChanged
from backend.model.pictures import BETTER_AFTER, WORSE_AFTER
from backend.services import quality
from backend.services.engines import Reading
from media.ports import (
    EngineStats,
    FeedId,
    FeedStats,
    Holder,
    Level,
    PublisherStats,
    SessionId,
    SubscriberStats,
)
from tests.backend.calls import Call, calling
from tests.backend.house import House, Phone, Staff

GOOD = PublisherStats(
    session=SessionId("ses_1"),
    codec="VP8",
    bitrate_bps=900_000,
    loss=0.0,
    unrepaired=0.0,
    rtt_ms=40.0,
    freezes=0,
    packets=1,
    bytes=1,
    repeats_asked=0,
    keyframe_requests=0,
)


@pytest.fixture
def untimed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The house's own watch sees nothing: a test does the looking."""

    async def nothing() -> None:
        return None

    monkeypatch.setattr(house.parts.engines, "read", nothing)


async def test_a_real_callers_connection_is_told_and_is_in_the_snapshot(house: House, dana: Staff) -> None:
    async with dana.socket() as socket, calling(house) as call:
        event = await socket.until(lambda event: event["type"] == "connection")
        assert (event["incident_id"], event["feed_id"]) == (call.incident["id"], call.feed)
        assert event["connection"] in ("good", "weak", "very-weak")
        assert (await dana.see(call.incident))["feeds"][0]["connection"] is not None


@pytest.mark.usefixtures("untimed")
async def test_a_connection_that_goes_is_told_once_and_only_to_those_who_see_the_incident(
    house: House, dana: Staff, sam: Staff
) -> None:
    incident = await dana.open()
    feed = await a_feed(house, dana, incident)
    async with dana.socket() as desk, sam.socket() as officer:
        for reading in [engine(feed, GOOD)] * WORSE_AFTER + [engine(feed, None)] * 5:
            await house.parts.quality.look(reading)
        told = [event for event in await desk.told(house) if event["type"] == "connection"]
        assert [event["connection"] for event in told] == ["good", "gone"]
        assert [event for event in await officer.told(house) if event["type"] == "connection"] == []
    unit = sam.user.unit_id
    async with sam.socket() as officer:  # an incident comes whole
        await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit})
        shown = await officer.until(lambda event: event["type"] == "incident")
        assert shown["incident"]["feeds"][0]["connection"] == "gone"
        assert shown["incident"]["links"][0]["number"] is None
    assert not any("connection" in entry.action.value for entry in await house.entries())


@pytest.mark.usefixtures("untimed")
async def test_freezes_are_counted_from_this_publishers_beginning(house: House, dana: Staff) -> None:
    feed = await a_feed(house, dana, await dana.open())
    froze = msgspec.structs.replace(GOOD, freezes=9)
    again = msgspec.structs.replace(GOOD, session=SessionId("ses_2"), freezes=0)
    jerky = msgspec.structs.replace(again, freezes=4)
    async with dana.socket() as socket:
        for one in (froze, froze, again, again, jerky, jerky, jerky):
            await house.parts.quality.look(engine(feed, one))
        told = [event["connection"] for event in await socket.told(house) if event["type"] == "connection"]
    assert told == ["good", "very-weak"]


@pytest.mark.usefixtures("untimed")
async def test_a_feed_that_moved_to_another_engine_is_not_gone_where_it_was(
    house: House, dana: Staff
) -> None:
    feed = await a_feed(house, dana, await dana.open())
    moved, left = engine(feed, GOOD).engines, engine(feed, None).engines
    for engines in [(*moved, *left), (*left, *moved)] * WORSE_AFTER:
        await house.parts.quality.look(Reading(engines=engines, cpu_per_packet_s={}))
    assert house.parts.connections.of(feed) == "good"


@pytest.mark.usefixtures("untimed")
async def test_a_feed_of_nobody_here_is_told_to_nobody(house: House, dana: Staff) -> None:
    async with dana.socket() as socket:
        for _ in range(BETTER_AFTER):
            await house.parts.quality.look(engine("fed_unknown", GOOD))
        assert [event for event in await socket.told(house) if event["type"] == "connection"] == []


@pytest.mark.usefixtures("untimed")
async def test_engines_that_do_not_answer_say_nothing_about_callers(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(range(5))
    feed = await a_feed(house, dana, await dana.open())
    for _ in range(WORSE_AFTER):
        await house.parts.quality.look(engine(feed, GOOD))

    async def silent() -> None:
        if next(looks, None) is None:
            raise EOFError

    monkeypatch.setattr(quality, "LOOK_S", 0.0)
    monkeypatch.setattr(house.parts.engines, "read", silent)
    with pytest.raises(EOFError):
        await house.parts.quality.run()
    assert house.parts.connections.of(feed) == "good"


@pytest.mark.usefixtures("untimed")
async def test_a_viewers_level_is_told_to_that_viewers_pages_only_and_heals(
    house: House, dana: Staff
) -> None:
    lee = await house.staff("lee")
    async with calling(house) as call:
        session = SessionId(await call.watch(lee))
        holder = await holder_of(house, call, session)
        async with lee.socket() as mine, dana.socket() as other:
            await house.parts.feeds.subscriber_level(FeedId(call.feed), session, holder, Level.STILLS)
            level = {"type": "level", "session": session, "feed_id": call.feed, "level": "stills"}
            assert await mine.until(is_level) == level
            assert [event for event in await other.told(house) if is_level(event)] == []
        async with lee.socket() as socket:  # a later page, one that begins anew, one after a restart
            assert await socket.until(is_level) == level
            await house.parts.hub.publish(DutyChanged(user_id=lee.user.id))
            await socket.until(lambda event: event["type"] == "snapshot")
            assert await socket.until(is_level) == level
        assert not any("level" in entry.action.value for entry in await house.entries())
        house.parts.connections.ended(session)
        stills = engine(call.feed, GOOD, level=(session, holder, Level.STILLS))
        async with lee.socket() as socket:
            await house.parts.quality.look(stills)
            await house.parts.quality.look(stills)
            assert await socket.until(is_level) == level


def is_level(event: Any) -> bool:
    return bool(event["type"] == "level")


async def a_feed(house: House, dana: Staff, incident: Any) -> str:
    """A feed that a link has been redeemed for; nothing is sent."""
    phone = Phone(house, house.token((await dana.issue(incident))["id"]))
    await phone.share()
    return str((await dana.see(incident))["feeds"][0]["id"])


async def holder_of(house: House, call: Call, session: SessionId) -> Holder:
    (stats,) = await house.parts.sfu.stats()
    found = next(feed for feed in stats.feeds if feed.feed == call.feed)
    return next(viewer.holder for viewer in found.subscribers if viewer.session == session)


def engine(
    feed: str, publisher: PublisherStats | None, level: tuple[SessionId, Holder, Level] | None = None
) -> Reading:
    """One reading of one engine with one feed."""
    viewers: tuple[SubscriberStats, ...] = ()
    if level is not None:
        session, holder, what = level
        viewers = (
            SubscriberStats(
                session=session,
                holder=holder,
                level=what,
                bitrate_bps=0,
                estimate_bps=None,
                loss=0.0,
                rtt_ms=None,
                freezes=0,
                sheds=0,
                packets=0,
                bytes=0,
                repeats=0,
                keyframe_requests=0,
                by_grant=(),
            ),
        )
    held = FeedStats(
        feed=FeedId(feed),
        live=publisher is not None,
        publisher=publisher,
        subscribers=viewers,
        packets_in=0,
        bytes_in=0,
        packets_out=0,
        bytes_out=0,
        keyframe_requests=0,
    )
    stats = EngineStats(
        index=0,
        pid=1,
        sessions=0,
        feeds=(held,),
        packets_in=0,
        packets_out=0,
        cpu_s=0.0,
        loop_lag_ms=0.0,
        drops={},
        ungranted={},
    )
    return Reading(engines=(stats,), cpu_per_packet_s={})
