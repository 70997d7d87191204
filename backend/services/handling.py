"""Handling: who has an incident, and its transfer to a colleague by one press each. Beside step 1.

Until a colleague accepts it is the giver's; then what the giver has on of it ends. An offer that is declined,
or that nobody answers for a minute, goes back. What anybody at the desk may see is not changed by who has it.
"""

import asyncio

from backend.hub import Hub
from backend.model import handling as rules
from backend.model.entries import Action
from backend.model.handling import Colleague, Transfer, TransferEnd
from backend.model.ids import IncidentId, TransferId, UserId, new_id
from backend.model.people import Role, User
from backend.model.refusals import Refusal, Refused
from backend.model.views import IncidentView
from backend.services.board import is_desk
from backend.services.leaving import Leaving, Left
from backend.services.limits import Rate
from backend.services.steps import Step, Steps

LOOK_S = 1.0


class Handling:
    """`hub` knows whose console is open."""

    def __init__(self, steps: Steps, hub: Hub, leaving: Leaving) -> None:
        self._steps, self._hub, self._leaving = steps, hub, leaving
        self._rate = Rate(every_s=2, burst=20)

    async def colleagues(self, user: User) -> list[Colleague]:
        """Who else at the desk has a console open, those with the fewest incidents first."""
        async with self._steps.read() as tx:
            people = await tx.users.in_roles((Role.DISPATCHER, Role.SUPERVISOR))
            handled = await tx.handling.handled()
        there = [each for each in people if each.id != user.id and self._hub.hears(each.id)]
        found = [
            Colleague(
                user_id=each.id, name=each.display_name, role=each.role, incidents=handled.get(each.id, 0)
            )
            for each in there
        ]
        return sorted(found, key=lambda each: (each.role is not Role.DISPATCHER, each.incidents, each.name))

    async def offer(self, user: User, incident: IncidentId, to: UserId | None) -> IncidentView:
        """Offer it to a colleague, or to whoever at the desk takes it first. Raises Refused."""
        self._slow_down(user)
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_OFFER, actor=user.id, subject=incident)
            await step.open_incident(incident)
            handler = await step.tx.handling.handler(incident)
            if not rules.may_offer(user, handler):
                raise Refused(Refusal.NOT_HANDLER, "Only whoever has an incident can hand it over.")
            if to is not None:
                await self._check_there(step, to, handler)
            earlier = await step.tx.handling.offered(incident)
            if earlier is not None:
                await step.tx.handling.end(earlier.id, TransferEnd.WITHDRAWN, step.now)
            transfer = Transfer(
                id=TransferId(new_id("trf")),
                incident_id=incident,
                from_id=handler or user.id,
                to_id=to,
                offered_at=step.now,
                expires_at=step.now + rules.LASTS,
            )
            await step.tx.handling.add(transfer)
            await step.record(Action.INCIDENT_OFFER, actor=user.id, subject=to or incident, incident=incident)
            return await step.changed_view(incident)

    async def answer(self, user: User, transfer: TransferId, *, accept: bool) -> IncidentView:
        """Take it over, or leave it with whoever has it. Raises Refused."""
        left = Left()
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_TRANSFER, actor=user.id, subject=transfer)
            held = await self._found(step, transfer)
            refusal = rules.check_answer(held, user, step.now, accept=accept)
            if refusal is not None:
                raise Refused(refusal, "This offer is over, or it is not for you.")
            if accept:
                await self._take(step, left, user, held.incident_id, given=True)
            await self._end(step, held, TransferEnd.ACCEPTED if accept else TransferEnd.DECLINED, by=user.id)
            view = await step.changed_view(held.incident_id)
        await self._leaving.finish(left)
        return view

    async def withdraw(self, user: User, transfer: TransferId) -> IncidentView:
        """Keep it after all. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_TRANSFER, actor=user.id, subject=transfer)
            held = await self._found(step, transfer)
            if not rules.may_offer(user, held.from_id):
                raise Refused(Refusal.NOT_YOURS, "Only whoever offered it can take it back.")
            if held.ended_at is not None:
                raise Refused(Refusal.TRANSFER_OVER, "This offer is over.")
            await self._end(step, held, TransferEnd.WITHDRAWN, by=user.id)
            return await step.changed_view(held.incident_id)

    async def take(self, user: User, incident: IncidentId) -> IncidentView:
        """Take one that nobody is there for; a supervisor any. Raises Refused."""
        self._slow_down(user)
        left = Left()
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_TAKE, actor=user.id, subject=incident)
            await step.open_incident(incident)
            handler = await step.tx.handling.handler(incident)
            if handler == user.id:
                return await step.changed_view(incident)
            if handler is not None and self._hub.hears(handler) and user.role is not Role.SUPERVISOR:
                raise Refused(Refusal.NOT_HANDLER, "Whoever has it is at the desk: let them hand it over.")
            await self._take(step, left, user, incident, given=False)
            offered = await step.tx.handling.offered(incident)
            if offered is not None:
                await step.tx.handling.end(offered.id, TransferEnd.WITHDRAWN, step.now)
            await step.record(
                Action.INCIDENT_TAKE, actor=user.id, subject=handler or incident, incident=incident
            )
            view = await step.changed_view(incident)
        await self._leaving.finish(left)
        return view

    async def run(self) -> None:
        """Give back what nobody answered. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Offers whose time is up, and those of incidents that were closed meanwhile."""
        async with self._steps.read() as tx:
            over = await tx.handling.over(self._steps.clock())
        for held in over:
            async with self._steps.begin() as step:
                now = await step.tx.handling.get(held.id)
                if now is None or now.ended_at is not None:
                    continue
                incident = await step.tx.incidents.get(held.incident_id)
                if incident is None or incident.closed_at is not None:
                    await step.tx.handling.end(held.id, TransferEnd.CLOSED, step.now)
                    continue
                await self._end(step, held, TransferEnd.LAPSED, by="system")
                step.changed(held.incident_id)

    async def _take(self, step: Step, left: Left, user: User, incident: IncidentId, *, given: bool) -> None:
        """It is this person's; what whoever had it before has on of it ends."""
        before = await step.tx.handling.handler(incident)
        await step.tx.handling.give(incident, user.id, before if given else None, step.now)
        if before is not None and before != user.id:
            await self._leaving.begin(step, left, incident, users=[before], feeds=[], by=user.id)

    async def _end(self, step: Step, held: Transfer, end: TransferEnd, *, by: str) -> None:
        await step.tx.handling.end(held.id, end, step.now)
        await step.record(
            Action.INCIDENT_TRANSFER,
            actor=by,
            subject=held.from_id,
            incident=held.incident_id,
            end=end.value,
        )

    async def _check_there(self, step: Step, to: UserId, handler: UserId | None) -> None:
        whom = await step.tx.users.get(to)
        if whom is None or not is_desk(whom):
            raise Refused(Refusal.NOT_FOUND)
        if to == handler:
            raise Refused(Refusal.NOT_AT_DESK, f"{whom.display_name} has it already.")
        if not self._hub.hears(to):
            raise Refused(Refusal.NOT_AT_DESK, f"{whom.display_name} has no console open.")

    async def _found(self, step: Step, transfer: TransferId) -> Transfer:
        held = await step.tx.handling.get(transfer)
        if held is None:
            raise Refused(Refusal.NOT_FOUND)
        await step.open_incident(held.incident_id)
        return held

    def _slow_down(self, user: User) -> None:
        if not self._rate.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a second, then press again.")
