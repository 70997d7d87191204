"""Cursor on Target: one thing on a map, as TAK clients read it (MITRE MP090284; event version 2.0).

Pure. What it is given is said and nothing else: no names, no numbers, no words of anybody.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from xml.etree import ElementTree

import msgspec

UNKNOWN = "9999999.0"  # an error or a height that nobody knows
REMOVED = timedelta(seconds=60)  # how long a client that is slow may still learn of it


class MarkerKind(StrEnum):
    """What stands there; the value is the event's type."""

    INCIDENT = "a-u-X-i"
    CALLER = "a-n-G"  # neutral, on the ground
    UNIT = "a-f-G-U"
    CAMERA = "b-m-p-s-p-loc"  # a sensor's place


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """Degrees, metres, metres a second; `at` is when it was so, `stale` when to believe it no more."""

    uid: str
    kind: MarkerKind
    label: str
    latitude: float
    longitude: float
    at: datetime
    stale: datetime
    accuracy_m: float | None = None
    guessed: bool = False  # by a person, and no receiver
    heading_deg: float | None = None
    speed_mps: float | None = None
    looks_deg: float | None = None  # clockwise from north; a camera's
    field_deg: float | None = None
    page: str | None = None  # an address that asks who one is before it shows a picture


def event(marker: Marker, now: datetime) -> bytes:
    """The marker as an event of UTF-8, with no declaration and no line feed."""
    root, detail = _event(
        marker.uid, marker.kind.value, "h-e" if marker.guessed else "m-g", now, marker.at, marker.stale
    )
    _point(root, marker.latitude, marker.longitude, marker.accuracy_m)
    root.append(detail)
    ElementTree.SubElement(detail, "contact", callsign=marker.label)
    if marker.heading_deg is not None or marker.speed_mps is not None:
        course, speed = marker.heading_deg or 0.0, marker.speed_mps or 0.0
        ElementTree.SubElement(detail, "track", course=f"{course:.1f}", speed=f"{speed:.1f}")
    if marker.kind is MarkerKind.CAMERA:
        sensor = ElementTree.SubElement(detail, "sensor", fov=f"{marker.field_deg or 360.0:.0f}")
        if marker.looks_deg is not None:
            sensor.set("azimuth", f"{marker.looks_deg:.0f}")
    if marker.page is not None:
        if marker.kind in (MarkerKind.CAMERA, MarkerKind.CALLER):
            ElementTree.SubElement(detail, "__video", url=marker.page)
        ElementTree.SubElement(detail, "link", relation="r-u", url=marker.page, mime="text/html")
    return _written(root)


def removal(marker: Marker, now: datetime) -> bytes:
    """What takes a marker off the maps that have it."""
    uid = f"{marker.uid}.removed"
    root, detail = _event(uid, "t-x-d-d", "m-g", now, now, now + REMOVED)
    _point(root, marker.latitude, marker.longitude, None)
    root.append(detail)
    ElementTree.SubElement(detail, "link", uid=marker.uid, relation="p-p", type=marker.kind.value)
    ElementTree.SubElement(detail, "__forcedelete")
    return _written(root)


def _written(root: ElementTree.Element) -> bytes:
    text: str = ElementTree.tostring(root, encoding="unicode")
    return text.encode()


def _event(
    uid: str, kind: str, how: str, now: datetime, start: datetime, stale: datetime
) -> tuple[ElementTree.Element, ElementTree.Element]:
    root = ElementTree.Element("event", version="2.0", uid=uid, type=kind, how=how)
    root.set("time", _moment(now))
    root.set("start", _moment(start))
    root.set("stale", _moment(stale))
    return root, ElementTree.Element("detail")


def _point(root: ElementTree.Element, latitude: float, longitude: float, accuracy_m: float | None) -> None:
    ce = UNKNOWN if accuracy_m is None else f"{accuracy_m:.1f}"
    point = {"lat": f"{latitude:.6f}", "lon": f"{longitude:.6f}", "hae": UNKNOWN, "ce": ce, "le": UNKNOWN}
    ElementTree.SubElement(root, "point", point)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
