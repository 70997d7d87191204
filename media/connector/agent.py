"""`sightline connector run`: between the service's orders and the cameras, nothing happening by itself.

While nobody is shown a picture, one WebSocket is open and no camera is connected to. A Start opens its camera
in a process of that camera's own, the last Stop closes it. Pictures flow on while the service's socket is
away for a moment, and end when it stays away: an owner's Stop must never meet a connector that cannot hear
it.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from media.connector import drone_commands, wire
from media.connector.child import Child, Nursery
from media.connector.folder import FLIGHTS, TEST_PICTURE, Camera, Folder, FolderError, Status
from media.connector.link import Link
from media.connector.minutes import Minutes
from media.connector.orders import (
    Began,
    Begin,
    Broke,
    Counted,
    End,
    Hurt,
    Open,
    Opened,
    Report,
    Taken,
    TakePicture,
)
from media.connector.sources import Sources

if TYPE_CHECKING:
    from media.connector.drones import Drones

_BUSY = 8  # frames that wait: telemetry does not join them
KEPT_AFTER_WELCOME_S = 3.0  # runs that are not started again by then are over
DEAF_S = 60.0  # without the service for so long: all runs end
_CRASHES = 3  # of one camera's process in CRASH_WINDOW_S; then its runs fail
CRASH_WINDOW_S = 60.0
_LOOK_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class _Open:
    """A camera with its process."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.runs: dict[str, Begin] = {}
        self.began: set[str] = set()
        self.want_still = False
        self.in_session = False


class Agent:
    """`run` until cancelled. `nursery` is shared by all cameras."""

    def __init__(self, folder: Folder, *, discover: bool = True) -> None:
        """Raises FolderError when this folder is not enrolled, or runs already."""
        folder.lock()
        self._folder = folder
        self._sources = Sources(folder, self._tell_sources)
        state = self._sources.state
        if not state.connector:
            raise FolderError(
                "Not enrolled yet. Get a code from the owner's page, then: sightline connector enrol URL CODE"
            )
        key = folder.key()
        self._minutes = Minutes(folder, state.connector, key, datetime.now(UTC))
        self._nursery = Nursery()
        self._open: dict[str, _Open] = {}
        self._crashes: dict[str, list[float]] = {}
        self._discover_at_start = discover
        self._kept: set[str] | None = None
        self._deaf_since = time.monotonic()
        self._words = "Connecting."
        self._last_status: Status | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._drones: Drones | None = None
        self._flying: asyncio.Task[None] | None = None
        self._link = Link(state.server, state.connector, key, secrets.token_hex(8), state.trust, self)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        me = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, lambda: me.cancel() if me else None)
        linking = asyncio.create_task(self._link.run())
        try:
            await self._nursery.prepare()
            self._settle_drones()
            while not linking.done():
                await asyncio.sleep(_LOOK_EVERY_S)
                self._second()
            linking.result()
        except asyncio.CancelledError:
            _log.info("Ending: cameras are closed.")
        finally:
            for task in (linking, self._flying):
                if task is not None:
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
            self._sources.close()
            await asyncio.gather(*(opened.child.close() for opened in list(self._open.values())))
            await self._nursery.close()
            self._folder.write_status(Status(connected=False, words="Not running."))

    def _second(self) -> None:
        self._minutes.tick(datetime.now(UTC))
        if self._link.connected:
            self._deaf_since = time.monotonic()
            for minute in self._minutes.to_send():
                self._link.say(minute)
        elif time.monotonic() - self._deaf_since > DEAF_S and self._open:
            _log.warning("The service has been away for %d s: every picture ends.", DEAF_S)
            self._end_all()
        for name in self._sources.look():
            self._end_source(name)
        self._settle_drones()
        self._write_status()

    def _settle_drones(self) -> None:
        """Those that the folder has. Their modules are loaded with the first. Raises FolderError."""
        state = self._sources.state
        if self._drones is None and state.drones:
            if not drone_commands.is_installed():
                raise FolderError(drone_commands.MISSING)
            from media.connector.drones import Drones

            flights = self._folder.path / FLIGHTS
            self._drones = Drones(self._link.say, lambda: self._link.waiting > _BUSY, flights)
            self._flying = asyncio.create_task(self._drones.run())
        if self._flying is not None and self._flying.done():
            self._flying.result()  # it ends by a bug only, which is said
        if self._drones is not None:
            self._drones.settle(state.drones, state.cameras)

    # The link's news (media.connector.link.Listener)

    async def welcomed(self, site: str) -> None:
        self._words = f"Connected, for {site}."
        _log.info("Connected, for %s.", site)
        self._tell_sources()
        if self._drones is not None:
            self._drones.welcomed()
        self._kept = set()
        asyncio.get_running_loop().call_later(KEPT_AFTER_WELCOME_S, self._end_unkept)
        if self._discover_at_start:
            self._discover_at_start = False
            self._sources.discover()

    async def ordered(self, order: wire.FromServer) -> None:
        if isinstance(order, wire.Start):
            await self._start(order)
        elif isinstance(order, wire.Stop):
            self._stop(order.run)
        elif isinstance(order, wire.TakeStill):
            await self._take_still(order.source)
        elif isinstance(order, wire.Discover):
            self._sources.discover()
        elif isinstance(order, wire.Command) and self._drones is not None:
            self._drones.order(order)

    def heard(self) -> None:
        self._minutes.heard()

    def lost(self, words: str) -> None:
        self._words = words
        self._kept = None
        self._minutes.connection_lost()

    def carried(self, count: int) -> None:
        self._minutes.count(control=count)

    # Runs

    async def _start(self, order: wire.Start) -> None:
        camera = self._sources.camera(order.source)
        url = urljoin(self._sources.state.server, order.whip)
        if camera is None:
            self._fail(order.source, "This connector has no such camera any more.", order.run)
            return
        if urlsplit(url)[:2] != urlsplit(self._sources.state.server)[:2]:
            self._fail(order.source, "The order names another server, so it is not followed.", order.run)
            return
        if (words := self._sources.resting(camera.name)) is not None:
            self._fail(order.source, words, order.run)
            return
        if self._kept is not None:
            self._kept.add(order.run)
        begin = Begin(run=order.run, whip=url, bearer=order.bearer, sound=order.sound)
        opened = self._open.get(camera.name) or await self._open_camera(camera)
        if order.run in opened.runs:
            if order.run in opened.began:
                self._link.say(wire.Running(run=order.run))
            return
        opened.runs[order.run] = begin
        opened.child.say(begin)

    def _stop(self, run: str) -> None:
        for opened in self._open.values():
            if opened.runs.pop(run, None) is not None:
                opened.child.say(End(run=run))

    def _end_unkept(self) -> None:
        """What the server did not start again after a Welcome is over."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        for opened in self._open.values():
            for run in [run for run in opened.runs if run not in kept]:
                self._stop(run)

    def _end_source(self, name: str) -> None:
        opened = self._open.get(name)
        if opened is not None:
            for run in list(opened.runs):
                self._fail(name, "This camera was taken out of its connector.", run)
                self._stop(run)

    def _end_all(self) -> None:
        for opened in self._open.values():
            for run in list(opened.runs):
                self._stop(run)

    async def _take_still(self, source: str) -> None:
        camera = self._sources.camera(source)
        if camera is None:
            self._fail(source, "This connector has no such camera any more.", None)
        elif (words := self._sources.resting(source)) is not None:
            self._fail(source, words, None)
        else:
            opened = self._open.get(source) or await self._open_camera(camera)
            opened.want_still = True
            opened.child.say(TakePicture())

    async def _open_camera(self, camera: Camera) -> _Open:
        child = await self._nursery.take()
        opened = self._open[camera.name] = _Open(child)
        state = self._sources.state
        child.say(
            Open(
                url="" if camera.url == TEST_PICTURE else camera.url,
                user=camera.user,
                password=camera.password,
                onvif=camera.onvif,
                networks=state.networks,
                server=self._sources.server,
                transcode=camera.transcode,
                trust=state.trust or None,
            )
        )
        name = camera.name
        child.listen(
            lambda report: self._reported(name, opened, report), lambda code: self._ended(name, opened, code)
        )
        return opened

    def _reported(self, name: str, opened: _Open, report: Report) -> None:
        if isinstance(report, Counted):
            self._minutes.count(media=report.media, camera=report.camera, control=report.control)
            self._in_session(opened, report.session)
        elif isinstance(report, Opened):
            self._sources.learn(name, report)
        elif isinstance(report, Began):
            opened.began.add(report.run)
            self._link.say(wire.Running(run=report.run))
        elif isinstance(report, Hurt):
            self._sources.trouble(name, report.words)
        elif isinstance(report, Taken):
            opened.want_still = False
            self._link.say(wire.Still(source=name, jpeg=report.jpeg))
        elif isinstance(report, Broke):
            self._broke(name, opened, report)

    def _broke(self, name: str, opened: _Open, report: Broke) -> None:
        if not report.refused:
            self._sources.broke(name, report.words, lasting=report.lasting)
        if report.run:
            opened.runs.pop(report.run, None)
            self._fail(name, report.words, report.run, refused=report.refused)
        else:
            opened.want_still = False
            self._fail(name, report.words, None)

    def _in_session(self, opened: _Open, session: bool) -> None:
        if session and not opened.in_session:
            self._minutes.session_began()
        elif not session and opened.in_session:
            self._minutes.session_ended()
        opened.in_session = session

    def _ended(self, name: str, opened: _Open, code: int) -> None:
        """Its process is gone: as it should, or by a crash, which is this camera's alone."""
        self._in_session(opened, session=False)
        if self._open.get(name) is opened:
            del self._open[name]
        if opened.want_still:
            words = "The camera's picture could not be taken. Try again."
            self._sources.trouble(name, words)
            self._fail(name, words, None)
        if not opened.runs:
            return
        if code == 0:  # a run began just when the last one had ended
            crashes: list[float] = []
        else:
            crashes = self._crashed(name)
            _log.warning("The process of %s ended with %d.", name, code)
        camera = self._sources.camera(name)
        if camera is None or len(crashes) > _CRASHES:
            words = "What the camera sends ends the program that reads it, each time."
            self._sources.trouble(name, words)
            for run in opened.runs:
                self._fail(name, words, run)
            return
        self._later(self._again(camera, dict(opened.runs)))

    def _crashed(self, name: str) -> list[float]:
        now = time.monotonic()
        crashes = self._crashes[name] = [
            at for at in self._crashes.get(name, []) if now - at < CRASH_WINDOW_S
        ]
        crashes.append(now)
        return crashes

    async def _again(self, camera: Camera, runs: dict[str, Begin]) -> None:
        opened = self._open.get(camera.name) or await self._open_camera(camera)
        for run, begin in runs.items():
            if run not in opened.runs:
                opened.runs[run] = begin
                opened.child.say(begin)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _fail(self, source: str, words: str, run: str | None, *, refused: bool = False) -> None:
        _log.warning("%s: %s", source, words)
        self._link.say(wire.Failed(source=source, words=words[:300], run=run, refused=refused))

    # What it tells

    def _tell_sources(self) -> None:
        self._link.say(wire.Sources(sources=self._sources.reports()))
        self._write_status()

    def _write_status(self) -> None:
        """For the commands beside it."""
        running = tuple(name for name, opened in self._open.items() if opened.runs)
        status = Status(
            connected=self._link.connected,
            words=self._words,
            running=running,
            sources=self._sources.reports(),
            drones=self._drones.reports() if self._drones else (),
        )
        if status != self._last_status:
            self._last_status = status
            self._folder.write_status(status)
