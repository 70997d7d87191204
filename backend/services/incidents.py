"""Incidents: opened, amended, closed. Closing ends everything that hung on it."""

import logging
from datetime import datetime

from backend.model.entries import Action
from backend.model.ids import IncidentId, SiteId, new_id
from backend.model.incidents import PANIC, FeedState, Incident
from backend.model.links import NOTHING_SHARED
from backend.model.people import User
from backend.model.positions import COARSE_DIGITS, Position, PositionReport, PositionSource
from backend.model.refusals import Refusal, Refused
from backend.model.sites import may_manage, own_site
from backend.model.views import IncidentView
from backend.services.board import Board
from backend.services.glass import Glass
from backend.services.limits import Rate
from backend.services.openings import Openings
from backend.services.steps import Step, Steps
from media.ports import EndReason, FeedId, Sfu
from notifications.numbers import BadNumber, normalise

log = logging.getLogger(__name__)

SITE_ACCURACY_M = 50.0  # of a panic press: somewhere on the premises


class Incidents:
    """Step 1 of the story, and its end."""

    def __init__(
        self, steps: Steps, board: Board, sfu: Sfu, openings: Openings, glass: Glass, country: str
    ) -> None:
        self._steps, self._board, self._sfu, self._country = steps, board, sfu, country
        self._openings, self._glass = openings, glass
        self._panics = Rate(every_s=30, burst=3)

    async def open(
        self,
        user: User,
        *,
        incident_type: str,
        words: str,
        callback_number: str | None,
        position: PositionReport | None,
    ) -> IncidentView:
        """Open one; a site's own call opens its cameras too. Raises Refused (bad-number, bad-position)."""
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
            await step.tx.handling.give(incident.id, user.id, None, step.now)
            site = await self._recognise(step, incident.id)
            await step.record(
                Action.INCIDENT_OPEN,
                actor=user.id,
                subject=incident.id,
                incident=incident.id,
                details={"type": incident_type, **site},
            )
            view = await step.changed_view(incident.id)
        return await self._with_its_cameras(user, incident.id) if site else view

    async def of_number(self, incident_type: str, number: str) -> IncidentView | None:
        """The open incident of that type and number, where there is one."""
        async with self._steps.read() as tx:
            for found in await tx.incidents.open():
                if (found.type, found.callback_number) == (incident_type, number):
                    return await self._board.incident(tx, found, self._steps.clock())
        return None

    async def panic(self, user: User, site_id: SiteId, words: str) -> IncidentId:
        """The owner's panic press: an incident that every dispatcher sees at once. Raises Refused.

        No camera opens by it: they do for the dispatcher who takes it. While that incident is open, another
        press is told in its log and opens no second one.
        """
        if not self._panics.take(site_id):
            raise Refused(Refusal.TOO_OFTEN, "911 has your press already. Call 911 if you can.")
        async with self._steps.begin() as step:
            site = await step.tx.sites.get(site_id)
            if site is None or site.retired_at is not None:
                raise Refused(Refusal.NOT_FOUND)
            if not may_manage(user, site):
                raise Refused(Refusal.NOT_YOURS, "This site is not yours.")
            incident = await step.tx.incidents.open_at_site(site_id, PANIC)
            again = incident is not None
            if incident is None:
                incident = IncidentId(new_id("inc"))
                await step.tx.incidents.add(
                    Incident(
                        id=incident,
                        type=PANIC,
                        words=words,
                        opened_at=step.now,
                        opened_by=user.id,
                        site_id=site_id,
                    )
                )
                at = Position(
                    latitude=site.point.latitude,
                    longitude=site.point.longitude,
                    accuracy_m=SITE_ACCURACY_M,
                    at=step.now,
                    source=PositionSource.SITE,
                )
                await step.tx.incidents.move(incident, at)
            await step.record(
                Action.INCIDENT_PANIC,
                actor=user.id,
                subject=site_id,
                incident=incident,
                again="yes" if again else "no",
                words=words,
            )
            step.changed(incident)
        return incident

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
            found = await step.open_incident(incident)
            details: dict[str, str] = {}
            site: dict[str, str] = {}
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
                site = await self._recognise(step, incident)  # of several sites with its number, the near one
                details |= site
            if details:
                await step.record(
                    Action.INCIDENT_AMEND, actor=user.id, subject=incident, incident=incident, details=details
                )
            view = await step.changed_view(incident)
        return await self._with_its_cameras(user, incident) if site else view

    async def close(self, user: User, incident: IncidentId) -> IncidentView:
        """Close it: links end, grants are revoked, and when this returns no packet flows. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.INCIDENT_CLOSE, actor=user.id, subject=incident)
            await step.open_incident(incident)
            await step.tx.incidents.close(incident, step.now)
            for link in await step.tx.links.of_incident(incident):
                if link.ended_at is None and link.revoked_at is None:
                    await step.tx.links.change(link.id, ended_at=step.now, asking_key=None, **NOTHING_SHARED)
            ending = await self._openings.end_incident(step, incident, by=user.id)
            await self._glass.end_incident(step, incident, by=user.id)
            await step.tx.grants.revoke_of_incident(incident, step.now)
            feeds = await step.tx.feeds.of_incident(incident)
            for feed in feeds:
                await step.tx.feeds.change(feed.id, FeedState.ENDED, step.now)
            await step.record(Action.INCIDENT_CLOSE, actor=user.id, subject=incident, incident=incident)
            view = await step.changed_view(incident)
        for feed in feeds:
            await self._sfu.end_feed(FeedId(feed.id), EndReason.CLOSED)
        await self._openings.finish(ending)
        return view

    async def _recognise(self, step: Step, incident: IncidentId) -> dict[str, str]:
        """Whose own call it is, by the number that called: kept, and for the log. Nothing when nobody's."""
        found = await step.tx.incidents.get(incident)
        if found is None or found.site_id is not None or found.callback_number is None:
            return {}
        sites = await step.tx.sites.by_number(found.callback_number)
        site = own_site(sites, found.position)
        if site is None:
            return {}
        await step.tx.incidents.set_site(incident, site.id)
        return {"site": site.id}

    async def _with_its_cameras(self, user: User, incident: IncidentId) -> IncidentView:
        """The incident after its site's cameras were opened; whatever comes of that, it is there."""
        try:
            await self._openings.open_site(user, incident)
        except Refused as no:
            log.info("the cameras of a site's own call were not opened: %s", no.refusal.value)
        except Exception:
            log.exception("the cameras of a site's own call could not be opened")
        async with self._steps.read() as tx:
            found = await tx.incidents.get(incident)
            if found is None:
                raise Refused(Refusal.NOT_FOUND)
            return await self._board.incident(tx, found, self._steps.clock())

    def _number(self, text: str) -> str:
        try:
            return normalise(text, self._country)
        except BadNumber as error:
            raise Refused(Refusal.BAD_NUMBER, str(error)) from error


def coordinates(position: Position) -> str:
    """Latitude and longitude for the log, which keeps all for ever: a kilometre, and no nearer."""
    return f"{position.latitude:.{COARSE_DIGITS}f}, {position.longitude:.{COARSE_DIGITS}f}"


def placed(report: PositionReport, now: datetime) -> Position:
    """A dispatcher's place. Raises Refused."""
    try:
        return report.received(now, PositionSource.DISPATCHER)
    except ValueError as error:
        raise Refused(Refusal.BAD_POSITION, str(error)) from error
