"""/transparency: the public page, its figures and all entries. No sign-in, nothing that changes anything."""

import asyncio
import gzip
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any

from litestar import Request, Response, Router, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import QueryParameter
from litestar.response import Stream

from backend.api import guards
from backend.api.bodies import LINE
from backend.api.citizen import files
from backend.api.citizen.page import choose, page
from backend.api.citizen.view import Assets, View
from backend.api.pages import HEADERS
from backend.api.problems import problem
from backend.config import Config
from backend.model.refusals import Refusal, Refused
from backend.model.transparency import PublicEntry, Search
from backend.services.limits import Rate
from backend.services.transparency import Transparency

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MOST_INDEX = (1 << 53) - 1
_READ = (HttpMethod.GET, HttpMethod.HEAD)
_HALF_A_MINUTE = "public, max-age=30"
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")

Word = Annotated[str | None, QueryParameter(max_length=64, pattern=LINE)]
Month = Annotated[str | None, QueryParameter(max_length=7, pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?\Z")]
Index = Annotated[int | None, QueryParameter(ge=0, le=MOST_INDEX)]
Language = Annotated[str | None, QueryParameter(max_length=8)]


class Rates:
    """How often one address may ask. A page costs a search, and everything costs the whole log."""

    def __init__(self) -> None:
        self.pages = Rate(every_s=0.5, burst=60)
        self.exports = Rate(every_s=30.0, burst=6)


def built_assets(folder: Path) -> Assets:
    """What the build made of pwa/src/transparency; nothing where it has not been run."""
    try:
        manifest = json.loads((folder / "public" / ".vite" / "manifest.json").read_bytes())
    except FileNotFoundError:
        return Assets(None, None)
    entry = next(held for held in manifest.values() if held.get("isEntry"))
    return Assets(f"/{entry['file']}", next((f"/{style}" for style in entry.get("css", ())), None))


@route("/", http_method=_READ, name="transparency")
async def transparency_page(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    config: NamedDependency[Config],
    public_assets: NamedDependency[Assets],
    public_rates: NamedDependency[Rates],
    lang: Language = None,
    month: Month = None,
    category: Word = None,
    source: Word = None,
    reason: Word = None,
    district: Word = None,
    kind: Word = None,
    before: Index = None,
) -> Response[Any]:
    _may(public_rates.pages, request)
    words = choose(lang, request.headers.get("accept-language", ""))
    search = Search(
        month=month or None,
        category=category or None,
        source=source or None,
        reason=reason or None,
        district=district or None,
        kind=kind or None,
        before=before,
    )
    report = await transparency.report()
    view = View(
        agency=config.agency,
        words=words,
        chosen=lang == words.lang,
        report=report,
        found=await transparency.search(search, report.size if report else 0),
        search=search,
        key=await _key(transparency),
        public_url=config.public_url.rstrip("/"),
        assets=public_assets,
    )
    headers = {
        **HEADERS,
        "Cache-Control": _HALF_A_MINUTE,
        "Content-Language": words.lang,
        "Content-Security-Policy": POLICY,
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Vary": "Accept-Language, Accept-Encoding",
    }
    return await asyncio.to_thread(_answer, request, lambda: page(view).encode(), "text/html", headers)


@route("/statistics.json", http_method=_READ, name="transparency-statistics-json")
async def statistics_json(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    public_rates: NamedDependency[Rates],
) -> Response[Any]:
    return await _statistics(request, transparency, public_rates, files.statistics_json, "application/json")


@route("/statistics.csv", http_method=_READ, name="transparency-statistics-csv")
async def statistics_csv(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    public_rates: NamedDependency[Rates],
) -> Response[Any]:
    return await _statistics(request, transparency, public_rates, files.statistics_csv, "text/csv")


@route("/entries.json", http_method=_READ, name="transparency-entries-json")
async def entries_json(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    public_rates: NamedDependency[Rates],
) -> Response[Any]:
    return await _all(request, transparency, public_rates, files.entries_json, "application/json")


@route("/entries.csv", http_method=_READ, name="transparency-entries-csv")
async def entries_csv(
    request: Request[Any, Any, Any],
    transparency: NamedDependency[Transparency],
    public_rates: NamedDependency[Rates],
) -> Response[Any]:
    return await _all(request, transparency, public_rates, files.entries_csv, "text/csv; header=present")


async def _statistics(
    request: Request[Any, Any, Any],
    transparency: Transparency,
    rates: Rates,
    write: Callable[[Any], bytes],
    media_type: str,
) -> Response[Any]:
    _may(rates.pages, request)
    report = await transparency.report()
    if report is None:
        return problem(404, "not-found", "Nothing is published yet.")
    headers = {"Cache-Control": _HALF_A_MINUTE, "Vary": "Accept-Encoding", **_saved(request)}
    return _answer(request, lambda: write(report), media_type, headers)


async def _all(
    request: Request[Any, Any, Any],
    transparency: Transparency,
    rates: Rates,
    write: Callable[[AsyncIterator[list[PublicEntry]]], AsyncIterator[bytes]],
    media_type: str,
) -> Response[Any]:
    headers = {"Cache-Control": "no-store", **_saved(request)}
    if request.method == "HEAD":
        return Response(None, headers=headers, media_type=media_type)
    _may(rates.exports, request)
    held = await transparency.everything()
    return Stream(write(held), headers=headers, media_type=media_type)


def _saved(request: Request[Any, Any, Any]) -> dict[str, str]:
    name = request.scope["path"].rsplit("/", 1)[1]
    return {"Content-Disposition": f'attachment; filename="{name}"'}


async def _key(transparency: Transparency) -> str:
    """The log's key for the commands at the page's end; without it the page is shown all the same."""
    try:
        return await transparency.key()
    except Refused:
        return ""


def _may(rate: Rate, request: Request[Any, Any, Any]) -> None:
    if not rate.take(guards.address(request)):
        raise Refused(Refusal.TOO_OFTEN, "Too many requests from here. Wait a little and try again.")


def _answer(
    request: Request[Any, Any, Any], write: Callable[[], bytes], media_type: str, headers: dict[str, str]
) -> Response[Any]:
    """The body, compressed where the browser takes it, or 304."""
    body = write()
    headers["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    if _GZIP.search(request.headers.get("accept-encoding", "")):
        body, headers["Content-Encoding"] = gzip.compress(body, 6, mtime=0), "gzip"
    return Response(body, headers=headers, media_type=media_type)


ROUTER = Router(
    "/transparency",
    route_handlers=[transparency_page, statistics_json, statistics_csv, entries_json, entries_csv],
)
