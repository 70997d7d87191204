"""`make soak`: two thousand short calls against a live engine in its own process, and what is left of them.

Each call publishes, subscribes, forwards packets and ends in one of the ways that calls end: the caller
hangs up, the feed is closed, the peers say goodbye, or they vanish without a word. Afterwards the engine must
hold no more descriptors, threads and tasks than before, and little more memory. The last line is JSON.
"""

import argparse
import asyncio
import itertools
import json
import time
from typing import Any

import msgspec
import uvloop

from media import rtc
from tests.bench import picture
from tests.bench.child import Child, child
from tests.bench.forward import machine
from tests.bench.raw_peers import RawPeer

CALLS = 2000
AT_ONCE = 8
MOST_GROWTH = 64 << 20  # bytes
PACKETS = 60  # that must arrive before a call ends
ENDINGS = ("hang up", "close", "goodbye", "vanish")
FEEDS_KEPT = 100  # calls after which a feed is closed, as an incident is, whatever ended its session
_GONE_AFTER_S = 30.0  # by when whoever vanished must be gone; the engine takes 5 to 15


class Held(msgspec.Struct, frozen=True):
    """What the engine's process holds."""

    rss: int  # bytes
    fds: int
    threads: int
    tasks: int


class Soak(msgspec.Struct, frozen=True):
    """`before` is after the first tenth of the calls, when all that is kept for good has been made."""

    calls: int
    seconds: float
    before: Held
    after: Held
    most_rss: int  # bytes, on the way
    drops: dict[str, int]

    @property
    def growth(self) -> int:
        """Bytes."""
        return self.after.rss - self.before.rss


async def _look(engine: Child) -> tuple[Held, dict[str, Any]]:
    said = await engine.ask({"look": True})
    return msgspec.convert(said, Held), said["engine"]


async def _call(engine: Child, certificate: rtc.Certificate, number: int) -> None:
    """One call from offer to end. The feed itself is left."""
    feed, ending = f"fed_{number}", ENDINGS[number % len(ENDINGS)]
    caller, viewer = RawPeer(certificate, "sendonly"), RawPeer(certificate, "recvonly")
    wants = itertools.cycle([False, False, True])  # a keyframe now and then, asked for or not
    packets = picture.synthetic(10 * picture.FPS, lambda: next(wants))
    try:
        publishing = await engine.ask({"feed": feed, "publish": caller.offer()})
        caller.answered(publishing["answer"])
        viewer.answered((await engine.ask({"feed": feed, "subscribe": viewer.offer()}))["answer"])
        await asyncio.gather(caller.connected(), viewer.connected())
        async with asyncio.timeout(30):
            while viewer.received < PACKETS:
                for _ in range(10):
                    caller.send(next(packets))
                viewer.give_feedback()
                await asyncio.sleep(0.01)
        if ending == "hang up":
            await engine.ask({"hang_up": publishing["session"]})
        elif ending == "close":
            await engine.ask({"end": feed})
    finally:
        await caller.close(goodbye=ending != "vanish")
        await viewer.close(goodbye=ending != "vanish")


async def _settled(engine: Child) -> Held:
    """Once every session is gone."""
    give_up = time.monotonic() + _GONE_AFTER_S
    while True:
        held, stats = await _look(engine)
        if (stats["sessions"] == 0 and held.tasks <= 2) or time.monotonic() > give_up:
            return held
        await asyncio.sleep(0.2)


async def soak(calls: int = CALLS, *, talk: bool = False, **config: Any) -> Soak:
    """Run them all, some at once, against an engine with this much of media.config.SfuConfig changed."""
    began, most = time.monotonic(), 0
    certificate = rtc.Certificate()
    async with child("tests.bench.ours", json.dumps(config)) as engine:

        async def run(numbers: range) -> None:
            """Those that vanish are found to be gone later, as their feeds are closed later."""
            nonlocal most
            left = iter(numbers)

            async def one_after_another() -> None:
                nonlocal most
                for number in left:
                    await _call(engine, certificate, number)
                    if number >= FEEDS_KEPT:
                        await engine.ask({"end": f"fed_{number - FEEDS_KEPT}"})
                    if number % 100 == 99:
                        held, stats = await _look(engine)
                        most = max(most, held.rss)
                        if talk:
                            _say(number + 1, time.monotonic() - began, held, stats["sessions"])

            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(one_after_another())

        warm = max(AT_ONCE, calls // 10)
        await run(range(warm))
        before = await _settled(engine)
        await run(range(warm, calls))
        after = await _settled(engine)
        _, stats = await _look(engine)
    return Soak(
        calls=calls,
        seconds=round(time.monotonic() - began, 1),
        before=before,
        after=after,
        most_rss=max(most, before.rss, after.rss),
        drops=stats["drops"],
    )


def _say(calls: int, seconds: float, held: Held, sessions: int) -> None:
    print(
        f"{calls:6} calls, {seconds:6.1f} s: {held.rss >> 20} MiB, {held.fds} descriptors,"
        f" {held.threads} threads, {held.tasks} tasks, {sessions} sessions",
        flush=True,
    )


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--calls", type=int, default=CALLS)
    reader.add_argument("--config", type=json.loads, default={}, help="of media.config.SfuConfig, as JSON")
    chosen = reader.parse_args()
    print(f"machine: {machine()} at the start")
    done = uvloop.run(soak(chosen.calls, talk=True, **chosen.config))
    print(f"machine: {machine()} at the end; {done.seconds} s")
    print(f"before (after the first tenth): {done.before}")
    print(f"after: {done.after}")
    print(f"drops: {done.drops}")
    result = {
        "bench": "soak",
        "calls": done.calls,
        "growth_mib": round(done.growth / (1 << 20), 1),
        "most_mib": round(done.most_rss / (1 << 20), 1),
        "fds": done.after.fds - done.before.fds,
        "threads": done.after.threads - done.before.threads,
        "tasks": done.after.tasks - done.before.tasks,
    }
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
