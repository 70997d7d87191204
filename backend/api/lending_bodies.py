"""Requests and answers of those who lend cameras, and of supervisors who invite them."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID, LINE, LINES
from backend.model.cameras import LEAST_RADIUS_M, MOST_RADIUS_M, Hours, ParticipationLevel, View
from backend.model.positions import Point
from backend.model.sites import SiteKind

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=LINE)]
Address = Annotated[str, msgspec.Meta(max_length=200, pattern=LINE)]
DisplayName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=LINE)]
Numbers = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=40)], ...], msgspec.Meta(max_length=10)]
SourceName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=LINE)]
RadiusM = Annotated[int, msgspec.Meta(ge=LEAST_RADIUS_M, le=MOST_RADIUS_M)]
EMAIL = r"^([^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+)?\Z"  # or none
WEEK_MIN = 7 * 24 * 60


# -- becoming an owner ----------------------------------------------------------------------------


class LookInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class OwnerInvited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom an invitation is for."""

    agency: str
    display_name: str


class AcceptInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    name: DisplayName
    display_name: DisplayName
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    kind: SiteKind


class RequestInvitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: SiteKind
    display_name: DisplayName
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=EMAIL)]
    address: Address
    words: Annotated[str, msgspec.Meta(max_length=500, pattern=LINES)] = ""


class InviteOwner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    display_name: DisplayName


class InvitationLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes one person an owner, with its QR code as an SVG document; it is shown once."""

    url: str
    qr_svg: str


# -- sites and cameras ----------------------------------------------------------------------------


class AddSite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: SiteKind
    name: Name
    address: Address
    point: Point
    numbers: Numbers = ()


class AmendSite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is null stays."""

    name: Name | None = None
    address: Address | None = None
    point: Point | None = None
    numbers: Numbers | None = None


class RegisterCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    point: Point
    view: View
    indoor: bool
    connector_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None
    source: SourceName | None = None


class AmendCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is null stays; `unbind` takes the camera off its connector."""

    name: Name | None = None
    point: Point | None = None
    view: View | None = None
    indoor: bool | None = None
    level: ParticipationLevel | None = None
    radius_m: RadiusM | None = None
    hours: Hours | None = None
    sound: bool | None = None
    connector_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None
    source: SourceName | None = None
    unbind: bool = False


class PauseCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to a week; null: until it is resumed."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=WEEK_MIN)] | None
