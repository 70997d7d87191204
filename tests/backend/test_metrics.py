"""The operator's figures: of a real call, in the text that Prometheus reads, for nobody but the operator."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from backend.config import OperatorToken
from backend.services.engines import Engines
from media.ports import EngineStats
from tests.backend.calls import calling
from tests.backend.house import House, no, settings
from tests.notifications.twilio_double import TwilioDouble

TOKEN = "0123456789abcdef" * 4
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"
Found = dict[str, list[Sample]]


def read(text: str) -> Found:
    found: Found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def one(found: Found, name: str, **labels: str) -> float:
    """The value of the only series like that."""
    fitting = [s for s in found[name] if labels.items() <= s.labels.items()]
    assert len(fitting) == 1, (name, labels, fitting)
    return float(fitting[0].value)


async def scrape(house: House, **headers: str) -> Any:
    return await house.client().get("/metrics", headers=headers)


async def settles(house: House, wanted: Callable[[str], bool]) -> bool:
    """Whether the figures come to look like that; a text may be a second old."""
    for _ in range(200):
        if wanted((await scrape(house)).text):
            return True
        await asyncio.sleep(0.1)
    return False


def sent(text: str) -> int:
    """How many viewers were sent something."""
    return sum(viewer.value > 0 for viewer in read(text).get("sightline_viewer_bytes_total", []))


async def test_a_call_is_seen_with_its_feed_its_publisher_and_each_viewer(house: House) -> None:
    async with calling(house) as call:
        lee = await house.staff("lee")
        sessions = {await call.watch(call.dana), await call.watch(lee)}
        async with call.dana.socket():
            assert await settles(house, lambda text: sent(text) == 2)
            reply = await scrape(house)
        assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert reply.headers["cache-control"] == "no-store"
        found = read(reply.text)
        assert one(found, "sightline_engines") == 1
        assert one(found, "sightline_engine_sessions", engine="0") == 3
        assert one(found, "sightline_feed_live", engine="0", feed=call.feed) in (0, 1)
        assert one(found, "sightline_feed_viewers", feed=call.feed) == 2
        assert one(found, "sightline_publisher_packets_total", feed=call.feed, codec="VP8") > 0
        viewers = found["sightline_viewer_bytes_total"]
        assert {viewer.labels["session"] for viewer in viewers} == sessions
        assert all(viewer.labels["grant"].startswith("grt_") and viewer.value > 0 for viewer in viewers)
        assert {viewer.value for viewer in found["sightline_viewer_level"]} <= set(range(5))
        assert one(found, "sightline_engine_packets_out_total") > 0
        assert one(found, "sightline_http_requests_total", status="2xx") > 0
        assert one(found, "sightline_http_request_seconds_count") > 0
        assert one(found, "sightline_sockets") == 1
        assert one(found, "sightline_database_up") == 1
        assert one(found, "sightline_audit_entries_total") == len(await house.entries())
        assert one(found, "sightline_outbox_waiting") >= 0
        assert one(found, "process_resident_memory_bytes") > 0
        # nothing that names a person or opens anything
        secrets = {call.bearer, call.dana.csrf, call.dana.cookie.partition("=")[2], house.token}
        for secret in [*map(str, secrets), "2125550", "Dana", "Lee", "behind the shop", "Break-in"]:
            assert secret not in reply.text
        live = f'sightline_feed_live{{engine="0",feed="{call.feed}"}} 1.0'
        assert await settles(house, lambda text: live in text)
        await call.dana.post(f"/api/incidents/{call.incident['id']}/close")
        assert await settles(house, lambda text: call.feed not in text)


async def test_only_the_operator_reads_them(folder: Path) -> None:
    async with House(settings(folder, metrics_token=OperatorToken(TOKEN))) as house:
        for headers in (
            {},
            {"Authorization": "Bearer"},
            {"Authorization": f"Bearer {TOKEN[:-1]}"},
            {"Authorization": f"Bearer {TOKEN}0"},
            {"Authorization": "Bearer \xe9\xff"},
            {"Authorization": f"Basic {TOKEN}"},
            {"Cookie": (await house.staff("lee")).cookie},
            {"X-Forwarded-For": "127.0.0.1"},
        ):
            raw = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
            reply = await house.client().get("/metrics", headers=raw)
            no(reply, 401, "not-signed-in")
            assert reply.headers["www-authenticate"] == "Bearer"
            assert "sightline_" not in reply.text
        reply = await scrape(house, authorization=f"Bearer {TOKEN}")
        assert reply.status_code == 200
        assert one(read(reply.text), "sightline_http_requests_total", status="4xx") >= 8
        assert TOKEN not in reply.text


async def test_without_a_token_only_a_developers_own_machine_reads_them(folder: Path, house: House) -> None:
    assert (await scrape(house)).status_code == 200
    for header in ("x-forwarded-for", "forwarded", "via"):
        no(await scrape(house, **{header: "127.0.0.1"}), 404, "not-found")


async def test_without_a_token_a_service_that_phones_reach_has_no_such_page(folder: Path) -> None:
    public = settings(folder, public_url="https://call.example.gov", media_advertise=("192.0.2.1",))
    async with House(public) as house:
        no(await scrape(house), 404, "not-found")


async def test_texts_that_wait_are_counted(folder: Path) -> None:
    async with TwilioDouble() as twilio:
        twilio.stall_next()
        async with House(settings(folder, twilio)) as house:
            dana = await house.staff("dana")
            await dana.issue(await dana.open())
            assert one(read((await scrape(house)).text), "sightline_outbox_waiting") == 1


async def test_a_storm_of_scrapes_asks_the_engine_once_and_a_silent_engine_holds_nobody_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    stats = house.parts.sfu.stats

    async def counted() -> tuple[EngineStats, ...]:
        nonlocal asked
        asked += 1
        return await stats()

    engines = Engines(house.parts.sfu, timer=lambda: 0.0)
    monkeypatch.setattr(house.parts.sfu, "stats", counted)
    readings = await asyncio.gather(*(engines.read() for _ in range(200)))
    assert asked == 1
    assert all(reading is readings[0] for reading in readings)

    async def silent() -> tuple[EngineStats, ...]:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("backend.services.engines.LIMIT_S", 0.01)
    monkeypatch.setattr(house.parts.sfu, "stats", silent)
    assert await Engines(house.parts.sfu).read() is None


async def test_the_cost_of_a_packet_is_of_the_last_answers_and_starts_again_with_the_process() -> None:
    def engine(pid: int, cpu_s: float, out: int) -> EngineStats:
        return EngineStats(
            index=0, pid=pid, sessions=0, feeds=(), packets_in=0, packets_out=out, cpu_s=cpu_s,
            loop_lag_ms=0.0, drops={}, ungranted={},
        )  # fmt: skip

    answers = iter([engine(1, 1.0, 0), engine(1, 1.5, 10_000), engine(1, 2.0, 10_000), engine(2, 0.1, 5)])

    class Script:
        async def stats(self) -> tuple[EngineStats, ...]:
            return (next(answers),)

    times = iter(range(100))
    engines = Engines(Script(), timer=lambda: float(next(times)))  # type: ignore[arg-type]
    costs = []
    for _ in range(4):
        reading = await engines.read()
        assert reading is not None
        costs.append(reading.cpu_per_packet_s.get(0))
    assert costs == [None, 5e-5, 1e-4, None]


async def test_the_operators_table_names_every_figure(house: House) -> None:
    async with calling(house) as call:
        await call.watch(call.dana)
        text = (await scrape(house)).text
    names = set(re.findall(r"^# HELP (sightline_\w+)", text, re.MULTILINE))
    told = set(re.findall(r"`(sightline_\w+)`", DOCS.read_text()))
    assert names - told == set()
    assert told - names == set()
