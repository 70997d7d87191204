"""Connectors: the agents beside cameras that dial out, as the server knows them."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import ConnectorId, SiteId

CODE_LASTS = timedelta(minutes=15)


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
    retired_at: datetime | None = None


class SourceKind(StrEnum):
    """How a connector came to know a camera."""

    ONVIF = "onvif"
    RTSP = "rtsp"


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
