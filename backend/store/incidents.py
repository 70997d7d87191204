"""Incidents, the units assigned to them, their feeds and their trail of positions."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import CameraId, FeedId, IncidentId, SiteId, UnitId
from backend.model.incidents import Feed, FeedState, Incident
from backend.model.positions import Position
from backend.store.rows import columns, fields, value, values
from backend.store.tables import assignments, cameras, feeds, incidents, positions, units


class Incidents:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, incident: Incident) -> None:
        row = columns(incident)
        del row["unit_ids"]
        await self._db.execute(insert(incidents).values(**row))

    async def get(self, incident: IncidentId) -> Incident | None:
        found = await self._whole(await self._db.execute(select(incidents).where(incidents.c.id == incident)))
        return found[0] if found else None

    async def open(self) -> list[Incident]:
        """Open incidents, newest first."""
        return await self._whole(
            await self._db.execute(
                select(incidents)
                .where(incidents.c.closed_at.is_(None))
                .order_by(incidents.c.opened_at.desc())
            )
        )

    async def closed(self, limit: int) -> list[Incident]:
        """Closed incidents, the last closed first."""
        return await self._whole(
            await self._db.execute(
                select(incidents)
                .where(incidents.c.closed_at.is_not(None))
                .order_by(incidents.c.closed_at.desc())
                .limit(limit)
            )
        )

    async def reword(self, incident: IncidentId, words: str) -> None:
        await self._db.execute(update(incidents).where(incidents.c.id == incident).values(words=words))

    async def set_site(self, incident: IncidentId, site: SiteId) -> None:
        """It is this site's own call."""
        await self._db.execute(update(incidents).where(incidents.c.id == incident).values(site_id=site))

    async def open_at_site(self, site: SiteId, kind: str) -> IncidentId | None:
        """The newest open incident of this type that is this site's own."""
        found: str | None = await self._db.scalar(
            select(incidents.c.id)
            .where(incidents.c.site_id == site, incidents.c.type == kind, incidents.c.closed_at.is_(None))
            .order_by(incidents.c.opened_at.desc())
            .limit(1)
        )
        return IncidentId(found) if found is not None else None

    async def close(self, incident: IncidentId, at: datetime) -> None:
        await self._db.execute(update(incidents).where(incidents.c.id == incident).values(closed_at=at))

    async def assign(self, incident: IncidentId, unit: UnitId) -> None:
        await self._db.execute(insert(assignments).values(incident_id=incident, unit_id=unit))

    async def release(self, incident: IncidentId, unit: UnitId) -> None:
        await self._db.execute(
            delete(assignments).where(assignments.c.incident_id == incident, assignments.c.unit_id == unit)
        )

    async def move(self, incident: IncidentId, position: Position) -> None:
        row = msgspec.to_builtins(position)
        await self._db.execute(update(incidents).where(incidents.c.id == incident).values(position=row))
        await self._db.execute(insert(positions).values(incident_id=incident, position=row))

    async def trail(self, incident: IncidentId, limit: int) -> list[Position]:
        """The newest positions, oldest first."""
        rows = await self._db.scalars(
            select(positions.c.position)
            .where(positions.c.incident_id == incident)
            .order_by(positions.c.id.desc())
            .limit(limit)
        )
        return [msgspec.convert(row, Position) for row in reversed(list(rows))]

    async def _whole(self, rows: Any) -> list[Incident]:
        found = list(rows)
        unit_ids: dict[str, list[str]] = {row.id: [] for row in found}
        assigned = await self._db.execute(
            select(assignments).where(assignments.c.incident_id.in_(unit_ids)).order_by(assignments.c.unit_id)
        )
        for row in assigned:
            unit_ids[row.incident_id].append(row.unit_id)
        return [msgspec.convert({**fields(row), "unit_ids": unit_ids[row.id]}, Incident) for row in found]


class Feeds:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, feed: Feed) -> None:
        await self._db.execute(insert(feeds).values(**columns(feed)))

    async def get(self, feed: FeedId) -> Feed | None:
        return value((await self._db.execute(select(feeds).where(feeds.c.id == feed))).one_or_none(), Feed)

    async def of_incident(self, incident: IncidentId) -> list[Feed]:
        rows = await self._db.execute(
            select(feeds).where(feeds.c.incident_id == incident).order_by(feeds.c.since, feeds.c.id)
        )
        return values(rows, Feed)

    async def of_camera(self, camera: CameraId, incident: IncidentId) -> Feed | None:
        """This camera's feed of the incident that has not ended: there is one at most."""
        rows = await self._db.execute(
            select(feeds)
            .where(
                feeds.c.camera_id == camera,
                feeds.c.incident_id == incident,
                feeds.c.state != FeedState.ENDED.value,
            )
            .order_by(feeds.c.since.desc(), feeds.c.id)
            .limit(1)
        )
        return value(rows.one_or_none(), Feed)

    async def names(self, incident: IncidentId) -> dict[str, str]:
        """What the feeds of an incident are called: by their camera, or by their unit."""
        rows = await self._db.execute(
            select(feeds.c.id, cameras.c.name, units.c.call_sign)
            .outerjoin(cameras, cameras.c.id == feeds.c.camera_id)
            .outerjoin(units, units.c.id == feeds.c.unit_id)
            .where(feeds.c.incident_id == incident)
        )
        return {row.id: row.name or row.call_sign or "" for row in rows}

    async def in_states(self, states: tuple[FeedState, ...]) -> list[Feed]:
        return values(await self._db.execute(select(feeds).where(feeds.c.state.in_(states))), Feed)

    async def change(self, feed: FeedId, state: FeedState, since: datetime) -> None:
        await self._db.execute(update(feeds).where(feeds.c.id == feed).values(state=state.value, since=since))
