"""No entry in the public log, no picture: what is written, when, and what opens while it cannot be."""

import asyncio
import base64
import hashlib
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from backend.model.ids import OpeningId
from backend.model.uses import LeafKind, UseEntry, band, quarter
from backend.services.uses import AT_ONCE, LASTS, RENEWED_BEFORE
from backend.store.tables_public import uses as uses_table
from backend.tlog.client import LogAway
from media import ports as media
from media.grants import Basis, Gate, GrantKeys, public_bytes, read
from signaling import ports as signaling
from tests.backend.calls import calling
from tests.backend.house import House, Phone, Staff, no
from tests.backend.lent import AT_THE_SHOP, SHOP_NUMBER, Lent, press
from tests.peers import LOG, SPOOL, until

ALLOWING = {
    "use", "hour", "at", "source", "category", "reason", "level", "distance", "hours", "role", "assigned",
    "basis", "unit", "officer", "camera", "district",
}  # fmt: skip
TELLING = {
    "use", "hour", "at", "from", "duration_s", "viewers", "bytes", "stills", "recorded", "outcome", "entries",
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("by_hand")


async def rows(house: House) -> list[UseEntry]:
    async with house.parts.store.read() as tx:
        return await tx.uses._where()


def said(entry: UseEntry) -> dict[str, str]:
    return {name: field.value for name, field in entry.fields.items()}


def kinds(entries: list[UseEntry]) -> list[str]:
    return [entry.kind.value for entry in entries]


async def shared(house: House, dana: Staff) -> str:
    """A caller's feed."""
    incident = await dana.open()
    await Phone(house, house.token((await dana.issue(incident))["id"])).share()
    return str((await dana.see(incident))["feeds"][0]["id"])


async def admitted(house: House, who: Staff, feed: str) -> signaling.Admission:
    bearer = (await who.post(f"/api/feeds/{feed}/watch"))["bearer"]
    return await house.parts.access.admit_subscriber(signaling.Bearer(bearer), media.FeedId(feed))


def summary(
    admission: signaling.Admission, session: str = "ses_1", seconds: float = 12.34, bytes_out: int = 5
) -> media.SessionSummary:
    by_grant = media.ByGrant(
        index=read(admission.grant).index, spooled=False, seconds=seconds, packets=9, bytes_out=bytes_out
    )
    return media.SessionSummary(
        session=media.SessionId(session),
        feed=admission.feed,
        holder=admission.holder,
        reason=media.EndReason.HUNG_UP,
        seconds=seconds,
        bytes_out=bytes_out,
        by_grant=(by_grant,) if seconds else (),
    )


async def test_a_leaf_hides_everything_and_each_commitment_can_be_opened(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    await press(dana, incident, camera)
    (leaf,) = house.log.leaves()
    made = json.loads(leaf)
    assert (made["v"], made["type"], set(made["c"])) == (1, "open", ALLOWING)
    assert all(word not in leaf for word in (camera.encode(), dana.user.id.encode(), b"Break", b"see-scene"))
    (row,) = await rows(house)
    for name, field in row.fields.items():  # as docs/log.md says it, and not as our code does
        assert field.salt is not None
        salt = base64.b64decode(field.salt)
        text = b"sightline-commitment/v1\n" + name.encode() + b"\n" + salt + field.value.encode()
        assert made["c"][name] == base64.b64encode(hashlib.sha256(text).digest()).decode()
        assert len(salt) == 16
    assert len({field.salt for field in row.fields.values()}) == len(ALLOWING)
    told = said(row)
    local = house.clock().astimezone(house.parts.uses._zone)
    assert told["hour"] in {(local - timedelta(minutes=m)).strftime("%Y-%m-%dT%H") for m in (0, 1)}
    assert (told["source"], told["category"], told["reason"]) == ("camera", "Break-in", "see-scene")
    assert (told["level"], told["distance"], told["hours"]) == ("nearby", "within 50 m", "yes")
    assert (told["role"], told["assigned"], told["unit"]) == ("dispatcher", "no", "none")
    assert told["officer"] == house.keys.pseudonym("user", dana.user.id, quarter(local))
    assert told["officer"] != house.keys.pseudonym("user", dana.user.id, "2001Q1")


async def test_every_kind_of_picture_commits_to_the_same_fields(
    house: House, dana: Staff, lent: Lent
) -> None:
    await admitted(house, dana, await shared(house, dana))
    await press(dana, await dana.open(**AT_THE_SHOP), await lent.camera())
    assert [set(row.fields) for row in await rows(house)] == [ALLOWING, ALLOWING]


async def test_a_grant_is_of_the_entry_that_the_log_has(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    first, second = [await admitted(house, dana, opening["feed_id"]) for _ in range(2)]
    gate = Gate(GrantKeys(entry=public_bytes(LOG), spool=public_bytes(SPOOL)))
    for admission in (first, second):  # two screens of one opening
        now = house.clock().timestamp()
        claims = gate.verify(admission.grant, admission.feed, admission.holder, now)
        assert (claims.index, claims.basis) == (0, Basis.ENTRY)
        assert claims.expires_at - now == pytest.approx(1800, abs=60)
    assert len(house.log.leaves()) == 1
    feed = await shared(house, dana)
    assert read((await admitted(house, dana, feed)).grant).index == 1
    assert read((await admitted(house, dana, feed)).grant).index == 2


async def test_while_the_log_is_away_no_lent_camera_opens(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    house.log.away = True
    where = f"/api/incidents/{incident['id']}/cameras/{camera}/open"
    problem = no(await dana.http.post(where, json={"reason": "see-scene"}), 503, "log-away")
    assert "public log cannot be written" in problem["detail"]
    assert lent.sockets.starts == []
    assert (await dana.see(incident))["openings"] == []
    assert [e.details.get("end") for e in await house.entries("camera.close")] == ["log-away"]
    house.log.away = False
    assert (await press(dana, incident, camera))["opening"]
    await house.parts.uses.look(house.parts.sfu)
    types = [json.loads(leaf)["type"] for leaf in house.log.leaves()]
    assert sorted(types) == ["close", "open", "open"]


async def test_while_the_log_is_away_an_opened_camera_shows_nobody_new(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    opening = (await press(dana, incident, camera))["opening"]
    house.log.away = True
    again = await press(dana, incident, camera)
    assert again["opening"]["id"] == opening["id"]  # what the log has stays open
    grant = await dana.post(f"/api/feeds/{opening['feed_id']}/watch")
    headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
    reply = await house.client().post(grant["whep"], content="v=0\r\n", headers=headers)
    no(reply, 503, "log-away")
    assert reply.headers["retry-after"]
    assert [e.refusal for e in await house.entries("feed.subscribe")][-1] == "log-away"


async def test_while_the_log_is_away_a_site_that_calls_opens_nothing_and_says_why(
    house: House, dana: Staff, lent: Lent
) -> None:
    for _ in range(2):
        await lent.camera()
    house.log.away = True
    incident = await dana.open(callback_number=SHOP_NUMBER)  # the emergency itself waits for nothing
    no(await dana.http.post(f"/api/incidents/{incident['id']}/site-cameras"), 503, "log-away")
    assert lent.sockets.starts == []
    house.log.away = False
    await dana.post(f"/api/incidents/{incident['id']}/site-cameras")
    assert len((await dana.see(incident))["openings"]) == 2


async def test_a_callers_picture_goes_on_while_the_log_is_away_and_nothing_of_it_is_lost(
    house: House, dana: Staff
) -> None:
    lee = await house.staff("lee")
    async with calling(house) as call:
        await call.watch(dana)
        house.log.away = True
        await call.watch(lee)
        (stats,) = await house.parts.sfu.stats()
        by = {s.holder: s.by_grant for feed in stats.feeds for s in feed.subscribers}
        assert sorted(one.spooled for (one,) in by.values()) == [False, True]
        before = house.log.leaves()
        with pytest.raises(LogAway):
            await house.parts.uses.hand_over()
        await house.parts.uses.look(house.parts.sfu)  # says so, and goes on
        assert house.log.leaves() == before
        house.log.away, house.log.loses = False, 1  # it does what it is asked, and nobody hears
        with pytest.raises(LogAway):
            await house.parts.uses.hand_over()
        await asyncio.gather(*(house.parts.uses.hand_over() for _ in range(3)))
    await until(lambda: not house.parts.sfu.state().sessions, "all have left")
    await house.parts.sfu.settled()  # type: ignore[attr-defined]
    await house.parts.uses.hand_over()
    held = await rows(house)
    assert kinds(held) == ["open", "open", "end", "end"]
    assert sorted(entry.index for entry in held if entry.index is not None) == [0, 1, 2, 3]
    leaves = house.log.leaves()
    assert len(set(leaves)) == len(leaves) == 4
    assert all(entry.index is not None and leaves[entry.index] == entry.leaf for entry in held)
    assert all("waiting" not in said(entry)["entries"] for entry in held[2:])


async def test_only_a_caller_gets_the_spools_grant(house: House, dana: Staff, lent: Lent) -> None:
    feed = await shared(house, dana)
    opening = (await press(dana, await dana.open(**AT_THE_SHOP), await lent.camera()))["opening"]
    house.log.away = True
    assert read((await admitted(house, dana, feed)).grant).basis is Basis.SPOOL
    with pytest.raises(signaling.Refused) as refused:
        await admitted(house, dana, opening["feed_id"])
    assert refused.value.refusal is signaling.Refusal.LOG_AWAY
    house.log.away, house.log.pause_s = False, 30.0  # it is there, and hangs
    assert read((await admitted(house, dana, feed)).grant).basis is Basis.SPOOL


async def test_what_was_seen_is_told_once_as_the_engine_counted_it(house: House, dana: Staff) -> None:
    admission = await admitted(house, dana, await shared(house, dana))
    for _ in range(2):
        await house.parts.feeds.subscriber_ended(summary(admission))
    await house.parts.feeds.subscriber_ended(summary(admission, "ses_2", 0.0, 0))
    opened, first, second = await rows(house)
    assert set(first.fields) == TELLING
    assert said(first) | {"hour": "", "at": "", "from": ""} == {
        "use": opened.id, "hour": "", "at": "", "from": "", "duration_s": "12.3", "viewers": "1",
        "bytes": "5", "stills": "0", "recorded": "no", "outcome": "hung-up", "entries": "0:12.3:5",
    }  # fmt: skip
    ended, began = (datetime.fromisoformat(said(first)[name]) for name in ("at", "from"))
    assert ended == first.at.replace(microsecond=0)
    assert 12 <= (ended - began).total_seconds() <= 13
    assert said(second)["entries"] == "none"
    assert said(first)["use"] == said(opened)["use"] == opened.id


async def test_an_opening_is_renewed_and_closed_in_the_log_too(house: House, dana: Staff, lent: Lent) -> None:
    opening = (await press(dana, await dana.open(**AT_THE_SHOP), await lent.camera()))["opening"]
    admission = await admitted(house, dana, opening["feed_id"])
    await dana.post(f"/api/openings/{opening['id']}/renew")
    assert len(house.log.leaves()) == 2
    await house.parts.feeds.subscriber_ended(summary(admission))
    await dana.delete(f"/api/openings/{opening['id']}")
    held = await rows(house)
    assert kinds(held) == ["open", "renew", "end", "close"]
    assert len({entry.id for entry in held}) == 1
    assert said(held[2])["bytes"] == "5"
    assert (said(held[3])["outcome"], said(held[3])["bytes"]) == ("closed", "none")
    async with house.parts.store.read() as tx:
        assert await tx.uses.of(OpeningId(opening["id"])) == held


async def test_who_watches_a_renewed_opening_goes_on_by_the_new_entry(
    house: House, dana: Staff, lent: Lent
) -> None:
    opening = (await press(dana, await dana.open(**AT_THE_SHOP), await lent.camera()))["opening"]
    await lent.publish(opening["feed_id"])
    await lent.watch(dana, opening["feed_id"])
    await dana.post(f"/api/openings/{opening['id']}/renew")
    (stats,) = await house.parts.sfu.stats()
    (viewer,) = stats.feeds[0].subscribers
    assert [(one.index, one.spooled) for one in viewer.by_grant] == [(0, False), (1, False)]
    house.log.away = True
    problem = no(await dana.http.post(f"/api/openings/{opening['id']}/renew"), 503, "log-away")
    assert "public log" in problem["detail"]


async def test_a_long_watch_of_a_caller_is_renewed_before_its_grant_runs_out(
    house: House, dana: Staff
) -> None:
    async with calling(house) as call:
        await call.watch(dana)
        uses, sfu = house.parts.uses, house.parts.sfu
        await uses.look(sfu)
        assert kinds(await rows(house)) == ["open"]
        async with house.parts.store.begin() as tx:  # as if it had been opened that long ago
            soon = house.clock() + RENEWED_BEFORE - timedelta(seconds=5)
            await tx.uses._db.execute(update(uses_table).values(expires_at=soon))
        house.log.away = True
        await uses.look(sfu)  # on the spool's word
        house.log.away = False
        await uses.look(sfu)
        held = await rows(house)
        assert kinds(held) == ["open", "renew"]
        assert all(entry.index is not None for entry in held)
        assert held[1].expires_at is not None
        assert held[1].expires_at - held[1].at == LASTS
        (stats,) = await sfu.stats()
        (viewer,) = stats.feeds[0].subscribers
        assert [one.spooled for one in viewer.by_grant] == [False, True]


async def test_more_leaves_than_are_handed_over_at_once_all_arrive_in_order(
    house: House, dana: Staff
) -> None:
    admission = await admitted(house, dana, await shared(house, dana))
    house.log.away = True
    (first,) = await rows(house)
    async with house.parts.steps.begin() as step:
        for n in range(AT_ONCE + 3):
            over = summary(admission, f"ses_{n}")
            await house.parts.uses._finish(step, first, LeafKind.END, first.at, 1.0, "hung-up", over)
    house.log.away = False
    await house.parts.uses.hand_over()
    held = await rows(house)
    assert [entry.index for entry in held] == list(range(AT_ONCE + 4))
    assert house.log.leaves() == [entry.leaf for entry in held]


def test_how_far_is_said_in_bands() -> None:
    assert [band(metres) for metres in (None, 0.0, 50.0, 50.1, 999.0, 5000.0)] == [
        "unknown", "within 50 m", "within 50 m", "within 100 m", "within 1000 m", "farther",
    ]  # fmt: skip
