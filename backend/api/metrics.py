"""/metrics, for the operator's Prometheus. Never for the public: who may read stands in `readers`."""

import hmac
import ipaddress
from typing import Any

from litestar import Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler

from backend.api.exposition import CONTENT_TYPE, Exposition
from backend.api.traffic import Traffic
from backend.config import Config
from backend.services.figures import Figures
from backend.services.fresh import Fresh


class Scrapes:
    """What one application sends to whoever may read it: a storm of scrapes is one reading."""

    def __init__(self, figures: Figures, traffic: Traffic) -> None:
        self._figures, self._exposition = figures, Exposition(traffic)
        self._fresh = Fresh(self._write)

    async def text(self) -> bytes:
        """The figures, at most a second old."""
        return await self._fresh.read()

    async def _write(self) -> bytes:
        return self._exposition.text(await self._figures.report())


def readers(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Whoever has the operator's token. Without one, /metrics is there only on a developer's own machine.

    "From this machine" alone would not do: behind a proxy that names no client every request comes from here.
    Raises NotAuthorizedException, or NotFoundException where there is no token to have.
    """
    config: Config = connection.app.state.config
    if not config.metrics_token:
        if not (config.is_local and _is_direct(connection)):
            raise NotFoundException("There is no such page.")
        return
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    held = config.metrics_token.encode()
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), held):
        raise NotAuthorizedException(
            "This needs the operator's token.", headers={"WWW-Authenticate": "Bearer"}
        )


def _is_direct(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """From this machine and through no proxy."""
    if connection.client is None or {"x-forwarded-for", "forwarded", "via"} & set(connection.headers):
        return False
    try:
        return ipaddress.ip_address(connection.client.host).is_loopback
    except ValueError:
        return False


@get("/metrics", guards=[readers])
async def metrics(scrapes: NamedDependency[Scrapes]) -> Response[bytes]:
    return Response(await scrapes.text(), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)


ROUTER = Router("/", route_handlers=[metrics])
