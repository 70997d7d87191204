"""The ladder: on which rung a caller is and why, as everybody sees it who may."""

import pytest

from backend.model.ids import FeedId, LinkId
from backend.model.incidents import FeedState
from backend.model.rungs import PICTURES, Rung, RungReason, believed, within
from media.ports import FeedId as MediaFeedId
from tests.backend.house import House, Staff
from tests.backend.test_sharing import feed_of, shared

ON = {"camera": "on", "position": "on"}


@pytest.mark.parametrize("rung", Rung)
def test_no_rung_above_what_the_link_is_for(rung: Rung) -> None:
    assert within(Rung.LIVE, rung, RungReason.WORKING) == (rung, RungReason.WORKING)
    expected = (rung, RungReason.WORKING) if rung is Rung.TEXT else (Rung.POSITION, RungReason.ASKED)
    if rung is Rung.POSITION:
        expected = (rung, RungReason.WORKING)
    assert within(Rung.POSITION, rung, RungReason.WORKING) == expected


def test_the_servers_own_word_is_no_phones() -> None:
    assert within(Rung.LIVE, Rung.LIVE, RungReason.UNHEARD) == (Rung.LIVE, RungReason.STARTING)


@pytest.mark.parametrize("rung", Rung)
def test_a_picture_that_nobody_hears_is_said_to_be_unheard(rung: Rung) -> None:
    for feed in FeedState:
        shown = believed(rung, RungReason.WORKING, feed)
        unheard = rung in PICTURES and feed is not FeedState.LIVE
        assert shown is (RungReason.UNHEARD if unheard else RungReason.WORKING)
        assert believed(rung, RungReason.HIDDEN, feed) is RungReason.HIDDEN
    assert believed(None, None, FeedState.LIVE) is None


async def test_each_rung_is_shown_recorded_and_kept_once(any_house: House) -> None:
    dana = await any_house.staff("dana")
    incident, link, phone = await shared(any_house, dana)
    feed = (await feed_of(dana, incident))["id"]
    said = (
        ("live", "starting"),
        ("live", "working"),
        ("live", "working"),
        ("stills", "udp-and-tcp-blocked"),
        ("position", "hidden"),
    )
    for rung, reason in said:
        reply = await phone.send("status", {**ON, "rung": rung, "reason": reason})
        assert reply.status_code == 204
        any_house.clock.advance(seconds=2)
        view = (await dana.see(incident))["links"][0]
        assert view["rung"] == rung
        assert view["rung_reason"] == ("unheard" if reason == "working" else reason)
    await phone.send("status", ON)  # as before
    kept = [("live", "starting"), ("live", "working"), *said[3:]]
    entries = [(e.details["rung"], e.details["reason"]) for e in await any_house.entries("caller.rung")]
    assert entries == kept
    async with any_house.parts.store.read() as tx:
        changes = await tx.rungs.of_link(LinkId(link["id"]))
    assert [(change.rung, change.reason) for change in changes] == kept

    await phone.send("status", {**ON, "rung": "live", "reason": "working"})
    await any_house.parts.feeds.went_live(MediaFeedId(feed))
    assert (await dana.see(incident))["links"][0]["rung_reason"] == "working"
    async with any_house.parts.store.read() as tx:
        found = await tx.feeds.get(FeedId(feed))
    assert found is not None
    assert found.state is FeedState.LIVE

    await phone.send("stop")
    view = (await dana.see(incident))["links"][0]
    assert (view["rung"], view["rung_reason"], view["rung_since"]) == (None, None, None)


async def test_since_when_is_the_rungs_and_not_its_reasons(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    await phone.send("status", {**ON, "rung": "stills", "reason": "starting"})
    first = (await dana.see(incident))["links"][0]["rung_since"]
    house.clock.advance(seconds=30)
    await phone.send("status", {**ON, "rung": "stills", "reason": "too-slow"})
    assert (await dana.see(incident))["links"][0]["rung_since"] == first


async def test_a_link_for_the_place_stands_on_no_rung_above_it(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana, kind="position")
    await phone.send("status", {**ON, "rung": "live", "reason": "working"})
    view = (await dana.see(incident))["links"][0]
    assert (view["rung"], view["rung_reason"]) == ("position", "asked")
