"""Requests about care and handling."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class ChooseCare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    blur: bool
    still_first: bool


class ReportExposure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long one picture was on the page, uncovered, since the last report of it."""

    feed_id: Annotated[str, msgspec.Meta(pattern=ID)]
    motion_s: Seconds
    still_s: Seconds


class OfferIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`user_id` is null for whoever at the desk takes it first."""

    user_id: Annotated[str, msgspec.Meta(pattern=ID)] | None = None
