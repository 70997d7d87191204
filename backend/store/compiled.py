"""Statements compiled once in a process: what the writer has said, the readers need not compile again.

SQLAlchemy keeps what it has compiled for each engine apart, and a store on SQLite has two of them.
"""

from functools import cache
from typing import Any

from sqlalchemy.util import LRUCache

MOST = 2000  # the store has some 700 statements; those that are made of many parts may have many shapes


class Compiled:
    """What SQLAlchemy takes for `compiled_cache`: by kind of database, where its own is by engine."""

    def __init__(self) -> None:
        self._held: LRUCache[Any, Any] = LRUCache(MOST)

    def get(self, key: Any) -> Any:
        return self._held.get(_by_kind(key))

    def __setitem__(self, key: Any, compiled: Any) -> None:
        self._held[_by_kind(key)] = compiled


def _by_kind(key: Any) -> Any:
    dialect, *statement = key
    return dialect.name, *statement


@cache
def compiled() -> Compiled:
    """This process's."""
    return Compiled()
