"""Incidents, links and feeds over HTTP, for those who are signed in."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import (
    ID,
    AmendIncident,
    Handout,
    HungUpCall,
    IssuedLink,
    IssueLink,
    OpenedHungUp,
    OpenIncident,
    SendLinkAlso,
    SpokenCode,
    WatchGrant,
)
from backend.model.ids import FeedId, IncidentId, LinkId
from backend.model.links import To
from backend.model.people import StaffSession
from backend.model.positions import Position
from backend.model.views import EntryView, IncidentView, LinkView
from backend.services.access import Access
from backend.services.board import Board
from backend.services.hung_up import HungUp
from backend.services.incidents import Incidents
from backend.services.links import Links
from backend.services.steps import Clock

Id = Annotated[str, PathParameter(pattern=ID)]


@post("/incidents", guards=[guards.desk])
async def open_incident(
    data: JSONBody[OpenIncident],
    session: NamedDependency[StaffSession],
    incidents: NamedDependency[Incidents],
) -> IncidentView:
    return await incidents.open(
        session.user,
        incident_type=data.type,
        words=data.words,
        callback_number=data.callback_number,
        position=data.position.reported() if data.position else None,
    )


@get("/incidents/closed", guards=[guards.desk])
async def closed(board: NamedDependency[Board], clock: NamedDependency[Clock]) -> list[IncidentView]:
    return await board.closed(clock())


@post("/incidents/{incident:str}/amend", guards=[guards.desk], status_code=200)
async def amend(
    incident: Id,
    data: JSONBody[AmendIncident],
    session: NamedDependency[StaffSession],
    incidents: NamedDependency[Incidents],
) -> IncidentView:
    return await incidents.amend(
        session.user,
        IncidentId(incident),
        words=data.words,
        position=data.position.reported() if data.position else None,
        over_caller=data.over_caller,
    )


@post("/incidents/{incident:str}/close", guards=[guards.desk], status_code=200)
async def close(
    incident: Id, session: NamedDependency[StaffSession], incidents: NamedDependency[Incidents]
) -> IncidentView:
    return await incidents.close(session.user, IncidentId(incident))


@get("/incidents/{incident:str}/entries", guards=[guards.staff])
async def entries(
    incident: Id,
    session: NamedDependency[StaffSession],
    board: NamedDependency[Board],
    clock: NamedDependency[Clock],
) -> list[EntryView]:
    return await board.entries(session.user, IncidentId(incident), clock())


@get("/incidents/{incident:str}/trail", guards=[guards.staff])
async def trail(
    incident: Id,
    session: NamedDependency[StaffSession],
    board: NamedDependency[Board],
    clock: NamedDependency[Clock],
) -> list[Position]:
    return await board.trail(session.user, IncidentId(incident), clock())


@post("/hung-up", guards=[guards.desk])
async def open_hung_up(
    data: JSONBody[HungUpCall],
    session: NamedDependency[StaffSession],
    hung_up: NamedDependency[HungUp],
    links: NamedDependency[Links],
) -> OpenedHungUp:
    place = data.position.reported() if data.position else None
    incident, link = await hung_up.press(
        session.user, data.number.strip(), data.words, place, data.manner, data.language
    )
    return OpenedHungUp(incident=incident, link=link, handout=await _handout(links, session, link))


@post("/incidents/{incident:str}/links", guards=[guards.desk])
async def issue(
    incident: Id,
    data: JSONBody[IssueLink],
    session: NamedDependency[StaffSession],
    links: NamedDependency[Links],
) -> IssuedLink:
    to = To(number=data.number.strip(), email=data.email.strip(), shown=data.shown)
    link = await links.issue(
        session.user, IncidentId(incident), to, data.kind, data.whom, data.manner, data.language
    )
    return IssuedLink(link=link, handout=await _handout(links, session, link))


@post("/links/{link:str}/resend", guards=[guards.desk], status_code=200)
async def resend(
    link: Id, session: NamedDependency[StaffSession], links: NamedDependency[Links]
) -> IssuedLink:
    view = await links.resend(session.user, LinkId(link))
    return IssuedLink(link=view, handout=await _handout(links, session, view))


@post("/links/{link:str}/also", guards=[guards.desk], status_code=200)
async def also(
    link: Id,
    data: JSONBody[SendLinkAlso],
    session: NamedDependency[StaffSession],
    links: NamedDependency[Links],
) -> IssuedLink:
    to = To(number=data.number.strip(), email=data.email.strip())
    view = await links.also(session.user, LinkId(link), to, data.language)
    return IssuedLink(link=view, handout=await _handout(links, session, view))


@post("/links/{link:str}/revoke", guards=[guards.desk], status_code=200)
async def revoke(link: Id, session: NamedDependency[StaffSession], links: NamedDependency[Links]) -> LinkView:
    return await links.revoke(session.user, LinkId(link))


@post("/links/{link:str}/code", guards=[guards.desk], status_code=200)
async def speak(
    link: Id, session: NamedDependency[StaffSession], links: NamedDependency[Links]
) -> SpokenCode:
    code, lasts = await links.speak(session.user, LinkId(link))
    return SpokenCode(code=code, seconds_left=int(lasts.total_seconds()))


@post("/links/{link:str}/allow", guards=[guards.desk], status_code=200)
async def allow(link: Id, session: NamedDependency[StaffSession], links: NamedDependency[Links]) -> LinkView:
    return await links.allow(session.user, LinkId(link))


@get("/links/{link:str}/handout", guards=[guards.desk])
async def handout(link: Id, session: NamedDependency[StaffSession], links: NamedDependency[Links]) -> Handout:
    url, qr_svg = await links.handout(session.user, LinkId(link))
    return Handout(url=url, qr_svg=qr_svg)


@post("/feeds/{feed:str}/watch", guards=[guards.staff], status_code=200)
async def watch(
    feed: Id, session: NamedDependency[StaffSession], access: NamedDependency[Access]
) -> WatchGrant:
    secret, lasts = await access.watch(session, FeedId(feed))
    return WatchGrant(whep=f"/whep/{feed}", bearer=secret.reveal(), seconds_left=int(lasts.total_seconds()))


async def _handout(links: Links, session: StaffSession, link: LinkView) -> Handout | None:
    if link.sender != "console":
        return None
    url, qr_svg = await links.handout(session.user, LinkId(link.id))
    return Handout(url=url, qr_svg=qr_svg)


ROUTER = Router(
    "/api",
    route_handlers=[
        open_incident,
        open_hung_up,
        closed,
        amend,
        close,
        entries,
        trail,
        issue,
        resend,
        also,
        revoke,
        speak,
        allow,
        handout,
        watch,
    ],
)
