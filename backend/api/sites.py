"""Sites and cameras over HTTP, for their owners; and for staff, what is near an incident.

A body has the names of what its step takes, and no others: it is handed on as it is.
"""

from typing import Annotated

from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec.structs import asdict

from backend.api import guards
from backend.api.bodies import ID
from backend.api.lending_bodies import AddSite, AmendCamera, AmendSite, PauseCamera, RegisterCamera
from backend.model.ids import CameraId, IncidentId, SiteId
from backend.model.lending import CameraView, Nearby, OwnerView, SiteView
from backend.model.people import StaffSession
from backend.services.cameras import Cameras
from backend.services.lending_board import LendingBoard
from backend.services.nearby import Surroundings
from backend.services.sites import Sites
from backend.services.steps import Clock

Id = Annotated[str, PathParameter(pattern=ID)]


@get("/owner", guards=[guards.owners])
async def owner(
    session: NamedDependency[StaffSession],
    lending_board: NamedDependency[LendingBoard],
    clock: NamedDependency[Clock],
) -> OwnerView:
    return await lending_board.owner(session.user, clock())


@get("/agency/sites", guards=[guards.supervisors])
async def city(lending_board: NamedDependency[LendingBoard], clock: NamedDependency[Clock]) -> list[SiteView]:
    return await lending_board.city(clock())


@post("/sites", guards=[guards.managers])
async def add_site(
    data: JSONBody[AddSite], session: NamedDependency[StaffSession], sites: NamedDependency[Sites]
) -> SiteView:
    return await sites.add(session.user, **asdict(data))


@post("/sites/{site:str}/amend", guards=[guards.managers], status_code=200)
async def amend_site(
    site: Id,
    data: JSONBody[AmendSite],
    session: NamedDependency[StaffSession],
    sites: NamedDependency[Sites],
) -> SiteView:
    return await sites.amend(session.user, SiteId(site), **asdict(data))


@delete("/sites/{site:str}", guards=[guards.managers])
async def retire_site(
    site: Id, session: NamedDependency[StaffSession], sites: NamedDependency[Sites]
) -> None:
    await sites.retire(session.user, SiteId(site))


@post("/sites/{site:str}/cameras", guards=[guards.managers])
async def register(
    site: Id,
    data: JSONBody[RegisterCamera],
    session: NamedDependency[StaffSession],
    cameras: NamedDependency[Cameras],
) -> CameraView:
    return await cameras.register(session.user, SiteId(site), **asdict(data))


@post("/cameras/{camera:str}/amend", guards=[guards.managers], status_code=200)
async def amend_camera(
    camera: Id,
    data: JSONBody[AmendCamera],
    session: NamedDependency[StaffSession],
    cameras: NamedDependency[Cameras],
) -> CameraView:
    return await cameras.amend(session.user, CameraId(camera), **asdict(data))


@post("/cameras/{camera:str}/pause", guards=[guards.managers], status_code=200)
async def pause(
    camera: Id,
    data: JSONBody[PauseCamera],
    session: NamedDependency[StaffSession],
    cameras: NamedDependency[Cameras],
) -> CameraView:
    return await cameras.pause(session.user, CameraId(camera), data.minutes)


@post("/cameras/{camera:str}/resume", guards=[guards.managers], status_code=200)
async def resume(
    camera: Id, session: NamedDependency[StaffSession], cameras: NamedDependency[Cameras]
) -> CameraView:
    return await cameras.resume(session.user, CameraId(camera))


@post("/cameras/{camera:str}/stop", guards=[guards.managers], status_code=204)
async def stop(camera: Id, session: NamedDependency[StaffSession], cameras: NamedDependency[Cameras]) -> None:
    await cameras.stop(session.user, CameraId(camera))


@delete("/cameras/{camera:str}", guards=[guards.managers])
async def retire_camera(
    camera: Id, session: NamedDependency[StaffSession], cameras: NamedDependency[Cameras]
) -> None:
    await cameras.retire(session.user, CameraId(camera))


@post("/cameras/{camera:str}/still", guards=[guards.managers], status_code=200)
async def take_still(
    camera: Id, session: NamedDependency[StaffSession], cameras: NamedDependency[Cameras]
) -> CameraView:
    return await cameras.take_still(session.user, CameraId(camera))


@get("/cameras/{camera:str}/still", guards=[guards.managers])
async def still(
    camera: Id, session: NamedDependency[StaffSession], cameras: NamedDependency[Cameras]
) -> Response[bytes]:
    jpeg = await cameras.still(session.user, CameraId(camera))
    return Response(
        jpeg,
        media_type="image/jpeg",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


@get("/incidents/{incident:str}/nearby", guards=[guards.staff])
async def nearby(
    incident: Id,
    session: NamedDependency[StaffSession],
    surroundings: NamedDependency[Surroundings],
) -> Nearby:
    return await surroundings.of(session.user, IncidentId(incident))


ROUTER = Router(
    "/api",
    route_handlers=[
        owner,
        city,
        add_site,
        amend_site,
        retire_site,
        register,
        amend_camera,
        pause,
        resume,
        stop,
        retire_camera,
        take_still,
        still,
        nearby,
    ],
)
