"""What callers' links are measured by: how far, how fast, why no further, and nothing about anybody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.model.links import LinkKind
from backend.model.measured import (
    KEPT,
    Browser,
    CallerFigure,
    Network,
    browser_of,
    in_public,
    network_of,
    sums,
)
from backend.model.rungs import Rung
from backend.store.tables_measured import caller_figures, unmeasured
from tests.backend.calls import calling
from tests.backend.house import NUMBER, House, Phone, Staff, done, no

HOUR = datetime(2026, 11, 27, 12, tzinfo=UTC)
PIXEL = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 "
    "Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 CriOS/142.0 Mobile"


def figure(**more: Any) -> CallerFigure:
    held: dict[str, Any] = {
        "hour": HOUR,
        "kind": LinkKind.LIVE,
        "browser": Browser.IPHONE,
        "network": Network.UNKNOWN,
        "sent_s": 1.0,
        "delivered_s": 2.0,
        "opened_s": 8.0,
        "permitted_s": 12.0,
        "picture_s": 14.0,
        "rungs": (Rung.LIVE,),
        "reasons": (),
    }
    return CallerFigure(**{**held, **more})


@pytest.mark.parametrize(
    ("said", "family"),
    [
        (PIXEL, Browser.CHROME_ANDROID),
        (PIXEL.replace("; K", "; K; wv"), Browser.INSIDE_APP),
        (IPHONE, Browser.IPHONE),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", Browser.FIREFOX_ANDROID),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Browser.COMPUTER),
        ("curl/8", Browser.OTHER),
        ("", Browser.OTHER),
    ],
)
def test_a_browser_is_known_by_its_family_only(said: str, family: Browser) -> None:
    assert browser_of(said) is family


def test_a_network_is_one_of_four_words_or_unknown() -> None:
    assert [network_of(said) for said in ("3g", "4g", "5g", None)] == [
        *(Network.THREE_G, Network.FOUR_G, Network.UNKNOWN, Network.UNKNOWN)
    ]


def test_sums_count_each_step_and_say_nothing_of_too_few() -> None:
    lost = figure(
        browser=Browser.SAMSUNG,
        delivered_s=None,
        permitted_s=None,
        picture_s=None,
        rungs=(Rung.POSITION,),
        reasons=("permission-refused",),
    )
    held = sums([figure() for _ in range(6)] + [lost], HOUR)
    assert {step.name: step.count for step in held.funnel} == {
        "issued": 7,
        "sent": 7,
        "delivered": 7,
        "opened": 7,
        "permitted": 6,
        "picture": 6,
    }
    picture = next(each for each in held.times if each.name == "picture")
    assert (picture.median_s, picture.p90_s, picture.measured) == (14.0, 14.0, 6)
    assert [(each.name, each.links, each.shared, each.pictures) for each in held.browsers] == [
        ("iphone", 6, 6, 6),
        ("samsung", 1, 1, 0),
    ]
    assert [(each.name, each.permitted_to_picture_s) for each in held.browsers] == [
        ("iphone", 2.0),
        ("samsung", None),
    ]
    assert [(each.name, each.count) for each in held.reasons] == [("permission-refused", 1)]
    assert in_public([figure() for _ in range(4)]) == ()
    few = in_public([figure(), *[figure(picture_s=None) for _ in range(6)]])
    assert [(step.name, step.links) for step in few][-2:] == [("permitted", 7), ("picture", None)]


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def test_a_link_is_measured_once_its_incident_is_closed_and_its_row_names_nothing(
    house: House, dana: Staff, sam: Staff, lee: Staff
) -> None:
    async with calling(house) as call:
        ignored = await dana.issue(call.incident)
        other = Phone(house, house.token((await dana.issue(call.incident, "position"))["id"]))
        other.http.headers["User-Agent"] = IPHONE
        done(await other.http.post("/api/caller/open", json={"token": other.token, "network": "3g"}))
        await other.share()
        refused = {"camera": "off", "position": "refused"}
        done(await other.send("status", refused))

        async with dana.socket() as desk:
            if desk.snapshot["incidents"][0]["feeds"][0]["state"] != "live":
                await desk.until(lambda e: e["type"] == "entry" and e["entry"]["action"] == "feed.live")
        done(await call.phone.send("status", {"camera": "on", "position": "on"}))
        assert await house.parts.measured.look() == 0
        await dana.post(f"/api/incidents/{call.incident['id']}/close")
    assert await house.parts.measured.look() == 3
    assert await house.parts.measured.look() == 0
    async with house.parts.store.read() as tx:
        rows = [dict(row._mapping) for row in await tx.measured._db.execute(select(caller_figures))]
        assert (await tx.measured._db.execute(select(unmeasured))).all() == []
    held = str(rows)
    for private in (ignored["id"], call.incident["id"], call.feed, NUMBER, NUMBER[2:], "127.0.0.1"):
        assert private not in held
    assert all(row["hour"] == row["hour"].replace(minute=0, second=0, microsecond=0) for row in rows)
    by = {(row["kind"], row["opened_s"] is not None): row for row in rows}
    live = by["live", True]
    assert live["picture_s"] >= 0
    assert live["permitted_s"] >= 0
    assert by["live", False]["reasons"] == ["not-opened"]
    assert (by["position", True]["browser"], by["position", True]["network"]) == ("iphone", "3g")
    assert "no-position" in by["position", True]["reasons"]
    told = await lee.get("/api/agency/callers")
    assert (told["links"], told["funnel"][-1]) == (3, {"name": "picture", "count": 1})
    for who in (dana, sam):
        no(await who.http.get("/api/agency/callers"), 403, "wrong-role")
    house.clock.advance(days=KEPT.days + 1)
    await house.parts.measured.look()
    async with house.parts.store.read() as tx:
        assert await tx.measured.figures(HOUR - timedelta(days=900), house.clock(), 10) == []
