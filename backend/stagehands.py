"""Stagehands of the demonstration: its connectors' processes, and its people signed in as their pages are.

Each process has its standard input held open and ends when that is closed, however this process ends.
"""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

_END_S = 12.0


async def started(*words: str, heard: bool = False, **environ: str) -> asyncio.subprocess.Process:
    """`sightline …` in a process of its own; `heard`: its standard output is read."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backend", *words),
        env={**os.environ, **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE if heard else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the service; these follow it
    )


async def connector(folder: Path, *words: str) -> asyncio.subprocess.Process:
    """`sightline connector …` of the connector in that folder."""
    return await started(
        "connector",
        *words,
        SIGHTLINE_CONNECTOR_DIR=str(folder),
        SIGHTLINE_CONNECTOR_DISCOVER="0",  # nobody lent that network to be searched
    )


async def done(process: asyncio.subprocess.Process) -> bool:
    """Whether it did what it was asked."""
    try:
        return await process.wait() == 0
    finally:
        await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Nothing of it is left when this returns."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def signed_in(
    url: str, trust: Path | None, name: str, password: str
) -> AsyncIterator[httpx.AsyncClient]:
    """As somebody's page would. Raises httpx.HTTPError."""
    verify = ssl.create_default_context(cafile=trust) if trust else True
    async with httpx.AsyncClient(
        base_url=url, headers={"Origin": url}, verify=verify, timeout=10, trust_env=False
    ) as http:
        me = await http.post("/api/session", json={"name": name, "password": password})
        http.headers["X-CSRF-Token"] = me.raise_for_status().json()["csrf"]
        yield http
        (await http.delete("/api/session")).raise_for_status()
