"""A real call in a real house: a caller's peer that sends by WHIP, and watchers that come by WHEP."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from tests.backend.house import House, Phone, Staff
from tests.peers import AiortcPeer, until


class Call:
    """One incident whose caller sends a picture."""

    def __init__(self, house: House, dana: Staff, stack: AsyncExitStack) -> None:
        self.house, self.dana, self._stack = house, dana, stack
        self.incident: Any = None
        self.feed = ""
        self.bearer = ""
        self.phone: Phone

    async def begin(self, publishes: bool) -> None:
        self.incident = await self.dana.open(words="behind the shop", callback_number="+1 212 555 0177")
        self.phone = Phone(self.house, self.house.token((await self.dana.issue(self.incident))["id"]))
        self.bearer = await self.phone.share()
        self.feed = (await self.dana.see(self.incident))["feeds"][0]["id"]
        if publishes:
            await self.publish()

    async def publish(self, path: str = "/whip") -> AiortcPeer:
        """The caller's phone, sending."""
        peer = await self._peer()
        await self._post(path, self.bearer, peer, await peer.offer_to_send(audio=False))
        return peer

    async def watch(self, who: Staff) -> str:
        """Somebody who sees the picture; the last part of their session URL."""
        grant = await who.post(f"/api/feeds/{self.feed}/watch")
        peer = await self._peer()
        where = await self._post(
            grant["whep"], grant["bearer"], peer, await peer.offer_to_receive(audio=False)
        )
        await until(lambda: peer.frames["video"], "a frame is shown")
        return where.rsplit("/", 1)[-1]

    async def _peer(self) -> AiortcPeer:
        peer = AiortcPeer()
        self._stack.push_async_callback(peer.close)
        return peer

    async def _post(self, path: str, bearer: str, peer: AiortcPeer, offer: str) -> str:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/sdp"}
        reply = await self.house.client().post(path, content=offer, headers=headers)
        assert reply.status_code == 201, reply.text
        await peer.answered(reply.text)
        return reply.headers["location"]


@asynccontextmanager
async def calling(house: House, *, publishes: bool = True) -> AsyncIterator[Call]:
    """A call with its caller sending, or about to; everybody hangs up at the end."""
    async with AsyncExitStack() as stack:
        call = Call(house, await house.staff("dana"), stack)
        await call.begin(publishes)
        yield call
