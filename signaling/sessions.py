"""The session URLs that POST handed out: who may use each, and which ICE generation it is at.

RFC 9725 sections 4.2 and 4.3. Holds no media and no secret: a session is in the engine, its bearer's hash is
here. Entries of sessions that ended by themselves stay until they are pushed out; they open nothing.
"""

import hmac
from collections import OrderedDict
from enum import StrEnum

import msgspec

from media.ports import NoSuchSession, SessionId
from signaling.bearer import digest
from signaling.ports import Bearer, Refusal, Refused

_MOST = 16_384  # the oldest goes first; far more than an engine has sessions


class Protocol(StrEnum):
    WHIP = "whip"
    WHEP = "whep"


class Entry(msgspec.Struct):
    protocol: Protocol
    bearer: bytes  # SHA-256
    etag: str


class Sessions:
    """One for the application; made by `signaling.routes.create_router`."""

    def __init__(self) -> None:
        self._entries: OrderedDict[SessionId, Entry] = OrderedDict()

    def add(self, session: SessionId, protocol: Protocol, bearer: Bearer, etag: str) -> None:
        if len(self._entries) >= _MOST:
            self._entries.popitem(last=False)
        self._entries[session] = Entry(protocol, digest(bearer), etag)

    def get(self, session: SessionId, protocol: Protocol, bearer: Bearer) -> Entry:
        """Raises NoSuchSession, or Refused when another bearer opened it."""
        entry = self._entries.get(session)
        if entry is None or entry.protocol is not protocol:
            raise NoSuchSession("the session ended or never was")
        if not hmac.compare_digest(entry.bearer, digest(bearer)):
            raise Refused(Refusal.UNKNOWN)
        return entry

    def remove(self, session: SessionId) -> None:
        self._entries.pop(session, None)
