"""The process of one camera: `python -m media.connector.camera`, started and stopped by the connector.

A process and not a thread, because libav reads what a stranger's device sends: when that crashes it, or eats
all memory, or never returns, it is this one camera's process. Waits warm, without a connection to anywhere,
for the first order on its standard input; ends when the last run has, or when its input closes.
"""

import asyncio
import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable

import msgspec
import uvloop

from media import rtc
from media.connector import inputs, whip
from media.connector.addresses import AllowList, NotAllowed, parse
from media.connector.convert import PROFILE_LEVEL_ID
from media.connector.datagrams import Datagrams
from media.connector.describe import Trouble
from media.connector.direct import Direct
from media.connector.keyframes import Keyframes
from media.connector.local import Local
from media.connector.orders import (
    MAX_LINE,
    Began,
    Begin,
    Broke,
    Counted,
    End,
    Hurt,
    Open,
    Opened,
    Order,
    Report,
    Taken,
    TakePicture,
)
from media.connector.path import Counts
from media.connector.picture import TestPicture
from media.connector.publisher import Publisher
from media.connector.pull import Pull
from media.connector.rtsp import connect
from media.connector.source import Pulling, Source

_AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_GIVE_UP_FIRST_S = 6.0  # a camera that was never opened
_GIVE_UP_S = 45.0  # one that showed a picture before: it may be starting again
_STILL_S = 9.0
_COUNT_EVERY_S = 1.0
_ASK_EVERY_S = 1.0  # for a keyframe: each costs all who watch this camera
_JOIN_S = 2.0
_decoder = msgspec.json.Decoder(Order)
_encoder = msgspec.json.Encoder()


class Camera:
    """All of it: the orders, the camera as long as it is wanted, and the runs."""

    def __init__(self, opening: Open, certificate: rtc.Certificate) -> None:
        self._opening = opening
        self._certificate = certificate
        self._allowed = AllowList(opening.networks, opening.server)
        self._media, self._control = Counts(), Counts()
        self._camera_bytes = 0  # of connections that are closed
        self._counted = (0, 0, 0)
        self._session_seen = False
        self._pull: Pulling | None = None
        self._source: Source | None = None
        self._transcode = opening.transcode
        self._level = ""  # profile-level-id, once it is known
        self._known = asyncio.Event()
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._publishers: dict[str, Publisher] = {}
        self._want_still = False
        self._idle = asyncio.Event()
        self._silent = self._reopen = self._by_libav = False
        self._hurt: str | None = None
        self._asked: Callable[[], None] = _nothing  # ends the connection that asked what there is
        self._keyframes: Keyframes | None = None
        self._said = Counts()  # by it to the camera
        self._wanted_at = float("-inf")
        self._asks_later: asyncio.TimerHandle | None = None
        self.done = asyncio.Event()

    # Orders

    def begin(self, order: Begin) -> None:
        if order.run in self._runs:
            return
        self._idle.clear()
        self._runs[order.run] = asyncio.create_task(self._run(order))
        if order.sound and self._silent and self._source is not None:
            self._reopen = True  # it was set up without its sound
            self._source.over(None)

    async def end(self, run: str) -> None:
        task = self._runs.pop(run, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._look()

    def take_picture(self) -> None:
        self._want_still = True
        self._idle.clear()
        asyncio.get_running_loop().call_later(_STILL_S, self._no_still)
        if self._source is not None:
            self._source.take_still()

    async def close(self) -> None:
        for run in list(self._runs):
            await self.end(run)
        self._want_still = False
        self._look()

    # The camera

    async def keep_open(self) -> None:
        """Open it while anything is wanted, again and again; returns when nothing is."""
        failures, began, shown = 0, time.monotonic(), False
        while self._wanted:
            source = Source(self, transcode=self._transcode)
            self._source = source
            source.publishers = self._publishers
            if self._want_still:
                source.take_still()
            trouble = await self._once(source)
            shown = shown or source.last_picture > 0
            if self._idle.is_set():
                break
            if self._reopen:
                self._reopen = False
                continue
            if source.last_picture > 0:
                failures, began = 0, source.last_picture
            else:
                self._by_libav = not self._by_libav  # what one cannot read the other might
            failures += 1
            trouble = trouble or Trouble("The camera hung up.")
            patience = _GIVE_UP_S if shown else _GIVE_UP_FIRST_S
            if trouble.lasting or time.monotonic() - began > patience:
                self._give_up(trouble)
                break
            self._say_hurt(trouble.words)
            pause = _AGAIN_S[min(failures, len(_AGAIN_S)) - 1]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), pause)
        self.done.set()

    async def _once(self, source: Source) -> Trouble | None:
        try:
            match inputs.read(self._opening.url):
                case inputs.Port() as port:
                    pull: Pulling = Datagrams(port, self._allowed, source)
                case inputs.Device() as device:
                    pull = Local(device, source)
                case None:
                    pull = await self._rtsp(source) if self._opening.url else TestPicture(source)
        except NotAllowed as error:
            return Trouble(str(error), lasting=True)
        except Trouble as trouble:
            return trouble
        self._pull = pull
        self._session_seen = self._session_seen or bool(self._opening.url)  # also one that is over at once
        pull.start()
        idle = asyncio.ensure_future(self._idle.wait())
        try:
            await asyncio.wait((source.over_future, idle), return_when=asyncio.FIRST_COMPLETED)
            return source.over_future.result() if source.over_future.done() else None
        finally:
            idle.cancel()
            pull.stop()
            await asyncio.get_running_loop().run_in_executor(None, pull.join, _JOIN_S)
            self._camera_bytes += pull.traffic()
            self._pull = None
            source.close()
            self._asked()
            if self._keyframes is not None:
                self._keyframes.close()
                self._keyframes = None

    async def _rtsp(self, source: Source) -> Pulling:
        """Connected, and asked what there is. Raises NotAllowed and Trouble."""
        place, user, password = parse(self._opening.url)
        user, password = self._opening.user or user, self._opening.password or password
        pinned = await self._allowed.pin(place)
        self._session_seen = True
        connection, described = await connect(pinned, user, password)
        if (services := self._opening.onvif) is not None:
            self._keyframes = Keyframes(services, pinned, user, password, self._allowed, self._said)
            self._keyframes.begin()
        self._silent, track = not self._with_sound, described.video
        plain = track is not None and track.cuts_plainly and not self._by_libav
        if self._silent and plain and track is not None:
            return Direct(connection, described, track, source)
        self._camera_bytes += connection.traffic()
        self._asked = connection.close  # not sooner: some cameras stop filming in between
        return Pull(pinned, user, password, sound=not self._silent, allowed=self._allowed, taker=source)

    @property
    def _with_sound(self) -> bool:
        return any(publisher.with_sound for publisher in self._publishers.values())

    @property
    def _wanted(self) -> bool:
        return bool(self._runs) or self._want_still

    def _look(self) -> None:
        if not self._wanted:
            self._idle.set()

    def _give_up(self, trouble: Trouble) -> None:
        if self._want_still:
            self._want_still = False
            say(Broke(run="", words=trouble.words, lasting=trouble.lasting))
        for run, task in list(self._runs.items()):
            say(Broke(run=run, words=trouble.words, lasting=trouble.lasting))
            task.cancel()
        self._runs.clear()

    def _say_hurt(self, words: str | None) -> None:
        if words != self._hurt:
            self._hurt = words
            say(Hurt(words=words))

    # What the source tells

    def opened(self, opened: Opened, profile_level_id: str) -> None:
        self._transcode = opened.transcodes
        self._level = profile_level_id
        self._known.set()
        self._asked()
        self._asked = _nothing
        self._say_hurt(None)
        say(opened)

    def still(self, jpeg: bytes | None) -> None:
        if not self._want_still:
            return
        self._want_still = False
        if jpeg is None:
            say(Broke(run="", words="The camera's picture cannot be decoded."))
        else:
            say(Taken(jpeg=jpeg))
        self._look()

    def fell_behind(self) -> None:
        self._say_hurt("This machine is too slow to convert the camera's picture; parts of it are left out.")

    def want_keyframe(self) -> None:
        """Something waits for one. Asked by whatever way there is, and not for each picture that passes."""
        if self._asks_later is not None:
            return
        wait_s = self._wanted_at + _ASK_EVERY_S - time.monotonic()
        if wait_s > 0:  # the one that was asked for may have passed before this came
            self._asks_later = asyncio.get_running_loop().call_later(wait_s, self._ask_for_keyframe)
        else:
            self._ask_for_keyframe()

    def _ask_for_keyframe(self) -> None:
        self._wanted_at, self._asks_later = time.monotonic(), None
        if self._pull is not None:
            self._pull.want_keyframe()
        if self._keyframes is not None:
            self._keyframes.want()

    def _no_still(self) -> None:
        if self._want_still:
            self._want_still = False
            say(Broke(run="", words=self._hurt or "The camera sent no whole picture in nine seconds."))
            self._look()

    # Runs

    async def _run(self, order: Begin) -> None:
        try:
            endpoint = whip.Endpoint(order.whip, order.bearer, self._control, self._opening.trust)
            publisher = Publisher(
                endpoint,
                self._certificate,
                self._media,
                with_sound=order.sound,
                group=lambda: self._source.group if self._source is not None else (),
                began=lambda: say(Began(run=order.run)),
                want_keyframe=lambda: self._source.want_keyframe() if self._source is not None else None,
            )
            self._publishers[order.run] = publisher
            await self._known.wait()
            # a camera cannot be asked for a keyframe, what encodes again here can
            await publisher.run(lambda: (self._level or PROFILE_LEVEL_ID, self._transcode))
        except whip.Refused as error:
            say(Broke(run=order.run, words=str(error), lasting=True, refused=True))
            self._runs.pop(order.run, None)
        finally:
            self._publishers.pop(order.run, None)
            self._look()

    async def count(self) -> None:
        """Say each second what went through the sockets."""
        while True:
            await asyncio.sleep(_COUNT_EVERY_S)
            self.say_count()

    def say_count(self) -> None:
        camera = self._camera_bytes + self._said.total
        camera += self._pull.traffic() if self._pull is not None else 0
        now = (self._media.total, max(camera, self._counted[1]), self._control.total)
        media, camera, control = (a - b for a, b in zip(now, self._counted, strict=True))
        session, self._session_seen = self._session_seen, self._pull is not None and bool(self._opening.url)
        if media or camera or control or session:
            say(Counted(media=media, camera=camera, control=control, session=session))
        self._counted = now


def _nothing() -> None:
    return


def say(report: Report) -> None:
    """One line out. The connector reads at once, or is gone; then nothing is worth saying."""
    try:
        sys.stdout.buffer.write(_encoder.encode(report) + b"\n")
        sys.stdout.buffer.flush()
    except OSError:
        os._exit(1)


async def _main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MAX_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    whip.warm()
    certificate = rtc.Certificate()
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it each time would cost more than the pictures
    first = await reader.readline()
    if not first:
        return
    opening = _decoder.decode(first)
    assert isinstance(opening, Open)
    camera = Camera(opening, certificate)
    counting = asyncio.create_task(camera.count())
    keeping: asyncio.Task[None] | None = None
    reading = asyncio.ensure_future(reader.readline())
    done = asyncio.ensure_future(camera.done.wait())
    while not camera.done.is_set():
        await asyncio.wait((reading, done), return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            continue
        line = reading.result()
        if not line:
            await camera.close()
            break
        order = _decoder.decode(line)
        if isinstance(order, Begin):
            camera.begin(order)
        elif isinstance(order, End):
            await camera.end(order.run)
        elif isinstance(order, TakePicture):
            camera.take_picture()
        if keeping is None:
            keeping = asyncio.create_task(camera.keep_open())
        reading = asyncio.ensure_future(reader.readline())
    reading.cancel()
    done.cancel()
    counting.cancel()
    await camera.close()
    if keeping is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(keeping, _JOIN_S + 1)
    camera.say_count()


if __name__ == "__main__":
    uvloop.run(_main())
    sys.stdout.flush()
    os._exit(0)  # a thread that libav does not return from must not keep this process
