"""Uses: one person sees one picture. What is written of it in the public log, and what stays a commitment.

A leaf of the log holds a salted commitment for each field and nothing else; docs/log.md says how one is
checked. The fields and salts are kept beside the leaf, and opened as they become public, which is decided in
backend/model/disclosure. Rules only.
"""

import base64
import hashlib
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from backend.model.ids import CameraId, FeedId, GrantId, IncidentId, OpeningId, UseId, UserId

SALT_BYTES = 16
NONE = "none"  # of a field that this kind of use does not have: which fields there are tells nothing
_CONTEXT = b"sightline-commitment/v1\n"
_BANDS_M = (50, 100, 250, 500, 1000)


class LeafKind(StrEnum):
    """What a leaf is about."""

    OPEN = "open"  # somebody may see a picture from now on
    RENEW = "renew"  # and for longer
    END = "end"  # somebody saw it: for how long, and how many bytes
    CLOSE = "close"  # an opening of a lent camera is over, seen or not
    SEAL = "seal"  # a use is withheld for an open investigation, until when
    UNSEAL = "unseal"  # and no longer
    ERASE = "erase"  # fields of a use can never be opened any more
    CONTEST = "contest"  # an owner or a caller says that it should not have been
    ANSWER = "answer"  # what the agency says to that
    LOOK = "look"  # somebody looked at a still that was kept of a use
    BREAK_GLASS = "break-glass"  # a supervisor lets a role see what the rules lock out


class Ground(StrEnum):
    """What an opening stands on."""

    RULES = "rules"
    BREAK_GLASS = "break-glass"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of a picture that somebody saw. As yet the service has no way to record."""

    stills: int = 0
    recorded: bool = False


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What a commitment hides. `salt` is base64; without it the value is gone for good."""

    value: str
    salt: str | None


class UseEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One leaf with what it commits to. `index` is None until the log has it; `number` is its place here.

    `key` is what the use hangs on: an opening, or the grant of somebody who watches another picture.
    """

    id: UseId
    key: str
    kind: LeafKind
    incident_id: IncidentId | None
    feed_id: FeedId | None
    user_id: UserId | None  # None: a caller's own step
    at: datetime
    leaf: bytes = b""
    fields: dict[str, Field] = {}
    number: int = 0
    camera_id: CameraId | None = None
    opening_id: OpeningId | None = None
    grant_id: GrantId | None = None
    expires_at: datetime | None = None  # of what it allows
    index: int | None = None
    session: str | None = None  # of an END: which media session it tells of

    @property
    def there(self) -> frozenset[str]:
        """The fields that are not erased."""
        return frozenset(name for name, field in self.fields.items() if field.salt is not None)


def commitment(field: str, salt: bytes, value: str) -> bytes:
    """SHA-256 over the field's name, its salt and its value."""
    return hashlib.sha256(_CONTEXT + field.encode() + b"\n" + salt + value.encode()).digest()


def committed(name: str, value: str, salt: str) -> str:
    """The commitment in base64, as a leaf has it. Raises ValueError unless the salt is 16 bytes in base64."""
    raw = base64.b64decode(salt, validate=True)
    if len(raw) != SALT_BYTES or base64.b64encode(raw).decode() != salt:
        raise ValueError(f"a salt is {SALT_BYTES} bytes in base64, spelt in one way")
    return base64.b64encode(commitment(name, raw, value)).decode()


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the log: `c` has a commitment for each field, by its name."""

    v: int
    type: str
    c: dict[str, str]


def leaf(kind: LeafKind, fields: dict[str, Field]) -> bytes:
    """Deterministic JSON: every field as its commitment."""
    made = Leaf(v=1, type=kind.value, c={name: _commit(name, field) for name, field in fields.items()})
    return msgspec.json.encode(made, order="sorted")


def read_leaf(raw: bytes) -> Leaf:
    """Raises ValueError for bytes that are no leaf."""
    try:
        return msgspec.json.decode(raw, type=Leaf)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _commit(name: str, field: Field) -> str:
    if field.salt is None:
        raise ValueError("a field without its salt commits to nothing")
    return committed(name, field.value, field.salt)


def salted(value: str, salt: bytes) -> Field:
    """A field with its salt, which must be random and its own."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt is 16 random bytes")
    return Field(value=value, salt=base64.b64encode(salt).decode())


def exact(at: datetime) -> str:
    """A moment to the second, in UTC: never public."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hour(local: datetime) -> str:
    """The day and the hour by the agency's clock, and no more of the time."""
    return local.strftime("%Y-%m-%dT%H")


def quarter(local: datetime) -> str:
    """For which pseudonyms hold."""
    return f"{local.year}Q{(local.month + 2) // 3}"


def band(distance_m: float | None) -> str:
    """How far the camera was from the incident, in words that give no place away."""
    if distance_m is None:
        return "unknown"
    return next((f"within {most} m" for most in _BANDS_M if distance_m <= most), "farther")
