"""Uploads over HTTP: tus 1.0.0 for callers (https://tus.io), and the file for those on the incident.

Creation and expiration are spoken; names and types that a client tells are not read.
"""

from email.utils import format_datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, head, patch, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.model.ids import GrantSecret, UploadId
from backend.model.people import StaffSession
from backend.model.uploads import MOST_BYTES, Upload, UploadState
from backend.services.uploads import Uploads

VERSION = {"Tus-Resumable": "1.0.0"}
SPOKEN = {
    **VERSION,
    "Tus-Version": "1.0.0",
    "Tus-Extension": "creation,expiration",
    "Tus-Max-Size": str(MOST_BYTES),
}
PIECE = "application/offset+octet-stream"
SHOWN = {"Content-Security-Policy": "default-src 'none'; sandbox"}
Id = Annotated[str, PathParameter(pattern=ID)]
Asked = Request[Any, Any, Any]


def _speaks(request: Asked) -> None:
    if request.headers.get("tus-resumable") != VERSION["Tus-Resumable"]:
        raise HTTPException("This speaks tus 1.0.0.", status_code=412, headers=SPOKEN)


def _number(request: Asked, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise HTTPException(f"{name} is a number of bytes.", status_code=400, headers=VERSION)
    return int(text)


def _told(upload: Upload) -> dict[str, str]:
    expires = {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}
    return {
        **VERSION,
        "Upload-Offset": str(upload.received),
        **(expires if upload.state is UploadState.RECEIVING else {}),
    }


@route(["/", "/{upload:str}"], http_method=[HttpMethod.OPTIONS], status_code=204)
async def options() -> Response[None]:
    return Response(None, status_code=204, headers=SPOKEN)


@post("/", status_code=201)
async def begin(
    request: Asked, bearer: NamedDependency[GrantSecret], uploads: NamedDependency[Uploads]
) -> Response[None]:
    _speaks(request)
    upload = await uploads.begin(bearer, _number(request, "Upload-Length"))
    where = {"Location": f"/api/caller/uploads/{upload.id}"}
    return Response(None, status_code=201, headers={**_told(upload), **where})


@head("/{upload:str}")
async def find(
    request: Asked, upload: Id, bearer: NamedDependency[GrantSecret], uploads: NamedDependency[Uploads]
) -> Response[None]:
    _speaks(request)
    found = await uploads.find(bearer, UploadId(upload))
    told = {"Upload-Length": str(found.length), "Upload-State": found.state.value}
    return Response(None, headers={**_told(found), **told})


@patch("/{upload:str}", status_code=204, request_max_body_size=MOST_BYTES)
async def receive(
    request: Asked, upload: Id, bearer: NamedDependency[GrantSecret], uploads: NamedDependency[Uploads]
) -> Response[None]:
    _speaks(request)
    if request.headers.get("content-type") != PIECE:
        raise HTTPException(f"A piece is {PIECE}.", status_code=415, headers=VERSION)
    offset = _number(request, "Upload-Offset")
    taken = await uploads.receive(bearer, UploadId(upload), offset, request.stream())
    return Response(None, status_code=204, headers=_told(taken))


@get("/uploads/{upload:str}", guards=[guards.staff])
async def look(
    upload: Id, session: NamedDependency[StaffSession], uploads: NamedDependency[Uploads]
) -> Response[bytes]:
    made, media_type = await uploads.look(session.user, UploadId(upload))
    return Response(made, media_type=media_type, headers=SHOWN)


ROUTER = Router(
    "/api/caller/uploads", guards=[guards.our_pages], route_handlers=[options, begin, find, receive]
)
STAFF_ROUTER = Router("/api", route_handlers=[look])
