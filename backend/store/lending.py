"""What owners are shown beside their sites and cameras, read for many sites at once. Reading only."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.connectors import Connector, Source
from backend.model.ids import CameraId, ConnectorId, SiteId
from backend.model.lending import AskView, Watching
from backend.store.rows import fields, values
from backend.store.tables import (
    asks,
    connectors,
    incidents,
    openings,
    sources,
    stills,
    traffic,
    users,
)


class Lending:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def connectors(self, at: Sequence[SiteId]) -> list[Connector]:
        """Those in service, oldest first."""
        found = await self._db.execute(
            select(connectors)
            .where(connectors.c.site_id.in_(at), connectors.c.retired_at.is_(None))
            .order_by(connectors.c.enrolled_at, connectors.c.id)
        )
        return values(found, Connector)

    async def connector(self, connector: ConnectorId) -> Connector | None:
        found = await self._db.execute(
            select(connectors).where(connectors.c.id == connector, connectors.c.retired_at.is_(None))
        )
        held = values(found, Connector)
        return held[0] if held else None

    async def sources(self, of: Sequence[ConnectorId]) -> list[Source]:
        """By connector and name."""
        found = await self._db.execute(
            select(sources)
            .where(sources.c.connector_id.in_(of))
            .order_by(sources.c.connector_id, sources.c.name)
        )
        return values(found, Source)

    async def media_bytes(self, of: Sequence[ConnectorId], since: datetime) -> dict[str, int]:
        """What each says that it sent since then."""
        found = await self._db.execute(
            select(traffic.c.connector_id, func.sum(traffic.c.media_bytes).label("sent"))
            .where(traffic.c.connector_id.in_(of), traffic.c.minute >= since)
            .group_by(traffic.c.connector_id)
        )
        return {held.connector_id: int(held.sent) for held in found}

    async def watching(self, of: Sequence[CameraId], now: datetime) -> dict[str, list[Watching]]:
        """Who sees these cameras, by camera; the longest first."""
        found = await self._db.execute(
            select(
                openings.c.camera_id,
                users.c.role,
                openings.c.reason,
                openings.c.opened_at.label("since"),
                openings.c.expires_at.label("until"),
            )
            .join(users, users.c.id == openings.c.user_id)
            .where(openings.c.camera_id.in_(of), openings.c.ended_at.is_(None), openings.c.expires_at > now)
            .order_by(openings.c.opened_at, openings.c.id)
        )
        seen: dict[str, list[Watching]] = {}
        for held in found:
            seen.setdefault(held.camera_id, []).append(msgspec.convert(fields(held), Watching))
        return seen

    async def stills(self, of: Sequence[CameraId]) -> dict[str, datetime]:
        """When the picture of each was taken that only its owner sees."""
        found = await self._db.execute(
            select(stills.c.camera_id, stills.c.taken_at).where(stills.c.camera_id.in_(of))
        )
        return {held.camera_id: held.taken_at for held in found}

    async def asks(self, of: Sequence[CameraId], now: datetime) -> list[AskView]:
        """What waits for an answer about these cameras, oldest first."""
        found = await self._db.execute(
            select(asks, incidents.c.type.label("incident_type"))
            .join(incidents, incidents.c.id == asks.c.incident_id)
            .where(asks.c.camera_id.in_(of), asks.c.answer.is_(None), asks.c.expires_at > now)
            .where(incidents.c.closed_at.is_(None))
            .order_by(asks.c.asked_at, asks.c.id)
        )
        return values(found, AskView)
