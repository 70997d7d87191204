"""Sites: a shop, a home or a street corner where lent cameras stand, and whose they are."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import SiteId, UserId
from backend.model.people import Role, User
from backend.model.positions import Point


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


def may_manage(user: User, site: Site) -> bool:
    """The owner manages a site, a supervisor the city's. Nobody manages another's cameras."""
    if site.owner_id is not None:
        return user.id == site.owner_id and user.role is Role.OWNER
    return user.role is Role.SUPERVISOR
