"""What of the public log is public, and when. Rules only; docs/log.md has the table that people read.

Some fields are opened with the checkpoint that covers their entry, some when the incident has been closed for
long enough, some never. Whatever is not named here is never opened.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

from backend.model.uses import Field, LeafKind, UseEntry

BUNDLE = 256  # entries: what one disclosure file is of
FEWEST = 5  # incidents: what is counted of fewer can be somebody
DISTRICT = "district"

# What a leaf has that only says something of a use, or of none.
STATED: Mapping[LeafKind, frozenset[str]] = {
    LeafKind.SEAL: frozenset({"use", "hour", "at", "by", "why", "until"}),
    LeafKind.UNSEAL: frozenset({"use", "hour", "at", "by"}),
    LeafKind.ERASE: frozenset({"use", "hour", "at", "by", "why", "what"}),
    LeafKind.CONTEST: frozenset({"use", "hour", "at", "by", "why"}),
    LeafKind.ANSWER: frozenset({"use", "hour", "at", "by", "contest", "outcome", "words"}),
    LeafKind.LOOK: frozenset({"use", "hour", "at", "by"}),
    LeafKind.BREAK_GLASS: frozenset({"hour", "at", "by", "whom", "why", "until", "officer"}),
}
_OF_A_USE = frozenset({"use", "hour", "source", "category", "reason", "level", "duration_s", "viewers"})
NEVER = frozenset({"at", "from", "camera", "unit", "entries"})

# With the checkpoint that covers the entry.
AT_ONCE: Mapping[LeafKind, frozenset[str]] = {
    kind: STATED[kind] - NEVER if kind in STATED else _OF_A_USE for kind in LeafKind
}

# When the incident has been closed for as long as the agency says.
LATER: Mapping[LeafKind, frozenset[str]] = {
    kind: frozenset()
    if kind in STATED
    else frozenset(
        {
            "officer",
            "role",
            "assigned",
            "distance",
            "hours",
            "basis",
            "bytes",
            "stills",
            "recorded",
            "outcome",
        }
    )
    for kind in LeafKind
}


class Stage(IntEnum):
    """How far an entry's fields are opened."""

    NOTHING = 0
    AT_ONCE = 1
    LATER = 2  # and its district waits for others
    ALL = 3


def opened(
    entry: UseEntry,
    *,
    closed_at: datetime | None,
    now: datetime,
    after: timedelta,
    sealed: bool,
    district_open: bool,
) -> frozenset[str]:
    """Which fields of an entry that a checkpoint covers are public now.

    `closed_at` is when the incident was closed, None while it is open or when there is none; `after` how long
    after it the rest is opened. What has been opened before a seal stays open; that is the caller's to add.
    """
    found = AT_ONCE[entry.kind]
    if closed_at is not None and now >= closed_at + after and not sealed:
        found |= LATER[entry.kind]
        if district_open and entry.kind not in STATED:
            found |= {DISTRICT}
    return found & entry.there - NEVER


def merge_small(counts: Mapping[str, int], fewest: int = FEWEST) -> frozenset[str]:
    """The groups that a table must show as one, so that no line of it is of fewer than that many incidents.

    `counts` says how many incidents each group has; an incident stands in one group only. When the small ones
    together are still too few, the next smallest joins them: else the total minus the others would tell how
    many they are. If all of them together are too few, all are named, and the table has nothing to show.
    """
    rising = sorted((count, name) for name, count in counts.items() if count > 0)
    merged: list[str] = []
    together = 0
    for count, name in rising:
        if count >= fewest and (not merged or together >= fewest):
            break
        merged.append(name)
        together += count
    return frozenset(merged)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is public of one entry. `fields` has those that are open, each with the salt that proves it."""

    index: int
    kind: LeafKind
    fields: dict[str, Field]


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a disclosure file has of one entry: for each open field its value and its salt."""

    index: int
    fields: dict[str, tuple[str, str]]


class Disclosures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A disclosure file: what is open of 256 entries, those of which nothing is open left out."""

    v: int
    first: int
    entries: list[Listed]


def written(bundle: int, shown: Iterable[Shown]) -> bytes:
    """A bundle's disclosure file: the same bytes for the same fields, whoever writes it."""
    listed = [
        Listed(
            index=each.index,
            fields={
                name: (field.value, field.salt)
                for name, field in sorted(each.fields.items())
                if field.salt is not None and name not in NEVER
            },
        )
        for each in sorted(shown, key=lambda each: each.index)
    ]
    whole = Disclosures(v=1, first=bundle * BUNDLE, entries=[each for each in listed if each.fields])
    return msgspec.json.encode(whole)
