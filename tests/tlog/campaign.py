"""`make campaign-flips`: ten thousand single bits flipped in a log's files; a JSON line at the end."""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

from tests.tlog import flips


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--flips", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    large = given.flips // 20  # reading 70,000 entries takes long
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        dice = random.Random(given.seed)
        each = [
            flips.campaign(Path(folder), flips.SMALL, given.flips - large, dice),
            flips.campaign(Path(folder), flips.LARGE, large, dice),
            flips.disclosed(Path(folder), 300, given.flips // 5, dice),
        ]
    missed = [line for found in each for line in found.missed]
    for line in missed:
        print(f"not found: {line}")
    result = {
        "campaign": "flips",
        "flips": sum(found.flips for found in each),
        "found": sum(found.flips for found in each) - len(missed),
        "named": sum(found.named for found in each),
        "files": sum(len(found.files) for found in each),
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(result, separators=(",", ":")))
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
