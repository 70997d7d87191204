"""Guards: who is asking, from where, and in what role. Every route has one or is on the public list.

Cookies are believed only together with our own Origin and the session's CSRF token.
"""

import ipaddress
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.config import Config
from backend.model.ids import Cookie, DeviceToken, GrantSecret
from backend.model.people import Role, StaffSession
from backend.model.refusals import Refusal, Refused
from backend.services.devices import device_token
from backend.services.signin import SignIn

Connection = ASGIConnection[Any, Any, Any, Any]
DESK = (Role.DISPATCHER, Role.SUPERVISOR)
FLYERS = (*DESK, Role.PILOT)
STAFF = (*DESK, Role.OFFICER, Role.PILOT)
OWNERS = (Role.OWNER,)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(config: Config) -> str:
    """`__Host-` binds the cookie to this very host, where TLS allows it (RFC 6265bis)."""
    return "__Host-sightline" if config.secure else "sightline"


def address(connection: Connection) -> str:
    """Where a request comes from, as far as the server (or the proxy it trusts) can tell.

    Of an IPv6 address its /64: whoever has one has all of them.
    """
    host = connection.client.host if connection.client else "unknown"
    try:
        six = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    return str(six.ipv4_mapped or ipaddress.IPv6Network((six, 64), strict=False))


def check_origin(connection: Connection) -> None:
    """Raises Refused unless the page that asks is ours."""
    config: Config = connection.app.state.config
    if connection.headers.get("origin") != config.origin:
        raise Refused(Refusal.BAD_ORIGIN, f"Open {config.public_url} and try again from there.")


def our_pages(connection: Connection, _: BaseRouteHandler) -> None:
    """For routes without a cookie: a browser that says where it is from must be on one of our pages."""
    if "origin" in connection.headers:
        check_origin(connection)


def machines(connection: Connection, _: BaseRouteHandler) -> None:
    """For routes of programs that prove themselves: what names an Origin is a browser, and none of them."""
    if "origin" in connection.headers:
        raise Refused(Refusal.BAD_ORIGIN, "This is for connectors, not for browsers.")


def device_bearer(connection: Connection) -> DeviceToken | None:
    """The token that a device of the agency's shows; None for anything else."""
    scheme, _, text = connection.headers.get("authorization", "").partition(" ")
    return device_token(text.strip()) if scheme.lower() == "bearer" else None


async def who(connection: Connection, *, locked: bool = False) -> StaffSession:
    """The session of this cookie; `locked`: also one that is. Raises Refused."""
    sign_in: SignIn = connection.app.state.sign_in
    text = connection.cookies.get(cookie_name(connection.app.state.config), "")
    try:
        cookie = Cookie(text)
    except ValueError:
        raise Refused(Refusal.NOT_SIGNED_IN, "Sign in first.") from None
    session = await sign_in.session(cookie)
    if session.locked_at is not None and not locked:
        raise Refused(Refusal.SESSION_LOCKED, "Enter your password to go on.")
    return session


async def signed_in(connection: Connection, _: BaseRouteHandler) -> None:
    """Anyone who is signed in, and not locked."""
    await _believe(connection, await who(connection))


async def even_locked(connection: Connection, _: BaseRouteHandler) -> None:
    """Anyone who is signed in: for what shows nothing."""
    await _believe(connection, await who(connection, locked=True))


async def at_the_lock(connection: Connection, _: BaseRouteHandler) -> None:
    """Anyone whose session may be locked and who gives a password: a page loaded anew has no CSRF token."""
    session = await who(connection, locked=True)
    check_origin(connection)
    connection.state.session = session


async def _believe(connection: Connection, session: StaffSession) -> None:
    if connection.scope.get("method", "GET") not in _SAFE:
        check_origin(connection)
        sign_in: SignIn = connection.app.state.sign_in
        sign_in.check_csrf(session, connection.headers.get("x-csrf-token", ""))
    connection.state.session = session


async def staff(connection: Connection, handler: BaseRouteHandler) -> None:
    """Dispatchers, supervisors, officers and pilots: whoever may see incidents at all."""
    await _in_role(connection, handler, STAFF)


async def desk(connection: Connection, handler: BaseRouteHandler) -> None:
    """Dispatchers and supervisors."""
    await _in_role(connection, handler, DESK)


async def flyers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Who may see docks and send drones: the desk and pilots."""
    await _in_role(connection, handler, FLYERS)


async def flight_readers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Who may read of every flight: the desk, pilots and auditors."""
    await _in_role(connection, handler, (*FLYERS, Role.AUDITOR))


async def log_readers(connection: Connection, handler: BaseRouteHandler) -> None:
    """The same, and officers, who see the flights of their own incidents."""
    await _in_role(connection, handler, (*STAFF, Role.AUDITOR))


async def pilots(connection: Connection, handler: BaseRouteHandler) -> None:
    """Pilots of drones."""
    await _in_role(connection, handler, (Role.PILOT,))


async def skywatchers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Who may say what the weather is: pilots and supervisors."""
    await _in_role(connection, handler, (Role.PILOT, Role.SUPERVISOR))


async def officers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Officers."""
    await _in_role(connection, handler, (Role.OFFICER,))


async def officers_even_locked(connection: Connection, handler: BaseRouteHandler) -> None:
    """Officers, whose phone says where they are while its screen shows nothing."""
    await even_locked(connection, handler)
    await _check_role(connection, (Role.OFFICER,))


async def supervisors(connection: Connection, handler: BaseRouteHandler) -> None:
    """Supervisors."""
    await _in_role(connection, handler, (Role.SUPERVISOR,))


async def owners(connection: Connection, handler: BaseRouteHandler) -> None:
    """Owners of lent cameras."""
    await _in_role(connection, handler, OWNERS)


async def auditors(connection: Connection, handler: BaseRouteHandler) -> None:
    """Auditors, and nobody else: who administers does not review."""
    await _in_role(connection, handler, (Role.AUDITOR,))


async def managers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Owners, and supervisors for the city's: whose site it is, the step itself asks."""
    await _in_role(connection, handler, (*OWNERS, Role.SUPERVISOR))


async def reached(connection: Connection, handler: BaseRouteHandler) -> None:
    """Whose browsers are told by push: owners, who are asked, and officers, who are sent."""
    await _in_role(connection, handler, (*OWNERS, Role.OFFICER, Role.SUPERVISOR))


async def _in_role(connection: Connection, handler: BaseRouteHandler, roles: tuple[Role, ...]) -> None:
    await signed_in(connection, handler)
    await _check_role(connection, roles)


async def _check_role(connection: Connection, roles: tuple[Role, ...]) -> None:
    session: StaffSession = connection.state.session
    if session.user.role not in roles:
        sign_in: SignIn = connection.app.state.sign_in
        await sign_in.wrong_role(session, connection.scope["path"])
        raise Refused(Refusal.WRONG_ROLE, f"This is not for the role {session.user.role.value}.")


def provide_session(request: Request[Any, Any, Any]) -> StaffSession:
    """The session that the guard found."""
    session: StaffSession = request.state.session
    return session


def provide_grant(request: Request[Any, Any, Any]) -> GrantSecret:
    """The bearer of a caller's page (RFC 6750). Raises Refused."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise ValueError("no bearer")
        return GrantSecret(text.strip())
    except ValueError:
        raise Refused(Refusal.GRANT_UNKNOWN, "Open the link again.") from None
