"""Confinement: what a process is given in which bytes of strangers are decoded, and what it may use up.

No secrets in its environment, little memory and processor time, no files but those that it is meant to write.
"""

import asyncio
import contextlib
import os
import resource
import sys
from collections.abc import Mapping

MEMORY_BYTES = 2 << 30  # addresses, most of them never touched
_GIVEN = ("PATH", "PYTHONPATH", "VIRTUAL_ENV")  # and nothing else of the parent's environment


def environment(pixels: int) -> Mapping[str, str]:
    """For a process whose decoder takes pictures of at most so many pixels."""
    return {
        **{name: os.environ[name] for name in _GIVEN if name in os.environ},
        "OPENBLAS_NUM_THREADS": "1",
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(pixels),
        "OPENCV_LOG_LEVEL": "OFF",
    }


async def run(
    module: str, *arguments: str, pixels: int, within_s: float, given: bytes | None = None
) -> bytes:
    """What such a process says of what it is given, before it ends.

    Raises ValueError where it does not end well, or in time; whatever happens, it is gone afterwards.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment(pixels),
    )
    try:
        async with asyncio.timeout(within_s):
            made, _ = await process.communicate(given)
    except TimeoutError:
        raise ValueError("it takes too long to decode") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ValueError("it is no picture")
    return made


def bound(*, cpu_s: int, memory: int = MEMORY_BYTES, file_bytes: int = 0) -> None:
    """Bound this process for good: processor time in seconds, addresses and each file's size in bytes."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
