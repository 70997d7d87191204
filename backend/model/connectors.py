"""Connectors: the agents beside cameras that dial out, as the server knows them. Values and rules only."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import ConnectorId, SiteId, UserId
from backend.model.refusals import Refusal

CODE_LASTS = timedelta(minutes=15)
CODE_CHARS = 12  # of Crockford's base 32: 60 bits
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MINUTE_LATE = timedelta(hours=48)  # a connector that was away that long has no minutes to tell any more
MINUTE_EARLY = timedelta(minutes=2)  # by how much its clock may be ahead of ours
TRAFFIC_KEPT = timedelta(days=92)
RETURNS = 2  # an instance that comes back so often after others took its place runs beside them
_INSTANCES = 64

_READ_AS = str.maketrans("OIL", "011", "- ")


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """An owner's code for one connector at one site. It is stored only hashed."""

    site_id: SiteId
    issued_by: UserId
    expires_at: datetime
    used_at: datetime | None = None


def check(enrolment: Enrolment | None, now: datetime) -> Refusal | None:
    """Why a connector cannot be enrolled by this code, if it cannot."""
    if enrolment is None:
        return Refusal.ENROLMENT_UNKNOWN
    if enrolment.used_at is not None:
        return Refusal.ENROLMENT_USED
    return Refusal.ENROLMENT_EXPIRED if now >= enrolment.expires_at else None


def spelled(number: int) -> str:
    """A code for people to read out: 60 bits as three groups of four."""
    digits = [CODE_ALPHABET[number >> 5 * place & 31] for place in reversed(range(CODE_CHARS))]
    return "-".join("".join(digits[at : at + 4]) for at in range(0, CODE_CHARS, 4))


def typed(code: str) -> str | None:
    """A code as somebody typed it, as it was meant: O is 0, I and L are 1. None when it cannot be one."""
    read = code.upper().translate(_READ_AS)
    return read if len(read) == CODE_CHARS and set(read) <= set(CODE_ALPHABET) else None


class Instances(msgspec.Struct, frozen=True):
    """Which processes have shown one connector's key, the last one last, and how often each came back.

    A process that restarts is another instance, and its last one never comes back. Of a key in two places
    both come back for as long as both run. Once is forgiven: what a dying process had sent may be read late.
    """

    seen: tuple[tuple[str, int], ...] = ()

    def shown_by(self, instance: str) -> "Instances":
        """As of this one's hello, which has the place from now on."""
        if self.seen and self.seen[-1][0] == instance:
            return self
        returns = next((times + 1 for name, times in self.seen if name == instance), 0)
        others = [held for held in self.seen if held[0] != instance]
        return Instances((*others, (instance, returns))[-_INSTANCES:])

    @property
    def are_copies(self) -> bool:
        """Whether the key is in two places."""
        return any(times >= RETURNS for _, times in self.seen)


class Clock(StrEnum):
    """How a connector's clock seems, by the minute that it tells of."""

    RIGHT = "right"
    AHEAD = "ahead"
    BEHIND = "behind"


def clock(minute: datetime, now: datetime) -> Clock:
    """Whether traffic of that minute can be told of now."""
    if minute > now + MINUTE_EARLY:
        return Clock.AHEAD
    return Clock.BEHIND if minute < now - MINUTE_LATE else Clock.RIGHT


class Connector(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is its Ed25519 public key, 32 bytes in base64url without padding."""

    id: ConnectorId
    site_id: SiteId
    name: str
    key: str
    enrolled_at: datetime
    seen_at: datetime | None = None
    version: str = ""
    trouble: str | None = None  # in words for the owner: its key is used in two places, say
    copied_at: datetime | None = None  # since when its key is known to be in two places: neither is let in
    retired_at: datetime | None = None


class SourceKind(StrEnum):
    """How a connector came to know a camera."""

    ONVIF = "onvif"
    RTSP = "rtsp"
    DRONE = "drone"  # a drone's own: it opens with its flight and is lent by nobody


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A camera as its connector describes it; never its address or password."""

    connector_id: ConnectorId
    name: str  # its name on the connector, unique there
    label: str  # for people: maker and model, or what the operator called it
    kind: SourceKind
    codec: str = ""  # h264, hevc; empty while unknown
    width: int = 0
    height: int = 0
    transcodes: bool = False  # it costs CPU: H.265 or B-frames
    has_sound: bool = False
    trouble: str | None = None  # in words for the owner
    seen_at: datetime


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector counted in one minute, zeros included; `signature` is its own."""

    connector_id: ConnectorId
    minute: datetime
    media_bytes: int  # sent towards us by RTP, all feeds together
    camera_bytes: int  # received from cameras
    control_bytes: int  # on the one WebSocket, both ways
    rtsp_sessions: int  # that were open at any time in it
    signature: str
