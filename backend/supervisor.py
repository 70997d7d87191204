"""`sightline serve`: starts the log's, the media and the web processes, and starts again whichever dies.

The media processes get the public keys of grants from here: the web process, which asks for pictures, has no
word in it. Holds the TCP port, so that a request that comes while the web process is away waits. Every child
holds one end of a socket pair (media/lifeline): however this process ends, they end too. Knows nothing
of calls, and imports nothing that could fail where they do.
"""

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from backend import config as configuration
from backend.config import Config
from backend.tlog.config import LogConfig, PublicKeys
from media import lifeline
from media.config import ProcessConfig, SfuConfig

log = logging.getLogger("sightline")

BIND_WITHIN_S = 10.0  # a run before this one may still be leaving
BIND_AGAIN_S = 0.1
BACKLOG = 1024  # connections that wait while the web process is away
STEADY_S = 10.0  # a child that lived so long had begun well: its next restart is at once
FIRST_PAUSE_S = 0.25  # before the second restart in a row; doubled each time
LONGEST_PAUSE_S = 10.0
CRASH_LOOP = 5  # deaths in a row, from which on it is called by its name
# A child whose loop has not turned for so long, of its own fault, is killed (decision 0018). A media process
# has every picture of its calls; a web process may have a reason, and pictures flow on without it.
MEDIA_STUCK_S = 3.0
WEB_STUCK_S = 20.0
LOG_STUCK_S = 20.0
BEGINS_WITHIN_S = 60.0  # one that has not begun to turn is stuck after that
MEDIA_ENDS_S = 12.0
WEB_ENDS_S = 10.0
LOG_ENDS_S = 10.0
KEYS_WITHIN_S = 60.0
NOT_MADE = 256  # no code that a process ends with
REFUSED = 2  # what the web process ends with when settings cannot work


def log_config(config: Config) -> LogConfig:
    """How the public log of this service is set up."""
    data = config.data_dir.resolve()
    return LogConfig(
        folder=str(data / "log"),
        keys=str(data / "keys"),
        anchor=str(config.anchor_folder.resolve()),
        origin=config.log_origin,
        new_origin=config.log_name,
        control=str(log_socket(config)),
        cadence_s=config.log_cadence_s,
        witnesses=config.log_witnesses,
    )


def log_socket(config: Config) -> Path:
    """Where the log's process is spoken to."""
    return config.data_dir.resolve() / "run" / "log.sock"


class Child:
    """One process, through all of its lives. `command` gets the number of restarts and its lifeline."""

    def __init__(
        self, name: str, command: Callable[[int, int], list[str]], inherits: Sequence[int], stuck_s: float
    ) -> None:
        self.name, self.command, self.inherits, self.stuck_s = name, command, inherits, stuck_s
        self.pid = 0
        self.restarts = 0
        self.process: asyncio.subprocess.Process | None = None
        self.ready = asyncio.Event()  # it once was
        self.begun = False  # this life of it was ready

    def kill(self, number: signal.Signals) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


class Supervisor:
    """Runs the service of one configuration. `ready` is set once everything has begun."""

    def __init__(self, config: Config, log_level: str = "INFO") -> None:
        self.ready = asyncio.Event()
        self._config, self._level = config, log_level
        self._run = secrets.token_hex(8)
        self._folder = config.data_dir.resolve() / "run"
        self._stopping = asyncio.Event()
        self._code = 0
        self._keys: PublicKeys
        self._log: Child | None = None
        self._media: list[Child] = []
        self._web: Child | None = None

    def stop(self) -> None:
        """End the service; asked a second time, at once."""
        if self._stopping.is_set():
            for child in self._children():
                child.kill(signal.SIGKILL)
        self._stopping.set()

    async def run(self) -> int:
        """Serve until stopped. Returns the exit code: not 0 when it could not begin."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        lock = os.open(self._folder / "lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not await self._has(lock):
                log.error("another service runs in %s", self._config.data_dir.resolve())
                return 1
            keys = await self._public_keys()
            if keys is None:
                return 1
            self._keys = keys
            with await self._bind() as listening:
                return await self._supervise(listening)
        except OSError as error:
            log.error("%s port %d: %s", self._config.host, self._config.port, error.strerror)
            return 1
        finally:
            os.close(lock)

    async def _supervise(self, listening: socket.socket) -> int:
        self._log = self._log_child()
        self._media = [self._media_child(index) for index in range(self._config.media_count)]
        self._web = self._web_child(listening.fileno())
        keeping = {child: asyncio.create_task(self._keep(child)) for child in self._children()}
        watching = asyncio.create_task(self._announce())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((stopping, *keeping.values()), return_when=asyncio.FIRST_COMPLETED)
        if not self._stopping.is_set():
            log.error("the supervisor has a fault, and the service ends")
            self._code = 1
            self._stopping.set()
        stopping.cancel()
        watching.cancel()
        listening.close()
        # The media processes first: the web process is still there to write down what ended.
        await self._end(self._media, keeping, MEDIA_ENDS_S)
        await self._end([self._web], keeping, WEB_ENDS_S)
        await self._end([self._log], keeping, LOG_ENDS_S)
        for ended in await asyncio.gather(*keeping.values(), watching, return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("supervising failed", exc_info=ended)
        return self._code

    def _children(self) -> list[Child]:
        """In the order in which they begin."""
        return [child for child in (self._log, *self._media, self._web) if child is not None]

    async def _public_keys(self) -> PublicKeys | None:
        """Made if there are none, by a process that ends with them; None when there are none to be had."""
        until = time.monotonic() + BIND_WITHIN_S
        while True:
            try:
                return await self._ask_for_keys()
            except OSError as error:
                log.error("the process for the log's keys cannot be made: %s", error)
                if time.monotonic() > until:
                    return None
            await asyncio.sleep(FIRST_PAUSE_S)

    async def _ask_for_keys(self) -> PublicKeys | None:
        command = [sys.executable, "-m", "backend.tlog.keys", self._log_config(None)]
        process = await asyncio.create_subprocess_exec(
            *command,
            env=self._environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), KEYS_WITHIN_S)
            return msgspec.json.decode(said, type=PublicKeys) if process.returncode == 0 else None
        except (TimeoutError, msgspec.DecodeError):
            log.error("the log's keys could not be read")
            return None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _log_config(self, held: int | None) -> str:
        given = msgspec.structs.replace(
            log_config(self._config), run=self._run, lifeline=held, log_level=self._level
        )
        return msgspec.json.encode(given).decode()

    def _log_child(self) -> Child:
        def command(_: int, held: int) -> list[str]:
            return ["backend.tlog.process", self._log_config(held)]

        return Child("log", command, (), LOG_STUCK_S)

    def _media_child(self, index: int) -> Child:
        config = self._config
        sfu = SfuConfig(
            index=index,
            host=config.media_host,
            port=config.media_port + index if config.media_port else 0,
            advertised=config.media_advertise,
        )

        def command(restarts: int, held: int) -> list[str]:
            given = ProcessConfig(
                sfu=sfu,
                control=str(self._folder / f"media-{index}.sock"),
                run=self._run,
                restarts=restarts,
                lifeline=held,
                log_level=self._level,
            )
            return ["media.process", msgspec.json.encode(given).decode()]

        return Child(f"media-{index}", command, (), MEDIA_STUCK_S)

    def _web_child(self, listening: int) -> Child:
        def command(_: int, held: int) -> list[str]:
            numbers = ["--lifeline", str(held), "--listen", str(listening)]
            return ["backend.web", *numbers, "--log-level", self._level]

        return Child("web", command, (listening,), WEB_STUCK_S)

    async def _has(self, lock: int) -> bool:
        """One service in a folder at a time; the one before may still be leaving."""
        until = time.monotonic() + BIND_WITHIN_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    return False
            else:
                return True
            await asyncio.sleep(BIND_AGAIN_S)

    async def _bind(self) -> socket.socket:
        """The TCP port. Raises OSError."""
        host, port = self._config.host, self._config.port
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        until = time.monotonic() + BIND_WITHIN_S
        while True:
            try:
                return socket.create_server(address, family=family, backlog=BACKLOG)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                    raise
            await asyncio.sleep(BIND_AGAIN_S)

    async def _announce(self) -> None:
        for child in self._children():
            await child.ready.wait()
        self.ready.set()
        log.info("%s: %s", self._config.agency, self._config.public_url)

    async def _keep(self, child: Child) -> None:
        """Start it, and again whenever it dies: at once the first time, then later and later."""
        deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                code = await self._live(child)
            except OSError as error:
                log.error("%s cannot be made: %s", child.name, error)
                code = NOT_MADE
            if self._stopping.is_set():
                return
            lived = time.monotonic() - started
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            if code > 0 and code != NOT_MADE and not child.ready.is_set():
                log.error("%s %s before it was ready: the service cannot start", child.name, how)
                self._code = code if code == REFUSED else 1
                self._stopping.set()
                return
            deaths = 1 if lived > STEADY_S else deaths + 1
            pause = min(FIRST_PAUSE_S * 2 ** (deaths - 2), LONGEST_PAUSE_S) if deaths > 1 else 0.0
            child.restarts += 1
            when = f"again in {pause:g} s" if pause else "again at once"
            log.error(
                "%s (pid %d) %s after %.1f s; restart %d, %s",
                *(child.name, child.pid, how, lived, child.restarts, when),
            )
            if deaths >= CRASH_LOOP:
                log.error(
                    "%s is in a crash loop: %d deaths in a row; what it said is above", child.name, deaths
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live(self, child: Child) -> int:
        """One life, and the code it ended with, negative for a signal. Raises OSError."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        named = self._folder / f"{child.name}.pid"
        loop = asyncio.get_running_loop()
        try:
            with theirs:
                child.begun = False
                child.process = process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", *child.command(child.restarts, theirs.fileno())),
                    env=self._environment(),
                    stdin=asyncio.subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(), *child.inherits),
                    start_new_session=True,  # Ctrl-C is for the supervisor, which passes it on in order
                )
            child.pid = process.pid
            with contextlib.suppress(OSError):  # a full disk ends no call; the file is for operators
                named.write_text(f"{process.pid}\n")
            silence = lifeline.Silence(process.pid, time.monotonic())
            loop.add_reader(ours, self._hear, child, silence, ours)
            stuck = asyncio.create_task(self._watch(child, silence))
            try:
                return await process.wait()
            finally:
                stuck.cancel()
                loop.remove_reader(ours)
                with contextlib.suppress(OSError):
                    named.unlink(missing_ok=True)
                child.process = None
        finally:
            ours.close()

    def _hear(self, child: Child, silence: lifeline.Silence, held: socket.socket) -> None:
        try:
            said = held.recv(256)
        except BlockingIOError:
            return
        if not said:  # it is ending
            asyncio.get_running_loop().remove_reader(held)
            return
        silence.broken(time.monotonic())
        if lifeline.READY in said:
            child.begun = True
            child.ready.set()

    async def _watch(self, child: Child, silence: lifeline.Silence) -> None:
        while True:
            await asyncio.sleep(lifeline.LOOK_S)
            patience = child.stuck_s if child.begun else BEGINS_WITHIN_S
            if silence.look(time.monotonic()) > patience:
                log.error("%s has been stuck for %g s and is killed", child.name, patience)
                child.kill(signal.SIGKILL)
                return

    async def _end(
        self, children: Sequence[Child], keeping: dict[Child, asyncio.Task[None]], within_s: float
    ) -> None:
        for child in children:
            child.kill(signal.SIGTERM)
        waits = [keeping[child] for child in children]
        _, late = await asyncio.wait(waits, timeout=within_s)
        if late:
            for child in children:
                if child.process is not None:
                    log.error("%s did not end within %g s and is killed", child.name, within_s)
                child.kill(signal.SIGKILL)
            await asyncio.wait(late)

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_")}
        return {**others, **configuration.written(self._config), "SIGHTLINE_RUN": self._run}
