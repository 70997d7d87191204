"""Who has an incident, and its transfer to a colleague, over HTTP, for the desk."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.care_bodies import OfferIncident
from backend.model.handling import Colleague
from backend.model.ids import IncidentId, TransferId, UserId
from backend.model.people import StaffSession
from backend.model.views import IncidentView
from backend.services.handling import Handling

Id = Annotated[str, PathParameter(pattern=ID)]


@get("/colleagues", guards=[guards.desk])
async def colleagues(
    session: NamedDependency[StaffSession], handling: NamedDependency[Handling]
) -> list[Colleague]:
    return await handling.colleagues(session.user)


@post("/incidents/{incident:str}/offer", guards=[guards.desk], status_code=200)
async def offer(
    incident: Id,
    data: JSONBody[OfferIncident],
    session: NamedDependency[StaffSession],
    handling: NamedDependency[Handling],
) -> IncidentView:
    to = UserId(data.user_id) if data.user_id is not None else None
    return await handling.offer(session.user, IncidentId(incident), to)


@post("/incidents/{incident:str}/take", guards=[guards.desk], status_code=200)
async def take(
    incident: Id, session: NamedDependency[StaffSession], handling: NamedDependency[Handling]
) -> IncidentView:
    return await handling.take(session.user, IncidentId(incident))


@post("/transfers/{transfer:str}/accept", guards=[guards.desk], status_code=200)
async def accept(
    transfer: Id, session: NamedDependency[StaffSession], handling: NamedDependency[Handling]
) -> IncidentView:
    return await handling.answer(session.user, TransferId(transfer), accept=True)


@post("/transfers/{transfer:str}/decline", guards=[guards.desk], status_code=200)
async def decline(
    transfer: Id, session: NamedDependency[StaffSession], handling: NamedDependency[Handling]
) -> IncidentView:
    return await handling.answer(session.user, TransferId(transfer), accept=False)


@delete("/transfers/{transfer:str}", guards=[guards.desk], status_code=200)
async def withdraw(
    transfer: Id, session: NamedDependency[StaffSession], handling: NamedDependency[Handling]
) -> IncidentView:
    return await handling.withdraw(session.user, TransferId(transfer))


ROUTER = Router("/api", route_handlers=[colleagues, offer, take, accept, decline, withdraw])
