"""Handling: which dispatcher has an incident, and its transfer to a colleague.

An offer changes nothing: the incident is the giver's until a colleague accepts. Rules only; no clock, no I/O.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import IncidentId, TransferId, UserId
from backend.model.people import Role, User
from backend.model.refusals import Refusal

LASTS = timedelta(seconds=60)  # an offer that nobody answers goes back


class TransferEnd(StrEnum):
    """What became of an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"  # by whom it was offered to
    LAPSED = "lapsed"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # by the giver, or by another offer
    CLOSED = "closed"  # the incident was


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of one incident to a colleague, or to whoever at the desk takes it first."""

    id: TransferId
    incident_id: IncidentId
    from_id: UserId
    to_id: UserId | None
    offered_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    end: TransferEnd | None = None


class HandlerView(msgspec.Struct, frozen=True, kw_only=True):
    """Who has an incident. `from_id` is who gave it to them."""

    user_id: str
    name: str
    since: datetime
    from_id: str | None


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that waits for its answer; `to_id` is None for whoever takes it first."""

    id: str
    from_id: str
    from_name: str
    to_id: str | None
    to_name: str | None
    expires_at: datetime


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else at the desk whose console is open, with how many open incidents they have."""

    user_id: str
    name: str
    role: Role
    incidents: int


def may_offer(user: User, handler: UserId | None) -> bool:
    """Whoever has it; a supervisor anybody's."""
    return user.id == handler or user.role is Role.SUPERVISOR


def check_answer(transfer: Transfer, user: User, now: datetime, *, accept: bool) -> Refusal | None:
    """Why this person may not answer it so. To decline is for whom it was offered to by name."""
    if transfer.ended_at is not None or now >= transfer.expires_at:
        return Refusal.TRANSFER_OVER
    if transfer.to_id is None:
        return None if accept and user.id != transfer.from_id else Refusal.NOT_YOURS
    return None if user.id == transfer.to_id else Refusal.NOT_YOURS
