"""Duty, statuses and positions over HTTP: what an officer's phone says, and the desk for a unit."""

from datetime import timedelta
from typing import Annotated

from litestar import Router, delete, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID, AssignUnit
from backend.api.unit_bodies import Acknowledged, PressStatus, SignedOn, SignOn, UndoPress
from backend.model.ids import AlertId, IncidentId, PressId, ResponseId, UnitId
from backend.model.people import StaffSession
from backend.model.positions import PositionReport
from backend.model.responses import ResponseView
from backend.model.views import IncidentView
from backend.services.alerts import Alerts
from backend.services.duties import Duties
from backend.services.responses import Responses
from backend.services.units import Units

Id = Annotated[str, PathParameter(pattern=ID)]


@post("/duty", guards=[guards.officers], status_code=200)
async def sign_on(
    data: JSONBody[SignOn], session: NamedDependency[StaffSession], duties: NamedDependency[Duties]
) -> SignedOn:
    duty, over = await duties.sign_on(session.user, UnitId(data.unit_id), data.crew)
    return SignedOn(duty=duty, over=tuple(over))


@delete("/duty", guards=[guards.officers], status_code=204)
async def sign_off(session: NamedDependency[StaffSession], duties: NamedDependency[Duties]) -> None:
    await duties.sign_off(session.user)


@post("/units/mine/position", guards=[guards.officers_even_locked], status_code=204)
async def moved(
    data: JSONBody[PositionReport], session: NamedDependency[StaffSession], units: NamedDependency[Units]
) -> None:
    await units.moved(session.user, data)


@post("/responses/{response:str}/press", guards=[guards.staff], status_code=200)
async def press(
    response: Id,
    data: JSONBody[PressStatus],
    session: NamedDependency[StaffSession],
    responses: NamedDependency[Responses],
) -> ResponseView:
    return await responses.press(
        session,
        ResponseId(response),
        PressId(data.press),
        data.status,
        timedelta(milliseconds=data.age_ms) if data.age_ms is not None else None,
    )


@post("/responses/{response:str}/undo", guards=[guards.staff], status_code=200)
async def undo(
    response: Id,
    data: JSONBody[UndoPress],
    session: NamedDependency[StaffSession],
    responses: NamedDependency[Responses],
) -> ResponseView:
    return await responses.undo(session.user, ResponseId(response), PressId(data.press))


@post("/alerts/{alert:str}/acknowledge", guards=[guards.officers_even_locked], status_code=200)
async def acknowledge(
    alert: Id, session: NamedDependency[StaffSession], alerts: NamedDependency[Alerts]
) -> Acknowledged:
    return Acknowledged(incident_id=await alerts.acknowledge(session.user, AlertId(alert), session.id))


@post("/incidents/{incident:str}/units", guards=[guards.desk], status_code=200)
async def assign(
    incident: Id,
    data: JSONBody[AssignUnit],
    session: NamedDependency[StaffSession],
    responses: NamedDependency[Responses],
) -> IncidentView:
    return await responses.assign(
        session.user, IncidentId(incident), UnitId(data.unit_id), only_free=data.only_free
    )


@delete("/incidents/{incident:str}/units/{unit:str}", guards=[guards.desk], status_code=200)
async def release(
    incident: Id,
    unit: Id,
    session: NamedDependency[StaffSession],
    responses: NamedDependency[Responses],
) -> IncidentView:
    return await responses.release(session.user, IncidentId(incident), UnitId(unit))


ROUTER = Router("/api", route_handlers=[sign_on, sign_off, moved, press, undo, acknowledge, assign, release])
