"""What the commands of `sightline` do, serving apart: accounts, audit log, database, demonstration."""

import argparse
import asyncio
import getpass
import logging
import sys

from backend import basemap, demo, public_log, receipt
from backend import config as configuration
from backend.config import ConfigError
from backend.fittings import database_file, open_store
from backend.model.ids import UseId
from backend.model.people import Role
from backend.model.refusals import Refused
from backend.model.sealing import Erased, EraseReason, SealReason
from backend.parts import build
from backend.services import audit
from backend.services.credentials import AccountError


def run(options: argparse.Namespace, config: configuration.Config) -> int:
    """Run the command that was parsed. Raises ConfigError for what cannot work."""
    try:
        return _COMMANDS[options.command](options, config)
    except AccountError as error:
        raise ConfigError(str(error)) from error


def _demo(options: argparse.Namespace, _: configuration.Config) -> int:
    logging.getLogger().setLevel(logging.WARNING)
    return asyncio.run(demo.run(demo.prepare(options)))


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


def _audit_verify(options: argparse.Namespace, config: configuration.Config) -> int:
    if options.log:  # somebody else's, or a copy
        return public_log.verify(options, config)
    code = _verify_entries(config)
    return max(code, public_log.verify(options, config)) if public_log.is_there(options, config) else code


def _verify_entries(config: configuration.Config) -> int:
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


def _sealing(options: argparse.Namespace, config: configuration.Config) -> int:
    _refuse_missing(config)

    async def run() -> None:
        parts = build(config)
        await parts.store.migrate()
        try:
            by, use = await parts.accounts.supervisor(options.by), UseId(options.use)
            if options.command == "audit seal":
                await parts.sealing.seal(by, use, SealReason(options.why), options.days)
            elif options.command == "audit unseal":
                await parts.sealing.unseal(by, use)
            else:
                await parts.sealing.erase(by, use, EraseReason(options.why), Erased(options.what))
        finally:
            await parts.store.close()

    try:
        asyncio.run(run())
    except Refused as no:
        print(f"not done: {no.words or no.refusal.value}", file=sys.stderr)
        return 1
    print(f"{options.use}: done, and written down; the public log has it with its next checkpoint")
    return 0


_COMMANDS = {
    "demo": _demo,
    "basemap": basemap.install,
    "migrate": _migrate,
    "user add": _user_add,
    "user password": _user_password,
    "user list": _user_list,
    "audit verify": _audit_verify,
    "audit list": _audit_list,
    "audit export": public_log.export,
    "audit mend": public_log.mend,
    "audit mirror": public_log.mirror,
    "audit seal": _sealing,
    "audit unseal": _sealing,
    "audit erase": _sealing,
    "audit receipt": receipt.receipt,
}
