"""Requests and answers about opening lent cameras, and about telling their owners."""

from typing import Annotated

import msgspec

from backend.api.bodies import LINES
from backend.model.lending import AskedView, OpeningView
from backend.model.openings import Reason

_KEY = r"^[0-9A-Za-z_-]*\Z"


class OpenCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class OpenedCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is open, or its owner is asked: one of the two is there."""

    opening: OpeningView | None
    asked: AskedView | None


class OpenedSite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is open to who pressed, the nearest first, and which owners are asked."""

    openings: tuple[OpeningView, ...]
    asked: tuple[AskedView, ...]


class AnswerAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    allow: bool


class PressPanic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    words: Annotated[str, msgspec.Meta(max_length=500, pattern=LINES)] = ""


class PanicPressed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    incident: str


class PushKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """RFC 8292: applicationServerKey, a P-256 point in base64url without padding."""

    key: str


class SubscribePush(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What PushSubscription.toJSON() says; the keys in base64url without padding (RFC 8291)."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    p256dh: Annotated[str, msgspec.Meta(max_length=128, pattern=_KEY)]
    auth: Annotated[str, msgspec.Meta(max_length=64, pattern=_KEY)]


class NamedPush(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of this person's browsers."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
