"""Monthly statements, and what they are made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, insert, or_, select
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
        stood = select(cameras.c.site_id).where(
            cameras.c.added_at < until, or_(cameras.c.retired_at.is_(None), cameras.c.retired_at > since)
        )
        have = select(statements.c.site_id).where(statements.c.month == month)
        rows = await self._db.scalars(
            select(sites.c.id)
            .where(
                sites.c.owner_id.is_not(None),
                sites.c.added_at < until,
                or_(sites.c.retired_at.is_(None), sites.c.retired_at > since),
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
            .where(
                cameras.c.site_id == site,
                cameras.c.added_at < until,
                or_(cameras.c.retired_at.is_(None), cameras.c.retired_at > since),
            )
            .order_by(cameras.c.name, cameras.c.id)
        )
        return [(CameraId(row.id), row.name) for row in rows]

    async def connectors(self, site: SiteId, since: datetime, until: datetime) -> list[Connector]:
        """That were enrolled there in that time."""
        rows = await self._db.execute(
            select(connectors)
            .where(
                connectors.c.site_id == site,
                connectors.c.enrolled_at < until,
                or_(connectors.c.retired_at.is_(None), connectors.c.retired_at > since),
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
                openings.c.opened_at < until,
                or_(openings.c.ended_at.is_(None), openings.c.ended_at > since),
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
