"""Reads one camera's H.264 without libav: a session on our own RTSP connection, whole pictures on the loop.

What most cameras send needs no demuxer, and libav asks the kernel five times for each packet. Everything
else, and sound, is media.connector.pull's. Decodes nothing.
"""

import asyncio
import contextlib
import re
import secrets
import time

from media.connector import h264
from media.connector.depacketize import Depacketizer
from media.connector.describe import Described, Track, Trouble
from media.connector.pictures import FIRST_PICTURE_S, READ_S, Pictures, Taker
from media.connector.rtsp import Connection, in_words, no_tcp
from media.connector.timeline import Timeline
from media.rtcp import ReportBlock, picture_loss, receiver_report

_LOOK_EVERY_S = 1.0
_REPORT_EVERY_S = 5.0  # some cameras end a session of which they hear nothing but RTSP
_SESSION_S = 60  # where the camera does not say
_MIN_SESSION_S = 10
_AHEAD = 48  # bytes: a delimiter, timing information
_TOGETHER, _TOGETHER_S = 32 * 1024, 0.004  # a picture of 4 Mbit/s takes 1 to 2 ms on a camera's cable


class Direct:
    """One RTSP session, from `start` until `stop` or its trouble, of which `over` tells exactly once."""

    def __init__(self, connection: Connection, described: Described, track: Track, taker: Taker) -> None:
        self._connection = connection
        self._described = described
        self._track = track
        self._taker = taker
        self._pictures = Pictures(taker, Timeline())
        self._pictures.expect([memoryview(s) for s in track.parameter_sets], has_sound=described.has_sound)
        self._packets = Depacketizer(track.payload_type, self._finished)
        self._own = secrets.randbits(32)
        self._session = ""
        self._channel = 0
        self._waits_for = 1
        self._rest: asyncio.TimerHandle | None = None
        self._beat = "OPTIONS"
        self._heard = 0.0
        self._stopped = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        self._stopped = True
        if self._session:
            self._connection.tell("TEARDOWN", self._described.control, Session=self._session)
        self._connection.close()
        if self._task is not None:
            self._task.cancel()

    def want_keyframe(self) -> None:
        """Some listen to what RFC 4585 has for it, without having said so; others pass over it."""
        if self._packets.ssrc:
            asked = picture_loss(self._own, self._packets.ssrc)
            self._connection.interleave(self._channel + 1, self._report() + asked)

    def join(self, _: float) -> bool:
        """There is no thread."""
        return True

    def traffic(self) -> int:
        return self._connection.traffic()

    async def _run(self) -> None:
        trouble: Trouble | None = None
        try:
            await self._watch(await self._play())
        except Trouble as found:
            trouble = found
        except (OSError, ValueError) as error:
            trouble = _in_words(error)
        except Exception as error:  # whatever was made of it: the owner gets a sentence, and the run an end
            trouble = Trouble(f"The camera's stream is broken ({type(error).__name__}).")
        finally:
            if self._rest is not None:
                self._rest.cancel()
            self._connection.close()
            self._taker.over(None if self._stopped else trouble or Trouble("The camera hung up."))

    async def _play(self) -> float:
        """Set up and begin; after how many seconds the camera ends a session that it hears nothing of."""
        ask = self._connection.ask
        offered = await ask("SETUP", self._track.control, Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        if "interleaved" not in offered.header("transport").lower():
            raise no_tcp()
        said = re.search(r"interleaved=(\d{1,3})", offered.header("transport"), re.IGNORECASE)
        self._channel = int(said[1]) if said else 0
        self._session, _, parameters = offered.header("session").partition(";")
        timeout = re.search(r"timeout\s*=\s*(\d{1,5})", parameters)
        self._connection.take(self._channel, self._packets.take, self._settled)
        answer = await ask("PLAY", self._described.control, Session=self._session, Range="npt=0.000-")
        self._connection.acknowledge()
        if "GET_PARAMETER" in answer.header("public"):
            self._beat = "GET_PARAMETER"
        return max(_MIN_SESSION_S, int(timeout[1]) if timeout else _SESSION_S)

    async def _watch(self, session_s: float) -> None:
        """Until it is lost; keeps the session alive meanwhile."""
        over = self._connection.over
        began = beat = reported = self._heard = time.monotonic()
        while not over.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(over), _LOOK_EVERY_S)
            now = time.monotonic()
            if now - self._heard > READ_S:
                raise Trouble("The camera has stopped sending.")
            if now - began > FIRST_PICTURE_S:
                self._pictures.must_be_known()
            if now - beat > session_s / 3:
                beat = now
                self._connection.tell(self._beat, self._described.control, Session=self._session)
            if now - reported > _REPORT_EVERY_S:
                reported = now
                self._connection.interleave(self._channel + 1, self._report())
        if (error := over.result()) is not None:
            raise error

    def _settled(self) -> None:
        """Be woken seldom: each time costs as much as a packet or several.

        Between pictures, wait for more than what cameras send ahead of one. A picture smaller than that, in
        which nothing moves, arrives with the next. Within one, let the rest come together for a moment.
        """
        if self._packets.between:
            if self._rest is not None:
                self._rest.cancel()
                self._rest = None
            self._wait_for(_AHEAD)
        elif self._rest is None:
            self._wait_for(_TOGETHER)
            self._rest = asyncio.get_running_loop().call_later(_TOGETHER_S, self._go_on)

    def _go_on(self) -> None:
        self._rest = None
        self._wait_for(1)

    def _wait_for(self, count: int) -> None:
        if count != self._waits_for:
            self._waits_for = count
            self._connection.wait_for(count)

    def _finished(self, units: list[h264.Unit], ticks: int, size: int) -> None:
        self._heard = arrived = time.monotonic()
        self._pictures.put(units, ticks / self._track.clock_rate, arrived, size)

    def _report(self) -> bytes:
        """A receiver report without what only its sender could use (RFC 3550 section 6.4.2)."""
        of = self._packets
        block = ReportBlock(of.ssrc, 0, of.lost, of.highest, 0, 0, 0)
        return receiver_report(self._own, [block])


def _in_words(error: OSError | ValueError) -> Trouble:
    if isinstance(error, h264.Unreadable):
        return Trouble(f"The camera's stream is broken: {error}.")
    if isinstance(error, ConnectionError):
        return Trouble("The camera hung up.")
    return in_words(error)
