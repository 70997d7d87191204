"""Lines: what waits to be said to one connector, and what it may speak of. Kept in memory and bounded.

A line never waits for its connector: one that does not read loses its line, and nobody is held up by it.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from backend.model.ids import ConnectorId, SiteId, UserId
from media.connector import wire

WAITING = 64  # frames to one connector; one more, and it is given up
PAST_RUNS = 256  # that it may still speak of, when they have been stopped
STRAYS = 20  # frames about what is not its own, and then its line ends
_STALLED = wire.Refuse(words="The connector does not read what it is told.", retry=True)


class Line:
    """One connector's socket, from its hello to its end."""

    def __init__(
        self,
        connector: ConnectorId,
        site: SiteId,
        owner: UserId | None,
        key: str,
        trouble: str | None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.connector, self.site, self.owner, self.key = connector, site, owner, key
        self.trouble = trouble  # as the owner is told it
        self.began = timer()
        self.sources: frozenset[str] = frozenset()
        self.clock_was_right = False
        self.strays = 0
        self._runs: dict[str, str] = {}  # each with its source
        self._past: OrderedDict[str, str] = OrderedDict()
        self._stills: dict[str, asyncio.Future[bytes]] = {}
        self._queue: asyncio.Queue[wire.FromServer] = asyncio.Queue(WAITING)
        self._over: asyncio.Future[wire.Refuse] = asyncio.get_running_loop().create_future()

    # To the connector

    def say(self, frame: wire.FromServer) -> bool:
        """Whether it will be sent; the line of a connector that does not read ends instead."""
        if self._over.done():
            return False
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.end(_STALLED)
            return False
        return True

    async def next(self) -> wire.FromServer:
        """What is to be sent next."""
        return await self._queue.get()

    def end(self, refuse: wire.Refuse) -> None:
        """Nothing more will be said but this."""
        if not self._over.done():
            self._over.set_result(refuse)

    @property
    def over(self) -> asyncio.Future[wire.Refuse]:
        """Done when the line is to end, with the last thing to be said."""
        return self._over

    def hang_up(self) -> None:
        """The socket is gone: whoever waits for a picture waits no more."""
        for still in self._stills.values():
            if not still.done():
                still.cancel()

    # Runs

    def started(self, run: str, source: str) -> None:
        self._runs[run] = source
        self._past.pop(run, None)

    def stopped(self, run: str) -> bool:
        """Whether it was running. What the connector had said of it before it heard is still its own."""
        source = self._runs.pop(run, None)
        if source is None:
            return False
        self._past[run] = source
        if len(self._past) > PAST_RUNS:
            self._past.popitem(last=False)
        return True

    def runs(self, run: str) -> bool:
        """Whether it was told to."""
        return run in self._runs

    def source_of(self, run: str) -> str | None:
        """The source of a run that is, or was, its own."""
        return self._runs.get(run) or self._past.get(run)

    # Stills

    def wants_still(self, source: str) -> tuple[asyncio.Future[bytes], bool]:
        """What will be the picture, and whether the connector must be asked: two who want one share it."""
        held = self._stills.get(source)
        if held is not None and not held.done():
            return held, False
        self._stills[source] = asyncio.get_running_loop().create_future()
        return self._stills[source], True

    def awaits_still(self, source: str) -> asyncio.Future[bytes] | None:
        """What somebody waits for, or waited for: it may come late, once."""
        return self._stills.pop(source, None)

    # What is not its own

    def strayed(self) -> bool:
        """It spoke of what is not its own; whether that was once too often."""
        self.strays += 1
        return self.strays >= STRAYS
