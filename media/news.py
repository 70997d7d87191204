"""What the engine tells the rest of Sightline, in order and off the packet path.

A listener may be slow or raise: it is waited for, but the packets are not; what it raises is logged here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from media.stats import Drop, Drops

_log = logging.getLogger(__name__)

_WAITING = 8192  # pieces of news; a newer one is dropped and counted when as many wait
_PATIENCE_S = 30.0  # for one call of the listener
_FAREWELL_S = 5.0  # for what is left when the engine stops

News = Callable[[], Awaitable[None]]


class Newsroom:
    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self._queue: asyncio.Queue[News] = asyncio.Queue(_WAITING)
        self._untold = 0
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._deliver(), name="media-news")

    async def close(self) -> None:
        """Deliver what is left, for a few seconds at most."""
        if self._task is None:
            return
        try:
            await asyncio.wait_for(self._queue.join(), _FAREWELL_S)
        except TimeoutError:
            _log.warning("%d pieces of news were never told", self._queue.qsize())
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def empty(self) -> None:
        """Returns at a moment at which nothing is left to tell."""
        while self._untold:
            await self._queue.join()

    def tell(self, news: News) -> None:
        try:
            self._queue.put_nowait(news)
            self._untold += 1
        except asyncio.QueueFull:
            if self._drops[Drop.NEWS] == 0:
                _log.error("the feed listener is too slow: news is being dropped")
            self._drops[Drop.NEWS] += 1

    async def _deliver(self) -> None:
        while True:
            news = await self._queue.get()
            try:
                await asyncio.wait_for(news(), _PATIENCE_S)
            except Exception:
                _log.exception("the feed listener failed")
            finally:
                self._untold -= 1
                self._queue.task_done()
