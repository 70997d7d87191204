"""What an owner's page is told, made up: states that need an emergency, for their looks alone."""

from typing import Any

from playwright.async_api import Page, WebSocketRoute

from tests.pwa.agency import Json, now
from tests.pwa.lending import HERE
from tests.pwa.told import Told


def camera(name: str = "Front door", **changes: Any) -> Json:
    return {
        "id": f"cam_{name.replace(' ', '')}",
        "site_id": "sit_1",
        "name": name,
        "point": HERE,
        "view": {"heading_deg": 40.0, "field_deg": 80.0, "height_m": 3.0},
        "indoor": False,
        "level": "nearby",
        "radius_m": 300,
        "hours": {"days": 127, "from_min": 0, "to_min": 1440},
        "pause": None,
        "sound": False,
        "connector_id": "con_1",
        "source": "front",
        "device": None,
        "connected": True,
        "trouble": None,
        "still_at": None,
        "watching": [],
        **changes,
    }


def watching(role: str = "dispatcher") -> Json:
    return {"role": role, "reason": "find-person", "since": now(minutes=2), "until": now(minutes=-28)}


def connector(**changes: Any) -> Json:
    source = {
        "name": "front",
        "label": "Axis M2036",
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "transcodes": False,
        "has_sound": False,
        "trouble": None,
        "camera_id": "cam_Frontdoor",
    }
    yard = {**source, "name": "yard", "label": "", "codec": "hevc", "transcodes": True, "camera_id": None}
    return {
        "id": "con_1",
        "name": "Office computer",
        "connected": True,
        "seen_at": now(seconds=4),
        "version": "0.1.0",
        "trouble": None,
        "media_bytes_day": 0,
        "sources": [source, {**yard, "trouble": "The camera refuses its password."}],
        **changes,
    }


def site(*cameras: Json, **changes: Any) -> Json:
    return {
        "id": "sit_1",
        "kind": "business",
        "name": "Corner Shop",
        "address": "Kaisaniemenkatu 2, Helsinki",
        "point": HERE,
        "numbers": ["+13135550142"],
        "cents_a_year": 12000,
        "cameras": list(cameras),
        "connectors": [connector()],
        **changes,
    }


def ask(seconds_left: float = 47.0) -> Json:
    return {
        "id": "ask_1",
        "camera_id": "cam_Frontdoor",
        "incident_type": "Break-in",
        "reason": "find-person",
        "asked_at": now(seconds=60 - seconds_left),
        "expires_at": now(seconds=-seconds_left),
    }


def view(*sites: Json, asks: list[Json] | None = None) -> Json:
    return {"type": "owner", "now": now(), "sites": list(sites), "asks": asks or []}


def city(*sites: Json) -> Json:
    """What a supervisor is told of the city's cameras."""
    return {"type": "city", "now": now(), "sites": [{**each, "kind": "city"} for each in sites]}


class Telling:
    """The owner's socket, or a supervisor's for the city, played: tells what it is given."""

    def __init__(self, first: Json | None, whose: str = "owner") -> None:
        self.first, self._whose = first, whose
        self._told = Told()

    async def on(self, page: Page) -> None:
        await page.route_web_socket(f"**/api/{self._whose}/events*", self._talk)

    async def _talk(self, socket: WebSocketRoute) -> None:
        if self.first is not None:
            self._told.begin(socket, self.first)

    async def tell(self, said: Json) -> None:
        self.first = said
        self._told.tell(said)

    async def lose(self) -> None:
        self.first = None
        await self._told.lose()
