"""Offers: a drone for each call of the types that the agency lists, which a pilot confirms by sending it."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from backend.model.entries import Action
from backend.model.hangar import OfferView
from backend.model.ids import IncidentId
from backend.model.incidents import Incident
from backend.model.people import User
from backend.model.refusals import Refused
from backend.services.aloft import SYSTEM, Aloft
from backend.services.dispatch import Dispatch, place_of
from backend.services.docks import Docks
from backend.services.steps import Steps

OFFERED_WITHIN = timedelta(minutes=10)  # of an incident's opening
LAPSES = timedelta(minutes=3)
LOOK_EVERY = timedelta(seconds=2)
MOST_OFFERS = 20


class Offers:
    """`types` are the calls that a drone is offered for."""

    def __init__(
        self, steps: Steps, aloft: Aloft, docks: Docks, dispatch: Dispatch, types: Collection[str]
    ) -> None:
        self._steps, self._aloft, self._docks, self._dispatch = steps, aloft, docks, dispatch
        self._types = frozenset(types)
        self._answered: set[IncidentId] = set()  # lapsed, or declined
        self._looked_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def decline(self, user: User, incident: IncidentId) -> None:
        """No drone for this call: its offer goes. Nothing when there is none. Raises Refused."""
        found = await self._dispatch.incident(user, incident)
        offer = self._aloft.offers.get(incident)
        if offer is None:
            return
        async with self._steps.begin() as step:
            await step.record(
                Action.DRONE_DECLINE,
                actor=user.id,
                subject=offer.drone_id,
                incident=found.id,
                drone=offer.drone,
            )
        await self._take_back(incident)

    async def look(self) -> None:
        """Offer drones for such calls, and take back what nobody answered."""
        now = self._steps.clock()
        if not self._types or self._turn.locked():  # a choice among many drones takes its time
            return
        if self._looked_at is not None and timedelta() <= now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        async with self._turn:
            await self._look(now)

    async def _look(self, now: datetime) -> None:
        async with self._steps.read() as tx:
            open_now = {incident.id: incident for incident in await tx.incidents.open()}
        for key, offer in list(self._aloft.offers.items()):
            if key not in open_now or now - offer.offered_at > LAPSES:
                await self._take_back(key)
        self._answered |= {live.record.incident_id for live in self._aloft}  # sent by somebody's own press
        self._answered &= open_now.keys()
        for incident in open_now.values():
            if self._wants(incident, now):
                await self._offer(incident, now)

    def _wants(self, incident: Incident, now: datetime) -> bool:
        return (
            incident.type in self._types
            and incident.position is not None
            and now - incident.opened_at <= OFFERED_WITHIN
            and incident.id not in self._aloft.offers
            and incident.id not in self._answered
            and not self._aloft.of_incident(incident.id)
            and len(self._aloft.offers) < MOST_OFFERS
        )

    async def _offer(self, incident: Incident, now: datetime) -> None:
        try:
            best = (await self._dispatch.choose(place_of(incident))).best
        except Refused:
            return
        if best is None or best.plan is None:
            return  # a drone may be free in a moment
        offer = OfferView(
            incident_id=incident.id,
            drone_id=best.stand.drone.id,
            drone=best.stand.drone.name,
            dock=best.stand.dock.name,
            to_scene_s=best.plan.to_scene_s,
            offered_at=now,
        )
        async with self._steps.begin() as step:
            await step.record(
                Action.DRONE_OFFER,
                actor=SYSTEM,
                subject=offer.drone_id,
                incident=incident.id,
                drone=offer.drone,
                type=incident.type,
            )
        self._aloft.offers[incident.id] = offer
        await self._docks.tell()

    async def _take_back(self, incident: IncidentId) -> None:
        self._answered.add(incident)
        if self._aloft.offers.pop(incident, None) is not None:
            await self._docks.tell()
