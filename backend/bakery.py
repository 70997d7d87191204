"""Rosa's bakery, of the demonstration: what she lends, and the connector beside her cameras.

The connector is a real one in a process of its own: enrolled by a code of hers over HTTP, its cameras put on
her list as her page would. Only what the cameras see is made up, and like any camera's it is looked at only
while somebody may see it.
"""

import asyncio
import math
from pathlib import Path

import httpx

from backend.model.cameras import ParticipationLevel, View
from backend.model.ids import CameraId, SiteId
from backend.model.people import User
from backend.model.positions import Point
from backend.model.sites import SiteKind
from backend.parts import Parts
from backend.stagehands import connector, done, ended, signed_in
from media.connector.folder import Folder

NUMBER = "+13135550142"  # for stories only: no telephone has it
_SHOP = Point(latitude=60.16968, longitude=24.94611)  # at the corner round which the simulated caller walks
_CAMERAS = (  # name, metres north and east of the shop, view, indoor, level
    (
        "Front door",
        (-6, -4),
        View(heading_deg=235.0, field_deg=100.0, height_m=3.0),
        False,
        ParticipationLevel.NEARBY,
    ),
    (
        "Back yard",
        (14, 22),
        View(heading_deg=60.0, field_deg=80.0, height_m=5.0),
        False,
        ParticipationLevel.ASK,
    ),
    ("Counter", (2, 4), View(heading_deg=270.0), True, ParticipationLevel.OWN_CALLS),
    ("Oven room", (4, 10), View(), True, ParticipationLevel.REGISTRY),
)
_RADIUS_M = 500
_THERE_S = 30.0  # for the connector to say what it has
_LOOK_S = 0.2


class BakeryError(Exception):
    """The cameras have no picture; the message says why."""


async def lend(parts: Parts, rosa: User) -> str:
    """A site with a camera for everything that a camera may be used for; the code for its connector."""
    site = await parts.sites.add(
        rosa,
        kind=SiteKind.BUSINESS,
        name="Rosa's Bakery",
        address="Aleksanterinkatu 21",
        point=_SHOP,
        numbers=(NUMBER,),
    )
    east_m = 111_195 * math.cos(math.radians(_SHOP.latitude))  # in a degree
    for name, (north, east), view, indoor, level in _CAMERAS:
        point = Point(latitude=_SHOP.latitude + north / 111_195, longitude=_SHOP.longitude + east / east_m)
        camera = await parts.cameras.register(
            rosa, SiteId(site.id), name=name, point=point, view=view, indoor=indoor
        )
        await parts.cameras.amend(rosa, CameraId(camera.id), level=level, radius_m=_RADIUS_M)
    code, _ = await parts.enrolments.issue(rosa, SiteId(site.id))
    return code.reveal()


class Bakery:
    """The connector's process, from `open` until `close`."""

    def __init__(self, url: str, trust: Path | None, folder: Path) -> None:
        self._url, self._trust, self._folder = url, trust, folder
        self._process: asyncio.subprocess.Process | None = None

    async def open(self, code: str, name: str, password: str) -> None:
        """Enrol it, start it and put its cameras on the list of who signs in so. Raises BakeryError."""
        trust = ("--trust", str(self._trust)) if self._trust else ()
        enrolling = await connector(self._folder, "enrol", self._url, code, "--name", "Back office", *trust)
        if not await done(enrolling):
            raise BakeryError("its connector could not be enrolled")
        folder = Folder(self._folder)
        for label, *_, level in _CAMERAS:
            if level is not ParticipationLevel.REGISTRY:
                folder.add_test_picture(folder.free_name(label), label)
        self._process = await connector(self._folder, "run", "--until-closed")
        try:
            async with asyncio.timeout(_THERE_S):
                await self._bind(name, password)
        except TimeoutError as error:
            raise BakeryError("its connector does not say what it has") from error
        except httpx.HTTPError as error:
            raise BakeryError(f"the service does not take them: {error}") from error

    async def close(self) -> None:
        """Nothing of it is left when this returns."""
        if self._process is not None:
            await ended(self._process)

    async def _bind(self, name: str, password: str) -> None:
        """As the owner's page does it: each camera gets the connector's source that is called like it."""
        async with signed_in(self._url, self._trust, name, password) as http:
            while True:
                view = (await http.get("/api/owner")).raise_for_status().json()
                (site,) = view["sites"]
                found = {
                    source["label"]: {"connector_id": held["id"], "source": source["name"]}
                    for held in site["connectors"]
                    for source in held["sources"]
                }
                if found:
                    break
                await asyncio.sleep(_LOOK_S)
            for camera in site["cameras"]:
                if camera["name"] in found:
                    amend = f"/api/cameras/{camera['id']}/amend"
                    (await http.post(amend, json=found[camera["name"]])).raise_for_status()
