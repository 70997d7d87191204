"""`make fuzz`: one million hurt datagrams and offers while a call is running; a JSON line at the end."""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from tests.fuzz.campaign import Plan, run


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--datagrams", type=int, default=990_000)
    options.add_argument("--offers", type=int, default=10_000)
    options.add_argument("--control-frames", type=int, default=50_000)
    options.add_argument("--per-second", type=int, default=4000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    plan = Plan(
        datagrams=given.datagrams,
        offers=given.offers,
        control_frames=given.control_frames,
        datagrams_per_s=given.per_second,
        seed=given.seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(plan, Path(folder), lambda words: print(words, flush=True)))
    print(f"dropped: {', '.join(f'{count} {drop}' for drop, count in sorted(found.drops.items()))}")
    for line in found.said:
        print(line)
    print(
        f"{found.datagrams} datagrams and {found.offers} offers in {found.seconds:.0f} s, "
        f"{found.control_frames} control frames; {found.frames} frames decoded, longest gap "
        f"{found.longest_gap_s} s, {found.sheds} sheds; memory {found.memory_mb:+} MB, at most "
        f"{found.peak_mb:+}; the loop was late by {found.longest_lag_ms:.0f} ms at most, of which the "
        f"machine kept it waiting for up to {found.starved_ms:.0f} ms"
    )
    result = {
        "bench": "fuzz",
        "datagrams": found.datagrams,
        "offers": found.offers,
        "longest_gap_s": found.longest_gap_s,
        "memory_mb": found.memory_mb,
        "exceptions": found.exceptions,
    }
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
