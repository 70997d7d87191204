"""The campaign of kills: a writer that appends, publishes and is killed with -9 at a random moment, again.

A child is forked from a small process that has everything imported, so a life takes milliseconds: it opens
the log, which compares every file with every other, looks for each entry that was ever acknowledged, appends
in groups, publishes now and then, and says on a pipe what is acknowledged. Killed, it leaves what it leaves;
at the end of each folder's lives the whole is derived again from the files alone. `make campaign-kills`.
"""

import argparse
import json
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.tlog.logs import Place

KILLS = 10_000
LIVES = 40  # in one folder; then a new one, so that the log stays small enough to be read each time
GROUP = 6  # entries of an append, at most
LIFE_S = 0.025  # at most, before the kill
EARLY = 0.2  # lives that may be killed before the log is open
BEGINS_WITHIN_S = 60.0
PUBLISH = 0.08  # appends that are followed by a publication

_SAID = struct.Struct("!cQQ")  # what, first index, how many
_OPENED, _ACKNOWLEDGED, _WRONG = b"o", b"a", b"w"


class Lost(AssertionError):
    """Something that was acknowledged is not there, or not where it was."""


def entry(life: int, number: int) -> bytes:
    return b"life %d, entry %d " % (life, number) + b"." * (number * 37 % 300)


class Folder:
    """One log through its lives. `acknowledged` holds each leaf and its index, as the children said."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.place = Place(root)
        self.acknowledged: dict[bytes, int] = {}
        self.opened = self.published = 0
        self._dice = dice

    def live(self, life: int) -> None:
        """One life, ended by -9. Raises Lost when the child found something missing."""
        reads, writes = os.pipe()
        seed = self._dice.random()
        pid = os.fork()
        if not pid:
            os.close(reads)
            self._child(life, writes, seed)
        os.close(writes)
        try:
            if self._dice.random() > EARLY:
                select.select([reads], [], [], BEGINS_WITHIN_S)
            time.sleep(self._dice.random() * LIFE_S)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self._hear(life, reads)
        finally:
            os.close(reads)

    def verify(self) -> int:
        """From the files alone: all that was acknowledged is there, once, without gaps; how many entries."""
        with self.place.opened() as log:
            for leaf, index in self.acknowledged.items():
                if log.find(leaf) != index:
                    raise Lost(f"{leaf!r} was acknowledged at {index} and is at {log.find(leaf)}")
            held = list(log._journal.read(0, log.entries))
            if len(set(held)) != len(held):
                raise Lost("an entry is there twice")
            log.publish()
        if self.place.check() != len(held):
            raise Lost("the checkpoint does not cover all entries")
        return len(held)

    def _hear(self, life: int, reads: int) -> None:
        said = b""
        while some := os.read(reads, 65536):
            said += some
        for what, first, count in _SAID.iter_unpack(said[: len(said) // _SAID.size * _SAID.size]):
            if what == _WRONG:
                raise Lost(f"life {life} found entry {first} missing; see {self.place.folder}")
            if what == _OPENED:
                self.opened += 1
                self.published = max(self.published, count)
            else:
                start, number = first >> 32, first & 0xFFFFFFFF
                for offset in range(count):
                    self.acknowledged[entry(life, number + offset)] = start + offset

    def _child(self, life: int, writes: int, seed: float) -> None:
        """Never returns. What it writes to the pipe in one call is there whole or not at all."""
        try:
            dice = random.Random(seed)
            log = self.place.open()
            for leaf, index in self.acknowledged.items():
                if log.find(leaf) != index:
                    os.write(writes, _SAID.pack(_WRONG, index, 0))
                    os._exit(1)
            os.write(writes, _SAID.pack(_OPENED, log.entries, log.published.size))
            number = 0
            while True:
                count = dice.randrange(1, GROUP + 1)
                indexes = log.append([entry(life, number + offset) for offset in range(count)])
                if indexes != list(range(indexes[0], indexes[0] + count)):
                    os.write(writes, _SAID.pack(_WRONG, indexes[0], 0))
                    os._exit(1)
                os.write(writes, _SAID.pack(_ACKNOWLEDGED, indexes[0] << 32 | number, count))
                number += count
                if dice.random() < PUBLISH:
                    log.publish()
        except BaseException:
            traceback.print_exc()
            os.write(writes, _SAID.pack(_WRONG, 0, 0))
            os._exit(1)


def campaign(kills: int, seed: int, *, talk: bool = False) -> dict[str, int]:
    """So many kills, and what there was in all folders by their ends. Raises Lost."""
    dice = random.Random(seed)
    done = {"kills": 0, "acknowledged": 0, "unacknowledged": 0, "opened": 0, "published": 0}
    began = time.monotonic()
    while done["kills"] < kills:
        root = Path(tempfile.mkdtemp(prefix="sightline-kills-"))
        folder = Folder(root, dice)
        for _ in range(min(LIVES, kills - done["kills"])):
            folder.live(done["kills"])
            done["kills"] += 1
        entries = folder.verify()
        done["acknowledged"] += len(folder.acknowledged)
        done["unacknowledged"] += entries - len(folder.acknowledged)
        done["opened"] += folder.opened
        done["published"] += folder.published
        shutil.rmtree(root)
        if talk and done["kills"] % 1000 < LIVES:
            took = time.monotonic() - began
            print(f"{done['kills']:6} kills, {done['acknowledged']} acknowledged, {took:.0f} s", flush=True)
    return done


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--kills", type=int, default=KILLS)
    reader.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    chosen = reader.parse_args()
    print(f"seed {chosen.seed}")
    try:
        done = campaign(chosen.kills, chosen.seed, talk=True)
    except Lost as lost:
        print(f"LOST: {lost}")
        return 1
    from tests.bench.forward import machine  # heavy: a child that is forked has no part in it

    print(f"machine: {machine()}")
    print(json.dumps({"campaign": "kills", **done, "lost": 0}, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
