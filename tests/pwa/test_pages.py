"""The built pages as the real service sends them: each says once what it is, and how long it may be kept."""

import re
from pathlib import Path

import httpx

from tests.pwa.service import Service

APP = Path(__file__).parents[2] / "pwa" / "dist" / "app"
FIRST_LOAD_BYTES = 350_000  # with brotli


def first_load(page: str) -> set[Path]:
    """The page and all that it loads before it is told to load more: scripts that it imports, and styles."""
    found: set[Path] = set()
    ahead = [APP / page]
    while ahead:
        file = ahead.pop()
        if file in found:
            continue
        found.add(file)
        text = file.read_text()
        if file.suffix == ".html":
            ahead += [APP / name for name in re.findall(r'(?:src|href)="/(assets/[^"]+)"', text)]
        if file.suffix == ".js":
            names = re.findall(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""", text)
            ahead += [file.parent / name for name in names]
    return found


def test_the_officers_first_load_is_small_and_without_the_basemap() -> None:
    files = first_load("officer.html")
    assert any(file.name.startswith("officer") and file.suffix == ".js" for file in files)
    names = [file.name for file in files if re.match("maplibre|paint|card", file.name)]
    assert names + [file.name for file in files if "maplibregl" in file.read_text()] == []
    assert sum(len(file.with_name(f"{file.name}.br").read_bytes()) for file in files) <= FIRST_LOAD_BYTES


def test_a_page_and_what_it_loads_say_once_what_they_are(service: Service) -> None:
    with httpx.Client(base_url=service.url) as http:
        for path in ("/c", "/signin", "/console", "/officer"):
            page = http.get(path)
            assert page.headers.get_list("content-type") == ["text/html; charset=utf-8"]
            assert page.headers.get_list("cache-control") == ["no-cache"]
            assert http.get(path, headers={"If-None-Match": page.headers["etag"]}).status_code == 304
        found = re.findall(r'(?:src|href)="(/assets/[^"]+)"', http.get("/console").text)
        kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
        assert {path.rsplit(".", 1)[1] for path in found} == set(kinds)
        for path in found:
            asset = http.get(path)
            assert asset.headers["content-type"] == kinds[path.rsplit(".", 1)[1]]
            assert "immutable" in asset.headers["cache-control"]
            assert asset.headers.get_list("x-content-type-options") == ["nosniff"]
