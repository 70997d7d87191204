"""The lifeline: what counts as a child's silence, and what is the machine's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from media.lifeline import LOOK_S, Silence
from tests.peers import until

SPINS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # all on the first
while True: pass
"""
SLEEPS = "import time; time.sleep(3600)"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Its loop does not turn, and it waits for nothing that the machine could give."""
    with subprocess.Popen([sys.executable, "-c", SLEEPS]) as child:
        yield child
        child.kill()


async def stopped(child: subprocess.Popen[bytes]) -> Silence:
    os.kill(child.pid, signal.SIGSTOP)
    stat = Path(f"/proc/{child.pid}/stat")
    await until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "it is stopped")
    return Silence(child.pid, 0.0)


async def test_a_child_that_hangs_is_silent_by_the_clock_until_it_speaks(
    child: subprocess.Popen[bytes],
) -> None:
    silence = await stopped(child)
    assert [silence.look(look * LOOK_S) for look in range(1, 13)] == [look * LOOK_S for look in range(1, 13)]
    silence.broken(12.5 * LOOK_S)
    assert silence.look(13 * LOOK_S) == LOOK_S / 2


async def test_while_the_supervisor_stands_still_nobody_is_silent(child: subprocess.Popen[bytes]) -> None:
    silence = await stopped(child)
    silence.look(LOOK_S)
    assert silence.look(60.0) <= 3 * LOOK_S


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count waits")
def test_a_child_that_gets_no_processor_is_hardly_silent() -> None:
    """Eight share one processor, so each waits for seven eighths of the time."""
    command = [sys.executable, "-c", SPINS]
    with ExitStack() as running:
        spinners = [running.enter_context(subprocess.Popen(command)) for _ in range(8)]
        began = now = time.monotonic()
        silence, silent_s = Silence(spinners[0].pid, now), 0.0
        while now - began < 2.0:
            time.sleep(LOOK_S)
            now = time.monotonic()
            silent_s = silence.look(now)
        for spinner in spinners:
            spinner.kill()
    assert silent_s < (now - began) / 2


def test_a_child_that_is_gone_needs_no_answer() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    assert Silence(child.pid, 0.0).look(LOOK_S) == LOOK_S
