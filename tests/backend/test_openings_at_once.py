"""Presses and pauses at the same moment, in one process and in two: the owner has the last word."""

import asyncio
from typing import Any

import pytest

from backend.model.cameras import Pause
from backend.model.ids import CameraId
from backend.model.incidents import FeedState
from backend.model.lending import CameraView, NearbyCamera
from backend.model.openings import OpeningEnd, Reason
from backend.parts import build
from backend.services import audit
from tests.backend.house import House, Staff, embedded
from tests.backend.lent import AT_THE_SHOP, Lent, ended, press


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def test_two_who_open_at_once_share_one_run_and_two_presses_are_one_opening(
    house: House, dana: Staff, lent: Lent
) -> None:
    lee, camera, incident = await house.staff("lee"), await lent.camera(), await dana.open(**AT_THE_SHOP)
    pressed = await asyncio.gather(*(press(who, incident, camera) for who in (dana, lee, dana, lee)))
    assert len({answer["opening"]["id"] for answer in pressed}) == 2
    assert len({answer["opening"]["feed_id"] for answer in pressed}) == 1
    assert len(lent.sockets.starts) == 1
    assert len(await house.entries("camera.open")) == 2


async def test_a_press_while_the_owner_pauses_never_outlasts_the_pause(
    house: House, dana: Staff, lent: Lent
) -> None:
    """Whatever comes first: after the pause has returned nothing runs and nothing is open."""
    lee, incident = await house.staff("lee"), await dana.open(**AT_THE_SHOP)
    lent.sockets.pause_s = 0.003

    async def pause(camera: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        await lent.change(camera, pause=Pause(since=house.clock(), until=None))
        await house.parts.openings.camera_changed(CameraId(camera), OpeningEnd.OWNER_PAUSED)
        async with house.parts.store.read() as tx:
            assert await tx.openings.of_camera(CameraId(camera)) == []

    for turn in range(12):
        camera = await lent.camera()
        presses = [press(who, incident, camera) for who in (dana, lee)]
        await asyncio.gather(pause(camera, turn * 0.004), *presses, return_exceptions=True)
        assert lent.sockets.running == {}
    assert (await dana.see(incident))["openings"] == []


async def test_a_press_in_one_process_and_a_pause_in_another_leave_nothing_open(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause comes after the press has read the owner's rules, and before it is committed."""
    other = build(house.config, house.clock, embedded)
    other.runs._connectors = lent.sockets
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    presses, pauses = house.parts.openings._presses, list[asyncio.Task[CameraView]]()
    look_at = presses.look_at

    async def look_at_and_wait(*given: Any) -> NearbyCamera | None:
        found = await look_at(*given)
        pauses.append(asyncio.create_task(other.cameras.pause(lent.owner, CameraId(camera), None)))
        await asyncio.wait(pauses, timeout=0.5)  # it is done by then, or it waits for the press
        return found

    monkeypatch.setattr(presses, "look_at", look_at_and_wait)
    await press(dana, incident, camera)
    assert (await pauses[0]).pause is not None
    async with other.store.read() as tx:
        assert await tx.openings.all() == []
        feed = (await tx.feeds.of_incident(incident["id"]))[0]
        assert feed.state is FeedState.ENDED
        assert await tx.grants.publisher_of(feed.id) is None
    assert await ended(house) == ["owner-paused"]
    await other.store.close()


async def test_two_processes_that_open_and_pause_as_fast_as_they_can_leave_nothing_open(
    house: House, dana: Staff, lent: Lent
) -> None:
    other = build(house.config, house.clock, embedded)
    other.runs._connectors = lent.sockets
    incident = await dana.open(**AT_THE_SHOP)
    at = {"user": dana.user, "incident": incident["id"], "reason": Reason.SEE_SCENE}
    for _ in range(5):
        camera = CameraId(await lent.camera())
        await asyncio.gather(
            house.parts.openings.open(camera=camera, **at),
            other.openings.open(camera=camera, **at),
            other.cameras.pause(lent.owner, camera, None),
            house.parts.openings.open(camera=camera, **at),
            return_exceptions=True,
        )
        async with house.parts.store.read() as tx:
            assert await tx.openings.all() == []
    assert (await audit.verify(house.parts.store)).problem is None
    await other.store.close()
