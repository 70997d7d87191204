"""Calls that ended before anybody knew why: one press makes an incident and sends its link. Step 1a."""

import asyncio

from backend.model.ids import IncidentId
from backend.model.incidents import HUNG_UP
from backend.model.links import LinkFor, LinkKind, Manner, To
from backend.model.people import User
from backend.model.positions import PositionReport
from backend.model.views import IncidentView, LinkView
from backend.services.incidents import Incidents
from backend.services.links import Links


class HungUp:
    """Steps 1 and 2 of the story, for a number and nothing else."""

    def __init__(self, incidents: Incidents, links: Links) -> None:
        self._incidents, self._links = incidents, links
        self._turn = asyncio.Lock()  # who presses second finds what the first makes

    async def press(
        self,
        user: User,
        number: str,
        words: str,
        position: PositionReport | None,
        manner: Manner,
        language: str | None = None,
    ) -> tuple[IncidentView, LinkView]:
        """The number's open incident of that type, or a new one, and its link. Raises Refused (bad-number).

        A second press finds what the first has made: nobody is texted twice because a key was held down.
        """
        to = self._links.checked(To(number=number))
        async with self._turn:
            return await self._press(user, to, words, position, manner, language)

    async def _press(
        self,
        user: User,
        to: To,
        words: str,
        position: PositionReport | None,
        manner: Manner,
        language: str | None,
    ) -> tuple[IncidentView, LinkView]:
        incident = await self._incidents.of_number(HUNG_UP, to.number)
        if incident is None:
            incident = await self._incidents.open(
                user, incident_type=HUNG_UP, words=words, callback_number=to.number, position=position
            )
        if incident.links:
            return incident, incident.links[0]
        link = await self._links.issue(
            user, IncidentId(incident.id), to, LinkKind.LIVE, LinkFor.HUNG_UP, manner, language
        )
        return incident, link
