"""Monthly statements: what they say, what they are held against, and that there is one of each."""

import asyncio
import csv
import io
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, update

from backend.model.connectors import TRAFFIC_KEPT, Traffic
from backend.model.ids import ConnectorId, UserId
from backend.model.months import calendar_month
from backend.model.statements import (
    MADE_AFTER,
    TOO_FEW,
    Came,
    Counted,
    Seen,
    Span,
    Verdict,
    compare,
    minute_of,
    over,
    verdict,
)
from backend.model.uses import LeafKind
from backend.services.statements import Statements
from backend.store.tables import connectors, traffic
from media.connector import wire
from tests.backend.house import House, Staff, b64, no
from tests.backend.lent import Lent, lending
from tests.backend.seen import Look, leaves, look

ZONE = ZoneInfo("America/Detroit")
NOVEMBER = calendar_month(2026, 11, ZONE)
NOON = datetime(2026, 11, 10, 12, tzinfo=ZONE)


# The rules


def came(counts: dict[int, int], first: int = 0, last: int = 120, forged: int = 0) -> Came:
    """A connector that was there for two hours from noon; zeros, except in these minutes. -1 did not come."""
    start = minute_of(NOON)
    media = {start + at: counts.get(at, 0) for at in range(1, last) if counts.get(at, 0) >= 0}
    return Came(
        since=NOON + timedelta(minutes=first),
        until=NOON + timedelta(minutes=last),
        media=media,
        forged=forged,
    )


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def span(begins: float, ends: float | None) -> Span:
    return Span(start=at(begins), end=at(ends) if ends is not None else None)


def seen(begins: float, ends: float, sent: int) -> Seen:
    return Seen(start=at(begins), end=at(ends), bytes=sent)


MB = 1_000_000


def test_a_month_that_matches() -> None:
    counted = compare(
        NOVEMBER,
        [came({30: 3 * MB, 31: 4 * MB})],
        [span(30.2, 31.9)],
        [seen(30.3, 31.8, 6 * MB)],
    )
    assert verdict(counted) is Verdict.MATCHES
    assert (counted.minutes, counted.expected, counted.gaps) == (119, 119, 0)
    assert (counted.sending, counted.media_bytes, counted.unopened) == (2, 7 * MB, 0)
    assert (counted.sessions, counted.unmatched, counted.unsure) == (1, 0, 0)


def test_a_minute_of_media_outside_of_every_opening_is_a_mismatch() -> None:
    counted = compare(NOVEMBER, [came({30: MB, 60: 5})], [span(30, 31)], [])
    assert verdict(counted) is Verdict.MISMATCH
    assert (counted.unopened, counted.unopened_bytes, counted.unopened_at) == (1, 5, (at(60),))
    for allowed in (32.0, 33.0):  # a connector's clock may differ by two minutes
        assert compare(NOVEMBER, [came({int(allowed): MB})], [span(30, 31)], []).unopened == (allowed > 33)
    assert compare(NOVEMBER, [came({34: MB})], [span(30, 31)], []).unopened == 1
    assert compare(NOVEMBER, [came({27: MB})], [span(30, 31)], []).unopened == 1
    assert compare(NOVEMBER, [came({100: MB})], [span(30, None)], []).unopened == 0


def test_what_viewers_were_sent_must_have_left_the_site() -> None:
    there, gone = came({30: 2 * MB}), came({})
    for sent, media, unmatched in (
        (2 * MB, there, 0),
        (int(2.6 * MB), there, 0),  # repeats
        (4 * MB, there, 1),
        (2 * MB, gone, 1),
        (TOO_FEW, gone, 0),
    ):
        counted = compare(NOVEMBER, [media], [span(30, 31)], [seen(30, 31, sent)])
        assert (counted.unmatched, counted.unsure) == (unmatched, 0), sent
        assert (verdict(counted) is Verdict.MISMATCH) == bool(unmatched)


def test_two_who_watch_one_picture_are_each_compared_with_it_alone() -> None:
    both = [seen(30, 31, 2 * MB), seen(30, 31, 2 * MB)]
    assert compare(NOVEMBER, [came({30: 2 * MB})], [span(30, 31)], both).unmatched == 0


def test_a_minute_that_did_not_come_is_a_gap_and_no_zero() -> None:
    counted = compare(NOVEMBER, [came({50: -1, 51: -1, 80: -1})], [], [])
    assert verdict(counted) is Verdict.GAPS
    assert (counted.minutes, counted.expected, counted.gaps) == (116, 119, 2)
    assert [(gap.at, gap.minutes) for gap in counted.longest] == [(at(50), 2), (at(80), 1)]
    during = compare(NOVEMBER, [came({30: -1, 31: -1})], [span(30, 31)], [seen(30, 31, 2 * MB)])
    assert (during.unmatched, during.unsure, verdict(during)) == (0, 1, Verdict.GAPS)


def test_two_connectors_of_a_site_are_looked_at_together() -> None:
    pair = [came({30: MB}), came({30: MB, 90: -1})]
    counted = compare(NOVEMBER, pair, [span(30, 31)], [seen(30, 31, 2 * MB)])
    assert (counted.connectors, counted.media_bytes, counted.gaps, counted.unmatched) == (2, 2 * MB, 1, 0)


def test_no_connector_is_said_and_is_no_match() -> None:
    assert verdict(compare(NOVEMBER, [], [], [])) is Verdict.UNCOUNTED
    assert verdict(compare(NOVEMBER, [], [span(1, 2)], [seen(1, 2, MB)])) is Verdict.MISMATCH
    assert verdict(Counted(connectors=1, forged=1)) is Verdict.MISMATCH


def test_months_are_the_agencys_and_over_when_their_last_minutes_can_come_no_more() -> None:
    assert (NOVEMBER.starts_at.isoformat(), NOVEMBER.ends_at.isoformat()) == (
        "2026-11-01T00:00:00-04:00",  # the day that clocks go back there
        "2026-12-01T00:00:00-05:00",
    )
    assert calendar_month(2026, 0, ZONE).name == "2025-12"
    assert calendar_month(2026, 13, ZONE).name == "2027-01"
    ends = NOVEMBER.ends_at
    since = calendar_month(2026, 10, ZONE).starts_at

    def names(now: datetime) -> list[str]:
        return [each.name for each in over(now, since, ZONE, 24)]

    assert names(ends) == ["2026-10"]
    assert names(ends + MADE_AFTER - timedelta(seconds=1)) == ["2026-10"]
    assert names(ends + MADE_AFTER) == ["2026-10", "2026-11"]
    assert [each.name for each in over(ends + MADE_AFTER, ends, ZONE, 24)] == []


def test_the_months_that_are_made_lie_within_what_is_kept() -> None:
    for day in range(366):
        now = datetime(2027, 1, 1, tzinfo=ZONE) + timedelta(days=day)
        oldest = calendar_month(now.year, now.month - 2, ZONE)
        assert now - oldest.starts_at <= TRAFFIC_KEPT + timedelta(hours=1)


# The steps


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.services.uses.LOOK_S", 3600.0)
    monkeypatch.setattr("backend.services.minutes.PRUNE_EVERY_S", 3600.0)
    monkeypatch.setattr("backend.services.statements.PAUSE_S", 0.0)


@pytest.fixture
async def house(any_house: House) -> House:
    """On either database, at noon of the 15th."""
    zone = any_house.parts.statements._zone
    now = any_house.clock().astimezone(zone)
    middle = calendar_month(now.year, now.month + 1, zone).starts_at + timedelta(days=14, hours=12)
    any_house.clock.advance(seconds=(middle - now).total_seconds())
    return any_house


class Shop:
    """A site with a connector that counts by a real key."""

    def __init__(self, house: House, lent: Lent) -> None:
        self.house, self.lent, self.key = house, lent, Ed25519PrivateKey.generate()
        self.began = house.clock().replace(second=0, microsecond=0) - timedelta(minutes=10)

    async def enrol(self) -> None:
        await self._set(
            key=b64(self.key.public_key().public_bytes_raw()), enrolled_at=self.began - timedelta(seconds=1)
        )

    async def retire(self) -> None:
        """From now on it counts nothing."""
        await self._set(retired_at=self.house.clock())

    async def count(self, media: dict[int, int] | None = None, *, without: tuple[int, ...] = ()) -> None:
        """Every minute since it began, with these bytes in those minutes after it."""
        last = int((self.house.clock() - self.began) / timedelta(minutes=1))
        for after in range(last + 1):
            if after not in without:
                await self.tell(after, (media or {}).get(after, 0))

    async def tell(self, after: int, media_bytes: int, key: Ed25519PrivateKey | None = None) -> None:
        connector = ConnectorId(self.lent.connector)
        minute = wire.Minute(
            minute=(self.began + timedelta(minutes=after)).astimezone(UTC),
            media_bytes=media_bytes,
            camera_bytes=0,
            control_bytes=10,
            rtsp_sessions=0,
            signature="",
        )
        signature = b64((key or self.key).sign(wire.minute_text(connector, minute)))
        async with self.house.parts.store.begin() as tx:
            await tx.connectors.count(
                Traffic(
                    connector_id=connector,
                    **{**msgspec.structs.asdict(minute), "signature": signature},
                )
            )

    async def _set(self, **fields: Any) -> None:
        async with self.house.parts.store.begin() as tx:
            await tx.connectors._db.execute(
                update(connectors).where(connectors.c.id == self.lent.connector).values(**fields)
            )


@pytest.fixture
async def shop(house: House) -> AsyncIterator[Shop]:
    lent = await lending(house)
    shop = Shop(house, lent)
    await shop.enrol()
    yield shop
    await lent.hang_up()


async def month_over(house: House) -> None:
    house.clock.advance(days=30)


async def made(house: House, shop: Shop) -> Any:
    """The month ends, and its owner reads the statement of it."""
    await month_over(house)
    assert await house.parts.statements.make() >= 1
    return (await (await shop.lent.signed_in()).get("/api/statements"))[0]


async def opened(house: House, shop: Shop, dana: Staff, **more: Any) -> Look:
    """Half a minute is watched."""
    seen = await look(house, dana, shop.lent, seconds=30.0, **{"sent": 2 * MB, **more})
    house.clock.advance(minutes=10)
    return seen


async def test_a_camera_that_was_not_opened_is_said_to_be(house: House, shop: Shop) -> None:
    await shop.lent.camera(name="Till")
    await shop.count()
    await shop.retire()
    held = await made(house, shop)
    assert (held["openings"], held["verdict"]) == (0, "matches")
    assert [(camera["name"], camera["openings"]) for camera in held["cameras"]] == [("Till", 0)]
    lines = (await printed(shop, held, "csv")).splitlines()
    assert len(lines) == 2
    assert ",Till,not opened," in lines[1]
    assert "not opened" in await printed(shop, held, "html")


async def printed(shop: Shop, held: Any, form: str) -> str:
    reply = await (await shop.lent.signed_in()).http.get(held[form])
    assert reply.status_code == 200, reply.text
    return reply.content.decode("utf-8-sig")


async def test_what_was_watched_is_held_against_what_the_connector_counted(
    house: House, shop: Shop, dana: Staff
) -> None:
    await shop.lent.camera(name="Back yard")
    seen = await opened(house, shop, dana)
    await shop.count({10: int(1.4 * MB), 11: MB})
    await shop.retire()
    held = await made(house, shop)
    assert (held["verdict"], held["openings"], held["seconds"], held["bytes"]) == (
        "matches", 1, 30.0, 2 * MB,
    )  # fmt: skip
    assert {camera["name"]: camera["openings"] for camera in held["cameras"]} == {
        "Back yard": 0,
        "Front door": 1,
    }
    counted = held["counted"]
    assert (counted["sending"], counted["media_bytes"], counted["unopened"]) == (2, int(2.4 * MB), 0)
    assert (counted["minutes"], counted["expected"], counted["gaps"]) == (20, 20, 0)
    rows = list(csv.DictReader(io.StringIO(await printed(shop, held, "csv"))))
    assert [(row["camera"], row["opened"][:4]) for row in rows] == [
        ("Back yard", "not "), ("Front door", held["month"][:4]),
    ]  # fmt: skip
    assert (rows[1]["role"], rows[1]["watched_s"], rows[1]["use"]) == ("dispatcher", "30.0", seen.use)
    page = await printed(shop, held, "html")
    assert "a dispatcher, to judge what is happening" in page
    assert "opened once" in page
    assert "Dana" not in page


async def test_a_mismatch_is_said_loudly_to_the_owner_and_to_supervisors(
    house: House, shop: Shop, dana: Staff
) -> None:
    await opened(house, shop, dana)
    await shop.count({10: 2 * MB, 11: MB, 17: 5 * MB})  # minute 17: nobody had opened anything
    await shop.retire()
    held = await made(house, shop)
    assert (held["verdict"], held["counted"]["unopened"]) == ("mismatch", 1)
    assert held["counted"]["unopened_bytes"] == 5 * MB
    page = await printed(shop, held, "html")
    assert "DOES NOT MATCH" in page
    assert "although no camera was open" in page
    lee = await house.staff("lee")
    (shown,) = await lee.get("/api/agency/statements")
    assert (shown["id"], shown["site"], shown["owner"]) == (held["id"], "Ola's shop", "Ola Berg")
    assert (await lee.http.get(held["pdf"])).status_code == 200
    assert [entry.details["verdict"] for entry in await house.entries("statement.make")].count(
        "mismatch"
    ) == 1


async def test_seconds_that_the_connector_knows_nothing_of_are_a_mismatch(
    house: House, shop: Shop, dana: Staff
) -> None:
    await opened(house, shop, dana, sent=50 * MB)
    await shop.count({10: MB})
    await shop.retire()
    held = await made(house, shop)
    assert (held["verdict"], held["counted"]["unmatched"]) == ("mismatch", 1)


async def test_gaps_are_said_and_are_not_zeros(house: House, shop: Shop, dana: Staff) -> None:
    await opened(house, shop, dana)
    await shop.count(without=(9, 10, 11, 12))
    await shop.retire()
    held = await made(house, shop)
    assert (held["verdict"], held["counted"]["unsure"], held["counted"]["gaps"]) == ("gaps", 1, 1)
    assert held["counted"]["longest"][0]["minutes"] == 4
    assert "4 minutes did not come, in 1 gap" in await printed(shop, held, "html")


async def test_a_minute_without_its_connectors_signature_is_not_believed(house: House, shop: Shop) -> None:
    await shop.lent.camera()
    await shop.count(without=(5,))
    await shop.tell(5, 0, Ed25519PrivateKey.generate())
    await shop.retire()
    held = await made(house, shop)
    assert (held["verdict"], held["counted"]["forged"], held["counted"]["gaps"]) == ("mismatch", 1, 1)


async def test_it_is_made_once_by_whoever_comes_first(house: House, shop: Shop) -> None:
    await shop.lent.camera()
    await shop.count()
    await shop.retire()
    assert await house.parts.statements.make() == 0  # the month is not over
    await month_over(house)
    parts = house.parts
    other = Statements(parts.steps, parts.receipts, "Dearborn Police", parts.statements._zone)
    both = await asyncio.gather(parts.statements.make(), other.make())
    assert sum(both) == 1
    assert await parts.statements.make() == 0
    assert len(await (await shop.lent.signed_in()).get("/api/statements")) == 1
    assert len(await house.entries("statement.make")) == 1


async def test_no_minute_is_forgotten_before_its_statement_is_made(house: House, shop: Shop) -> None:
    await shop.lent.camera()
    await shop.count({3: MB})
    await shop.retire()
    house.clock.advance(days=300)  # the service was off
    minutes = house.parts.minutes
    broken = RuntimeError("no statement could be made")

    async def fail() -> None:
        raise broken

    with pytest.raises(RuntimeError, match="no statement"):
        await minutes.prune(fail)
    async with house.parts.store.read() as tx:
        assert await tx.connectors._db.scalar(select(func.count()).select_from(traffic)) == 21 - 10
    pruning = asyncio.create_task(minutes.prune(house.parts.statements.make))
    async with asyncio.timeout(60):
        while True:
            async with house.parts.store.read() as tx:
                if not await tx.connectors._db.scalar(select(func.count()).select_from(traffic)):
                    break
            await asyncio.sleep(0.02)
    pruning.cancel()
    held = await (await shop.lent.signed_in()).get("/api/statements")
    assert [one["counted"]["sending"] for one in held if one["counted"]["sending"]] == [1]


async def test_statements_are_their_owners_and_no_supervisors_where_they_match(
    house: House, shop: Shop, dana: Staff
) -> None:
    await shop.lent.camera()
    await shop.count()
    await shop.retire()
    held = await made(house, shop)
    stranger = await (await lending(house, "una", numbers=())).signed_in()
    assert await stranger.get("/api/statements") == []
    no(await stranger.http.get(held["html"]), 404, "not-found")
    no(await (await house.staff("lee")).http.get(held["html"]), 404, "not-found")
    no(await (await house.staff("dana")).http.get(held["html"]), 403, "wrong-role")
    no(await stranger.http.get("/api/statements/stm_1.html"), 400, "malformed")


async def test_what_is_sealed_or_erased_later_is_on_no_paper(house: House, shop: Shop, dana: Staff) -> None:
    seen = await opened(house, shop, dana)
    await shop.count({10: 2 * MB, 11: MB})
    await shop.retire()
    held = await made(house, shop)
    assert "to judge what is happening" in await printed(shop, held, "html")
    about = (await leaves(house, seen.use))[0]
    until = house.clock() + timedelta(days=90)
    async with house.parts.steps.begin() as step:
        fields = {"by": "supervisor", "why": "court", "until": until.isoformat()}
        await house.parts.uses.state(step, LeafKind.SEAL, fields, about, UserId(dana.user.id))
    for form in ("html", "csv"):
        text = await printed(shop, held, form)
        assert "sealed" in text
        assert "dispatcher" not in text


async def test_the_pdf_says_what_the_page_says(house: House, shop: Shop, dana: Staff, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (Debian: poppler-utils)")
    await shop.lent.camera(name="Eingang – кухня")
    await opened(house, shop, dana)
    await shop.count({10: 2 * MB, 11: MB})
    await shop.retire()
    held = await made(house, shop)
    reply = await (await shop.lent.signed_in()).http.get(held["pdf"])
    file = tmp_path / "statement.pdf"
    file.write_bytes(reply.content)
    read = await asyncio.create_subprocess_exec(
        "pdftotext", "-layout", file, "-", stdout=asyncio.subprocess.PIPE
    )
    said = (await read.communicate())[0].decode()
    for words in ("Statement for", "Ola's shop", "not opened", "кухня", "opened once", "Matches", "30 s"):
        assert words in said, words
