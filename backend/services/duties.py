"""Duties: officers sign on to a unit and off. Between the two they see what it is sent to.

With the last of a crew, where the unit was is forgotten, and so is what somebody saw of its incidents.
"""

from backend.model.duty import Crew, Duty, DutyEnd, DutyView
from backend.model.entries import Action
from backend.model.ids import DutyId, UnitId, UserId, new_id
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.services.leaving import Leaving, Left
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.services.units import Units

SYSTEM = "system"


class Duties:
    """Who is on duty, and where."""

    def __init__(self, steps: Steps, units: Units, leaving: Leaving) -> None:
        self._steps, self._units, self._leaving = steps, units, leaving
        self._rate = Rate(every_s=5, burst=10)  # each is an entry

    async def sign_on(self, user: User, unit_id: UnitId, crew: Crew) -> tuple[DutyView, list[str]]:
        """Be on duty in that unit, and the names of those whose place was taken. Raises Refused.

        Again to the same unit is no change, unless others are to be signed off there.
        """
        self._slow_down(user)
        left = Left()
        over: list[str] = []
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_SIGN_ON, actor=user.id, subject=unit_id)
            unit = await step.tx.units.get(unit_id)
            if unit is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(None, unit_id)
            mine = await step.tx.duties.of_user(user.id)
            others = [duty for duty in await step.tx.duties.of_unit(unit_id) if duty.user_id != user.id]
            names = {member.user_id: member.name for member in unit.crew}
            if others and crew is Crew.ALONE:
                who = " and ".join(names[duty.user_id] for duty in others)
                raise Refused(Refusal.UNIT_TAKEN, f"{who} is on duty in {unit.call_sign}.")
            if crew is Crew.TAKE_OVER:
                for duty in others:
                    over.append(names[duty.user_id])
                    await self._end(step, left, duty, DutyEnd.TAKEN_OVER, by=user.id)
            if mine is not None and mine.unit_id != unit_id:
                await self._end(step, left, mine, DutyEnd.CHANGED, by=user.id)
            if mine is None or mine.unit_id != unit_id:
                duty = Duty(id=DutyId(new_id("dut")), user_id=user.id, unit_id=unit_id, since=step.now)
                await step.tx.duties.add(duty)
                await step.record(
                    Action.UNIT_SIGN_ON, actor=user.id, subject=unit_id, unit=unit.call_sign, crew=crew.value
                )
            step.duty_changed(user.id)
            step.unit_changed(unit_id)
            view = await step.tx.duties.last(user.id)
        await self._leaving.finish(left)
        assert view is not None
        return view, over

    async def sign_off(self, user: User) -> None:
        """Be off duty; who is off already stays so. Raises Refused (too-often)."""
        self._slow_down(user)
        left = Left()
        async with self._steps.begin() as step:
            await self.end_of(step, left, user.id, DutyEnd.SIGNED_OFF, by=user.id)
        await self._leaving.finish(left)

    async def end_of(self, step: Step, left: Left, user: UserId, end: DutyEnd, *, by: UserId | None) -> None:
        """The same inside a step; `finish` after its commit. `by` is None when time did it."""
        duty = await step.tx.duties.of_user(user)
        if duty is not None:
            await self._end(step, left, duty, end, by=by)

    async def finish(self, left: Left) -> None:
        """Make true at the engine what a step has ended."""
        await self._leaving.finish(left)

    async def _end(self, step: Step, left: Left, duty: Duty, end: DutyEnd, *, by: UserId | None) -> None:
        await step.tx.duties.end(duty, end, by, step.now)
        for incident in await step.tx.incidents.of_unit(duty.unit_id):
            await self._leaving.begin(
                step,
                left,
                incident.id,
                users=[duty.user_id],
                feeds=await step.tx.feeds.of_officer(duty.user_id, incident.id),
                by=by or SYSTEM,
            )
        if not await step.tx.duties.of_unit(duty.unit_id):
            await step.tx.units.forget(duty.unit_id)
            self._units.forget(duty.unit_id)
        unit = await step.tx.units.get(duty.unit_id)
        await step.record(
            Action.UNIT_SIGN_OFF,
            actor=by or SYSTEM,
            subject=duty.unit_id,
            unit=unit.call_sign if unit is not None else "",
            of=duty.user_id,
            end=end.value,
        )
        step.duty_changed(duty.user_id)
        step.unit_changed(duty.unit_id)

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
