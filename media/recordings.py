"""Telemetry logs (.tlog): what a drone said, frame by frame with its moment, as ground stations keep it.

Each record is microseconds since 1970 as eight bytes, the first the highest, then one MAVLink frame as it
came (the format of MAVProxy, QGroundControl and Mission Planner). Needs no pymavlink: a frame's header tells
its length (https://mavlink.io/en/guide/serialization.html).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

_STAMP = 8
_SIGNED, _SIGNATURE = 1, 13


class BadRecording(ValueError):
    """Not a telemetry log, or one that was damaged; the message says where."""


class Heard(msgspec.Struct, frozen=True):
    """One frame, and when it was heard: seconds since 1970."""

    at_s: float
    frame: bytes


def record(heard: Heard) -> bytes:
    """As it stands in the file."""
    return round(heard.at_s * 1e6).to_bytes(_STAMP, "big") + heard.frame


def read(path: Path) -> Iterator[Heard]:
    """All of it, in order. Raises OSError, and BadRecording where the file is no longer one.

    A record that the end of the file cuts off is left out: whoever wrote it was ended in the middle.
    """
    with path.open("rb") as file:
        while stamp := file.read(_STAMP):
            at = file.tell() - len(stamp)
            frame = _frame(file) if len(stamp) == _STAMP else b""
            if frame is None:
                raise BadRecording(f"{path.name} is no telemetry log from byte {at} on.")
            if not frame:
                return
            yield Heard(int.from_bytes(stamp, "big") / 1e6, frame)


def _frame(file: IO[bytes]) -> bytes | None:
    """The next one; empty at the end, None for what is none."""
    header = file.read(3)
    if len(header) < 3:
        return b""
    match header[0]:
        case 0xFD:  # MAVLink 2
            rest = 9 + header[1] + (_SIGNATURE if header[2] & _SIGNED else 0)
        case 0xFE:  # MAVLink 1
            rest = 5 + header[1]
        case _:
            return None
    body = file.read(rest)
    return header + body if len(body) == rest else b""
