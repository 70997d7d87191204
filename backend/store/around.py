"""Around: what lies around a place, found in one question to the database that looks at few cameras.

Written as SQL: the same text for SQLite and PostgreSQL but for how a list is given, and `rowid` for the key.
The index ix_cameras_place alone is read until the cameras are chosen. It is read in rings, from the place
outwards, and no further than is needed: in a dense town the first one or two hold enough. Distances are flat
here, right to within 0.2 %: who asks measures again.
"""
# ruff: noqa: S608  the text is put together from constants; whatever comes from outside is bound

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model import grid
from backend.model.cameras import Hours, ParticipationLevel, Pause
from backend.model.ids import CameraId, ConnectorId, IncidentId, SiteId
from backend.model.openings import Answer
from backend.model.positions import EARTH_RADIUS_M, Point, Position
from backend.model.sites import SiteKind
from backend.store.cameras import LEVELS

MOST_LOOKED_AT = 4000  # in one ring; some 16,000 that reach a place stand on a square kilometre then
_EASY = 1.002  # what the flat distance may be wrong by, up to 85 degrees north or south
_RINGS_M = (125, 250, 500)  # and then the radius


class Placed(msgspec.Struct, frozen=True, gc=False):
    """A camera as one incident finds it, apart from all rules; `model.cameras.Terms` are among it.

    `trouble` is its source's, in words; `device`: one brings its picture without a connector. `asked_until`
    and `answer` are what became of asking its owner for this incident.
    """

    id: CameraId
    site_id: SiteId
    name: str
    latitude: float
    longitude: float
    heading_deg: float | None
    field_deg: float
    height_m: float
    indoor: bool
    level: ParticipationLevel
    radius_m: int
    hours: Hours
    pause: Pause | None
    retired: bool
    connector_id: ConnectorId | None
    site: str
    kind: SiteKind
    trouble: str | None
    device: bool
    asked_until: datetime | None
    answer: Answer | None


class Look(msgspec.Struct, frozen=True, gc=False):
    """How far to look around a place, and at how many of the nearest."""

    reaching: int  # of those that reach the place; none reaches further than `radius_m`
    near: int  # of all within `radius_m`
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


class Around:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db, self._sql = connection, _SQL[connection.dialect.name == "sqlite"]

    async def one(self, camera: CameraId, incident: IncidentId) -> Placed | None:
        """A camera, retired or not."""
        found = await self._db.execute(self._sql.one, {"camera": camera, "incident": incident})
        held = found.one_or_none()
        return None if held is None else _placed(held)

    async def at_site(self, site: SiteId, incident: IncidentId) -> list[Placed]:
        found = await self._db.execute(self._sql.at_site, {"site": site, "incident": incident})
        return [_placed(held) for held in found]

    async def near(self, place: Point | Position, incident: IncidentId, look: Look) -> Found:
        """What lies around a place."""
        reaching: list[Placed] = []
        near: list[Placed] = []
        count = 0
        for held in await self._rows(self._sql.near, {**_given(place, look), "incident": incident}):
            *of_camera, reaches, is_near, count = held
            placed = _placed(of_camera)
            if reaches:
                reaching.append(placed)
            if is_near:
                near.append(placed)
        return Found(reaching, near, len(reaching) < look.reaching, count)

    async def _rows(self, question: TextClause, given: dict[str, Any]) -> Any:
        """On SQLite past SQLAlchemy, in the same transaction: one way to its thread and back, not four."""
        if self._db.dialect.name != "sqlite":
            return await self._db.execute(question, given)
        driver = (await self._db.get_raw_connection()).driver_connection
        assert driver is not None
        return await driver.execute_fetchall(question.text, given)


_KINDS = {kind.value: kind for kind in SiteKind}


def _placed(held: Sequence[Any]) -> Placed:
    """A row of `_TOLD`: some hundred of them are read for each look around."""
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
        retired,
        connector_id,
        site,
        kind,
        trouble,
        device,
        asked_until,
        answer,
    ) = held
    return Placed(
        camera_id,
        site_id,
        name,
        latitude,
        longitude,
        heading_deg,
        field_deg,
        height_m,
        bool(indoor),
        LEVELS[level],
        radius_m,
        _hours(days, from_min, to_min),
        None if paused_at is None else _pause(paused_at, paused_until),
        bool(retired),
        connector_id,
        site,
        _KINDS[kind],
        trouble,
        bool(device),
        _moment(asked_until),
        None if answer is None else Answer(answer),
    )


@lru_cache(maxsize=4096)
def _hours(days: int, from_min: int, to_min: int) -> Hours:
    """Many cameras keep the same hours."""
    return Hours(days=days, from_min=from_min, to_min=to_min)


def _pause(since: Any, until: Any) -> Pause | None:
    began = _moment(since)
    return None if began is None else Pause(since=began, until=_moment(until))


def _moment(held: Any) -> datetime | None:
    """What store.tables.Utc makes of it: SQLite keeps text, in UTC."""
    if held is None:
        return None
    moment: datetime = datetime.fromisoformat(held) if isinstance(held, str) else held
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _given(place: Point | Position, look: Look) -> dict[str, Any]:
    degree_m = math.pi * EARTH_RADIUS_M / 180
    given: dict[str, Any] = {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "metres_north": degree_m,
        "metres_east": degree_m * math.cos(math.radians(place.latitude)),
        "within_2": (look.radius_m * _EASY) ** 2,
        "most_reaching": look.reaching,
        "most_near": look.near,
        "most_counted": look.count,
        "most": MOST_LOOKED_AT,
    }
    seen: set[int] = set()
    for ring, outer in enumerate((*_RINGS_M, look.radius_m)):
        cells = set(grid.cells_within(place, min(outer, look.radius_m))) - seen
        seen |= cells
        given[f"cells_{ring}"] = _listed(cells)
    inside = set(grid.cells_inside(place, look.radius_m))
    given["cells_inside"] = _listed(inside)
    given["cells_across"] = _listed(seen - inside)
    return given


def _listed(cells: set[int]) -> str:
    return msgspec.json.encode(cells).decode()


# A row as `_placed` takes it; `c` are the chosen cameras, of which only those in trouble need their source.
_TOLD = """
  c.id, c.site_id, c.name, c.latitude, c.longitude, c.heading_deg, c.field_deg, c.height_m, c.indoor, c.level,
  c.radius_m, c.days, c.from_min, c.to_min, c.paused_at, c.paused_until, c.retired_at IS NOT NULL,
  c.connector_id, s.name, s.kind, t.trouble,
  EXISTS (SELECT 1 FROM devices v WHERE v.camera_id = c.id AND v.retired_at IS NULL), a.expires_at, a.answer
"""
_BESIDE = """
  JOIN sites s ON s.id = c.site_id
  LEFT JOIN sources t ON t.connector_id = c.connector_id AND t.name = c.source AND t.trouble IS NOT NULL
  LEFT JOIN asks a ON a.camera_id = c.id AND a.incident_id = :incident
"""
# The squared distance to the place in metres, as on a flat map; also across the 180th meridian.
_NORTH = "(latitude - :latitude) * :metres_north"
_EAST = "(180 - abs(180 - abs(longitude - :longitude))) * :metres_east"
_FLAT_2 = f"({_NORTH}) * ({_NORTH}) + ({_EAST}) * ({_EAST})"


class _Sql:
    """The questions, as one kind of database takes them."""

    def __init__(self, *, sqlite: bool) -> None:
        self._sqlite = sqlite
        self._key = "rowid" if sqlite else "id"  # SQLite's indexes hold it, and it is the shorter way back
        told = f"SELECT {_TOLD} FROM cameras c {_BESIDE}"
        self.one: TextClause = text(f"{told} WHERE c.id = :camera")
        self.at_site: TextClause = text(f"{told} WHERE c.site_id = :site AND c.retired_at IS NULL")
        self.near: TextClause = text(self._near())

    def _near(self) -> str:
        """The nearest that reach the place and the nearest of all, each camera once; a count beside them."""
        rings = len(_RINGS_M) + 1
        ctes = [self._ring("reach", ring, "most_reaching", "TRUE") for ring in range(rings)]
        ctes.append(f"reaching AS MATERIALIZED ({self._nearest('reach', 'most_reaching')})")
        too_few = "(SELECT count(*) FROM reaching) < :most_reaching"
        ctes += [self._ring("near", ring, "most_near", too_few) for ring in range(rings)]
        ctes.append(f"near AS ({self._nearest('near', 'most_near')})")
        ctes.append(
            "chosen AS (SELECT k, max(reaches) AS reaches, max(near) AS near FROM ("
            "SELECT k, 1 AS reaches, 0 AS near FROM reaching UNION ALL SELECT k, 0, 1 FROM near"
            ") e GROUP BY k)"
        )
        ctes.append(f"counted AS (SELECT count(*) AS n FROM ({self._counted()}) e)")
        return (
            f"WITH {', '.join(ctes)} SELECT {_TOLD}, n.reaches, n.near, (SELECT n FROM counted) "
            f"FROM chosen n CROSS JOIN cameras c {_BESIDE} WHERE c.{self._key} = n.k"
        )

    def _ring(self, name: str, ring: int, most: str, wanted: str) -> str:
        """What one ring holds, unless those within it hold enough: then it is not looked at.

        Of those that reach the place only cameras that reach further than the ring within are looked at.
        """
        inner_m = _RINGS_M[ring - 1] if ring else 0
        enough = " + ".join(
            f"(SELECT count(*) FROM {name}_{at} WHERE flat_2 <= {(inner_m / _EASY) ** 2})"
            for at in range(ring)
        )
        goes_on = f"{wanted} AND {enough} < :{most}" if ring else wanted
        cells = f"CASE WHEN {goes_on} THEN :cells_{ring} ELSE '[]' END"
        reaching = name == "reach"
        further = f" AND reach_m > {inner_m / _EASY:.0f}" if reaching else ""
        within = f"reach_m * reach_m * {_EASY**2}" if reaching else ":within_2"
        return (
            f"{name}_{ring} AS MATERIALIZED (SELECT k, flat_2 FROM ("
            f"SELECT {self._key} AS k, reach_m, {_FLAT_2} AS flat_2 FROM cameras "
            f"WHERE cell {self._among(cells)}{further} LIMIT :most"
            f") e WHERE flat_2 <= {within})"
        )

    def _nearest(self, name: str, most: str) -> str:
        rings = " UNION ALL ".join(f"SELECT k, flat_2 FROM {name}_{at}" for at in range(len(_RINGS_M) + 1))
        return f"SELECT k FROM ({rings}) e ORDER BY flat_2, k LIMIT :{most}"

    def _counted(self) -> str:
        """Of cells that lie wholly within the radius no distance is needed."""
        return (
            f"SELECT 1 FROM cameras WHERE cell {self._among(':cells_inside')} UNION ALL "
            f"SELECT 1 FROM (SELECT {_FLAT_2} AS flat_2 FROM cameras "
            f"WHERE cell {self._among(':cells_across')} LIMIT :most) e WHERE flat_2 <= :within_2 "
            "LIMIT :most_counted"
        )

    def _among(self, cells: str) -> str:
        """In a list given as JSON, so that the question is one text however long the list is."""
        if self._sqlite:
            return f"IN (SELECT value FROM json_each({cells}))"
        return (
            f"= ANY(ARRAY(SELECT CAST(e AS BIGINT) FROM json_array_elements_text(CAST({cells} AS JSON)) e))"
        )


_SQL = {sqlite: _Sql(sqlite=sqlite) for sqlite in (True, False)}
