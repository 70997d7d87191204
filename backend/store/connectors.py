"""Connectors, the codes they are enrolled by, the cameras they describe and the minutes they count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.connectors import Connector, Enrolment, Source, Traffic
from backend.model.ids import ConnectorId, SiteId
from backend.store.rows import columns, value, values
from backend.store.tables import connectors, enrolments, sources, traffic

_IN_SERVICE = connectors.c.retired_at.is_(None)


class Connectors:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    # Codes

    async def add_code(self, enrolment: Enrolment, code_hash: str) -> None:
        await self._db.execute(insert(enrolments).values(**columns(enrolment), code_hash=code_hash))

    async def code(self, code_hash: str) -> Enrolment | None:
        """Used or not, run out or not."""
        found = await self._db.execute(select(enrolments).where(enrolments.c.code_hash == code_hash))
        return value(found.one_or_none(), Enrolment)

    async def use_code(self, code_hash: str, at: datetime) -> None:
        await self._db.execute(
            update(enrolments).where(enrolments.c.code_hash == code_hash).values(used_at=at)
        )

    async def withdraw_codes(self, site: SiteId) -> None:
        """The site's codes that nobody has used are gone."""
        await self._db.execute(
            delete(enrolments).where(enrolments.c.site_id == site, enrolments.c.used_at.is_(None))
        )

    async def forget_codes(self, before: datetime) -> None:
        """Those that ran out before then."""
        await self._db.execute(delete(enrolments).where(enrolments.c.expires_at < before))

    # Connectors

    async def add(self, connector: Connector) -> None:
        """Raises sqlalchemy.exc.IntegrityError when another has its key."""
        await self._db.execute(insert(connectors).values(**columns(connector)))

    async def get(self, connector: ConnectorId) -> Connector | None:
        """Retired or not."""
        found = await self._db.execute(select(connectors).where(connectors.c.id == connector))
        return value(found.one_or_none(), Connector)

    async def by_key(self, key: str) -> Connector | None:
        found = await self._db.execute(select(connectors).where(connectors.c.key == key))
        return value(found.one_or_none(), Connector)

    async def of_site(self, site: SiteId) -> list[Connector]:
        """Those in service, oldest first."""
        found = await self._db.execute(
            select(connectors)
            .where(connectors.c.site_id == site, _IN_SERVICE)
            .order_by(connectors.c.enrolled_at, connectors.c.id)
        )
        return values(found, Connector)

    async def change(self, connector: ConnectorId, **fields: Any) -> None:
        """Set fields of a connector by name."""
        row = msgspec.to_builtins(fields, builtin_types=(datetime,))
        await self._db.execute(update(connectors).where(connectors.c.id == connector).values(**row))

    # The cameras that they describe

    async def sources(self, connector: ConnectorId) -> list[Source]:
        """By name."""
        found = await self._db.execute(
            select(sources).where(sources.c.connector_id == connector).order_by(sources.c.name)
        )
        return values(found, Source)

    async def source(self, connector: ConnectorId, name: str) -> Source | None:
        found = await self._db.execute(
            select(sources).where(sources.c.connector_id == connector, sources.c.name == name)
        )
        return value(found.one_or_none(), Source)

    async def put_sources(self, connector: ConnectorId, told: Sequence[Source]) -> None:
        """All of them, in the place of what was told before."""
        await self._db.execute(delete(sources).where(sources.c.connector_id == connector))
        if told:
            await self._db.execute(insert(sources), [columns(source) for source in told])

    async def trouble(self, connector: ConnectorId, source: str, words: str | None) -> None:
        """What is the matter with one of them; None when nothing is any more."""
        await self._db.execute(
            update(sources)
            .where(sources.c.connector_id == connector, sources.c.name == source)
            .values(trouble=words)
        )

    # The minutes that they count

    async def count(self, minute: Traffic) -> bool:
        """Keep a minute; False when it was told before, and what was told then stays."""
        at = (traffic.c.connector_id == minute.connector_id, traffic.c.minute == minute.minute)
        if await self._db.scalar(select(traffic.c.minute).where(*at)) is not None:
            return False
        await self._db.execute(insert(traffic).values(**columns(minute)))
        return True

    async def traffic(self, connector: ConnectorId, since: datetime) -> list[Traffic]:
        """The minutes told of since then, oldest first."""
        found = await self._db.execute(
            select(traffic)
            .where(traffic.c.connector_id == connector, traffic.c.minute >= since)
            .order_by(traffic.c.minute)
        )
        return values(found, Traffic)

    async def media_bytes(self, of: Sequence[ConnectorId], since: datetime) -> dict[str, int]:
        """What each says that it sent since then."""
        found = await self._db.execute(
            select(traffic.c.connector_id, func.sum(traffic.c.media_bytes).label("sent"))
            .where(traffic.c.connector_id.in_(of), traffic.c.minute >= since)
            .group_by(traffic.c.connector_id)
        )
        return {row.connector_id: int(row.sent) for row in found}

    async def forget_traffic(self, before: datetime, most: int) -> int:
        """Forget at most so many minutes of before then; how many were forgotten."""
        old = (
            select(traffic.c.connector_id, traffic.c.minute)
            .where(traffic.c.minute < before)
            .order_by(traffic.c.minute)
            .limit(most)
        )
        rows = (await self._db.execute(old)).all()
        if rows:
            keys = tuple_(traffic.c.connector_id, traffic.c.minute)
            await self._db.execute(delete(traffic).where(keys.in_([tuple(row) for row in rows])))
        return len(rows)
