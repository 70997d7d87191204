"""The session URLs that POST handed out: who may use each, and which ICE generation it is at.

RFC 9725 sections 4.2 and 4.3. Nothing is kept here: the engine holds a session and, as its tag, the protocol
and the hash of the bearer that opened it, and tells both again when this process comes back after a crash.
"""

import hmac
from enum import StrEnum

from media.ports import NoSuchSession, OpenSession, SessionId, Sfu
from signaling.bearer import digest
from signaling.ports import Bearer, Refusal, Refused


class Protocol(StrEnum):
    WHIP = "whip"
    WHEP = "whep"


def tag(protocol: Protocol, bearer: Bearer) -> str:
    """What the engine keeps with a session: no secret, SHA-256 (in hexadecimal) of one."""
    return f"{protocol}:{digest(bearer).hex()}"


def find(sfu: Sfu, session: SessionId, protocol: Protocol, bearer: Bearer) -> OpenSession:
    """The session behind a URL. Raises NoSuchSession, or Refused when another bearer opened it."""
    known = sfu.session(session)
    if known is None or not known.tag.startswith(f"{protocol}:"):
        raise NoSuchSession("the session ended or never was")
    if not hmac.compare_digest(known.tag, tag(protocol, bearer)):
        raise Refused(Refusal.UNKNOWN)
    return known
