"""Uploads: photos and clips that a caller has chosen to send. Values and bounds, no steps."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import IncidentId, LinkId, UploadId, UseId

MOST_BYTES = 100 * 1024 * 1024  # of one, as it is sent
MOST = 20  # of one link
MOST_OPEN = 3  # of one link, that are not whole
MOST_WAITING = 100  # of all links together, that are whole and wait to be made anew
LASTS = timedelta(hours=24)  # for sending one


class UploadState(StrEnum):
    """How far it is."""

    RECEIVING = "receiving"
    CHECKING = "checking"  # whole, and made anew
    READY = "ready"
    REFUSED = "refused"  # neither a photo nor a clip that can be shown; it is deleted
    EXPIRED = "expired"  # never whole; it is deleted


OPEN = (UploadState.RECEIVING, UploadState.CHECKING)


class UploadKind(StrEnum):
    """By what is in it."""

    PHOTO = "photo"
    CLIP = "clip"


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """One file. `use_id` is by what the public log knows it, once somebody has looked."""

    id: UploadId
    link_id: LinkId
    incident_id: IncidentId
    use_id: UseId
    state: UploadState
    length: int
    received: int
    begun_at: datetime
    expires_at: datetime
    kind: UploadKind | None = None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


class UploadView(msgspec.Struct, frozen=True, kw_only=True):
    """What those on the incident know of it before they look."""

    id: str
    link_id: str
    state: UploadState
    length: int
    received: int
    begun_at: datetime
    kind: UploadKind | None
    width: int | None
    height: int | None
    seconds: float | None


def view(upload: Upload) -> UploadView:
    return UploadView(
        id=upload.id,
        link_id=upload.link_id,
        state=upload.state,
        length=upload.length,
        received=upload.received,
        begun_at=upload.begun_at,
        kind=upload.kind,
        width=upload.width,
        height=upload.height,
        seconds=upload.seconds,
    )
