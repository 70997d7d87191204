"""Docks, drones and the sky over HTTP: supervisors register, pilots are on watch, stations report."""

from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.dock_bodies import (
    AmendDock,
    HeardTraffic,
    MaintainDrone,
    RegisterDock,
    RegisterDrone,
    SayWeather,
    TakenTraffic,
    TakeWatch,
)
from backend.model.hangar import DockView, UndockedView
from backend.model.ids import ConnectorId, DockId, DroneId, SiteId
from backend.model.people import StaffSession
from backend.model.refusals import Refusal, Refused
from backend.model.traffic import Aircraft
from backend.model.weather import Weather
from backend.services.docks import Docks, NewDrone
from backend.services.skies import Skies
from backend.services.steps import Clock

Id = Annotated[str, PathParameter(pattern=ID)]
EMPTY = b'{"type":"FeatureCollection","features":[]}'


@get("/docks", guards=[guards.flyers])
async def docks(docks_service: NamedDependency[Docks]) -> list[DockView]:
    return await docks_service.all()


@get("/docks/undocked", guards=[guards.supervisors])
async def undocked(docks_service: NamedDependency[Docks]) -> list[UndockedView]:
    return await docks_service.undocked()


@post("/docks", guards=[guards.supervisors])
async def register(
    data: JSONBody[RegisterDock],
    session: NamedDependency[StaffSession],
    docks_service: NamedDependency[Docks],
) -> DockView:
    return await docks_service.register(
        session.user,
        site=SiteId(data.site_id),
        connector=ConnectorId(data.connector_id),
        name=data.name,
        point=data.point,
        roof_m=data.roof_m,
        waiver=data.waiver,
        drone=_new_drone(data.drone),
    )


@post("/docks/{dock:str}/amend", guards=[guards.supervisors], status_code=200)
async def amend(
    dock: Id,
    data: JSONBody[AmendDock],
    session: NamedDependency[StaffSession],
    docks_service: NamedDependency[Docks],
) -> DockView:
    return await docks_service.amend(session.user, DockId(dock), **msgspec.structs.asdict(data))


@delete("/docks/{dock:str}", guards=[guards.supervisors], status_code=204)
async def retire(
    dock: Id, session: NamedDependency[StaffSession], docks_service: NamedDependency[Docks]
) -> None:
    await docks_service.retire(session.user, DockId(dock))


@post("/drones/{drone:str}/maintain", guards=[guards.supervisors], status_code=200)
async def maintain(
    drone: Id,
    data: JSONBody[MaintainDrone],
    session: NamedDependency[StaffSession],
    docks_service: NamedDependency[Docks],
) -> DockView:
    return await docks_service.maintain(session.user, DroneId(drone), **msgspec.structs.asdict(data))


@post("/docks/{dock:str}/watch", guards=[guards.pilots], status_code=200)
async def watch(
    dock: Id,
    data: JSONBody[TakeWatch],
    session: NamedDependency[StaffSession],
    docks_service: NamedDependency[Docks],
) -> DockView:
    return await docks_service.watch(session.user, DockId(dock), data.observers)


@delete("/docks/{dock:str}/watch", guards=[guards.pilots], status_code=200)
async def leave(
    dock: Id, session: NamedDependency[StaffSession], docks_service: NamedDependency[Docks]
) -> DockView:
    return await docks_service.leave(session.user, DockId(dock))


@get("/airspace", guards=[guards.flight_readers])
async def airspace(skies: NamedDependency[Skies]) -> Response[bytes]:
    return Response(skies.areas or EMPTY, media_type="application/geo+json")


@get("/weather", guards=[guards.flyers])
async def weather(skies: NamedDependency[Skies]) -> Weather | None:
    return skies.weather


@put("/weather", guards=[guards.skywatchers], status_code=204)
async def say_weather(
    data: JSONBody[SayWeather],
    session: NamedDependency[StaffSession],
    skies: NamedDependency[Skies],
    clock: NamedDependency[Clock],
) -> None:
    await skies.say(session.user, _weather(data, clock))


@post("/station/weather", guards=[guards.machines], status_code=204)
async def measured(
    request: Request[Any, Any, Any],
    data: JSONBody[SayWeather],
    skies: NamedDependency[Skies],
    clock: NamedDependency[Clock],
) -> None:
    await skies.measured(await skies.admit(guards.device_bearer(request)), _weather(data, clock))


@post("/station/traffic", guards=[guards.machines], status_code=200)
async def heard(
    request: Request[Any, Any, Any],
    data: JSONBody[HeardTraffic],
    skies: NamedDependency[Skies],
    clock: NamedDependency[Clock],
) -> TakenTraffic:
    station, now = await skies.admit(guards.device_bearer(request)), clock()
    aircraft = [
        Aircraft(
            name=each.name,
            point=each.point,
            track_deg=each.track_deg,
            speed_mps=each.speed_mps,
            height_m=each.height_m,
            at=now - timedelta(milliseconds=each.age_ms),
        )
        for each in data.aircraft
    ]
    return TakenTraffic(taken=await skies.hears(station, aircraft))


def _new_drone(data: RegisterDrone) -> NewDrone:
    try:
        airframe = data.sheet.airframe
    except ValueError as error:
        raise Refused(Refusal.BAD_DOCK, f"{data.sheet.name}: {error}.") from error
    given = msgspec.structs.asdict(data)
    del given["sheet"]
    return NewDrone(airframe=airframe, **given)


def _weather(data: SayWeather, clock: Clock) -> Weather:
    try:
        return Weather(**{**msgspec.structs.asdict(data), "at": data.at or clock()})
    except ValueError as error:
        raise Refused(Refusal.BAD_WEATHER, f"{error}.") from error


ROUTER = Router(
    "/api",
    route_handlers=[
        docks,
        undocked,
        register,
        amend,
        retire,
        maintain,
        watch,
        leave,
        airspace,
        weather,
        say_weather,
        measured,
        heard,
    ],
)
