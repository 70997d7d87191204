"""The campaign of system calls: each that a log lives by, failed once by strace, and what is left verified.

A child is forked and stopped, strace takes hold of it, and from there on it makes keys, begins a log, appends
and publishes, and opens it again whenever something fails, as its supervisor would. What was acknowledged is
told in shared memory, so that telling it is no system call that could be failed. `make campaign-kills` runs
all.
"""

import json
import logging
import mmap
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from backend.tlog.config import LogConfig
from backend.tlog.faults import Unfit
from backend.tlog.process import open_log
from backend.tlog.writer import Log, NotAppended
from tests.tlog.logs import BALLAST, ORIGIN, Place

CALLS = (
    "openat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "ftruncate",
    "link",
    "unlink",
    "rmdir",
    "mkdir",
    "fallocate",
    "flock",
)
FAULTS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")
ROUNDS, GROUP = 8, 50
TRIES = 8  # to open it: one call fails once
HOLDS_WITHIN_S = 30.0
TELL = "SIGHTLINE_TEST_TELL"  # where a child says in a system call, too, what is acknowledged
_COUNT = struct.Struct("!I")


class Wrong(AssertionError):
    """What was left is not what it must be."""


def config(root: Path) -> LogConfig:
    return LogConfig(
        folder=str(root / "log"),
        keys=str(root / "keys"),
        anchor=str(root / "anchor"),
        new_origin=ORIGIN,
        ballast_bytes=BALLAST,
    )


def entry(number: int) -> bytes:
    return b"entry %d" % number + b"." * (number * 41 % 300)


def there() -> bool:
    return shutil.which("strace") is not None


def baseline() -> dict[str, int]:
    """How often each call is made when none fails."""
    with tempfile.TemporaryDirectory(prefix="sightline-calls-") as name:
        said = _run(Path(name), f"trace={','.join(CALLS)}")
        verify(Path(name), said)
        lines = (Path(name) / "trace").read_text()
    return {call: len(re.findall(rf"^\d+ +{call}\(", lines, re.MULTILINE)) for call in CALLS}


def fail(call: str, fault: str, when: int) -> int:
    """Once, and verify; how many entries were acknowledged. Raises Wrong."""
    with tempfile.TemporaryDirectory(prefix="sightline-calls-") as name:
        said = _run(Path(name), f"trace={call}", f"inject={call}:{fault}:when={when}")
        if "SIGKILL" not in fault and said != ROUNDS * GROUP:
            raise Wrong(f"{call} number {when} with {fault}: it did not go on after {said} entries")
        try:
            return verify(Path(name), said)
        except (Wrong, Unfit, OSError) as wrong:
            raise Wrong(f"{call} number {when} with {fault}: {wrong}") from wrong


def every(
    counts: dict[str, int], dice: random.Random | None = None, most: int = 0
) -> Iterator[tuple[str, str, int]]:
    """Each call's each time with each fault; with `dice` only so many times of a call."""
    for call, count in counts.items():
        times = range(1, count + 1)
        for when in times if dice is None or count <= most else sorted(dice.sample(times, most)):
            for fault in FAULTS:
                yield call, fault, when


def verify(root: Path, acknowledged: int) -> int:
    """All that was acknowledged is there, in order, and everything can be derived from the files."""
    log = open_log(config(root))
    try:
        held = list(log._journal.read(0, log.entries))
        if len(held) < acknowledged or held != [entry(number) for number in range(len(held))]:
            raise Wrong(f"{acknowledged} entries were acknowledged, and there are {len(held)}: {held[:50]}")
        if log.append([b"later"]) != [len(held)]:
            raise Wrong("the next entry is not at the end")
        log.publish()
    finally:
        log.close()
    place = Place(root)
    place.use_key(root / "keys")
    if place.check() != len(held) + 1:
        raise Wrong("the checkpoint does not cover all entries")
    return acknowledged


def _run(root: Path, *expressions: str, more: tuple[str, ...] = ()) -> int:
    """A log's beginning under strace; how many entries were acknowledged by its end."""
    shared = mmap.mmap(-1, 4096)
    pid = os.fork()
    if not pid:
        _child(root, shared)
    os.waitpid(pid, os.WUNTRACED)
    command = ["strace", "-f", "-qqq", "-o", str(root / "trace"), "-p", str(pid), *more]
    for expression in expressions:
        command += ["-e", expression]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as strace:
        until = time.monotonic() + HOLDS_WITHIN_S
        while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
            if strace.poll() is not None or time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                raise OSError(f"strace cannot take hold: {strace.stderr.read() if strace.stderr else b''!r}")
            time.sleep(0.001)
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)
        strace.wait()
    (acknowledged,) = _COUNT.unpack_from(shared, 0)
    shared.close()
    return int(acknowledged)


def _child(root: Path, shared: mmap.mmap) -> None:
    """Never returns. Goes on after whatever fails, as a supervisor and clients would."""
    try:
        os.kill(os.getpid(), signal.SIGSTOP)
        log: Log | None = None
        number, tries = 0, 0
        while number < ROUNDS * GROUP and tries < TRIES:
            try:
                if log is None:
                    log = open_log(config(root))
                indexes = log.append([entry(number + offset) for offset in range(GROUP)])
                if indexes != list(range(number, number + GROUP)):
                    os._exit(2)
                number += GROUP
                _COUNT.pack_into(shared, 0, number)
                if TELL in os.environ:
                    os.access(f"{os.environ[TELL]}{number}", os.F_OK)  # for strace to see
                if number // GROUP % 2:
                    log.publish()
            except NotAppended:
                tries += 1
            except (OSError, Unfit):
                tries += 1
                if log is not None:
                    log.close()
                log = None
    finally:
        os._exit(0)


def main() -> int:
    counts = baseline()
    failed, wrong = 0, 0
    for call, fault, when in every(counts):
        failed += 1
        try:
            fail(call, fault, when)
        except Wrong as found:
            wrong += 1
            print(f"WRONG: {found}", flush=True)
    print(
        json.dumps({"campaign": "calls", "failed": failed, "wrong": wrong, **counts}, separators=(",", ":"))
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what is failed on purpose would be said thousands of times
    sys.exit(main())
