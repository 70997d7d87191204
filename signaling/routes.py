"""WHIP and WHEP as one router, for backend/app.py to mount.

The application provides the dependencies `gatekeeper` (signaling.ports.Gatekeeper) and `sfu`
(media.ports.Sfu), and turns what is raised here into responses: Malformed, Refused, BadOffer, Full and
NoSuchSession.
"""

from litestar import Router
from litestar.di import Provide

from signaling import session_urls, whep, whip
from signaling.sessions import Sessions


def create_router() -> Router:
    """One router with session URLs of its own."""
    sessions = Sessions()

    def media_sessions() -> Sessions:
        return sessions

    return Router(
        path="/",
        route_handlers=[*whip.handlers, *whep.handlers, *session_urls.handlers],
        dependencies={"media_sessions": Provide(media_sessions, sync_to_thread=False)},
        tags=["media"],
    )
