"""Requests about uses in the public log."""

from typing import Annotated

import msgspec

from backend.model.sealing import MOST_DAYS, Erased, EraseReason, SealReason


class SealUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`days`: today is the first."""

    why: SealReason
    days: Annotated[int, msgspec.Meta(ge=1, le=MOST_DAYS)]


class EraseUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: EraseReason
    what: Erased
