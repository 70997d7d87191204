"""The picture: drawn in its process, pulled by libav and by the connector's own client, looking about."""

import asyncio
import math
from typing import Any

import av
import numpy as np
import pytest

from media.connector import addresses, direct, rtsp
from media.connector.describe import Trouble
from media.connector.pictures import Facts, Picture
from media.simulator.air import Weather
from media.simulator.drone import Fault
from media.simulator.gimbal import View
from media.simulator.scene import THERMAL_RANGE_C, City
from media.simulator.simulate import _RANGE_C, Fleet, Plan
from tests.simulator.conftest import HERE, fleet

PLAN = Plan(docks=(HERE,), count=1, picture=(320, 180, 10), weather=Weather(0, 0, 0))


def looking(pitch_deg: float, *, yaw_deg: float = 0.0, field_deg: float = 70.0, up: float = 60.0) -> View:
    return View(1.0, (40.0, 30.0, up), yaw_deg, pitch_deg, field_deg, field_deg)


@pytest.fixture(scope="module")
def city() -> City:
    return City()


def test_the_horizon_is_level_and_where_the_pitch_says(city: City) -> None:
    for pitch in (-20.0, 0.0, 15.0):
        picture = city.colour(looking(pitch), 320, 180).astype(int)
        focal = 160 / math.tan(math.radians(35))
        horizon = 90 + focal * math.tan(math.radians(pitch))
        sky = picture[:, :, 0] > picture[:, :, 1] + 8  # bluer than green
        if horizon > 20:
            assert sky[: int(horizon) - 15].mean() > 0.95
        if horizon < 130:
            assert sky[max(0, int(horizon) + 45) :].mean() < 0.2


def test_what_is_seen_turns_and_zooms_with_the_camera(city: City) -> None:
    straight = city.colour(looking(-90), 180, 180)
    turned = city.colour(looking(-90, yaw_deg=90), 180, 180)
    assert np.abs(np.rot90(straight, 1).astype(int) - turned).mean() < 6
    near = city.colour(looking(-90, field_deg=39.0), 180, 180)  # half as wide: twice as near
    middle = np.kron(straight[45:135, 45:135], np.ones((2, 2, 1))).astype(int)
    assert np.abs(middle - near).mean() < 12
    assert city.colour(looking(-90), 180, 180).tobytes() == straight.tobytes()


def test_people_and_cars_are_warm(city: City) -> None:
    low, high = THERMAL_RANGE_C
    assert _RANGE_C == THERMAL_RANGE_C
    warm = city.heat(looking(-60, up=45), 640, 512) / 255 * (high - low) + low
    assert warm.max() > 28
    assert 5 < np.median(warm) < 20
    later = View(4.0, *(getattr(looking(-60, up=45), name) for name in View.__struct_fields__[1:]))
    assert (
        np.abs(city.heat(later, 640, 512).astype(int) - city.heat(looking(-60, up=45), 640, 512)).max() > 60
    )


class Taker:
    def __init__(self) -> None:
        self.facts: Facts | None = None
        self.first = asyncio.Event()
        self.trouble: Trouble | None = None

    def opened(self, facts: Facts, extradata: bytes) -> None:
        self.facts = facts

    def offer(self, picture: Picture) -> bool:
        assert self.first.is_set() or picture.keyframe
        self.first.set()
        return True

    def waits(self) -> None: ...
    def coded(self, packet: Any, at: float) -> None: ...
    def sound(self, packet: Any, at: float) -> None: ...

    def over(self, trouble: Trouble | None) -> None:
        self.trouble = trouble


async def test_the_connectors_own_client_reads_it() -> None:
    async with fleet(PLAN) as (_, (at,)):
        place, _user, _password = addresses.parse(at.videos["thermal"])
        pinned = await addresses.AllowList(("127.0.0.0/8",)).pin(place)
        connection, described = await rtsp.connect(pinned, "", "")
        assert described.video is not None
        taker = Taker()
        session = direct.Direct(connection, described, described.video, taker)
        session.start()
        async with asyncio.timeout(60):
            await taker.first.wait()
        session.stop()
        assert taker.facts is not None
        assert (taker.facts.width, taker.facts.height) == (640, 512)


async def test_libav_sees_the_picture_follow_the_gimbal() -> None:
    async with fleet(PLAN) as (flying, (at,)):
        (drone,) = flying.drones
        drone.body.position = (0.0, 0.0, 80.0)  # as if it flew; it is not armed and falls slowly enough
        await asyncio.wait_for(asyncio.to_thread(watch, flying, at.videos["colour"]), 120)
        with pytest.raises(av.HTTPNotFoundError):
            await asyncio.to_thread(av.open, at.videos["colour"].replace("/1/", "/9/"), options=TCP)


TCP = {"rtsp_transport": "tcp"}


def watch(flying: Fleet, url: str) -> None:
    (drone,) = flying.drones
    sky = True
    with av.open(url, options=TCP) as film:
        for n, frame in enumerate(film.decode(video=0)):
            drone.body.position, drone.body.velocity = (0.0, 0.0, 80.0), (0.0, 0.0, 0.0)
            top = frame.to_ndarray(format="bgr24")[:40].astype(int)
            blue = bool((top[:, :, 0] > top[:, :, 1] + 8).mean() > 0.9)
            if sky and n == 5:
                assert blue
                drone.gimbal.point(-90, None, locked=False)
                sky = False
            if not sky and not blue:
                return
            assert n < 200


async def test_nothing_is_drawn_while_nobody_watches_or_the_picture_is_gone() -> None:
    async with fleet(PLAN) as (flying, _):
        camera, got = flying.cameras[1], asyncio.Event()
        flying.drones[0].break_(Fault.VIDEO)
        taker = lambda *_: got.set()  # noqa: E731
        camera.watch(0, taker)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(got.wait(), 3)
        flying.drones[0].mend(Fault.VIDEO)
        await asyncio.wait_for(got.wait(), 60)
        camera.leave(0, taker)
        for _ in range(600):
            if not camera.drawing:
                return
            await asyncio.sleep(0.1)
        pytest.fail("it goes on drawing")
