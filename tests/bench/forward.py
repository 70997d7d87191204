"""`make bench-forward`: what forwarding one packet costs, here, in Janus, and in aiortc's MediaRelay.

One publisher and some viewers (tests/bench/raw_peers), the same for every server, on loopback; servers take
turns. CPU is the server process's own, all its threads, for each RTP packet that reached a viewer. Delay is
from the publisher's clock to the kernel's receipt at the viewer. The last line is JSON.

`--ours --rates 10000,20000 --runs 3` is the short form for tuning.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import uvloop

from tests.bench import janus
from tests.bench.child import Child, child

SERVERS = ("ours", "janus", "relay")
IN = 1000  # packets a second from the publisher
RATES = (2000, 5000, 10_000, 20_000)  # packets a second out: with 2, 5, 10 and 20 viewers
MBIT = (114, 100)  # 1 Mbit/s in packets of 1.1 kB a second, and how many viewers of that are measured
IN_RELAY = 150  # packets a second from the relay's publisher: its picture at about 1 Mbit/s
SETTLE_S = 2.0


class Run(msgspec.Struct, frozen=True):
    """One server with one load, for some seconds."""

    cpu_us_per_packet: float
    packets_per_s: int
    delivered: float  # 0 to 1
    p50_ms: float | None
    p99_ms: float | None
    cpu: float  # cores, of the server
    client_cpu: float  # cores, of publisher and viewers together
    srtp: str  # what the viewers agreed to encrypt by


class Server(Protocol):
    def cpu_s(self) -> float: ...
    async def publish(self, offer: str) -> str: ...
    async def subscribe(self, offer: str) -> str: ...


class _Lines:
    """A server that is a child of ours."""

    def __init__(self, process: Child) -> None:
        self.process = process
        self.cpu_s = process.cpu_s

    async def publish(self, offer: str) -> str:
        return str((await self.process.ask({"publish": offer}))["answer"])

    async def subscribe(self, offer: str) -> str:
        return str((await self.process.ask({"subscribe": offer}))["answer"])


@contextlib.asynccontextmanager
async def started(name: str) -> AsyncIterator[Server]:
    if name == "janus":
        async with janus.running() as server:
            yield server
    else:
        async with child(f"tests.bench.{name}") as process:
            yield _Lines(process)


async def once(name: str, *, viewers: int, per_second: int, seconds: float, settle: float = SETTLE_S) -> Run:
    """A fresh server, fresh peers, and one measurement."""
    picture = ["recorded"] if name == "relay" else []
    async with (
        started(name) as server,
        child("tests.bench.raw_peers", str(viewers), str(per_second), *picture) as peers,
    ):
        said = await peers.hear()
        while "offer" in said:
            take = server.publish if said["direction"] == "sendonly" else server.subscribe
            said = await peers.ask({"answer": await take(said["offer"])})
        await asyncio.sleep(settle)
        before, cpu, wall = await peers.ask({}), server.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        after, cpu, wall = await peers.ask({}), server.cpu_s() - cpu, time.monotonic() - wall
    received = after["received"] - before["received"]
    sent = (after["sent"] - before["sent"]) * viewers
    return Run(
        cpu_us_per_packet=round(cpu / max(1, received) * 1e6, 2),
        packets_per_s=round(received / wall),
        delivered=round(min(1.0, received / max(1, sent)), 4),
        p50_ms=after["p50_ms"],
        p99_ms=after["p99_ms"],
        cpu=round(cpu / wall, 3),
        client_cpu=round((after["cpu_s"] - before["cpu_s"]) / wall, 3),
        srtp=after["srtp"].removeprefix("SRTP_"),
    )


class Forwarding(msgspec.Struct, frozen=True):
    """`cpu_us_per_packet` is the median of `runs`; `delivered` is what reached the viewers, 0 to 1."""

    cpu_us_per_packet: float
    runs: list[float]
    packets_per_s: int
    delivered: float


async def measure(
    *, runs: int = 5, seconds: float = 2.0, subscribers: int = 10, per_second: int = 1000, settle: float = 1.0
) -> Forwarding:
    """Our engine alone, with one load."""
    each = [
        await once("ours", viewers=subscribers, per_second=per_second, seconds=seconds, settle=settle)
        for _ in range(runs)
    ]
    return Forwarding(
        cpu_us_per_packet=_median(each, "cpu_us_per_packet") or 0.0,
        runs=[run.cpu_us_per_packet for run in each],
        packets_per_s=round(_median(each, "packets_per_s") or 0),
        delivered=_median(each, "delivered") or 0.0,
    )


def _median(runs: list[Run], field: str) -> float | None:
    values = [value for run in runs if (value := getattr(run, field)) is not None]
    return round(statistics.median(values), 3) if values else None


def machine() -> str:
    """What this ran on, and how busy that is."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), platform.processor())
    return (
        f"{os.cpu_count()} cores, {model}; Python {platform.python_version()}; load {os.getloadavg()[0]:.1f}"
    )


_HEAD = (
    "server packets/s out   µs/packet (least to most)    p50, p99 ms         delivered   cores, client SRTP"
)


def _row(name: str, runs: list[Run]) -> str:
    costs = [run.cpu_us_per_packet for run in runs]
    return (
        f"{name:6} {_median(runs, 'packets_per_s'):14.0f} {statistics.median(costs):11.2f}"
        f"   ({min(costs):.1f} to {max(costs):.1f})".ljust(54)
        + f"{_median(runs, 'p50_ms')}, {_median(runs, 'p99_ms')}".ljust(20)
        + f"{_median(runs, 'delivered'):.2%}".ljust(12)
        + f"{_median(runs, 'cpu')}, {_median(runs, 'client_cpu')}".ljust(14)
        + runs[0].srtp
    )


async def compare(names: list[str], rates: list[int], runs: int, seconds: float) -> dict[str, Any]:
    """Take turns, print the table, and give the figures of the last line."""
    found: dict[tuple[str, int], list[Run]] = {}
    mbit: dict[str, list[Run]] = {}
    relay: list[Run] = []
    forwarders = [name for name in names if name != "relay"]
    for _ in range(runs):
        for rate in rates:
            for name in forwarders:
                run = await once(name, viewers=rate // IN, per_second=IN, seconds=seconds)
                found.setdefault((name, rate), []).append(run)
        for name in forwarders if len(names) > 1 else []:
            run = await once(name, viewers=MBIT[1], per_second=MBIT[0], seconds=seconds)
            mbit.setdefault(name, []).append(run)
        if "relay" in names:
            relay.append(await once("relay", viewers=2, per_second=IN_RELAY, seconds=seconds))
    print(_HEAD)
    for rate in rates:
        for name in forwarders:
            print(_row(name, found[name, rate]))
    for name, of_mbit in mbit.items():
        print(_row(name, of_mbit) + f"   {MBIT[1]} viewers of 1 Mbit/s")
    if relay:
        print(_row("relay", relay) + "   2 viewers, 640x480, 30 frames/s")
    return _figures(found, mbit, relay, max(rates))


def _figures(
    found: dict[tuple[str, int], list[Run]], mbit: dict[str, list[Run]], relay: list[Run], rate: int
) -> dict[str, Any]:
    def cost(name: str, rate: int) -> float | None:
        return _median(found.get((name, rate), []), "cpu_us_per_packet")

    def ratio(rate: int) -> float | None:
        ours, theirs = cost("ours", rate), cost("janus", rate)
        return round(ours / theirs, 3) if ours and theirs else None

    def viewers_per_core(name: str) -> int | None:
        cores = _median(mbit.get(name, []), "cpu")
        return round(MBIT[1] / cores) if cores else None

    return {
        "bench": "forward",
        "ours_us": cost("ours", rate),
        "janus_us": cost("janus", rate),
        "relay_us": _median(relay, "cpu_us_per_packet"),
        "ratio_janus": ratio(rate),
        "p99_ms": _median(found.get(("ours", rate), []), "p99_ms"),
        "delivered": _median(found.get(("ours", rate), []), "delivered"),
        "ratio_janus_5000": ratio(5000),
        "viewers_per_core": viewers_per_core("ours"),
        "viewers_per_core_janus": viewers_per_core("janus"),
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name in SERVERS:
        reader.add_argument(f"--{name}", action="store_true", help="only this, and others so named")
    reader.add_argument("--rates", default=",".join(map(str, RATES)), help="packets a second out")
    reader.add_argument("--runs", type=int, default=5)
    reader.add_argument("--seconds", type=float, default=3.0, help="measured in each run")
    chosen = reader.parse_args()
    names = [name for name in ("ours", "janus", "relay") if getattr(chosen, name)] or [
        "ours",
        "janus",
        "relay",
    ]
    if "janus" in names and not janus.installed():
        print("Janus is not installed (Debian's package `janus`): left out.")
        names.remove("janus")
    print(f"machine: {machine()} at the start")
    rates = [int(rate) for rate in chosen.rates.split(",")]
    figures = uvloop.run(compare(names, rates, chosen.runs, chosen.seconds))
    print(f"machine: {machine()} at the end")
    print(json.dumps(figures, separators=(",", ":")))


if __name__ == "__main__":
    main()
