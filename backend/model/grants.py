"""Grants: what a redeemed link or a signed-in person may do with one feed, and for how long."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import FeedId, GrantId, IncidentId, LinkId, UserId
from backend.model.refusals import Refusal


class Scope(StrEnum):
    """What a grant allows."""

    PUBLISH = "publish"  # the caller's picture and position
    POSITION = "position"  # the caller's position only
    UPLOAD = "upload"  # photos and clips of the caller's, and nothing else
    WATCH = "watch"  # one staff member, one feed


_MORE = {Scope.PUBLISH: (Scope.POSITION, Scope.UPLOAD)}  # what a scope allows beside itself


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant as stored; its secret is kept only hashed."""

    id: GrantId
    scope: Scope
    incident_id: IncidentId
    issued_at: datetime
    expires_at: datetime
    link_id: LinkId | None = None
    feed_id: FeedId | None = None
    user_id: UserId | None = None
    revoked_at: datetime | None = None


def check(grant: Grant | None, scope: Scope, now: datetime) -> Refusal | None:
    """May this grant be used for that, now?"""
    if grant is None:
        return Refusal.GRANT_UNKNOWN
    if grant.revoked_at is not None:
        return Refusal.GRANT_REVOKED
    if now >= grant.expires_at:
        return Refusal.GRANT_EXPIRED
    if grant.scope is not scope and scope not in _MORE.get(grant.scope, ()):
        return Refusal.WRONG_SCOPE
    return None
