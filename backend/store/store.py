"""The store: one transaction at a time writes, many read.

SQLite by default: WAL, synchronous=FULL, BEGIN IMMEDIATE, one writer. Any other database_url is handed to
SQLAlchemy as it is (PostgreSQL through psycopg). Never a rule, never a clock.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from backend.store import sqlite
from backend.store.alerts import Alerts
from backend.store.around import Around
from backend.store.cameras import Cameras
from backend.store.care import Care
from backend.store.compiled import compiled
from backend.store.connectors import Connectors
from backend.store.contests import Contests
from backend.store.devices import Devices
from backend.store.disclosed import Disclosed, Seals
from backend.store.drones import Docks, Drones, Skies, Watches
from backend.store.entries import Entries
from backend.store.fees import Fees
from backend.store.flights import Flights
from backend.store.glass import Glass
from backend.store.handling import Handling
from backend.store.incidents import Feeds, Incidents
from backend.store.lending import Lending
from backend.store.links import Grants, Links, Messages
from backend.store.measured import Measured
from backend.store.names import Names
from backend.store.notes import Notes
from backend.store.openings import Asks, Openings, Push
from backend.store.owners import Owners
from backend.store.people import Sessions, Users
from backend.store.places import Places
from backend.store.receipts import Receipts
from backend.store.responses import Responses
from backend.store.reviews import Reviews
from backend.store.rungs import Rungs
from backend.store.sites import Sites
from backend.store.statements import Statements
from backend.store.tables import incidents, positions
from backend.store.tables_flights import flight_points, flights
from backend.store.tables_public import disclosed, uses
from backend.store.talk import Talk
from backend.store.transparency import Transparency
from backend.store.units import Duties, Units
from backend.store.uploads import Uploads
from backend.store.uses import Uses

log = logging.getLogger(__name__)

FORGETS, FORGETS_S = 20, 0.1  # tries, and what is between two
ONE_WRITER = 0x5147_0911  # the advisory lock of this product, on PostgreSQL
MIGRATIONS = Path(__file__).parent / "migrations"


class Tx:
    """A database transaction, by what it holds."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.users = Users(connection)
        self.sessions = Sessions(connection)
        self.units = Units(connection)
        self.duties = Duties(connection)
        self.responses = Responses(connection)
        self.alerts = Alerts(connection)
        self.incidents = Incidents(connection)
        self.feeds = Feeds(connection)
        self.links = Links(connection)
        self.rungs = Rungs(connection)
        self.messages = Messages(connection)
        self.grants = Grants(connection)
        self.owners = Owners(connection)
        self.sites = Sites(connection)
        self.cameras = Cameras(connection)
        self.around = Around(connection)
        self.lending = Lending(connection)
        self.connectors = Connectors(connection)
        self.devices = Devices(connection)
        self.openings = Openings(connection)
        self.asks = Asks(connection)
        self.push = Push(connection)
        self.entries = Entries(connection)
        self.fees = Fees(connection)
        self.names = Names(connection)
        self.transparency = Transparency(connection)
        self.uses = Uses(connection)
        self.receipts = Receipts(connection)
        self.contests = Contests(connection)
        self.statements = Statements(connection)
        self.glass = Glass(connection)
        self.reviews = Reviews(connection)
        self.notes = Notes(connection)
        self.talk = Talk(connection)
        self.docks = Docks(connection)
        self.drones = Drones(connection)
        self.watches = Watches(connection)
        self.skies = Skies(connection)
        self.flights = Flights(connection)
        self.disclosed = Disclosed(connection)
        self.seals = Seals(connection)
        self.uploads = Uploads(connection)
        self.care = Care(connection)
        self.handling = Handling(connection)
        self.measured = Measured(connection)
        self.places = Places(connection)


class Store:
    """Opens nothing until it is used; `close` when done."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        self._write = _engine(url, "BEGIN IMMEDIATE", pool_size=1)
        if self._sqlite:
            self._read = _engine(url, "BEGIN", pool_size=4)
        else:  # the default there, READ COMMITTED, sees another moment with each statement
            self._read = self._write.execution_options(isolation_level="REPEATABLE READ")
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """One transaction that writes: committed and on disk at the end, or undone by an exception."""
        async with self._turn, self._write.begin() as connection:
            await self._take_turns(connection)
            yield Tx(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """One transaction that sees a single moment and changes nothing."""
        async with self._read.connect() as connection, connection.begin():
            yield Tx(connection)

    async def migrate(self) -> None:
        """Bring the tables to this version's shape. Raises for a database that is newer than this code."""
        async with self._turn, self._write.begin() as connection:
            await self._take_turns(connection)
            await connection.run_sync(_upgrade)

    async def _take_turns(self, connection: AsyncConnection) -> None:
        """Wait for whoever else writes, in any process: what a step has read stays true until its commit.

        Else somebody could open a camera by rules that its owner's pause is just changing.
        """
        if not self._sqlite:  # there BEGIN IMMEDIATE does it
            await connection.execute(text("SELECT pg_advisory_xact_lock(:one)"), {"one": ONE_WRITER})

    async def forget(self) -> None:
        """Take what was deleted or overwritten out of the database's files, as far as they can be told to.

        SQLite overwrites it where it stood (secure_delete); the log of its writes is emptied here. PostgreSQL
        frees the room and overwrites it in its own time.
        """
        if not self._sqlite:
            async with self._write.connect() as connection:
                bare = await connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in (disclosed, uses, incidents, positions, flights, flight_points):
                    await bare.execute(text(f"VACUUM {table.name}"))
            return
        for _ in range(FORGETS):
            async with self._turn, self._write.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                assert driver is not None
                ((busy, *_),) = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            if not busy:
                return
            await asyncio.sleep(FORGETS_S)  # somebody still reads what was there before
        log.warning("the database's write log could not be emptied; its next clean stop does it")

    async def ping(self) -> None:
        """Raises when the database does not answer."""
        async with self._read.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._write.dispose()
        await self._read.dispose()


@cache
def _newest() -> str | None:
    """The last of this version's steps; reading them all takes longer than anything else at a start."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def _upgrade(connection: Connection) -> None:
    if MigrationContext.configure(connection).get_current_revision() == _newest():
        return
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: str, begin: str, pool_size: int) -> AsyncEngine:
    more: dict[str, Any] = {
        "hide_parameters": True,  # numbers and hashes must not reach a log by way of a failed statement
        "execution_options": {"compiled_cache": compiled()},
    }
    if url.startswith("sqlite"):
        return sqlite.connect(url, begin, pool_size=pool_size, max_overflow=0, **more)
    return create_async_engine(url, pool_size=5, pool_pre_ping=True, **more)
