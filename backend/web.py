"""The web process: uvicorn around the application. `python -m backend.web`, started by the supervisor.

It may be killed at any time: pictures flow on, and the next one is told by the media processes what is open.
"""

import argparse
import asyncio
import contextlib
import logging
import socket
import sys

import uvicorn
import uvloop
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend import config as configuration
from backend.app import create_app
from backend.config import Config
from media.connector.wire import MAX_FRAME
from media.lifeline import Lifeline

HEAD_BYTES = 64 * 1024
CANNOT_WORK = 2  # exit code: the settings are refused


def main() -> int:
    """Serve on an inherited socket until told to stop, or until the supervisor is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int, required=True)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--log-level", default="INFO")
    options = parser.parse_args()
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        config = configuration.read()
        server = create_server(config, create_app(config))
    except configuration.ConfigError as error:
        print(f"sightline: {error}", file=sys.stderr)
        return CANNOT_WORK
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(server, Lifeline(options.lifeline), socket.socket(fileno=options.listen)))
    return 0 if server.started else 1


async def _serve(server: uvicorn.Server, lifeline: Lifeline, listening: socket.socket) -> None:
    def leave() -> None:
        server.should_exit = True

    lifeline.hold(leave)
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn says so by a flag only
        await asyncio.sleep(0.02)
    if server.started:
        lifeline.ready()
    await serving


def create_server(config: Config, app: Litestar) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            ssl_certfile=str(config.tls_cert) if config.tls_cert else None,
            ssl_keyfile=str(config.tls_key) if config.tls_key else None,
            loop="uvloop",
            http=_Http,
            ws_max_size=MAX_FRAME,  # a connector's; each socket bounds its own further
            ws_per_message_deflate=False,  # no frame grows as it is read
            ws_ping_interval=10,
            ws_ping_timeout=10,
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=3,
            limit_concurrency=4000,
        )
    )


class _Server(uvicorn.Server):
    """uvicorn's, which would wait at its end for callers' pages that wait for words."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer them, then as ever."""
        if isinstance(self.config.app, Litestar):
            self.config.app.state.parts.hub.end_waits()
        await super().shutdown(sockets)


class _Http(HttpToolsProtocol):
    """uvicorn's, which by itself keeps a request line and headers of any length in memory."""

    _in_head, _head_bytes = False, 0

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()


if __name__ == "__main__":
    sys.exit(main())
