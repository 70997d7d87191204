"""Stills over HTTPS are the caller's own feed: seen by whoever watches, hostile ones refused."""

import asyncio
import os
import signal
from typing import Any

import pytest

from media.ports import FeedId, Full
from media.stills import PIXELS, Stills
from tests.backend.calls import Call, calling
from tests.backend.house import House, Staff, no
from tests.backend.test_sharing import feed_of, shared
from tests.media.test_frames import a_picture
from tests.peers import until

PICTURE = a_picture(640, 480)


@pytest.fixture
async def house(house: House) -> House:
    """Without waiting between stills."""
    house.parts.stills._rate._burst = 1000
    return house


async def send(house: House, bearer: str, jpeg: bytes = PICTURE, age_ms: int = 400) -> Any:
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "image/jpeg"}
    return await house.client().post(f"/api/caller/still?age_ms={age_ms}", content=jpeg, headers=headers)


def workers(house: House) -> dict[FeedId, Any]:
    return house.parts.still_workers._workers


async def test_stills_are_the_callers_feed_until_video_is(house: House) -> None:
    """One worker for the feed, seen by a watcher; killed it is back with the next still; video takes over."""
    async with calling(house, publishes=False) as call:
        async with call.dana.socket() as socket:
            assert (await send(house, call.bearer)).status_code == 204
            told = await socket.until(lambda e: e["type"] == "still")
            assert (told["feed_id"], told["at"] is None) == (call.feed, False)
        await call.watch(call.dana)  # a frame is shown
        await until(lambda: house.parts.connections.still_at(call.feed) is not None, "it is said")
        view = await feed_of(call.dana, call.incident)
        assert (view["state"], view["kind"]) == ("live", "caller")
        assert view["still_at"] is not None
        publishing = [known for known in house.parts.sfu.state().sessions if known.publishes]
        assert [known.tag for known in publishing] == ["stills"]

        (worker,) = workers(house).values()
        os.kill(worker._process.pid, signal.SIGKILL)
        await until(lambda: not workers(house), "it is gone")
        assert (await feed_of(call.dana, call.incident))["still_at"] is None
        assert (await send(house, call.bearer)).status_code == 204
        assert (await feed_of(call.dana, call.incident))["still_at"] is not None

        await call.publish()
        await until(lambda: house.parts.connections.still_at(call.feed) is None, "it moves")
        await until(lambda: not workers(house), "nobody needs it any more")
    feeds = [entry.details for entry in await house.entries("feed.publish")]
    assert len(feeds) == 3


async def test_a_trial_of_video_leaves_the_stills_alone(house: House) -> None:
    async with calling(house, publishes=False) as call:
        await send(house, call.bearer)
        await call.publish("/whip?trial=true")
        await send(house, call.bearer)
        open_now = {(known.feed == call.feed, known.tag[:6]) for known in house.parts.sfu.state().sessions}
        assert open_now == {(True, "stills"), (False, "whip:" + _tag(call))}
        assert (await feed_of(call.dana, call.incident))["still_at"] is not None


def _tag(call: Call) -> str:
    (trial,) = [known for known in call.house.parts.sfu.state().sessions if known.feed != call.feed]
    return trial.tag[5:6]


async def test_hostile_stills_are_refused_before_or_in_the_worker(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    wide = bytearray(PICTURE)
    at = wide.index(b"\xff\xc0") + 5
    wide[at : at + 4] = (20_000).to_bytes(2, "big") * 2
    large = bytearray(PICTURE)
    large[at : at + 4] = (2049).to_bytes(2, "big") * 2
    assert PIXELS < 2049 * 2049
    for bad in (b"", b"\xff\xd8\xff\xd9", b"GIF89a" + PICTURE, PICTURE[:-2], bytes(wide), bytes(large)):
        no(await send(house, phone.bearer, bad), 422, "bad-picture")
    assert not workers(house), "none of those is worth a process"
    assert (await send(house, phone.bearer, bytes(300 * 1024))).status_code == 413
    torn = bytearray(PICTURE)
    torn[at : at + 4] = bytes((0, 9, 0, 9))
    del torn[at + 20 : -2]
    no(await send(house, phone.bearer, bytes(torn)), 422, "bad-picture")
    assert (await send(house, phone.bearer)).status_code == 204, "the next is taken"
    for bearer, status, code in (("forged", 401, "unknown-grant"),):
        no(await send(house, bearer), status, code)
    _, _, for_place = await shared(house, dana, kind="position")
    no(await send(house, for_place.bearer), 403, "wrong-scope")
    await phone.send("stop")
    no(await send(house, phone.bearer), 403, "grant-revoked")
    await dana.post(f"/api/incidents/{incident['id']}/close")
    no(await send(house, phone.bearer), 410, "incident-closed")


async def test_a_picture_a_second(house: House, dana: Staff) -> None:
    house.parts.stills._rate._burst = 2
    _, _, phone = await shared(house, dana)
    codes = [(await send(house, phone.bearer, b"none")).status_code for _ in range(4)]
    assert codes == [422, 422, 429, 429]


async def test_so_many_workers_and_no_more() -> None:
    stills = Stills(most=1, command=("-c", "import time; time.sleep(60)"))

    async def nowhere(_: str) -> str:
        return ""

    first = asyncio.create_task(stills.show(FeedId("fed_1"), PICTURE, nowhere))
    await until(lambda: any(each.started for each in stills._workers.values()), "it has a process")
    with pytest.raises(Full):
        await stills.show(FeedId("fed_2"), PICTURE, nowhere)
    with pytest.raises(Full):
        await stills.show(FeedId("fed_1"), PICTURE, nowhere)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await stills.close()
    assert not stills._workers


async def test_a_still_that_comes_while_the_first_begins_costs_no_worker() -> None:
    """It is refused; the process that is on its way stays known, is counted, and ends with the others."""
    stills = Stills(command=("-c", "import sys; sys.stdin.buffer.read()"))

    async def publish(_: str) -> str:
        return ""

    feed = FeedId("fed_first")
    first = asyncio.create_task(stills.show(feed, PICTURE, publish))
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await stills.show(feed, PICTURE, publish)
    assert list(stills._workers) == [feed]
    await until(lambda: stills._workers[feed].started, "it is there")
    await stills.close()
    with pytest.raises(Full):
        await first
    assert stills._workers == {}
