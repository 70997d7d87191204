"""A camera's name and password as it asks for them: Digest (RFC 7616, RFC 2069), else Basic (RFC 7617).

Answers challenges and keeps nothing but the last one. The password never leaves but by what is asked for.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable

_HASHES = {"": "md5", "MD5": "md5", "SHA-256": "sha256"}  # what cameras ask for; MD5 is all that most know


class Login:
    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self._password = password
        self._asked: dict[str, str] | None = None
        self._basic = False
        self._count = 0  # of requests under one nonce

    def challenged(self, challenges: Iterable[str]) -> bool:
        """Take the best that is asked for; False when none is known here, or there is nothing to answer with.

        `challenges` are the values of WWW-Authenticate.
        """
        self._asked, self._basic, self._count = None, False, 0
        for challenge in challenges:
            method, _, rest = challenge.partition(" ")
            if method.lower() == "basic":
                self._basic = True
            elif method.lower() == "digest" and self._asked is None:
                asked = {n.lower(): q or p for n, q, p in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}
                if asked.get("algorithm", "").upper() in _HASHES:
                    self._asked = asked
        return bool(self.user) and (self._basic or self._asked is not None)

    def header(self, method: str, url: str) -> str:
        """The line of one request, empty before a challenge."""
        if self._asked is not None:
            return f"Authorization: Digest {', '.join(self._digest(self._asked, method, url))}\r\n"
        if self._basic:
            pair = base64.b64encode(f"{self.user}:{self._password}".encode()).decode()
            return f"Authorization: Basic {pair}\r\n"
        return ""

    def _digest(self, asked: dict[str, str], method: str, url: str) -> list[str]:
        algorithm = asked.get("algorithm", "").upper()

        def digest(text: str) -> str:
            return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        of_user, of_request = digest(f"{self.user}:{realm}:{self._password}"), digest(f"{method}:{url}")
        parts = [f'username="{self.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{url}"']
        if "auth" in [each.strip() for each in asked.get("qop", "").split(",")]:
            self._count += 1
            count, once = f"{self._count:08x}", secrets.token_hex(8)
            answer = digest(f"{of_user}:{nonce}:{count}:{once}:auth:{of_request}")
            parts += ["qop=auth", f"nc={count}", f'cnonce="{once}"']
        else:
            answer = digest(f"{of_user}:{nonce}:{of_request}")
        parts.append(f'response="{answer}"')
        parts += [f'opaque="{asked["opaque"]}"'] if "opaque" in asked else []
        parts += [f"algorithm={algorithm}"] if algorithm else []
        return parts
