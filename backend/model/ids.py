"""Ids and secrets: ids name things and may be logged; a secret opens something and shows itself as `…`."""

import hashlib
import secrets
from typing import NewType

UserId = NewType("UserId", str)
UnitId = NewType("UnitId", str)
IncidentId = NewType("IncidentId", str)
LinkId = NewType("LinkId", str)
GrantId = NewType("GrantId", str)
FeedId = NewType("FeedId", str)
MessageId = NewType("MessageId", str)
SessionId = NewType("SessionId", str)
SiteId = NewType("SiteId", str)
CameraId = NewType("CameraId", str)
ConnectorId = NewType("ConnectorId", str)
OpeningId = NewType("OpeningId", str)
AskId = NewType("AskId", str)
DeviceId = NewType("DeviceId", str)
RequestId = NewType("RequestId", str)
InvoiceId = NewType("InvoiceId", str)
PushId = NewType("PushId", str)
UseId = NewType("UseId", str)
ContestId = NewType("ContestId", str)
StatementId = NewType("StatementId", str)
GlassId = NewType("GlassId", str)
FindingId = NewType("FindingId", str)
UploadId = NewType("UploadId", str)
NoteId = NewType("NoteId", str)
DutyId = NewType("DutyId", str)
ResponseId = NewType("ResponseId", str)
PressId = NewType("PressId", str)
AlertId = NewType("AlertId", str)
DockId = NewType("DockId", str)
DroneId = NewType("DroneId", str)
FlightId = NewType("FlightId", str)
WatchId = NewType("WatchId", str)
WordId = NewType("WordId", str)
TransferId = NewType("TransferId", str)

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_CHARS = 22  # 128 bits in base 62


def base62(raw: bytes) -> str:
    """16 bytes as 22 characters of [0-9A-Za-z]; raises ValueError for any other length."""
    if len(raw) != 16:
        raise ValueError("base62 takes 16 bytes")
    number, text = int.from_bytes(raw, "big"), ""
    for _ in range(TOKEN_CHARS):
        number, digit = divmod(number, 62)
        text = _ALPHABET[digit] + text
    return text


def new_id(prefix: str) -> str:
    """`prefix_` and 128 random bits."""
    return f"{prefix}_{base62(secrets.token_bytes(16))}"


class Secret:
    """A secret of at most 128 characters. It never prints itself and is kept only as `hashed`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not 1 <= len(text) <= 128:
            raise ValueError("a secret has 1 to 128 characters")
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one place that hands it to its owner."""
        return self._text

    @property
    def hashed(self) -> str:
        """SHA-256 in hex. Enough for secrets of 128 random bits, and for nothing shorter."""
        return hashlib.sha256(self._text.encode("utf-8", "surrogatepass")).hexdigest()

    def __repr__(self) -> str:
        return "…"

    __str__ = __repr__


class Token(Secret):
    """What a text message carries: it opens one link."""

    __slots__ = ()


class GrantSecret(Secret):
    """The bearer of an Authorization header: it allows one kind of use of one feed."""

    __slots__ = ()


class EnrolmentCode(Secret):
    """What an owner types into a connector, once."""

    __slots__ = ()


class InvitationToken(Secret):
    """What makes one person an owner."""

    __slots__ = ()


class DeviceToken(Secret):
    """What a body-worn camera or an encoder publishes by."""

    __slots__ = ()


class Cookie(Secret):
    """What a signed-in browser carries."""

    __slots__ = ()


def new_secret() -> str:
    """128 random bits in base 62."""
    return base62(secrets.token_bytes(16))
