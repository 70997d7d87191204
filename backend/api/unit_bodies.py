"""Requests and answers of those who ride in units."""

from typing import Annotated

import msgspec

from backend.api.bodies import ID
from backend.model.duty import Crew, DutyView
from backend.model.responses import Status

PRESS = r"^prs_[0-9A-Za-z]{22}\Z"  # 128 random bits, made by the phone


class SignOn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`crew` is what to do where others are on duty already."""

    unit_id: Annotated[str, msgspec.Meta(pattern=ID)]
    crew: Crew = Crew.ALONE


class SignedOn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`over`: the names of those whose place was taken, and who have been told."""

    duty: DutyView
    over: tuple[str, ...]


class PressStatus(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One press. `age_ms` is how long ago it was, by the phone's stopwatch; null when it cannot tell."""

    press: Annotated[str, msgspec.Meta(pattern=PRESS)]
    status: Status
    age_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] | None = None


class UndoPress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The press that was a mistake, by its id."""

    press: Annotated[str, msgspec.Meta(pattern=PRESS)]


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the unit is sent."""

    incident_id: str
