"""Pages whose sockets break: each ends up where one is that never broke.

The pages' own code in Node, the real service, and a way between them that is cut or stands still. There are
two pages of one person: one by the way that breaks, and one straight to the service.
"""

import asyncio
import contextlib
import json
import random
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from backend import hub as hub_module
from backend.model.ids import UnitId, new_id
from backend.model.positions import Position, PositionSource
from tests.backend.house import House, Staff, done

WAIT_S = 60.0
SEEDS = range(3)
STEPS = 30
NODE = Path(sys.executable).with_name("node")
DESK = Path(__file__).parents[1] / "pwa" / "desk.ts"


class Way:
    """Between a page and the service: flows, stands still, or is cut, and the service need not notice."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._flows = asyncio.Event()
        self._flows.set()
        self._down = False
        self._carrying: set[asyncio.Task[None]] = set()
        self._unnoticed: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        carrying = list(self._carrying)
        self.cut()
        await asyncio.gather(*carrying, return_exceptions=True)
        for writer in self._unnoticed:
            await _abort(writer)

    def cut(self, *, noticed: bool = True) -> None:
        """Nothing comes through any more."""
        self._down, self._noticed = True, noticed
        for task in self._carrying:
            task.cancel()

    def stall(self) -> None:
        """What is sent is only late."""
        self._flows.clear()

    def mend(self) -> None:
        self._down = False
        self._flows.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        out = None
        try:
            if not self._down:
                back, out = await asyncio.open_connection("127.0.0.1", self._port)
                with contextlib.suppress(ConnectionError):
                    await asyncio.gather(self._pump(reader, out), self._pump(back, writer))
        except asyncio.CancelledError:
            if out is not None and not self._noticed:
                self._unnoticed.append(out)
                out = None
        finally:
            self._carrying.discard(task)
            await _abort(writer)
            if out is not None:
                await _abort(out)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.close()


async def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class Desk:
    """One page in Node."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str = "tell", **more: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **more}).encode() + b"\n")
        async with asyncio.timeout(WAIT_S):
            return json.loads(await self._process.stdout.readline())

    async def until(self, wanted: Any) -> Any:
        async with asyncio.timeout(WAIT_S):
            while True:
                told = await self.ask()
                if wanted(told):
                    return told
                await asyncio.sleep(0.02)


@asynccontextmanager
async def page(who: Staff, host: str) -> AsyncIterator[Desk]:
    me = await who.get("/api/session")
    words = (host, who.house.config.origin, who.cookie, json.dumps(me))
    process = await asyncio.create_subprocess_exec(NODE, DESK, *words, stdin=PIPE, stdout=PIPE, limit=1 << 24)
    try:
        desk = Desk(process)
        await desk.until(lambda told: told["line"] == "open")
        yield desk
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def pair(who: Staff) -> AsyncIterator[tuple[Way, Desk, Desk]]:
    """A page by a way that breaks, and one that is always connected."""
    straight = who.house.url.removeprefix("http://")
    async with (
        Way(int(straight.rsplit(":", 1)[1])) as way,
        page(who, way.host) as shaky,
        page(who, straight) as steady,
    ):
        yield way, shaky, steady


async def same(shaky: Desk, steady: Desk, marker: str) -> Any:
    """Both know of the incident with these words, and everything is the same; what the shaky one told."""

    def knows(told: Any) -> bool:
        return marker in [incident["words"] for incident in told["world"]["incidents"]]

    await steady.until(knows)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            while True:
                one, other = await shaky.ask(), await steady.ask()
                if knows(one) and one["world"] == other["world"]:
                    break
                await asyncio.sleep(0.02)
    assert one["world"] == other["world"]
    for numbers in one["numbers"].values():
        assert numbers == list(range(1, len(numbers) + 1))  # none missed, none twice
    return one


async def down(way: Way, desk: Desk, how: str) -> None:
    if how == "stall":
        way.stall()
        return
    way.cut(noticed=how == "cut")
    await desk.until(lambda told: told["line"] != "open")


async def back(way: Way, desk: Desk) -> None:
    way.mend()
    await desk.ask("online")


async def moved(house: House, call_sign: str, rng: random.Random) -> None:
    async with house.parts.store.read() as tx:
        unit = next(unit for unit in await tx.units.all() if unit.call_sign == call_sign)
    place = Position(
        latitude=42.3 + rng.random() / 1000,
        longitude=-83.1,
        accuracy_m=5.0,
        at=house.clock(),
        source=PositionSource.LOCATOR,
    )
    house.parts.units.take(UnitId(unit.id), place, house.clock())
    await house.parts.units.look()


@pytest.mark.parametrize("how", ["cut", "half", "stall"])
async def test_what_was_missed_is_told_and_nothing_else(house: House, dana: Staff, how: str) -> None:
    rng = random.Random(how)
    async with pair(dana) as (way, shaky, steady):
        incident = await dana.open(words="before")
        for desk in (shaky, steady):
            await desk.ask("select", incident=incident["id"])
        told = await same(shaky, steady, "before")
        for turn in range(3):
            resumed = told["resumed"]
            await down(way, shaky, how)
            await moved(house, "Unit 12", rng)
            await dana.post(
                f"/api/incidents/{incident['id']}/notes", {"id": new_id("nte"), "text": f"note {turn}"}
            )
            await dana.open(words=f"while away {turn}")
            await back(way, shaky)
            told = await same(shaky, steady, f"while away {turn}")
            # more than once where its own next try and the word that the network is back come together
            assert told["resumed"] > resumed
        assert (told["snapshots"], len(told["numbers"])) == (1, 1)  # never everything anew


async def test_who_missed_too_much_or_lost_a_right_begins_anew(
    house: House, dana: Staff, sam: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = await dana.open(words="before")
    unit = sam.user.unit_id
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit})
    async with pair(sam) as (way, shaky, steady):
        await same(shaky, steady, "before")
        # signed off and on again: a Snapshot, though the person is who they were
        await down(way, shaky, "cut")
        await sam.delete("/api/duty")
        await sam.post("/api/duty", {"unit_id": unit})
        await back(way, shaky)
        assert (await shaky.until(lambda told: told["snapshots"] == 2))["resumed"] == 0
        # released while away: nothing is told of what went before
        second = await dana.open(words="second")
        await dana.post(f"/api/incidents/{second['id']}/units", {"unit_id": unit})
        await same(shaky, steady, "second")
        await down(way, shaky, "half")
        await dana.post(f"/api/incidents/{second['id']}/amend", {"words": "not for him any more"})
        await dana.delete(f"/api/incidents/{second['id']}/units/{unit}")
        await back(way, shaky)
        told = await shaky.until(lambda told: told["snapshots"] == 3)
        assert (told["resumed"], [view["words"] for view in told["world"]["incidents"]]) == (0, ["before"])
    # too much
    monkeypatch.setattr(hub_module, "QUEUE", 4)
    async with pair(dana) as (way, shaky, steady):
        await down(way, shaky, "cut")
        for number in range(5):
            await dana.open(words=f"many {number}")
        await back(way, shaky)
        told = await same(shaky, steady, "many 4")
        assert (told["snapshots"], told["resumed"]) == (2, 0)


@pytest.mark.parametrize("seed", SEEDS)
async def test_after_any_breaks_the_world_is_that_of_a_page_that_never_broke(
    house: House, dana: Staff, sam: Staff, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "QUEUE", 12)  # so that both ways of coming back are taken
    rng, unit = random.Random(seed), sam.user.unit_id
    incidents = [await dana.open(words="first")]
    await dana.post(f"/api/incidents/{incidents[0]['id']}/units", {"unit_id": unit})
    async with pair(dana) as desk, pair(sam) as phone:
        for _, shaky, steady in (desk, phone):
            for each in (shaky, steady):
                await each.ask("select", incident=incidents[0]["id"])
            await same(shaky, steady, "first")
        for _ in range(STEPS):
            way, shaky, _ = rng.choice((desk, phone))
            which = rng.choice(incidents)["id"]
            match rng.randrange(9):
                case 0:
                    way.cut(noticed=rng.random() < 0.5)
                case 1:
                    way.stall()
                case 2 | 3:
                    await back(way, shaky)
                case 4:
                    incidents.append(await dana.open(words=f"incident {len(incidents)}"))
                case 5:
                    await moved(house, rng.choice(("Unit 12", "Unit 7")), rng)
                case 6:
                    note = {"id": new_id("nte"), "text": f"{rng.random()}"}
                    done(await dana.http.post(f"/api/incidents/{which}/notes", json=note))
                case 7:
                    assigned = await dana.http.post(f"/api/incidents/{which}/units", json={"unit_id": unit})
                    if rng.random() < 0.5 and which != incidents[0]["id"]:
                        assert assigned.is_success
                        done(await dana.http.delete(f"/api/incidents/{which}/units/{unit}"))
                case _:
                    await dana.post(f"/api/incidents/{which}/amend", {"words": f"words {rng.random()}"})
        last = await dana.open(words="last")
        await dana.post(f"/api/incidents/{last['id']}/units", {"unit_id": unit})
        for way, shaky, steady in (desk, phone):
            await back(way, shaky)
            await same(shaky, steady, "last")
