"""The built pages: read once at the start, served compressed, under a strict policy.

The caller's page is one document for each language; its scripts and styles are named by their hashes.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, head
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from backend.api import guards, tongue
from backend.api.problems import problem
from backend.config import Config
from backend.model.people import Role
from backend.model.refusals import Refused
from backend.services.board import is_desk

TYPES = {  # the charset is added to every text
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_INLINE = re.compile(rb"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_COMMON = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PART_POLICY = "default-src 'none'"  # of what is no document
APP_POLICY = (
    f"{_COMMON}; form-action 'none'; script-src 'self'; style-src 'self'; "
    "manifest-src 'self'; worker-src 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self), screen-wake-lock=(self)",
}

# A form that a page sends without saying where it is from has the Origin "null", and is refused.
SAME_ORIGIN = {"Referrer-Policy": "same-origin"}


class Page(msgspec.Struct, frozen=True):
    """One file, with the forms it is sent in."""

    media_type: str
    etag: str
    plain: bytes
    encoded: dict[str, bytes]
    policy: str
    immutable: bool


class Pages:
    """Everything under the build's folder, by the path it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, Page] = {}
        # The caller's page by the language it is in, as itself and looking like a page for notes.
        self._callers: dict[str, dict[str, Page]] = {"/c": {}, "/n": {}}
        caller = folder / "caller"
        for path in sorted(caller.rglob("*")) if caller.is_dir() else ():
            if path.suffix == ".html":
                code, _, covered = path.stem.partition(".")
                page = _page(path, _hash_policy(path.read_bytes()), immutable=False)
                self._callers["/n" if covered else "/c"][code] = page
            elif path.suffix in TYPES:  # what it loads later, by names that are hashes
                where = f"/c/{path.relative_to(caller).as_posix()}"
                self._files[where] = _page(path, PART_POLICY, immutable=True)
        for built in (folder / "app", folder / "public"):  # the second is what /transparency loads
            for path in sorted(built.rglob("*")) if built.is_dir() else ():
                where = f"/{path.relative_to(built).as_posix()}"
                if not path.is_file() or path.suffix not in TYPES or "/." in where:
                    continue
                page = _page(path, APP_POLICY, immutable=where.startswith("/assets/"))
                self._files[where.removesuffix(".html") if path.suffix == ".html" else where] = page

    def paths(self) -> list[str]:
        """What can be asked for."""
        return sorted([*self._files, *(path for path, built in self._callers.items() if built)])

    def answer(self, path: str, request: Request[Any, Any, Any]) -> Response[Any]:
        """The page in the best form that the browser takes, or 304."""
        page, vary = self._files.get(path), "Accept-Encoding"
        if callers := self._callers.get(path):
            code = tongue.choose(request.headers.get("accept-language", ""), callers)
            page, vary = callers[code], "Accept-Encoding, Accept-Language"
        if page is None:
            return problem(404, "not-found", "There is no such page.")
        cache = "public, max-age=31536000, immutable" if page.immutable else "no-cache"
        headers = {
            **HEADERS,
            "Cache-Control": cache,
            "Content-Security-Policy": page.policy,
            "ETag": page.etag,
            "Vary": vary,
        }
        if callers:
            headers |= {**SAME_ORIGIN, "X-Robots-Tag": "noindex"}
        if page.etag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers=headers, media_type=page.media_type)
        accepted = request.headers.get("accept-encoding", "")
        for name, body in page.encoded.items():
            if re.search(rf"\b{name}\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", accepted):
                return Response(
                    body, headers={**headers, "Content-Encoding": name}, media_type=page.media_type
                )
        return Response(page.plain, headers=headers, media_type=page.media_type)


@lru_cache(maxsize=1)
def read(folder: Path) -> Pages:
    """The pages of this folder, read once for a process."""
    return Pages(folder)


def _page(path: Path, policy: str, *, immutable: bool) -> Page:
    plain = path.read_bytes()
    encoded = {}
    for name, suffix in _ENCODINGS:
        beside = path.with_name(path.name + suffix)
        if beside.is_file():
            encoded[name] = beside.read_bytes()
    etag = f'"{hashlib.sha256(plain).hexdigest()[:24]}"'
    return Page(TYPES[path.suffix], etag, plain, encoded, policy, immutable)


def _hash_policy(html: bytes) -> str:
    found: dict[str, list[str]] = {"script": [], "style": []}
    for tag, attributes, body in _INLINE.findall(html):
        if b"application/json" in attributes:  # carried along, never run
            continue
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        found[tag.decode().lower()].append(f"'sha256-{digest}'")
    scripts, styles = (" ".join([*found[kind], "'self'"]) for kind in ("script", "style"))
    return f"{_COMMON}; form-action 'self'; script-src {scripts}; style-src {styles}"


@get("/")
async def front(request: Request[Any, Any, Any]) -> Redirect:
    try:
        session = await guards.who(request, locked=True)
    except Refused:
        return Redirect("/signin")
    if session.user.role is Role.OWNER:
        return Redirect("/owner")
    if session.user.role is Role.AUDITOR:
        return Redirect("/review")
    if session.user.role is Role.PILOT:
        return Redirect("/pilot")
    return Redirect("/console" if is_desk(session.user) else "/officer")


@get("/leave")
async def leave(config: NamedDependency[Config]) -> Redirect:
    """Where a caller goes who must not be seen here: a page of ours that looks like any other."""
    return Redirect(config.leave_to)


def routes(paths: Sequence[str]) -> Router:
    """One route for each file there is: nothing is looked up on disk while running."""

    async def page(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[Any]:
        return pages.answer(request.scope["path"], request)

    async def page_head(request: Request[Any, Any, Any], pages: NamedDependency[Pages]) -> Response[None]:
        return Response(None, headers=pages.answer(request.scope["path"], request).headers)

    handlers: list[HTTPRouteHandler] = []
    if paths:
        handlers = [get([*paths], name="page")(page), head([*paths], name="page-head")(page_head)]
    return Router("/", route_handlers=[front, leave, *handlers])
