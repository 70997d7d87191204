"""The weekly review: findings of each week that is over, closed by auditors with words that stay.

Beside the story. It reads what the others did and changes nothing of it. Who a finding is about is shown by
the pseudonym that the public log has; asking for the name is a step of its own, and on record.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from backend.model import review as rules
from backend.model import uses as leaves
from backend.model.entries import Action
from backend.model.ids import FindingId, new_id
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.review import (
    Bar,
    BarView,
    Finding,
    FindingView,
    LogEntryView,
    LogView,
    Outcome,
    PersonNamed,
    RemarkView,
    ReviewView,
    Summary,
    WeekView,
    WitnessView,
)
from backend.services.keys import Keys
from backend.services.steps import Steps
from backend.store.store import Tx
from backend.tlog.client import LogAway
from backend.tlog.talk import Status

log = logging.getLogger(__name__)

LOOK_S = 600.0
WEEKS_SHOWN = 26
WEEKS_BEHIND = 53  # that are made good after the service was away
OPEN_SHOWN, CLOSED_SHOWN = 500, 200
_SYSTEM = "system"


class LogState(Protocol):
    """How the public log stands (backend/tlog/client)."""

    @property
    def up(self) -> bool:
        """Whether it is connected now."""
        ...

    async def status(self) -> Status:
        """Raises LogAway."""
        ...


class Review:
    """`checkpoint` is the log's published file, `zone` the agency's clock."""

    def __init__(self, steps: Steps, keys: Keys, public: LogState, checkpoint: Path, zone: ZoneInfo) -> None:
        self._steps, self._keys, self._log = steps, keys, public
        self._checkpoint, self._zone = checkpoint, zone

    # Each week

    async def run(self) -> None:
        """Review what is over. Runs until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Review each week that is over and has not been; in whichever process comes first, and once.

        The first is that of the first use: before it there is nothing to look at.
        """
        over = rules.monday(self._steps.clock().astimezone(self._zone).date()) - timedelta(days=7)
        async with self._steps.read() as tx:
            last, began = await tx.reviews.last(), await tx.reviews.began()
        if began is None:
            return
        first = rules.monday(began.astimezone(self._zone).date())
        next_one = first if last is None else last + timedelta(days=7)
        next_one = max(next_one, over - timedelta(weeks=WEEKS_BEHIND))
        while next_one <= over:
            await self.make(next_one)
            next_one += timedelta(days=7)

    async def make(self, week: date) -> None:
        """Review one week; nothing when it has been."""
        start, end = rules.bounds(week, self._zone)
        async with self._steps.read() as tx:  # it is over and changes no more; nobody who writes need wait
            if await tx.reviews.made(week):
                return
            held = await tx.reviews.held(start, end)
        found = rules.review(held)
        async with self._steps.begin() as step:
            if await step.tx.reviews.made(week):  # by another process
                return
            await step.tx.reviews.add_week(week, step.now, rules.summary(held.opened))
            for one in found:
                await step.tx.reviews.add(
                    Finding(
                        id=FindingId(new_id("fnd")),
                        week=week,
                        kind=one.kind,
                        key=one.key,
                        user_id=one.user_id,
                        camera_id=one.camera_id,
                        figures=one.figures,
                        evidence=one.evidence,
                        made_at=step.now,
                    )
                )
            await step.record(
                Action.REVIEW_MAKE, actor=_SYSTEM, subject=week.isoformat(), findings=str(len(found))
            )
        log.info("the week of %s is reviewed: %d findings", week, len(found))

    # What auditors do

    async def view(self) -> ReviewView:
        """The weeks, their findings and how the log stands."""
        now = self._steps.clock()
        async with self._steps.read() as tx:
            weeks = [await self._week(tx, week, held) for week, held in await tx.reviews.weeks(WEEKS_SHOWN)]
            since = weeks[-1].week if weeks else now.date()
            findings = [
                *await tx.reviews.open(OPEN_SHOWN),
                *await tx.reviews.closed(since, CLOSED_SHOWN),
            ]
            shown = await self._findings(tx, findings, now)
            waiting, sealed = await tx.uses.count_waiting(), await tx.reviews.sealed(now)
        return ReviewView(
            now=now, weeks=tuple(weeks), findings=tuple(shown), log=await self._state(waiting, sealed)
        )

    async def close(self, user: User, finding: FindingId, outcome: Outcome, words: str) -> FindingView:
        """Close it for good, with words that nobody can change. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.FINDING_CLOSE, actor=user.id, subject=finding)
            held = await self._theirs(step.tx, user, finding)
            step.about(None)
            if held.user_id == user.id:
                raise Refused(Refusal.OWN_USE, "This finding is about you: another auditor closes it.")
            if not await step.tx.reviews.close(finding, outcome, user.id, step.now):
                raise Refused(Refusal.FINDING_CLOSED, "It has been closed, and its words stay. Add a remark.")
            await step.tx.reviews.remark(finding, user.id, step.now, words)
            await step.record(
                Action.FINDING_CLOSE, actor=user.id, subject=finding, outcome=outcome.value, words=words
            )
            return await self._finding(step.tx, finding, step.now)

    async def remark(self, user: User, finding: FindingId, words: str) -> FindingView:
        """Add words; those that are there stay. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.FINDING_REMARK, actor=user.id, subject=finding)
            held = await self._theirs(step.tx, user, finding)
            step.about(None)
            if held.user_id == user.id:
                raise Refused(Refusal.OWN_USE, "This finding is about you: another auditor looks at it.")
            await step.tx.reviews.remark(finding, user.id, step.now, words)
            await step.record(Action.FINDING_REMARK, actor=user.id, subject=finding, words=words)
            return await self._finding(step.tx, finding, step.now)

    async def name(self, user: User, finding: FindingId) -> PersonNamed:
        """Who it is about; that it was asked is on record. Raises Refused."""
        async with self._steps.begin() as step:
            held = await self._theirs(step.tx, user, finding)
            about = await step.tx.users.get(held.user_id)
            assert about is not None
            unit_id = about.unit_id or about.usual_unit_id
            unit = await step.tx.units.get(unit_id) if unit_id is not None else None
            await step.record(Action.FINDING_NAME, actor=user.id, subject=finding)
        return PersonNamed(
            name=about.display_name, role=about.role.value, unit=unit.call_sign if unit is not None else None
        )

    async def entry(self, index: int) -> LogEntryView:
        """An entry of the public log by its index, with what it commits to. Raises Refused."""
        async with self._steps.read() as tx:
            held = await tx.uses.at(index)
            if held is None:
                raise Refused(Refusal.NOT_FOUND, f"The log has no entry {index} yet.")
            public = await tx.disclosed.names(held.number)
            seal = await tx.seals.holding(held.id, self._steps.clock())
            resting = await tx.reviews.resting_on(held.number)
            camera = await tx.reviews.camera_names([held.camera_id] if held.camera_id is not None else [])
        return LogEntryView(
            index=index,
            kind=held.kind.value,
            at=held.at,
            fields=tuple(
                rules.FieldView(
                    name=name,
                    value=None if field.salt is None else camera.get(field.value, field.value),
                    public=name in public,
                )
                for name, field in held.fields.items()
            ),
            sealed_until=seal.until if seal is not None else None,
            findings=tuple(resting),
        )

    # Inside

    async def _theirs(self, tx: Tx, user: User, finding: FindingId) -> Finding:
        held = await tx.reviews.get(finding)
        if held is None:
            raise Refused(Refusal.NOT_FOUND)
        return held

    async def _finding(self, tx: Tx, finding: FindingId, now: datetime) -> FindingView:
        held = await tx.reviews.get(finding)
        assert held is not None
        (view,) = await self._findings(tx, [held], now)
        return view

    async def _findings(self, tx: Tx, findings: Sequence[Finding], now: datetime) -> list[FindingView]:
        evidence = await tx.reviews.evidence(sorted({n for held in findings for n in held.evidence}))
        remarks = await tx.reviews.remarks_of([held.id for held in findings])
        cameras = await tx.reviews.camera_names([held.camera_id for held in findings if held.camera_id])
        people = {user.id: user for user in await tx.users.all()} if findings else {}
        return [
            FindingView(
                id=held.id,
                week=held.week,
                kind=held.kind,
                officer=self._pseudonym(held.user_id, held.week),
                role=people[held.user_id].role.value,
                camera=cameras.get(held.camera_id) if held.camera_id is not None else None,
                figures=held.figures,
                evidence=tuple(evidence[number] for number in held.evidence if number in evidence),
                made_at=held.made_at,
                due_at=held.made_at + rules.OVERDUE_AFTER,
                overdue=held.overdue(now),
                closed_at=held.closed_at,
                closed_by=people[held.closed_by].display_name if held.closed_by is not None else None,
                outcome=held.outcome,
                remarks=tuple[RemarkView, ...](remarks.get(held.id, ())),
            )
            for held in findings
        ]

    async def _week(self, tx: Tx, week: date, held: Summary) -> WeekView:
        names = await tx.reviews.camera_names([bar.id for bar in held.cameras])
        findings, still_open = await tx.reviews.of_week(week)

        def bars(of: Sequence[Bar], called: dict[str, str]) -> tuple[BarView, ...]:
            return tuple(BarView(name=called[bar.id], incidents=bar.incidents) for bar in of)

        return WeekView(
            week=week,
            openings=held.openings,
            incidents=held.incidents,
            people=bars(held.people, {bar.id: self._pseudonym(bar.id, week) for bar in held.people}),
            people_median=held.people_median,
            cameras=bars(held.cameras, names),
            cameras_median=held.cameras_median,
            findings=findings,
            open=still_open,
        )

    def _pseudonym(self, user: str, week: date) -> str:
        return self._keys.pseudonym(
            "user", user, leaves.quarter(datetime(week.year, week.month, week.day, tzinfo=UTC))
        )

    async def _state(self, waiting: int, sealed: int) -> LogView:
        status = None
        try:
            if self._log.up:
                status = await self._log.status()
        except LogAway as fault:
            log.warning("how the public log stands is not known: %s", fault)
        return LogView(
            up=status is not None,
            entries=status.entries if status is not None else None,
            published=status.published if status is not None else None,
            checkpoint_at=await asyncio.to_thread(_written_at, self._checkpoint),
            waiting=waiting,
            sealed=sealed,
            trouble=status.trouble if status is not None else "The log's process does not answer.",
            witnesses=tuple(
                WitnessView(name=one.name, size=one.size, trouble=one.trouble)
                for one in (status.witnesses if status is not None else ())
            ),
        )


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None  # there is none yet
