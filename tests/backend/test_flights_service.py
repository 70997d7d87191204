"""Drones dispatched: sent, on scene, handed over, home; by a connector's frames, flown by the simulator."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
