"""Fresh: an answer that is asked for at most once in a while, however many want it at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
FRESH_S = 0.9  # an answer this young is given again: whoever looks once a second always sees a new one


class Fresh(Generic[T]):
    """Asks when the last answer is older than FRESH_S; who comes meanwhile waits for the same answer."""

    def __init__(self, ask: Callable[[], Awaitable[T]], timer: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._timer = ask, timer
        self._turn = asyncio.Lock()
        self._kept: tuple[float, T] | None = None

    async def read(self) -> T:
        """The answer. Raises what asking raises."""
        async with self._turn:
            if self._kept is None or self._timer() - self._kept[0] >= FRESH_S:
                answer = await self._ask()
                self._kept = self._timer(), answer
            return self._kept[1]
