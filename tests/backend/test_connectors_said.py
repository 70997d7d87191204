"""Connectors over real sockets: what they are told, and what they may say."""

import asyncio
import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from websockets.exceptions import ConnectionClosed

from backend.api import connectors as api
from backend.model.connectors import Source
from backend.model.ids import ConnectorId, GrantSecret
from backend.model.refusals import Refusal, Refused
from backend.services import connectors as service
from backend.services.proofs import signed
from media.connector import wire
from tests.backend.agents import Agent, Ear, a_site, soon
from tests.backend.house import House, Staff, no

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
BEARER = GrantSecret("0123456789abcdefghijkl")


async def sources(house: House, agent: Agent) -> dict[str, Source]:
    async with house.parts.store.read() as tx:
        return {source.name: source for source in await tx.connectors.sources(ConnectorId(agent.id))}


async def test_runs_are_started_and_stopped_and_their_failures_told(
    house: House, agent: Agent, ear: Ear
) -> None:
    connectors, me = house.parts.connectors, ConnectorId(agent.id)
    with pytest.raises(Refused, match="connector-away"):
        await connectors.start(me, "fed_1", "door", "/whip", BEARER, sound=False)
    await connectors.stop(me, "fed_1")
    async with agent.line() as line:
        await line.shows("door", "yard")
        await soon(lambda: sources(house, agent))
        await connectors.start(me, "fed_1", "door", "/whip", BEARER, sound=True)
        assert await line.next() == wire.Start(
            run="fed_1", source="door", whip="/whip", bearer=BEARER.reveal(), sound=True
        )
        await line.say(wire.Failed(source="door", run="fed_1", words="Wrong password."))
        await soon(lambda: ("failed", "fed_1", "Wrong password.") in ear.heard)
        assert (await sources(house, agent))["door"].trouble == "Wrong password."
        await connectors.start(me, "fed_2", "door", "/whip", BEARER, sound=False)
        await line.next()
        await line.say(wire.Running(run="fed_2"))

        async def mended() -> bool:
            return (await sources(house, agent))["door"].trouble is None

        await soon(mended)
        await connectors.stop(me, "fed_2")
        assert await line.next() == wire.Stop(run="fed_2")
        await line.say(wire.Running(run="fed_2"))  # said before it heard
        await line.say(wire.Failed(source="door", run="fed_2", words="The service ended it.", refused=True))
        await connectors.start(me, "fed_3", "door", "/whip", BEARER, sound=False)
        await line.next()
        await line.say(wire.Failed(source="door", run="fed_3", words="Ended here.", refused=True))
        await soon(lambda: ("failed", "fed_3", "Ended here.") in ear.heard)
        assert (await sources(house, agent))["door"].trouble is None  # that is no trouble of the camera
        await line.say(wire.Failed(source="door", run="fed_2", words="Too late."))
        await line.shows("door")
        await soon(lambda: not connectors.refused)
    failed = [heard for heard in ear.heard if heard[0] == "failed"]
    assert failed == [("failed", "fed_1", "Wrong password."), ("failed", "fed_3", "Ended here.")]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        '{"type":"start"}',
        '{"type":"hello"}',
        '{"type":"running","run":"../../etc"}',
        '{"type":"sources","sources":[{"name":"a","label":"\\u0000","kind":"rtsp"}]}',
        '{"type":"sources","sources":[{"name":"a","label":"x","kind":"file"}]}',
        '{"type":"still","source":"a","jpeg":"' + "A" * (440 * 1024) + '"}',
        '{"type":"minute","minute":"2026-01-01T00:00:00","media_bytes":0,"camera_bytes":0,'
        '"control_bytes":0,"rtsp_sessions":0,"signature":""}',
        '{"type":"minute","minute":"2026-01-01T00:00:00Z","media_bytes":-1,"camera_bytes":0,'
        '"control_bytes":0,"rtsp_sessions":0,"signature":""}',
        "[" * 100_000,
        b"\x00\x01",
    ],
)
async def test_what_is_no_frame_ends_the_line_in_clear_words(
    house: House, agent: Agent, frame: str | bytes
) -> None:
    async with agent.line() as line:
        await line.connection.send(frame)
        refuse = await line.refused()
        assert refuse.words == service.WORDS[Refusal.BAD_FRAME]
    await soon(lambda: house.entries("connector.refuse"))
    async with agent.line("one"):  # it may come back
        pass


async def test_a_frame_that_is_too_long_ends_the_socket(house: House, agent: Agent) -> None:
    async with agent.line() as line:
        await line.connection.send("x" * (wire.MAX_FRAME + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await line.refused()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_it_may_not_tell_of_one_camera_twice_nor_of_too_many(house: House, agent: Agent) -> None:
    for names in (["door", "door"], [f"camera-{number}" for number in range(wire.MAX_SOURCES + 1)]):
        async with agent.line() as line:
            await line.shows(*names)
            await line.refused()
    assert await sources(house, agent) == {}


async def test_a_connector_that_speaks_of_what_is_not_its_own_is_not_heard_and_let_go(
    house: House, agent: Agent, olga: Staff, ear: Ear
) -> None:
    site = await a_site(house, olga, "Bakery")
    code = await olga.post(f"/api/sites/{site.id}/enrolments")
    victim = await Agent(house).enrolled(code["code"])
    connectors = house.parts.connectors
    async with victim.line() as its, agent.line() as line:
        await its.shows("door")
        await soon(lambda: sources(house, victim))
        await connectors.start(ConnectorId(victim.id), "fed_1", "door", "/whip", BEARER, sound=False)
        await line.shows("till")
        await line.say(wire.Failed(source="till", run="fed_1", words="It is mine."))
        await line.say(wire.Failed(source="door", words="It is mine."))
        await line.say(wire.Running(run="fed_1"))
        await line.say(wire.Still(source="door", jpeg=JPEG))
        await soon(lambda: connectors.refused["not-yours"] == 4)
        for _ in range(20):
            await line.say(wire.Running(run="fed_1"))
        assert "not its own" in (await line.refused()).words
        assert connectors.is_connected(ConnectorId(victim.id))
        assert (await sources(house, victim))["door"].trouble is None
        assert list(await sources(house, agent)) == ["till"]
    assert not [heard for heard in ear.heard if heard[0] == "failed"]
    assert {e.refusal for e in await house.entries("connector.refuse")} == {"not-yours"}


async def test_a_still_is_taken_for_all_who_want_it(house: House, agent: Agent) -> None:
    connectors, me = house.parts.connectors, ConnectorId(agent.id)
    with pytest.raises(Refused, match="connector-away"):
        await connectors.take_still(me, "door")
    async with agent.line() as line:
        await line.shows("door")
        wanted = [asyncio.create_task(connectors.take_still(me, "door")) for _ in range(3)]
        assert await line.next() == wire.TakeStill(source="door")
        await line.say(wire.Still(source="door", jpeg=JPEG))
        assert await asyncio.gather(*wanted) == [JPEG] * 3
        for answer, words in (
            (wire.Failed(source="door", words="No such camera."), "No such camera."),
            (wire.Still(source="door", jpeg=b"GIF89a"), "The connector sent something that is no picture."),
        ):
            one = asyncio.create_task(connectors.take_still(me, "door"))
            await line.next()
            await line.say(answer)
            with pytest.raises(Refused, match="camera-failed") as refused:
                await one
            assert refused.value.words == words
        waiting = asyncio.create_task(connectors.take_still(me, "door"))
        await line.next()
    with pytest.raises(Refused, match="connector-away"):
        await waiting


async def test_a_camera_that_takes_too_long_is_waited_for_no_more(
    house: House, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STILL_S", 0.1)
    connectors, me = house.parts.connectors, ConnectorId(agent.id)
    async with agent.line() as line:
        await line.shows("door")
        with pytest.raises(Refused, match="camera-failed"):
            await connectors.take_still(me, "door")
        await line.next()
        await line.say(wire.Still(source="door", jpeg=JPEG))  # late, and no crime
        await line.shows("door", "yard")
        await soon(lambda: sources(house, agent))
    assert not connectors.refused


async def test_a_connector_that_does_not_read_holds_nobody_up(house: House, agent: Agent) -> None:
    connectors, me = house.parts.connectors, ConnectorId(agent.id)
    async with agent.line() as line:
        line.connection.transport.pause_reading()
        started = 0

        async def start_many() -> None:
            nonlocal started
            while True:
                async with asyncio.timeout(1):
                    whip = "/whip" + "x" * 4000
                    await connectors.start(me, f"fed_{started}", "door", whip, BEARER, sound=False)
                started += 1
                if not started % 50:
                    await asyncio.sleep(0)

        with pytest.raises(Refused, match="connector-away"):
            await start_many()
        assert started > 60
        await soon(lambda: not connectors.is_connected(me))
        line.connection.transport.resume_reading()


async def test_an_owner_has_the_network_searched(house: House, agent: Agent, olga: Staff) -> None:
    no(await olga.http.post(f"/api/connectors/{agent.id}/discover"), 409, "connector-away")
    async with agent.line() as line:
        await olga.post(f"/api/connectors/{agent.id}/discover")
        assert await line.next() == wire.Discover()


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_KINDS = some.sampled_from(
    ["hello", "sources", "running", "failed", "still", "minute", "alive", "start", "welcome"]
)
_FIELDS = some.sampled_from(
    [
        "run",
        "source",
        "words",
        "sources",
        "jpeg",
        "minute",
        "media_bytes",
        "signature",
        "connector",
        "version",
    ]
)


@given(_KINDS, some.dictionaries(_FIELDS, _JSON, max_size=6))
def test_any_frame_is_read_or_refused_and_nothing_else(kind: str, fields: dict[str, Any]) -> None:
    text = json.dumps({"type": kind, **fields})
    try:
        frame = api.FRAME.decode(text)
    except msgspec.DecodeError:
        return
    assert isinstance(frame, wire.FromConnector)


@given(some.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with contextlib.suppress(msgspec.DecodeError, UnicodeEncodeError):
        api.FRAME.decode(text)


@given(some.binary(max_size=100), some.text(max_size=100), some.text(max_size=100))
def test_whatever_a_peer_sends_proves_nothing(text: bytes, key: str, signature: str) -> None:
    assert not signed(key=key, signature=signature, text=text)
