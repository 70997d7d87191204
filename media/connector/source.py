"""One camera while it is open: its pictures once, for all runs, and the group of pictures that a new run
gets.

Reading is on the loop (direct) or in a thread (pull), encoding again, where it must be, in another (convert),
sending here on the loop. What crosses from thread to loop is bounded.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from media.connector import convert, h264
from media.connector.describe import Trouble
from media.connector.orders import Opened
from media.connector.pictures import Facts, Picture
from media.connector.publisher import Publisher
from media.connector.sending import Frame

MAX_GROUP = 5_000_000  # bytes kept since the last keyframe
MAX_PENDING = 90  # pictures between thread and loop
_SMALLEST_S = 0.001


class Pulling(Protocol):
    """Direct, Pull, Datagrams, Local, or the test picture."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def want_keyframe(self) -> None:
        """As far as a camera can be asked on the connection that it is read from; never waits."""
        ...

    def join(self, timeout_s: float) -> bool: ...
    def traffic(self) -> int: ...


class Told(Protocol):
    """Who hears of what the camera is, and of what it is wanted to do; called on the loop."""

    def opened(self, opened: Opened, profile_level_id: str) -> None: ...
    def still(self, jpeg: bytes | None) -> None: ...
    def fell_behind(self) -> None: ...
    def want_keyframe(self) -> None: ...


class Source:
    """A Taker: its first six methods are called where the reader is, in a thread or on the loop."""

    def __init__(self, told: Told, *, transcode: bool) -> None:
        self.over_future: asyncio.Future[Trouble | None] = asyncio.get_running_loop().create_future()
        self.last_picture = 0.0
        self.transcodes = transcode
        self.group: list[Frame] = []
        self.publishers: dict[str, Publisher] = {}
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._home = threading.get_ident()
        self._pending = 0
        self._facts: Facts | None = None
        self._extradata: bytes | None = None
        self._transcoder: convert.Transcoder | None = None
        self._sound: convert.Sound | None = None
        self._group_bytes = 0
        self._last_at = {"picture": -1.0, "sound": -1.0}
        self._key_unit: bytes | None = None  # the newest keyframe as the camera sent it
        self._want_still = False
        self._closed = False

    def close(self) -> None:
        self._closed = True
        if self._transcoder is not None:
            self._transcoder.close()

    # Where the reader is

    def opened(self, facts: Facts, extradata: bytes) -> None:
        self._facts = facts
        plays = facts.sps is not None and facts.sps.plays_in_browsers
        self._extradata = extradata or None
        if not plays or self.transcodes:
            self._begin_transcoding()
        self._call(self._opened)

    def offer(self, picture: Picture) -> bool:
        if self._transcoder is None and h264.has_b_slices(picture.units):
            self._begin_transcoding()  # whatever its parameter sets said
            self._call(self._opened)
        if picture.keyframe:
            self._key_unit = b"".join(b"\0\0\0\1" + bytes(unit) for unit in picture.units)
            self._call(self._maybe_still)
        transcoder = self._transcoder
        if transcoder is not None:
            whole = (
                self._key_unit
                if picture.keyframe
                else b"".join(b"\0\0\0\1" + bytes(unit) for unit in picture.units)
            )
            transcoder.put(whole or b"", picture.at, picture.keyframe)
            if transcoder.fell_behind:
                transcoder.fell_behind = 0
                self._call(self._told.fell_behind)
            return True
        return self._hand_on(picture.units, picture.at, picture.keyframe, picture.size)

    def waits(self) -> None:
        self._call(self._told.want_keyframe)

    def coded(self, packet: Any, at: float) -> None:
        if not packet.is_keyframe and not self.last_picture:
            self.waits()
        if self._transcoder is not None:
            self._transcoder.put(bytes(packet), at, bool(packet.is_keyframe))

    def sound(self, packet: Any, at: float) -> None:
        if not any(p.with_sound for p in self.publishers.values()):
            return
        if self._sound is None:
            self._sound = convert.Sound()
        arrived = time.monotonic()
        for payload, moment in self._sound.of(packet, at):
            self._call(self._put_sound, payload, moment, arrived)

    def over(self, trouble: Trouble | None) -> None:
        self._call(self._over, trouble)

    def _hand_on(self, units: list[h264.Unit], at: float, keyframe: bool, size: int) -> bool:
        if self._pending >= MAX_PENDING:
            return False
        self._pending += 1
        self._call(self._put, h264.payloads(units), at, time.monotonic(), keyframe, size)
        return True

    def _begin_transcoding(self) -> None:
        self.transcodes = True
        if self._transcoder is None and self._facts is not None:
            self._transcoder = convert.Transcoder(
                self._facts,
                self._extradata,
                lambda u, at, key, size: void(self._hand_on(u, at, key, size)),
            )

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        if threading.get_ident() == self._home:
            function(*arguments)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: this process is ending
            self._loop.call_soon_threadsafe(function, *arguments)

    # On the loop

    def take_still(self) -> None:
        """The next keyframe as a JPEG, or the newest where there is one; `told.still` gets it."""
        self._want_still = True
        self._maybe_still()

    def want_keyframe(self) -> None:
        """Of what encodes: here, or else the camera."""
        if self._transcoder is not None:
            self._transcoder.want_keyframe()
        else:
            self._told.want_keyframe()

    def _opened(self) -> None:
        facts = self._facts
        if facts is None:
            return
        level = convert.PROFILE_LEVEL_ID
        if not self.transcodes and facts.sps is not None:
            level = facts.sps.profile_level_id
        self._told.opened(
            Opened(
                codec=facts.codec,
                width=facts.width,
                height=facts.height,
                has_sound=facts.has_sound,
                transcodes=self.transcodes,
            ),
            level,
        )
        if self._want_still and self._transcoder is not None:
            self._maybe_still()

    def _maybe_still(self) -> None:
        if not self._want_still or self._facts is None:
            return
        if self._facts.codec == "h264":
            if self._key_unit is None:
                return
            self._want_still = False
            work = self._loop.run_in_executor(None, convert.still_of, "h264", self._extradata, self._key_unit)
            work.add_done_callback(
                lambda done: self._told.still(None if done.cancelled() or done.exception() else done.result())
            )
        elif self._transcoder is not None:
            self._want_still = False
            self._transcoder.take_still(lambda made: self._call(self._told.still, made))

    def _put(
        self, payloads: list[h264.Payload], at: float, arrived: float, keyframe: bool, size: int
    ) -> None:
        self._pending -= 1
        if self._closed:
            return
        at = self._last_at["picture"] = max(at, self._last_at["picture"] + _SMALLEST_S)
        frame = Frame(payloads, at, arrived, keyframe, size)
        self.last_picture = arrived
        if keyframe:
            self.group, self._group_bytes = [], 0
        if keyframe or self.group:
            self._group_bytes += size
            if self._group_bytes <= MAX_GROUP:
                self.group.append(frame)
            else:
                self.group = []  # longer than can be sent on: a new run waits for the next keyframe
        for publisher in self.publishers.values():
            publisher.put(frame)

    def _put_sound(self, payload: bytes, at: float, arrived: float) -> None:
        at = self._last_at["sound"] = max(at, self._last_at["sound"] + _SMALLEST_S)
        for publisher in self.publishers.values():
            publisher.put_sound(payload, at, arrived)

    def _over(self, trouble: Trouble | None) -> None:
        if not self.over_future.done():
            self.over_future.set_result(trouble)


def void(_: object) -> None:
    """What is said here is not asked for."""
