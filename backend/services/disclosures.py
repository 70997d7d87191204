"""Disclosures: what was committed to in the public log is opened, each field when it may be.

Step 14 of the story. What the rules open at once waits for the checkpoint that covers its entry, so that the
files tell no sooner than the tree that something happened; the rest waits until its incident has been closed
for long enough, and is opened on the hour, so that nobody reads a minute from it. What is open stands in the
store first, and a file is what the store says: it is written anew from there after whatever happened to it.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

from backend.model import disclosure
from backend.model.disclosure import DISTRICT, Stage
from backend.model.uses import UseEntry
from backend.services.log_files import LogFiles
from backend.services.steps import Steps
from backend.tlog import folder
from backend.tlog.faults import Malformed
from backend.tlog.mirror import DISCLOSURES

log = logging.getLogger(__name__)

LOOK_S = 5.0
AT_ONCE = 64  # entries of one step: whoever opens an incident waits for it
STEPS = 64  # of one look, of each kind
FILES = 16  # of one look


class Disclosures:
    """`files` are the log's, `after` is how long an incident must have been closed."""

    def __init__(self, steps: Steps, files: LogFiles, after: timedelta) -> None:
        self._steps, self._files, self._after = steps, files, after
        self._looked_at: int | None = -1  # the last bundle whose file was compared since the start
        self._said = ""

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Open what may be opened, and write what has changed; so much at a time."""
        size = await asyncio.to_thread(self._size)
        await self._publish(size)
        await self._open_rest()
        await self._open_districts()
        await self.write()
        await self._compare()

    async def write(self) -> None:
        """The files of bundles of which something else is open than they say."""
        async with self._steps.read() as tx:
            stale = await tx.disclosed.stale(FILES)
        for bundle in stale:
            await self._write(bundle)

    # Inside

    async def _publish(self, size: int) -> None:
        for _ in range(STEPS):
            async with self._steps.read() as tx:
                if not await tx.disclosed.unpublished(size, 1):
                    return
            async with self._steps.begin() as step:
                waiting = await step.tx.disclosed.unpublished(size, AT_ONCE)
                await step.tx.disclosed.opened(
                    [
                        (entry, self._opened(entry, None, step.now), _after_publishing(entry))
                        for entry in waiting
                    ]
                )

    async def _open_rest(self) -> None:
        for _ in range(STEPS):
            now = self._steps.clock()
            hour = now.replace(minute=0, second=0, microsecond=0)
            async with self._steps.read() as tx:
                if not await tx.disclosed.due(hour - self._after, now, 1):
                    return
            async with self._steps.begin() as step:
                due = await step.tx.disclosed.due(hour - self._after, step.now, AT_ONCE)
                before = await step.tx.disclosed.names_of([entry.number for entry, _ in due])
                await step.tx.disclosed.opened(
                    [
                        (
                            entry,
                            before[entry.number] | self._opened(entry, closed_at, hour),
                            _after_the_rest(entry),
                        )
                        for entry, closed_at in due
                    ]
                )

    async def _open_districts(self) -> None:
        async with self._steps.read() as tx:
            places = await tx.disclosed.districts()
        for district, month in places:
            for _ in range(STEPS):
                async with self._steps.begin() as step:
                    waiting = await step.tx.disclosed.waiting_for(district, month, AT_ONCE)
                    before = await step.tx.disclosed.names_of([entry.number for entry in waiting])
                    await step.tx.disclosed.opened(
                        [(entry, before[entry.number] | {DISTRICT}, Stage.ALL) for entry in waiting]
                    )
                if len(waiting) < AT_ONCE:
                    break

    def _opened(self, entry: UseEntry, closed_at: datetime | None, now: datetime) -> frozenset[str]:
        return disclosure.opened(
            entry, closed_at=closed_at, now=now, after=self._after, sealed=False, district_open=False
        )

    async def _compare(self) -> None:
        """Once since the start, each file with what the store says: it may be gone, or a backup's."""
        if self._looked_at is None:
            return
        async with self._steps.read() as tx:
            bundles = await tx.disclosed.bundles(self._looked_at, FILES)
        for bundle in bundles:
            await self._write(bundle)
        self._looked_at = bundles[-1] if bundles else None

    async def _write(self, bundle: int) -> None:
        """In a step, so that of several processes none puts back what another one has just changed."""
        async with self._steps.begin() as step:
            data = disclosure.written(bundle, await step.tx.disclosed.bundle(bundle))
            await asyncio.to_thread(_put, self._files.folder / DISCLOSURES / f"{bundle}.json", data)
            await step.tx.disclosed.written(bundle)

    def _size(self) -> int:
        """How many entries the published checkpoint covers; none while there is none that can be read.

        It is not verified: who can write this folder could as well write the disclosures themselves.
        """
        try:
            signed = self._files.checkpoint()
            return signed.size if signed is not None else 0
        except (OSError, Malformed) as fault:
            if str(fault) != self._said:
                log.error("nothing more is disclosed: the log's checkpoint cannot be read: %s", fault)
            self._said = str(fault)
            return 0


def _after_publishing(entry: UseEntry) -> Stage:
    rest = disclosure.LATER[entry.kind] and entry.incident_id is not None
    return Stage.AT_ONCE if rest else Stage.ALL


def _after_the_rest(entry: UseEntry) -> Stage:
    return Stage.LATER if DISTRICT in entry.there else Stage.ALL


def _put(path: Path, data: bytes) -> None:
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass
    folder.write(path, data)
