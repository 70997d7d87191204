"""Drones dispatched: sent, on scene, handed over, home; by a connector's frames, flown by the simulator."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from backend.model.ids import FeedId, new_id
from media.connector.drone_frames import Aim
from tests.backend.dockside import Dockside


@pytest.fixture
async def city(folder: Path) -> AsyncIterator[Dockside]:
    async with Dockside(folder) as city:
        yield city


async def test_a_drone_is_sent_looks_and_comes_home(city: Dockside) -> None:
    await city.dock("harbour")
    await city.dock("market", east_m=1500)
    await city.ring()
    incident = await city.incident(600, 300)
    view = await city.parts.dispatch.send(city.people["dana"], incident, None)
    assert (view.drone, view.pilot, view.phase.value) == ("Harbour", "Pia Lind", "launching")
    assert await city.fly(90, until=lambda: city.phase("harbour") == "on-scene"), city.live("harbour").view()
    live = city.live("harbour")
    assert live.record.on_scene_at is not None
    took = (live.record.on_scene_at - live.record.pressed_at).total_seconds()
    print("took", took, "planned", view.to_scene_s, live.warnings, city.asked)
    print("left", live.left, city.drones["harbour"].battery.charge, live.leaves_at, live.record.plan)
    assert not live.warnings
    await city.fly(30)
    print(live.warnings, live.left, city.drones["harbour"].battery.charge)
    order = await city.parts.controls.send_home(city.people["dana"], live.id)
    assert order.accepted, order
    assert await city.fly(180, until=lambda: city.phase("harbour") == "none"), (
        live.view(),
        city.drones["harbour"].autopilot.mode,
    )
    print(await city.actions())


async def test_what_black_and_white_mean_is_known_of_a_thermal_picture_while_it_flies(city: Dockside) -> None:
    await city.dock("harbour")
    await city.ring()
    incident = await city.incident(600, 300)
    await city.parts.dispatch.send(city.people["dana"], incident, None)
    feed = city.live("harbour").record.thermal_feed_id
    assert feed is not None
    for said, known in (((-5.0, 40.0), (-5.0, 40.0)), ((40.0, -5.0), None), ((None, 40.0), None)):
        low, high = said
        city.says = lambda _, state, low=low, high=high: msgspec.structs.replace(  # type: ignore[misc]
            state, aim=Aim(thermal_low_c=low, thermal_high_c=high)
        )
        await city.fly(0.4)
        assert city.parts.aloft.thermal_c(feed) == known
    assert city.parts.aloft.thermal_c(FeedId(new_id("fed"))) is None
