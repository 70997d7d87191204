"""Rates: how often something may happen. Kept in memory and bounded; a restart forgives."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Rate:
    """A token bucket for each key: `burst` at once, then one every `every_s` seconds.

    At most `keys` keys are remembered; the one unused for longest is forgotten first.
    """

    def __init__(
        self, *, every_s: float, burst: int, keys: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._every_s, self._burst, self._keys, self._clock = every_s, burst, keys, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether it may happen now; a yes is counted."""
        now = self._clock()
        left, at = self._held.pop(key, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) / self._every_s)
        allowed = left >= 1
        self._held[key] = (left - 1 if allowed else left, now)
        if len(self._held) > self._keys:
            self._held.popitem(last=False)
        return allowed


class Turns:
    """One at a time for each key: whoever has the turn keeps it while they come back within `lapses_s`.

    At most `keys` keys are remembered; the one unused for longest is forgotten first.
    """

    def __init__(
        self, *, lapses_s: float, keys: int = 1000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lapses_s, self._keys, self._clock = lapses_s, keys, clock
        self._held: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def take(self, key: str, who: str) -> bool:
        """Whether it is their turn; a yes keeps it for them."""
        now = self._clock()
        holder, at = self._held.get(key, (who, now))
        if holder != who and now - at < self._lapses_s:
            return False
        self._held[key] = (who, now)
        self._held.move_to_end(key)
        if len(self._held) > self._keys:
            self._held.popitem(last=False)
        return True

    def free(self, key: str) -> None:
        """Nobody has the turn."""
        self._held.pop(key, None)
