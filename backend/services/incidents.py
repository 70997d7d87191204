"""Incidents: opened, amended, given units, closed. Closing ends everything that hung on it."""

from datetime import datetime

from backend.model.entries import Action
from backend.model.ids import GrantId, IncidentId, UnitId, new_id
from backend.model.incidents import FeedState, Incident
from backend.model.links import Capture
from backend.model.people import User
from backend.model.positions import Position, PositionReport, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.model.views import IncidentView
from backend.services.board import Board
from backend.services.steps import Step, Steps
from media.ports import EndReason, FeedId, Holder, Sfu
from notifications.numbers import BadNumber, normalise


class Incidents:
    """Step 1 of the story, and its end."""

    def __init__(self, steps: Steps, board: Board, sfu: Sfu, country: str) -> None:
        self._steps, self._board, self._sfu, self._country = steps, board, sfu, country

    async def open(
        self,
        user: User,
        *,
        incident_type: str,
        words: str,
        callback_number: str | None,
        position: PositionReport | None,
    ) -> IncidentView:
        """Open one. Raises Refused (bad-number, bad-position)."""
        number = self._number(callback_number) if callback_number else None
        async with self._steps.begin() as step:
            incident = Incident(
                id=IncidentId(new_id("inc")),
                type=incident_type,
                words=words,
                opened_at=step.now,
                opened_by=user.id,
                callback_number=number,
            )
            await step.tx.incidents.add(incident)
            if position is not None:
                await step.tx.incidents.move(incident.id, placed(position, step.now))
            await step.record(
                Action.INCIDENT_OPEN,
                actor=user.id,
                subject=incident.id,
                incident=incident.id,
                type=incident_type,
            )
            return await self._changed(step, incident.id)

    async def amend(
        self,
        user: User,
        incident: IncidentId,
        *,
        words: str | None,
        position: PositionReport | None,
        over_caller: bool = False,
    ) -> IncidentView:
        """Correct the words or the place; what is None stays. Raises Refused.

        What the caller's own phone said of its place is replaced only when `over_caller` says so.
        """
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_AMEND, actor=user.id, subject=incident)
            found = await self._open(step, incident)
            details: dict[str, str] = {}
            if words is not None and words != found.words:
                await step.tx.incidents.reword(incident, words)
                details |= {"words": words, "words_before": found.words}
            if position is not None:
                place = placed(position, step.now)
                known = found.position
                if known is not None and known.source is PositionSource.CALLER:
                    if not over_caller:
                        raise Refused(Refusal.CALLER_PLACED, "The caller's phone has sent its own place.")
                    details["over"] = PositionSource.CALLER.value
                if known is not None:
                    details["place_before"] = coordinates(known)
                await step.tx.incidents.move(incident, place)
                details["place"] = coordinates(place)
            if details:
                await step.record(
                    Action.INCIDENT_AMEND, actor=user.id, subject=incident, incident=incident, details=details
                )
            return await self._changed(step, incident)

    async def assign(self, user: User, incident: IncidentId, unit: UnitId) -> IncidentView:
        """Assign a unit; one that is assigned already stays so. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_ASSIGN, actor=user.id, subject=unit)
            found = await self._open(step, incident)
            sent = await step.tx.units.get(unit)
            if sent is None:
                raise Refused(Refusal.NOT_FOUND)
            if unit not in found.unit_ids:
                await step.tx.incidents.assign(incident, unit)
                await step.record(
                    Action.UNIT_ASSIGN, actor=user.id, subject=unit, incident=incident, unit=sent.call_sign
                )
            return await self._changed(step, incident)

    async def release(self, user: User, incident: IncidentId, unit: UnitId) -> IncidentView:
        """Take a unit off; its crew's pictures of this incident end. Raises Refused."""
        grants: list[GrantId] = []
        async with self._steps.begin() as step:
            step.attempts(Action.UNIT_RELEASE, actor=user.id, subject=unit)
            found = await self._open(step, incident)
            released = await step.tx.units.get(unit)
            if released is not None and unit in found.unit_ids:
                await step.tx.incidents.release(incident, unit)
                crew = await step.tx.units.crew(unit)
                grants = await step.tx.grants.revoke_watchers(incident, crew, step.now)
                await step.record(
                    Action.UNIT_RELEASE,
                    actor=user.id,
                    subject=unit,
                    incident=incident,
                    unit=released.call_sign,
                )
            view = await self._changed(step, incident)
        for grant in grants:
            await self._sfu.end_holder(Holder(grant), EndReason.REVOKED)
        return view

    async def close(self, user: User, incident: IncidentId) -> IncidentView:
        """Close it: links end, grants are revoked, and when this returns no packet flows. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_CLOSE, actor=user.id, subject=incident)
            await self._open(step, incident)
            await step.tx.incidents.close(incident, step.now)
            for link in await step.tx.links.of_incident(incident):
                if link.ended_at is None and link.revoked_at is None:
                    await step.tx.links.change(
                        link.id, ended_at=step.now, asking_key=None, camera=Capture.OFF, position=Capture.OFF
                    )
            await step.tx.grants.revoke_of_incident(incident, step.now)
            feeds = await step.tx.feeds.of_incident(incident)
            for feed in feeds:
                await step.tx.feeds.change(feed.id, FeedState.ENDED, step.now)
            await step.record(Action.INCIDENT_CLOSE, actor=user.id, subject=incident, incident=incident)
            view = await self._changed(step, incident)
        for feed in feeds:
            await self._sfu.end_feed(FeedId(feed.id), EndReason.CLOSED)
        return view

    async def _open(self, step: Step, incident: IncidentId) -> Incident:
        found = await step.tx.incidents.get(incident)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        step.about(incident)
        if found.closed_at is not None:
            raise Refused(Refusal.INCIDENT_CLOSED, "This incident is closed.")
        return found

    async def _changed(self, step: Step, incident: IncidentId) -> IncidentView:
        step.changed(incident)
        found = await step.tx.incidents.get(incident)
        if found is None:
            raise Refused(Refusal.NOT_FOUND)
        return await self._board.incident(step.tx, found, step.now)

    def _number(self, text: str) -> str:
        try:
            return normalise(text, self._country)
        except BadNumber as error:
            raise Refused(Refusal.BAD_NUMBER, str(error)) from error


def coordinates(position: Position) -> str:
    """Latitude and longitude, to a metre."""
    return f"{position.latitude:.5f}, {position.longitude:.5f}"


def placed(report: PositionReport, now: datetime) -> Position:
    """A dispatcher's place. Raises Refused."""
    try:
        return report.received(now, PositionSource.DISPATCHER)
    except ValueError as error:
        raise Refused(Refusal.BAD_POSITION, str(error)) from error
