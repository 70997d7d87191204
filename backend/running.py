"""Running: what the service does by itself from its start to its end, beside answering."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from backend.parts import Parts

log = logging.getLogger(__name__)

RESTART_S = 1.0


@asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[None]:
    await parts.store.migrate()
    parts.public_log.open()
    await parts.sfu.start()
    await parts.openings.look()
    await parts.feeds.recover(parts.sfu)
    if parts.districts is not None:
        async with parts.store.read() as tx:
            parts.districts.warn(await tx.cameras.points(1000))
    await parts.eyes.begin()
    await parts.docks.begin()
    await parts.flights.begin()
    work = [
        asyncio.create_task(_kept_up("outbox", parts.outbox.run)),
        asyncio.create_task(_kept_up("link expiry", parts.links.watch_expiry)),
        asyncio.create_task(_kept_up("ways of links", parts.ways.run)),
        asyncio.create_task(_kept_up("connection quality", parts.quality.run)),
        asyncio.create_task(_kept_up("openings", parts.openings.watch)),
        asyncio.create_task(_kept_up("broken glass", parts.glass.watch)),
        asyncio.create_task(_kept_up("the weekly review", parts.review.run)),
        asyncio.create_task(_kept_up("the public log", partial(parts.uses.run, parts.sfu))),
        asyncio.create_task(_kept_up("disclosures", parts.disclosures.run)),
        asyncio.create_task(_kept_up("alerts", parts.alerts.run)),
        asyncio.create_task(_kept_up("asks", parts.asks.run)),
        asyncio.create_task(_kept_up("pilots on watch", parts.docks.run)),
        asyncio.create_task(_kept_up("ledgers' age", parts.care.run)),
        asyncio.create_task(_kept_up("incidents handed over", parts.handling.run)),
        asyncio.create_task(_kept_up("callers' figures", parts.measured.run)),
        asyncio.create_task(_kept_up("places' age", parts.places.run)),
        asyncio.create_task(_kept_up("flights", parts.flights.run)),
        asyncio.create_task(_kept_up("units' positions", parts.units.run)),
        asyncio.create_task(_kept_up("uploads", parts.uploads.run)),
        asyncio.create_task(_kept_up("traffic's age", partial(parts.minutes.prune, parts.statements.make))),
        asyncio.create_task(_kept_up("session expiry", parts.sessions.watch_expiry)),
        asyncio.create_task(_kept_up("locks", parts.locks.run)),
        asyncio.create_task(_kept_up("permission to share", partial(parts.feeds.watch, parts.sfu))),
    ]
    if parts.eyes.destinations:
        work.append(asyncio.create_task(_kept_up("other eyes", parts.eyes.run)))
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await parts.still_workers.close()
        await parts.sfu.stop()
        await parts.public_log.close()
        await parts.sender.aclose()
        await parts.pusher.aclose()
        await parts.looks.close()
        await parts.store.close()


async def _kept_up(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Background work goes on after a fault: one bad row must not stop every later text."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s failed and starts again", name)
        await asyncio.sleep(RESTART_S)
