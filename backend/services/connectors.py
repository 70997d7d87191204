"""Connectors: who is on the line, what each is told, and what it may say. Knows sockets by their lines only.

A connector proves its key for each socket; its newest process has the place at once. Whatever it says is
about its own sources and its own runs, or is refused and counted. It is believed in nothing else: what ends
a picture is the engine, and what it counts it signs.
"""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Protocol
from weakref import WeakValueDictionary

from backend.model.connectors import Connector, Instances, Source, SourceKind
from backend.model.entries import Action
from backend.model.ids import ConnectorId, GrantSecret
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site
from backend.services.limits import Rate
from backend.services.lines import Line
from backend.services.minutes import Minutes
from backend.services.proofs import signed
from backend.services.steps import Step, Steps
from media.connector import wire
from media.connector.drone_frames import Do, DroneReport, DroneState

STILL_S = 10.0
SOCKETS, SOCKETS_OF_ADDRESS = 2000, 64
GREETING = 256  # sockets that have not proved anything yet
KNOWN = 5000  # connectors whose processes are remembered
_JPEG = b"\xff\xd8\xff"

COPIED = (
    "Its key is used in two places, so neither may show anything. Remove this connector here, stop all of "
    "its copies, and enrol the one that you keep again with a new code."
)
WORDS = {
    Refusal.NOT_ENROLLED: "This connector is not enrolled here. Enrol it with a code from the owner's page.",
    Refusal.BAD_SIGNATURE: "The signature does not fit this connector's key.",
    Refusal.KEY_COPIED: COPIED,
    Refusal.WRONG_VERSION: "This connector speaks another version of the protocol. Update it.",
    Refusal.BAD_FRAME: "That is nothing that a connector says here.",
    Refusal.NOT_YOURS: "It spoke of cameras or pictures that are not its own.",
    Refusal.TOO_OFTEN: "Too often. Wait a minute.",
    Refusal.TOO_MANY_TRIES: "Too many connections. Wait a minute.",
}
HOPELESS = (Refusal.NOT_ENROLLED, Refusal.BAD_SIGNATURE, Refusal.KEY_COPIED, Refusal.WRONG_VERSION)
_REPLACED = wire.Refuse(words="Another process with this connector's key has taken its place.", retry=True)
REMOVED = wire.Refuse(words="This connector was removed on its owner's page.", retry=False)


class RunListener(Protocol):
    """Told of what becomes of runs; implemented by services.openings."""

    async def run_failed(self, run: str, words: str) -> None:
        """The connector cannot bring this picture; `words` are for the camera's owner."""
        ...

    async def connector_away(self, connector: ConnectorId) -> None:
        """Its socket is gone. It may be back at once."""
        ...

    async def connector_back(self, connector: ConnectorId) -> None:
        """It is on the line and runs nothing: what should run is started again."""
        ...


class DroneListener(Protocol):
    """Told of what drones say through their docks' connectors; implemented by services.drones.

    Whatever it is told is of that connector's own drones, or is passed over there.
    """

    async def listed(self, connector: ConnectorId, drones: Sequence[DroneReport]) -> None:
        """All that it speaks to now."""
        ...

    async def heard_from(self, connector: ConnectorId, states: Sequence[DroneState]) -> None:
        """Where they are."""
        ...

    def answered(self, connector: ConnectorId, answer: wire.Answer) -> None:
        """What became of a command."""
        ...

    async def said(self, connector: ConnectorId, said: wire.Said) -> None:
        """A drone's own words."""
        ...

    def away(self, connector: ConnectorId) -> None:
        """Its socket is gone. Its drones go on as they were told."""
        ...


class _NoDrones:
    async def listed(self, connector: ConnectorId, drones: Sequence[DroneReport]) -> None:
        return

    async def heard_from(self, connector: ConnectorId, states: Sequence[DroneState]) -> None:
        return

    def answered(self, connector: ConnectorId, answer: wire.Answer) -> None:
        return

    async def said(self, connector: ConnectorId, said: wire.Said) -> None:
        return

    def away(self, connector: ConnectorId) -> None:
        return


class _Nobody:
    async def run_failed(self, run: str, words: str) -> None:
        return

    async def connector_away(self, connector: ConnectorId) -> None:
        return

    async def connector_back(self, connector: ConnectorId) -> None:
        return


class Connectors:
    """The lines. `listener` and `drones` are connected by whoever builds this."""

    def __init__(self, steps: Steps, minutes: Minutes) -> None:
        self._steps, self._minutes = steps, minutes
        self.listener: RunListener = _Nobody()
        self.drones: DroneListener = _NoDrones()
        self._lines: dict[ConnectorId, Line] = {}
        self._instances: OrderedDict[ConnectorId, Instances] = OrderedDict()
        self._turns: WeakValueDictionary[ConnectorId, asyncio.Lock] = WeakValueDictionary()
        self._sockets: Counter[str] = Counter()  # by address
        self._greeting = 0
        self._calls = Rate(every_s=1, burst=120)  # of one address
        self._hellos = Rate(every_s=5, burst=60)  # of one connector
        self._reports = Rate(every_s=2, burst=20)
        self._searches = Rate(every_s=10, burst=3)
        self._notes = Rate(every_s=60, burst=10)
        self._strangers = Rate(every_s=10, burst=30, keys=1)  # entries about keys that nobody enrolled
        self.refused: Counter[str] = Counter()  # frames and hellos, by refusal

    @property
    def connected(self) -> int:
        """How many are on the line."""
        return len(self._lines)

    def is_connected(self, connector: ConnectorId) -> bool:
        return connector in self._lines

    # What the service tells them

    async def start(
        self, connector: ConnectorId, run: str, source: str, whip: str, bearer: GrantSecret, sound: bool
    ) -> None:
        """Have a source published as this run. Raises Refused (connector-away). Waits for nobody."""
        line = self._line(connector)
        line.started(run, source)
        frame = wire.Start(run=run, source=source, whip=whip, bearer=bearer.reveal(), sound=sound)
        if not line.say(frame):
            raise _away()

    async def stop(self, connector: ConnectorId, run: str) -> None:
        """End a run; nothing when it is away, for then it runs nothing when it comes back."""
        line = self._lines.get(connector)
        if line is not None and line.stopped(run):
            line.say(wire.Stop(run=run))

    def command(self, connector: ConnectorId, order: str, drone: str, do: Do) -> None:
        """Have a drone of its do something; `drones` hears the answer. Raises Refused (connector-away)."""
        if not self._line(connector).say(wire.Command(order=order, drone=drone, do=do)):
            raise _away()

    async def take_still(self, connector: ConnectorId, source: str) -> bytes:
        """A JPEG of now. Raises Refused (connector-away, camera-failed) within STILL_S."""
        line = self._line(connector)
        still, ask = line.wants_still(source)
        if ask and not line.say(wire.TakeStill(source=source)):
            raise _away()
        try:
            async with asyncio.timeout(STILL_S):
                return await asyncio.shield(still)
        except TimeoutError:
            words = "The camera gave no picture within ten seconds."
            raise Refused(Refusal.CAMERA_FAILED, words) from None
        except asyncio.CancelledError:
            if still.cancelled():
                raise _away() from None
            raise

    async def discover(self, connector: ConnectorId) -> None:
        """Have its network searched for cameras again. Raises Refused."""
        if not self._searches.take(connector):
            raise Refused(Refusal.TOO_OFTEN, "It is searching already. Wait a moment.")
        if not self._line(connector).say(wire.Discover()):
            raise _away()

    def drop(self, connector: ConnectorId, refuse: wire.Refuse = REMOVED) -> None:
        """End its line, when it has one."""
        line = self._lines.get(connector)
        if line is not None:
            line.end(refuse)

    def _line(self, connector: ConnectorId) -> Line:
        line = self._lines.get(connector)
        if line is None or line.over.done():
            raise _away()
        return line

    # A socket's life: visit, hello, arrive, take …, leave

    @contextmanager
    def visit(self, address: str) -> Iterator[None]:
        """Room for one more socket. Raises Refused (too-many-tries)."""
        full = self._sockets.total() >= SOCKETS or self._sockets[address] >= SOCKETS_OF_ADDRESS
        if full or not self._calls.take(address):
            self.refused[Refusal.TOO_MANY_TRIES] += 1
            raise refused(Refusal.TOO_MANY_TRIES)
        self._sockets[address] += 1
        try:
            yield
        finally:
            self._sockets[address] -= 1
            if not self._sockets[address]:
                del self._sockets[address]

    @contextmanager
    def greet(self) -> Iterator[str]:
        """The nonce that a hello must be signed with. Raises Refused (too-many-tries)."""
        if self._greeting >= GREETING:
            raise refused(Refusal.TOO_MANY_TRIES)
        self._greeting += 1
        try:
            yield secrets.token_urlsafe(24)
        finally:
            self._greeting -= 1

    async def hello(self, hello: wire.Hello, nonce: str) -> tuple[Line, str]:
        """Who that is, and the site's name. It has the place from now on. Raises Refused."""
        async with self._steps.read() as tx:
            connector = await tx.connectors.get(ConnectorId(hello.connector))
            site = await tx.sites.get(connector.site_id) if connector is not None else None
        refusal = _check(hello, nonce, connector, site)
        if connector is None or site is None or refusal is not None:
            await self._turn_away(connector, refusal or Refusal.NOT_ENROLLED)
            raise refused(refusal or Refusal.NOT_ENROLLED)
        if not self._hellos.take(connector.id):
            self.refused[Refusal.TOO_OFTEN] += 1
            raise refused(Refusal.TOO_OFTEN)
        if self._shown_by(connector.id, hello.instance).are_copies:
            await self._shut_out(connector, site)
            raise refused(Refusal.KEY_COPIED)
        line = Line(connector.id, site.id, site.owner_id, connector.key, connector.trouble)
        line.say(wire.Welcome(site=site.name))
        before, self._lines[connector.id] = self._lines.get(connector.id), line
        if before is not None:
            before.end(_REPLACED)
        return line, hello.software

    async def arrive(self, line: Line, software: str) -> None:
        """It has been welcomed: what it should run is started again."""
        async with self._steps.begin() as step:
            connector = await step.tx.connectors.get(line.connector)
            if connector is None or connector.retired_at is not None:  # since its hello
                line.end(REMOVED)
                return
            await step.tx.connectors.change(line.connector, seen_at=step.now, version=software)
            line.sources = frozenset(s.name for s in await step.tx.connectors.sources(line.connector))
            _tell(step, line)
        async with self._turn(line.connector):
            if self._lines.get(line.connector) is line:
                await self.listener.connector_back(line.connector)

    async def leave(self, line: Line) -> None:
        """Its socket is gone."""
        line.hang_up()
        line.end(_REPLACED)
        async with self._turn(line.connector):
            if self._lines.get(line.connector) is not line:
                return  # another has its place
            del self._lines[line.connector]
            self.drones.away(line.connector)
            await self.listener.connector_away(line.connector)
        async with self._steps.begin() as step:
            await step.tx.connectors.change(line.connector, seen_at=step.now)
            _tell(step, line)

    async def take(self, line: Line, frame: wire.FromConnector) -> None:
        """What a connector says. Raises Refused, and then its line is to end."""
        match frame:
            case wire.Alive():
                return
            case wire.Sources():
                await self._sources(line, frame)
            case wire.Running():
                await self._running(line, frame)
            case wire.Failed():
                await self._failed(line, frame)
            case wire.Still():
                await self._still(line, frame)
            case wire.Minute():
                refusal = await self._minutes.take(line, frame)
                if refusal is not None:
                    await self._note(line.connector, refusal)
                    raise refused(refusal)
            case wire.Drones():
                if not self._reports.take(line.connector):
                    raise refused(Refusal.TOO_OFTEN)
                await self.drones.listed(line.connector, frame.drones)
            case wire.Telemetry():
                await self.drones.heard_from(line.connector, frame.states)
            case wire.Answer():
                self.drones.answered(line.connector, frame)
            case wire.Said():
                await self.drones.said(line.connector, frame)
            case wire.Hello():
                raise refused(Refusal.BAD_FRAME)

    async def misspoke(self, line: Line) -> None:
        """It sent what is no frame: on record; its line ends."""
        await self._note(line.connector, Refusal.BAD_FRAME)

    # What they say

    async def _sources(self, line: Line, frame: wire.Sources) -> None:
        if not self._reports.take(line.connector):
            raise refused(Refusal.TOO_OFTEN)
        names = frozenset(report.name for report in frame.sources)
        if len(names) < len(frame.sources):
            await self._note(line.connector, Refusal.BAD_FRAME, what="two sources of one name")
            raise refused(Refusal.BAD_FRAME)
        async with self._steps.begin() as step:
            known = await step.tx.connectors.sources(line.connector)
            told = sorted((_source(line, report, step.now) for report in frame.sources), key=_by_name)
            if [_without_time(source) for source in known] != [_without_time(source) for source in told]:
                await step.tx.connectors.put_sources(line.connector, told)
                _tell(step, line)
        line.sources = names

    async def _running(self, line: Line, frame: wire.Running) -> None:
        source = line.source_of(frame.run)
        if source is None:
            await self._strayed(line, "a run")
        else:
            await self._set_trouble(line, source, None)

    async def _failed(self, line: Line, frame: wire.Failed) -> None:
        its_own = frame.source in line.sources
        if frame.run is not None:
            its_own = line.source_of(frame.run) == frame.source
        still = line.awaits_still(frame.source) if frame.run is None else None
        if not its_own and still is None:
            await self._strayed(line, "a failure")
            return
        if still is not None and not still.done():
            still.set_exception(Refused(Refusal.CAMERA_FAILED, frame.words))
            still.exception()  # whoever wanted it may be gone
        if not frame.refused:
            await self._set_trouble(line, frame.source, frame.words)
        if frame.run is not None and line.runs(frame.run):
            line.stopped(frame.run)
            await self.listener.run_failed(frame.run, frame.words)

    async def _still(self, line: Line, frame: wire.Still) -> None:
        still = line.awaits_still(frame.source)
        if still is None:
            await self._strayed(line, "a picture")
        elif not still.done() and frame.jpeg.startswith(_JPEG):
            still.set_result(frame.jpeg)
            await self._set_trouble(line, frame.source, None)
        elif not still.done():
            words = "The connector sent something that is no picture."
            still.set_exception(Refused(Refusal.CAMERA_FAILED, words))
            still.exception()

    async def _set_trouble(self, line: Line, source: str, words: str | None) -> None:
        async with self._steps.read() as tx:
            known = await tx.connectors.source(line.connector, source)
        if known is None or known.trouble == words:
            return
        async with self._steps.begin() as step:
            await step.tx.connectors.trouble(line.connector, source, words)
            _tell(step, line)

    async def _strayed(self, line: Line, what: str) -> None:
        """A frame about what is not its own: nothing comes of it but this count."""
        await self._note(line.connector, Refusal.NOT_YOURS, what=what)
        if line.strayed():
            raise refused(Refusal.NOT_YOURS)

    # Who is let in

    def _shown_by(self, connector: ConnectorId, instance: str) -> Instances:
        seen = self._instances.pop(connector, Instances()).shown_by(instance)
        self._instances[connector] = seen
        if len(self._instances) > KNOWN:
            self._instances.popitem(last=False)
        return seen

    async def _shut_out(self, connector: Connector, site: Site) -> None:
        """Its key is in two places: none of them runs, and the owner is told."""
        async with self._steps.begin() as step:
            await step.tx.connectors.change(connector.id, copied_at=step.now, trouble=COPIED)
            await step.record(
                Action.CONNECTOR_REFUSE,
                actor=connector.id,
                subject=connector.id,
                refusal=Refusal.KEY_COPIED,
                site=site.name,
            )
            step.site_changed(site.id, site.owner_id)
        self._instances.pop(connector.id, None)
        self.drop(connector.id, wire.Refuse(words=COPIED, retry=False))

    async def _turn_away(self, connector: Connector | None, refusal: Refusal) -> None:
        if connector is not None:
            await self._note(connector.id, refusal)
            return
        self.refused[refusal] += 1
        if self._strangers.take("all"):
            async with self._steps.begin() as step:
                await step.record(
                    Action.CONNECTOR_REFUSE, actor="unknown", subject="unknown", refusal=refusal
                )

    async def _note(self, connector: ConnectorId, refusal: Refusal, **details: str) -> None:
        """On record, though not each time: a log has a disk to fit on."""
        self.refused[refusal] += 1
        if self._notes.take(connector):
            async with self._steps.begin() as step:
                await step.record(
                    Action.CONNECTOR_REFUSE,
                    actor=connector,
                    subject=connector,
                    refusal=refusal,
                    details=details,
                )

    @asynccontextmanager
    async def _turn(self, connector: ConnectorId) -> AsyncIterator[None]:
        """Away and back are told one after the other."""
        turn = self._turns.get(connector)
        if turn is None:
            turn = self._turns[connector] = asyncio.Lock()
        async with turn:
            yield


def refused(refusal: Refusal) -> Refused:
    """The refusal with words for whoever stands beside the connector."""
    return Refused(refusal, WORDS.get(refusal, ""))


def farewell(no: Refused) -> wire.Refuse:
    """The last frame of a socket that was refused."""
    return wire.Refuse(words=no.words or WORDS[Refusal.BAD_FRAME], retry=no.refusal not in HOPELESS)


def _away() -> Refused:
    return Refused(Refusal.CONNECTOR_AWAY, "Its connector is away: there is no picture now.")


def _check(hello: wire.Hello, nonce: str, connector: Connector | None, site: Site | None) -> Refusal | None:
    if hello.version != wire.VERSION:
        return Refusal.WRONG_VERSION
    if connector is None or site is None or connector.retired_at or site.retired_at:
        return Refusal.NOT_ENROLLED
    text = wire.hello_text(nonce, hello.connector, hello.instance)
    if not signed(key=connector.key, signature=hello.signature, text=text):
        return Refusal.BAD_SIGNATURE
    return Refusal.KEY_COPIED if connector.copied_at is not None else None


def _tell(step: Step, line: Line) -> None:
    step.site_changed(line.site, line.owner)


def _source(line: Line, report: wire.SourceReport, now: datetime) -> Source:
    return Source(
        connector_id=line.connector,
        name=report.name,
        label=report.label,
        kind=SourceKind(report.kind),
        codec=report.codec,
        width=report.width,
        height=report.height,
        transcodes=report.transcodes,
        has_sound=report.has_sound,
        trouble=report.trouble,
        seen_at=now,
    )


def _by_name(source: Source) -> str:
    return source.name


def _without_time(source: Source) -> tuple[object, ...]:
    return tuple(getattr(source, field) for field in Source.__struct_fields__ if field != "seen_at")
