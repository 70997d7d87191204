"""Sign-in and sign-out over HTTP."""

from typing import Any

from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie as SetCookie
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.api import guards
from backend.api.bodies import SignIn as SignInBody
from backend.config import Config
from backend.model.people import StaffSession
from backend.model.views import Agency, Me
from backend.services.signin import SignIn


@post("/", guards=[])
async def sign_in(
    request: Request[Any, Any, Any],
    data: JSONBody[SignInBody],
    sign_in_service: NamedDependency[SignIn],
    config: NamedDependency[Config],
    agency: NamedDependency[Agency],
) -> Response[Me]:
    guards.check_origin(request)
    session, secret = await sign_in_service.sign_in(data.name, data.password, guards.address(request))
    me = Me(user=session.user, agency=agency, csrf=sign_in_service.csrf(session), session=session.id)
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
    agency: NamedDependency[Agency],
) -> Me:
    return Me(user=session.user, agency=agency, csrf=sign_in_service.csrf(session), session=session.id)


@delete("/", guards=[guards.signed_in], status_code=204)
async def sign_out(
    session: NamedDependency[StaffSession],
    sign_in_service: NamedDependency[SignIn],
    config: NamedDependency[Config],
) -> Response[None]:
    await sign_in_service.sign_out(session)
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


ROUTER = Router("/api/session", route_handlers=[sign_in, me, sign_out])
