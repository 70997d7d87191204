"""WHIP and WHEP as one router, for backend/app.py to mount.

The application provides the dependencies `gatekeeper` (signaling.ports.Gatekeeper) and `sfu`
(media.ports.Sfu), and turns what is raised here into responses: Malformed, Refused, BadOffer, Full and
NoSuchSession.
"""

from litestar import Router

from signaling import session_urls, whep, whip


def create_router() -> Router:
    """One router; it keeps nothing of its own."""
    return Router(
        path="/",
        route_handlers=[*whip.handlers, *whep.handlers, *session_urls.handlers],
        tags=["media"],
    )
