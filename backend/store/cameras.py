"""Cameras, the pictures that only their owners see, and which of them lie near a place.

`cell` and `reach_m` derive from the camera and are kept beside it, to find it by.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, delete, exists, func, insert, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model import grid
from backend.model.cameras import Camera, Hours, ParticipationLevel, Pause, View
from backend.model.ids import CameraId, ConnectorId, IncidentId, SiteId
from backend.model.openings import Answer
from backend.model.positions import EARTH_RADIUS_M, Point, Position
from backend.model.sites import SiteKind
from backend.store.tables import asks, cameras, devices, sites, sources, stills

_STANDS = cameras.c.retired_at.is_(None)
_COLUMNS = [column for column in cameras.c if column.name not in ("cell", "reach_m")]
_EASY_M = 1.002  # what the flat distance in SQL may be wrong by, up to 85 degrees north or south
_RINGS_M = (0, 250, 500)  # beyond each of these, only cameras that reach further are looked at


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A camera as one incident finds it, apart from all rules.

    `trouble` is its source's, in words; `device`: one brings its picture without a connector. `asked_until`
    and `answer` are what became of asking its owner for this incident.
    """

    camera: Camera
    site: str
    kind: SiteKind
    trouble: str | None
    device: bool
    asked_until: datetime | None
    answer: Answer | None


class Look(msgspec.Struct, frozen=True, gc=False):
    """How far to look around a place, and at how many of the nearest."""

    reaching: int  # of those that reach the place; none reaches further than `radius_m`
    near: int  # of all: within `near_m`, and within `radius_m` where those are too few
    near_m: int
    radius_m: int
    count: int  # no further than this is counted


class Found(msgspec.Struct, frozen=True, gc=False):
    """What lies around a place: the nearest that reach it, and the nearest of all, in any order.

    `reaching_all`: there are no others that do; else `near` is empty. `count` is of all within the radius, up
    to the bound asked for.
    """

    reaching: list[Placed]
    near: list[Placed]
    reaching_all: bool
    count: int


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

    # What an incident finds. Distances are flat here, right to within 0.2 %: who asks measures again.

    async def one(self, camera: CameraId, incident: IncidentId) -> Placed | None:
        """A camera, retired or not."""
        chosen = _told().where(cameras.c.id == camera)
        held = (await self._db.execute(chosen, {"incident": incident})).one_or_none()
        return None if held is None else _placed(held)

    async def at_site(self, site: SiteId, incident: IncidentId) -> list[Placed]:
        chosen = _told().where(_STANDS, cameras.c.site_id == site)
        return [_placed(held) for held in await self._db.execute(chosen, {"incident": incident})]

    async def around(self, place: Point | Position, incident: IncidentId, look: Look) -> Found:
        """What lies around a place, in one question to the database."""
        given: dict[str, Any] = {
            **_circle(place, look),
            "incident": incident,
            "most_reaching": look.reaching,
            "most_near": look.near,
            "most_counted": look.count,
            "near_cells": grid.cells_within(place, look.near_m),
            "cells": grid.cells_within(place, look.radius_m),
        }
        seen: set[int] = set()
        for ring, outer in enumerate((*_RINGS_M[1:], look.radius_m)):
            cells = set(grid.cells_within(place, min(outer, look.radius_m))) - seen
            seen |= cells
            given[f"cells_{ring}"] = list(cells)
        reaching: list[Placed] = []
        near: list[Placed] = []
        count = 0
        for held in await self._db.execute(_AROUND, given):
            *of_camera, reaches, is_near, count = held
            placed = _placed(of_camera)
            if reaches:
                reaching.append(placed)
            if is_near:
                near.append(placed)
        return Found(reaching, near, len(reaching) < look.reaching, count)

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
    site, kind, trouble, device, asked_until, answer = held[len(_COLUMNS) :]
    said = None if answer is None else Answer(answer)
    return Placed(_camera(held), site, _KINDS[kind], trouble, bool(device), asked_until, said)


def _circle(place: Point | Position, look: Look) -> dict[str, float]:
    degree_m = math.pi * EARTH_RADIUS_M / 180
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "metres_north": degree_m,
        "metres_east": degree_m * math.cos(math.radians(place.latitude)),
        "within_2": (look.radius_m * _EASY_M) ** 2,
        "near_2": (look.near_m * _EASY_M) ** 2,
    }


def _flat_2() -> Any:
    """The squared distance to the place in metres, as on a flat map; also across the 180th meridian."""
    north = (cameras.c.latitude - bindparam("latitude")) * bindparam("metres_north")
    turn = 180 - func.abs(180 - func.abs(cameras.c.longitude - bindparam("longitude")))
    east = turn * bindparam("metres_east")
    return north * north + east * east


def _told() -> Select[Any]:
    """What is read of cameras once they are chosen, as `_placed` takes it."""
    bound = (sources.c.connector_id == cameras.c.connector_id) & (sources.c.name == cameras.c.source)
    asked = (asks.c.camera_id == cameras.c.id) & (asks.c.incident_id == bindparam("incident"))
    return (
        select(
            *_COLUMNS,
            sites.c.name.label("site"),
            sites.c.kind,
            sources.c.trouble,
            exists().where(devices.c.camera_id == cameras.c.id, devices.c.retired_at.is_(None)),
            asks.c.expires_at,
            asks.c.answer,
        )
        .select_from(cameras)
        .join(sites, sites.c.id == cameras.c.site_id)
        .outerjoin(sources, bound)
        .outerjoin(asks, asked)
    )


def _within(cells: str, within_2: Any, *where: Any) -> Select[Any]:
    """Ids and squared distances, from the index alone."""
    flat_2 = _flat_2()
    inside = cameras.c.cell.in_(bindparam(cells, expanding=True))
    return select(cameras.c.id, flat_2.label("flat_2")).where(inside, *where, flat_2 <= within_2)


def _nearest(found: Any, name: str) -> Any:
    inner = found.subquery()
    return select(inner.c.id).order_by(inner.c.flat_2, inner.c.id).limit(bindparam(f"most_{name}"))


def _around() -> Select[Any]:
    """The nearest that reach the place and the nearest of all, each camera once; and a count beside them."""
    reach_2 = cameras.c.reach_m * cameras.c.reach_m * _EASY_M**2
    rings = [
        _within(f"cells_{ring}", reach_2, cameras.c.reach_m > inner / _EASY_M)
        for ring, inner in enumerate(_RINGS_M)
    ]
    reaching = _nearest(union_all(*rings), "reaching").cte("reaching")
    all_reach = select(func.count()).select_from(reaching).scalar_subquery() < bindparam("most_reaching")
    beside = _within("near_cells", bindparam("near_2"), all_reach)
    some = beside.limit(bindparam("most_near")).subquery()
    too_few = select(func.count()).select_from(some).scalar_subquery() < bindparam("most_near")
    beyond = _within("cells", bindparam("within_2"), all_reach, too_few, _flat_2() > bindparam("near_2"))
    near = _nearest(union_all(beside, beyond), "near").subquery()
    both = union_all(
        select(reaching.c.id, literal(1).label("reaches"), literal(0).label("near")),
        select(near.c.id, literal(0), literal(1)),
    ).subquery()
    chosen = (
        select(both.c.id, func.max(both.c.reaches).label("reaches"), func.max(both.c.near).label("near"))
        .group_by(both.c.id)
        .subquery()
    )
    counted = _within("cells", bindparam("within_2")).limit(bindparam("most_counted")).subquery()
    count = select(func.count()).select_from(counted).scalar_subquery()
    return (
        _told().add_columns(chosen.c.reaches, chosen.c.near, count).join(chosen, chosen.c.id == cameras.c.id)
    )


_AROUND = _around()
