"""The weekly review: what in a week of openings an auditor should look at. Rules only; no clock, no I/O.

A finding is no reproach: it says where looking is worth somebody's time. What each kind means stands beside
it; why the thresholds are what they are is decision 0033. They count incidents, not presses: whoever opens a
camera again in the same emergency has one reason, not two.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from statistics import median
from zoneinfo import ZoneInfo

import msgspec

from backend.model.ids import CameraId, FindingId, IncidentId, UserId
from backend.model.openings import OpeningEnd
from backend.model.people import Role

SAME_CAMERA_INCIDENTS = 5  # of one person and one camera in a week: nearly one each working day
SAME_CAMERA_TIMES = 3  # the week's median for a person and a camera
NEVER_EN_ROUTE_INCIDENTS = 3  # calls are called off, though not one's own again and again
SAME_REASON_INCIDENTS = 8  # fewer can all have been alike
SAME_REASON_SHARE = 0.9
SAME_REASON_TIMES = 2  # the others' share
OWNER_ENDED_INCIDENTS = 2  # one owner may have had any reason
OVERDUE_AFTER = timedelta(days=14)
BARS = 12  # of a chart
EVIDENCE = 100  # entries of one finding; its figures count them all
_BY_OWNER = (OpeningEnd.OWNER_STOPPED, OpeningEnd.OWNER_PAUSED)


class FindingKind(StrEnum):
    """Why somebody should look."""

    SAME_CAMERA = "same-camera"  # one person opened one camera in many incidents, those of its own site aside
    OFF_DUTY = "off-duty"  # an officer who was on duty in no unit
    NOT_ON_A_CALL = "not-on-a-call"  # an officer whose unit had no open incident then
    NEVER_SENT = "never-sent"  # an officer whose unit was never sent to what they saw
    NEVER_EN_ROUTE = "never-en-route"  # nor went there, again and again; of the desk's incidents, no unit did
    SAME_REASON = "same-reason"  # one person nearly always has the same reason, and the others do not
    OUTSIDE_INCIDENT = "outside-incident"  # before the incident was opened, or after it was closed
    OWNER_ENDED = "owner-ended"  # owners stopped or paused what this person was watching
    BROKEN_GLASS = "broken-glass"  # each time that glass was broken
    CONTESTED = "contested"  # each time that somebody contested a use


class Outcome(StrEnum):
    """What looking at it came to, beside the words."""

    IN_ORDER = "in-order"
    TALKED_OVER = "talked-over"  # with whom it is about
    REPORTED = "reported"  # to whoever decides about it
    FAULT = "fault"  # of the service or its settings, to be mended


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """One beginning of a use, as the review looks at it. `camera_id` is None for a picture that is not lent.

    `on_duty` and `on_a_call` are of officers: whether they were in a unit, and whether that was assigned to
    any open incident, at that moment; `on_duty` is None for what is older than duty. `sent` is whether that
    unit was ever assigned to this one, `en_route` whether it was on its way; of the desk, whether any was.
    """

    number: int
    at: datetime
    user_id: UserId
    role: Role
    incident_id: IncidentId
    opened_at: datetime  # the incident
    sent: bool
    en_route: bool
    on_duty: bool | None = None
    on_a_call: bool | None = None
    closed_at: datetime | None = None
    camera_id: CameraId | None = None
    own: bool = False  # the call of the camera's own site
    reason: str | None = None
    end: OpeningEnd | None = None


class Glass(msgspec.Struct, frozen=True, kw_only=True):
    """Glass that was broken and held."""

    number: int
    user_id: UserId
    incident_id: IncidentId
    at: datetime
    until: datetime


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """A use that was contested; whose it was."""

    number: int
    use: int  # the number of the leaf by which it began
    user_id: UserId
    camera_id: CameraId | None


class Week(msgspec.Struct, frozen=True, kw_only=True):
    """All that a review reads."""

    opened: Sequence[Opened]
    glass: Sequence[Glass] = ()
    contests: Sequence[Contest] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a review found. `key` tells it from others of its kind; `evidence` are numbers of leaves."""

    kind: FindingKind
    key: str
    user_id: UserId
    evidence: tuple[int, ...]
    figures: dict[str, float]
    camera_id: CameraId | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One bar of a chart: a person or a camera, and in how many incidents."""

    id: str
    incidents: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the week's charts are drawn from: those with the most, and the median of all."""

    openings: int
    incidents: int
    people: tuple[Bar, ...]
    people_median: float
    cameras: tuple[Bar, ...]
    cameras_median: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """As it is kept."""

    id: FindingId
    week: date
    kind: FindingKind
    key: str
    user_id: UserId
    figures: dict[str, float]
    evidence: tuple[int, ...]
    made_at: datetime
    camera_id: CameraId | None = None
    closed_at: datetime | None = None
    closed_by: UserId | None = None
    outcome: Outcome | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether nobody has closed it in time."""
        return self.closed_at is None and now >= self.made_at + OVERDUE_AFTER


def monday(local: date) -> date:
    """The first day of its week."""
    return local - timedelta(days=local.weekday())


def bounds(week: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when a week is, by the agency's clock; in UTC. The night of a change is in it whole."""
    first, last = (datetime.combine(day, time(), zone) for day in (week, week + timedelta(days=7)))
    return first.astimezone(UTC), last.astimezone(UTC)


def review(week: Week) -> list[Found]:
    """What to look at, in the order of the kinds."""
    return [*_each(week)]


def summary(opened: Sequence[Opened]) -> Summary:
    """What the charts show of lent cameras."""
    lent = [one for one in opened if one.camera_id is not None]
    people = _incidents((one.user_id, one.incident_id) for one in lent)
    cameras = _incidents((str(one.camera_id), one.incident_id) for one in lent)
    return Summary(
        openings=len(lent),
        incidents=len({one.incident_id for one in lent}),
        people=_bars(people),
        people_median=median(people.values()) if people else 0.0,
        cameras=_bars(cameras),
        cameras_median=median(cameras.values()) if cameras else 0.0,
    )


def _each(week: Week) -> Iterator[Found]:
    by_person = defaultdict[UserId, list[Opened]](list)
    for one in week.opened:
        by_person[one.user_id].append(one)
    yield from _same_camera(week.opened)
    for user, mine in sorted(by_person.items()):
        yield from _off(user, mine)
        yield from _never_there(user, mine)
        others = [one for one in week.opened if one.user_id != user]
        yield from _same_reason(user, mine, others)
        yield from _ended_by_owners(user, mine)
    for glass in week.glass:
        seen = [
            one.number
            for one in by_person[glass.user_id]
            if one.incident_id == glass.incident_id and glass.at <= one.at < glass.until
        ]
        minutes = (glass.until - glass.at).total_seconds() / 60
        yield Found(
            kind=FindingKind.BROKEN_GLASS,
            key=str(glass.number),
            user_id=glass.user_id,
            evidence=(glass.number, *seen[: EVIDENCE - 1]),
            figures={"minutes": round(minutes, 1), "uses": len(seen)},
        )
    for contest in week.contests:
        yield Found(
            kind=FindingKind.CONTESTED,
            key=str(contest.number),
            user_id=contest.user_id,
            camera_id=contest.camera_id,
            evidence=(contest.use, contest.number),
            figures={},
        )


def _same_camera(opened: Sequence[Opened]) -> Iterator[Found]:
    pairs = defaultdict[tuple[UserId, CameraId], list[Opened]](list)
    for one in opened:
        if one.camera_id is not None and not one.own:
            pairs[one.user_id, one.camera_id].append(one)
    counts = {pair: len({one.incident_id for one in held}) for pair, held in pairs.items()}
    usual = median(counts.values()) if counts else 0
    for pair, count in sorted(counts.items()):
        if count >= SAME_CAMERA_INCIDENTS and count >= SAME_CAMERA_TIMES * usual:
            user, camera = pair
            yield Found(
                kind=FindingKind.SAME_CAMERA,
                key=f"{user} {camera}",
                user_id=user,
                camera_id=camera,
                evidence=_numbers(pairs[pair]),
                figures={"incidents": count, "median": usual},
            )


def _off(user: UserId, mine: list[Opened]) -> Iterator[Found]:
    off = [one for one in mine if one.on_duty is False]
    if off:
        yield _of(FindingKind.OFF_DUTY, user, off)
    idle = [one for one in _on(mine) if not one.on_a_call]
    if idle:
        yield _of(FindingKind.NOT_ON_A_CALL, user, idle)
    outside = [
        one
        for one in mine
        if one.at < one.opened_at or (one.closed_at is not None and one.at >= one.closed_at)
    ]
    if outside:
        yield _of(FindingKind.OUTSIDE_INCIDENT, user, outside)


def _never_there(user: UserId, mine: list[Opened]) -> Iterator[Found]:
    """Never sent is once enough; never en route must be several, and most of what they opened."""
    astray = [one for one in _on(mine) if not one.sent]
    if astray:
        yield _of(FindingKind.NEVER_SENT, user, astray)
    never = [one for one in mine if not one.en_route and one.camera_id is not None and one not in astray]
    count = len({one.incident_id for one in never})
    of = len({one.incident_id for one in mine})
    if count >= NEVER_EN_ROUTE_INCIDENTS and 2 * count > of:
        yield _of(FindingKind.NEVER_EN_ROUTE, user, never, of=of)


def _on(mine: list[Opened]) -> list[Opened]:
    """An officer's, those apart of which being off duty says enough."""
    return [one for one in mine if one.role is Role.OFFICER and one.on_duty is not False]


def _same_reason(user: UserId, mine: list[Opened], others: list[Opened]) -> Iterator[Found]:
    reasons, theirs = _reasons(mine), _reasons(others)
    count = reasons.total()
    if count < SAME_REASON_INCIDENTS or theirs.total() < SAME_REASON_INCIDENTS:
        return
    (reason, times), *_ = reasons.most_common(1)
    share, usual = times / count, theirs[reason] / theirs.total()
    if share >= SAME_REASON_SHARE and share >= SAME_REASON_TIMES * usual:
        held = [one for one in mine if one.reason == reason and one.camera_id is not None]
        yield _of(FindingKind.SAME_REASON, user, held, share=round(share, 3), others=round(usual, 3))


def _ended_by_owners(user: UserId, mine: list[Opened]) -> Iterator[Found]:
    held = [one for one in mine if one.end in _BY_OWNER]
    if len({one.incident_id for one in held}) >= OWNER_ENDED_INCIDENTS:
        yield _of(FindingKind.OWNER_ENDED, user, held)


def _of(kind: FindingKind, user: UserId, held: list[Opened], **figures: float) -> Found:
    """All of this person's of that kind are one finding."""
    return Found(
        kind=kind,
        key=user,
        user_id=user,
        evidence=_numbers(held),
        figures={"incidents": len({one.incident_id for one in held}), **figures},
    )


def _reasons(opened: Iterable[Opened]) -> Counter[str]:
    """In how many incidents each reason was given."""
    pairs = {(one.incident_id, one.reason) for one in opened if one.camera_id is not None and one.reason}
    return Counter(reason for _, reason in sorted(pairs) if reason)


def _incidents(pairs: Iterable[tuple[str, str]]) -> Counter[str]:
    return Counter(of for of, _ in sorted(set(pairs)))


def _bars(counts: Counter[str]) -> tuple[Bar, ...]:
    most = sorted(counts.items(), key=lambda held: (-held[1], held[0]))[:BARS]
    return tuple(Bar(id=name, incidents=count) for name, count in most)


def _numbers(opened: Iterable[Opened]) -> tuple[int, ...]:
    return tuple(sorted(one.number for one in opened)[:EVIDENCE])


# As an auditor sees it.


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the public log that a finding rests on. `index` is None until the log has it."""

    number: int
    index: int | None
    kind: str
    at: datetime
    role: str
    category: str | None  # of the incident
    reason: str | None
    camera: str | None
    end: str | None


class RemarkView(msgspec.Struct, frozen=True, kw_only=True):
    """Words that stay."""

    at: datetime
    by: str  # display name
    words: str


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A finding. Who it is about is a pseudonym; the name is a step of its own."""

    id: str
    week: date
    kind: FindingKind
    officer: str  # the pseudonym that the public log has
    role: str
    camera: str | None  # and its site
    figures: dict[str, float]
    evidence: tuple[EvidenceView, ...]
    made_at: datetime
    due_at: datetime
    overdue: bool
    closed_at: datetime | None
    closed_by: str | None
    outcome: Outcome | None
    remarks: tuple[RemarkView, ...]


class BarView(msgspec.Struct, frozen=True, kw_only=True):
    """A bar, with what it stands for: a pseudonym, or a camera's name."""

    name: str
    incidents: int


class WeekView(msgspec.Struct, frozen=True, kw_only=True):
    """A week that has been reviewed."""

    week: date
    openings: int
    incidents: int
    people: tuple[BarView, ...]
    people_median: float
    cameras: tuple[BarView, ...]
    cameras_median: float
    findings: int
    open: int


class WitnessView(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one witness; `trouble` is None when its last answer was good."""

    name: str
    size: int
    trouble: str | None


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """How the public log stands. `up` says whether it takes entries now."""

    up: bool
    entries: int | None
    published: int | None
    checkpoint_at: datetime | None
    waiting: int  # written down here, and not taken by the log yet
    sealed: int
    trouble: str | None
    witnesses: tuple[WitnessView, ...]


class ReviewView(msgspec.Struct, frozen=True, kw_only=True):
    """The auditor's page: the weeks, the newest first, their findings, and how the log stands."""

    now: datetime
    weeks: tuple[WeekView, ...]
    findings: tuple[FindingView, ...]
    log: LogView


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """What one commitment of an entry hides; `value` is None when it was erased."""

    name: str
    value: str | None
    public: bool


class LogEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the public log, looked up by its index."""

    index: int
    kind: str
    at: datetime
    fields: tuple[FieldView, ...]
    sealed_until: datetime | None
    findings: tuple[str, ...]  # that rest on it


class PersonNamed(msgspec.Struct, frozen=True, kw_only=True):
    """Who a finding is about."""

    name: str
    role: str
    unit: str | None  # call sign
