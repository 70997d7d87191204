"""Receipts: what one use was, as its leaves tell it, and the file that proves it to whoever was seen.

The same rules read the leaves here, where they are kept, and in `sightline audit receipt`, which has nothing
but the file. Rules only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from backend.model.contests import ContestView
from backend.model.disclosure import AT_ONCE
from backend.model.rungs import Rung, RungChange, RungReason
from backend.model.uses import NONE, LeafKind, UseEntry, read_leaf

FILE = "sightline-receipt"
VERSION = 1
MOST_LEAVES = 1024  # of one file; a use of that many has been renewed for three weeks
MOST_FILE_BYTES = 16 * 1024 * 1024
# Opened to nobody by a receipt: who it was stays a role, and places in the log say nothing to an owner.
NEVER = frozenset({"unit", "officer", "entries"})
N = TypeVar("N", int, float)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A leaf as somebody may read it: what it is, and those of its fields that are open to them."""

    kind: str
    fields: dict[str, str]
    closed: frozenset[str] = frozenset()  # committed to, and open to them no more: erased, or withheld


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One use, from its leaves. What is None was not said, or is not open."""

    use: str | None = None
    hour: str | None = None
    source: str | None = None
    category: str | None = None
    reason: str | None = None
    level: str | None = None
    role: str | None = None
    opened_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = 0.0  # that somebody saw it
    bytes: int | None = 0
    stills: int | None = 0
    recorded: bool | None = False
    looks: int = 0  # at stills that were kept, one for each person and still
    outcome: str | None = None  # what ended it
    over: bool = False
    sessions: int = 0  # that have ended
    final: bool = False  # a leaf says that it is closed; sessions may be told of after it
    closed: frozenset[str] = frozenset()


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """Withheld for an open investigation: by whom, why, and until when."""

    by: str | None
    why: str | None
    until: datetime | None


class ProvedLeaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One leaf: its bytes in base64, its open fields (value and salt), and a tlog-proof, or none yet."""

    leaf: Annotated[str, msgspec.Meta(max_length=65_536)]
    fields: dict[str, tuple[str, str]]
    proof: Annotated[str, msgspec.Meta(max_length=65_536)] | None


class ReceiptFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What checks offline, with the log's key and nothing else. docs/log.md says how."""

    v: int
    type: str
    to: str  # owner, caller
    entries: Annotated[tuple[ProvedLeaf, ...], msgspec.Meta(max_length=MOST_LEAVES)]


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """One opening of an owner's camera. Of a sealed one only what is public is said, and who sealed it."""

    use: str
    camera_id: str
    camera: str
    site_id: str
    site: str
    hour: str | None
    category: str | None
    role: str | None
    reason: str | None
    opened_at: datetime | None
    ended_at: datetime | None
    over: bool
    seconds: float | None  # that it was really seen
    bytes: int | None
    stills: int | None
    looks: int  # at those, one for each person and still
    recorded: bool | None
    outcome: str | None
    erased: tuple[str, ...]
    sealed: Sealed | None
    proved: bool  # all of its entries are in the published log
    contest: ContestView | None
    contests_left: int


class ReceiptPage(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts, the newest first; `more` is what to ask for next. `provable_at`: the next checkpoint."""

    receipts: tuple[ReceiptView, ...]
    count: int
    more: int | None
    provable_at: datetime | None  # None while the log cannot be asked


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """For how long somebody in this role saw a caller's picture."""

    role: str | None
    seconds: float | None
    watching: bool


class Looker(msgspec.Struct, frozen=True, kw_only=True):
    """How often somebody in this role looked at what is kept: stills, photos and clips. One person's first
    look at each counts.
    """

    role: str | None
    looks: int


class SharedFor(msgspec.Struct, frozen=True, kw_only=True):
    """For how long a caller stood on one rung of the ladder."""

    rung: Rung
    seconds: float


class CallerReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Who saw what a caller shared, by role; what is kept; and the proof, when the log has published it."""

    agency: str
    live: bool  # the link asked for a picture
    viewers: tuple[Viewer, ...]
    over: bool
    stills: int
    recorded: bool
    sealed: Sealed | None
    proved: bool
    provable_at: datetime | None
    file: ReceiptFile | None
    shared: tuple[SharedFor, ...] = ()  # the best rung first; empty where the phone said none
    uploads: int = 0  # photos and clips that stay with the incident
    lookers: tuple[Looker, ...] = ()  # at those, and at stills that were kept
    words: int = 0  # that the caller wrote or answered by a press
    places_days: int = 0  # after the call is closed, until precise places are forgotten
    places_until: datetime | None = None  # that day; None while the call goes on
    contact: str = ""  # whom to ask, in the agency's words


def shared_for(changes: Sequence[RungChange], until: datetime) -> tuple[SharedFor, ...]:
    """For how long each rung held, the best first; `changes` are the oldest first. Trying is not sharing."""
    seconds: dict[Rung, float] = {}
    for place, change in enumerate(changes):
        end = changes[place + 1].at if place + 1 < len(changes) else until
        if change.reason in (RungReason.STARTING, RungReason.RELOADED):
            continue
        lasted = max(0.0, (min(end, until) - change.at).total_seconds())
        seconds[change.rung] = seconds.get(change.rung, 0.0) + lasted
    return tuple(SharedFor(rung=rung, seconds=round(seconds[rung], 1)) for rung in Rung if seconds.get(rung))


def lookers(leaves: Iterable[Opened]) -> tuple[Looker, ...]:
    """Who looked at what is kept, by role, in the order of their first looks."""
    counted = Counter(_said(leaf.fields, "by") for leaf in leaves if leaf.kind == LeafKind.LOOK)
    return tuple(Looker(role=role, looks=looks) for role, looks in counted.items())


def tell(leaves: Iterable[Opened]) -> Told:
    """What a use was, by its leaves from first to last."""
    told = Told()
    for leaf in leaves:
        told = msgspec.structs.replace(_one_more(told, leaf), closed=told.closed | leaf.closed)
    return told


def _one_more(told: Told, leaf: Opened) -> Told:
    held = leaf.fields
    match leaf.kind:
        case LeafKind.OPEN:
            names = ("use", "hour", "source", "category", "reason", "level", "role")
            said = {name: _said(held, name) for name in names}
            return msgspec.structs.replace(told, **said, opened_at=moment(held.get("at")))
        case LeafKind.END:
            return msgspec.structs.replace(
                told,
                seconds=_sum(told.seconds, _number(held, "duration_s")),
                bytes=_sum(told.bytes, _whole(held, "bytes")),
                stills=_sum(told.stills, _whole(held, "stills")),
                recorded=_either(told.recorded, held.get("recorded")),
                ended_at=told.ended_at if told.final else moment(held.get("at")),
                outcome=told.outcome if told.final else _said(held, "outcome"),
                sessions=told.sessions + 1,
                over=told.over or told.source != "camera",
            )
        case LeafKind.CLOSE:
            return msgspec.structs.replace(
                told, ended_at=moment(held.get("at")), outcome=_said(held, "outcome"), over=True, final=True
            )
        case LeafKind.LOOK:
            return msgspec.structs.replace(told, looks=told.looks + 1)
    return told


def seal_of(leaves: Sequence[Opened], now: datetime) -> Sealed | None:
    """The seal that holds longest of those that hold now: an unseal ends all before it."""
    held: list[Sealed] = []
    for leaf in leaves:
        if leaf.kind == LeafKind.UNSEAL:
            held.clear()
        elif leaf.kind == LeafKind.SEAL:
            until = moment(leaf.fields.get("until"))
            if until is None or until > now:
                held.append(Sealed(by=_said(leaf.fields, "by"), why=_said(leaf.fields, "why"), until=until))
    return max(held, key=lambda seal: (seal.until is None, seal.until or now), default=None)


def opened(entry: UseEntry, sealed: bool = False) -> Opened:
    """A leaf of our own as the owner or the caller may read it."""
    shown = {name: entry.fields[name].value for name in _open(entry, sealed)}
    erased = read_leaf(entry.leaf).c.keys() - entry.there
    return Opened(kind=entry.kind.value, fields=shown, closed=frozenset(erased - NEVER))


def proved(entry: UseEntry, proof: str | None, leaf: str, sealed: bool = False) -> ProvedLeaf:
    """The same with its salts, for the file. `leaf` is its bytes in base64."""
    held = {name: entry.fields[name] for name in _open(entry, sealed)}
    fields = {name: (field.value, field.salt) for name, field in held.items() if field.salt is not None}
    return ProvedLeaf(leaf=leaf, fields=fields, proof=proof)


def _open(entry: UseEntry, sealed: bool) -> list[str]:
    """What a seal leaves in the open has been published, or will be whatever is sealed."""
    there = entry.there - NEVER
    return [name for name in entry.fields if name in there and (not sealed or name in AT_ONCE[entry.kind])]


def _said(held: Mapping[str, str], name: str) -> str | None:
    found = held.get(name)
    return None if found in (None, NONE) else found


def moment(text: str | None) -> datetime | None:
    """A field that says a time; None where it does not."""
    try:
        found = datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _number(held: Mapping[str, str], name: str) -> float | None:
    try:
        return float(held[name])
    except (KeyError, ValueError):
        return None


def _whole(held: Mapping[str, str], name: str) -> int | None:
    found = held.get(name)
    if found == NONE:
        return 0
    return int(found) if found is not None and found.isascii() and found.isdigit() else None


def _sum(before: N | None, more: N | None) -> N | None:
    return None if before is None or more is None else before + more


def _either(before: bool | None, more: str | None) -> bool | None:
    if before or more == "yes":
        return True
    return None if before is None or more is None else False
