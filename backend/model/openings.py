"""Openings: one person sees one camera for one incident, for a reason, until a time. And what owners say."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import AskId, CameraId, FeedId, IncidentId, OpeningId, UserId

OPENS_FOR = timedelta(minutes=30)  # then it must be renewed
ASKS_FOR = timedelta(seconds=60)


class Reason(StrEnum):
    """Why a camera is opened. There is no "other": what is not here is no reason."""

    SEE_SCENE = "see-scene"  # judge what is happening
    FIND_PERSON = "find-person"  # somebody in danger, or missing
    FOLLOW_SUSPECT = "follow-suspect"
    OFFICER_SAFETY = "officer-safety"
    SITE_CALL = "site-call"  # the site itself called


class OpeningEnd(StrEnum):
    """What ended one."""

    CLOSED = "closed"  # by who had opened it
    EXPIRED = "expired"
    INCIDENT_CLOSED = "incident-closed"
    RELEASED = "released"  # the officer's unit was taken off, or the person signed out
    OWNER_STOPPED = "owner-stopped"
    OWNER_PAUSED = "owner-paused"
    OWNER_CHANGED = "owner-changed"  # the level, the hours or the radius no longer allow it
    CONNECTOR_AWAY = "connector-away"
    CAMERA_TROUBLE = "camera-trouble"
    LOG_AWAY = "log-away"  # it could not be written down, so nobody saw it


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """`feed_id` is shared by all who see the same camera for the same incident."""

    id: OpeningId
    camera_id: CameraId
    incident_id: IncidentId
    feed_id: FeedId
    user_id: UserId
    reason: Reason
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    end: OpeningEnd | None = None

    def open_at(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.expires_at


class Answer(StrEnum):
    """What an owner said when asked."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Reach(StrEnum):
    """Who can have heard an ask, as far as is known."""

    TRYING = "trying"  # a push is on its way
    PUSH = "push"  # a push service took it for a device of the owner's
    PAGE = "page"  # the owner's page is open
    NOBODY = "nobody"  # no page is open, and no push service took it


class Waiter(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else who pressed while the owner was asked: the answer is theirs too."""

    user_id: UserId
    reason: Reason


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """An owner is asked once for each camera and incident; the answer stands while the incident is open."""

    id: AskId
    camera_id: CameraId
    incident_id: IncidentId
    asked_by: UserId
    reason: Reason
    asked_at: datetime
    expires_at: datetime
    reach: Reach = Reach.TRYING
    answer: Answer | None = None
    answered_at: datetime | None = None

    def said(self, now: datetime) -> Answer | None:
        """The answer as of now; None while there is time left."""
        if self.answer is None and now >= self.expires_at:
            return Answer.UNANSWERED
        return self.answer
