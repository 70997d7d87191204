"""What a connector and the server say to each other: JSON text frames on the one WebSocket it keeps.

The server begins with Challenge; the connector answers with Hello, signed by its Ed25519 key (RFC 8032);
then either may speak. What is said about drones stands in drone_frames. Shared by both sides, so it knows
neither: msgspec and nothing else.
"""

from datetime import datetime
from typing import Annotated

import msgspec

from media.connector.drone_frames import (
    MOST_DRONES,
    MOST_REPORTS,
    Do,
    DroneReport,
    DroneState,
    Result,
)

VERSION = 1
PATH = "/api/connectors/socket"
ENROL = "/api/connectors/enrol"
MAX_FRAME = 512 * 1024  # bytes; a preview is the largest
MAX_SOURCES = 64
ALIVE_EVERY_S = 5.0  # each side says something at least so often
DEAD_AFTER_S = 15.0  # and gives up a side that did not for so long

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.-]+\Z")]
Words = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 50)]


class _Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    pass


# Enrolment, by HTTP


class Enrol(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is the owner's, used once. `key` is an Ed25519 public key, base64url without padding."""

    code: Annotated[str, msgspec.Meta(max_length=32)]
    key: Annotated[str, msgspec.Meta(min_length=43, max_length=43, pattern=r"^[0-9A-Za-z_-]+\Z")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
    version: Annotated[str, msgspec.Meta(max_length=32, pattern=r"^[^\x00-\x1f\x7f]*\Z")]


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    connector: str  # its id, con_…
    site: str  # its site's name, for whoever stands there to check
    agency: str


# From the server


class Challenge(_Frame, frozen=True, kw_only=True, tag="challenge"):
    version: int
    nonce: str


class Welcome(_Frame, frozen=True, kw_only=True, tag="welcome"):
    """What it had running before is over unless it is started again."""

    site: str


class Start(_Frame, frozen=True, kw_only=True, tag="start"):
    """Open this source and publish it: POST an offer to `whip`, a path of the server, with `bearer`.

    One source may be wanted by several runs; it is opened once. `sound`: whether its owner lends that too.
    """

    run: Name
    source: Name
    whip: str
    bearer: str
    sound: bool


class Stop(_Frame, frozen=True, kw_only=True, tag="stop"):
    """End this run now; the last of a source closes its camera."""

    run: Name


class TakeStill(_Frame, frozen=True, kw_only=True, tag="take-still"):
    """The owner wants a preview: open the source for one picture."""

    source: Name


class Discover(_Frame, frozen=True, kw_only=True, tag="discover"):
    """The owner wants the local network searched again."""


class Command(_Frame, frozen=True, kw_only=True, tag="command"):
    """Have a drone do something. It is answered once, by `order`, when the drone has."""

    order: Name
    drone: Name
    do: Do


class Refuse(_Frame, frozen=True, kw_only=True, tag="refuse"):
    """Nothing more will be said; `retry` tells whether it helps to come back."""

    words: str
    retry: bool


# From the connector


class Hello(_Frame, frozen=True, kw_only=True, tag="hello"):
    """`instance` is random for each process, so that one key in two places is seen."""

    version: int
    connector: Name
    instance: Name
    software: Annotated[str, msgspec.Meta(max_length=32)]
    signature: Annotated[str, msgspec.Meta(max_length=128)]  # of `hello_text`, base64url without padding


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that it could open. `kind` is onvif, rtsp or drone."""

    name: Name
    label: Annotated[str, msgspec.Meta(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
    kind: Annotated[str, msgspec.Meta(pattern=r"^(onvif|rtsp|drone)\Z")]
    codec: Annotated[str, msgspec.Meta(max_length=16, pattern=r"^[a-z0-9]*\Z")] = ""
    width: Annotated[int, msgspec.Meta(ge=0, le=16384)] = 0
    height: Annotated[int, msgspec.Meta(ge=0, le=16384)] = 0
    transcodes: bool = False
    has_sound: bool = False
    trouble: Words | None = None


class Sources(_Frame, frozen=True, kw_only=True, tag="sources"):
    """All of them, whenever any of them changed."""

    sources: Annotated[tuple[SourceReport, ...], msgspec.Meta(max_length=MAX_SOURCES)]


class Running(_Frame, frozen=True, kw_only=True, tag="running"):
    """Its picture is on the way."""

    run: Name


class Failed(_Frame, frozen=True, kw_only=True, tag="failed"):
    """A run or a still that cannot be; `words` tell the owner what to do.

    `refused`: it was the service that took the picture no more, so nothing is wrong with the camera.
    """

    source: Name
    words: Words
    run: Name | None = None
    refused: bool = False


class Still(_Frame, frozen=True, kw_only=True, tag="still"):
    """A JPEG, at most 320 kB."""

    source: Name
    jpeg: Annotated[bytes, msgspec.Meta(max_length=320 * 1024)]


class Minute(_Frame, frozen=True, kw_only=True, tag="minute"):
    """What was counted in one minute, zeros included; `signature` is over `minute_text`."""

    minute: Annotated[datetime, msgspec.Meta(tz=True)]  # UTC, its first second
    media_bytes: Count
    camera_bytes: Count
    control_bytes: Count
    rtsp_sessions: Count
    signature: Annotated[str, msgspec.Meta(max_length=128)]


class Drones(_Frame, frozen=True, kw_only=True, tag="drones"):
    """All drones that it speaks to, whenever any of them changed."""

    drones: Annotated[tuple[DroneReport, ...], msgspec.Meta(max_length=MOST_DRONES)]


class Telemetry(_Frame, frozen=True, kw_only=True, tag="telemetry"):
    """Where its drones are, TELEMETRY_HZ times a second; each drone's own in the order they came."""

    states: Annotated[tuple[DroneState, ...], msgspec.Meta(max_length=MOST_REPORTS)]


class Answer(_Frame, frozen=True, kw_only=True, tag="answer"):
    """What became of a command. `words` are the drone's own; `sends` counts repeats."""

    order: Name
    drone: Name
    result: Result
    words: Words = ""
    sends: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 1
    took_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0


class Said(_Frame, frozen=True, kw_only=True, tag="said"):
    """A drone's STATUSTEXT; 0 is the gravest severity (RFC 5424), 7 the least."""

    drone: Name
    severity: Annotated[int, msgspec.Meta(ge=0, le=7)]
    words: Words


class Alive(_Frame, frozen=True, kw_only=True, tag="alive"):
    """Nothing happened."""


FromServer = Challenge | Welcome | Start | Stop | TakeStill | Discover | Command | Refuse | Alive
FromConnector = (
    Hello | Sources | Running | Failed | Still | Minute | Drones | Telemetry | Answer | Said | Alive
)


def hello_text(nonce: str, connector: str, instance: str) -> bytes:
    """What Hello's signature is over: bound to this socket by the server's nonce."""
    return "\n".join(("sightline-connector-hello", nonce, connector, instance)).encode()


def minute_text(connector: str, minute: Minute) -> bytes:
    """What a minute's signature is over; the minute as UTC to the second."""
    return "\n".join(
        (
            "sightline-connector-minute",
            connector,
            minute.minute.strftime("%Y-%m-%dT%H:%M:%SZ"),
            str(minute.media_bytes),
            str(minute.camera_bytes),
            str(minute.control_bytes),
            str(minute.rtsp_sessions),
        )
    ).encode()
