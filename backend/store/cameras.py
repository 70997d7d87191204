"""Cameras, and the pictures that only their owners see.

`cell` and `reach_m` derive from the camera and are kept beside it, for `around` to find it by.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model import grid
from backend.model.cameras import Camera, Hours, ParticipationLevel, Pause, View
from backend.model.ids import CameraId, ConnectorId, SiteId
from backend.model.positions import Point
from backend.store.tables import cameras, stills

_STANDS = cameras.c.retired_at.is_(None)
_COLUMNS = [column for column in cameras.c if column.name not in ("cell", "reach_m")]


class Cameras:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, camera: Camera) -> None:
        await self._db.execute(insert(cameras).values(**row(camera)))

    async def change(self, camera: Camera) -> None:
        """All of it, as it is now."""
        await self._db.execute(update(cameras).where(cameras.c.id == camera.id).values(**row(camera)))

    async def get(self, camera: CameraId) -> Camera | None:
        """Retired or not."""
        found = await self._db.execute(select(*_COLUMNS).where(cameras.c.id == camera))
        held = found.one_or_none()
        return None if held is None else _camera(held)

    async def of_sites(self, at: Sequence[SiteId]) -> list[Camera]:
        """Those that stand there, oldest first."""
        found = await self._db.execute(
            select(*_COLUMNS)
            .where(_STANDS, cameras.c.site_id.in_(at))
            .order_by(cameras.c.added_at, cameras.c.id)
        )
        return [_camera(held) for held in found]

    async def count(self, site: SiteId) -> int:
        chosen = select(func.count()).select_from(cameras).where(_STANDS, cameras.c.site_id == site)
        return await self._db.scalar(chosen) or 0

    async def of_source(self, connector: ConnectorId, source: str) -> list[Camera]:
        """Which standing cameras show this source: at most one."""
        found = await self._db.execute(
            select(*_COLUMNS).where(_STANDS, cameras.c.connector_id == connector, cameras.c.source == source)
        )
        return [_camera(held) for held in found]

    async def points(self, limit: int) -> list[Point]:
        """Where cameras stand that are in service."""
        rows = await self._db.execute(
            select(cameras.c.latitude, cameras.c.longitude)
            .where(cameras.c.retired_at.is_(None))
            .order_by(cameras.c.id)
            .limit(limit)
        )
        return [Point(latitude=row.latitude, longitude=row.longitude) for row in rows]

    # Stills: a picture that only the owner sees.

    async def put_still(self, camera: CameraId, jpeg: bytes, taken_at: datetime) -> None:
        await self._db.execute(delete(stills).where(stills.c.camera_id == camera))
        await self._db.execute(insert(stills).values(camera_id=camera, jpeg=jpeg, taken_at=taken_at))

    async def still(self, camera: CameraId) -> tuple[bytes, datetime] | None:
        found = await self._db.execute(
            select(stills.c.jpeg, stills.c.taken_at).where(stills.c.camera_id == camera)
        )
        held = found.one_or_none()
        return None if held is None else (held.jpeg, held.taken_at)

    async def drop_still(self, camera: CameraId) -> None:
        await self._db.execute(delete(stills).where(stills.c.camera_id == camera))


def row(camera: Camera) -> dict[str, Any]:
    """The columns of a camera."""
    stands = camera.retired_at is None
    return {
        "id": camera.id,
        "site_id": camera.site_id,
        "name": camera.name,
        "latitude": camera.point.latitude,
        "longitude": camera.point.longitude,
        "cell": grid.cell(camera.point) if stands else None,
        "reach_m": camera.reach_m,
        "heading_deg": camera.view.heading_deg,
        "field_deg": camera.view.field_deg,
        "height_m": camera.view.height_m,
        "indoor": camera.indoor,
        "level": camera.level.value,
        "radius_m": camera.radius_m,
        "days": camera.hours.days,
        "from_min": camera.hours.from_min,
        "to_min": camera.hours.to_min,
        "paused_at": camera.pause.since if camera.pause else None,
        "paused_until": camera.pause.until if camera.pause else None,
        "sound": camera.sound,
        "connector_id": camera.connector_id,
        "source": camera.source,
        "added_at": camera.added_at,
        "retired_at": camera.retired_at,
    }


LEVELS = {level.value: level for level in ParticipationLevel}


def _camera(held: Any) -> Camera:
    """A row of `_COLUMNS`, in the order of the table."""
    (
        camera_id,
        site_id,
        name,
        latitude,
        longitude,
        heading_deg,
        field_deg,
        height_m,
        indoor,
        level,
        radius_m,
        days,
        from_min,
        to_min,
        paused_at,
        paused_until,
        sound,
        connector_id,
        source,
        added_at,
        retired_at,
        *_,
    ) = held
    return Camera(
        id=camera_id,
        site_id=site_id,
        name=name,
        point=Point(latitude=latitude, longitude=longitude),
        added_at=added_at,
        view=View(heading_deg=heading_deg, field_deg=field_deg, height_m=height_m),
        indoor=indoor,
        level=LEVELS[level],
        radius_m=radius_m,
        hours=Hours(days=days, from_min=from_min, to_min=to_min),
        pause=None if paused_at is None else Pause(since=paused_at, until=paused_until),
        sound=sound,
        connector_id=connector_id,
        source=source,
        retired_at=retired_at,
    )
