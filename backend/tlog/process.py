"""The log's process: holds the keys, appends, signs. `python -m backend.tlog.process '{…}'`.

Started by the supervisor before the others, with its settings as JSON. What many ask to append at once
becomes one write and one sync. Every `cadence_s`, by a clock that nobody can set, the tree grows in public,
whether something was appended or not. Damage that is found then stops signing, not appending: what was
acknowledged stays, and is signed once the damage is mended.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from backend.tlog import keys, proofs, talk, witness
from backend.tlog.anchor import Anchor
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.config import CANNOT_START, DISK_FAILED, LogConfig
from backend.tlog.derive import Derived
from backend.tlog.faults import Malformed, Unfit
from backend.tlog.folder import Folder
from backend.tlog.journal import Broken
from backend.tlog.mend import mend
from backend.tlog.talk import Request, Status
from backend.tlog.witness import Witness
from backend.tlog.writer import Log, NotAppended, locked
from media import control
from media.control import Channel, Hello, ProtocolError
from media.grants import sign
from media.lifeline import Lifeline

_log = logging.getLogger("log")

CONNECTIONS = 16
GROUP_LEAVES = 1024  # of one write
WAITING_LEAVES = 8192  # to be appended; a request beyond that is refused
DERIVES_WITHIN_S = 3600.0
BALLAST_S = 15.0  # between two looks for room
Asked = tuple[Sequence[bytes], asyncio.Future[list[int]]]
BUSY = "the log has more to do than it can: try again"


class Appends:
    """Gathers what is to be appended while the disk is busy with what came before."""

    def __init__(self, log: Log, failed: asyncio.Event) -> None:
        self._log, self._failed = log, failed
        self._waiting: list[Asked] = []
        self._leaves = 0
        self._some = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "log-append")

    async def append(self, leaves: Sequence[bytes]) -> list[int]:
        """Raises NotAppended and Broken."""
        if self._leaves + len(leaves) > WAITING_LEAVES:
            raise NotAppended(BUSY)
        future: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((leaves, future))
        self._leaves += len(leaves)
        self._some.set()
        return await future

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._some.wait()
            group = self._take()
            leaves = [leaf for some, _ in group for leaf in some]
            try:
                indexes = await loop.run_in_executor(self._thread, self._log.append, leaves)
            except NotAppended as fault:
                await self._one_by_one(group, fault)
            except Exception as fault:
                self._fail(group, fault)
            else:
                at = 0
                for some, future in group:
                    if not future.done():
                        future.set_result(indexes[at : at + len(some)])
                    at += len(some)

    def close(self) -> None:
        """Wait for what is being written."""
        self._thread.shutdown()

    def _take(self) -> list[Asked]:
        group: list[Asked] = []
        leaves = 0
        while self._waiting and (not group or leaves + len(self._waiting[0][0]) <= GROUP_LEAVES):
            group.append(self._waiting.pop(0))
            leaves += len(group[-1][0])
        self._leaves -= leaves
        if not self._waiting:
            self._some.clear()
        return group

    async def _one_by_one(self, group: list[Asked], fault: NotAppended) -> None:
        """Together they do not fit; some of them may."""
        loop = asyncio.get_running_loop()
        for leaves, future in group:
            try:
                if len(group) == 1:
                    raise fault
                indexes = await loop.run_in_executor(self._thread, self._log.append, leaves)
            except NotAppended as refused:
                if not future.done():
                    future.set_exception(refused)
            except Exception as broken:
                self._fail([(leaves, future)], broken)
            else:
                if not future.done():
                    future.set_result(indexes)

    def _fail(self, group: Iterable[Asked], fault: Exception) -> None:
        """What the disk holds is not known: this process ends, and the next one reads it."""
        _log.error("the log cannot go on: %s", fault, exc_info=None if isinstance(fault, Broken) else fault)
        for _, future in group:
            if not future.done():
                future.set_exception(Broken("the log's disk failed"))
        self._failed.set()


class Keeper:
    """Serves one log."""

    def __init__(self, config: LogConfig, log: Log, witnesses: Sequence[Witness]) -> None:
        self._config, self._log, self._witnesses = config, log, witnesses
        self._grant_key = keys.private_key(Path(config.keys), keys.GRANT)
        self.failed = asyncio.Event()
        self._appends = Appends(log, self.failed)
        self._issuing = asyncio.Lock()
        self._trouble: str | None = None
        self._due = 0.0  # the next checkpoint, by the loop's clock
        self._asking: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises OSError."""
        for each in (self._appends.run(), self._grow(), self._keep_room()):
            self._tasks.add(asyncio.create_task(self._must(each)))
        listening = control.listen(Path(self._config.control))
        self._server = await asyncio.start_unix_server(self._connected, sock=listening)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        doing = [*self._connections, *self._tasks, *([self._asking] if self._asking else [])]
        for task in doing:
            task.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        self._appends.close()
        async with self._issuing:
            self._log.close()

    async def publish(self) -> None:
        """Grow in public. Never raises: what is wrong is said, and the checkpoint before stays."""
        log = self._log
        try:
            async with self._issuing:
                size, before = log.entries, log.published.size
                await asyncio.to_thread(log.prepare, size)
                roots = await self._derive(size, before)
                checkpoint = await asyncio.to_thread(log.sign, size, roots)
        except (Unfit, OSError) as fault:
            self._trouble = str(fault)
            _log.error("no checkpoint is signed: %s", fault)
            return
        except Exception as fault:
            self._trouble = f"a fault: {type(fault).__name__}"
            _log.exception("no checkpoint is signed")
            return
        if self._trouble is not None:
            _log.warning("checkpoints are signed again")
        self._trouble = None
        if self._witnesses and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._cosign(log.checkpoint, checkpoint))

    async def _derive(self, size: int, before: int) -> dict[int, bytes]:
        """In a process of its own, which has no keys and cannot make appending wait."""
        command = [sys.executable, "-m", "backend.tlog.derive", self._config.folder, str(size), str(before)]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), DERIVES_WITHIN_S)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise OSError(f"deriving the root ended with code {process.returncode}")
        derived = msgspec.msgpack.decode(said, type=Derived)
        if derived.fault is not None:
            path, fault, remedy = derived.fault
            raise Unfit(Path(path), fault, remedy)
        return derived.roots

    async def _cosign(self, raw: bytes, checkpoint: Checkpoint) -> None:
        node = Folder(self._log.folder, checkpoint.size).node
        given = await witness.ask_all(self._witnesses, raw, checkpoint, node, time.time())
        try:
            async with self._issuing:
                await asyncio.to_thread(self._log.cosign, checkpoint, given)
        except OSError as error:
            _log.error("cosignatures cannot be added: %s", error)

    async def _grow(self) -> None:
        clock = asyncio.get_running_loop().time
        self._due = clock() + self._config.cadence_s
        while True:
            await asyncio.sleep(self._due - clock())
            await self.publish()
            late = -(-(clock() - self._due) // self._config.cadence_s)
            self._due += self._config.cadence_s * max(1, late)

    async def _keep_room(self) -> None:
        while True:
            await asyncio.sleep(BALLAST_S)
            if not self._log.ballast.held and await asyncio.to_thread(self._log.ballast.make):
                _log.warning("there is room again, and the ballast is made again")

    async def _must(self, work: Coroutine[Any, Any, None]) -> None:
        """None of them ends by itself."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("the log's process has a fault")
            self.failed.set()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._hold(reader, writer), name="log-connection")
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel: Channel[Request] = Channel(
            reader, writer, talk.TO_LOG, talk.TO_LOG_BYTES, talk.TO_CLIENT_BYTES
        )
        room = asyncio.Semaphore(talk.IN_FLIGHT)
        answering: set[asyncio.Task[None]] = set()
        try:
            if not control.is_ours(writer.get_extra_info("socket")):
                raise ProtocolError("another user's process connected")
            await channel.greet(Hello(version=talk.VERSION, run=self._config.run, pid=os.getpid()))
            while True:
                await room.acquire()
                request = await channel.receive()
                if request is None:
                    return
                task = asyncio.create_task(self._answer(channel, request))
                answering.add(task)
                task.add_done_callback(answering.discard)
                task.add_done_callback(lambda _: room.release())
        except ProtocolError as error:
            _log.error("connection closed: %s", error)
        except ConnectionError:
            pass
        except Exception:
            _log.exception("connection failed")
        finally:
            for task in list(answering):  # what it asked to append is appended all the same
                task.cancel()
            await channel.closed()

    async def _answer(self, channel: Channel[Request], request: Request) -> None:
        try:
            reply = await self._reply(request)
        except (NotAppended, Broken) as fault:
            reply = talk.Refused(request.id, str(fault))
        except Exception:
            _log.exception("%s failed", type(request).__name__)
            reply = talk.Refused(request.id, "the log's process has a fault")
        with contextlib.suppress(ConnectionError):
            await channel.send(reply)

    async def _reply(self, request: Request) -> talk.Reply:
        match request:
            case talk.Append(id, leaves):
                return talk.Appended(id, await self._appends.append(leaves))
            case talk.Grant(id, leaf, claims):
                (index,) = await self._appends.append([leaf])
                return talk.Held(id, sign(self._grant_key, msgspec.structs.replace(claims, index=index)))
            case talk.Prove(id, index):
                return self._prove(id, index)
            case talk.AskCheckpoint(id):
                return talk.Held(id, self._log.checkpoint)
            case talk.AskStatus(id):
                return talk.Told(id, self._status())

    def _prove(self, id: int, index: int) -> talk.Reply:  # noqa: A002  the field's name
        size = self._log.published.size
        if not 0 <= index < size:
            return talk.Refused(id, f"entry {index} is not in the published checkpoint of {size} entries yet")
        try:
            proof = proofs.make(index, self._log.checkpoint, Folder(self._log.folder, size).node)
        except Malformed as fault:
            return talk.Refused(id, f"the log is damaged: {fault}")
        return talk.Held(id, proofs.encode(proof))

    def _status(self) -> Status:
        log = self._log
        return Status(
            vkey=log.verifier.vkey,
            entries=log.entries,
            published=log.published.size,
            grows_in_s=max(0.0, self._due - asyncio.get_running_loop().time()),
            room=log.ballast.held,
            trouble=self._trouble,
            witnesses=tuple(each.account for each in self._witnesses),
        )


def open_log(config: LogConfig) -> Log:
    """With its key and its anchor. Raises Unfit and OSError."""
    keys.make_missing(config)
    signer = keys.signer(config)
    anchor = Anchor(Path(config.anchor), signer.verifier)
    anchor.check_room()
    return Log.open(Path(config.folder), signer, anchor, ballast_bytes=config.ballast_bytes)


def mend_log(config: LogConfig) -> list[str]:
    """Write damaged files again, then open the log; what was done, in words. Raises Unfit and OSError."""
    signer = keys.signer(config)
    folder, anchor = Path(config.folder), Anchor(Path(config.anchor), signer.verifier)
    lock = locked(folder)
    try:
        done = mend(folder, signer.verifier, anchor)
    finally:
        os.close(lock)
    open_log(config).close()
    return done


async def run(config: LogConfig) -> int:
    """Serve until told to stop. Returns the exit code."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    lifeline = Lifeline(config.lifeline) if config.lifeline is not None else None
    if lifeline is not None:
        lifeline.hold(stopping.set)
    async with witness.client() as client:
        try:
            witnesses = [Witness(witness.parse(text), client) for text in config.witnesses]
            log = await asyncio.to_thread(open_log, config)
            keeper = Keeper(config, log, witnesses)
            await keeper.start()
        except (Unfit, Malformed, OSError) as fault:
            _log.error("the log cannot be opened: %s", fault)
            return CANNOT_START
        _log.info("the log %s: %d entries, %d published", log.verifier.vkey, log.entries, log.published.size)
        if lifeline is not None:
            lifeline.ready()
        waits = [asyncio.create_task(event.wait()) for event in (stopping, keeper.failed)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await keeper.stop()
    return DISK_FAILED if keeper.failed.is_set() else 0


def main() -> int:
    config = msgspec.json.decode(sys.argv[1], type=LogConfig)
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return uvloop.run(run(config))


if __name__ == "__main__":
    sys.exit(main())
