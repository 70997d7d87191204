"""News of one media process that the web process has not acknowledged, in order.

What ended is never dropped, because the audit log depends on it: while nobody listens no session can be
opened, so that at most as many ends wait as sessions were open. What a feed or a link is like just now is
dropped when nobody listens or too much waits, and told again as a whole (`restate`) to whoever has caught up.
"""

import asyncio
from collections import deque

from media.control import WINDOW, Ended, News, SubscriberEnded, SubscriberLevel, WentLive, WentSilent
from media.ports import EndReason, FeedId, Holder, Level, SessionId, SessionSummary

_PASSING = 4096  # pieces in all, beyond which passing news is dropped
_LASTING = 65_536  # and beyond which even an end is: far more than an engine has sessions


class Backlog:
    """A media.ports.FeedListener that never waits; `next` is for the one who tells."""

    def __init__(self) -> None:
        self.listened = False
        self.restate = False
        self.lost = 0  # ends that were dropped: never, while the bounds hold
        self.changed = asyncio.Event()
        self._waiting: deque[News] = deque()
        self._empty = asyncio.Event()
        self._sent = 0  # of them, from the left
        self._number = 0

    def __len__(self) -> int:
        return len(self._waiting)

    async def went_live(self, feed: FeedId) -> None:
        if len(self._waiting) < _PASSING:  # also while nobody listens: the log has a line for it
            self._put(WentLive(self._next_number(), feed))
        else:
            self._restate()

    async def went_silent(self, feed: FeedId) -> None:
        if self._takes_passing():
            self._put(WentSilent(self._next_number(), feed))

    async def ended(self, feed: FeedId, reason: EndReason, session: SessionId) -> None:
        self._put(Ended(self._next_number(), feed, reason, session))

    async def subscriber_ended(self, summary: SessionSummary) -> None:
        self._put(SubscriberEnded(self._next_number(), summary))

    async def subscriber_level(self, feed: FeedId, session: SessionId, holder: Holder, level: Level) -> None:
        if self._takes_passing():
            self._put(SubscriberLevel(self._next_number(), feed, session, holder, level))

    def begin(self) -> None:
        """Somebody new listens: everything unacknowledged is told again, and then what is open."""
        self.listened = self.restate = True
        self._sent = 0
        self.changed.set()

    def next(self) -> News | None:
        """What to send now; None while there is nothing, or too much is unacknowledged."""
        if self._sent == len(self._waiting) or self._sent >= WINDOW:
            return None
        self._sent += 1
        return self._waiting[self._sent - 1]

    @property
    def caught_up(self) -> bool:
        """Everything has been sent."""
        return self._sent == len(self._waiting)

    def heard(self, number: int) -> None:
        """Acknowledged up to this number. Raises ValueError for a number that was not sent."""
        if number > self._number:
            raise ValueError(f"news {number} was never told")
        while self._sent and self._waiting[0].number <= number:
            self._waiting.popleft()
            self._sent -= 1
        if not self._waiting:
            self._empty.set()
        self.changed.set()

    async def emptied(self) -> None:
        """Returns when nothing waits any more."""
        self._empty.clear()
        if self._waiting:
            await self._empty.wait()

    def _takes_passing(self) -> bool:
        if self.listened and len(self._waiting) < _PASSING:
            return True
        self._restate()
        return False

    def _restate(self) -> None:
        self.restate = True

    def _put(self, news: News) -> None:
        if len(self._waiting) >= _LASTING:
            self.lost += 1
            return
        self._waiting.append(news)
        self.changed.set()

    def _next_number(self) -> int:
        self._number += 1
        return self._number
