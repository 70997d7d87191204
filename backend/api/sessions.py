"""Who is signed in where, and how that is ended from another device, over HTTP."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID, EndSession
from backend.model.ids import SessionId, UserId
from backend.model.people import StaffSession
from backend.model.sessions import PersonSessions
from backend.services.sessions import Sessions

Id = Annotated[str, PathParameter(pattern=ID)]


@get("/sessions", guards=[guards.signed_in])
async def sessions_page(
    session: NamedDependency[StaffSession], sessions: NamedDependency[Sessions]
) -> list[PersonSessions]:
    return await sessions.page(session)


@post("/sessions/{ended:str}/end", guards=[guards.signed_in], status_code=204)
async def end(
    ended: Id,
    data: JSONBody[EndSession],
    session: NamedDependency[StaffSession],
    sessions: NamedDependency[Sessions],
) -> None:
    await sessions.end(session, SessionId(ended), data.reason)


@post("/people/{user:str}/sessions/end", guards=[guards.signed_in], status_code=204)
async def end_all(
    user: Id,
    data: JSONBody[EndSession],
    session: NamedDependency[StaffSession],
    sessions: NamedDependency[Sessions],
) -> None:
    await sessions.end_all(session, UserId(user), data.reason)


ROUTER = Router("/api", route_handlers=[sessions_page, end, end_all])
