"""The real service as a process of its own, with a dispatcher who drives it over HTTP.

A process, because these tests kill it. Knows no browser.
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx
from websockets.sync.client import connect
from websockets.typing import Origin

from backend import config as configuration
from backend.model.people import Role
from backend.parts import build
from tests.backend.house import PLAIN

PASSWORD = "correct horse battery"
START_S = 60.0  # on a machine that does much else


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Service:
    """`sightline serve` in a folder; the same ports and data through every restart."""

    def __init__(self, folder: Path, **settings: str) -> None:
        port = free_port(socket.SOCK_STREAM)
        self.url = f"http://127.0.0.1:{port}"
        self._folder = folder
        self._log = folder / "serve.log"
        self.settings = {
            **os.environ,
            "SIGHTLINE_AGENCY": "Dearborn Police",
            "SIGHTLINE_PORT": str(port),
            "SIGHTLINE_PUBLIC_URL": self.url,
            "SIGHTLINE_MEDIA_PORT": "0",
            "SIGHTLINE_DATA_DIR": str(folder),
            "SIGHTLINE_LOG_ANCHOR": f"{folder}-anchor",
            **{f"SIGHTLINE_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def add_user(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "backend", "user", "add", name, *arguments]
        subprocess.run(
            command, input=f"{PASSWORD}\n".encode(), env=self.settings, check=True, capture_output=True
        )

    def add_person(self, name: str, role: str, *, unit: str | None = None, display_name: str = "") -> None:
        """As the command does, but in this process: another would load the whole service for each person."""

        async def add() -> None:
            parts = build(configuration.read(self.settings))
            await parts.store.migrate()
            try:
                await parts.accounts.add(
                    name=name,
                    display_name=display_name or name,
                    role=Role(role),
                    call_sign=unit,
                    password=PASSWORD,
                )
            finally:
                await parts.store.close()

        with ThreadPoolExecutor(1) as apart:  # the test may be in a loop already
            apart.submit(asyncio.run, add()).result()

    def run(self, *arguments: str) -> str:
        """What another `sightline` command prints; raises when it fails."""
        command = [sys.executable, "-m", "backend", *arguments]
        return subprocess.run(command, env=self.settings, check=True, capture_output=True, text=True).stdout

    def start(self) -> Self:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "backend", "serve"]
            self._process = subprocess.Popen(command, env=self.settings, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        with httpx.Client(base_url=self.url, verify=PLAIN) as http:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.TransportError):
                    if http.get("/readyz").status_code == 200:
                        return self
                time.sleep(0.02)
        self.kill()
        raise TimeoutError(self._log.read_text())

    def kill_one(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """One process of it, "web" or "media-0", with -9 or another signal."""
        os.kill(self.pid(name), number)

    def pid(self, name: str) -> int:
        return int((self._folder / "run" / f"{name}.pid").read_text())

    def kill(self) -> None:
        """As a crash would: nothing is said to anyone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Issued(NamedTuple):
    """A link, and the address that the text would have carried."""

    id: str
    incident: str
    url: str


class Dispatcher:
    """Signed in, over HTTP."""

    def __init__(self, service: Service, name: str) -> None:
        self._service, self._origin = service, service.settings["SIGHTLINE_PUBLIC_URL"]
        self._http = httpx.Client(
            base_url=service.url, headers={"Origin": self._origin}, timeout=10, verify=PLAIN
        )
        me = self._post("/api/session", {"name": name, "password": PASSWORD})
        self._http.headers["X-CSRF-Token"] = me["csrf"]

    def close(self) -> None:
        self._http.close()

    def _post(self, path: str, body: Any = None) -> Any:
        reply = self._http.post(path, json=body) if body is not None else self._http.post(path)
        assert reply.is_success, (path, reply.status_code, reply.text)
        return reply.json()

    def _get(self, path: str) -> Any:
        reply = self._http.get(path)
        assert reply.is_success, (path, reply.status_code, reply.text)
        return reply.json()

    def open_incident(self) -> str:
        return str(self._post("/api/incidents", {"type": "Break-in"})["id"])

    def close_incident(self, incident: str) -> None:
        self._post(f"/api/incidents/{incident}/close")

    def issue_link(self, incident: str, kind: str = "live", manner: str = "open") -> Issued:
        asked = {"number": "+1 313 555 0100", "kind": kind, "manner": manner}
        answer = self._post(f"/api/incidents/{incident}/links", asked)
        return Issued(id=answer["link"]["id"], incident=incident, url=answer["handout"]["url"])

    def place(self, incident: str, latitude: float, longitude: float) -> None:
        """Say where it is."""
        where = {"latitude": latitude, "longitude": longitude, "accuracy_m": 30}
        self._post(f"/api/incidents/{incident}/amend", {"position": where})

    def write(self, incident: str, text: str) -> None:
        body = {"id": f"nte_{secrets.token_hex(11)}", "text": text, "still": None}
        self._post(f"/api/incidents/{incident}/notes", body)

    def notes(self, incident: str) -> list[str]:
        """What was written, oldest first."""
        return [note["text"] for note in self._get(f"/api/incidents/{incident}/notes")["notes"]]

    def assign(self, incident: str, call_sign: str) -> None:
        unit = next(unit for unit in self._snapshot()["units"] if unit["call_sign"] == call_sign)
        self._post(f"/api/incidents/{incident}/units", {"unit_id": unit["id"]})

    def incident(self, incident: str) -> Any:
        """The incident as a console is shown it."""
        return next(view for view in self._snapshot()["incidents"] if view["id"] == incident)

    def look_at_upload(self, upload: str) -> None:
        """Press to see a caller's photo or clip."""
        reply = self._http.get(f"/api/uploads/{upload}")
        assert reply.is_success, (reply.status_code, reply.text)

    def cookies(self) -> str:
        """The Cookie header of a socket of theirs."""
        return "; ".join(f"{name}={value}" for name, value in self._http.cookies.items())

    def _snapshot(self) -> Any:
        address = self._service.url.replace("http", "ws", 1) + "/api/events"
        with connect(
            address, origin=Origin(self._origin), additional_headers={"Cookie": self.cookies()}
        ) as socket:
            return json.loads(socket.recv(timeout=5))

    def watch(self, incident: str) -> dict[str, Any]:
        """Where and with what to subscribe to the incident's feed."""
        feed = self.incident(incident)["feeds"][0]["id"]
        grant: dict[str, Any] = self._post(f"/api/feeds/{feed}/watch")
        return grant

    def actions(self, incident: str) -> list[str]:
        """What happened, oldest first."""
        return [entry["action"] for entry in self._get(f"/api/incidents/{incident}/entries")]

    def statuses(self, incident: str) -> list[dict[str, str]]:
        """What the phone said of its camera and position, oldest first."""
        return self.details(incident, "caller.status")

    def details(self, incident: str, action: str) -> list[dict[str, str]]:
        """What the entries of this action hold, oldest first."""
        entries = self._get(f"/api/incidents/{incident}/entries")
        return [entry["details"] for entry in entries if entry["action"] == action]

    def refusals(self, incident: str) -> list[tuple[str, str]]:
        """What was refused, oldest first, and why."""
        entries = self._get(f"/api/incidents/{incident}/entries")
        return [(entry["action"], entry["refusal"]) for entry in entries if entry["refusal"] is not None]

    def trail(self, incident: str) -> list[dict[str, Any]]:
        trail: list[dict[str, Any]] = self._get(f"/api/incidents/{incident}/trail")
        return trail

    def talk(self, issued: Issued) -> list[dict[str, Any]]:
        """The words of its thread, oldest first."""
        words: list[dict[str, Any]] = self._get(f"/api/links/{issued.id}/talk")["words"]
        return words

    def ask(self, issued: Issued, phrase: str, kind: str = "ask") -> None:
        """A question by one press, or guidance in pictures (`guide`)."""
        body = {"id": f"wrd_{secrets.token_hex(11)}", "kind": kind, "phrase": phrase}
        self._post(f"/api/links/{issued.id}/talk", body)

    def tell(self, issued: Issued, text: str) -> None:
        """Words of theirs."""
        body = {"id": f"wrd_{secrets.token_hex(11)}", "kind": "text", "text": text}
        self._post(f"/api/links/{issued.id}/talk", body)

    def code(self, issued: Issued) -> str:
        return str(self._post(f"/api/links/{issued.id}/code")["code"])

    def allow(self, issued: Issued) -> None:
        self._post(f"/api/links/{issued.id}/allow")

    def revoke(self, issued: Issued) -> None:
        self._post(f"/api/links/{issued.id}/revoke")
