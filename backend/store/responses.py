"""Responses of units to incidents, and the presses that they are made of."""

from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.ids import IncidentId, PressId, ResponseId, UnitId
from backend.model.responses import Press, Response, Status
from backend.store.rows import by_incident, columns, value, values
from backend.store.tables_units import presses, responses

OUT = responses.c.clear_at.is_(None)


class Responses:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, response: Response) -> None:
        """Raises sqlalchemy.exc.IntegrityError for a unit that is there already."""
        await self._db.execute(insert(responses).values(**columns(response)))

    async def get(self, response: ResponseId) -> Response | None:
        """Clear or not."""
        found = await self._db.execute(select(responses).where(responses.c.id == response))
        return value(found.one_or_none(), Response)

    async def out(self, incident: IncidentId, unit: UnitId) -> Response | None:
        """This unit's, as long as it is not clear."""
        found = await self._db.execute(
            select(responses).where(responses.c.incident_id == incident, responses.c.unit_id == unit, OUT)
        )
        return value(found.one_or_none(), Response)

    async def of_incident(self, incident: IncidentId) -> list[Response]:
        """Those that are not clear, in the order in which they were dispatched."""
        return (await self.of_incidents([incident]))[incident]

    async def of_incidents(self, these: Sequence[IncidentId]) -> dict[IncidentId, list[Response]]:
        """The same of each."""
        found = await self._db.execute(
            select(responses)
            .where(responses.c.incident_id.in_(these), OUT)
            .order_by(responses.c.dispatched_at, responses.c.id)
        )
        return by_incident(found, Response)

    async def change(self, response: Response) -> None:
        row = columns(response)
        await self._db.execute(update(responses).where(responses.c.id == response.id).values(**row))

    async def pressed(self, press: PressId) -> bool:
        """Whether this press has been taken before."""
        return await self._db.scalar(select(presses.c.id).where(presses.c.id == press)) is not None

    async def presses(self, response: ResponseId) -> list[Press]:
        """All that were taken; those that were taken back say "dispatched", which is nothing."""
        found = await self._db.execute(select(presses).where(presses.c.response_id == response))
        return values(found, Press)

    async def take_back(self, press: PressId) -> None:
        """It says nothing any more, and stays known."""
        change = update(presses).where(presses.c.id == press)
        await self._db.execute(change.values(status=Status.DISPATCHED.value))

    async def add_press(self, press: Press) -> None:
        await self._db.execute(insert(presses).values(**columns(press)))
