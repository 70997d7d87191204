"""Connectors over real sockets: who is let in, and what ends a line."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from websockets.exceptions import InvalidStatus

from backend.model.ids import ConnectorId, GrantSecret
from backend.services import connectors as service
from media.connector import wire
from tests.backend.agents import Agent, Ear, Wire, a_site, soon, stored
from tests.backend.house import House, Staff, no

BEARER = GrantSecret("0123456789abcdefghijkl")


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


async def test_who_takes_a_site_away_ends_the_lines_of_its_connectors_and_no_others(
    house: House, agent: Agent, olga: Staff
) -> None:
    other = await a_site(house, olga, "Bakery")
    code = await olga.post(f"/api/sites/{other.id}/enrolments")
    neighbour = await Agent(house).enrolled(code["code"])
    site = (await stored(house, agent)).site_id
    async with agent.line() as line, neighbour.line():
        await olga.delete(f"/api/sites/{site}")
        refuse = await line.refused()
        assert (refuse.retry, "removed" in refuse.words) == (False, True)
        assert house.parts.connectors.is_connected(ConnectorId(neighbour.id))
    async with agent.socket() as socket:
        assert isinstance(await socket.hello(), wire.Refuse)
