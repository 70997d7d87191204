"""What comes from a phone while it shares, and who is admitted to send and to see a picture."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.model.ids import FeedId as ModelFeedId
from backend.model.ids import IncidentId
from backend.model.incidents import FeedState
from backend.model.positions import PositionReport, PositionSource
from backend.services.callers import SHARING_LASTS
from media.ports import EndReason, FeedId, Holder, SessionId, SessionSummary
from media.sfu import EmbeddedSfu
from signaling.ports import Bearer, Refused
from tests.backend.calls import calling
from tests.backend.house import House, Phone, Staff, done, no, still
from tests.peers import until

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HERE = {"latitude": 42.3223, "longitude": -83.1763, "accuracy_m": 12.5}


async def shared(house: House, dana: Staff, kind: str = "live") -> tuple[Any, Any, Phone]:
    """An incident, its link and the phone that shares."""
    incident = await dana.open()
    link = await dana.issue(incident, kind=kind)
    phone = Phone(house, house.token(link["id"]))
    await phone.share()
    return incident, link, phone


async def feed_of(dana: Staff, incident: Any) -> Any:
    return (await dana.see(incident))["feeds"][0]


# Positions


async def test_a_position_moves_the_incident_and_stays_on_its_trail(any_house: House) -> None:
    dana = await any_house.staff("dana")
    incident, _, phone = await shared(any_house, dana)
    async with dana.socket() as socket:
        body = {**HERE, "heading_deg": 90.0, "speed_mps": 1.5, "age_ms": 2000}
        assert (await phone.send("position", body)).status_code == 204
        told = await socket.until(lambda e: e["type"] == "position")
    position = told["position"]
    assert told["incident_id"] == incident["id"]
    assert (position["latitude"], position["source"], position["heading_deg"]) == (42.3223, "caller", 90.0)
    assert await dana.get(f"/api/incidents/{incident['id']}/trail") == [position]
    assert (await dana.see(incident))["position"] == position


async def test_a_position_that_was_overtaken_moves_nothing(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    await phone.send("position", {**HERE, "latitude": 42.1, "age_ms": 0})
    assert (await phone.send("position", {**HERE, "latitude": 42.9, "age_ms": 60_000})).status_code == 204
    assert (await dana.see(incident))["position"]["latitude"] == 42.1
    assert len(await dana.get(f"/api/incidents/{incident['id']}/trail")) == 1


async def test_a_clock_that_was_set_back_does_not_freeze_the_caller(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    await phone.send("position", {**HERE, "latitude": 42.1})
    house.clock.advance(minutes=-5)
    await phone.send("position", {**HERE, "latitude": 42.2})
    assert (await dana.see(incident))["position"]["latitude"] == 42.2


async def test_whoever_lost_a_grant_cannot_fill_the_log(house: House, dana: Staff) -> None:
    _, link, phone = await shared(house, dana)
    await dana.post(f"/api/links/{link['id']}/revoke")
    before = len(await house.entries())
    for _ in range(60):
        await phone.open()
        await phone.send("stop", None)
    assert len(await house.entries()) - before <= 30


async def test_a_position_a_second_is_enough(house: House, dana: Staff) -> None:
    _, _, phone = await shared(house, dana)
    still(house.parts.sharing._positions)
    codes = [(await phone.send("position", HERE)).status_code for _ in range(4)]
    assert codes == [204] * 3 + [429]
    no(await phone.send("position", HERE), 429, "too-often")


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 90.001},
        {"latitude": -91},
        {"longitude": 180.5},
        {"longitude": -181},
        {"accuracy_m": -1},
        {"accuracy_m": 1e9},
        {"age_ms": -1},
        {"age_ms": 86_400_001},
        {"age_ms": 10**18},
        {"heading_deg": 361},
        {"heading_deg": -0.1},
        {"speed_mps": -1},
        {"speed_mps": 1001},
    ],
)
async def test_a_position_that_is_nowhere_is_refused_in_words(
    house: House, dana: Staff, wrong: dict[str, Any]
) -> None:
    incident, _, phone = await shared(house, dana)
    assert no(await phone.send("position", {**HERE, **wrong}), 422, "bad-position")["detail"]
    assert await dana.get(f"/api/incidents/{incident['id']}/trail") == []
    if "latitude" in wrong or "longitude" in wrong:
        place = {"latitude": 1.0, "longitude": 1.0, **wrong}
        no(
            await dana.http.post("/api/incidents", json={"type": "Fire", "position": place}),
            422,
            "bad-position",
        )


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" + "0" * 400])
async def test_a_number_that_is_none_is_refused(house: House, dana: Staff, number: str) -> None:
    _, _, phone = await shared(house, dana)
    headers = {"Authorization": f"Bearer {phone.bearer}", "Content-Type": "application/json"}
    for field in ("latitude", "accuracy_m", "heading_deg", "age_ms"):
        body = '{"latitude":1,"longitude":1,"accuracy_m":1,"heading_deg":1,"age_ms":1}'
        hostile = body.replace(f'"{field}":1', f'"{field}":{number}')
        reply = await phone.http.post("/api/caller/position", content=hostile, headers=headers)
        assert reply.status_code in (400, 422), (field, reply.text)


@given(st.floats(), st.floats(), st.floats(), st.integers(), st.none() | st.floats(), st.none() | st.floats())
def test_a_report_is_a_place_on_earth_or_a_value_error(
    latitude: float, longitude: float, accuracy: float, age: int, heading: float | None, speed: float | None
) -> None:
    report = PositionReport(
        latitude=latitude,
        longitude=longitude,
        accuracy_m=accuracy,
        age_ms=age,
        heading_deg=heading,
        speed_mps=speed,
    )
    try:
        position = report.received(NOW, PositionSource.CALLER)
    except ValueError:
        return
    assert abs(position.latitude) <= 90
    assert abs(position.longitude) <= 180
    assert math.isfinite(position.accuracy_m)
    assert timedelta() <= NOW - position.at <= timedelta(days=1)


async def test_a_unit_moves_for_everyone(house: House, dana: Staff, sam: Staff) -> None:
    still(house.parts.units._rate)
    async with dana.socket() as socket:
        assert (await sam.http.post("/api/units/mine/position", json=HERE)).status_code == 204
        (told,) = (await socket.until(lambda e: e["type"] == "units-moved"))["units"]
    assert (told["id"], told["position"]["source"]) == (sam.user.unit_id, "unit")
    nowhere = {**HERE, "latitude": 91}
    for _ in range(2):
        no(await sam.http.post("/api/units/mine/position", json=nowhere), 422, "bad-position")
    no(await sam.http.post("/api/units/mine/position", json=HERE), 429, "too-often")


# Status and Stop


async def test_what_became_of_camera_and_position_is_told_and_recorded_once(
    house: House, dana: Staff
) -> None:
    _, _, phone = await shared(house, dana)
    async with dana.socket() as socket:
        for _ in range(2):
            assert (await phone.send("status", {"camera": "refused", "position": "on"})).status_code == 204
        told = await socket.until(lambda e: e["type"] == "incident")
    link = told["incident"]["links"][0]
    assert (link["camera"], link["position"], link["state"]) == ("refused", "on", "sharing")
    details = [entry.details for entry in await house.entries("caller.status")]
    assert details == [{"camera": "refused", "position": "on"}]


async def test_stop_ends_everything_until_the_next_press(house: House, dana: Staff) -> None:
    incident, link, phone = await shared(house, dana)
    await house.parts.feeds.went_live(FeedId((await feed_of(dana, incident))["id"]))
    assert (await phone.send("stop")).status_code == 204
    assert await dana.state(link) == "ended"
    assert (await feed_of(dana, incident))["state"] == "ended"
    for path, body in (("position", HERE), ("status", {"camera": "on", "position": "on"}), ("stop", None)):
        no(await phone.send(path, body), 403, "grant-revoked")
    with pytest.raises(Refused, match="grant-revoked"):
        await house.parts.access.admit_publisher(Bearer(phone.bearer))
    await phone.share()
    assert await dana.state(link) == "sharing"


async def test_no_bearer_no_sharing(house: House) -> None:
    http = house.client()
    for header in (None, "", "Bearer", "Basic eDp4", "Bearer " + "x" * 129, "Bearer forged"):
        headers = {"Authorization": header} if header is not None else {}
        for path, body in (
            ("position", HERE),
            ("status", {"camera": "on", "position": "on"}),
            ("stop", None),
        ):
            reply = await http.post(f"/api/caller/{path}", json=body, headers=headers)
            if reply.status_code != 429:
                no(reply, 401, "unknown-grant")
                assert reply.headers["www-authenticate"] == "Bearer"


async def test_a_grant_to_watch_shares_nothing(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    watch = await dana.post(f"/api/feeds/{(await feed_of(dana, incident))['id']}/watch")
    phone.bearer = watch["bearer"]
    no(await phone.send("position", HERE), 403, "wrong-scope")
    no(await phone.send("stop"), 403, "wrong-scope")


# The gate before media


async def test_each_refusal_at_the_gate_has_its_reason_and_is_on_record(house: House, dana: Staff) -> None:
    access = house.parts.access
    incident, _, phone = await shared(house, dana)
    _, _, for_position = await shared(house, dana, kind="position")
    feed = (await feed_of(dana, incident))["id"]
    watch = (await dana.post(f"/api/feeds/{feed}/watch"))["bearer"]
    admitted = await access.admit_publisher(Bearer(phone.bearer))
    assert admitted.feed == feed
    assert (await access.admit_subscriber(Bearer(watch), FeedId(feed))).feed == feed
    other = FeedId("fed_0000000000000000000000")
    for wrong, reason in (
        (access.admit_publisher(Bearer("forged")), "unknown-grant"),
        (access.admit_publisher(Bearer("x" * 4096)), "unknown-grant"),
        (access.admit_publisher(Bearer("")), "unknown-grant"),
        (access.admit_publisher(Bearer(watch)), "wrong-scope"),
        (access.admit_publisher(Bearer(for_position.bearer)), "wrong-scope"),
        (access.admit_subscriber(Bearer(phone.bearer), FeedId(feed)), "wrong-scope"),
        (access.admit_subscriber(Bearer(watch), other), "wrong-feed"),
        (access.admit_subscriber(Bearer("forged"), FeedId("\x00" * 100)), "unknown-grant"),
    ):
        with pytest.raises(Refused, match=reason):
            await wrong
    house.clock.advance(seconds=61)
    with pytest.raises(Refused, match="grant-expired"):
        await access.admit_subscriber(Bearer(watch), FeedId(feed))
    await dana.post(f"/api/incidents/{incident['id']}/close")
    with pytest.raises(Refused, match="incident-closed"):
        await access.admit_publisher(Bearer(phone.bearer))
    with pytest.raises(Refused, match="incident-closed"):
        await access.admit_subscriber(Bearer(watch), FeedId(feed))
    no(await dana.http.post(f"/api/feeds/{feed}/watch"), 410, "incident-closed")
    told = [(e.action.value, e.refusal) for e in await house.entries()]
    assert told[-13:] == [
        ("feed.publish", "unknown-grant"),
        ("feed.publish", "unknown-grant"),
        ("feed.publish", "unknown-grant"),
        ("feed.publish", "wrong-scope"),
        ("feed.publish", "wrong-scope"),
        ("feed.subscribe", "wrong-scope"),
        ("feed.subscribe", "wrong-feed"),
        ("feed.subscribe", "unknown-grant"),
        ("feed.subscribe", "grant-expired"),
        ("incident.close", None),
        ("feed.publish", "incident-closed"),
        ("feed.subscribe", "incident-closed"),
        ("feed.watch", "incident-closed"),
    ]


async def test_strangers_cannot_fill_the_log(house: House) -> None:
    still(house.parts.access._strangers)
    before = len(await house.entries())
    for _ in range(60):
        with pytest.raises(Refused):
            await house.parts.access.admit_publisher(Bearer("forged"))
    assert len(await house.entries()) - before == 30


async def test_opening_a_feed_over_and_over_is_slowed_down(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = (await feed_of(dana, incident))["id"]
    still(house.parts.access._watches)
    codes = [(await dana.http.post(f"/api/feeds/{feed}/watch")).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]


# The engine's news


def state_of(told: dict[str, Any]) -> str:
    return str(told["incident"]["feeds"][0]["state"])


async def test_a_feed_goes_live_silent_and_ended_before_everyones_eyes(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = FeedId((await feed_of(dana, incident))["id"])
    feeds = house.parts.feeds
    states = ["waiting"]
    async with dana.socket() as socket:
        for news in (
            feeds.went_live(feed),
            feeds.went_silent(feed),
            feeds.went_live(feed),
            feeds.ended(feed, EndReason.HUNG_UP, SessionId("ses_1")),
            feeds.went_live(feed),
            feeds.ended(feed, EndReason.SILENT, SessionId("ses_2")),
            feeds.went_live(feed),
        ):
            await news
            told = await socket.until(lambda e: e["type"] == "incident" and state_of(e) != states[-1])
            states.append(state_of(told))
    assert states == ["waiting", "live", "silent", "live", "ended", "live", "silent", "live"]
    ends = [(e.actor, e.details["reason"]) for e in await house.entries("feed.end")]
    assert ends == [("caller", "hung-up"), ("system", "silent")]
    told = [e.action.value for e in await house.entries() if e.subject == feed]
    assert told[-5:] == ["feed.live", "feed.end", "feed.live", "feed.end", "feed.live"]


async def test_the_same_news_twice_changes_nothing(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = FeedId((await feed_of(dana, incident))["id"])
    await house.parts.feeds.went_silent(feed)
    assert (await feed_of(dana, incident))["state"] == "waiting"
    await house.parts.feeds.went_live(feed)
    before = await feed_of(dana, incident)
    house.clock.advance(seconds=5)
    await house.parts.feeds.went_live(feed)
    assert await feed_of(dana, incident) == before
    assert len(await house.entries("feed.live")) == 1


async def test_an_end_that_is_told_twice_is_written_once(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feeds, feed = house.parts.feeds, FeedId((await feed_of(dana, incident))["id"])
    await feeds.went_live(feed)
    await feeds.ended(feed, EndReason.SILENT, SessionId("ses_1"))
    await feeds.went_live(feed)
    await feeds.ended(feed, EndReason.SILENT, SessionId("ses_1"))
    assert (await feed_of(dana, incident))["state"] == "live"
    assert len(await house.entries("feed.end")) == 1


async def test_a_reconnecting_caller_is_away_and_not_gone(house: House, dana: Staff) -> None:
    """The page publishes anew over its old session: the engine ends that one as replaced."""
    incident, _, _ = await shared(house, dana)
    feed = FeedId((await feed_of(dana, incident))["id"])
    await house.parts.feeds.went_live(feed)
    await house.parts.feeds.ended(feed, EndReason.REPLACED, SessionId("ses_3"))
    assert (await feed_of(dana, incident))["state"] == "silent"


async def test_news_after_the_close_brings_nothing_back(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = FeedId((await feed_of(dana, incident))["id"])
    await dana.post(f"/api/incidents/{incident['id']}/close")
    feeds = house.parts.feeds
    for news in (
        feeds.went_live(feed),
        feeds.went_silent(feed),
        feeds.ended(feed, EndReason.SILENT, SessionId("ses_4")),
        feeds.ended(feed, EndReason.CLOSED, SessionId("ses_5")),
        feeds.went_live(feed),
    ):
        await news
        (view,) = await dana.get("/api/incidents/closed")
        assert [f["state"] for f in view["feeds"]] == ["ended"]


async def test_news_of_nothing_we_know_is_dropped(house: House) -> None:
    feeds, unknown = house.parts.feeds, FeedId("fed_unknown")
    before = await house.entries()
    await feeds.went_live(unknown)
    await feeds.went_silent(unknown)
    await feeds.ended(unknown, EndReason.FAILED, SessionId("ses_6"))
    await feeds.subscriber_ended(
        SessionSummary(
            session=SessionId("s"),
            feed=unknown,
            holder=Holder("grt_unknown"),
            reason=EndReason.FAILED,
            seconds=0,
            bytes_out=0,
        )
    )
    assert await house.entries() == before


async def test_how_long_somebody_watched_is_on_record(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = FeedId((await feed_of(dana, incident))["id"])
    bearer = (await dana.post(f"/api/feeds/{feed}/watch"))["bearer"]
    admitted = await house.parts.access.admit_subscriber(Bearer(bearer), feed)
    summary = SessionSummary(
        session=SessionId("s"),
        feed=feed,
        holder=admitted.holder,
        reason=EndReason.HUNG_UP,
        seconds=12.34,
        bytes_out=5,
    )
    for _ in range(2):  # the engine tells again when this process ended before it could say that it had heard
        await house.parts.feeds.subscriber_ended(summary)
    (entry,) = await house.entries("feed.unsubscribe")
    assert (entry.actor, entry.subject) == (dana.user.id, feed)
    assert entry.details == {"reason": "hung-up", "seconds": "12.3", "bytes": "5", "session": "s"}


async def test_after_a_restart_what_was_live_is_away(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    await house.parts.feeds.went_live(FeedId((await feed_of(dana, incident))["id"]))
    await house.parts.feeds.recover(house.parts.sfu)
    assert (await feed_of(dana, incident))["state"] == "silent"


async def test_a_picture_ends_when_its_time_to_share_ran_out(house: House) -> None:
    async with calling(house):
        house.clock.advance(seconds=SHARING_LASTS.total_seconds() - 1)
        await house.parts.feeds.end_what_is_over(house.parts.sfu)
        assert [known.publishes for known in house.parts.sfu.state().sessions] == [True]
        house.clock.advance(seconds=1)
        sfu = house.parts.sfu
        await until(lambda: not sfu.state().sessions, "it ends")
        assert isinstance(sfu, EmbeddedSfu)
        await sfu.settled()
        ends = await house.entries("feed.end")
        assert [(entry.actor, entry.details["reason"]) for entry in ends] == [("system", "expired")]


async def test_after_a_restart_what_flows_is_live_and_what_lost_its_permission_ends(house: House) -> None:
    """The engine goes on while the service is away; here it only seems to be."""
    feeds, sfu, store = house.parts.feeds, house.parts.sfu, house.parts.store
    async with calling(house) as call:
        watching = SessionId(await call.watch(await house.staff("lee")))
        publishing = next(known for known in sfu.state().sessions if known.publishes)
        async with store.begin() as tx:
            await tx.feeds.change(ModelFeedId(call.feed), FeedState.SILENT, house.clock())
        house.clock.advance(minutes=5)  # a grant to watch is for opening a session, which then goes on
        await feeds.recover(sfu)
        for feed in sfu.state().feeds:
            await feeds.went_live(feed.feed)
        assert (await call.dana.see(call.incident))["feeds"][0]["state"] == "live"
        assert sfu.session(watching) is not None
        assert sfu.session(publishing.session) is not None

        async with store.begin() as tx:
            await tx.grants.revoke_of_incident(IncidentId(call.incident["id"]), house.clock())
        await feeds.recover(sfu)
        assert sfu.session(watching) is None
        assert sfu.session(publishing.session) is None


async def test_a_picture_can_be_opened_before_the_first_packet(house: House, dana: Staff) -> None:
    incident, _, _ = await shared(house, dana)
    feed = await feed_of(dana, incident)
    assert feed["state"] == "waiting"
    watch = done(await dana.http.post(f"/api/feeds/{feed['id']}/watch"))
    assert watch["whep"] == f"/whep/{feed['id']}"
