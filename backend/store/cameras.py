"""Cameras, the pictures that only their owners see, and which of them lie near a place.

`cell` and `reach_m` derive from the camera and are kept beside it, to find it by.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, delete, exists, func, insert, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model import grid
from backend.model.cameras import Camera, Hours, ParticipationLevel, Pause, View
from backend.model.ids import CameraId, ConnectorId, SiteId
from backend.model.positions import EARTH_RADIUS_M, Point, Position
from backend.model.sites import SiteKind
from backend.store.tables import cameras, devices, sites, sources, stills

_STANDS = cameras.c.retired_at.is_(None)
_COLUMNS = [column for column in cameras.c if column.name not in ("cell", "reach_m")]
_EASY_M = 1.002  # what the flat distance in SQL may be wrong by, up to 85 degrees north or south
_RINGS_M = (0, 250, 500)  # beyond each of these, only cameras that reach further are looked at


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A camera with its site's name and kind; what is wrong with its source; whether a device brings it."""

    camera: Camera
    site: str
    kind: SiteKind
    trouble: str | None
    device: bool


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

    # What lies near a place. `limit` leaves the nearest, in any order, by a distance that is flat to within
    # 0.2 %: who asks measures again.

    async def one(self, camera: CameraId) -> Placed | None:
        """A camera, retired or not, by what `may_open` and the others tell of one."""
        found = await self._db.execute(_told(select(cameras.c.id).where(cameras.c.id == camera)))
        held = found.one_or_none()
        return None if held is None else _placed(held)

    async def at_site(self, site: SiteId) -> list[Placed]:
        found = await self._db.execute(_told(select(cameras.c.id).where(_STANDS, cameras.c.site_id == site)))
        return [_placed(held) for held in found]

    async def may_open(self, place: Point | Position, radius_m: int, limit: int) -> list[Placed]:
        """Those within the radius whose level and own radius reach the place; nothing else is decided."""
        given: dict[str, Any] = {"limit": limit, **_circle(place, radius_m)}
        seen: set[int] = set()
        for ring, outer in enumerate((*_RINGS_M[1:], radius_m)):
            cells = set(grid.cells_within(place, min(outer, radius_m))) - seen
            seen |= cells
            given |= {f"cells_{ring}": sorted(cells)}
        found = await self._db.execute(_REACHING, given)
        return [_placed(held) for held in found]

    async def near(self, place: Point | Position, radius_m: int, limit: int) -> list[Placed]:
        """Those within the radius, whatever they may be opened for."""
        given = {"limit": limit, "cells": grid.cells_within(place, radius_m), **_circle(place, radius_m)}
        found = await self._db.execute(_NEAR, given)
        return [_placed(held) for held in found]

    async def count_near(self, place: Point | Position, radius_m: int, most: int) -> int:
        """How many there are within the radius, counted up to `most`."""
        given = {"limit": most, "cells": grid.cells_within(place, radius_m), **_circle(place, radius_m)}
        return await self._db.scalar(_COUNT, given) or 0

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


_LEVELS = {level.value: level for level in ParticipationLevel}
_KINDS = {kind.value: kind for kind in SiteKind}


def _camera(held: Any) -> Camera:
    """A row of `_COLUMNS`, in the order of the table: some hundred of them are read for each look around."""
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
        level=_LEVELS[level],
        radius_m=radius_m,
        hours=Hours(days=days, from_min=from_min, to_min=to_min),
        pause=None if paused_at is None else Pause(since=paused_at, until=paused_until),
        sound=sound,
        connector_id=connector_id,
        source=source,
        retired_at=retired_at,
    )


def _placed(held: Any) -> Placed:
    return Placed(_camera(held), held[-4], _KINDS[held[-3]], held[-2], bool(held[-1]))


def _circle(place: Point | Position, radius_m: float) -> dict[str, float]:
    degree_m = math.pi * EARTH_RADIUS_M / 180
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "metres_north": degree_m,
        "metres_east": degree_m * math.cos(math.radians(place.latitude)),
        "within_2": (radius_m * _EASY_M) ** 2,
    }


def _flat_2() -> Any:
    """The squared distance to the place in metres, as on a flat map; also across the 180th meridian."""
    north = (cameras.c.latitude - bindparam("latitude")) * bindparam("metres_north")
    turn = 180 - func.abs(180 - func.abs(cameras.c.longitude - bindparam("longitude")))
    east = turn * bindparam("metres_east")
    return north * north + east * east


def _told(chosen: Select[Any]) -> Select[Any]:
    """What is read of the few that were chosen by what stands in the index."""
    device = exists().where(devices.c.camera_id == cameras.c.id, devices.c.retired_at.is_(None))
    return (
        select(*_COLUMNS, sites.c.name.label("site"), sites.c.kind, sources.c.trouble, device.label("device"))
        .join(sites, sites.c.id == cameras.c.site_id)
        .outerjoin(
            sources, (sources.c.connector_id == cameras.c.connector_id) & (sources.c.name == cameras.c.source)
        )
        .where(cameras.c.id.in_(chosen))
    )


def _cells(name: str) -> Any:
    return cameras.c.cell.in_(bindparam(name, expanding=True))


def _within(name: str) -> Select[Any]:
    return select(cameras.c.id, _flat_2().label("flat_2")).where(
        _cells(name), _flat_2() <= bindparam("within_2")
    )


def _nearest_of(found: Any) -> Select[Any]:
    inner = found.subquery()
    return _told(select(inner.c.id).order_by(inner.c.flat_2, inner.c.id).limit(bindparam("limit")))


def _reaching() -> Select[Any]:
    reach_2 = cameras.c.reach_m * cameras.c.reach_m * _EASY_M**2
    rings = [
        select(cameras.c.id, _flat_2().label("flat_2")).where(
            _cells(f"cells_{ring}"),
            cameras.c.reach_m > inner / _EASY_M,
            _flat_2() <= bindparam("within_2"),
            _flat_2() <= reach_2,
        )
        for ring, inner in enumerate(_RINGS_M)
    ]
    return _nearest_of(union_all(*rings))


_REACHING = _reaching()
_NEAR = _nearest_of(_within("cells"))
_COUNT = select(func.count()).select_from(_within("cells").limit(bindparam("limit")).subquery())
