"""Owners, sites and cameras for tests: made by the same requests as the pages make."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from backend.model.cameras import Camera, ParticipationLevel
from backend.model.ids import CameraId, SiteId, UserId, new_id
from backend.model.people import Role, User
from backend.model.positions import Point
from backend.model.sites import Site, SiteKind
from backend.store.store import Store
from backend.store.tables import connectors, sources
from tests.backend.house import House, Staff

HERE = Point(latitude=42.3223, longitude=-83.1763)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HEADER = "ffd8ffe000104a46494600010100000100010000ffc0000b080010001001011100ffda"
JPEG = bytes.fromhex(HEADER) + b"\x00\xff\xd9"  # 16 x 16, as far as its header says


def metres_from(place: Point, north: float, east: float) -> Point:
    """Near enough on the scale of a city."""
    return Point(latitude=place.latitude + north / 111_195, longitude=place.longitude + east / 82_200)


async def owner(house: House, name: str) -> Staff:
    """Somebody who lends cameras, signed in."""
    user = User(id=UserId(new_id("usr")), name=name, display_name=name.title(), role=Role.OWNER)
    async with house.parts.store.begin() as tx:
        await tx.users.add(user, "!")
    return await house.staff(name)


def a_site(**more: Any) -> Site:
    given = {
        "id": new_id("sit"),
        "kind": SiteKind.CITY,
        "name": "Corner",
        "address": "",
        "point": HERE,
        "added_at": NOW,
    }
    return Site(**{**given, **more})


def a_camera(site: SiteId, **more: Any) -> Camera:
    given = {
        "id": CameraId(new_id("cam")),
        "site_id": site,
        "name": "Door",
        "point": HERE,
        "added_at": NOW,
        "level": ParticipationLevel.NEARBY,
    }
    return Camera(**{**given, **more})


async def site_of(person: Staff, **more: Any) -> Any:
    """A business of theirs, over HTTP."""
    body = {
        "kind": "business",
        "name": "Bakery",
        "address": "1 Main St",
        "point": {"latitude": HERE.latitude, "longitude": HERE.longitude},
    }
    return await person.post("/api/sites", {**body, **more})


async def camera_of(person: Staff, site: Any, **more: Any) -> Any:
    """A camera at it, over HTTP."""
    body = {"name": "Front door", "point": site["point"], "view": {"heading_deg": 90.0}, "indoor": False}
    return await person.post(f"/api/sites/{site['id']}/cameras", {**body, **more})


async def connector_at(store: Store, site: str, *names: str) -> str:
    """A connector that has told of these cameras."""
    held = new_id("con")
    async with store.begin() as tx:
        await tx.lending._db.execute(
            insert(connectors).values(
                id=held, site_id=site, name="Back room", key=new_id("key"), enrolled_at=NOW, version="1"
            )
        )
        for name in names:
            await tx.lending._db.execute(
                insert(sources).values(
                    connector_id=held,
                    name=name,
                    label=f"Maker {name}",
                    kind="rtsp",
                    codec="h264",
                    width=1920,
                    height=1080,
                    transcodes=False,
                    has_sound=True,
                    seen_at=NOW,
                )
            )
    return held
