"""Answers that many want: Fresh is asked once in a while, Together once for all who come at once."""

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


class Together(Generic[T]):
    """One question at a time. Who comes while it is asked waits for the next, which then has begun later."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[T] | None = None

    async def ask(self, question: Callable[[], Awaitable[T]]) -> T:
        """The answer, to this question or to that of another who came since the last began."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask(question))
        return await asyncio.shield(self._next)  # one who leaves takes it from nobody else

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            self._next = None
            return await question()
