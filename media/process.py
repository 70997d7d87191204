"""A media process: one engine on one UDP port, behind a control socket. `python -m media.process '{…}'`.

Started by the supervisor with its settings as JSON; imports nothing of the web service, so that it is back
soon after a crash. It outlives the web process, and ends with the supervisor, on SIGTERM or on SIGINT, saying
goodbye to its peers.
"""

import asyncio
import errno
import logging
import os
import signal
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from media.backlog import Backlog
from media.config import CANNOT_START, ProcessConfig, SfuConfig
from media.control import Hello
from media.lifeline import Lifeline
from media.serving import Server
from media.sfu import EmbeddedSfu

_log = logging.getLogger("media")

BIND_WITHIN_S = 8.0  # a process of an earlier run may still be leaving
_BIND_AGAIN_S = 0.1


async def run(config: ProcessConfig) -> int:
    """Serve until told to stop. Returns the exit code."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    lifeline = Lifeline(config.lifeline) if config.lifeline is not None else None
    if lifeline is not None:
        lifeline.hold(stopping.set)
    backlog = Backlog()
    sfu = EmbeddedSfu(config.sfu, backlog, config.grants)
    hello = Hello(run=config.run, index=config.sfu.index, pid=os.getpid())
    server = Server(sfu, backlog, hello, config.restarts)
    try:
        await _bind(sfu, config.sfu, stopping)
        await server.start(Path(config.control))
    except (OSError, ValueError) as error:
        _log.error("media process %d cannot start: %s", config.sfu.index, error)
        return CANNOT_START
    _log.info("media process %d: pid %d, port %d", config.sfu.index, os.getpid(), sfu.port)
    if lifeline is not None:
        lifeline.ready()
    await stopping.wait()
    await sfu.stop()
    await server.stop()
    return 0


async def _bind(sfu: EmbeddedSfu, config: SfuConfig, stopping: asyncio.Event) -> None:
    until = time.monotonic() + BIND_WITHIN_S
    while not stopping.is_set():
        try:
            await sfu.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise OSError(f"{config.host} port {config.port}: {error.strerror}") from error
        else:
            return
        await asyncio.sleep(_BIND_AGAIN_S)


def main() -> int:
    config = msgspec.json.decode(sys.argv[1], type=ProcessConfig)
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return uvloop.run(run(config))


if __name__ == "__main__":
    sys.exit(main())
