"""What forwarding one packet costs: process CPU of the real engine on loopback, in microseconds.

One publisher and ten subscribers, raw SRTP, in another process; about 10,000 packets of 1.1 kB a second out.
`python -m tests.bench.forward` prints the median of several runs and a JSON line.
"""

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from typing import Any

import msgspec
import uvloop

from media.ports import FeedId, Holder
from tests.peers import engine

FEED = FeedId("fed_bench")


class Forwarding(msgspec.Struct, frozen=True):
    """`cpu_us_per_packet` is the median of `runs`; `delivered` is what reached the subscribers, 0 to 1."""

    cpu_us_per_packet: float
    runs: list[float]
    packets_per_s: int
    delivered: float


async def _say(peers: Process, value: Any) -> dict[str, Any]:
    assert peers.stdin is not None
    peers.stdin.write(json.dumps(value).encode() + b"\n")
    return await _hear(peers)


async def _hear(peers: Process) -> dict[str, Any]:
    assert peers.stdout is not None
    heard: dict[str, Any] = json.loads(await peers.stdout.readline())
    return heard


async def measure(
    *, runs: int = 5, seconds: float = 2.0, subscribers: int = 10, per_second: int = 1000
) -> Forwarding:
    """Run the engine in this process, on the running loop."""
    costs, speeds, delivered = [], [], []
    async with engine(subscribers_per_feed=subscribers) as sfu:
        command = [sys.executable, "-m", "tests.bench.raw_peers", str(subscribers), str(per_second)]
        peers = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        try:
            said = await _hear(peers)
            while "offer" in said:
                take = sfu.publish if said["direction"] == "sendonly" else sfu.subscribe
                answer = await take(FEED, Holder("bench"), said["offer"])
                said = await _say(peers, {"answer": answer.sdp})
            await asyncio.sleep(1.0)  # let it settle
            for _ in range(runs):
                before, cpu, wall = await _counts(sfu, peers), time.process_time(), time.monotonic()
                await asyncio.sleep(seconds)
                cpu, wall = time.process_time() - cpu, time.monotonic() - wall
                after = await _counts(sfu, peers)
                out = after[0] - before[0]
                costs.append(cpu / out * 1e6)
                speeds.append(out / wall)
                delivered.append((after[1] - before[1]) / out)
        finally:
            assert peers.stdin is not None
            peers.stdin.close()
            await peers.wait()
    return Forwarding(
        cpu_us_per_packet=round(statistics.median(costs), 2),
        runs=[round(cost, 2) for cost in costs],
        packets_per_s=round(statistics.median(speeds)),
        delivered=round(min(1.0, statistics.median(delivered)), 3),
    )


async def _counts(sfu: Any, peers: Process) -> tuple[int, int]:
    stats = sfu.feed_stats(FEED)
    assert stats is not None
    return stats.packets_out, (await _say(peers, {}))["received"]


def main() -> None:
    result = uvloop.run(measure())
    print(f"{result.cpu_us_per_packet} µs CPU per forwarded packet at {result.packets_per_s} packets/s out")
    print(msgspec.json.encode(result).decode())


if __name__ == "__main__":
    main()
