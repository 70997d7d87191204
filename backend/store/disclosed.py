"""What of the public log is public, what waits to be, and what is withheld."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    distinct,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.disclosure import BUNDLE, DISTRICT, FEWEST, Shown, Stage
from backend.model.ids import UseId
from backend.model.sealing import Seal
from backend.model.uses import Field, UseEntry
from backend.store.rows import columns, fields, value, values
from backend.store.tables import incidents
from backend.store.tables_public import disclosed, disclosure_files, seals, uses

_SAID = ("use", "hour", "source", "category", "reason", "level", "district")  # a column each
_PLACE = uses.c.fields[DISTRICT]["value"].as_string()


def _at(stage: Stage) -> Any:
    """Written out: a partial index is not used for a parameter."""
    return uses.c.stage == literal_column(str(stage.value))


class Disclosed:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    # What waits

    async def unpublished(self, size: int, limit: int) -> list[UseEntry]:
        """Entries of a log of this size of which nothing is public yet."""
        return await self._entries(
            select(uses)
            .where(_at(Stage.NOTHING), uses.c.index < size)
            .order_by(literal_column('uses."index"'))
            .limit(limit)
        )

    async def due(
        self, closed_before: datetime, now: datetime, limit: int
    ) -> list[tuple[UseEntry, datetime]]:
        """Entries whose incident was closed by then, whose rest is not open, and that no seal withholds."""
        rows = await self._db.execute(
            select(uses, incidents.c.closed_at)
            .join(incidents, incidents.c.id == uses.c.incident_id)
            .where(
                _at(Stage.AT_ONCE),
                incidents.c.closed_at <= closed_before,
                ~exists().where(seals.c.use_id == uses.c.id, *holding(now)),
            )
            .order_by(uses.c.incident_id)  # as the index has them: by number all entries would be read
            .limit(limit)
        )
        return [(msgspec.convert(fields(row), UseEntry), row.closed_at) for row in rows]

    async def districts(self) -> list[tuple[str, str]]:
        """Districts and months that entries wait for, and of which there are enough incidents by now."""
        waiting = (
            select(_PLACE.label("place"), disclosed.c.month, uses.c.incident_id)
            .join(disclosed, disclosed.c.number == uses.c.number)
            .where(_at(Stage.LATER), disclosed.c.month.is_not(None))
            .subquery()
        )
        place, month = waiting.c.place, waiting.c.month
        is_open = exists().where(disclosed.c.district == place, disclosed.c.month == month)
        rows = await self._db.execute(
            select(place, month)
            .group_by(place, month)
            .having((func.count(distinct(waiting.c.incident_id)) >= FEWEST) | is_open)
        )
        return [(row.place, row.month) for row in rows]

    async def waiting_for(self, district: str, month: str, limit: int) -> list[UseEntry]:
        """Entries there whose district is all that is not open."""
        return await self._entries(
            select(uses)
            .join(disclosed, disclosed.c.number == uses.c.number)
            .where(_at(Stage.LATER), disclosed.c.month == month, district == _PLACE)
            .order_by(uses.c.number)
            .limit(limit)
        )

    # What is open

    async def opened(self, entries: Sequence[tuple[UseEntry, Iterable[str], Stage]]) -> None:
        """Of each of these the named fields are public from now on, and no others. All are in the log."""
        if not entries:
            return
        numbers = [entry.number for entry, _, _ in entries]
        known = set(await self._db.scalars(select(disclosed.c.number).where(disclosed.c.number.in_(numbers))))
        new = [
            _row(entry, names)
            | {
                "index": entry.index,
                "number": entry.number,
                "kind": entry.kind.value,
                "incident_id": entry.incident_id,
            }
            for entry, names, _ in entries
            if entry.number not in known
        ]
        again = [
            _row(entry, names) | {"this": entry.number}
            for entry, names, _ in entries
            if entry.number in known
        ]
        if new:
            await self._db.execute(insert(disclosed), new)
        if again:
            await self._db.execute(
                update(disclosed)
                .where(disclosed.c.number == bindparam("this"))
                .values({name: bindparam(name) for name in again[0] if name != "this"}),
                again,
            )
        for stage in {stage for _, _, stage in entries}:
            held = [entry.number for entry, _, each in entries if each is stage]
            await self._db.execute(update(uses).where(uses.c.number.in_(held)).values(stage=stage.value))
        for bundle in sorted({(entry.index or 0) // BUNDLE for entry, _, _ in entries}):
            await self._stale(bundle)

    async def erased(self, entry: UseEntry) -> None:
        """What is left of it is public where it was; its place waits for nothing when that is gone."""
        names = await self.names(entry.number)
        await self._change(entry, names & entry.there)
        if DISTRICT not in entry.there:
            await self._db.execute(
                update(uses)
                .where(uses.c.number == entry.number, _at(Stage.LATER))
                .values(stage=Stage.ALL.value)
            )

    async def _change(self, entry: UseEntry, names: Iterable[str]) -> int:
        done = await self._db.execute(
            update(disclosed).where(disclosed.c.number == entry.number).values(**_row(entry, names))
        )
        if done.rowcount and entry.index is not None:
            await self._stale(entry.index // BUNDLE)
        return int(done.rowcount)

    async def names(self, number: int) -> frozenset[str]:
        """Which fields of an entry are public."""
        return (await self.names_of([number]))[number]

    async def names_of(self, numbers: Sequence[int]) -> dict[int, frozenset[str]]:
        """Which fields of these entries are public."""
        rows = await self._db.execute(
            select(disclosed.c.number, disclosed.c.opened).where(disclosed.c.number.in_(numbers))
        )
        held = {row.number: frozenset(row.opened) for row in rows}
        return {number: held.get(number, frozenset()) for number in numbers}

    async def bundle(self, number: int) -> list[Shown]:
        """What is public of 256 entries, first to last."""
        first = number * BUNDLE
        rows = await self._db.execute(
            SHOWN.where(disclosed.c.index >= first, disclosed.c.index < first + BUNDLE).order_by(
                disclosed.c.index
            )
        )
        return [Shown(index=row.at, kind=row.kind, fields=open_fields(row)) for row in rows]

    # Its files

    async def stale(self, limit: int) -> list[int]:
        """Bundles whose file says less or more than is public."""
        found = await self._db.scalars(
            select(disclosure_files.c.bundle)
            .where(literal_column("stale"))
            .order_by(disclosure_files.c.bundle)
            .limit(limit)
        )
        return list(found)

    async def bundles(self, after: int, limit: int) -> list[int]:
        """Those that have a file, from the next one on."""
        found = await self._db.scalars(
            select(disclosure_files.c.bundle)
            .where(disclosure_files.c.bundle > after)
            .order_by(disclosure_files.c.bundle)
            .limit(limit)
        )
        return list(found)

    async def written(self, bundle: int) -> None:
        """Its file says what is public."""
        await self._set_stale(bundle, stale=False)

    async def _stale(self, bundle: int) -> None:
        if not await self._set_stale(bundle, stale=True):
            await self._db.execute(insert(disclosure_files).values(bundle=bundle, stale=True))

    async def _set_stale(self, bundle: int, *, stale: bool) -> int:
        done = await self._db.execute(
            update(disclosure_files).where(disclosure_files.c.bundle == bundle).values(stale=stale)
        )
        return int(done.rowcount)

    async def _entries(self, asked: Select[Any]) -> list[UseEntry]:
        return values(await self._db.execute(asked), UseEntry)


def _row(entry: UseEntry, names: Iterable[str]) -> dict[str, Any]:
    shown = {name: entry.fields[name].value for name in names}
    return {
        **{name: shown.get(name) for name in _SAID},
        "opened": sorted(shown),
        "month": shown["hour"][:7] if "hour" in shown else None,
        "duration_s": float(shown["duration_s"]) if "duration_s" in shown else None,
        "viewers": int(shown["viewers"]) if "viewers" in shown else None,
    }


# What is public of entries: `open_fields` of each row has the fields.
SHOWN = select(disclosed.c.index.label("at"), disclosed.c.kind, disclosed.c.opened, uses.c.fields).join(
    uses, uses.c.number == disclosed.c.number
)


def open_fields(row: Any) -> dict[str, Field]:
    """Of all fields those that are opened, and whose salt is still there."""
    held = msgspec.convert(row.fields, dict[str, Field])
    return {name: held[name] for name in row.opened if name in held and held[name].salt is not None}


class Seals:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, seal: Seal) -> None:
        await self._db.execute(insert(seals).values(**columns(seal)))

    async def holding(self, use: UseId, now: datetime) -> Seal | None:
        """What withholds this use, the longest; None when nothing does."""
        found = await self._db.execute(
            select(seals).where(seals.c.use_id == use, *holding(now)).order_by(seals.c.until.desc()).limit(1)
        )
        return value(found.one_or_none(), Seal)

    async def lift(self, use: UseId, now: datetime) -> int:
        """Withhold it no longer; how many seals held it."""
        done = await self._db.execute(
            update(seals).where(seals.c.use_id == use, *holding(now)).values(lifted_at=now)
        )
        return int(done.rowcount)


def holding(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Of a seal: that it withholds something now."""
    return seals.c.lifted_at.is_(None), seals.c.until > now
