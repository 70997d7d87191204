"""`make bench-log`: the public log. Entries a second with fsync, append to proof, a million entries verified.

The log's process is the real one, asked over its socket: by one that appends and waits, and by 32 at once,
for some seconds each, with entries as long as those of an opening. Append to proof is in this process: one
entry appended to a log of a hundred thousand, published, proven, the proof checked. A million are verified by
backend.tlog.verify from the files alone, and opened as a process that starts opens them. Medians of the runs.
The last line is JSON.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvloop

from backend.tlog import proofs
from backend.tlog.client import LogClient
from backend.tlog.config import LogConfig
from backend.tlog.folder import Folder
from backend.tlog.process import open_log
from backend.tlog.verify import verify
from backend.tlog.writer import Log
from tests.bench.forward import machine

RUNS = 3
SECONDS = 4.0
AT_ONCE = 32
ENTRY_BYTES = 600
LARGE, MILLION = 100_000, 1_000_000
BATCH = 1_000

Figures = dict[str, float]


def entry(who: int, number: int) -> bytes:
    return b"%d %d " % (who, number) + b"." * (ENTRY_BYTES - 16)


def config(root: Path) -> LogConfig:
    return LogConfig(
        folder=str(root / "log"),
        keys=str(root / "keys"),
        anchor=str(root / "anchor"),
        new_origin="bench.example/log",
        control=str(root / "log.sock"),
        cadence_s=3600.0,
    )


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sightline-bench-log-") as name:
        yield Path(name)


async def _appending(at_once: int) -> tuple[float, list[float]]:
    """Entries a second, and how long each append took in ms."""
    with folder() as root:
        given = config(root)
        argument = msgspec.json.encode(given).decode()
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "backend.tlog.process", argument)
        client = LogClient(Path(given.control), timeout_s=30)
        client.open()
        took: list[float] = []
        try:
            await client.append([b"warm"])
            ends = time.perf_counter() + SECONDS

            async def keep_on(who: int) -> None:
                number = 0
                while (began := time.perf_counter()) < ends:
                    await client.append([entry(who, number)])
                    took.append((time.perf_counter() - began) * 1000)
                    number += 1

            await asyncio.gather(*map(keep_on, range(at_once)))
        finally:
            await client.close()
            process.terminate()
            await process.wait()
        return len(took) / SECONDS, took


def appending() -> Figures:
    """One that waits for each, and many at once."""
    found: Figures = {}
    for name, at_once in (("entries_per_s_alone", 1), ("entries_per_s", AT_ONCE)):
        runs = [uvloop.run(_appending(at_once)) for _ in range(RUNS)]
        rates = [rate for rate, _ in runs]
        took = sorted(ms for _, each in runs for ms in each)
        p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
        found[name] = round(statistics.median(rates))
        rates_said = ", ".join(f"{rate:.0f}" for rate in rates)
        print(f"{at_once:3} at once: {rates_said} entries/s; an append takes {p50:.2f} ms, p99 {p99:.2f} ms")
    return found


def _fill(log: Log, entries: int) -> None:
    for start in range(log.entries, entries, BATCH):
        log.append([entry(0, number) for number in range(start, min(start + BATCH, entries))])
    log.publish()


def to_proof() -> Figures:
    """From the call that appends to a proof that was checked."""
    with folder() as root:
        log = open_log(config(root))
        _fill(log, LARGE)
        took = []
        for number in range(RUNS):
            began = time.perf_counter()
            mine = entry(1, number)
            (index,) = log.append([mine])
            appended = time.perf_counter()
            size = log.publish().size
            proof = proofs.make(index, log.checkpoint, Folder(log.folder, size).node)
            proofs.check(proofs.parse(proofs.encode(proof)), mine, log.verifier)
            took.append((time.perf_counter() - began, appended - began))
        log.close()
    whole = statistics.median(each for each, _ in took)
    print(f"append to proof at {LARGE} entries: {whole:.2f} s, of which {took[0][1] * 1000:.1f} ms to append")
    return {"append_to_proof_s": round(whole, 2)}


def verifying() -> Figures:
    """A million entries, from the files alone, and by a process that starts."""
    with folder() as root:
        log = open_log(config(root))
        began = time.perf_counter()
        _fill(log, MILLION)
        filled = time.perf_counter() - began
        key = log.verifier
        log.close()
        took = []
        for _ in range(RUNS):
            began = time.perf_counter()
            verdict = verify(root / "log", key)
            took.append(time.perf_counter() - began)
            if verdict.problem is not None or verdict.size != MILLION:
                raise RuntimeError(str(verdict))
        began = time.perf_counter()
        open_log(config(root)).close()
        opened = time.perf_counter() - began
    said = ", ".join(f"{each:.1f}" for each in took)
    print(f"{MILLION} entries: filled in {filled:.0f} s, verified in {said} s, opened in {opened:.1f} s")
    return {"verify_1m_s": round(statistics.median(took), 1), "open_1m_s": round(opened, 1)}


PARTS: tuple[Callable[[], Figures], ...] = (appending, to_proof, verifying)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--only", choices=[part.__name__ for part in PARTS])
    chosen = reader.parse_args()
    print(f"machine: {machine()}")
    found: Figures = {}
    for part in PARTS:
        if chosen.only in (None, part.__name__):
            found |= part()
    print(json.dumps({"bench": "log", **found}, separators=(",", ":")))


if __name__ == "__main__":
    main()
