"""Requests about broken glass and the weekly review."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID
from backend.model.glass import MOST_MINUTES, GlassReason
from backend.model.review import Outcome

_SAYS = r"^(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z"  # lines, and not only of blanks
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=_SAYS)]


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom, why, and for how long."""

    user_id: Annotated[str, msgspec.Meta(pattern=ID)]
    reason: GlassReason
    minutes: Annotated[int, msgspec.Meta(ge=1, le=MOST_MINUTES)] = MOST_MINUTES


class CloseFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    outcome: Outcome
    words: Words


class Remark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: Words
