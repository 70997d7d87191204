"""Everything on the public page as CSV and JSON: each entry, with what anybody needs to check it."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import msgspec

from backend.api.books import harmless
from backend.model.disclosure import AT_ONCE, DISTRICT, LATER
from backend.model.transparency import PublicEntry, Report

FIELDS = tuple(sorted({name for part in (*AT_ONCE.values(), *LATER.values()) for name in part} | {DISTRICT}))
COLUMNS = ("index", "type", *FIELDS, "salts", "leaf")

Entries = AsyncIterator[list[PublicEntry]]


async def entries_csv(entries: Entries) -> AsyncIterator[bytes]:
    """RFC 4180 in UTF-8, with a BOM: a column for each field that can be opened; empty where it is not."""
    yield _lines([COLUMNS]).encode("utf-8-sig")
    async for some in entries:
        yield _lines(_cells(entry) for entry in some).encode()


def _cells(entry: PublicEntry) -> Iterator[str]:
    yield str(entry.index)
    yield entry.kind
    for name in FIELDS:
        yield harmless(entry.said(name) or "")
    yield msgspec.json.encode({name: field.salt for name, field in entry.fields.items()}).decode()
    yield entry.leaf.decode()


async def entries_json(entries: Entries) -> AsyncIterator[bytes]:
    """One array. `fields` has for each opened field its value and its salt; `leaf` is what was hashed."""
    start = b'{"v":1,"entries":['
    async for some in entries:
        yield start + b",\n".join([msgspec.json.encode(_entry(entry)) for entry in some])
        start = b",\n"
    yield b"]}\n" if start == b",\n" else start + b"]}\n"


def _entry(entry: PublicEntry) -> dict[str, Any]:
    return {
        "index": entry.index,
        "type": entry.kind,
        "fields": {name: [field.value, field.salt] for name, field in entry.fields.items()},
        "leaf": entry.leaf.decode(),
    }


def statistics_json(report: Report) -> bytes:
    """The figures of the page, each with what it is of."""
    made = msgspec.to_builtins(report, str_keys=True)
    del made["contests"]
    return msgspec.json.format(msgspec.json.encode({"v": 1, **made}), indent=1)


def statistics_csv(report: Report) -> bytes:
    """One table of all of them: what is counted, by what, and the numbers. `*` is what was merged."""
    rows: list[Iterable[Any]] = [("table", "name", "openings", "emergencies", "names")]
    rows.append(("size", report.origin, report.size, "", ""))
    rows += [
        (f"openings by {by.value}", harmless(count.name), count.openings, count.emergencies, count.names)
        for by, counts in report.counts.items()
        for count in counts
    ]
    rows += [("cameras by level", level, count, "", "") for level, count in report.levels.items()]
    rows += [("entries by type", kind, count, "", "") for kind, count in report.kinds.items()]
    rows += [
        (
            f"median seconds until {each.name}",
            "",
            each.seconds if each.seconds is not None else "",
            each.measured,
            "",
        )
        for each in report.response
    ]
    rows += [
        (
            f"{what} seconds of drones until {each.name}",
            "",
            seconds if seconds is not None else "",
            each.measured,
            "",
        )
        for each in report.drones
        for what, seconds in (("median", each.median_s), ("90th percentile", each.p90_s))
    ]
    rows += [
        (
            f"{what} seconds from a caller's link until {each.name}",
            "",
            seconds if seconds is not None else "",
            each.links if each.links is not None else "",
            "",
        )
        for each in report.callers
        for what, seconds in (("median", each.median_s), ("90th percentile", each.p90_s))
    ]
    rows.append(("sealed", "", report.sealed, "", ""))
    return _lines(rows).encode("utf-8-sig")


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
