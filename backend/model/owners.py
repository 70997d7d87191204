"""How somebody becomes an owner: by invitation, or by a request that a supervisor approves."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import PushId, RequestId, SessionId, UserId
from backend.model.refusals import Refusal
from backend.model.sites import SiteKind

INVITATION_LASTS = timedelta(days=14)


class OwnerInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """It makes one person an owner, once. Its token is stored only hashed."""

    invited_by: UserId
    display_name: str
    expires_at: datetime
    used_at: datetime | None = None


def check(invitation: OwnerInvitation | None, now: datetime) -> Refusal | None:
    """Why it cannot be accepted, if it cannot."""
    if invitation is None:
        return Refusal.INVITATION_UNKNOWN
    if invitation.used_at is not None:
        return Refusal.INVITATION_USED
    return Refusal.INVITATION_EXPIRED if now >= invitation.expires_at else None


class RequestState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


class OwnerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to lend cameras. `number` is in E.164."""

    id: RequestId
    kind: SiteKind
    display_name: str
    number: str
    email: str
    address: str
    words: str
    asked_at: datetime
    state: RequestState = RequestState.WAITING
    decided_by: UserId | None = None
    decided_at: datetime | None = None


class PushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 8030 and 8291: where a browser's push service takes messages, and the keys they are sealed with."""

    id: PushId
    user_id: UserId
    endpoint: str
    p256dh: str
    auth: str
    added_at: datetime
    session_id: SessionId | None = None  # that named it last
