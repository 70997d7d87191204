"""Incidents, the units assigned to them, their feeds and their trail of positions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.grants import Scope
from backend.model.ids import CameraId, DeviceId, FeedId, IncidentId, SessionId, SiteId, UnitId, UserId
from backend.model.incidents import Feed, FeedKind, FeedState, Incident
from backend.model.positions import Position
from backend.store.responses import OUT
from backend.store.rows import by_incident, columns, fields, value, values
from backend.store.tables import cameras, devices, feeds, grants, incidents, positions, units, users
from backend.store.tables_drones import drones
from backend.store.tables_units import responses


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

    async def of_unit(self, unit: UnitId) -> list[Incident]:
        """Open ones that it is assigned to, newest first."""
        assigned = select(responses.c.incident_id).where(responses.c.unit_id == unit, OUT)
        return await self._whole(
            await self._db.execute(
                select(incidents)
                .where(incidents.c.id.in_(assigned), incidents.c.closed_at.is_(None))
                .order_by(incidents.c.opened_at.desc(), incidents.c.id)
            )
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
            select(responses.c.incident_id, responses.c.unit_id)
            .where(responses.c.incident_id.in_(unit_ids), OUT)
            .order_by(responses.c.unit_id)
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
        return (await self.of_incidents([incident]))[incident]

    async def of_incidents(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[Feed]]:
        """Each one's, in the order in which they became what they are."""
        rows = await self._db.execute(
            select(feeds).where(feeds.c.incident_id.in_(these)).order_by(feeds.c.since, feeds.c.id)
        )
        return by_incident(rows, Feed)

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

    async def of_device(self, device: DeviceId) -> list[Feed]:
        """Those that this device may still publish, newest first."""
        return await self._published(feeds.c.device_id == device)

    async def of_officer(self, officer: UserId, incident: IncidentId) -> list[Feed]:
        """The same for this officer's own phone, of one incident."""
        return await self._published(feeds.c.user_id == officer, feeds.c.incident_id == incident)

    async def of_unit(self, unit: UnitId, incident: IncidentId) -> list[Feed]:
        """The same for all that a unit and its crew carry."""
        return await self._published(feeds.c.unit_id == unit, feeds.c.incident_id == incident)

    async def of_session(self, session: SessionId) -> list[Feed]:
        """The same for what began in this signed-in session."""
        return await self._published(grants.c.session_id == session)

    async def names(self, these: Sequence[IncidentId]) -> dict[str, str]:
        """What their feeds are called: by their camera, their drone, or their unit and what it carries."""
        carried = (
            devices.c.name.label("device"),
            users.c.display_name.label("officer"),
            drones.c.name.label("drone"),
        )
        rows = await self._db.execute(
            select(feeds.c.id, cameras.c.name, units.c.call_sign, *carried)
            .outerjoin(cameras, cameras.c.id == feeds.c.camera_id)
            .outerjoin(units, units.c.id == feeds.c.unit_id)
            .outerjoin(devices, devices.c.id == feeds.c.device_id)
            .outerjoin(users, users.c.id == feeds.c.user_id)
            .outerjoin(drones, drones.c.id == feeds.c.drone_id)
            .where(feeds.c.incident_id.in_(these), feeds.c.kind != FeedKind.CALLER.value)
        )
        return {
            row.id: row.name
            or row.drone
            or ", ".join(filter(None, (row.call_sign, row.device or row.officer)))
            for row in rows
        }

    async def in_states(self, states: tuple[FeedState, ...]) -> list[Feed]:
        return values(await self._db.execute(select(feeds).where(feeds.c.state.in_(states))), Feed)

    async def change(self, feed: FeedId, state: FeedState, since: datetime) -> None:
        await self._db.execute(update(feeds).where(feeds.c.id == feed).values(state=state.value, since=since))

    async def _published(self, *where: ColumnElement[bool]) -> list[Feed]:
        held = (grants.c.feed_id == feeds.c.id) & (grants.c.scope == Scope.PUBLISH.value)
        rows = await self._db.execute(
            select(feeds)
            .where(select(grants.c.id).where(held, grants.c.revoked_at.is_(None), *where).exists())
            .order_by(feeds.c.since.desc(), feeds.c.id)
        )
        return values(rows, Feed)
