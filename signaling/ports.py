"""The question that is asked before any media flows, and the answers to it.

Step 6 and 11 of the story. Declared here because signaling asks; answered by backend/services/access.
"""

from enum import StrEnum
from typing import NewType, Protocol, runtime_checkable

import msgspec

from media.ports import ALONE, FeedId, Group, Holder

Bearer = NewType("Bearer", str)  # the secret of an Authorization header; never logged, never stored


class Refusal(StrEnum):
    """Why a media session is not admitted."""

    UNKNOWN = "unknown-grant"  # no such grant: forged, or its secret is wrong
    EXPIRED = "grant-expired"
    REVOKED = "grant-revoked"
    WRONG_SCOPE = "wrong-scope"  # a grant for something else: to watch, or for the position only
    WRONG_FEED = "wrong-feed"
    ENDED = "incident-closed"
    NOT_OPENED = "not-opened"  # a lent camera that this person has not opened, or no longer
    RETIRED = "device-retired"
    NOT_NEEDED = "not-needed"  # a device's picture, now; it may try again
    LOG_AWAY = "log-away"  # the log cannot be written, so nothing that depends on it opens
    UNGRANTED = "ungranted"  # the engine does not take the log's grant for this


class Refused(Exception):
    """A media session was refused; the refusal is already in the audit log. `words` may be shown."""

    def __init__(self, refusal: Refusal, words: str = "") -> None:
        super().__init__(refusal.value)
        self.refusal, self.words = refusal, words


class Malformed(ValueError):
    """A request that cannot be taken as it is; the text says why and is safe to show."""

    def __init__(self, words: str, *, status: int = 400) -> None:
        super().__init__(words)
        self.status = status  # 400, 406, 412, 413, 415 or 428 as RFC 9725 asks


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """One media session may be opened on this feed, in this holder's name."""

    feed: FeedId
    holder: Holder
    group: Group = ALONE  # feeds that belong together, and so live in one engine
    own: bool = False  # of a publisher: a caller's own picture
    grant: bytes = b""  # of a subscriber: signed, for the engine (media/grants)


@runtime_checkable  # Litestar checks what it injects
class Gatekeeper(Protocol):
    """Asked before any media flows; the answer is already in the audit log. Raises Refused."""

    async def admit_publisher(self, bearer: Bearer) -> Admission: ...

    async def admit_subscriber(self, bearer: Bearer, feed: FeedId) -> Admission: ...
