"""Everything that derives from the installation's secret key.

A link's token is derived, not stored: the outbox can make the text again after a crash, and the database
alone opens nothing (decision 0004). Nothing here may log.
"""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from backend.model.ids import GrantId, GrantSecret, LinkId, SessionId, Token, base62

CHALLENGE_LASTS = timedelta(minutes=10)


class Keys:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def _mac(self, purpose: str, *parts: str) -> bytes:
        text = "\x00".join((purpose, *parts)).encode()
        return hmac.digest(self._secret, text, "sha256")

    def token(self, link: LinkId) -> Token:
        """The 128-bit token of a link, the same each time."""
        return Token(base62(self._mac("link", link)[:16]))

    def publishing(self, grant: GrantId) -> GrantSecret:
        """What a connector publishes by, the same each time: it is told again after a restart of ours."""
        return GrantSecret(base62(self._mac("publishing", grant)[:16]))

    def pseudonym(self, kind: str, of: str, quarter: str) -> str:
        """What somebody is called in the public log for three months. Nobody without the key can tell who."""
        return base62(self._mac("pseudonym", kind, of, quarter)[:16])

    def csrf(self, session: SessionId) -> str:
        """The CSRF token of a session, the same each time."""
        return base62(self._mac("csrf", session)[:16])

    def code_hash(self, code: str) -> str:
        """A spoken code is too short for a plain hash: without the key a copy of the database finds it."""
        return self._mac("code", code).hex()

    def enrolment_hash(self, code: str) -> str:
        """The same for a code that enrols a connector."""
        return self._mac("enrolment", code).hex()

    def challenge(self, link: LinkId, now: datetime) -> str:
        """What a browser signs to redeem this link; good for 10 minutes."""
        at = str(int(now.timestamp()))
        return f"{at}.{base62(self._mac('challenge', link, at)[:16])}"

    def challenge_is_fresh(self, challenge: str, link: LinkId, now: datetime) -> bool:
        """Whether we gave it out for this link in the last 10 minutes."""
        at, _, _ = challenge.partition(".")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            return False
        given = datetime.fromtimestamp(int(at), UTC)
        expected = f"{at}.{base62(self._mac('challenge', link, at)[:16])}"
        genuine = hmac.compare_digest(expected.encode(), challenge.encode("utf-8", "replace"))
        return genuine and timedelta(seconds=-60) <= now - given <= CHALLENGE_LASTS


def same(given: str, expected: str) -> bool:
    """Equality that takes the same time wherever the first difference is."""
    return hmac.compare_digest(
        hashlib.sha256(given.encode("utf-8", "surrogatepass")).digest(),
        hashlib.sha256(expected.encode()).digest(),
    )
