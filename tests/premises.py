"""A lent camera whole: its owner and site in the real service, a connector's process, a camera over RTSP."""

import asyncio
from typing import Any

from tests.connector.desk import Connector, RtspCamera
from tests.pwa.lending import Owner
from tests.pwa.service import Service

SCENE = {"latitude": 42.3223, "longitude": -83.1763}
NEAR_BY = {"latitude": SCENE["latitude"] + 0.0005, "longitude": SCENE["longitude"]}  # 55 m north


async def join(
    service: Service,
    connector: Connector,
    camera: RtspCamera,
    owner: str,
    display_name: str,
    *,
    site: str,
    address: str = "",
) -> tuple[Owner, dict[str, Any]]:
    """Somebody new with a site there, whose connector has the camera and is not running yet.

    `address`: of its ONVIF services, else it is added by that of its film.
    """
    await asyncio.to_thread(service.add_user, owner, "--role", "owner", "--display-name", display_name)
    person = await asyncio.to_thread(Owner, service, owner)
    made = person.add_site(name=site, point=NEAR_BY)
    code = person.send("POST", f"/api/sites/{made['id']}/enrolments")["code"]
    for command in (
        ("enrol", service.url, code, "--name", "Back office"),
        ("allow", "127.0.0.0/8"),
        ("add", address or camera.url(camera.path), "--name", "Door"),
    ):
        done = await connector.do(*command)
        assert done.returncode == 0, done.stderr
    return person, made


async def lend(
    service: Service,
    connector: Connector,
    camera: RtspCamera,
    owner: str = "rosa",
    display_name: str = "Rosa Bell",
    *,
    site: str = "Rosa's Bakery",
    name: str = "Bakery door",
    under: tuple[str, ...] = (),
    address: str = "",
) -> tuple[Owner, str]:
    """They lend the camera at their door to emergencies nearby; the connector runs. The camera's id too."""
    person, made = await join(service, connector, camera, owner, display_name, site=site, address=address)
    connector.run(*under)
    agent = await found(person)
    bound = {"connector_id": agent["id"], "source": agent["sources"][0]["name"]}
    view = {"heading_deg": 180, "field_deg": 90, "height_m": 3}
    lent = person.add_camera(
        made["id"], name, point=NEAR_BY, view=view, level="nearby", radius_m=300, **bound
    )
    return person, str(lent["id"])


async def found(owner: Owner) -> dict[str, Any]:
    """The connector as its owner sees it, once it is there with a camera."""
    for _ in range(150):
        (agent,) = owner.view()["sites"][0]["connectors"]
        if agent["connected"] and agent["sources"]:
            return dict(agent)
        await asyncio.sleep(0.2)
    raise AssertionError(agent)
