"""Responses: units are sent to an incident, say how far they are by one press each, and are clear. Step 9a.

A press may come twice, late and out of order (model/responses). A crew that is clear of an incident sees
nothing of it any more.
"""

from datetime import timedelta

from backend.model import responses as rules
from backend.model.entries import Action
from backend.model.ids import IncidentId, PressId, ResponseId, UnitId, new_id
from backend.model.people import StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.model.responses import Press, Response, ResponseView, Status
from backend.model.views import IncidentView
from backend.services.alerts import Alerts
from backend.services.board import is_desk
from backend.services.leaving import Leaving, Left
from backend.services.limits import Rate
from backend.services.steps import Step, Steps


class Responses:
    """Who is sent where, and how far they are."""

    def __init__(self, steps: Steps, leaving: Leaving, alerts: Alerts) -> None:
        self._steps, self._leaving, self._alerts = steps, leaving, alerts
        self._presses = Rate(every_s=1, burst=20)

    async def assign(
        self, user: User, incident: IncidentId, unit: UnitId, *, only_free: bool = False
    ) -> IncidentView:
        """Assign a unit and alert its crew; one that is assigned already stays so. Raises Refused.

        `only_free`: it was offered as such, and may be on another incident by now (unit-busy).
        """
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_ASSIGN, actor=user.id, subject=unit)
            found = await step.open_incident(incident)
            sent = await step.tx.units.get(unit)
            if sent is None:
                raise Refused(Refusal.NOT_FOUND)
            if unit not in found.unit_ids:
                if only_free and await step.tx.incidents.of_unit(unit):
                    raise Refused(Refusal.UNIT_BUSY, f"{sent.call_sign} is on another incident by now.")
                response = Response(
                    id=ResponseId(new_id("rsp")), incident_id=incident, unit_id=unit, dispatched_at=step.now
                )
                await step.tx.responses.add(response)
                await step.record(
                    Action.UNIT_ASSIGN, actor=user.id, subject=unit, incident=incident, unit=sent.call_sign
                )
                await self._alerts.raise_for(step, response, sent)
            view = await step.changed_view(incident)
        self._alerts.wake()
        return view

    async def release(self, user: User, incident: IncidentId, unit: UnitId) -> IncidentView:
        """Take a unit off; what its crew sees of this incident, and shows of it, ends. Raises Refused."""
        left = Left()
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_RELEASE, actor=user.id, subject=unit)
            await step.open_incident(incident)
            response = await step.tx.responses.out(incident, unit)
            if response is not None:
                await step.tx.responses.change(rules.pressed(response, Status.CLEAR, step.now))
                await self._leave(step, left, response, by=user)
                await step.record(
                    Action.UNIT_RELEASE,
                    actor=user.id,
                    subject=unit,
                    incident=incident,
                    unit=await _call_sign(step, unit),
                )
            view = await step.changed_view(incident)
        await self._leaving.finish(left)
        return view

    async def press(
        self,
        session: StaffSession,
        response_id: ResponseId,
        press_id: PressId,
        status: Status,
        age: timedelta | None,
    ) -> ResponseView:
        """Say how far a unit is: its crew, or the desk for it. Again it changes nothing.

        `age` is how long ago it was pressed, None when the phone cannot tell. Raises Refused (not-found,
        not-assigned).
        """
        user = session.user
        if not self._presses.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
        left = Left()
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_STATUS, actor=user.id, subject=response_id)
            before = await step.tx.responses.get(response_id)
            if before is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(before.incident_id, before.unit_id)
            if not is_desk(user) and user.unit_id != before.unit_id:
                raise Refused(Refusal.NOT_ASSIGNED, "You are not on duty in that unit.")
            if await step.tx.responses.pressed(press_id):
                return rules.view(before)
            incident = await step.tx.incidents.get(before.incident_id)
            at = rules.moment(before, age, step.now)
            over = incident is None or (incident.closed_at is not None and incident.closed_at < at)
            after = before if over else rules.pressed(before, status, at)
            if after == before:
                return rules.view(before)
            await step.tx.responses.change(after)
            await step.tx.responses.add_press(
                Press(
                    id=press_id,
                    response_id=response_id,
                    user_id=user.id,
                    status=status,
                    at=at,
                    received_at=step.now,
                )
            )
            if after.status is Status.CLEAR and before.status is not Status.CLEAR:
                await self._leave(step, left, before, by=user)
            await self._alerts.answered(step, after, by=user.id, on=session.id)
            await self._record(step, user, after, status, late_s=(step.now - at).total_seconds())
            step.changed(before.incident_id)
        await self._leaving.finish(left)
        return rules.view(after)

    async def undo(self, user: User, response_id: ResponseId, press_id: PressId) -> ResponseView:
        """Take back one's own press, a moment after it. Again it changes nothing; the log keeps both.

        What a "clear" has ended stays ended, but the crew sees the incident again. Raises Refused (not-found,
        not-assigned, incident-closed, press-over).
        """
        if not self._presses.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_UNDO, actor=user.id, subject=response_id)
            before = await step.tx.responses.get(response_id)
            presses = await step.tx.responses.presses(response_id)
            press = next((one for one in presses if (one.id, one.user_id) == (press_id, user.id)), None)
            if before is None or press is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(before.incident_id, before.unit_id)
            if not is_desk(user) and user.unit_id != before.unit_id:
                raise Refused(Refusal.NOT_ASSIGNED, "You are not on duty in that unit.")
            if press.status is Status.DISPATCHED:
                return rules.view(before)
            await step.open_incident(before.incident_id)
            again = await step.tx.responses.out(before.incident_id, before.unit_id)
            if step.now > press.received_at + rules.UNDONE_FOR or (before.clear_at and again):
                raise Refused(Refusal.PRESS_OVER, "It is too late to take that back. Press what is true now.")
            after = rules.without(before, press.status, [one for one in presses if one.id != press_id])
            await step.tx.responses.take_back(press_id)
            await step.tx.responses.change(after)
            await step.record(
                Action.UNIT_UNDO,
                actor=user.id,
                subject=after.unit_id,
                incident=after.incident_id,
                unit=await _call_sign(step, after.unit_id),
                status=press.status.value,
            )
            step.changed(after.incident_id)
        return rules.view(after)

    async def _leave(self, step: Step, left: Left, response: Response, *, by: User) -> None:
        await self._leaving.begin(
            step,
            left,
            response.incident_id,
            users=await step.tx.units.crew(response.unit_id),
            feeds=await step.tx.feeds.of_unit(response.unit_id, response.incident_id),
            by=by.id,
        )

    async def _record(self, step: Step, user: User, after: Response, status: Status, late_s: float) -> None:
        details = {"unit": await _call_sign(step, after.unit_id), "status": status.value}
        if late_s >= 1:
            details["late_s"] = f"{late_s:.0f}"
        await step.record(
            Action.UNIT_STATUS,
            actor=user.id,
            subject=after.unit_id,
            incident=after.incident_id,
            details=details,
        )


async def _call_sign(step: Step, unit: UnitId) -> str:
    found = await step.tx.units.get(unit)
    return found.call_sign if found is not None else ""
