"""The public log's files under /log, as docs/log.md lays them out. No sign-in: they are everybody's.

A mirror on any web server answers the same; here nothing is served that is not in the checkpoint.
"""

import hashlib
from typing import Any

from litestar import Request, Response, Router, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from backend.api.problems import problem
from backend.config import Config
from backend.services.log_files import LogFiles
from backend.services.transparency import Transparency

TEXT, BYTES, JSON = "text/plain", "application/octet-stream", "application/json"
_FOR_EVER, _SECONDS = "public, max-age=31536000, immutable", "public, max-age=5"
_LOOK_AGAIN = "no-cache"  # a disclosure file grows as fields are opened, and shrinks as they are erased
_ANYBODY = {"Access-Control-Allow-Origin": "*"}  # other people's pages may check it too
_READ = (HttpMethod.GET, HttpMethod.HEAD)


@route("/checkpoint", http_method=_READ, sync_to_thread=True, name="log-checkpoint")
def checkpoint(request: Request[Any, Any, Any], log_files: NamedDependency[LogFiles]) -> Response[Any]:
    signed = log_files.checkpoint()
    return _answer(request, signed.raw if signed else None, TEXT, _SECONDS)


@route("/key", http_method=_READ, name="log-key")
async def key(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    config: NamedDependency[Config],
) -> Response[Any]:
    """The log's key on the first line; then those of the witnesses that are asked to sign."""
    keys = [await transparency.key(), *(witness.split()[0] for witness in config.log_witnesses)]
    return _answer(request, "".join(f"{each}\n" for each in keys).encode(), TEXT, _SECONDS)


@route("/tile/{path:path}", http_method=_READ, sync_to_thread=True, name="log-tile")
def tile(
    request: Request[Any, Any, Any], path: FromPath[str], log_files: NamedDependency[LogFiles]
) -> Response[Any]:
    return _answer(request, log_files.tile(f"tile/{str(path).removeprefix('/')}"), BYTES, _FOR_EVER)


@route("/disclosures/{name:str}", http_method=_READ, sync_to_thread=True, name="log-disclosure")
def disclosure(
    request: Request[Any, Any, Any], name: FromPath[str], log_files: NamedDependency[LogFiles]
) -> Response[Any]:
    return _answer(request, log_files.disclosure(name), JSON, _LOOK_AGAIN)


def _answer(
    request: Request[Any, Any, Any], body: bytes | None, media_type: str, cache: str
) -> Response[Any]:
    if body is None:
        return problem(404, "not-found", "The log has no such file.", _ANYBODY)
    headers = {
        **_ANYBODY,
        "Cache-Control": cache,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"',
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


ROUTER = Router("/log", route_handlers=[checkpoint, key, tile, disclosure])
