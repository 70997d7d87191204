"""Engines: what every media engine counts now, asked for at most once a second however many want to know.

Operators' scrapes and the watch over callers' connections read the same answer, so that no number of readers
disturbs an engine. Decides nothing.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

import msgspec

from backend.services.fresh import Fresh
from media.ports import EngineStats, Sfu

log = logging.getLogger(__name__)

LIMIT_S = 2.0  # an engine that takes longer has not answered
WINDOW = 15  # answers that the cost of a packet is taken over: as many seconds


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One answer. `cpu_per_packet_s` is by engine and over the last WINDOW answers; none without packets."""

    engines: tuple[EngineStats, ...]
    cpu_per_packet_s: dict[int, float]


class Engines:
    """The media engines, as they are read."""

    def __init__(self, sfu: Sfu, timer: Callable[[], float] = time.monotonic) -> None:
        self._sfu = sfu
        self._fresh = Fresh(self._ask, timer)
        self._before: deque[tuple[EngineStats, ...]] = deque(maxlen=WINDOW)

    async def read(self) -> Reading | None:
        """The latest answer, at most a second old; None when none came within LIMIT_S."""
        return await self._fresh.read()

    async def _ask(self) -> Reading | None:
        try:
            async with asyncio.timeout(LIMIT_S):
                engines = await self._sfu.stats()
        except TimeoutError:
            return None
        except Exception:
            log.exception("the media engines could not be read")
            return None
        costs = {engine.index: self._cost(engine) for engine in engines}
        self._before.append(engines)
        return Reading(
            engines=engines,
            cpu_per_packet_s={index: cost for index, cost in costs.items() if cost is not None},
        )

    def _cost(self, engine: EngineStats) -> float | None:
        for answer in self._before:
            for before in answer:
                packets = engine.packets_out - before.packets_out
                if (before.index, before.pid) == (engine.index, engine.pid):
                    return max(0.0, engine.cpu_s - before.cpu_s) / packets if packets > 0 else None
        return None
