"""Connectors over real sockets: who is let in, what they are told, and what they may say."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.api import connectors as api
from backend.model.connectors import Connector, Source
from backend.model.ids import ConnectorId, GrantSecret
from backend.model.refusals import Refusal, Refused
from backend.services import connectors as service
from backend.services.proofs import signed
from media.connector import wire
from tests.backend.agents import Agent, Wire, a_site, owner
from tests.backend.house import House, Staff, no

JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"
BEARER = GrantSecret("0123456789abcdefghijkl")


class Ear:
    """Hears what openings are told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def run_failed(self, run: str, words: str) -> None:
        self.heard.append(("failed", run, words))

    async def connector_away(self, connector: ConnectorId) -> None:
        self.heard.append(("away", connector))

    async def connector_back(self, connector: ConnectorId) -> None:
        self.heard.append(("back", connector))


@pytest.fixture
async def olga(house: House) -> Staff:
    return await owner(house)


@pytest.fixture
async def agent(house: House, olga: Staff) -> Agent:
    site = await a_site(house, olga)
    code = await olga.post(f"/api/sites/{site.id}/enrolments")
    return await Agent(house).enrolled(code["code"])


@pytest.fixture
def ear(house: House) -> Ear:
    house.parts.connectors.listener = ear = Ear()
    return ear


async def stored(house: House, agent: Agent) -> Connector:
    async with house.parts.store.read() as tx:
        found = await tx.connectors.get(ConnectorId(agent.id))
    assert found is not None
    return found


async def sources(house: House, agent: Agent) -> dict[str, Source]:
    async with house.parts.store.read() as tx:
        return {source.name: source for source in await tx.connectors.sources(ConnectorId(agent.id))}


async def soon(holds: Callable[[], Any]) -> Any:
    """What this says, as soon as it says something."""
    async with asyncio.timeout(10):
        while True:
            said = holds()
            if asyncio.iscoroutine(said):
                said = await said
            if said:
                return said
            await asyncio.sleep(0.01)


async def test_a_connector_that_proves_its_key_is_welcomed(house: House, agent: Agent, ear: Ear) -> None:
    connectors = house.parts.connectors
    assert not connectors.is_connected(ConnectorId(agent.id))
    async with agent.socket() as socket:
        welcome = await socket.hello()
        assert welcome == wire.Welcome(site="Corner shop")
        assert connectors.is_connected(ConnectorId(agent.id))
        await soon(lambda: ear.heard == [("back", agent.id)])
    await soon(lambda: ear.heard[1:] == [("away", agent.id)])
    assert not connectors.is_connected(ConnectorId(agent.id))
    held = await stored(house, agent)
    assert (held.version, held.trouble) == ("0.1.0", None)
    assert held.seen_at is not None


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
        await line.say(wire.Failed(source="door", run="fed_2", words="Too late."))
        await line.shows("door")
        await soon(lambda: not connectors.refused)
    assert [heard for heard in ear.heard if heard[0] == "failed"] == [("failed", "fed_1", "Wrong password.")]


async def test_a_restart_takes_over_at_once_and_is_never_taken_for_a_copy(
    house: House, agent: Agent, ear: Ear
) -> None:
    async with AsyncExitStack() as stack:
        before: Wire | None = None
        for restart in range(12):
            line = await stack.enter_async_context(agent.line(f"process-{restart}"))
            if before is not None:  # the dead one's socket had not been noticed yet
                assert (await before.refused()).retry
            before = line
        for _ in range(4):  # and one process comes back over a bad network, again and again
            before = await stack.enter_async_context(agent.line("process-11"))
        connectors, me = house.parts.connectors, ConnectorId(agent.id)
        assert before is not None
        assert connectors.is_connected(me)
        await connectors.start(me, "fed_1", "door", "/whip", BEARER, sound=False)
        assert isinstance(await before.next(), wire.Start)
    assert (await stored(house, agent)).trouble is None
    assert await house.entries("connector.refuse") == []
    assert ("away", agent.id) not in ear.heard[:-1]


async def test_ten_connectors_with_one_key_are_shut_out_and_nobody_else_is(
    house: House, agent: Agent, olga: Staff, ear: Ear
) -> None:
    site = await a_site(house, olga, "Bakery")
    code = await olga.post(f"/api/sites/{site.id}/enrolments")
    neighbour = await Agent(house).enrolled(code["code"])
    last: list[wire.Refuse] = []

    async def copy(number: int) -> None:
        while True:
            async with agent.socket() as socket:
                frame = await socket.hello(f"copy-{number}")
                said = frame if isinstance(frame, wire.Refuse) else await socket.refused()
                if not said.retry:
                    last.append(said)
                    return

    async with neighbour.line() as line:
        await soon(lambda: ("back", neighbour.id) in ear.heard)
        async with asyncio.timeout(60):
            await asyncio.gather(*(copy(number) for number in range(10)))
        assert {said.words for said in last} == {service.COPIED}
        assert house.parts.connectors.is_connected(ConnectorId(neighbour.id))
        await house.parts.connectors.start(
            ConnectorId(neighbour.id), "fed_1", "door", "/whip", BEARER, sound=False
        )
        assert isinstance(await line.next(), wire.Start)
        assert not [heard for heard in ear.heard if heard == ("away", neighbour.id)]
    assert not house.parts.connectors.is_connected(ConnectorId(agent.id))
    held = await stored(house, agent)
    assert held.trouble == service.COPIED
    assert held.copied_at is not None
    refused = [(e.actor, e.refusal) for e in await house.entries("connector.refuse")]
    assert refused.count((agent.id, "key-copied")) >= 1
    again = await olga.post(f"/api/sites/{held.site_id}/enrolments")
    no(await agent.enrol(again["code"]), 422, "bad-key")
    fresh = await Agent(house).enrolled(again["code"])
    async with fresh.line():
        pass


async def test_two_copies_are_found_out_too(house: House, agent: Agent) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(2):
            for instance in ("here", "there"):
                await stack.enter_async_context(agent.line(instance))
        async with agent.socket() as socket:
            assert await socket.hello("here") == wire.Refuse(words=service.COPIED, retry=False)
    assert (await stored(house, agent)).trouble == service.COPIED


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"connector": "con_0000000000000000000000"}, "not enrolled"),
        ({"instance": "another"}, "signature"),
        ({"signature": "A" * 86}, "signature"),
        ({"signature": "no"}, "signature"),
        ({"version": 2}, "Update"),
    ],
)
async def test_who_proves_nothing_is_turned_away_for_good_and_on_record(
    house: House, agent: Agent, ear: Ear, changed: dict[str, Any], words: str
) -> None:
    async with agent.socket() as socket:
        refuse = await socket.hello(**changed) if "instance" not in changed else await _wrongly(socket)
        assert isinstance(refuse, wire.Refuse)
        assert words in refuse.words
        assert not refuse.retry
    assert len(await house.entries("connector.refuse")) == 1
    assert ear.heard == []


async def _wrongly(socket: Wire) -> wire.FromServer:
    challenge = await socket.next()
    assert isinstance(challenge, wire.Challenge)
    signature = socket.agent.sign(wire.hello_text(challenge.nonce, socket.agent.id, "one"))
    await socket.say(
        wire.Hello(version=1, connector=socket.agent.id, instance="another", software="", signature=signature)
    )
    return await socket.next()


async def test_a_hello_is_worth_nothing_on_another_socket(house: House, agent: Agent) -> None:
    async with agent.socket() as first, agent.socket() as second:
        challenge = await first.next()
        assert isinstance(challenge, wire.Challenge)
        signature = agent.sign(wire.hello_text(challenge.nonce, agent.id, "one"))
        refuse = await second.hello(signature=signature)
        assert isinstance(refuse, wire.Refuse)


async def test_browsers_are_kept_out(house: House, agent: Agent) -> None:
    for origin in (house.config.origin, "https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            async with agent.socket(Origin=origin):
                pass
        assert refused.value.response.status_code == 403
        reply = await house.client({"Origin": origin}).post(wire.ENROL, json={})
        no(reply, 403, "bad-origin")


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


async def test_a_connector_that_says_nothing_is_gone(
    house: House, agent: Agent, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "DEAD_AFTER_S", 0.3)
    async with agent.line():
        await soon(lambda: ("away", agent.id) in ear.heard)


async def test_the_service_says_that_it_lives(
    house: House, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "ALIVE_EVERY_S", 0.05)
    async with agent.line() as line:
        async with asyncio.timeout(5):
            assert msgspec.json.decode(await line.connection.recv()) == {"type": "alive"}


async def test_sockets_of_one_address_are_bounded(
    house: House, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SOCKETS_OF_ADDRESS", 3)
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(agent.socket()) for _ in range(3)]
        for socket in held:
            await socket.next()
        async with agent.socket() as more:
            refuse = await more.refused()
            assert (refuse.retry, "Too many" in refuse.words) == (True, True)
    async with agent.line():
        pass


async def test_who_removes_a_connector_ends_its_line(house: House, agent: Agent, olga: Staff) -> None:
    async with agent.line() as line:
        await olga.delete(f"/api/connectors/{agent.id}")
        refuse = await line.refused()
        assert (refuse.retry, "removed" in refuse.words) == (False, True)
    async with agent.socket() as socket:
        said = await socket.hello()
        assert isinstance(said, wire.Refuse)
        assert not said.retry
    no(await olga.http.delete(f"/api/connectors/{agent.id}"), 404, "not-found")
    assert [e.actor for e in await house.entries("connector.retire")] == [olga.user.id]


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
