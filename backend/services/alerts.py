"""Alerts: the officers of a unit that is sent must know at once. Step 10a.

Which browsers are to be told is written in the transaction that sends the unit: a restart loses nothing, and
what is acknowledged, released or past its deadline is told to nobody; a phone that has rung is told quietly
that it is over. Somebody of the unit acknowledges by opening it; if nobody does within 15 s, the dispatcher
is told and the nearest free unit is offered. Nothing private leaves: a push holds the alert's id.
"""

import logging
from datetime import datetime

import msgspec

from backend.hub import Hub
from backend.model import alerts as rules
from backend.model.alerts import Alert, AlertPush, DuePush, Over
from backend.model.entries import Action
from backend.model.ids import AlertId, IncidentId, PushId, SessionId, UnitId, UserId, new_id
from backend.model.openings import Reach
from backend.model.people import Unit, User
from backend.model.positions import Position
from backend.model.refusals import Refusal, Refused
from backend.model.responses import Response
from backend.services.limits import Rate
from backend.services.push import Errands, Push, push_words
from backend.services.steps import Step, Steps
from backend.store.store import Tx
from notifications.ports import PushOutcome

log = logging.getLogger(__name__)

AT_ONCE = 32  # browsers that are told side by side; the others wait in the outbox
AT_A_TIME = 200  # alerts of one look; the others are the next one's
LOOK_S = 0.5
OFFER_S = 2.0  # between two looks at who is nearest
SYSTEM = "system"


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that a push holds: no place, no kind, no name."""

    alert: str
    over: Over | None = None


class Alerts:
    """Who is told of what, who has answered, and who else could go."""

    def __init__(self, steps: Steps, hub: Hub, push: Push) -> None:
        self._steps, self._hub, self._push = steps, hub, push
        self._telling = Errands("alert", self._look, every_s=LOOK_S)
        self.wake, self.look, self.run = self._telling.wake, self._telling.look, self._telling.run
        self._answers = Rate(every_s=1, burst=20)  # each refusal is an entry
        self._offers = Rate(every_s=OFFER_S, burst=1)

    async def raise_for(self, step: Step, response: Response, unit: Unit) -> None:
        """Tell everybody on duty in it; `wake` after the commit. A unit without a crew has nobody to tell."""
        await step.tx.alerts.withdraw_offers(response.incident_id)  # somebody else goes
        if not unit.crew:
            return
        to = [kept for member in unit.crew for kept in await step.tx.push.of_user(member.user_id)]
        await step.tx.alerts.take_out_ends(response.incident_id, [kept.id for kept in to])
        alert = Alert(
            id=AlertId(new_id("alr")),
            response_id=response.id,
            incident_id=response.incident_id,
            unit_id=unit.id,
            raised_at=step.now,
            expires_at=step.now + rules.LASTS,
            reach=Reach.TRYING if to else self._unreached(unit),
        )
        await step.tx.alerts.add(
            alert,
            [
                AlertPush(alert_id=alert.id, push_id=kept.id, user_id=kept.user_id, due_at=step.now)
                for kept in to
            ],
        )
        await step.record(
            Action.UNIT_ALERT,
            actor=SYSTEM,
            subject=unit.id,
            incident=alert.incident_id,
            unit=unit.call_sign,
            officers=str(len(unit.crew)),
            phones=str(len(to)),
        )

    async def acknowledge(self, user: User, alert_id: AlertId, on: SessionId) -> IncidentId:
        """Somebody of the unit has opened it there, and is led to its incident. Again is no change.

        Raises Refused (not-found, not-assigned, alert-over, too-often).
        """
        if not self._answers.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then open it again.")
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_ACKNOWLEDGE, actor=user.id, subject=alert_id)
            alert = await step.tx.alerts.get(alert_id)
            if alert is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(alert.incident_id, alert.unit_id)
            if user.unit_id != alert.unit_id:
                raise Refused(Refusal.NOT_ASSIGNED, "You are not on duty in that unit.")
            response = await step.tx.responses.get(alert.response_id)
            incident = await step.tx.incidents.get(alert.incident_id)
            if response is None or response.clear_at is not None or incident is None or incident.closed_at:
                raise Refused(Refusal.ALERT_OVER, "This alert is over: your unit is not needed there now.")
            await self._answered(step, alert, by=user.id, on=on, how="opened")
        return alert.incident_id

    async def answered(self, step: Step, response: Response, by: UserId, on: SessionId) -> None:
        """A status says as much as opening it: of the unit's crew, or the desk's for what came by radio."""
        alert = await step.tx.alerts.of_response(response.id)
        if alert is not None:
            await self._answered(step, alert, by=by, on=on, how="status")

    async def _answered(self, step: Step, alert: Alert, *, by: UserId, on: SessionId, how: str) -> None:
        if alert.acknowledged_at is not None:
            return
        await step.tx.alerts.take_out_own(alert.id, on)
        await step.tx.alerts.change(
            msgspec.structs.replace(alert, acknowledged_at=step.now, acknowledged_by=by, next_unit_id=None)
        )
        after_s = (step.now - alert.raised_at).total_seconds()
        await step.record(
            Action.UNIT_ACKNOWLEDGE,
            actor=by,
            subject=alert.unit_id,
            incident=alert.incident_id,
            unit=await _call_sign(step.tx, alert.unit_id),
            how=how,
            after_s=f"{after_s:.1f}",
        )
        step.changed(alert.incident_id)

    async def _look(self, under_way: frozenset[str]) -> None:
        """Tell who is due, clear away who need not be told, and tell the dispatcher where nobody answers."""
        now = self._steps.clock()
        async with self._steps.read() as tx:
            room = AT_ONCE - len(self._telling)
            due = await tx.alerts.due(now, AT_ONCE) if room > 0 else []
            unwanted = await tx.alerts.unwanted(now, AT_A_TIME)
            unanswered = await _unanswered(tx, now, 1)
            offered = await tx.alerts.silent(now - rules.WATCHED, 1) if self._offers.take("") else []
        begun: set[str] = set()
        for push in due:
            key = _key(push.incident_id, push.to.id)
            if key not in under_way and key not in begun and room > 0:
                begun.add(key)
                self._telling.begin(key, self._tell(push))
                room -= 1
        if over := [(alert, to) for alert, to, at in unwanted if _key(at, to) not in under_way]:
            await self._clear_away(over)
        if unanswered:
            await self._tell_the_desk()
        if offered:
            await self._offer()

    # Telling the unit

    async def _tell(self, push: DuePush) -> None:
        quiet = push.over is not None
        try:
            lasts = rules.CLOSING_LASTS if quiet else push.expires_at - self._steps.clock()
            message = AlertMessage(alert=push.alert_id, over=push.over)
            # those of one incident replace each other where they wait
            words = push_words(
                message, topic=push.incident_id, seconds=int(lasts.total_seconds()), urgent=not quiet
            )
            (outcome,) = await self._push.send([push.to], words)
        except Exception:
            log.exception("alert %s could not be pushed; it is tried again", push.alert_id)
            outcome = PushOutcome.FAILED
        attempts = push.attempts + 1
        async with self._steps.begin() as step:
            due_at = step.now + rules.wait(attempts)
            again = attempts < rules.CLOSING_TRIES if quiet else due_at < push.expires_at
            if outcome is PushOutcome.FAILED and again:
                await step.tx.alerts.put_off(push.alert_id, push.to.id, due_at, attempts)
                return
            rang = outcome is PushOutcome.TAKEN and not quiet
            if rang:
                await step.tx.alerts.told(push.alert_id, push.to.id, step.now)
            else:
                await step.tx.alerts.take_out(push.alert_id, push.to.id)
            await self._reached(step, push.alert_id, taken=rang)

    async def _clear_away(self, pushes: list[tuple[AlertId, PushId]]) -> None:
        async with self._steps.begin() as step:
            for alert, push in pushes:
                await step.tx.alerts.take_out(alert, push)
                await self._reached(step, alert, taken=False)

    async def _reached(self, step: Step, alert_id: AlertId, *, taken: bool) -> None:
        """How far the alert came, once that is known."""
        alert = await step.tx.alerts.get(alert_id)
        if alert is None or alert.reach is not Reach.TRYING:
            return
        reach = Reach.PUSH
        if not taken:
            if await step.tx.alerts.waits(alert_id):
                return
            reach = self._unreached(await step.tx.units.get(alert.unit_id))
        await step.tx.alerts.change(msgspec.structs.replace(alert, reach=reach))
        step.changed(alert.incident_id)

    def _unreached(self, unit: Unit | None) -> Reach:
        """By no push: then by an open page, or not at all."""
        heard = unit is not None and any(self._hub.hears(member.user_id) for member in unit.crew)
        return Reach.PAGE if heard else Reach.NOBODY

    # Telling the dispatcher

    async def _tell_the_desk(self) -> None:
        async with self._steps.begin() as step:
            free = await step.tx.units.free()
            for alert in await _unanswered(step.tx, step.now, AT_A_TIME):
                offered = await _next(step.tx, alert.incident_id, free, step.now)
                await step.tx.alerts.change(
                    msgspec.structs.replace(alert, silent_at=step.now, next_unit_id=offered)
                )
                details = {"unit": await _call_sign(step.tx, alert.unit_id), "reach": alert.reach.value}
                if offered is not None:
                    details["offered"] = await _call_sign(step.tx, offered)
                await step.record(
                    Action.UNIT_SILENT,
                    actor=SYSTEM,
                    subject=alert.unit_id,
                    incident=alert.incident_id,
                    details=details,
                )
                step.changed(alert.incident_id)

    async def _offer(self) -> None:
        """Offer who is nearest now."""
        async with self._steps.read() as tx:
            if not await _others(tx, self._steps.clock()):
                return
        async with self._steps.begin() as step:
            for alert in await _others(step.tx, step.now):
                await step.tx.alerts.change(alert)
                step.changed(alert.incident_id)


async def _unanswered(tx: Tx, now: datetime, limit: int) -> list[Alert]:
    return await tx.alerts.unanswered(now - rules.WATCHED, now - rules.ANSWER_WITHIN, limit)


def _key(incident: IncidentId, push: PushId) -> str:
    """One at a time, or an alert and its end could overtake each other."""
    return f"{incident} {push}"


async def _others(tx: Tx, now: datetime) -> list[Alert]:
    """Those that nobody answers for which somebody else is nearest by now."""
    free = await tx.units.free()
    silent = await tx.alerts.silent(now - rules.WATCHED, AT_A_TIME)
    nearest = [await _next(tx, alert.incident_id, free, now) for alert in silent]
    return [
        msgspec.structs.replace(alert, next_unit_id=unit)
        for alert, unit in zip(silent, nearest, strict=True)
        if unit != alert.next_unit_id
    ]


async def _next(
    tx: Tx, incident_id: IncidentId, free: list[tuple[UnitId, Position]], now: datetime
) -> UnitId | None:
    incident = await tx.incidents.get(incident_id)
    if incident is None or incident.position is None:
        return None
    return rules.nearest(incident.position, free, await tx.alerts.passed_over(incident_id), now)


async def _call_sign(tx: Tx, unit: UnitId) -> str:
    found = await tx.units.get(unit)
    return found.call_sign if found is not None else ""
