"""The weekly review: what a week held, what was found in it, and what auditors said of that."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.entries import Action
from backend.model.ids import FindingId, UserId
from backend.model.openings import OpeningEnd
from backend.model.people import Role
from backend.model.responses import Status
from backend.model.review import (
    Contest,
    EvidenceView,
    Finding,
    Glass,
    Opened,
    Outcome,
    RemarkView,
    Summary,
    Week,
)
from backend.model.uses import LeafKind
from backend.store.disclosed import holding
from backend.store.rows import columns, fields, value, values
from backend.store.tables import cameras, entries, incidents, openings, sites, users
from backend.store.tables_public import seals, uses
from backend.store.tables_review import broken_glass, findings, remarks, review_weeks
from backend.store.tables_units import duties

_ABOUT_UNITS = (
    Action.UNIT_ASSIGN.value,
    Action.UNIT_RELEASE.value,
    Action.UNIT_STATUS.value,
    Action.UNIT_UNDO.value,
)
_UNIT_THEN = (
    select(duties.c.unit_id)
    .where(
        duties.c.user_id == uses.c.user_id,
        duties.c.since <= uses.c.at,
        duties.c.ended_at.is_(None) | (duties.c.ended_at > uses.c.at),
    )
    .limit(1)
    .scalar_subquery()
)
_AT_ONCE = 1000  # leaves that one question names


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of some time: how many were made in it, and how many were closed in it."""

    made: int
    closed: int


class _Span(msgspec.Struct):
    """A unit is assigned to an incident; `until` is None while it still is."""

    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class _Sent:
    """Which units were sent where, and when."""

    def __init__(self) -> None:
        self._spans: dict[str, list[_Span]] = {}  # by unit
        self._units: dict[str, set[str]] = {}  # by incident
        self._running: dict[tuple[str, str], _Span] = {}
        self._en_route: dict[str, set[str]] = {}  # by incident

    def assigned(self, unit: str, incident: str, at: datetime, closed_at: datetime | None) -> None:
        span = self._running[unit, incident] = _Span(at, closed_at)
        self._spans.setdefault(unit, []).append(span)
        self._units.setdefault(incident, set()).add(unit)

    def released(self, unit: str, incident: str, at: datetime) -> None:
        span = self._running.pop((unit, incident), None)
        if span is not None:
            span.until = at

    def went(self, unit: str, incident: str) -> None:
        """It said that it was en route, or there."""
        self._en_route.setdefault(incident, set()).add(unit)

    def en_route(self, incident: str, unit: str | None, *, anybody: bool) -> bool:
        """Whether this unit, or any, ever went there.

        In a week in which nobody says so statuses are not in use, and who was sent is taken to have gone.
        """
        went = (self._en_route or self._units).get(incident, set())
        return bool(went) if anybody else unit in went

    def on_a_call(self, unit: str | None, at: datetime) -> bool:
        """Whether this unit was assigned to anything that was open at that moment."""
        return any(span.covers(at) for span in self._spans.get(unit or "", ()))

    def to(self, incident: str, unit: str | None) -> bool:
        """Whether this unit was ever sent there."""
        return unit in self._units.get(incident, ())

    def anybody(self, incident: str) -> bool:
        return incident in self._units


class Reviews:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    # Weeks

    async def made(self, week: date) -> bool:
        """Whether that week has been reviewed."""
        found = await self._db.scalar(select(review_weeks.c.week).where(review_weeks.c.week == week))
        return found is not None

    async def last(self) -> date | None:
        """The last week that has been."""
        found: date | None = await self._db.scalar(select(func.max(review_weeks.c.week)))
        return found

    async def began(self) -> datetime | None:
        """When somebody first saw a picture."""
        found: datetime | None = await self._db.scalar(select(uses.c.at).order_by(uses.c.number).limit(1))
        return found

    async def add_week(self, week: date, at: datetime, summary: Summary) -> None:
        """Raises sqlalchemy.exc.IntegrityError for one that has been reviewed."""
        row = msgspec.to_builtins(summary)
        await self._db.execute(insert(review_weeks).values(week=week, made_at=at, summary=row))

    async def weeks(self, limit: int) -> list[tuple[date, Summary]]:
        """The newest first."""
        rows = await self._db.execute(select(review_weeks).order_by(review_weeks.c.week.desc()).limit(limit))
        return [(row.week, msgspec.convert(row.summary, Summary)) for row in rows]

    # What a week held

    async def held(self, start: datetime, end: datetime) -> Week:
        """All that a review reads, from `start` up to `end`."""
        sent = await self._sent(start, end)
        rosters: datetime | None = await self._db.scalar(select(func.min(duties.c.since)))
        rows = await self._db.execute(
            select(
                *(uses.c.number, uses.c.at, uses.c.user_id, uses.c.incident_id, uses.c.camera_id),
                *(users.c.role, incidents.c.opened_at, incidents.c.closed_at),
                *(users.c.usual_unit_id.label("usual_unit_id"), _UNIT_THEN.label("unit_id")),
                *(openings.c.reason, openings.c.end),
                (incidents.c.site_id == cameras.c.site_id).label("own"),
            )
            .join(users, users.c.id == uses.c.user_id)
            .join(incidents, incidents.c.id == uses.c.incident_id)
            .outerjoin(openings, openings.c.id == uses.c.opening_id)
            .outerjoin(cameras, cameras.c.id == uses.c.camera_id)
            .where(uses.c.kind == LeafKind.OPEN.value, uses.c.at >= start, uses.c.at < end)
            .order_by(uses.c.number)
        )
        return Week(
            opened=[_opened(row, sent, rosters) for row in rows],
            glass=await self._glass(start, end),
            contests=await self._contests(start, end),
        )

    async def _sent(self, start: datetime, end: datetime) -> _Sent:
        """Who was sent to what was open at any time of it, as the audit log tells."""
        rows = await self._db.execute(
            select(
                entries.c.action,
                entries.c.subject,
                entries.c.incident_id,
                entries.c.at,
                entries.c.details,
                incidents.c.closed_at,
            )
            .join(incidents, incidents.c.id == entries.c.incident_id)
            .where(
                entries.c.action.in_(_ABOUT_UNITS),
                entries.c.refusal.is_(None),
                incidents.c.opened_at < end,
                incidents.c.closed_at.is_(None) | (incidents.c.closed_at >= start),
            )
            .order_by(entries.c.index)
        )
        sent = _Sent()
        for row in rows:
            if row.action == Action.UNIT_ASSIGN.value:
                sent.assigned(row.subject, row.incident_id, row.at, row.closed_at)
            elif row.action == Action.UNIT_UNDO.value:
                if _status(row) is Status.CLEAR:
                    sent.assigned(row.subject, row.incident_id, row.at, row.closed_at)
            elif row.action == Action.UNIT_RELEASE.value or _status(row) is Status.CLEAR:
                sent.released(row.subject, row.incident_id, row.at)
            else:
                sent.went(row.subject, row.incident_id)
        return sent

    async def _glass(self, start: datetime, end: datetime) -> list[Glass]:
        over = func.coalesce(broken_glass.c.ended_at, broken_glass.c.expires_at)
        rows = await self._db.execute(
            select(broken_glass, over.label("until"))
            .join(uses, uses.c.number == broken_glass.c.number)
            .where(
                broken_glass.c.at >= start,
                broken_glass.c.at < end,
                broken_glass.c.end.is_(None) | (broken_glass.c.end != "log-away"),
            )
            .order_by(broken_glass.c.number)
        )
        return values(rows, Glass)

    async def _contests(self, start: datetime, end: datetime) -> list[Contest]:
        began = uses.alias()
        rows = await self._db.execute(
            select(uses.c.number, began.c.number.label("use"), began.c.user_id, began.c.camera_id)
            .join(began, (began.c.id == uses.c.id) & (began.c.kind == LeafKind.OPEN.value))
            .where(
                uses.c.kind == LeafKind.CONTEST.value,
                uses.c.at >= start,
                uses.c.at < end,
                began.c.user_id.is_not(None),
            )
            .order_by(uses.c.number)
        )
        return values(rows, Contest)

    # Findings

    async def add(self, finding: Finding) -> None:
        """Raises sqlalchemy.exc.IntegrityError for one that this week has."""
        await self._db.execute(insert(findings).values(**{**columns(finding), "week": finding.week}))

    async def get(self, finding: FindingId) -> Finding | None:
        found = await self._db.execute(select(findings).where(findings.c.id == finding))
        return value(found.one_or_none(), Finding)

    async def open(self, limit: int) -> list[Finding]:
        """Those that nobody has closed, the oldest first."""
        return await self._where(findings.c.closed_at.is_(None), limit=limit)

    async def closed(self, since: date, limit: int) -> list[Finding]:
        """Those of these weeks that have been closed, the last closed first."""
        rows = await self._db.execute(
            select(findings)
            .where(findings.c.closed_at.is_not(None), findings.c.week >= since)
            .order_by(findings.c.closed_at.desc(), findings.c.id)
            .limit(limit)
        )
        return values(rows, Finding)

    async def resting_on(self, number: int) -> list[FindingId]:
        """Those whose evidence has this leaf, of the time around it."""
        at = select(uses.c.at).where(uses.c.number == number).scalar_subquery()
        rows = await self._db.execute(
            select(findings.c.id, findings.c.evidence)
            .where(findings.c.made_at >= at)
            .order_by(findings.c.made_at)
        )
        return [FindingId(row.id) for row in rows if number in row.evidence]

    async def close(self, finding: FindingId, outcome: Outcome, by: UserId, at: datetime) -> bool:
        """Once, and for good; False when it has been."""
        done = await self._db.execute(
            update(findings)
            .where(findings.c.id == finding, findings.c.closed_at.is_(None))
            .values(closed_at=at, closed_by=by, outcome=outcome.value)
        )
        return bool(done.rowcount)

    async def remark(self, finding: FindingId, by: UserId, at: datetime, words: str) -> None:
        """Words are added; there is no way to change them."""
        await self._db.execute(insert(remarks).values(finding_id=finding, by=by, at=at, words=words))

    async def remarks_of(self, of: Sequence[FindingId]) -> dict[FindingId, list[RemarkView]]:
        """In their order."""
        rows = await self._db.execute(
            select(remarks.c.finding_id, remarks.c.at, remarks.c.words, users.c.display_name.label("by"))
            .join(users, users.c.id == remarks.c.by)
            .where(remarks.c.finding_id.in_(of))
            .order_by(remarks.c.number)
        )
        found: dict[FindingId, list[RemarkView]] = {}
        for row in rows:
            found.setdefault(FindingId(row.finding_id), []).append(msgspec.convert(fields(row), RemarkView))
        return found

    async def evidence(self, numbers: Sequence[int]) -> dict[int, EvidenceView]:
        """These leaves as an auditor sees them: no words, no numbers, no places."""
        found: dict[int, EvidenceView] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            found |= await self._evidence(numbers[start : start + _AT_ONCE])
        return found

    async def _evidence(self, numbers: Sequence[int]) -> dict[int, EvidenceView]:
        rows = await self._db.execute(
            select(
                *(uses.c.number, uses.c.index, uses.c.kind, uses.c.at, users.c.role),
                *(incidents.c.type.label("category"), openings.c.reason, openings.c.end),
                cameras.c.name.label("camera"),
            )
            .outerjoin(users, users.c.id == uses.c.user_id)
            .outerjoin(incidents, incidents.c.id == uses.c.incident_id)
            .outerjoin(openings, openings.c.id == uses.c.opening_id)
            .outerjoin(cameras, cameras.c.id == uses.c.camera_id)
            .where(uses.c.number.in_(numbers))
        )
        return {
            row.number: msgspec.convert({**fields(row), "role": row.role or "caller"}, EvidenceView)
            for row in rows
        }

    async def camera_names(self, ids: Sequence[str]) -> dict[str, str]:
        """Each with its site."""
        rows = await self._db.execute(
            select(cameras.c.id, cameras.c.name, sites.c.name.label("site"))
            .join(sites, sites.c.id == cameras.c.site_id)
            .where(cameras.c.id.in_(ids))
        )
        return {row.id: f"{row.name}, {row.site}" for row in rows}

    # Counts

    async def counts(self, since: datetime, until: datetime) -> Counted:
        """Findings made and closed from `since` up to `until`, for the public page."""
        return Counted(
            made=await self._count(findings.c.made_at >= since, findings.c.made_at < until),
            closed=await self._count(findings.c.closed_at >= since, findings.c.closed_at < until),
        )

    async def of_week(self, week: date) -> tuple[int, int]:
        """How many it has, and how many of them are open."""
        of = findings.c.week == week
        return await self._count(of), await self._count(of, findings.c.closed_at.is_(None))

    async def sealed(self, now: datetime) -> int:
        """How many uses are withheld now."""
        found: int | None = await self._db.scalar(
            select(func.count(seals.c.use_id.distinct())).where(*holding(now))
        )
        return found or 0

    async def _count(self, *where: ColumnElement[bool]) -> int:
        found: int | None = await self._db.scalar(select(func.count()).select_from(findings).where(*where))
        return found or 0

    async def _where(self, *where: ColumnElement[bool], limit: int) -> list[Finding]:
        rows = await self._db.execute(
            select(findings).where(*where).order_by(findings.c.made_at, findings.c.id).limit(limit)
        )
        return values(rows, Finding)


def _status(row: Any) -> Status:
    return Status(msgspec.json.decode(row.details)["status"])


def _opened(row: Any, sent: _Sent, rosters: datetime | None) -> Opened:
    """`rosters` is when somebody first signed on to a unit; before, officers rode where they usually do."""
    officer = row.role == Role.OFFICER.value
    known = rosters is not None and row.at >= rosters
    unit = row.unit_id if known else row.usual_unit_id
    return Opened(
        number=row.number,
        at=row.at,
        user_id=row.user_id,
        role=Role(row.role),
        incident_id=row.incident_id,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        camera_id=row.camera_id,
        own=bool(row.own),
        reason=row.reason,
        end=OpeningEnd(row.end) if row.end is not None else None,
        sent=sent.to(row.incident_id, unit) if officer else sent.anybody(row.incident_id),
        en_route=sent.en_route(row.incident_id, unit, anybody=not officer),
        on_duty=unit is not None if officer and known else None,
        on_a_call=sent.on_a_call(unit, row.at) if officer else None,
    )
