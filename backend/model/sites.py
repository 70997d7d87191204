"""Sites: a shop, a home or a street corner where lent cameras stand, and whose they are."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import SiteId, UserId
from backend.model.people import Role, User
from backend.model.positions import Point, Position, distance_m


class SiteKind(StrEnum):
    """Whose cameras stand there."""

    BUSINESS = "business"
    RESIDENCE = "residence"
    CITY = "city"  # the agency's own: it has no owner, and supervisors manage it


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """`numbers` are the telephones there, in E.164: a call from one of them is the site's own."""

    id: SiteId
    kind: SiteKind
    name: str
    address: str
    point: Point
    added_at: datetime
    owner_id: UserId | None = None  # None for the city's
    numbers: tuple[str, ...] = ()
    retired_at: datetime | None = None


OWN_CALL_WITHIN_M = 1000.0  # a telephone of the site's that calls from farther away is somewhere else


def own_site(sites: list[Site], scene: Position | Point | None) -> Site | None:
    """Whose own call one from these sites' common number is; None when that is not plain.

    The nearest to the scene. While nobody knows where that is, the only one there is: of several none is
    guessed.
    """
    if scene is None:
        return sites[0] if len(sites) == 1 else None
    near = [(distance_m(scene, site.point), site.id, site) for site in sites]
    near = [found for found in near if found[0] <= OWN_CALL_WITHIN_M]
    return min(near)[2] if near else None


def may_manage(user: User, site: Site) -> bool:
    """The owner manages a site, a supervisor the city's. Nobody manages another's cameras."""
    if site.owner_id is not None:
        return user.id == site.owner_id and user.role is Role.OWNER
    return user.role is Role.SUPERVISOR
