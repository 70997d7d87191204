"""Rosa's bakery, of the demonstration: what she lends, and the connector beside her cameras.

The connector is a real one in a process of its own: enrolled by a code of hers over HTTP, its cameras put on
her list as her page would. Only what the cameras see is made up, and like any camera's it is looked at only
while somebody may see it.
"""

import asyncio
import math
import os
import ssl
import sys
from pathlib import Path

import httpx

from backend.app import Parts
from backend.model.cameras import ParticipationLevel, View
from backend.model.ids import CameraId, SiteId
from backend.model.people import User
from backend.model.positions import Point
from backend.model.sites import SiteKind
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
_END_S = 12.0


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
        enrolling = await self._command("enrol", self._url, code, "--name", "Back office", *trust)
        try:
            if await enrolling.wait():
                raise BakeryError("its connector could not be enrolled")
        finally:
            await _ended(enrolling)
        folder = Folder(self._folder)
        for label, *_, level in _CAMERAS:
            if level is not ParticipationLevel.REGISTRY:
                folder.add_test_picture(folder.free_name(label), label)
        # its input stays open: it ends when this process does, however that happens
        self._process = await self._command("run", "--until-closed")
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
            await _ended(self._process)

    async def _command(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "backend", "connector", *words),
            env={
                **os.environ,
                "SIGHTLINE_CONNECTOR_DIR": str(self._folder),
                "SIGHTLINE_CONNECTOR_DISCOVER": "0",  # nobody lent that network to be searched
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the service; the connector follows it
        )

    async def _bind(self, name: str, password: str) -> None:
        """As the owner's page does it: each camera gets the connector's source that is called like it."""
        verify = ssl.create_default_context(cafile=self._trust) if self._trust else True
        async with httpx.AsyncClient(
            base_url=self._url, headers={"Origin": self._url}, verify=verify, timeout=10, trust_env=False
        ) as http:
            me = await http.post("/api/session", json={"name": name, "password": password})
            http.headers["X-CSRF-Token"] = me.raise_for_status().json()["csrf"]
            while True:
                view = (await http.get("/api/owner")).raise_for_status().json()
                (site,) = view["sites"]
                found = {
                    source["label"]: {"connector_id": connector["id"], "source": source["name"]}
                    for connector in site["connectors"]
                    for source in connector["sources"]
                }
                if found:
                    break
                await asyncio.sleep(_LOOK_S)
            for camera in site["cameras"]:
                if camera["name"] in found:
                    amend = f"/api/cameras/{camera['id']}/amend"
                    (await http.post(amend, json=found[camera["name"]])).raise_for_status()
            (await http.delete("/api/session")).raise_for_status()


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
