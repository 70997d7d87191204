"""What the public page says: figures over entries that are published, and the entries themselves.

Values only. Nothing here knows more than what is opened: a field that is still hidden is not in an entry.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from backend.model.disclosure import merge_small
from backend.model.uses import Field

SHOWN = 25  # entries on one page
MONTHS = 12
FEWEST_MEASURED = 5  # a median of fewer emergencies would be one emergency's
HIDDEN = ""  # the name of what is not opened (yet)
MERGED = "*"  # and of what would be of fewer than five emergencies


class By(StrEnum):
    """What openings are counted by."""

    MONTH = "month"
    DAY = "day"  # of this month
    CATEGORY = "category"
    DISTRICT = "district"
    SOURCE = "source"
    REASON = "reason"


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """Openings and the emergencies that they were for. `names` is how many things were merged into it."""

    name: str
    openings: int
    emergencies: int
    names: int = 1


class Median(msgspec.Struct, frozen=True, kw_only=True):
    """From an incident's opening until something: half of them sooner. None where too few were measured."""

    name: str
    seconds: float | None
    measured: int


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took of drones: half of them, and nine of ten, no longer. None where too few."""

    name: str
    median_s: float | None
    p90_s: float | None
    measured: int


class CallerStep(msgspec.Struct, frozen=True, kw_only=True):
    """How many callers' links came that far, and how fast from their issuing. None where too few."""

    name: str
    links: int | None
    median_s: float | None
    p90_s: float | None


class PublicEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the public log with what is opened of it."""

    index: int
    kind: str
    leaf: bytes
    fields: Mapping[str, Field]
    of: int | None = None  # the entry that opened what this one tells of

    def said(self, name: str) -> str | None:
        """A field's value, if it is opened."""
        field = self.fields.get(name)
        return field.value if field is not None and field.salt is not None else None


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries somebody wants to see; None: any. `before` is where the page before ended."""

    month: str | None = None
    category: str | None = None
    source: str | None = None
    reason: str | None = None
    district: str | None = None
    kind: str | None = None
    before: int | None = None

    def fields(self) -> dict[str, str]:
        """What is asked of opened fields, the month apart."""
        asked = {name: getattr(self, name) for name in ("category", "source", "reason", "district")}
        return {name: wanted for name, wanted in asked.items() if wanted}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of entries, the newest first; `older` begins the next one."""

    entries: tuple[PublicEntry, ...]
    older: int | None


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """An opening that its owner or a caller contests, and what the agency answered in public."""

    entry: PublicEntry
    answer: PublicEntry | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is counted, as of one checkpoint."""

    origin: str
    size: int
    month: str  # this one, by the agency's clock
    this_month: Count  # of cameras: what callers show themselves is no camera's opening
    in_all: Count
    watched_s: float  # this month, everything that is watched
    counts: Mapping[By, tuple[Count, ...]]  # months in order, the others the largest first
    levels: Mapping[str, int]  # cameras that take part, by participation level
    response: tuple[Median, ...]  # of twelve months
    drones: tuple[Spread, ...]  # likewise, the first drone of each emergency; empty where none has flown
    callers: tuple[CallerStep, ...]  # likewise, in order; empty where there are too few
    kinds: Mapping[str, int]  # entries by what they are
    sealed: int  # withheld now
    contests: tuple[Contest, ...]  # the newest first

    @property
    def cameras(self) -> int:
        return sum(self.levels.values())


def merged(counts: Iterable[Count]) -> list[Count]:
    """The same with everything that would be of fewer than five emergencies in one line, the last."""
    held = list(counts)
    small = merge_small({count.name: count.emergencies for count in held if count.name != HIDDEN})
    together = [count for count in held if count.name in small]
    rest = [count for count in held if count.name not in small]
    if together:
        rest.append(
            Count(
                name=MERGED,
                openings=sum(count.openings for count in together),
                emergencies=sum(count.emergencies for count in together),
                names=len(together),
            )
        )
    return rest
