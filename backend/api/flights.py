"""Drones for incidents over HTTP: the desk and pilots send and call home, pilots do all, officers read."""

from datetime import datetime
from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import JSONBody, PathParameter, QueryParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.flight_bodies import LookAt, SendDrone, SteerDrone, TurnGimbal, ZoomCamera
from backend.model.flight_records import FlightLog, FlightPage
from backend.model.hangar import ChoiceView, FlightView, Order
from backend.model.ids import DroneId, FlightId, IncidentId
from backend.model.people import StaffSession
from backend.model.positions import Point
from backend.services.controls import Controls
from backend.services.dispatch import Dispatch
from backend.services.flight_log import FlightLogs
from backend.services.offers import Offers
from media.connector.drone_frames import Gimbal, Steer

Id = Annotated[str, PathParameter(pattern=ID)]
Who = NamedDependency[StaffSession]
Does = NamedDependency[Controls]


@get("/incidents/{incident:str}/drones", guards=[guards.staff])
async def choices(incident: Id, session: Who, dispatch: NamedDependency[Dispatch]) -> ChoiceView:
    return await dispatch.choices(session.user, IncidentId(incident))


@post("/incidents/{incident:str}/flights", guards=[guards.flyers])
async def send(
    incident: Id, data: JSONBody[SendDrone], session: Who, dispatch: NamedDependency[Dispatch]
) -> FlightView:
    drone = DroneId(data.drone_id) if data.drone_id is not None else None
    return await dispatch.send(session.user, IncidentId(incident), drone)


@post("/incidents/{incident:str}/drones/decline", guards=[guards.flyers], status_code=204)
async def decline(incident: Id, session: Who, offers: NamedDependency[Offers]) -> None:
    await offers.decline(session.user, IncidentId(incident))


@post("/flights/{flight:str}/hold", guards=[guards.pilots], status_code=200)
async def hold(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.hold(session.user, FlightId(flight))


@post("/flights/{flight:str}/go-on", guards=[guards.pilots], status_code=200)
async def go_on(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.go_on(session.user, FlightId(flight))


@post("/flights/{flight:str}/follow", guards=[guards.pilots], status_code=200)
async def follow(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.follow(session.user, FlightId(flight))


@post("/flights/{flight:str}/stay", guards=[guards.pilots], status_code=200)
async def stay(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.stay(session.user, FlightId(flight))


@post("/flights/{flight:str}/return", guards=[guards.flyers], status_code=200)
async def send_home(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.send_home(session.user, FlightId(flight))


@post("/flights/{flight:str}/land", guards=[guards.pilots], status_code=200)
async def land(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.land(session.user, FlightId(flight))


@post("/flights/{flight:str}/command", guards=[guards.pilots], status_code=200)
async def command(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.command(session.user, FlightId(flight))


@post("/flights/{flight:str}/handover", guards=[guards.pilots], status_code=200)
async def handover(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.handover(session.user, FlightId(flight))


@post("/flights/{flight:str}/parachute", guards=[guards.pilots], status_code=200)
async def parachute(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.parachute(session.user, FlightId(flight))


@post("/flights/{flight:str}/steer", guards=[guards.pilots], status_code=200)
async def steer(flight: Id, data: JSONBody[SteerDrone], session: Who, controls: Does) -> Order:
    do = Steer(
        forward_mps=data.forward_mps, right_mps=data.right_mps, up_mps=data.up_mps, turn_dps=data.turn_dps
    )
    return await controls.steer(session.user, FlightId(flight), do)


@post("/flights/{flight:str}/let-go", guards=[guards.pilots], status_code=200)
async def let_go(flight: Id, session: Who, controls: Does) -> Order:
    return await controls.let_go(session.user, FlightId(flight))


@post("/flights/{flight:str}/gimbal", guards=[guards.pilots], status_code=200)
async def gimbal(flight: Id, data: JSONBody[TurnGimbal], session: Who, controls: Does) -> Order:
    do = Gimbal(pitch_deg=data.pitch_deg, yaw_deg=data.yaw_deg)
    return await controls.gimbal(session.user, FlightId(flight), do)


@post("/flights/{flight:str}/look-at", guards=[guards.pilots], status_code=200)
async def look_at(flight: Id, data: JSONBody[LookAt], session: Who, controls: Does) -> Order:
    place = Point(latitude=data.latitude, longitude=data.longitude)
    return await controls.look_at(session.user, FlightId(flight), place)


@post("/flights/{flight:str}/zoom", guards=[guards.pilots], status_code=200)
async def zoom(flight: Id, data: JSONBody[ZoomCamera], session: Who, controls: Does) -> Order:
    return await controls.zoom(session.user, FlightId(flight), data.times)


@get("/flights", guards=[guards.flight_readers])
async def page(
    session: Who,
    flight_logs: NamedDependency[FlightLogs],
    before: Annotated[datetime | None, QueryParameter()] = None,
) -> FlightPage:
    if before is not None and before.tzinfo is None:
        raise HTTPException("A moment has a zone.", status_code=400)
    return await flight_logs.page(session.user, before)


@get("/flights/{flight:str}/log", guards=[guards.log_readers])
async def log(flight: Id, session: Who, flight_logs: NamedDependency[FlightLogs]) -> FlightLog:
    return await flight_logs.read(session.user, FlightId(flight))


ROUTER = Router(
    "/api",
    route_handlers=[
        choices,
        send,
        decline,
        hold,
        go_on,
        follow,
        stay,
        send_home,
        land,
        command,
        handover,
        parachute,
        steer,
        let_go,
        gimbal,
        look_at,
        zoom,
        page,
        log,
    ],
)
