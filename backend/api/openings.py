"""Lent cameras over HTTP: staff open, renew and close them; owners allow it, and press for help."""

from typing import Annotated

from litestar import Router, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.opening_bodies import (
    AnswerAsk,
    OpenCamera,
    OpenedCamera,
    OpenedSite,
    PanicPressed,
    PressPanic,
)
from backend.model.ids import AskId, CameraId, IncidentId, OpeningId, SiteId
from backend.model.lending import OpeningView
from backend.model.people import StaffSession
from backend.services.incidents import Incidents
from backend.services.openings import Openings

Id = Annotated[str, PathParameter(pattern=ID)]


@post("/incidents/{incident:str}/cameras/{camera:str}/open", guards=[guards.staff], status_code=200)
async def open_camera(
    incident: Id,
    camera: Id,
    data: JSONBody[OpenCamera],
    session: NamedDependency[StaffSession],
    openings: NamedDependency[Openings],
) -> OpenedCamera:
    opening, asked = await openings.open(session.user, IncidentId(incident), CameraId(camera), data.reason)
    return OpenedCamera(opening=opening, asked=asked)


@post("/incidents/{incident:str}/site-cameras", guards=[guards.staff], status_code=200)
async def open_site(
    incident: Id, session: NamedDependency[StaffSession], openings: NamedDependency[Openings]
) -> OpenedSite:
    opened, asked = await openings.open_site(session.user, IncidentId(incident))
    return OpenedSite(openings=tuple(opened), asked=tuple(asked))


@post("/openings/{opening:str}/renew", guards=[guards.staff], status_code=200)
async def renew(
    opening: Id, session: NamedDependency[StaffSession], openings: NamedDependency[Openings]
) -> OpeningView:
    return await openings.renew(session.user, OpeningId(opening))


@delete("/openings/{opening:str}", guards=[guards.staff], status_code=204)
async def close(
    opening: Id, session: NamedDependency[StaffSession], openings: NamedDependency[Openings]
) -> None:
    await openings.close(session.user, OpeningId(opening))


@post("/asks/{ask:str}/answer", guards=[guards.managers], status_code=204)
async def answer(
    ask: Id,
    data: JSONBody[AnswerAsk],
    session: NamedDependency[StaffSession],
    openings: NamedDependency[Openings],
) -> None:
    await openings.answer(session.user, AskId(ask), data.allow)


@post("/sites/{site:str}/panic", guards=[guards.managers])
async def panic(
    site: Id,
    data: JSONBody[PressPanic],
    session: NamedDependency[StaffSession],
    incidents: NamedDependency[Incidents],
) -> PanicPressed:
    return PanicPressed(incident=await incidents.panic(session.user, SiteId(site), data.words))


ROUTER = Router("/api", route_handlers=[open_camera, open_site, renew, close, answer, panic])
