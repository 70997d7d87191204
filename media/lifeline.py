"""What ties a child process to its supervisor: one socket pair, held open by both.

Whichever way the supervisor ends, the child reads the end of the stream and goes; the child says by it that
it is ready and that it still turns. A thread reads, so that a child whose loop is stuck goes too. How long a
child has been silent of its own fault is for the supervisor to know (Silence), and it alone judges.
"""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 8.0  # for the child to end by itself once the supervisor is gone
READY = b"r"
TURNING = b"t"
TURN_S = 0.25
LOOK_S = 0.25  # between two looks of the supervisor


class Lifeline:
    """The child's end. `hold` on the running loop; `lost` is called on it when the supervisor is gone."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)
        self._timer: asyncio.TimerHandle | None = None

    def hold(self, lost: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()

        def watch() -> None:
            with contextlib.suppress(OSError):
                while self._socket.recv(1):
                    pass
            with contextlib.suppress(RuntimeError):  # the loop is closed: we are going already
                loop.call_soon_threadsafe(lost)
            threading.Event().wait(PATIENCE_S)
            os._exit(1)

        threading.Thread(target=watch, name="lifeline", daemon=True).start()
        self._turn()

    def ready(self) -> None:
        """Say that the work has begun."""
        self._say(READY)

    def _turn(self) -> None:
        self._say(TURNING)
        self._timer = asyncio.get_running_loop().call_later(TURN_S, self._turn)

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):  # full or gone: the thread knows
            self._socket.send(word, socket.MSG_DONTWAIT)


class Silence:
    """The supervisor's end: for how long a child has said nothing although it could have.

    Time in which the supervisor itself stood still does not count, nor what the child's main thread, which
    turns its loop, spent waiting for a processor or for a disk: a machine that has too much to do stalls
    everyone, and starting a process anew would be one thing more.
    """

    def __init__(self, pid: int, now: float) -> None:
        self._process = Path(f"/proc/{pid}")
        self._looked_at = now
        self._waited_s = self._read_waited_s()
        self._silent_s = 0.0

    def broken(self, now: float) -> None:
        """The child said something."""
        self._silent_s, self._looked_at = 0.0, now

    def look(self, now: float) -> float:
        """Seconds of it. To be asked every LOOK_S, by a monotonic clock."""
        waited_s = self._read_waited_s()
        passed_s = 0.0 if self._is_at_disk() else min(now - self._looked_at, 2 * LOOK_S)
        # the kernel counts a wait when it is over, so it may speak of earlier looks
        self._silent_s = max(0.0, self._silent_s + passed_s - (waited_s - self._waited_s))
        self._looked_at, self._waited_s = now, waited_s
        return self._silent_s

    def _read_waited_s(self) -> float:
        """Runnable without a processor, since its start: the second of proc_pid_schedstat's three numbers."""
        try:
            return int((self._process / "schedstat").read_bytes().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):  # a kernel without it, or the child is gone
            return 0.0

    def _is_at_disk(self) -> bool:
        """Uninterruptible: memory that is paged in, most of all. It could not be killed either."""
        try:
            return (self._process / "stat").read_bytes().rpartition(b")")[2].split()[0] == b"D"
        except (OSError, IndexError):
            return False
