"""`sightline …`: serve, user, audit, migrate, demo."""

import argparse
import asyncio
import contextlib
import getpass
import logging
import sys
from collections.abc import Sequence

import uvicorn
import uvloop
from litestar import Litestar
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from backend import config as configuration
from backend import demo
from backend.app import build, create_app, database_file, open_store
from backend.model.people import Role
from backend.services import audit
from backend.services.accounts import AccountError

log = logging.getLogger("sightline")

HEAD_BYTES = 64 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 2 for settings or arguments that cannot work."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        result: int = options.run(options, configuration.read())
    except (configuration.ConfigError, AccountError) as error:
        print(f"sightline: {error}", file=sys.stderr)
        return 2
    return result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sightline", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="run the service; settings come from SIGHTLINE_… variables")
    serve.set_defaults(run=_serve)

    stage = commands.add_parser("demo", help="a demonstration agency with a simulated caller")
    stage.add_argument("--lan", action="store_true", help="serve HTTPS on the local network, for phones")
    stage.add_argument("--port", type=int, default=0, help="a free one when left out")
    stage.add_argument("--folder", default="var/demo", help="emptied at each start")
    stage.set_defaults(run=_demo)

    migrate = commands.add_parser("migrate", help="bring the database to this version's shape")
    migrate.set_defaults(run=_migrate)

    user = commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="what")
    add = user.add_parser("add", help="make an account; the password is asked for, or read from a pipe")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--display-name", help="as others see it; the name when left out")
    add.add_argument("--unit", help="the call sign of an officer's unit; made when there is none")
    add.set_defaults(run=_user_add)
    password = user.add_parser("password", help="set a new password; the account's sessions end")
    password.add_argument("name")
    password.set_defaults(run=_user_password)
    listing = user.add_parser("list", help="every account")
    listing.set_defaults(run=_user_list)

    log = commands.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="what")
    verify = log.add_parser("verify", help="derive every hash again; fails when the log was touched")
    verify.set_defaults(run=_audit_verify)
    lines = log.add_parser("list", help="every entry: index, time, action, and the refusal if it was one")
    lines.set_defaults(run=_audit_list)
    return parser


def _serve(_: argparse.Namespace, config: configuration.Config) -> int:
    server = _server(config, create_app(config))
    log.info("%s: %s", config.agency, config.public_url)
    server.run()
    return 0 if server.started else 1


def _demo(options: argparse.Namespace, _: configuration.Config) -> int:
    logging.getLogger().setLevel(logging.WARNING)
    stage = demo.prepare(options)
    app = create_app(stage.config)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(demo.run(stage, _server(stage.config, app), app.state.parts))
    return 0


def _server(config: configuration.Config, app: Litestar) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            ssl_certfile=str(config.tls_cert) if config.tls_cert else None,
            ssl_keyfile=str(config.tls_key) if config.tls_key else None,
            loop="uvloop",
            http=_Http,
            ws_max_size=4096,
            ws_ping_interval=10,
            ws_ping_timeout=10,
            access_log=False,
            server_header=False,
            log_config=None,
            timeout_graceful_shutdown=3,
            limit_concurrency=4000,
        )
    )


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


def _migrate(_: argparse.Namespace, config: configuration.Config) -> int:
    async def run() -> None:
        store = open_store(config)
        await store.migrate()
        await store.close()

    asyncio.run(run())
    return 0


def _password_for(name: str) -> str:
    """Asked for at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"Password for {name}: ")
    if password != getpass.getpass("Again: "):
        raise AccountError("the two passwords differ")
    return password


def _user_add(options: argparse.Namespace, config: configuration.Config) -> int:
    password = _password_for(options.name)

    async def run() -> None:
        parts = build(config)
        await parts.store.migrate()
        try:
            await parts.accounts.add(
                name=options.name,
                display_name=options.display_name or options.name,
                role=Role(options.role),
                call_sign=options.unit,
                password=password,
            )
        finally:
            await parts.store.close()

    asyncio.run(run())
    print(f"{options.name} can sign in as {options.role} at {config.public_url}")
    return 0


def _user_password(options: argparse.Namespace, config: configuration.Config) -> int:
    _refuse_missing(config)
    password = _password_for(options.name)

    async def run() -> None:
        parts = build(config)
        await parts.store.migrate()
        try:
            await parts.accounts.change_password(options.name, password)
        finally:
            await parts.store.close()

    asyncio.run(run())
    print(f"{options.name} has a new password; sessions that were open are over")
    return 0


def _user_list(_: argparse.Namespace, config: configuration.Config) -> int:
    _refuse_missing(config)

    async def run() -> None:
        parts = build(config)
        await parts.store.migrate()
        for user in await parts.accounts.all():
            print(f"{user.name:20} {user.role.value:12} {user.display_name}")
        await parts.store.close()

    asyncio.run(run())
    return 0


def _refuse_missing(config: configuration.Config) -> None:
    """A command that reads must not make an empty database and call it intact."""
    if not config.database_url and not database_file(config).exists():
        raise configuration.ConfigError(
            f"there is no database in {config.data_dir.resolve()}; SIGHTLINE_DATA_DIR says where it is"
        )


def _audit_verify(_: argparse.Namespace, config: configuration.Config) -> int:
    _refuse_missing(config)

    async def run() -> audit.Verdict:
        store = open_store(config)
        try:
            return await audit.verify(store)
        finally:
            await store.close()

    verdict = asyncio.run(run())
    print(f"{verdict.entries} entries, last hash {verdict.head}")
    if verdict.problem:
        print(f"NOT INTACT: {verdict.problem}", file=sys.stderr)
        return 1
    print("intact")
    return 0


def _audit_list(_: argparse.Namespace, config: configuration.Config) -> int:
    _refuse_missing(config)

    async def run() -> None:
        store = open_store(config)
        async with store.read() as tx:
            async for entry in tx.entries.all():
                print(f"{entry.index} {entry.at.isoformat()} {entry.action.value} {entry.refusal or ''}")
        await store.close()

    asyncio.run(run())
    return 0
