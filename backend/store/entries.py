"""The audit log's rows. Appended, never changed; the chain's head is locked before each append."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.entries import NEWS, Action, Entry
from backend.store.rows import fields
from backend.store.tables import chain, entries


class Unreadable(Exception):
    """A row that was never written so: it does not make an entry, or the chain's head is not there."""


def _entry(row: Any) -> Entry:
    return msgspec.convert({**fields(row), "details": msgspec.json.decode(row.details)}, Entry)


class Entries:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def head(self) -> tuple[int, str]:
        """How many entries there are and the last one's hash, locked until this transaction ends."""
        row = (await self._db.execute(select(chain.c.size, chain.c.head).with_for_update())).one()
        return row.size, row.head

    async def kept(self) -> tuple[int, str]:
        """The same for those who only look. Raises Unreadable."""
        try:
            row = (await self._db.execute(select(chain.c.size, chain.c.head))).one()
        except SQLAlchemyError as error:
            raise Unreadable from error
        return row.size, row.head

    async def append(self, entry: Entry) -> None:
        details = msgspec.json.encode(entry.details, order="deterministic").decode()
        row = {field: getattr(entry, field) for field in entry.__struct_fields__}
        row |= {"details": details, "action": entry.action.value}
        await self._db.execute(insert(entries).values(**row))
        await self._db.execute(update(chain).values(size=entry.index + 1, head=entry.hash))

    async def last(self, action: Action) -> Entry | None:
        """The newest of this kind."""
        found = await self._db.execute(
            select(entries).where(entries.c.action == action.value).order_by(entries.c.index.desc()).limit(1)
        )
        row = found.one_or_none()
        return _entry(row) if row is not None else None

    async def newest_of(self, subject: str, actions: tuple[Action, ...]) -> Action | None:
        """Which of these was recorded last about something."""
        found = await self._db.scalar(
            select(entries.c.action)
            .where(entries.c.subject == subject, entries.c.action.in_([action.value for action in actions]))
            .order_by(entries.c.index.desc())
            .limit(1)
        )
        return Action(found) if found is not None else None

    async def did(self, actor: str, action: Action, subject: str) -> bool:
        """Whether this was done before, by them, to that."""
        found = await self._db.scalar(
            select(entries.c.index)
            .where(
                entries.c.subject == subject,
                entries.c.action == action.value,
                entries.c.actor == actor,
                entries.c.refusal.is_(None),
            )
            .limit(1)
        )
        return found is not None

    async def tells_of(self, subject: str, action: Action, session: str) -> bool:
        """Whether such an entry about something names this media session: the engine may tell twice."""
        named = msgspec.json.encode({"session": session}).decode()[1:-1]
        found = await self._db.scalar(
            select(entries.c.index)
            .where(
                entries.c.subject == subject,
                entries.c.action == action.value,
                entries.c.details.contains(named, autoescape=True),
            )
            .limit(1)
        )
        return found is not None

    async def news_at(self, these: Sequence[str]) -> dict[str, datetime]:
        """When each of these incidents' logs last had news; those that had none are left out."""
        rows = await self._db.execute(
            select(entries.c.incident_id, func.max(entries.c.at).label("at"))
            .where(
                entries.c.incident_id.in_(these),
                or_(entries.c.action.in_([action.value for action in NEWS]), entries.c.refusal.is_not(None)),
            )
            .group_by(entries.c.incident_id)
        )
        return {row.incident_id: row.at for row in rows}

    async def of_incident(self, incident: str, limit: int) -> list[Entry]:
        """The newest entries of an incident, oldest first."""
        rows = await self._db.execute(
            select(entries)
            .where(entries.c.incident_id == incident)
            .order_by(entries.c.index.desc())
            .limit(limit)
        )
        return [_entry(row) for row in reversed(list(rows))]

    async def about(self, subjects: Sequence[str], limit: int) -> list[Entry]:
        """The newest entries about any of these, oldest first."""
        rows = await self._db.execute(
            select(entries)
            .where(entries.c.subject.in_(subjects))
            .order_by(entries.c.index.desc())
            .limit(limit)
        )
        return [_entry(row) for row in reversed(list(rows))]

    async def all(self, batch: int = 1000) -> AsyncIterator[Entry]:
        """Every entry in order, read in batches. Raises Unreadable right after the last that can be read."""
        after = -1
        while True:
            try:
                found = await self._following(after, batch)
            except (SQLAlchemyError, msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
                if batch == 1:
                    raise Unreadable from error
                batch = 1  # once more, to see which one it is
                continue
            for entry in found:
                yield entry
            if len(found) < batch:
                return
            after = found[-1].index

    async def _following(self, after: int, limit: int) -> list[Entry]:
        rows = await self._db.execute(
            select(entries).where(entries.c.index > after).order_by(entries.c.index).limit(limit)
        )
        return [_entry(row) for row in rows]
