"""What ties a child process to its supervisor: one socket pair, held open by both.

Whichever way the supervisor ends, the child reads the end of the stream and goes; the child says by it that
it is ready and that it still turns. A thread reads, so that a child whose loop is stuck goes too.
"""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable

PATIENCE_S = 8.0  # for the child to end by itself once the supervisor is gone
READY = b"r"
TURNING = b"t"
TURN_S = 1.0


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
