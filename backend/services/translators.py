"""Translators: a machine's words for what a caller or the desk wrote, for the other side. None by default.

The words themselves are always kept and shown as they were written; a translation stands beside them and says
what it is. Words go to no other machine: what is here runs beside the service, and is told nothing else.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Mapping
from typing import Protocol

DESK_LANGUAGE = "en"
WITHIN_S = 20.0
AT_ONCE, WAITING = 2, 32
_APERTIUM = {"en": "eng", "es": "spa", "fr": "fra", "pt": "por"}  # its names for languages of ours
_MARKS = str.maketrans("", "", "^$@*\\/[]{}<>")  # what its stages write between themselves


class Translator(Protocol):
    """Makes one text readable in another language."""

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """Plain text; None for languages that it does not know, and where it failed. BCP 47, never raises."""
        ...


class Nobody:
    """Nothing is translated."""

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """None."""
        return None


class Apertium:
    """Debian's `apertium` with its pairs (apertium-eng-spa, …): rules and word lists, offline, GPL.

    Understandable and no more; each text is a process of its own, two at once, thirty-two wait.
    """

    def __init__(self) -> None:
        """Raises LookupError where it is not installed."""
        command = shutil.which("apertium")
        if command is None:
            raise LookupError("apertium is not installed; Debian has apertium and apertium-eng-spa")
        self._command = command
        self._pairs: frozenset[str] | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._held = 0

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """As Translator says."""
        pair = f"{_APERTIUM.get(_bare(source))}-{_APERTIUM.get(_bare(target))}"
        if self._pairs is None:
            self._pairs = frozenset((await _run([self._command, "-l"], b"") or "").split())
        if pair not in self._pairs or self._held >= AT_ONCE + WAITING:
            return None
        self._held += 1
        try:
            async with self._turns:
                made = await _run([self._command, "-u", pair], text.translate(_MARKS).encode())
        finally:
            self._held -= 1
        return made.strip() or None if made is not None else None


def _bare(language: str) -> str:
    return language.split("-")[0].lower()


async def _run(arguments: list[str], given: bytes) -> str | None:
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(os.environ),
        start_new_session=True,  # it is a shell with a pipeline behind it
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            made, _ = await process.communicate(given)
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
    return made.decode(errors="replace") if process.returncode == 0 else None


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """No secrets of the service's."""
    return {"PATH": ours.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
