"""How much longer it takes to open a picture because of the gate: `python -m tests.bench.gate`; a JSON line.

What the gate adds, and nothing else, each time that somebody comes to watch: the leaf and its fields beside
the admission in SQLite, the entry in the log's own process with its sync and signature, and the engine's look
at the grant. In one request after another, as the first viewer has it, and from several at once.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from backend.config import Config
from backend.model.grants import Grant, Scope
from backend.model.ids import FeedId, GrantId, IncidentId, new_id, new_secret
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.people import Role
from backend.parts import build, utc_now
from backend.services.uses import Seen
from backend.tlog import keys
from backend.tlog.client import LogClient
from backend.tlog.config import LogConfig
from media import ports as media
from media.config import SfuConfig
from media.grants import Gate, GrantKeys
from media.ports import Holder
from media.sfu import EmbeddedSfu
from tests.bench.forward import machine

TIMES, WARM = 1000, 50


@asynccontextmanager
async def _log(folder: Path) -> AsyncIterator[tuple[LogClient, GrantKeys]]:
    """The log's process, as it is served."""
    config = LogConfig(
        folder=str(folder / "log"),
        keys=str(folder / "keys"),
        anchor=str(folder / "anchor"),
        new_origin="bench/log",
        control=str(folder / "log.sock"),
        log_level="WARNING",
    )
    public = keys.public(config)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend.tlog.process", msgspec.json.encode(config).decode()
    )
    client = LogClient(Path(config.control), timeout_s=30.0)
    client.open()
    try:
        yield client, GrantKeys(entry=public.grant, spool=public.spool)
    finally:
        await client.close()
        process.terminate()
        await process.wait()


async def measure(times: int = TIMES, together: int = 1) -> dict[str, float]:
    """Milliseconds that the gate adds to one opening, over `times` of them, `together` at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        async with _log(Path(name)) as (client, public):
            config = Config(data_dir=folder, port=0, media_port=0)
            parts = build(
                config, utc_now, lambda _, heard: EmbeddedSfu(SfuConfig(), heard, public), lambda _: client
            )
            await parts.store.migrate()
            await parts.accounts.add(
                name="dana", display_name="Dana", role=Role.DISPATCHER, call_sign=None, password=new_secret()
            )
            gate, feed, grants = Gate(public), *(await _call(parts, times + WARM))
            room, took, at_log = asyncio.Semaphore(together), list[float](), list[float]()

            async def once(grant: Grant) -> None:
                async with room:
                    async with parts.steps.begin() as step:
                        seen = Seen(incident=await step.tx.incidents.get(grant.incident_id))  # admission has
                        began = time.perf_counter()
                        entry = await parts.uses.watch(step, grant, feed, seen)
                        beside = time.perf_counter() - began
                    began = time.perf_counter()
                    signed = await parts.uses.grant(entry, feed, Holder(grant.id))
                    gate.verify(signed, media.FeedId(feed.id), Holder(grant.id), time.time())
                    rest = time.perf_counter() - began
                    took.append((beside + rest) * 1000)
                    at_log.append(rest * 1000)

            for grant in grants[:WARM]:
                await once(grant)
            took.clear()
            at_log.clear()
            await asyncio.gather(*map(once, grants[WARM:]))
            await parts.store.close()
    took.sort()
    at_log.sort()
    return {
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "most": took[-1],
        "log": at_log[len(at_log) // 2],
    }


async def _call(parts: Any, count: int) -> tuple[Feed, list[Grant]]:
    """One call, and as many grants to watch it. An officer's phone, so that nothing is spooled."""
    async with parts.store.read() as tx:
        (user, *_) = await tx.users.by_name("dana")
    view = await parts.incidents.open(
        user, incident_type="Fire", words="", callback_number=None, position=None
    )
    now, incident = utc_now(), IncidentId(view.id)
    feed = Feed(
        id=FeedId(new_id("fed")),
        incident_id=incident,
        kind=FeedKind.OFFICER,
        state=FeedState.LIVE,
        since=now,
        user_id=user.id,
    )
    grants = [
        Grant(
            id=GrantId(new_id("grt")),
            scope=Scope.WATCH,
            incident_id=incident,
            feed_id=feed.id,
            user_id=user.id,
            issued_at=now,
            expires_at=now + timedelta(minutes=1),
        )
        for _ in range(count)
    ]
    async with parts.store.begin() as tx:
        await tx.feeds.add(feed)
        for grant in grants:
            await tx.grants.add(grant, new_secret())
    return feed, grants


async def _run(times: int) -> dict[str, float]:
    print(f"{'at once':>8} {'p50':>8} {'p99':>8} {'most':>8} {'log p50':>8}   of {times} openings, ms more")
    figures: dict[str, float] = {}
    for together in (1, 8):
        found = await measure(times, together)
        row = " ".join(f"{found[name]:8.2f}" for name in ("p50", "p99", "most", "log"))
        print(f"{together:8} {row}", flush=True)
        figures["gate_p99_ms" if together == 1 else f"gate_p99_ms_{together}"] = round(found["p99"], 2)
    return figures


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--times", type=int, default=TIMES)
    chosen = reader.parse_args()
    print(f"machine: {machine()} at the start")
    figures = uvloop.run(_run(chosen.times))
    print(f"machine: {machine()} at the end")
    print(json.dumps({"bench": "gate", **figures}, separators=(",", ":")))


if __name__ == "__main__":
    main()
