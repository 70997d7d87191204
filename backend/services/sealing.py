"""Sealing: a supervisor withholds what a use would still open, or erases fields of it for good.

Each is a leaf of the public log itself and an entry of the audit log. A seal holds for days, says why, and is
renewed by another one; what is open already stays open. Erasing destroys values and salts: afterwards nobody
can open the field, and the log still holds. Nothing here changes a leaf.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from backend.model import sealing as rules
from backend.model.disclosure import STATED, Stage
from backend.model.entries import Action
from backend.model.ids import UseId
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.sealing import Erased, EraseReason, LoggedUse, Seal, SealReason, SealView
from backend.model.uses import LeafKind, UseEntry, exact
from backend.services.disclosures import Disclosures
from backend.services.steps import Step, Steps
from backend.services.uses import Uses
from backend.store.store import Tx

SHOWN = 50  # uses of one page
GONE_WORDS = "There is no such use in the public log."


class Sealing:
    """`zone` is the agency's clock, `after` how long after an incident's end the rest opens."""

    def __init__(
        self, steps: Steps, uses: Uses, disclosures: Disclosures, zone: ZoneInfo, after: timedelta
    ) -> None:
        self._steps, self._uses, self._disclosures = steps, uses, disclosures
        self._zone, self._after = zone, after

    async def listed(self, before: int | None, *, sealed: bool) -> list[LoggedUse]:
        """Uses, the newest first; those before that number, when one is given; all or the sealed ones."""
        async with self._steps.read() as tx:
            now = self._steps.clock()
            begun = await tx.uses.begun(SHOWN, before, sealed_at=now if sealed else None)
            leaves = await tx.uses.of_uses([use.id for use in begun])
            ids = [name for use in begun for name in (use.user_id, use.camera_id) if name is not None]
            names = await tx.names.of(ids)
            return [
                await self._view(tx, use, [each for each in leaves if each[0].id == use.id], names)
                for use in begun
            ]

    async def seal(self, user: User, use: UseId, why: SealReason, days: int) -> None:
        """Withhold what is not open yet, today the first day of so many. Raises Refused."""
        if not 1 <= days <= rules.MOST_DAYS:
            raise Refused(Refusal.BAD_DATE, f"A seal holds 1 to {rules.MOST_DAYS} days.")
        async with self._steps.begin() as step:
            about = await self._about(step, user, use, Action.USE_SEAL)
            last = rules.last_day(step.now, days, self._zone)
            until = rules.end_of(last, self._zone)
            said = {"by": user.role.value, "why": why.value, "until": exact(until)}
            entry = await self._uses.state(step, LeafKind.SEAL, said, about, user.id)
            await step.tx.seals.add(
                Seal(
                    number=entry.number,
                    use_id=use,
                    by=user.id,
                    why=why,
                    at=step.now,
                    until=until,
                )
            )
            await self._record(step, Action.USE_SEAL, user, about, why=why.value, until=last.isoformat())

    async def unseal(self, user: User, use: UseId) -> None:
        """Withhold it no longer. Raises Refused (not-found) when it is not sealed."""
        async with self._steps.begin() as step:
            about = await self._about(step, user, use, Action.USE_UNSEAL)
            if not await step.tx.seals.lift(use, step.now):
                raise Refused(Refusal.NOT_FOUND, "It is not sealed.")
            await self._uses.state(step, LeafKind.UNSEAL, {"by": user.role.value}, about, user.id)
            await self._record(step, Action.USE_UNSEAL, user, about)

    async def erase(self, user: User, use: UseId, why: EraseReason, what: Erased) -> None:
        """Destroy values and salts: nobody can open them any more, we neither. Raises Refused."""
        async with self._steps.begin() as step:
            about = await self._about(step, user, use, Action.USE_ERASE)
            if not await _is_over(step.tx, about):
                raise Refused(Refusal.IN_USE, "The incident is still open. Close it, then erase.")
            if not await self._destroy(step, use, what):
                raise Refused(Refusal.NOT_FOUND, "Nothing of that is there any more.")
            said = {"by": user.role.value, "why": why.value, "what": what.value}
            await self._uses.state(step, LeafKind.ERASE, said, about, user.id)
            await self._record(step, Action.USE_ERASE, user, about, why=why.value, what=what.value)
        await self._disclosures.write()
        await self._steps.forget()

    # Inside

    async def _about(self, step: Step, user: User, use: UseId, action: Action) -> UseEntry:
        step.attempts(action, actor=user.id, subject=use)
        leaves = await step.tx.uses.of_use(use)
        about = next((each for each in leaves if each.kind is LeafKind.OPEN), None)
        if about is None:
            raise Refused(Refusal.NOT_FOUND, GONE_WORDS)
        step.about(about.incident_id)
        return about

    async def _record(self, step: Step, action: Action, user: User, about: UseEntry, **more: str) -> None:
        await step.record(action, actor=user.id, subject=about.id, incident=about.incident_id, details=more)

    async def _destroy(self, step: Step, use: UseId, what: Erased) -> int:
        """How many fields were there to be destroyed."""
        found = 0
        for entry in await step.tx.uses.of_use(use):
            names = rules.erased(what, entry.kind) & entry.there
            if names:
                await step.tx.disclosed.erased(await step.tx.uses.erase(entry, names))
                found += len(names)
        if "words" in rules.FIELDS[what]:
            await step.tx.contests.erase(use)
        return found

    async def _view(
        self, tx: Tx, use: UseEntry, leaves: Sequence[tuple[UseEntry, Stage]], names: dict[str, str]
    ) -> LoggedUse:
        incident = await tx.incidents.get(use.incident_id) if use.incident_id is not None else None
        closed_at = incident.closed_at if incident is not None else None
        stages = [stage for entry, stage in leaves if entry.kind not in STATED]
        complete = all(stage >= Stage.LATER for stage in stages)
        seal = await tx.seals.holding(use.id, self._steps.clock())
        by = (await tx.names.of([seal.by])).get(seal.by, "") if seal is not None else ""
        erased = {name for entry, _ in leaves for name in entry.fields.keys() - entry.there}
        return LoggedUse(
            id=use.id,
            number=use.number,
            at=use.at,
            source=use.fields["source"].value,
            category=use.fields["category"].value,
            reason=use.fields["reason"].value,
            who=names.get(use.user_id or "", ""),
            camera=names.get(use.camera_id) if use.camera_id is not None else None,
            entries=len(leaves),
            published=any(stage > Stage.NOTHING for stage in stages),
            complete=complete,
            opens_at=closed_at + self._after if closed_at is not None and not complete else None,
            seal=SealView(by=by, why=seal.why, last_day=_last_day(seal, self._zone)) if seal else None,
            erased=tuple(sorted(erased)),
            over=incident is None or closed_at is not None,
        )


def _last_day(seal: Seal, zone: ZoneInfo) -> date:
    return (seal.until.astimezone(zone) - timedelta(seconds=1)).date()


async def _is_over(tx: Tx, about: UseEntry) -> bool:
    incident = await tx.incidents.get(about.incident_id) if about.incident_id is not None else None
    return incident is None or incident.closed_at is not None
