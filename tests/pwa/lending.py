"""An owner with a site and cameras in the real service, made as people do it: over HTTP, by invitation."""

from typing import Any

import httpx

from tests.backend.house import PLAIN
from tests.pwa.service import PASSWORD, Service

Json = dict[str, Any]
HERE = {"latitude": 60.17035, "longitude": 24.9431}


class Person:
    """Somebody signed in, over HTTP."""

    def __init__(self, service: Service, name: str) -> None:
        self.name = name
        self._url = service.url
        self._headers, self._cookies = {"Origin": service.url}, httpx.Cookies()
        me = self.send("POST", "/api/session", {"name": name, "password": PASSWORD})
        self._headers["X-CSRF-Token"] = me["csrf"]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        reply = self._request(method, path, body)
        assert reply.is_success, (path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    def status(self, method: str, path: str) -> int:
        """What it answers, be it a no."""
        return self._request(method, path).status_code

    def client(self) -> httpx.Client:
        """Signed in."""
        return httpx.Client(
            base_url=self._url, headers=self._headers, cookies=self._cookies, timeout=15, verify=PLAIN
        )

    def _request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        with self.client() as http:
            reply = http.request(method, path, json=body)
            self._cookies = http.cookies
        return reply

    def cookies(self) -> dict[str, str]:
        """What makes a browser theirs."""
        return dict(self._cookies)

    def browser(self) -> httpx.AsyncClient:
        """For whoever presses and must not wait: signed in, and it keeps its connections."""
        return httpx.AsyncClient(
            base_url=self._url, headers=self._headers, cookies=self._cookies, timeout=15, verify=PLAIN
        )


def invite(supervisor: Person, display_name: str) -> str:
    """The address of an invitation."""
    url = supervisor.send("POST", "/api/agency/invitations", {"display_name": display_name})["url"]
    return str(url)


def become(service: Service, url: str, name: str, display_name: str) -> "Owner":
    """Accept an invitation and sign in."""
    token = url.partition("#")[2]
    with httpx.Client(base_url=service.url, headers={"Origin": service.url}, timeout=15) as http:
        body = {
            "token": token,
            "name": name,
            "display_name": display_name,
            "password": PASSWORD,
            "kind": "business",
        }
        reply = http.post("/api/join", json=body)
        assert reply.is_success, (reply.status_code, reply.text)
    return Owner(service, name)


class Owner(Person):
    """Somebody who lends cameras."""

    def add_site(self, **changes: Any) -> Json:
        site = {
            "kind": "business",
            "name": "Corner Shop",
            "address": "Kaisaniemenkatu 2, Helsinki",
            "point": HERE,
            "numbers": ["+1 313 555 0142"],
            **changes,
        }
        made: Json = self.send("POST", "/api/sites", site)
        return made

    def add_camera(self, site: str, name: str, **changes: Any) -> Json:
        """Registered, then amended by what is not part of registering: level, hours, radius, sound."""
        first = {
            "name": name,
            "point": HERE,
            "view": {"heading_deg": 40, "field_deg": 80, "height_m": 3},
            "indoor": False,
        }
        new = {key: changes.pop(key, value) for key, value in first.items()}
        made: Json = self.send("POST", f"/api/sites/{site}/cameras", new)
        if changes:
            made = self.send("POST", f"/api/cameras/{made['id']}/amend", changes)
        return made

    def view(self) -> Json:
        """Everything that this owner sees."""
        view: Json = self.send("GET", "/api/owner")
        return view

    def camera(self, camera: str) -> Json:
        found: Json = next(c for site in self.view()["sites"] for c in site["cameras"] if c["id"] == camera)
        return found
