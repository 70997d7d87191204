"""Contests: an owner says that an opening was not right, and a supervisor answers before everybody.

Both are leaves of the public log. What an owner adds in words is for the agency alone; what a supervisor
answers is public, and the page says so before the press.
"""

import msgspec

from backend.model import contests as rules
from backend.model import receipts
from backend.model.contests import Contest, ContestedView, ContestOutcome, ContestReason, ContestView
from backend.model.contests import ContestList as Listed
from backend.model.entries import Action
from backend.model.ids import ContestId, UseId, new_id
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.uses import LeafKind
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.services.uses import Uses

LISTED = 200


class Contests:
    """Owners contest, supervisors answer."""

    def __init__(self, steps: Steps, uses: Uses) -> None:
        self._steps, self._uses = steps, uses
        self._rate = Rate(every_s=300, burst=10)  # of one owner: each becomes a public entry

    async def contest(self, owner: User, use: UseId, why: ContestReason, words: str) -> ContestView:
        """Say that this opening was not right. Raises Refused."""
        if not self._rate.take(owner.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait some minutes before you contest another one.")
        async with self._steps.begin() as step:
            step.attempts(Action.CONTEST_OPEN, actor=owner.id, subject=use)
            began = await step.tx.receipts.one(owner.id, use)
            if began is None or began.camera_id is None or began.incident_id is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(began.incident_id)
            held = (await step.tx.contests.of_uses([use])).get(use, [])
            if held and held[0].outcome is None:
                raise Refused(Refusal.CONTESTED, "You have contested this one. Wait for the answer.")
            if len(held) >= rules.MOST_OF_A_USE:
                raise Refused(
                    Refusal.CONTESTED, f"One opening can be contested {rules.MOST_OF_A_USE} times, not more."
                )
            if await step.tx.contests.count_open(owner.id) >= rules.MOST_OPEN:
                raise Refused(
                    Refusal.TOO_MANY, f"{rules.MOST_OPEN} of yours wait for an answer. Wait for some of them."
                )
            leaf = await self._uses.state(
                step, LeafKind.CONTEST, {"by": "owner", "why": why.value}, began, owner.id
            )
            contest = Contest(
                id=ContestId(new_id("ctt")),
                use_id=use,
                camera_id=began.camera_id,
                incident_id=began.incident_id,
                user_id=owner.id,
                why=why,
                words=words,
                at=step.now,
                number=leaf.number,
            )
            await step.tx.contests.add(contest)
            await step.record(
                Action.CONTEST_OPEN,
                actor=owner.id,
                subject=contest.id,
                incident=began.incident_id,
                use=use,
                why=why.value,
            )
            await self._tell(step, contest)
        return rules.view(contest)

    async def answer(
        self, supervisor: User, contest_id: ContestId, outcome: ContestOutcome, words: str
    ) -> None:
        """Answer one in public, once. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.CONTEST_ANSWER, actor=supervisor.id, subject=contest_id)
            contest = await step.tx.contests.get(contest_id)
            if contest is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(contest.incident_id)
            if contest.outcome is not None:
                raise Refused(Refusal.DECIDED, "Another supervisor has answered it.")
            about = (await step.tx.receipts.leaves([contest.use_id]))[contest.use_id]
            leaf = next(entry for entry in about if entry.number == contest.number)
            if leaf.index is None:
                raise Refused(
                    Refusal.LOG_AWAY, "The contest is not in the public log yet. Try again in a moment."
                )
            said = {
                "by": supervisor.role.value,
                "contest": str(leaf.index),
                "outcome": outcome.value,
                "words": words,
            }
            answer = await self._uses.state(step, LeafKind.ANSWER, said, about[0], supervisor.id)
            await step.tx.contests.answer(
                contest.id,
                outcome=outcome,
                words=words,
                by=supervisor.id,
                at=step.now,
                number=answer.number,
            )
            await step.record(
                Action.CONTEST_ANSWER,
                actor=supervisor.id,
                subject=contest.id,
                incident=contest.incident_id,
                use=contest.use_id,
                outcome=outcome.value,
            )
            await self._tell(step, contest)

    async def listed(self) -> Listed:
        """Those that wait, and then those that have been answered, each the newest first."""
        async with self._steps.read() as tx:
            now = self._steps.clock()
            rows = [row for waiting in (True, False) for row in await tx.contests.listed(waiting, LISTED)]
            leaves = await tx.receipts.leaves([UseId(row["use_id"]) for row in rows])
            waiting = await tx.contests.count_open()
        shown = []
        for row in rows:
            told = receipts.tell(receipts.opened(entry) for entry in leaves[row["use_id"]])
            shown.append(
                msgspec.convert(
                    {
                        **row,
                        "use": row["use_id"],
                        "opened_at": told.opened_at or leaves[row["use_id"]][0].at,
                        "seconds": told.seconds,
                        "role": told.role,
                        "reason": told.reason,
                        "answered_by": row["answerer"],
                        "late": row["outcome"] is None and now - row["at"] > rules.LATE,
                    },
                    ContestedView,
                )
            )
        return Listed(now=now, waiting=waiting, contests=tuple(shown))

    async def _tell(self, step: Step, contest: Contest) -> None:
        camera = await step.tx.cameras.get(contest.camera_id)
        site = await step.tx.sites.get(camera.site_id) if camera is not None else None
        if site is not None:
            step.site_changed(site.id, site.owner_id)
