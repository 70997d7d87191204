"""The built pages as the real service sends them: each says once what it is, and how long it may be kept."""

import re

import httpx

from tests.pwa.service import Service


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
