"""Confinement: what a process is given in which bytes of strangers are decoded, and what it may use up.

No secrets in its environment, little memory and processor time, no files but those that it is meant to write.
"""

import os
import resource
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


def bound(*, cpu_s: int, memory: int = MEMORY_BYTES, file_bytes: int = 0) -> None:
    """Bound this process for good: processor time in seconds, addresses and each file's size in bytes."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
