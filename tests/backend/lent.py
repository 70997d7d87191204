"""Lent cameras in a real house: an owner, a site, its cameras, and connectors that obey or do not.

lent = await lending(house)                     # one owner, one shop at SCENE
camera = await lent.camera(level=ASK)
incident = await dana.open(**AT_THE_SHOP)
await dana.post(f"/api/incidents/{incident['id']}/cameras/{camera}/open", {"reason": "see-scene"})
"""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec

from backend.model.cameras import Camera, ParticipationLevel
from backend.model.connectors import Connector
from backend.model.ids import CameraId, ConnectorId, GrantSecret, SiteId, UserId, new_id
from backend.model.people import Role, User
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site, SiteKind
from backend.store.rows import columns
from backend.store.tables import connectors as connectors_table
from tests.backend.house import House, Staff
from tests.peers import AiortcPeer, until

SHOP = Point(latitude=42.3223, longitude=-83.1763)
AT_THE_SHOP = {"position": {"latitude": SHOP.latitude, "longitude": SHOP.longitude, "accuracy_m": 10.0}}
SHOP_NUMBER = "+13135550100"
NEARBY, ASK = ParticipationLevel.NEARBY, ParticipationLevel.ASK
OWN_CALLS, REGISTRY = ParticipationLevel.OWN_CALLS, ParticipationLevel.REGISTRY


class Sockets:
    """What services.runs asks of connectors: each start and stop is written down. `away` are not there."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.running: dict[str, tuple[str, str, GrantSecret, bool]] = {}
        self.starts: list[str] = []
        self.stops: list[str] = []
        self.most_at_once: dict[tuple[str, str], int] = {}
        self.pause_s = 0.0

    def is_connected(self, connector: ConnectorId) -> bool:
        return connector not in self.away

    async def start(
        self, connector: ConnectorId, run: str, source: str, whip: str, bearer: GrantSecret, sound: bool
    ) -> None:
        await asyncio.sleep(self.pause_s)
        if connector in self.away:
            raise Refused(Refusal.CONNECTOR_AWAY)
        assert whip == "/whip"
        assert run not in self.running, "one run, started twice"
        self.running[run] = (connector, source, bearer, sound)
        self.starts.append(run)

    async def stop(self, connector: ConnectorId, run: str) -> None:
        await asyncio.sleep(self.pause_s)
        if connector not in self.away:
            self.running.pop(run, None)
        self.stops.append(run)

    def forgets(self, connector: str) -> None:
        """Its process began anew."""
        self.running = {run: held for run, held in self.running.items() if held[0] != connector}


class Lent:
    """What one owner lends."""

    def __init__(self, house: House, sockets: Sockets, owner: User, site: SiteId, connector: str) -> None:
        self.house, self.sockets, self.owner, self.site = house, sockets, owner, site
        self.connector = connector
        self._peers: list[AiortcPeer] = []

    async def signed_in(self) -> Staff:
        """The owner's browser."""
        return await self.house.staff(self.owner.name)

    async def camera(self, **more: Any) -> str:
        """One more camera at the shop; NEARBY unless told otherwise."""
        given: dict[str, Any] = {
            "id": CameraId(new_id("cam")),
            "site_id": self.site,
            "name": "Front door",
            "point": SHOP,
            "added_at": self.house.clock(),
            "level": NEARBY,
            "connector_id": self.connector,
            "source": "cam-" + new_id("x")[-6:],
        }
        camera = Camera(**{**given, **more})
        async with self.house.parts.store.begin() as tx:
            await tx.cameras.add(camera)
        return camera.id

    async def change(self, camera: str, **fields: Any) -> None:
        """What the owner's page would set; nobody is told of it."""
        async with self.house.parts.store.begin() as tx:
            held = await tx.cameras.get(CameraId(camera))
            assert held is not None
            await tx.cameras.change(msgspec.structs.replace(held, **fields))

    async def publish(self, run: str) -> AiortcPeer:
        """The connector's side of a run, really sending."""
        peer = AiortcPeer()
        self._peers.append(peer)
        bearer = self.sockets.running[run][2].reveal()
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/sdp"}
        offer = await peer.offer_to_send(audio=False)
        reply = await self.house.client().post("/whip", content=offer, headers=headers)
        assert reply.status_code == 201, reply.text
        await peer.answered(reply.text)
        return peer

    async def watch(self, who: Staff, feed: str) -> AiortcPeer:
        """Somebody's screen that shows the picture."""
        grant = await who.post(f"/api/feeds/{feed}/watch")
        peer = AiortcPeer()
        self._peers.append(peer)
        headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
        offer = await peer.offer_to_receive(audio=False)
        reply = await self.house.client().post(grant["whep"], content=offer, headers=headers)
        assert reply.status_code == 201, reply.text
        await peer.answered(reply.text)
        await until(lambda: peer.frames["video"], "a frame is shown")
        return peer

    async def hang_up(self) -> None:
        for peer in self._peers:
            await peer.close()


async def lending(house: House, name: str = "ola", **site: Any) -> Lent:
    """An owner of a shop, with one connector that is there."""
    parts = house.parts
    sockets = parts.runs._connectors
    if not isinstance(sockets, Sockets):
        sockets = Sockets()
        parts.runs._connectors = sockets
    owner = User(id=UserId(new_id("usr")), name=name, display_name=f"{name.title()} Berg", role=Role.OWNER)
    given = {
        "id": SiteId(new_id("sit")),
        "kind": SiteKind.BUSINESS,
        "name": f"{name.title()}'s shop",
        "address": "1 Main Street",
        "point": SHOP,
        "added_at": house.clock() - timedelta(days=1),
        "owner_id": owner.id,
        "numbers": (SHOP_NUMBER,),
    }
    held = Site(**{**given, **site})
    connector = Connector(
        id=ConnectorId(new_id("con")),
        site_id=held.id,
        name="Back office",
        key=new_id("key"),
        enrolled_at=house.clock(),
    )
    async with parts.store.begin() as tx:
        await tx.users.add(owner, "no password")
        await tx.sites.add(held)
        await tx.sites._db.execute(connectors_table.insert().values(**columns(connector)))
    return Lent(house, sockets, owner, held.id, connector.id)


async def press(who: Staff, incident: Any, camera: str, reason: str = "see-scene") -> Any:
    """Somebody opens a camera."""
    return await who.post(f"/api/incidents/{incident['id']}/cameras/{camera}/open", {"reason": reason})


async def ended(house: House) -> list[str]:
    """How openings ended, the first first."""
    return [e.details["end"] for e in await house.entries("camera.close") if "end" in e.details]
