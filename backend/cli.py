"""`sightline …`: serve, user, audit, basemap, migrate, demo, connector, drone.

Serving is the supervisor, which stays small: what the other commands need is loaded when one is asked for.
"""

import argparse
import asyncio
import importlib
import logging
import sys
from collections.abc import Sequence

from backend import config as configuration
from backend.model.people import Role
from backend.model.sealing import MOST_DAYS, Erased, EraseReason, SealReason
from backend.supervisor import Supervisor
from media.connector import arguments as connector_commands
from media.simulator import arguments as drone_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what was asked, 2 for settings or arguments that cannot work."""
    options = _parser().parse_args(arguments)
    if options.command == "connector":  # installed alone beside cameras, where the service's settings are not
        connected: int = importlib.import_module("media.connector.commands").run(options)
        return connected
    if options.command == "drone":
        try:
            simulator = importlib.import_module("media.simulator.simulate")
        except ModuleNotFoundError as missing:
            print(f"sightline: {missing.name} is missing: pip install 'sightline[drone]'", file=sys.stderr)
            return 2
        flown: int = simulator.run(options)
        return flown
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        config = configuration.read()
        if options.command == "serve":
            return asyncio.run(_serve(config))
        code: int = importlib.import_module("backend.commands").run(options, config)
    except configuration.ConfigError as error:
        print(f"sightline: {error}", file=sys.stderr)
        return 2
    return code


async def _serve(config: configuration.Config) -> int:
    return await Supervisor(config).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sightline", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    serve = commands.add_parser("serve", help="run the service; settings come from SIGHTLINE_… variables")
    serve.set_defaults(command="serve")

    stage = commands.add_parser("demo", help="a demonstration agency with a simulated caller")
    stage.add_argument("--lan", action="store_true", help="serve HTTPS on the local network, for phones")
    stage.add_argument("--port", type=int, default=0, help="a free one when left out")
    stage.add_argument("--folder", default="var/demo", help="emptied at each start")
    stage.set_defaults(command="demo")

    migrate = commands.add_parser("migrate", help="bring the database to this version's shape")
    migrate.set_defaults(command="migrate")

    basemap = commands.add_parser("basemap", help="take a PMTiles file as the map of your city")
    basemap.add_argument("file", metavar="FILE", help="cut out of a Protomaps basemap: `pmtiles extract`")
    basemap.set_defaults(command="basemap")

    user = commands.add_parser("user", help="accounts").add_subparsers(required=True, metavar="what")
    add = user.add_parser("add", help="make an account; the password is asked for, or read from a pipe")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--display-name", help="as others see it; the name when left out")
    add.add_argument("--unit", help="the call sign of an officer's unit; made when there is none")
    add.set_defaults(command="user add")
    password = user.add_parser("password", help="set a new password; the account's sessions end")
    password.add_argument("name")
    password.set_defaults(command="user password")
    listing = user.add_parser("list", help="every account")
    listing.set_defaults(command="user list")

    connector = commands.add_parser(
        "connector", help="beside cameras: dials out, and opens them when told to"
    )
    connector.set_defaults(command="connector")
    connector_commands.add_arguments(connector)

    drone = commands.add_parser("drone", help="drones: simulate flies some that are none")
    drone.set_defaults(command="drone")
    drone_commands.add_arguments(drone)

    log = commands.add_parser("audit", help="the audit log").add_subparsers(required=True, metavar="what")
    verify = log.add_parser("verify", help="derive every hash again; fails when a log was touched")
    _add_public_log(
        verify, "a folder with a public log, verified alone; without it, both logs of the data folder"
    )
    verify.add_argument(
        "--since", metavar="FILE", help="a checkpoint from before, which the log must contain"
    )
    _add_witness(verify)
    verify.set_defaults(command="audit verify")
    export = log.add_parser("export", help="every entry of the public log: index and leaf")
    _add_public_log(export, "the public log's folder; our own when left out")
    export.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
    export.add_argument("--output", metavar="FILE", help="standard output when left out")
    export.set_defaults(command="audit export")
    mirror = log.add_parser("mirror", help="copy the public log to where any web server can hold it")
    mirror.add_argument("target", metavar="DIR", help="an empty folder, or a mirror to bring up to date")
    _add_public_log(mirror, "the public log's folder; our own when left out")
    mirror.set_defaults(command="audit mirror")
    _add_sealing(log)
    receipt = log.add_parser("receipt", help="check a receipt offline, and say what it proves")
    receipt.add_argument("file", metavar="FILE", help="as the page of its owner or its caller saved it")
    _add_key(receipt)
    _add_witness(receipt)
    receipt.set_defaults(command="audit receipt", log=None)
    lines = log.add_parser("list", help="every entry: index, time, action, and the refusal if it was one")
    lines.set_defaults(command="audit list")
    mend = log.add_parser(
        "mend",
        help="write the public log's damaged files again from those that are whole; while it is stopped",
    )
    mend.set_defaults(command="audit mend")
    return parser


def _add_sealing(log: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What supervisors do on their page too; beside a running service."""
    seal = log.add_parser("seal", help="withhold what a use in the public log would still open")
    seal.add_argument("--why", required=True, choices=[reason.value for reason in SealReason])
    seal.add_argument("--days", type=int, required=True, help=f"today is the first; at most {MOST_DAYS}")
    unseal = log.add_parser("unseal", help="withhold it no longer")
    erase = log.add_parser("erase", help="destroy fields of a use, for good: nobody can open them any more")
    erase.add_argument("--why", required=True, choices=[reason.value for reason in EraseReason])
    erase.add_argument("--what", required=True, choices=[what.value for what in Erased])
    for name, parser in (("seal", seal), ("unseal", unseal), ("erase", erase)):
        parser.add_argument("use", help="its id, use_…")
        parser.add_argument("--by", required=True, metavar="NAME", help="the supervisor whose decision it is")
        parser.set_defaults(command=f"audit {name}")


def _add_public_log(parser: argparse.ArgumentParser, folder: str) -> None:
    parser.add_argument("--log", metavar="DIR", help=folder)
    _add_key(parser)


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", metavar="KEY", help="the public log's key, name+id+base64; else our own")


def _add_witness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--witness",
        metavar="KEY",
        action="append",
        default=[],
        help="a witness's public key; may be repeated",
    )
