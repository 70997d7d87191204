"""How somebody becomes an owner, over HTTP: the public page, and supervisors who invite."""

from typing import Annotated, Any

from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.lending_bodies import (
    AcceptInvitation,
    InvitationLink,
    InviteOwner,
    LookInvitation,
    OwnerInvited,
    RequestInvitation,
)
from backend.model.ids import InvitationToken, RequestId
from backend.model.owners import OwnerRequest
from backend.model.people import StaffSession
from backend.model.views import Agency
from backend.services.links import drawn
from backend.services.owners import Owners

Id = Annotated[str, PathParameter(pattern=ID)]


@post("/look", status_code=200)
async def look(
    request: Request[Any, Any, Any],
    data: JSONBody[LookInvitation],
    owners: NamedDependency[Owners],
    agency: NamedDependency[Agency],
) -> OwnerInvited:
    invitation = await owners.look(InvitationToken(data.token), guards.address(request))
    return OwnerInvited(agency=agency.name, display_name=invitation.display_name)


@post("/", status_code=204)
async def accept(
    request: Request[Any, Any, Any], data: JSONBody[AcceptInvitation], owners: NamedDependency[Owners]
) -> None:
    await owners.accept(
        InvitationToken(data.token),
        name=data.name,
        display_name=data.display_name,
        password=data.password,
        kind=data.kind,
        address=guards.address(request),
    )


@post("/request", status_code=204)
async def ask(
    request: Request[Any, Any, Any], data: JSONBody[RequestInvitation], owners: NamedDependency[Owners]
) -> None:
    await owners.request(
        kind=data.kind,
        display_name=data.display_name,
        number=data.number,
        email=data.email,
        place=data.address,
        words=data.words,
        address=guards.address(request),
    )


@get("/requests")
async def requests(owners: NamedDependency[Owners]) -> list[OwnerRequest]:
    return await owners.requests()


@post("/requests/{request_id:str}/approve", status_code=200)
async def approve(
    request_id: Id, session: NamedDependency[StaffSession], owners: NamedDependency[Owners]
) -> InvitationLink:
    return _shown(await owners.approve(session.user, RequestId(request_id)))


@post("/requests/{request_id:str}/decline", status_code=204)
async def decline(
    request_id: Id, session: NamedDependency[StaffSession], owners: NamedDependency[Owners]
) -> None:
    await owners.decline(session.user, RequestId(request_id))


@post("/invitations", status_code=200)
async def invite(
    data: JSONBody[InviteOwner],
    session: NamedDependency[StaffSession],
    owners: NamedDependency[Owners],
) -> InvitationLink:
    return _shown(await owners.invite(session.user, data.display_name))


def _shown(url: str) -> InvitationLink:
    return InvitationLink(url=url, qr_svg=drawn(url))


ROUTER = Router("/api/join", guards=[guards.our_pages], route_handlers=[look, accept, ask])
AGENCY_ROUTER = Router(
    "/api/agency",
    guards=[guards.supervisors],
    route_handlers=[requests, approve, decline, invite],
)
