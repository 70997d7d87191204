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
    by_itself: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("outbox", parts.outbox.run),
        ("link expiry", parts.links.watch_expiry),
        ("ways of links", parts.ways.run),
        ("connection quality", parts.quality.run),
        ("openings", parts.openings.watch),
        ("broken glass", parts.glass.watch),
        ("the weekly review", parts.review.run),
        ("the public log", partial(parts.uses.run, parts.sfu)),
        ("disclosures", parts.disclosures.run),
        ("alerts", parts.alerts.run),
        ("asks", parts.asks.run),
        ("pilots on watch", parts.docks.run),
        ("ledgers' age", parts.care.run),
        ("incidents handed over", parts.handling.run),
        ("callers' figures", parts.measured.run),
        ("places' age", parts.places.run),
        ("flights", parts.flights.run),
        ("units' positions", parts.units.run),
        ("uploads", parts.uploads.run),
        ("traffic's age", partial(parts.minutes.prune, parts.statements.make)),
        ("session expiry", parts.sessions.watch_expiry),
        ("locks", parts.locks.run),
        ("permission to share", partial(parts.feeds.watch, parts.sfu)),
    ]
    if parts.eyes.destinations:
        by_itself.append(("other eyes", parts.eyes.run))
    work = [asyncio.create_task(_kept_up(name, run)) for name, run in by_itself]
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
