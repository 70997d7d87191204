"""What ended a moment ago, and is refused: whoever asks may have been admitted before it did.

The engine keeps one, and so does the pool, which outlives engines. Knows neither sessions nor lines.
"""

import time

from media.ports import Closed, FeedId, Holder

REFUSED_FOR_S = 60.0  # an admission waits no longer; who is allowed again is another holder
MOST = 10_000  # beyond which the earliest is forgotten


class JustEnded:
    """Feeds that were closed and holders that were revoked."""

    def __init__(self) -> None:
        self._until: dict[FeedId | Holder, float] = {}  # monotonic, the earliest first

    def __contains__(self, name: FeedId | Holder) -> bool:
        return self._until.get(name, 0.0) > time.monotonic()

    def __len__(self) -> int:
        return len(self._until)

    def add(self, name: FeedId | Holder) -> None:
        now = time.monotonic()
        self._until.pop(name, None)
        while self._until:
            earliest, until = next(iter(self._until.items()))
            if until > now and len(self._until) < MOST:
                break
            del self._until[earliest]
        self._until[name] = now + REFUSED_FOR_S

    def check(self, feed: FeedId, holder: Holder) -> None:
        """Raises Closed when either has just ended."""
        if feed in self or holder in self:
            raise Closed("what allowed this has just ended")
