"""aiortc's own MediaRelay in a process of its own, spoken to in JSON lines (tests/bench/child).

Decodes what the publisher sends once and encodes it anew for each subscriber: what one gets by writing an SFU
with aiortc alone.
"""

import asyncio
from typing import Any

import uvloop
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack

from tests.bench.child import answer_lines


async def main() -> None:
    relay = MediaRelay()
    connections: list[RTCPeerConnection] = []
    arrived: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()

    async def answer(said: dict[str, Any]) -> dict[str, Any]:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        connections.append(connection)
        if "publish" in said:
            connection.on("track", arrived.set_result)
        else:
            connection.addTrack(relay.subscribe(await arrived))
        offer = said.get("publish") or said["subscribe"]
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return {"answer": connection.localDescription.sdp}

    await answer_lines(answer)
    await asyncio.gather(*(connection.close() for connection in connections))


if __name__ == "__main__":
    uvloop.run(main())
