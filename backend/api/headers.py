"""Headers that every answer carries, unless it has its own: no sniffing, no keeping, and TLS from here on.

Stands around the whole application, so that no answer can forget them.
"""

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

HSTS = "max-age=31536000"  # of this host only (RFC 6797): others of the domain are not ours to promise for


def around(app: ASGIApp, *, secure: bool) -> ASGIApp:
    """The same application; `secure` when browsers reach it by TLS."""

    async def headed(scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
                if secure:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        await app(scope, receive, answer if scope["type"] == ScopeType.HTTP else send)

    return headed
