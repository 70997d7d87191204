"""What callers upload: one row for each file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import IncidentId, LinkId, UploadId, UseId
from backend.model.uploads import OPEN, Upload, UploadState
from backend.store.rows import by_incident, columns, value, values
from backend.store.tables_uploads import uploads

_OPEN = uploads.c.state.in_([state.value for state in OPEN])


class Uploads:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, upload: Upload) -> None:
        await self._db.execute(insert(uploads).values(**columns(upload)))

    async def get(self, upload: UploadId) -> Upload | None:
        found = await self._db.execute(select(uploads).where(uploads.c.id == upload))
        return value(found.one_or_none(), Upload)

    async def change(self, upload: UploadId, **fields: Any) -> None:
        row = msgspec.to_builtins(fields, builtin_types=(datetime,))
        await self._db.execute(update(uploads).where(uploads.c.id == upload).values(**row))

    async def counts(self, link: LinkId) -> tuple[int, int, int]:
        """How many this link has had, how many of those are open, and how many of all links wait."""
        mine, waits = uploads.c.link_id == link, uploads.c.state == UploadState.CHECKING.value
        asked = (
            select(func.count()).select_from(uploads).where(*where)
            for where in ((mine,), (mine, _OPEN), (waits,))
        )
        had, is_open, waiting = [await self._db.scalar(each) or 0 for each in asked]
        return had, is_open, waiting

    async def taken(self, link: LinkId) -> list[UseId]:
        """Of each of this link's that is whole and kept, the use that looks at it are of."""
        asked = select(uploads.c.use_id).where(
            uploads.c.link_id == link, uploads.c.state == UploadState.READY.value
        )
        return [UseId(use) for use in await self._db.scalars(asked.order_by(uploads.c.begun_at))]

    async def promised(self) -> int:
        """Bytes that are still to come, of all that are open."""
        asked = select(func.sum(uploads.c.length - uploads.c.received)).where(_OPEN)
        return await self._db.scalar(asked) or 0

    async def of_incidents(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[Upload]]:
        """Each one's, the first first."""
        rows = await self._db.execute(
            select(uploads).where(uploads.c.incident_id.in_(these)).order_by(uploads.c.begun_at, uploads.c.id)
        )
        return by_incident(rows, Upload)

    async def in_state(self, state: UploadState) -> list[Upload]:
        """The first first."""
        rows = await self._db.execute(
            select(uploads).where(uploads.c.state == state.value).order_by(uploads.c.begun_at, uploads.c.id)
        )
        return values(rows, Upload)
