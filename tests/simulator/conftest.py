"""A fleet in this process whose time runs fast, and the words that a test needs of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from media.simulator.air import Weather
from media.simulator.drone import Drone, Place
from media.simulator.earth import Origin
from media.simulator.simulate import Fleet, Listening, Plan

HERE = Place(60.17, 24.94)
ORIGIN = Origin(HERE.latitude, HERE.longitude, 10.0)
CALM = Weather(0, 0, 0)


def one(weather: Weather = CALM, *, seed: int = 0, charge: float = 1.0) -> Drone:
    return Drone(1, HERE, ORIGIN, weather=weather, seed=seed, charge=charge)


def aloft(weather: Weather = CALM, *, height_m: float = 40, seed: int = 0, charge: float = 1.0) -> Drone:
    drone = one(weather, seed=seed, charge=charge)
    drone.autopilot.arm()
    drone.autopilot.take_off(height_m)
    assert until(drone, lambda: drone.autopilot.height_m > height_m - 1)
    drone.run(3)
    return drone


def until(drone: Drone, done: Callable[[], bool], seconds: float = 600, dt: float = 0.02) -> bool:
    """Flies on until it is so; whether it came to that."""
    for _ in range(round(seconds / dt)):
        if done():
            return True
        drone.step(dt)
    return done()


@asynccontextmanager
async def fleet(plan: Plan) -> AsyncIterator[tuple[Fleet, list[Listening]]]:
    flying = Fleet(plan)
    listening = await flying.open()
    running = asyncio.create_task(flying.run())
    try:
        yield flying, listening
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        flying.close()
        await asyncio.sleep(0)  # what was cut off is closed
