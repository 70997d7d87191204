"""Drones as a dock's connector has them, in this process, and what they were heard to say."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from media.connector import wire
from media.connector.drone_frames import Do, DroneReport, DroneState
from media.connector.drones import Drones
from media.connector.folder import Drone
from tests.peers import until

NOWHERE = Path("/nonexistent")


class Dock:
    """`heard` holds every frame; `do` gives an order and waits for its one answer."""

    def __init__(self, flights: Path) -> None:
        self.heard: list[Any] = []
        self.drones = Drones(self.heard.append, lambda: False, flights)
        self._orders = itertools.count(1)

    def order(self, drone: str, do: Do) -> str:
        order = f"order-{next(self._orders)}"
        self.drones.order(wire.Command(order=order, drone=drone, do=do))
        return order

    async def do(self, drone: str, do: Do) -> wire.Answer:
        return await self.answer(self.order(drone, do))

    async def answer(self, order: str) -> wire.Answer:
        await until(lambda: self.answers(order), f"the answer to {order}", 30)
        (answer,) = self.answers(order)
        return answer

    def answers(self, order: str) -> list[wire.Answer]:
        return [frame for frame in self.heard if isinstance(frame, wire.Answer) and frame.order == order]

    def state(self, drone: str) -> DroneState | None:
        """The last that was told."""
        told = next((frame for frame in reversed(self.heard) if isinstance(frame, wire.Telemetry)), None)
        return next((state for state in told.states if state.drone == drone), None) if told else None

    def report(self, drone: str) -> DroneReport:
        told = next(frame for frame in reversed(self.heard) if isinstance(frame, wire.Drones))
        return next(report for report in told.drones if report.name == drone)

    def said(self, drone: str) -> list[str]:
        return [f.words for f in self.heard if isinstance(f, wire.Said) and f.drone == drone]

    async def sees(
        self, drone: str, condition: Callable[[Any], Any], what: str, timeout_s: float = 40
    ) -> DroneState:
        """Waits until its telemetry says so."""
        await until(lambda: (state := self.state(drone)) is not None and condition(state), what, timeout_s)
        state = self.state(drone)
        assert state is not None
        return state


@asynccontextmanager
async def dock(drones: Sequence[Drone], flights: Path = NOWHERE) -> AsyncIterator[Dock]:
    """`flights` is where drones that are recorded have their telemetry logs."""
    place = Dock(flights)
    place.drones.settle(drones, ())
    running = asyncio.create_task(place.drones.run())
    try:
        yield place
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
