"""Alerts of units, and the outbox of what browsers are still to be told."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, case, delete, exists, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.alerts import WATCHED, Alert, AlertPush, AlertView, DuePush, Over
from backend.model.ids import AlertId, IncidentId, PushId, ResponseId, SessionId
from backend.model.owners import PushSubscription
from backend.store.responses import OUT
from backend.store.rows import by_incident, columns, fields, values
from backend.store.tables import incidents, push_subscriptions, sessions, users
from backend.store.tables_alerts import alert_pushes, alerts
from backend.store.tables_units import duties, responses

_WHOLE = alerts.join(responses, responses.c.id == alerts.c.response_id).join(
    incidents, incidents.c.id == responses.c.incident_id
)
_CURRENT = and_(alerts.c.acknowledged_at.is_(None), OUT, incidents.c.closed_at.is_(None))
_OVER = case((alerts.c.acknowledged_at.is_not(None), Over.ANSWERED.value), else_=Over.ENDED.value)
_OUTBOX = (  # the browser is still that person's and signed in, and the person on duty in the unit
    alert_pushes.join(_WHOLE, alerts.c.id == alert_pushes.c.alert_id)
    .outerjoin(
        push_subscriptions,
        (push_subscriptions.c.id == alert_pushes.c.push_id)
        & (push_subscriptions.c.user_id == alert_pushes.c.user_id),
    )
    .outerjoin(sessions, sessions.c.id == push_subscriptions.c.session_id)
    .outerjoin(
        duties,
        (duties.c.user_id == alert_pushes.c.user_id)
        & (duties.c.unit_id == responses.c.unit_id)
        & duties.c.ended_at.is_(None),
    )
)


class Alerts:
    """Current is what nobody has acknowledged, of a unit that is not clear and an incident that is open."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, alert: Alert, pushes: Iterable[AlertPush]) -> None:
        await self._db.execute(insert(alerts).values(**_columns(alert)))
        rows = [columns(push) for push in pushes]
        if rows:
            await self._db.execute(insert(alert_pushes), rows)

    async def get(self, alert: AlertId) -> Alert | None:
        return next(iter(await self._where(alerts.c.id == alert)), None)

    async def of_response(self, response: ResponseId) -> Alert | None:
        return next(iter(await self._where(alerts.c.response_id == response)), None)

    async def views(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[AlertView]]:
        """Of each incident's units that are not clear, the oldest first."""
        rows = await self._db.execute(
            select(
                *_of(alerts, AlertView, but="acknowledged_by"), responses.c.unit_id, responses.c.incident_id
            )
            .add_columns(users.c.display_name.label("acknowledged_by"))
            .select_from(_WHOLE.outerjoin(users, users.c.id == alerts.c.acknowledged_by))
            .where(responses.c.incident_id.in_(these), OUT)
            .order_by(alerts.c.raised_at, alerts.c.id)
        )
        return by_incident(rows, AlertView)

    async def change(self, alert: Alert) -> None:
        await self._db.execute(update(alerts).where(alerts.c.id == alert.id).values(**_columns(alert)))

    async def unanswered(self, first: datetime, last: datetime, limit: int) -> list[Alert]:
        """Current ones, raised from `first` to `last`, that the dispatcher has not been told of."""
        raised = alerts.c.raised_at.between(first, last)
        return await self._where(_CURRENT, raised, alerts.c.silent_at.is_(None), limit=limit)

    async def silent(self, first: datetime, limit: int) -> list[Alert]:
        """Current ones, raised from `first` on, that the desk has been told of; no unit was sent since."""
        since = responses.alias()
        helped = exists().where(
            since.c.incident_id == responses.c.incident_id,
            since.c.clear_at.is_(None),
            since.c.dispatched_at >= alerts.c.silent_at,
        )
        told = and_(alerts.c.raised_at >= first, alerts.c.silent_at.is_not(None))
        return await self._where(_CURRENT, told, not_(helped), limit=limit)

    async def withdraw_offers(self, incident: IncidentId) -> None:
        of = select(responses.c.id).where(responses.c.incident_id == incident)
        await self._db.execute(
            update(alerts)
            .where(alerts.c.response_id.in_(of), alerts.c.next_unit_id.is_not(None))
            .values(next_unit_id=None)
        )

    async def passed_over(self, incident: IncidentId) -> set[str]:
        """Units that have not answered an alert of this incident, also those that were released since."""
        rows = await self._db.scalars(
            select(responses.c.unit_id)
            .select_from(_WHOLE)
            .where(
                responses.c.incident_id == incident,
                alerts.c.silent_at.is_not(None),
                alerts.c.acknowledged_at.is_(None),
            )
        )
        return set(rows)

    # The outbox

    async def due(self, now: datetime, limit: int) -> list[DuePush]:
        """Whom to tell now, of an alert or of its end, the longest due first."""
        subscription = _of(push_subscriptions, PushSubscription)
        rows = await self._db.execute(
            select(*subscription, alert_pushes.c.alert_id, alert_pushes.c.attempts)
            .add_columns(responses.c.incident_id, alerts.c.expires_at)
            .add_columns(case((alert_pushes.c.told_at.is_not(None), _OVER)).label("over"))
            .select_from(_OUTBOX)
            .where(or_(_rings(now), and_(_told(now), not_(_CURRENT))), alert_pushes.c.due_at <= now)
            .order_by(alert_pushes.c.due_at, alert_pushes.c.push_id)
            .limit(limit)
        )
        found = [fields(row) for row in rows]
        return [msgspec.convert({**row, "to": row}, DuePush) for row in found]

    async def unwanted(self, now: datetime, limit: int) -> list[tuple[AlertId, PushId, IncidentId]]:
        """Whom nobody tells anything any more."""
        rows = await self._db.execute(
            select(alert_pushes.c.alert_id, alert_pushes.c.push_id, responses.c.incident_id)
            .select_from(_OUTBOX)
            .where(not_(or_(_rings(now), _told(now))))
            .limit(limit)
        )
        return [(row.alert_id, row.push_id, row.incident_id) for row in rows]

    async def put_off(self, alert: AlertId, push: PushId, due_at: datetime, attempts: int) -> None:
        await self._db.execute(
            update(alert_pushes).where(_row(alert, push)).values(due_at=due_at, attempts=attempts)
        )

    async def told(self, alert: AlertId, push: PushId, now: datetime) -> None:
        """It has rung; from now on its end may be told."""
        await self._db.execute(
            update(alert_pushes).where(_row(alert, push)).values(told_at=now, due_at=now, attempts=0)
        )

    async def take_out(self, alert: AlertId, push: PushId) -> None:
        """There is nothing more to tell it."""
        await self._db.execute(delete(alert_pushes).where(_row(alert, push)))

    async def take_out_own(self, alert: AlertId, session: SessionId) -> None:
        """The phone that answers need not be told that somebody has."""
        own = select(push_subscriptions.c.id).where(push_subscriptions.c.session_id == session)
        await self._db.execute(
            delete(alert_pushes).where(alert_pushes.c.alert_id == alert, alert_pushes.c.push_id.in_(own))
        )

    async def take_out_ends(self, incident: IncidentId, to: Sequence[PushId]) -> None:
        """These are told no more of what has ended there: it could replace a newer alert that waits."""
        over = and_(responses.c.incident_id == incident, not_(_CURRENT))
        these = select(alerts.c.id).select_from(_WHOLE).where(over)
        await self._db.execute(
            delete(alert_pushes).where(alert_pushes.c.alert_id.in_(these), alert_pushes.c.push_id.in_(to))
        )

    async def waits(self, alert: AlertId) -> bool:
        """Whether somebody is still to be told of it."""
        of = (alert_pushes.c.alert_id == alert) & alert_pushes.c.told_at.is_(None)
        return await self._db.scalar(select(alert_pushes.c.push_id).where(of).limit(1)) is not None

    async def _where(self, *where: ColumnElement[bool], limit: int = 1) -> list[Alert]:
        rows = await self._db.execute(
            select(alerts, responses.c.incident_id, responses.c.unit_id)
            .select_from(_WHOLE)
            .where(*where)
            .order_by(alerts.c.raised_at, alerts.c.id)
            .limit(limit)
        )
        return values(rows, Alert)


def _columns(alert: Alert) -> dict[str, Any]:
    row = columns(alert)
    del row["incident_id"], row["unit_id"]  # the response's
    return row


def _of(table: Any, struct: type[msgspec.Struct], but: str = "") -> list[Any]:
    """The table's columns that the struct has."""
    return [table.c[name] for name in struct.__struct_fields__ if name in table.c and name != but]


def _rings(now: datetime) -> ColumnElement[bool]:
    """It is to be told of an alert."""
    return and_(
        alert_pushes.c.told_at.is_(None),
        _CURRENT,
        alerts.c.expires_at > now,
        sessions.c.id.is_not(None),
        duties.c.id.is_not(None),
    )


def _told(now: datetime) -> ColumnElement[bool]:
    """It was, not long ago, and somebody is still signed in there."""
    told_at = alert_pushes.c.told_at
    return and_(told_at.is_not(None), told_at > now - WATCHED, sessions.c.id.is_not(None))


def _row(alert: AlertId, push: PushId) -> ColumnElement[bool]:
    return and_(alert_pushes.c.alert_id == alert, alert_pushes.c.push_id == push)
