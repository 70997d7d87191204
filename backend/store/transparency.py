"""What the public page counts and shows: `disclosed`, which holds what is public and nothing else.

Of other tables it reads how many cameras take part, how fast help came, and, of entries that it shows, the
salts of fields that are opened.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, String, case, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.entries import Action
from backend.model.incidents import FeedKind
from backend.model.transparency import By, Count, PublicEntry, Search
from backend.model.uses import LeafKind
from backend.store.disclosed import SHOWN, holding, open_fields
from backend.store.tables import cameras, entries, incidents
from backend.store.tables_public import disclosed, seals, uses
from backend.store.tables_units import responses

Firsts = tuple[datetime, datetime | None, datetime | None, datetime | None]

_MOST_CONTESTS = 50
_WAITING = 4096  # entries that can be covered by a checkpoint and not be opened yet
_OPENED = disclosed.c.kind == LeafKind.OPEN.value
_CAMERA = disclosed.c.source == FeedKind.CAMERA.value
_DAY = func.substr(disclosed.c.hour, 1, 10)
_SHOWN = SHOWN.add_columns(uses.c.leaf)


class Transparency:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def shown_of(self, size: int) -> int:
        """How many of the first `size` entries may be shown: up to the first whose turn has not come yet.

        What is missing farther back than entries can wait is not waited for.
        """
        start = max(0, size - _WAITING)
        found = await self._db.scalars(
            select(disclosed.c.index)
            .where(disclosed.c.index >= start, disclosed.c.index < size)
            .order_by(disclosed.c.index)
        )
        end = start
        for index in found:
            if index != end:
                break
            end += 1
        if end > start or start == 0:
            return end
        newest: int | None = await self._db.scalar(
            select(func.max(disclosed.c.index)).where(disclosed.c.index < start)
        )
        return 0 if newest is None else newest + 1

    async def counts(self, size: int, since: str, month: str) -> dict[By, list[Count]]:
        """Openings of cameras among the first `size` entries, from the month `since` on; days of `month`.

        By source every picture is counted, whosever it is. What is not opened yet has no name.
        """
        recent = (_OPENED, disclosed.c.index < size, disclosed.c.month >= since)
        asked: Mapping[By, tuple[ColumnElement[Any], tuple[ColumnElement[bool], ...]]] = {
            By.MONTH: (disclosed.c.month, (*recent, _CAMERA)),
            By.DAY: (_DAY, (*recent, _CAMERA, disclosed.c.month == month)),
            By.CATEGORY: (disclosed.c.category, (*recent, _CAMERA)),
            By.DISTRICT: (disclosed.c.district, (*recent, _CAMERA)),
            By.REASON: (disclosed.c.reason, (*recent, _CAMERA)),
            By.SOURCE: (disclosed.c.source, recent),
        }
        parts = [
            select(
                literal(by.value).label("by"),
                func.coalesce(column, "").cast(String).label("name"),
                func.count().label("openings"),
                func.count(disclosed.c.incident_id.distinct()).label("emergencies"),
            )
            .where(*where)
            .group_by(column)
            for by, (column, where) in asked.items()
        ]
        found: dict[By, list[Count]] = {by: [] for by in By}
        for row in await self._db.execute(union_all(*parts)):
            counted = Count(name=row.name, openings=row.openings, emergencies=row.emergencies)
            found[By(row.by)].append(counted)
        return found

    async def in_all(self, size: int) -> Count:
        """Openings of cameras since the log began."""
        counted = select(func.count(), func.count(disclosed.c.incident_id.distinct()))
        row = (await self._db.execute(counted.where(_OPENED, _CAMERA, disclosed.c.index < size))).one()
        return Count(name="", openings=row[0], emergencies=row[1])

    async def watched_s(self, size: int, month: str) -> float:
        """How long pictures of cameras were watched, all who watched added up."""
        opened = disclosed.alias()
        found: float | None = await self._db.scalar(
            select(func.sum(disclosed.c.duration_s)).where(
                disclosed.c.kind == LeafKind.END.value,
                disclosed.c.index < size,
                disclosed.c.month == month,
                select(opened.c.index)
                .where(
                    opened.c.use == disclosed.c.use,
                    opened.c.kind == LeafKind.OPEN.value,
                    opened.c.source == FeedKind.CAMERA.value,
                )
                .exists(),
            )
        )
        return found or 0.0

    async def kinds(self, size: int) -> dict[str, int]:
        """How many entries there are of each kind."""
        rows = await self._db.execute(
            select(disclosed.c.kind, func.count()).where(disclosed.c.index < size).group_by(disclosed.c.kind)
        )
        return {row[0]: row[1] for row in rows}

    async def sealed(self, size: int, now: datetime) -> int:
        """Uses of which something is withheld now."""
        found: int | None = await self._db.scalar(
            select(func.count(seals.c.use_id.distinct()))
            .join(disclosed, disclosed.c.number == seals.c.number)
            .where(disclosed.c.index < size, *holding(now))
        )
        return found or 0

    async def levels(self) -> dict[str, int]:
        """Cameras in service, by what their owners let them be used for."""
        rows = await self._db.execute(
            select(cameras.c.level, func.count())
            .where(cameras.c.retired_at.is_(None))
            .group_by(cameras.c.level)
        )
        return {row[0]: row[1] for row in rows}

    async def firsts(self, since: datetime, closed_by: datetime) -> list[Firsts]:
        """Of incidents opened since then and closed: when each was opened, had its first unit assigned, its
        first picture and its first unit on the scene.
        """
        first = {
            action: func.min(case((entries.c.action == action.value, entries.c.at)))
            for action in (Action.UNIT_ASSIGN, Action.FEED_LIVE)
        }
        there = (
            select(func.min(responses.c.on_scene_at))
            .where(responses.c.incident_id == incidents.c.id)
            .scalar_subquery()
        )
        rows = await self._db.execute(
            select(incidents.c.opened_at, *first.values(), there)
            .join(entries, entries.c.incident_id == incidents.c.id)
            .where(
                incidents.c.opened_at >= since,
                incidents.c.closed_at <= closed_by,
                entries.c.refusal.is_(None),
                or_(*(entries.c.action == action.value for action in first)),
            )
            .group_by(incidents.c.id, incidents.c.opened_at)
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def search(self, asked: Search, size: int, most: int) -> list[PublicEntry]:
        """The newest that match, among the first `size` entries."""
        where = [disclosed.c.index < min(size, size if asked.before is None else asked.before)]
        if asked.month:
            where.append(disclosed.c.month == asked.month)
        if asked.kind:
            where.append(disclosed.c.kind == asked.kind)
        for name, wanted in asked.fields().items():
            where.append(disclosed.c[name] == wanted)
        found = await self._entries(_SHOWN.where(*where).order_by(disclosed.c.index.desc()).limit(most))
        uses_of = [said for entry in found if entry.kind != LeafKind.OPEN and (said := entry.said("use"))]
        rows = await self._db.execute(
            select(disclosed.c.use, disclosed.c.index).where(
                _OPENED, disclosed.c.use.in_(uses_of), disclosed.c.index < size
            )
        )
        opened = {row[0]: row[1] for row in rows}
        return [
            msgspec.structs.replace(
                entry, of=None if entry.kind == LeafKind.OPEN else opened.get(entry.said("use") or "")
            )
            for entry in found
        ]

    async def batch(self, start: int, size: int, most: int) -> list[PublicEntry]:
        """In the order of the log, from an index on."""
        where = (disclosed.c.index >= start, disclosed.c.index < size)
        return await self._entries(_SHOWN.where(*where).order_by(disclosed.c.index).limit(most))

    async def contests(self, size: int) -> tuple[list[PublicEntry], list[PublicEntry]]:
        """The newest contests, and all answers to them."""
        newest = (
            _SHOWN.where(disclosed.c.kind == "contest", disclosed.c.index < size)
            .order_by(disclosed.c.index.desc())
            .limit(_MOST_CONTESTS)
        )
        found = await self._entries(newest)
        about = [said for entry in found if (said := entry.said("use"))]
        answers = _SHOWN.where(
            disclosed.c.kind == "answer", disclosed.c.index < size, disclosed.c.use.in_(about)
        )
        return found, await self._entries(answers.order_by(disclosed.c.index))

    async def _entries(self, query: Select[Any]) -> list[PublicEntry]:
        return [
            PublicEntry(index=row.at, kind=row.kind, leaf=row.leaf, fields=open_fields(row))
            for row in await self._db.execute(query)
        ]
