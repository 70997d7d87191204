"""What `sightline drone replay` does: a recorded flight flies again, for whoever listens. It obeys nobody.

Frames go out as they were recorded, at their moments; the clock in them is the drone's own of that day. What
was signed is signed still, so whoever asks for fresh signatures rightly refuses it.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from media.recordings import BadRecording, Heard, read
from media.simulator.endpoint import MOST_PEERS, Peer
from media.simulator.network import Address, Network

_MOST_PAUSE_S = 10.0  # between two frames: a recording may have been paused for a night


class Replay:
    """One drone's end that only speaks (media.simulator.network.End). `play` until it is over."""

    def __init__(self, flight: list[Heard], speed: float = 1.0) -> None:
        self._flight, self._speed = flight, speed
        self.peers: list[Peer] = []
        self.met = asyncio.Event()

    def meet(self, send: Callable[[bytes], None]) -> Peer | None:
        """Who is told from now on; None when there are enough."""
        if len(self.peers) >= MOST_PEERS:
            return None
        peer = Peer(send, None)
        self.peers.append(peer)
        self.met.set()
        return peer

    def listen(self, data: bytes, send: Callable[[bytes], None]) -> Peer | None:
        """Whoever sends anything that is MAVLink listens."""
        return self.meet(send) if Peer(send, None).reader.feed(data) else None

    def receive(self, data: bytes, peer: Peer) -> None:
        """What it is told changes nothing: this flight has been flown."""

    def part(self, peer: Peer) -> None:
        if peer in self.peers:
            self.peers.remove(peer)

    async def play(self) -> None:
        """From when somebody listens; pauses of more than ten seconds are cut short."""
        await self.met.wait()
        loop = asyncio.get_running_loop()
        due, last = loop.time(), self._flight[0].at_s
        for heard in self._flight:
            due += min(max(0.0, heard.at_s - last), _MOST_PAUSE_S) / self._speed
            last = heard.at_s
            if (left := due - loop.time()) > 0:
                await asyncio.sleep(left)
            for peer in list(self.peers):
                peer.send(heard.frame)


class Playing(msgspec.Struct, frozen=True):
    """Where a recording is to be had."""

    udp: str
    tcp: str
    frames: int
    seconds: float


def run(options: argparse.Namespace, to: list[Address]) -> int:
    """0 when it was played to its end, 2 when it could not begin."""
    try:
        flight = list(read(Path(options.file)))
        if not flight:
            raise BadRecording(f"{options.file} is empty.")
        return asyncio.run(_run(Replay(flight, options.speed), flight, options, to))
    except (BadRecording, OSError) as error:
        print(f"sightline drone: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


async def _run(replay: Replay, flight: list[Heard], options: argparse.Namespace, to: list[Address]) -> int:
    network = Network(replay)
    try:
        port = await network.open(options.host, options.port, to)
        host = f"[{options.host}]" if ":" in options.host else options.host
        seconds = flight[-1].at_s - flight[0].at_s
        found = Playing(f"udp://{host}:{port}", f"tcp://{host}:{port}", len(flight), round(seconds, 1))
        if options.json:
            print(msgspec.json.encode(found).decode(), flush=True)
        else:
            print(f"{found.udp} {found.tcp}\n{found.frames} frames of {found.seconds:.0f} s", flush=True)
        await replay.play()
    finally:
        network.close()
    return 0
