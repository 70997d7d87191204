"""What owners are shown of what they lend, and the desk of what it may open: whole things, as in `views`."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.cameras import Hours, ParticipationLevel, Pause, Unavailable, View
from backend.model.openings import Answer, Reach, Reason
from backend.model.people import Role
from backend.model.positions import Point
from backend.model.sites import SiteKind


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that a connector has found; `camera_id` when it is registered."""

    name: str
    label: str
    codec: str
    width: int
    height: int
    transcodes: bool
    has_sound: bool
    trouble: str | None
    camera_id: str | None


class ConnectorView(msgspec.Struct, frozen=True, kw_only=True):
    """An agent beside cameras. `media_bytes_day` is what it says it sent in the last 24 hours."""

    id: str
    name: str
    connected: bool
    seen_at: datetime | None
    version: str
    trouble: str | None
    media_bytes_day: int
    sources: tuple[SourceView, ...]


class TrafficHour(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector counted in one hour. Fewer `minutes` than were `expected` are a gap, and no zeros."""

    at: datetime
    minutes: int  # that it told of
    expected: int  # that there were, since it was enrolled
    media_bytes: int
    camera_bytes: int
    control_bytes: int
    rtsp_sessions: int  # the most that were open in one minute


class TrafficView(msgspec.Struct, frozen=True, kw_only=True):
    """A connector's last seven days, oldest hour first."""

    hours: tuple[TrafficHour, ...]
    minutes: int
    forged: int  # that do not bear its signature
    verified: bool  # all do


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody sees a camera now: by role, never by name."""

    role: Role
    reason: Reason
    since: datetime
    until: datetime


class CameraView(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as its owner sees it. `still_at`: when the picture was taken that only the owner sees."""

    id: str
    site_id: str
    name: str
    point: Point
    view: View
    indoor: bool
    level: ParticipationLevel
    radius_m: int
    hours: Hours
    pause: Pause | None
    sound: bool
    connector_id: str | None
    source: str | None
    device: str | None  # the name of what brings its picture without a connector
    connected: bool
    trouble: str | None
    still_at: datetime | None
    watching: tuple[Watching, ...]


class SiteView(msgspec.Struct, frozen=True, kw_only=True):
    """A site with all that stands there. `cents_a_year` is the fee at the present levels."""

    id: str
    kind: SiteKind
    name: str
    address: str
    point: Point
    numbers: tuple[str, ...]
    cents_a_year: int
    cameras: tuple[CameraView, ...]
    connectors: tuple[ConnectorView, ...]


class AskView(msgspec.Struct, frozen=True, kw_only=True):
    """The owner is asked, and has until then to answer."""

    id: str
    camera_id: str
    incident_type: str
    reason: Reason
    asked_at: datetime
    expires_at: datetime


class OwnerView(msgspec.Struct, frozen=True, kw_only=True, tag="owner"):
    """Everything that one owner may see; sent again whole whenever any of it changes."""

    now: datetime  # the server's clock, to tell ages by
    sites: tuple[SiteView, ...]
    asks: tuple[AskView, ...]  # those without an answer


# For supervisors, who keep the city's.


class CityView(msgspec.Struct, frozen=True, kw_only=True, tag="city"):
    """The agency's own sites. They may be hundreds: after this a site is sent when it changes."""

    now: datetime
    sites: tuple[SiteView, ...]


class CitySite(msgspec.Struct, frozen=True, kw_only=True, tag="city-site"):
    """One of them as it is now, or for the first time."""

    now: datetime
    site: SiteView


class CitySiteGone(msgspec.Struct, frozen=True, kw_only=True, tag="city-site-gone"):
    """One of them was taken away."""

    now: datetime
    site_id: str


# For the desk and for officers.


class Offer(StrEnum):
    """What a press on a camera near an incident would do."""

    OPEN = "open"  # it opens
    ASK = "ask"  # its owner is asked first
    ASKING = "asking"  # and has not answered yet
    NO = "no"  # and `why` says why not


class NearbyCamera(msgspec.Struct, frozen=True, kw_only=True):
    """A camera near an incident; the best first."""

    camera_id: str
    name: str
    site: str
    kind: SiteKind
    point: Point
    view: View
    indoor: bool
    distance_m: float | None  # None while nobody knows where the incident is
    looks: bool  # towards the scene
    rank_m: float | None  # the less, the more it shows: its distance, and more for one that looks elsewhere
    own: bool  # of the site that called
    offer: Offer
    why: Unavailable | None


class Nearby(msgspec.Struct, frozen=True, kw_only=True):
    """Cameras near an incident: what may be opened first, nearest first, those that look towards it first."""

    cameras: tuple[NearbyCamera, ...]
    more: int  # that are near and did not fit


class OpeningView(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees which camera, why, and until when."""

    id: str
    camera_id: str
    feed_id: str
    user_id: str
    user: str  # display name
    reason: Reason
    opened_at: datetime
    expires_at: datetime


class WaiterView(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who sees a camera's picture if its owner allows it."""

    user_id: str
    user: str  # display name


class AskedView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking an owner. `waiting`: who asked first; nobody once there is an answer."""

    camera_id: str
    camera: str  # name
    asked_at: datetime
    expires_at: datetime
    reach: Reach
    answer: Answer | None
    waiting: tuple[WaiterView, ...] = ()
