"""A process of the benchmarks that is spoken to in JSON lines: asked by one line, it answers by one."""

import asyncio
import contextlib
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

_LINE = 1 << 20  # bytes; an SDP fits many times


class Child:
    """The other end of stdin and stdout."""

    def __init__(self, process: Process) -> None:
        self.pid = process.pid
        self._process = process
        self._turn = asyncio.Lock()

    async def ask(self, value: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        async with self._turn:
            self._process.stdin.write(json.dumps(value).encode() + b"\n")
            return await self.hear()

    async def hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        if not line:
            raise RuntimeError("it ended before it answered; its own words stand above")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def cpu_s(self) -> float:
        return cpu_s(self.pid)


@contextlib.asynccontextmanager
async def child(module: str, *words: str) -> AsyncIterator[Child]:
    """`python -m module words`; ends when its stdin closes, and is killed when it does not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, stdin=PIPE, stdout=PIPE, limit=_LINE
    )
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has had, all its threads, user and system (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


async def answer_lines(answer: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
    """The child's side: answer each line until stdin closes."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        said = await answer(json.loads(line))
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
