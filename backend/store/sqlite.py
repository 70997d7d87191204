"""How the store speaks to SQLite: its settings, its transactions, one trip to its thread for each statement.

aiosqlite gives each connection a thread, and its own cursor goes there four times: to be made, to execute, to
fetch, to be closed. The store takes whole answers, so all four are done at once.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Self

import aiosqlite
from sqlalchemy import Connection, Engine, PoolResetState, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CACHE = "cache_size=-32768"  # KiB for each connection, taken as needed: a city's cameras fit in it
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "secure_delete=ON",  # what is erased of the public log is overwritten
    CACHE,
)
CHUNK = 64  # aiosqlite wants to know how many rows an iteration takes at once; nobody iterates

How = Callable[[sqlite3.Cursor, str, Any], object]


class Line(aiosqlite.Connection):
    """A connection whose statements go to its thread and back once."""

    def cursor(self) -> "Answer":  # type: ignore[override]
        return Answer(self)

    async def do(self, how: How, sql: str, parameters: Any, answer: "Answer") -> None:
        """Let the thread do it, and take down what came of it. Raises sqlite3.Error."""
        await self._execute(self._do, how, sql, parameters, answer)  # type: ignore[no-untyped-call]

    def _do(self, how: How, sql: str, parameters: Any, answer: "Answer") -> None:
        with closing(self._conn.cursor()) as cursor:
            how(cursor, sql, parameters)
            answer.rows = cursor.fetchall()
            answer.description = cursor.description
            answer.rowcount, answer.lastrowid = cursor.rowcount, cursor.lastrowid


class Answer:
    """A cursor, as SQLAlchemy uses one: what a statement did, whole. Nothing in it needs the thread."""

    arraysize = 1

    def __init__(self, line: Line) -> None:
        self._line = line
        self.rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        await self._line.do(sqlite3.Cursor.execute, sql, parameters, self)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        await self._line.do(sqlite3.Cursor.executemany, sql, parameters, self)

    async def fetchall(self) -> list[Any]:
        rows, self.rows = self.rows, []
        return rows

    async def close(self) -> None:
        """The thread's cursor is closed already."""


def connect(url: str, begin: str, **more: Any) -> AsyncEngine:
    """Connections to this database, opened as they are needed, whose transactions begin with this word."""
    path = str(make_url(url).database)

    def line() -> Line:
        made = Line(lambda: _open(path), CHUNK)
        made._thread.daemon = True  # as SQLAlchemy has it: no process stays for one that hangs
        return made

    engine = create_async_engine(url, async_creator=line, pool_reset_on_return=None, **more)
    _tell(engine.sync_engine, begin)
    return engine


def _open(path: str) -> sqlite3.Connection:
    opened = sqlite3.connect(path, isolation_level=None, check_same_thread=False)  # we begin transactions
    for pragma in PRAGMAS:
        opened.execute(f"PRAGMA {pragma}")
    return opened


def _tell(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.connection.run_async(lambda driver: driver.execute_fetchall(begin))

    @event.listens_for(engine, "reset")
    def on_reset(connection: Any, _record: Any, state: PoolResetState) -> None:  # most have been committed
        if not state.terminate_only and connection.driver_connection.in_transaction:
            connection.rollback()
