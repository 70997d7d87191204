"""Leaves of the public log, and what each commits to: written with the step, numbered as they come."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.disclosure import Stage
from backend.model.grants import Grant
from backend.model.ids import FeedId, UseId
from backend.model.uses import Field, LeafKind, UseEntry
from backend.store.disclosed import holding
from backend.store.rows import columns, fields, value, values
from backend.store.tables_public import seals, uses

_ALLOWS = uses.c.kind.in_((LeafKind.OPEN.value, LeafKind.RENEW.value))


class Uses:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, entry: UseEntry) -> UseEntry:
        """The same with its number. Raises sqlalchemy.exc.IntegrityError for a session told before."""
        row = columns(entry)
        row["leaf"] = entry.leaf
        row["fields"] = msgspec.to_builtins(entry.fields)
        del row["number"]
        made = await self._db.execute(insert(uses).values(**row).returning(uses.c.number))
        return msgspec.structs.replace(entry, number=made.scalar_one())

    async def latest(self, key: str) -> UseEntry | None:
        """What allows it now: how it was opened, or renewed last."""
        return await self._latest(uses.c.key == key)

    async def latest_of(self, feed: FeedId, grant: Grant) -> UseEntry | None:
        """The same of the use that this grant is part of: its own, or its holder's of that lent camera."""
        return await self.latest(grant.id) or await self._latest(
            uses.c.feed_id == feed, uses.c.user_id == grant.user_id, uses.c.opening_id.is_not(None)
        )

    async def at(self, index: int) -> UseEntry | None:
        """What the log has there."""
        found = await self._db.execute(select(uses).where(uses.c.index == index))
        return value(found.one_or_none(), UseEntry)

    async def index_of(self, number: int) -> int | None:
        """Where the log has it."""
        found: int | None = await self._db.scalar(select(uses.c.index).where(uses.c.number == number))
        return found

    async def _latest(self, *where: ColumnElement[bool]) -> UseEntry | None:
        found = await self._db.execute(
            select(uses).where(*where, _ALLOWS).order_by(uses.c.number.desc()).limit(1)
        )
        return value(found.one_or_none(), UseEntry)

    async def of(self, key: str) -> list[UseEntry]:
        """All leaves of one use, first to last."""
        return await self._where(uses.c.key == key)

    async def of_use(self, use: UseId) -> list[UseEntry]:
        """The same by the use's id, with what has been stated of it."""
        return await self._where(uses.c.id == use)

    async def of_uses(self, ids: Sequence[UseId]) -> list[tuple[UseEntry, Stage]]:
        """All leaves of these, first to last, each with how far it is opened."""
        rows = await self._db.execute(select(uses).where(uses.c.id.in_(ids)).order_by(uses.c.number))
        return [(msgspec.convert(fields(row), UseEntry), Stage(row.stage)) for row in rows]

    async def begun(
        self, limit: int, before: int | None, *, sealed_at: datetime | None = None
    ) -> list[UseEntry]:
        """The leaf that each use began with, newest first; those before a number, and of sealed uses only."""
        asked = select(uses).where(uses.c.kind == LeafKind.OPEN.value)
        if before is not None:
            asked = asked.where(uses.c.number < before)
        if sealed_at is not None:
            asked = asked.where(exists().where(seals.c.use_id == uses.c.id, *holding(sealed_at)))
        return values(await self._db.execute(asked.order_by(uses.c.number.desc()).limit(limit)), UseEntry)

    async def erase(self, entry: UseEntry, names: Iterable[str]) -> UseEntry:
        """Destroy what these fields say and their salts; the leaf stays as it is."""
        gone = Field(value="", salt=None)
        left = msgspec.structs.replace(entry, fields=entry.fields | dict.fromkeys(names, gone))
        await self._db.execute(
            update(uses).where(uses.c.number == entry.number).values(fields=msgspec.to_builtins(left.fields))
        )
        return left

    async def tells_of(self, session: str) -> bool:
        """Whether a leaf says how this media session ended."""
        return await self._db.scalar(select(uses.c.number).where(uses.c.session == session)) is not None

    async def people(self, feed: FeedId) -> int:
        """How many have been allowed to see this picture."""
        found: int | None = await self._db.scalar(
            select(func.count(uses.c.user_id.distinct())).where(uses.c.feed_id == feed, _ALLOWS)
        )
        return found or 0

    async def waiting(self, limit: int) -> list[UseEntry]:
        """Those that the log does not have yet, first to last."""
        rows = await self._db.execute(
            select(uses).where(uses.c.index.is_(None)).order_by(uses.c.number).limit(limit)
        )
        return values(rows, UseEntry)

    async def count_waiting(self) -> int:
        found: int | None = await self._db.scalar(
            select(func.count()).select_from(uses).where(uses.c.index.is_(None))
        )
        return found or 0

    async def logged(self, placed: Sequence[tuple[int, int]]) -> None:
        """These numbers stand at those indexes."""
        for number, index in placed:
            await self._db.execute(update(uses).where(uses.c.number == number).values(index=index))

    async def running_out(self, keys: Sequence[str], until: datetime) -> list[UseEntry]:
        """Of these uses the latest leaf, where it allows nothing beyond then; none of lent cameras."""
        newest = select(func.max(uses.c.number)).where(uses.c.key.in_(keys), _ALLOWS).group_by(uses.c.key)
        return await self._where(
            uses.c.number.in_(newest), uses.c.opening_id.is_(None), uses.c.expires_at <= until
        )

    async def _where(self, *where: ColumnElement[bool]) -> list[UseEntry]:
        return values(await self._db.execute(select(uses).where(*where).order_by(uses.c.number)), UseEntry)
