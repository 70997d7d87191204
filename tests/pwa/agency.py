"""A double of the server for the staff pages: the built files, the API's answers and the event socket.

It plays one agency from a few dictionaries in the shapes of pwa/src/wire.ts, inside the browser's own network
layer, so a test can put any state on a page and push any event. Pictures are real WebRTC: a second
page of the same browser answers the WHEP offers.
"""

import asyncio
import mimetypes
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import BrowserContext, Page, Route, WebSocketRoute

from backend.fittings import english
from backend.model.questions import canned
from tests.pwa.told import Told

CANNED = msgspec.to_builtins(canned(english()))

Json = dict[str, Any]
TICK_S = 1.0
# after these all is told anew
CHANGES = ("/api/alerts", "/api/incidents", "/api/links", "/api/openings", "/api/responses")
ORIGIN = "https://sightline.test"
POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'; style-src 'self'; "
    "manifest-src 'self'; worker-src 'self'"
)
QR = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21">'
    '<path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 9h3v3H9z"/></svg>'
)
PEER = """
window.answer = async (offer) => {
  const canvas = document.createElement("canvas");
  canvas.width = 640; canvas.height = 480;
  const pen = canvas.getContext("2d");
  let n = 0;
  const draw = () => {
    const sky = pen.createLinearGradient(0, 0, 0, 480);
    sky.addColorStop(0, "#27384d"); sky.addColorStop(1, "#705c4b");
    pen.fillStyle = sky; pen.fillRect(0, 0, 640, 480);
    pen.fillStyle = "#d8c7a3"; pen.fillRect(230, 120, 180, 330);
    pen.fillStyle = "#54341f"; pen.fillRect(270, 180, 100, 270);
    pen.fillStyle = "#f4e08a"; pen.fillRect(60 + (n % 500), 200, 60, 60);
    pen.fillStyle = "#fff"; pen.font = "24px monospace"; pen.fillText(String(n++), 20, 460);
  };
  draw();
  window.ticking = setInterval(draw, 50);
  const track = canvas.captureStream(20).getVideoTracks()[0];
  const pc = new RTCPeerConnection({ iceServers: [] });
  window.senders = [...(window.senders ?? []), pc];
  await pc.setRemoteDescription({ type: "offer", sdp: offer });
  pc.addTrack(track);
  await pc.setLocalDescription(await pc.createAnswer());
  await new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && resolve();
    setTimeout(resolve, 1000);
  });
  return pc.localDescription.sdp;
};
window.freeze = () => { for (const pc of window.senders ?? []) pc.getSenders()[0].replaceTrack(null); };
"""


def now(**before: float) -> str:
    """The server's time, or that long before it."""
    return (datetime.now(UTC) - timedelta(**before)).isoformat().replace("+00:00", "Z")


def position(**changes: Any) -> Json:
    return {
        "latitude": 42.32232,
        "longitude": -83.17631,
        "accuracy_m": 12.0,
        "at": now(seconds=2),
        "source": "caller",
        "heading_deg": None,
        "speed_mps": None,
        **changes,
    }


def link(which: int = 1, state: str = "sent", **changes: Any) -> Json:
    opened = state in ("opened", "sharing")
    return {
        "id": f"lnk_{which}",
        "feed_id": f"fed_{which}",
        "kind": "live",
        "whom": "caller",
        "manner": "open",
        "state": state,
        "number": "+13135550143",
        "email": None,
        "language": "en",
        "reason": None,
        "sender": "sms",
        "ways": [way("sms", minutes=2)],
        "unreached": False,
        "issued_at": now(minutes=2),
        "expires_at": now(minutes=-58),
        "opened_at": now(minutes=1) if opened else None,
        "redeemed_at": now(seconds=40) if state == "sharing" else None,
        "asking": False,
        "camera": "on" if state == "sharing" else "off",
        "position": "on" if state == "sharing" else "off",
        "rung": "live" if state == "sharing" else None,
        "rung_reason": "working" if state == "sharing" else None,
        "rung_since": now(seconds=38) if state == "sharing" else None,
        **changes,
    }


def way(by: str, state: str = "sent", reason: str | None = None, **ago: float) -> Json:
    """One way that a link went."""
    return {"way": by, "state": state, "at": now(**ago), "reason": reason}


def feed(number: int = 1, state: str = "waiting", incident: str = "inc_1", **changes: Any) -> Json:
    return {
        "id": f"fed_{number}",
        "incident_id": incident,
        "kind": "caller",
        "state": state,
        "since": now(seconds=40),
        "connection": "good" if state == "live" else None,
        "name": "",
        "camera_id": None,
        "unit_id": None,
        "still_at": None,
        **changes,
    }


def camera(number: int, name: str, **changes: Any) -> Json:
    """One near an incident, that may be opened."""
    return {
        "camera_id": f"cam_{number}",
        "name": name,
        "site": "Corner shop",
        "kind": "business",
        "point": {"latitude": 42.3225, "longitude": -83.1762},
        "view": {"heading_deg": 200.0, "field_deg": 90.0, "height_m": 3.0},
        "indoor": False,
        "distance_m": 40.0 * number,
        "looks": True,
        "rank_m": 40.0 * number,
        "own": False,
        "offer": "open",
        "why": None,
        **changes,
    }


def opening(number: int, which: Json, **changes: Any) -> Json:
    """Of `which` camera, by whoever is signed in."""
    return {
        "id": f"opn_{number}",
        "camera_id": which["camera_id"],
        "feed_id": f"fed_c{which['camera_id'][4:]}",
        "user_id": "usr_1",
        "user": "Ana Ortiz",
        "reason": "see-scene",
        "opened_at": now(),
        "expires_at": now(minutes=-30),
        **changes,
    }


ME: Json = {"user_id": "usr_1", "user": "Ana Ortiz"}
KIM: Json = {"user_id": "usr_9", "user": "Kim Ono"}


def asked(which: Json, **changes: Any) -> Json:
    """The owner of `which` camera was asked just now, by whoever looks at the page."""
    return {
        "camera_id": which["camera_id"],
        "camera": which["name"],
        "asked_at": now(),
        "expires_at": now(seconds=-60),
        "answer": None,
        "waiting": [ME],
        **changes,
    }


def incident(which: int = 1, **changes: Any) -> Json:
    return {
        "id": f"inc_{which}",
        "type": "Break-in",
        "words": "Man at the back door, caller upstairs with two children",
        "opened_at": now(minutes=2, seconds=5),
        "opened_by": "Ana Ortiz",
        "callback_number": "+13135550143",
        "position": None,
        "closed_at": None,
        "news_at": now(minutes=2, seconds=5),
        "unit_ids": [],
        "responses": [response(of) for of in changes.get("unit_ids", [])],
        "alerts": [],
        "links": [],
        "feeds": [],
        "openings": [],
        "asks": [],
        "glass": [],
        "uploads": [],
        "handler": {
            "user_id": "usr_1",
            "name": "Ana Ortiz",
            "since": now(minutes=2, seconds=5),
            "from_id": None,
        },
        "transfer": None,
        "site": None,
        **changes,
    }


def entry(index: int, action: str, actor: str = "Ana Ortiz", **changes: Any) -> Json:
    return {
        "index": index,
        "at": now(seconds=max(0, 120 - index * 8)),
        "action": action,
        "actor": actor,
        "subject": "inc_1",
        "refusal": None,
        "details": {},
        **changes,
    }


def note(number: int, text: str, by: str = "Dana Reyes", **changes: Any) -> Json:
    return {
        "id": f"nte_{number}",
        "number": number,
        "at": now(seconds=40 - number),
        "by_id": f"usr_{by}",
        "by": by,
        "unit": None,
        "text": text,
        "still": None,
        **changes,
    }


def reader(name: str, read: int, delivered: int = 0, unit: str | None = None) -> Json:
    return {
        "user_id": f"usr_{name}",
        "name": name,
        "unit": unit,
        "delivered": max(read, delivered),
        "read": read,
    }


def unit(number: int, call_sign: str, where: Json | None = None, *crew: str) -> Json:
    members = [{"user_id": f"usr_{name}", "name": name, "since": now(hours=1)} for name in crew]
    return {"id": f"unt_{number}", "call_sign": call_sign, "position": where, "crew": members}


def response(of: str, status: str = "dispatched") -> Json:
    """How far a unit is."""
    far = ["dispatched", "en-route", "on-scene"].index(status)
    return {
        "id": f"rsp_{of}",
        "unit_id": of,
        "status": status,
        "dispatched_at": now(minutes=6),
        "en_route_at": now(minutes=4) if far > 0 else None,
        "on_scene_at": now(minutes=1) if far > 1 else None,
    }


def alert(of: str, **changes: Any) -> Json:
    """A unit's that has just been sent."""
    return {
        "id": f"alr_{of.replace('_', ''):0>22}",
        "unit_id": of,
        "raised_at": now(seconds=2),
        "reach": "push",
        "acknowledged_at": None,
        "acknowledged_by": None,
        "silent_at": None,
        "next_unit_id": None,
        **changes,
    }


def near(north_m: float, east_m: float, **changes: Any) -> Json:
    """A unit's position, metres from the caller's."""
    return position(
        latitude=42.32232 + north_m / 111_195,
        longitude=-83.17631 + east_m / 82_200,
        source="unit",
        **changes,
    )


def guessed(place: Json) -> Json:
    """A dispatcher's place."""
    return position(**{"accuracy_m": 50.0, **place}, source="dispatcher", at=now())


def on_duty(of: str = "unt_1", **changes: Any) -> Json:
    return {"unit_id": of, "since": now(hours=1), "ended_at": None, "end": None, "by": None, **changes}


class Agency:
    """What the server knows and what it was asked."""

    def __init__(self, pages: Path, role: str = "dispatcher", sender: str = "sms") -> None:
        self.role = role
        self._pages = pages
        self._told = Told()
        self._peer: Page | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.up = True
        self.conversations = 0  # sockets that got a snapshot
        self.pictures = True
        self.signed_in = True
        self.me: Json = {
            "user": {
                "id": "usr_1",
                "name": "ana" if role != "officer" else "sam",
                "display_name": "Ana Ortiz" if role != "officer" else "Sam Reed",
                "role": role,
                "unit_id": "unt_1" if role == "officer" else None,
                "usual_unit_id": "unt_1" if role == "officer" else None,
            },
            "agency": {
                "name": "Dearborn Police",
                "incident_types": ["Break-in", "Medical", "Fire", "Traffic collision", "Other"],
                "sender": sender,
                "email": True,
                "quiet_words": {
                    "en": "Your appointment is confirmed. Details and changes: …",
                    "es": "Su cita queda confirmada. Detalles y cambios: …",
                    "uk": "Ваш запис підтверджено. Докладніше: …",
                },
                "country": "US",
            },
            "csrf": "token",
            "session": "ses_1",
            "lock_after_s": 1800,
            "care": {"blur": False, "still_first": False},
        }
        self.incidents: dict[str, Json] = {}
        self.units: list[Json] = []
        self.duty: Json | None = on_duty() if role == "officer" else None
        self.entries: dict[str, list[Json]] = {}
        self.trails: dict[str, list[Json]] = {}
        self.notes: dict[str, list[Json]] = {}
        self.talks: list[Json] = []
        self.readers: list[Json] = []  # of every incident
        self.phrases = [
            "Understood",
            "On my way",
            "I see them",
            "Send backup",
            "Send an ambulance",
            "All clear",
        ]
        self.cameras: list[Json] = []  # near every incident
        self.closed: list[Json] = []
        self.hangar: Json | None = None  # tests.pwa.hangar; drones say nothing where there is none
        self.choice: Json | None = None
        self.weather: Json | None = None
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}

    async def serve(self, context: BrowserContext) -> None:
        """Answer everything that this context's pages ask of the origin."""
        await context.route(f"{ORIGIN}/**", self._answer)
        await context.route_web_socket(f"{ORIGIN.replace('https', 'wss')}/api/events*", self._talk)
        self._peer = await context.new_page()
        await self._peer.goto(f"{ORIGIN}/peer")
        await self._peer.evaluate(PEER)
        self._ticking = asyncio.create_task(self._tick())

    def fall_silent(self) -> None:
        """Say nothing more on the sockets that are there, and close none."""
        self._told.fall_silent()

    def stop(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self.tell({"type": "tick", "now": now()})

    async def tell(self, event: Json) -> None:
        """Push one event to every page."""
        self._told.tell(event)

    async def change(self, which: str = "inc_1", **changes: Any) -> None:
        """Change an incident and tell everybody."""
        self.incidents[which] = {**self.incidents[which], **changes}
        await self.tell({"type": "incident", "incident": self.incidents[which]})

    async def change_hangar(self, **changes: Any) -> None:
        """Change docks, flights or offers and tell everybody."""
        self.hangar = {**(self.hangar or {}), **changes}
        await self.tell(self.hangar)

    async def record(self, line: Json, which: str = "inc_1") -> None:
        """Write to an incident's log and tell everybody."""
        self.entries.setdefault(which, []).append(line)
        self.incidents[which]["news_at"] = line["at"]
        await self.tell({"type": "entry", "incident_id": which, "entry": line})

    async def lose(self) -> None:
        """Go away: sockets break, requests fail."""
        self.up = False
        await self._told.lose()

    async def freeze(self) -> None:
        """Stop sending pictures, without a word, and start none."""
        assert self._peer is not None
        self.pictures = False
        await self._peer.evaluate("freeze()")

    async def _duty(self, body: Any) -> None:
        """Signed on or off: the page begins anew."""
        ended = {"ended_at": now(), "end": "signed-off"}
        self.duty = on_duty(body["unit_id"]) if body else {**(self.duty or on_duty()), **ended}
        await self.tell(self.snapshot())

    def asked_for(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests for one path."""
        return [body for m, p, body in self.asked if (m, p) == (method, path)]

    def snapshot(self) -> Json:
        return {
            "type": "snapshot",
            "now": now(),
            "incidents": [i for i in self.incidents.values() if i["closed_at"] is None],
            "units": self.units,
            "notes": [self._thread(which) for which in self.notes],
            "phrases": self.phrases,
            "duty": self.duty,
            "talks": self.talks,
        }

    def _thread(self, which: str) -> Json:
        return {"incident_id": which, "notes": self.notes.get(which, []), "readers": self.readers}

    def _write(self, which: str, body: Json) -> Json:
        held = self.notes.setdefault(which, [])
        user = self.me["user"]
        held.append(
            note(
                len(held) + 1,
                body["text"],
                user["display_name"],
                id=body["id"],
                by_id=user["id"],
                still=body["still"] and {"kind": "caller", "name": "", "width": 640, "height": 480},
            )
        )
        return held[-1]

    async def _talk(self, socket: WebSocketRoute) -> None:
        if not self.up:
            await socket.close(code=1012)
            return
        self.conversations += 1
        self._told.begin(socket, self.snapshot())
        if self.hangar is not None:
            await self.tell(self.hangar)

    async def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not path.startswith(("/api/", "/whep/", "/whip")):
            await self._file(route, path)
        elif not self.up:
            await route.abort("connectionrefused")
        elif path.startswith(("/whep/", "/whip")):
            await self._whep(route)
        else:
            method, body = route.request.method, route.request.post_data_json
            self.asked.append((method, path, body))
            status, answer = self._decide(method, path, body)
            if answer is None:
                await route.fulfill(status=status)
            else:
                await route.fulfill(status=status, json=answer)
            if method != "GET" and path.startswith(CHANGES):
                for changed in self.incidents.values():
                    await self.tell({"type": "incident", "incident": changed})

    async def _file(self, route: Route, path: str) -> None:
        if path == "/peer":
            await route.fulfill(body="<!doctype html><title>peer</title>", content_type="text/html")
            return
        if path == "/":  # as the server leads each role to its own page
            where = {"officer": "/officer", "pilot": "/pilot"}.get(self.role, "/console")
            refresh = f'<!doctype html><meta http-equiv="refresh" content="0;url={where}">'
            await route.fulfill(content_type="text/html", body=refresh)
            return
        file = self._pages / (path[1:] if "." in path else f"{path[1:]}.html")
        if not file.is_file():
            await route.fulfill(status=404)
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {"Content-Security-Policy": POLICY, "Content-Type": kind}
        await route.fulfill(body=file.read_bytes(), headers=headers)

    async def _whep(self, route: Route) -> None:
        if route.request.method != "POST":
            await route.fulfill(status=200)
            return
        if not self.pictures:
            await route.fulfill(status=503)
            return
        assert self._peer is not None
        sdp = await self._peer.evaluate("offer => answer(offer)", route.request.post_data)
        headers = {"Content-Type": "application/sdp", "Location": f"{ORIGIN}/whep/session"}
        await route.fulfill(status=201, headers=headers, body=sdp)

    def _decide(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if (method, path) in self.answers:
            return self.answers[method, path]
        if path == "/api/session":
            if not self.signed_in and method == "GET":
                return 401, problem(401, "not-signed-in")
            return (204, None) if method == "DELETE" else (200, self.me)
        if path in (
            "/api/session/idle",
            "/api/session/lock",
            "/api/care/exposure",
        ):  # a page that is open for long
            return 204, None
        if path == "/api/incidents/closed":
            return 200, self.closed
        if path == "/api/duty":
            asyncio.get_running_loop().create_task(self._duty(body))
            return (204, None) if body is None else (200, {"duty": on_duty(body["unit_id"]), "over": []})
        if path == "/api/hung-up":
            made = incident(
                len(self.incidents) + 1, type="Hung-up call", words=body["words"], opened_at=now()
            )
            made["callback_number"] = body["number"]
            made["links"] = [link(1, "queued", whom="hung-up", number=body["number"])]
            self.incidents[made["id"]] = made
            return 201, {"incident": made, "link": made["links"][0], "handout": None}
        if (method, path) == ("POST", "/api/incidents"):
            place = guessed(body["position"]) if body["position"] else None
            made = incident(len(self.incidents) + 1, opened_at=now(), **{**body, "position": place})
            made["opened_by"] = self.me["user"]["display_name"]
            self.incidents[made["id"]] = made
            return 201, made
        if path.startswith("/api/push"):
            return 204, None
        if path == "/api/colleagues":
            return 200, [{"user_id": "usr_9", "name": "Kim Ono", "role": "dispatcher", "incidents": 0}]
        if path == "/api/talk/phrases":
            return 200, CANNED
        if path == "/api/airspace":
            return 200, {"type": "FeatureCollection", "features": []}
        if path == "/api/weather":
            return 200, self.weather
        kind, which, *rest = path.removeprefix("/api/").split("/")
        return self._about(kind, which, "/".join(rest), body)

    def _about(self, kind: str, which: str, verb: str, body: Any) -> tuple[int, Any]:
        if kind == "incidents":
            return self._about_incident(which, verb, body)
        if kind == "openings":
            return self._about_opening(which, verb)
        if kind == "feeds":
            return 201, {"whep": f"/whep/{which}", "bearer": "b", "seconds_left": 60}
        if kind == "flights":
            return 200, {"accepted": True, "words": "", "took_ms": 84}
        if kind in ("units", "docks"):
            return 204, None
        if kind == "alerts":
            return self._acknowledged(which)
        if kind == "responses":
            return self._pressed(which, body["status"])
        if verb == "code":
            return 201, {"code": "482913", "seconds_left": 600}
        handout = {"url": f"{ORIGIN}/c#4fK9sQ2mXv7Lr0TzYb3NdE", "qr_svg": QR}
        if verb == "handout":
            return 200, handout
        found = next(k for i in self.incidents.values() for k in i["links"] if k["id"] == which)
        if verb == "also":
            found |= {"state": "queued", "sender": "sms" if "number" in body else "email", **body}
        if verb in ("resend", "also"):
            return 200, {"link": found, "handout": None}
        return 200, found

    def _acknowledged(self, which: str) -> tuple[int, Any]:
        for held in self.incidents.values():
            for each in held["alerts"]:
                if each["id"] == which:
                    each |= {"acknowledged_at": now(), "acknowledged_by": self.me["user"]["display_name"]}
                    return 200, {"incident_id": held["id"]}
        return 410, problem(410, "alert-over")

    def _pressed(self, which: str, status: str) -> tuple[int, Any]:
        (made,) = [response(which[4:], status)] if status != "clear" else [response(which[4:])]
        for held in self.incidents.values():
            held["responses"] = [
                made if each["id"] == which else each
                for each in held["responses"]
                if each["id"] != which or status != "clear"
            ]
        return 200, made

    def _open(self, held: Json, which: str, body: Any) -> tuple[int, Any]:
        found = next(each for each in self.cameras if each["camera_id"] == which)
        if found["offer"] == "ask":
            found["offer"] = "asking"
            held["asks"] = [*held["asks"], asked(found)]
            return 200, {"opening": None, "asked": held["asks"][-1]}
        if found["offer"] == "asking":
            joined = {**held["asks"][-1], "waiting": [*held["asks"][-1]["waiting"], ME]}
            held["asks"] = [*held["asks"][:-1], joined]
            return 200, {"opening": None, "asked": joined}
        made = opening(len(held["openings"]) + 1, found, reason=body["reason"])
        held["openings"] = [*held["openings"], made]
        about = {"kind": "camera", "name": found["name"], "camera_id": which}
        held["feeds"] = [*held["feeds"], feed(0, "live", held["id"], id=made["feed_id"], **about)]
        return 200, {"opening": made, "asked": None}

    def _open_site(self, held: Json) -> tuple[int, Any]:
        offered = [each for each in self.cameras if each["own"] and each["offer"] in ("open", "ask")]
        for each in offered:
            self._open(held, each["camera_id"], {"reason": "site-call"})
        return 200, {"openings": held["openings"], "asked": held["asks"]}

    def _about_opening(self, which: str, verb: str) -> tuple[int, Any]:
        held = next(i for i in self.incidents.values() for o in i["openings"] if o["id"] == which)
        found = next(each for each in held["openings"] if each["id"] == which)
        if verb == "renew":
            found["expires_at"] = now(minutes=-30)
            return 200, found
        held["openings"] = [each for each in held["openings"] if each["id"] != which]
        held["feeds"] = [each for each in held["feeds"] if each["id"] != found["feed_id"]]
        return 204, None

    def _about_incident(self, which: str, verb: str, body: Any) -> tuple[int, Any]:
        if verb == "entries":
            return 200, self.entries.get(which, [])
        if verb == "trail":
            return 200, self.trails.get(which, [])
        if verb == "nearby":
            return 200, {"cameras": self.cameras, "more": 0}
        if verb == "notes":
            return (200, self._thread(which)) if body is None else (201, self._write(which, body))
        if verb == "notes/marks":
            return 204, None
        if verb == "drones":
            return 200, self.choice
        if verb == "flights":
            return 201, (self.hangar or {})["flights"][0]
        held = self.incidents[which]
        if verb == "my-camera":
            return 200, {"bearer": "b", "whip": "/whip", "feed_id": "fed_9"}
        if verb.startswith("cameras/"):
            return self._open(held, verb.split("/")[1], body)
        if verb == "site-cameras":
            return self._open_site(held)
        if verb == "close":
            held["closed_at"] = now()
        elif verb == "amend":
            held["words"] = body.get("words", held["words"])
            held["position"] = guessed(body["position"]) if body.get("position") else held["position"]
        elif verb == "units":
            held["unit_ids"] = [*held["unit_ids"], body["unit_id"]]
            held["responses"] = [*held["responses"], response(body["unit_id"])]
            held["alerts"] = [{**each, "next_unit_id": None} for each in held["alerts"]]
        elif verb.startswith("units/"):
            held["unit_ids"] = [u for u in held["unit_ids"] if u != verb[6:]]
            held["responses"] = [r for r in held["responses"] if r["unit_id"] != verb[6:]]
        elif verb == "links":
            asked = {name: value for name, value in body.items() if name != "shown"}
            console = self.me["agency"]["sender"] == "console" or body.get("shown", False)
            made = link(len(held["links"]) + 1, "sent" if console else "queued", **{"number": None, **asked})
            made["sender"] = "console" if console else "sms" if made["number"] else "email"
            made["ways"] = [way("qr" if console else made["sender"], "sent" if console else "queued")]
            held["links"] = [made, *held["links"]]
            handout = {"url": f"{ORIGIN}/c#4fK9sQ2mXv7Lr0TzYb3NdE", "qr_svg": QR} if console else None
            return 201, {"link": made, "handout": handout}
        return 200, held


def problem(status: int, code: str, detail: str = "") -> Json:
    return {"type": f"/problems/{code}", "title": code, "status": status, "detail": detail}
