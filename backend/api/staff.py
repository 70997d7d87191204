"""Sign-in and sign-out, the lock and its key, over HTTP."""

import contextlib
from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie as SetCookie
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.api import guards
from backend.api.bodies import Idle, Unlock
from backend.api.bodies import SignIn as SignInBody
from backend.config import Config
from backend.model.ids import IncidentId
from backend.model.people import StaffSession
from backend.model.refusals import Refused
from backend.model.sessions import device_words
from backend.model.views import Agency, Me
from backend.services.care import Care
from backend.services.locks import Locks
from backend.services.sessions import Sessions
from backend.services.signin import SignIn


@post("/", guards=[])
async def sign_in(
    request: Request[Any, Any, Any],
    data: JSONBody[SignInBody],
    sign_in_service: NamedDependency[SignIn],
    sessions: NamedDependency[Sessions],
    locks: NamedDependency[Locks],
    care: NamedDependency[Care],
    config: NamedDependency[Config],
    agency: NamedDependency[Agency],
) -> Response[Me]:
    guards.check_origin(request)
    device = device_words(request.headers.get("user-agent", ""))
    address = guards.address(request)
    session, secret = await sign_in_service.sign_in(data.name, data.password, address, device)
    with contextlib.suppress(Refused):  # whoever was signed in here, locked or not, is it no more
        await sessions.sign_out(await guards.who(request, locked=True))
    me = await _me(session, sign_in_service, locks, agency, care)
    cookie = SetCookie(
        key=guards.cookie_name(config),
        value=secret.reveal(),
        path="/",
        max_age=config.session_hours * 3600,
        secure=config.secure,
        httponly=True,
        samesite="strict",
    )
    return Response(me, status_code=200, cookies=[cookie])


@get("/", guards=[guards.signed_in])
async def me(
    session: NamedDependency[StaffSession],
    sign_in_service: NamedDependency[SignIn],
    locks: NamedDependency[Locks],
    care: NamedDependency[Care],
    agency: NamedDependency[Agency],
) -> Me:
    return await _me(session, sign_in_service, locks, agency, care)


@post("/idle", guards=[guards.signed_in], status_code=204)
async def idle(
    data: JSONBody[Idle], session: NamedDependency[StaffSession], locks: NamedDependency[Locks]
) -> None:
    incident = IncidentId(data.incident_id) if data.incident_id is not None else None
    locks.report(session, data.idle_ms / 1000, incident)


@post("/lock", guards=[guards.signed_in], status_code=204)
async def lock(session: NamedDependency[StaffSession], locks: NamedDependency[Locks]) -> None:
    await locks.lock(session)


@post("/unlock", guards=[guards.at_the_lock], status_code=200)
async def unlock(
    request: Request[Any, Any, Any],
    data: JSONBody[Unlock],
    session: NamedDependency[StaffSession],
    sign_in_service: NamedDependency[SignIn],
    locks: NamedDependency[Locks],
    care: NamedDependency[Care],
    agency: NamedDependency[Agency],
) -> Me:
    session = await sign_in_service.unlock(session, data.password, guards.address(request))
    return await _me(session, sign_in_service, locks, agency, care)


@delete("/", guards=[guards.even_locked], status_code=204)
async def sign_out(
    session: NamedDependency[StaffSession],
    sessions: NamedDependency[Sessions],
    config: NamedDependency[Config],
) -> Response[None]:
    await sessions.sign_out(session)
    gone = SetCookie(
        key=guards.cookie_name(config),
        value="",
        path="/",
        max_age=0,
        secure=config.secure,
        httponly=True,
        samesite="strict",
    )
    return Response(None, status_code=204, cookies=[gone])


async def _me(session: StaffSession, sign_in: SignIn, locks: Locks, agency: Agency, care: Care) -> Me:
    return Me(
        user=session.user,
        agency=agency,
        csrf=sign_in.csrf(session),
        session=session.id,
        lock_after_s=locks.after_s(session.user.role),
        care=await care.choice(session.user),
    )


ROUTER = Router("/api/session", route_handlers=[sign_in, me, idle, lock, unlock, sign_out])
