"""Sealing and erasing over HTTP, for supervisors, and which uses the public log has of late."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.sealing_bodies import EraseUse, SealUse
from backend.model.ids import UseId
from backend.model.people import StaffSession
from backend.model.sealing import LoggedUse
from backend.services.sealing import Sealing

Id = Annotated[str, PathParameter(pattern=ID)]


@get("/uses")
async def uses(
    sealing: NamedDependency[Sealing],
    before: Annotated[int | None, QueryParameter(ge=0, le=2**31 - 1)] = None,
    sealed: bool = False,
) -> list[LoggedUse]:
    return await sealing.listed(before, sealed=sealed)


@post("/uses/{use:str}/seal", status_code=204)
async def seal(
    use: Id,
    data: JSONBody[SealUse],
    session: NamedDependency[StaffSession],
    sealing: NamedDependency[Sealing],
) -> None:
    await sealing.seal(session.user, UseId(use), data.why, data.days)


@delete("/uses/{use:str}/seal", status_code=204)
async def unseal(use: Id, session: NamedDependency[StaffSession], sealing: NamedDependency[Sealing]) -> None:
    await sealing.unseal(session.user, UseId(use))


@post("/uses/{use:str}/erase", status_code=204)
async def erase(
    use: Id,
    data: JSONBody[EraseUse],
    session: NamedDependency[StaffSession],
    sealing: NamedDependency[Sealing],
) -> None:
    await sealing.erase(session.user, UseId(use), data.why, data.what)


ROUTER = Router("/api/agency", guards=[guards.supervisors], route_handlers=[uses, seal, unseal, erase])
