"""Reads MPEG-TS that somebody else receives: libav's demuxer on bytes that are put here, bounded."""

import threading
import time
from collections.abc import Callable

import av

from media.connector.demux import Reader
from media.connector.describe import Trouble
from media.connector.pictures import FIRST_PICTURE_S, Taker

_ROOM = 4 << 20  # bytes between loop and thread; more is dropped, as on a network
# A keyframe may be 10 s away. Nothing is learned by watching how often pictures come.
_OPTIONS = {"analyzeduration": "10000000", "fpsprobesize": "0"}


class TransportStream(Reader):
    """`put` on the loop; libav goes on behind what is missing. `over` is called in the thread."""

    def __init__(self, taker: Taker, over: Callable[[Trouble | None], None]) -> None:
        super().__init__(taker, over)
        self._bytes = bytearray()
        self._more = threading.Condition()
        self._began = time.monotonic()
        self._opened = False

    def put(self, datagram: memoryview) -> None:
        """Copied; never waits."""
        with self._more:
            if len(self._bytes) + len(datagram) <= _ROOM:
                self._bytes += datagram
                self._more.notify()

    def stop(self) -> None:
        super().stop()
        with self._more:
            self._more.notify()

    def read(self, size: int) -> bytes:
        """libav's: at most so many bytes, as soon as there are some; none when it was stopped."""
        if not self._opened and time.monotonic() - self._began > FIRST_PICTURE_S:
            raise Trouble("The drone's MPEG-TS never says what its picture is.")
        with self._more:
            self._more.wait_for(lambda: self._bytes or self._stopped.is_set())
            if self._stopped.is_set():
                return b""
            taken = bytes(self._bytes[:size])
            del self._bytes[:size]
        return taken

    def _read(self) -> None:
        with av.open(self, format="mpegts", options=_OPTIONS) as container:
            self._opened = True
            self._hand_on(container)
