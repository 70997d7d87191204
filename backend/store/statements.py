"""Monthly statements, and what they are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.connectors import Connector, Traffic
from backend.model.ids import CameraId, ConnectorId, SiteId, StatementId, UserId
from backend.model.openings import Opening
from backend.model.statements import Statement, Verdict
from backend.store.rows import columns, fields, value, values
from backend.store.tables import cameras, connectors, openings, sites, traffic, users
from backend.store.tables_receipts import statements


class Statements:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def lacking(self, month: str, since: datetime, until: datetime, most: int) -> list[SiteId]:
        """Sites of owners where a camera stood in that time, and that have no statement of that month."""
        stood = select(cameras.c.site_id).where(*_stood(cameras, since, until))
        have = select(statements.c.site_id).where(statements.c.month == month)
        rows = await self._db.scalars(
            select(sites.c.id)
            .where(
                sites.c.owner_id.is_not(None),
                *_stood(sites, since, until),
                sites.c.id.in_(stood),
                sites.c.id.not_in(have),
            )
            .order_by(sites.c.added_at, sites.c.id)
            .limit(most)
        )
        return [SiteId(found) for found in rows]

    async def oldest_minute(self) -> datetime | None:
        """The oldest that is kept of any connector."""
        found: datetime | None = await self._db.scalar(select(func.min(traffic.c.minute)))
        return found

    async def cameras(self, site: SiteId, since: datetime, until: datetime) -> list[tuple[CameraId, str]]:
        """Those that stood there in that time, with their names and by them."""
        rows = await self._db.execute(
            select(cameras.c.id, cameras.c.name)
            .where(cameras.c.site_id == site, *_stood(cameras, since, until))
            .order_by(cameras.c.name, cameras.c.id)
        )
        return [(CameraId(row.id), row.name) for row in rows]

    async def connectors(self, site: SiteId, since: datetime, until: datetime) -> list[Connector]:
        """That were enrolled there in that time."""
        rows = await self._db.execute(
            select(connectors)
            .where(
                connectors.c.site_id == site,
                *_overlaps(connectors.c.enrolled_at, connectors.c.retired_at, since, until),
            )
            .order_by(connectors.c.enrolled_at, connectors.c.id)
        )
        return values(rows, Connector)

    async def openings(self, site: SiteId, since: datetime, until: datetime) -> list[Opening]:
        """Of the site's cameras, that were open at any moment of that time."""
        rows = await self._db.execute(
            select(openings)
            .join(cameras, cameras.c.id == openings.c.camera_id)
            .where(
                cameras.c.site_id == site,
                *_overlaps(openings.c.opened_at, openings.c.ended_at, since, until),
            )
            .order_by(openings.c.opened_at, openings.c.id)
        )
        return values(rows, Opening)

    async def minutes(self, connector: ConnectorId, since: datetime, until: datetime) -> list[Traffic]:
        """What it told of that time, oldest first."""
        rows = await self._db.execute(
            select(traffic)
            .where(traffic.c.connector_id == connector, traffic.c.minute >= since, traffic.c.minute < until)
            .order_by(traffic.c.minute)
        )
        return values(rows, Traffic)

    async def has(self, site: SiteId, month: str) -> bool:
        asked = select(statements.c.id).where(statements.c.site_id == site, statements.c.month == month)
        return await self._db.scalar(asked) is not None

    async def add(self, statement: Statement) -> None:
        """Raises sqlalchemy.exc.IntegrityError when the site has one of that month."""
        row = columns(statement)
        row["cameras"] = msgspec.to_builtins(statement.cameras)
        await self._db.execute(insert(statements).values(**row))

    async def get(self, statement: StatementId) -> Statement | None:
        found = await self._db.execute(select(statements).where(statements.c.id == statement))
        return value(found.one_or_none(), Statement)

    async def of_owner(self, owner: UserId, most: int) -> list[tuple[Statement, str]]:
        """Each with its site's name, the newest month first."""
        rows = await self._db.execute(
            select(statements, sites.c.name.label("site"))
            .join(sites, sites.c.id == statements.c.site_id)
            .where(sites.c.owner_id == owner)
            .order_by(statements.c.month.desc(), sites.c.name, statements.c.id)
            .limit(most)
        )
        return [(msgspec.convert(held := fields(row), Statement), held["site"]) for row in rows]

    async def mismatches(self, most: int) -> Sequence[dict[str, Any]]:
        """Those that do not match, with the names of site and owner, the newest first."""
        rows = await self._db.execute(
            select(statements, sites.c.name.label("site"), users.c.display_name.label("owner"))
            .join(sites, sites.c.id == statements.c.site_id)
            .join(users, users.c.id == sites.c.owner_id)
            .where(statements.c.verdict == Verdict.MISMATCH.value)
            .order_by(statements.c.made_at.desc(), statements.c.id)
            .limit(most)
        )
        return [fields(row) for row in rows]


def _stood(what: Table, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Sites or cameras that were there at any moment of that time."""
    return _overlaps(what.c.added_at, what.c.retired_at, since, until)


def _overlaps(
    begins: ColumnElement[datetime], ends: ColumnElement[datetime | None], since: datetime, until: datetime
) -> tuple[ColumnElement[bool], ...]:
    """What has not ended goes on."""
    return begins < until, or_(ends.is_(None), ends > since)
