"""The public page's figures and entries. Step 14 of the story: what anybody may know.

Reads what is published and nothing else; the figures are made once for each checkpoint, so that asking often
costs nothing and tells nothing between two checkpoints.
"""

import asyncio
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from backend.model import measured
from backend.model.flight_records import FlightTimes
from backend.model.months import before
from backend.model.refusals import Refusal, Refused
from backend.model.transparency import (
    FEWEST_MEASURED,
    HIDDEN,
    MERGED,
    MONTHS,
    SHOWN,
    By,
    Contest,
    Count,
    Found,
    Median,
    PublicEntry,
    Report,
    Search,
    Spread,
    merged,
)
from backend.services.log_files import LogFiles, Published
from backend.services.steps import Steps
from backend.store.store import Tx
from backend.store.transparency import Firsts
from backend.tlog.client import LogAway

AT_ONCE = 500  # entries read in one transaction, for whoever takes all
MOST_CALLERS = 50_000  # links of a year that are summed; of more the newest
EXPORTS = 8  # at a time: each reads the whole log, as fast as its reader takes it
SEARCHES = 2
WAITING = 32  # searches that wait for their turn; one more is refused

Key = Callable[[], Awaitable[str]]


class Transparency:
    """`key` asks the log's process for its public key; `after` is when what is not public at once follows."""

    def __init__(self, steps: Steps, files: LogFiles, key: Key, zone: ZoneInfo, after: timedelta) -> None:
        self._steps, self._files, self._ask_key, self._zone, self._after = steps, files, key, zone, after
        self._key = ""
        self._made: tuple[bytes, Report] | None = None
        self._making = asyncio.Lock()
        self._searching = asyncio.Semaphore(SEARCHES)
        self._asked = self._exporting = 0

    async def key(self) -> str:
        """The log's public key, as name+id+base64. Raises Refused while nobody can say."""
        if not self._key:
            try:
                self._key = await self._ask_key()
            except LogAway:
                raise Refused(Refusal.LOG_AWAY, "The log's process is away. Try again in a moment.") from None
        return self._key

    async def report(self) -> Report | None:
        """The figures as of the newest checkpoint; None before there is one."""
        signed = await self._signed()
        if signed is None:
            return None
        async with self._making:
            made = self._made
            if made is None or made[0] != signed.raw or made[1].size < signed.size:
                async with self._steps.read() as tx:
                    size = await tx.transparency.shown_of(signed.size)
                    if made is None or made[0] != signed.raw or made[1].size != size:
                        made = self._made = signed.raw, await self._report(tx, signed.origin, size)
            return made[1]

    async def search(self, asked: Search, size: int) -> Found:
        """A page of the first `size` entries, the newest first. Raises Refused (full)."""
        async with self._turn(), self._steps.read() as tx:
            entries = await tx.transparency.search(asked, size, SHOWN + 1)
        more = len(entries) > SHOWN
        return Found(entries=tuple(entries[:SHOWN]), older=entries[SHOWN - 1].index if more else None)

    async def everything(self) -> AsyncIterator[list[PublicEntry]]:
        """Every entry in the log's order, some at a time, as of now. Raises Refused (full)."""
        if self._exporting >= EXPORTS:
            raise Refused(Refusal.FULL, "Others are taking everything just now. Try again in a minute.", 60)
        signed = await self._signed()
        return self._everything(signed.size if signed is not None else 0)

    async def _everything(self, size: int) -> AsyncIterator[list[PublicEntry]]:
        self._exporting += 1
        try:
            start = 0
            while start < size:
                async with self._steps.read() as tx:
                    some = await tx.transparency.batch(start, size, AT_ONCE)
                if not some:
                    return
                yield some
                start = some[-1].index + 1
        finally:
            self._exporting -= 1

    async def _signed(self) -> Published | None:
        return await asyncio.to_thread(self._files.checkpoint)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._asked >= WAITING:
            raise Refused(Refusal.FULL, "Many people are searching just now. Try again in a moment.")
        self._asked += 1
        try:
            async with self._searching:
                yield
        finally:
            self._asked -= 1

    async def _report(self, tx: Tx, origin: str, size: int) -> Report:
        now = self._steps.clock()
        last = [before(now, back, self._zone) for back in reversed(range(MONTHS))]
        months = [each.name for each in last]
        this, held = months[-1], tx.transparency
        counts = await held.counts(size, months[0], this)
        named = {count.name: count for count in counts[By.MONTH]}
        none = {name: Count(name=name, openings=0, emergencies=0) for name in months}
        contests, answers = await held.contests(size)
        return Report(
            origin=origin,
            size=size,
            month=this,
            this_month=named.get(this, none[this]),
            in_all=await held.in_all(size),
            watched_s=await held.watched_s(size, this),
            counts={
                By.MONTH: tuple(named.get(name, none[name]) for name in months),
                By.DAY: tuple(sorted(merged(counts[By.DAY]), key=_in_order)),
                **{by: _largest(counts[by]) for by in (By.CATEGORY, By.SOURCE, By.REASON)},
                By.DISTRICT: _largest(merged(counts[By.DISTRICT])),
            },
            levels=await held.levels(),
            response=_medians(await held.firsts(last[0].starts_at, now - self._after)),
            drones=_spreads(await tx.flights.times(last[0].starts_at, now - self._after)),
            callers=measured.in_public(
                await tx.measured.figures(last[0].starts_at, now - self._after, MOST_CALLERS)
            ),
            kinds=await held.kinds(size),
            sealed=await held.sealed(size, now),
            contests=tuple(_answered(contests, answers)),
        )


def _largest(counts: Iterable[Count]) -> tuple[Count, ...]:
    """What has no name of its own comes last."""
    return tuple(sorted(counts, key=lambda count: (*_in_order(count)[:1], -count.openings, count.name)))


def _in_order(count: Count) -> tuple[bool, str]:
    return count.name in (HIDDEN, MERGED), count.name


def _medians(
    firsts: Iterable[Firsts],
) -> tuple[Median, ...]:
    waits: dict[str, list[float]] = {"assigned": [], "picture": [], "on-scene": []}
    for opened, *first in firsts:
        for name, at in zip(waits, first, strict=True):
            if at is not None:
                waits[name].append((at - opened).total_seconds())
    found = []
    for name, waited in waits.items():
        enough = len(waited) >= FEWEST_MEASURED
        found.append(
            Median(name=name, seconds=statistics.median(waited) if enough else None, measured=len(waited))
        )
    return tuple(found)


def _spreads(flown: Sequence[FlightTimes]) -> tuple[Spread, ...]:
    if not flown:
        return ()
    waits = {
        "launch": [times.to_launch_s for times in flown],
        "scene": [times.to_scene_s for times in flown],
        "picture": [times.to_picture_s for times in flown],
    }
    return tuple(
        measured.spread(name, [wait for wait in of if wait is not None]) for name, of in waits.items()
    )


def _answered(contests: Iterable[PublicEntry], answers: Iterable[PublicEntry]) -> Iterable[Contest]:
    by = {answer.said("contest"): answer for answer in answers}  # the last one stands
    return [Contest(entry=contest, answer=by.get(str(contest.index))) for contest in contests]
