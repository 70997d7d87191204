"""Rows to model values and back."""

from collections import defaultdict
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Column, ColumnElement, Select, Table, func, select

from backend.model.ids import IncidentId

T = TypeVar("T", bound=msgspec.Struct)


def fields(row: Any) -> dict[str, Any]:
    """A row by column name, as plain strings: SQLAlchemy's are its own for reserved words."""
    return {str(name): held for name, held in row._mapping.items()}


def value(row: Any, kind: type[T]) -> T | None:
    """One row (or None) as a model value; columns that the struct does not have are left out."""
    return None if row is None else msgspec.convert(fields(row), kind)


def values(rows: Any, kind: type[T]) -> list[T]:
    """Many rows as model values."""
    return [msgspec.convert(fields(row), kind) for row in rows]


def by_incident(rows: Any, kind: type[T]) -> dict[IncidentId, list[T]]:
    """The same by their column `incident_id`, in the rows' order; an empty list for any other."""
    found: dict[IncidentId, list[T]] = defaultdict(list)
    for row in rows:
        found[row.incident_id].append(msgspec.convert(fields(row), kind))
    return found


def last_of_each(table: Table, of: Column[Any], these: ColumnElement[bool], most: int) -> Select[Any]:
    """The ids of the last `most` rows, by their column `number`, for each value of `of` among these."""
    back = func.row_number().over(partition_by=of, order_by=table.c.number.desc()).label("back")
    ranked = select(table.c.id, back).where(these).subquery()
    return select(ranked.c.id).where(ranked.c.back <= most)


def columns(struct: msgspec.Struct) -> dict[str, Any]:
    """A model value as columns: datetimes stay datetimes, nested structs become JSON values."""
    found: dict[str, Any] = msgspec.to_builtins(struct, builtin_types=(datetime,))
    for name, held in found.items():
        if isinstance(held, dict):
            found[name] = msgspec.to_builtins(getattr(struct, name))
    return found
