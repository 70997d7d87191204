"""MAVLink 2 on the wire: frames out of bytes, signatures made and checked. pymavlink knows what is in them.

Both ends of a drone's link use it. The signatures are checked here and not by pymavlink, which takes a forged
message's time for seen before it looks at the signature: one forged packet from the future would silence the
true sender. https://mavlink.io/en/guide/message_signing.html
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymavlink.dialects.v20 import common  # type: ignore[import-untyped]

KEY_BYTES = 32
_MARK, _HEADER, _CHECKSUM, _SIGNATURE, _SIGNED = 0xFD, 10, 2, 13, 0x01
_EPOCH_S = 1_420_070_400  # 2015-01-01, from which signatures count
_PER_S = 100_000
_LATE_S = 60  # how far behind our clock a sender may begin
_HEX = re.compile(r"[0-9a-fA-F]{64}")


class BadKey(ValueError):
    """The file holds no signing key; the message says what it should hold."""


def read_key(file: Path) -> bytes:
    """32 bytes, written as 64 hexadecimal digits. Raises BadKey, OSError."""
    text = file.read_text(errors="replace").strip()
    if _HEX.fullmatch(text) is None:
        raise BadKey(f"{file} must hold 64 hexadecimal digits: openssl rand -hex 32")
    return bytes.fromhex(text)


class Signer:
    """The key that both ends of a link have, and when each sender last used it."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time, link: int = 0) -> None:
        if len(key) != KEY_BYTES:
            raise BadKey("a signing key has 32 bytes")
        self._key, self._clock, self._link = key, clock, link
        self._last = 0
        self._heard: dict[tuple[int, int, int], int] = {}  # only senders who have the key are in it

    def __repr__(self) -> str:
        return "Signer(…)"

    def sign(self, frame: bytes) -> bytes:
        """What follows a frame whose header says that it is signed."""
        self._last = max(self._last + 1, self._now())
        stamp = bytes((self._link,)) + self._last.to_bytes(6, "little")
        return stamp + self._sum(frame + stamp)

    def check(self, frame: bytes) -> bool:
        """Whether a whole frame was signed with the key, later than all before it from this sender."""
        stamp = int.from_bytes(frame[-12:-6], "little")
        sender = frame[-13], frame[5], frame[6]
        if stamp <= self._heard.get(sender, self._now() - _LATE_S * _PER_S):
            return False
        if not hmac.compare_digest(self._sum(frame[:-6]), frame[-6:]):
            return False
        self._heard[sender] = stamp
        self._last = max(self._last, stamp)
        return True

    def _sum(self, frame: bytes) -> bytes:
        return hashlib.sha256(self._key + frame).digest()[:6]

    def _now(self) -> int:
        return int((self._clock() - _EPOCH_S) * _PER_S)


class Writer:
    """What one component says. `signer` is shared by all who speak for one system."""

    def __init__(self, system: int, component: int, signer: Signer | None) -> None:
        self._mav = common.MAVLink(None, system, component)
        self._signer = signer

    def pack(self, message: Any) -> bytes:
        frame = bytes(message.pack(self._mav))
        self._mav.seq = (self._mav.seq + 1) % 256
        if self._signer is None:
            return frame
        frame = self._with_flag(frame, message.crc_extra)
        return frame + self._signer.sign(frame)

    @staticmethod
    def _with_flag(frame: bytes, extra: int) -> bytes:
        """The same frame, its header saying that a signature follows."""
        body = bytes((frame[0], frame[1], frame[2] | _SIGNED)) + frame[3:-_CHECKSUM]
        crc = common.x25crc(body[1:])
        crc.accumulate(bytes((extra,)))
        return body + int(crc.crc).to_bytes(2, "little")


class Reader:
    """Bytes of one peer in, messages out. No frame, or not signed where it must be: counted only."""

    def __init__(self, signer: Signer | None) -> None:
        self.garbled = self.refused = 0
        self._signer = signer
        self._mav = common.MAVLink(None)
        self._rest = b""  # never more than one frame

    def whole(self, datagram: bytes) -> list[Any]:
        """As `feed`, for bytes that no others belong to: half a frame spoils nobody else's."""
        self._rest = b""
        found = self.feed(datagram)
        self._rest = b""
        return found

    def feed(self, data: bytes) -> list[Any]:
        """Messages of the common dialect. MAVLink 1 is not read: it has no signing."""
        data, at, found = self._rest + data, 0, []
        while (at := data.find(_MARK, at)) >= 0:
            if len(data) - at < _HEADER:
                break
            signed = data[at + 2] & _SIGNED
            size = _HEADER + data[at + 1] + _CHECKSUM + (_SIGNATURE if signed else 0)
            if data[at + 2] & ~_SIGNED:  # a flag that nobody has given a meaning
                self.garbled, at = self.garbled + 1, at + 1
                continue
            if len(data) - at < size:
                break
            frame = data[at : at + size]
            try:
                message = self._mav.decode(bytearray(frame))
            except Exception:
                self.garbled, at = self.garbled + 1, at + 1
                continue
            at += size
            if self._signer is not None and not (signed and self._signer.check(frame)):
                self.refused += 1
            elif not message.get_type().startswith(("UNKNOWN", "BAD_DATA")):
                found.append(message)
        self._rest = data[at:] if at >= 0 else b""
        return found
