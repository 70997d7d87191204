"""Broken glass over HTTP, for supervisors."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.review_bodies import BreakGlass
from backend.model.ids import GlassId, IncidentId, UserId
from backend.model.people import StaffSession
from backend.model.views import IncidentView, LockedOut
from backend.services.glass import Glass

Id = Annotated[str, PathParameter(pattern=ID)]


@get("/incidents/{incident:str}/locked-out", guards=[guards.supervisors])
async def locked_out(incident: Id, glass_service: NamedDependency[Glass]) -> list[LockedOut]:
    return await glass_service.locked_out(IncidentId(incident))


@post("/incidents/{incident:str}/glass", guards=[guards.supervisors], status_code=200)
async def break_for(
    incident: Id,
    data: JSONBody[BreakGlass],
    session: NamedDependency[StaffSession],
    glass_service: NamedDependency[Glass],
) -> IncidentView:
    return await glass_service.break_for(
        session.user, IncidentId(incident), UserId(data.user_id), data.reason, data.minutes
    )


@delete("/glass/{glass:str}", guards=[guards.supervisors], status_code=204)
async def revoke(
    glass: Id, session: NamedDependency[StaffSession], glass_service: NamedDependency[Glass]
) -> None:
    await glass_service.revoke(session.user, GlassId(glass))


ROUTER = Router("/api", route_handlers=[locked_out, break_for, revoke])
