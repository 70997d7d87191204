"""Responses: a unit is dispatched to an incident, is en route, on scene, and clear again.

Presses come late, twice and out of order, from phones whose clocks are wrong. So of each status the earliest
press counts, and what they make together does not depend on their order. A press says how old it is, never
what time it is; the server's clock counts. One that was a mistake can be taken back for a moment: then it
says nothing, and does not count when it comes again. Rules and values only.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import IncidentId, PressId, ResponseId, UnitId, UserId

SLACK = timedelta(seconds=5)  # of a phone's stopwatch
UNDONE_FOR = timedelta(seconds=60)  # pages offer it for ten; a request may be late


class Status(StrEnum):
    """How far a unit is, in order."""

    DISPATCHED = "dispatched"
    EN_ROUTE = "en-route"
    ON_SCENE = "on-scene"
    CLEAR = "clear"


_MOMENTS = {Status.EN_ROUTE: "en_route_at", Status.ON_SCENE: "on_scene_at", Status.CLEAR: "clear_at"}


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One unit sent to one incident, once. `clear_at` is also when a dispatcher released it."""

    id: ResponseId
    incident_id: IncidentId
    unit_id: UnitId
    dispatched_at: datetime
    en_route_at: datetime | None = None
    on_scene_at: datetime | None = None
    clear_at: datetime | None = None

    @property
    def status(self) -> Status:
        """The farthest that was reached."""
        reached = {
            Status.CLEAR: self.clear_at,
            Status.ON_SCENE: self.on_scene_at,
            Status.EN_ROUTE: self.en_route_at,
        }
        return next((status for status, at in reached.items() if at is not None), Status.DISPATCHED)


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """One press as it was taken. `id` was made where it was pressed: what comes again changes nothing."""

    id: PressId
    response_id: ResponseId
    user_id: UserId
    status: Status
    at: datetime
    received_at: datetime


class ResponseView(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on an incident, as all who see the incident see it."""

    id: str
    unit_id: str
    status: Status
    dispatched_at: datetime
    en_route_at: datetime | None
    on_scene_at: datetime | None


def moment(response: Response, age: timedelta | None, now: datetime) -> datetime:
    """When it was pressed, by our clock.

    A press from before the dispatch cannot be: then the phone does not know how old it is, and when it came
    counts.
    """
    at = now - age if age is not None else now
    if at < response.dispatched_at - SLACK or at > now:
        return now
    return max(at, response.dispatched_at)


def pressed(response: Response, status: Status, at: datetime) -> Response:
    """The response after a press at that moment; the same when it changes nothing."""
    if response.clear_at is not None and (at > response.clear_at or status is Status.CLEAR):
        return response
    name = _MOMENTS.get(status)
    if name is None:
        return response
    known: datetime | None = getattr(response, name)
    if known is not None and known <= at:
        return response
    return msgspec.structs.replace(response, **{name: at})


def without(response: Response, status: Status, left: Iterable[Press]) -> Response:
    """The response when a press of that status was taken back; `left` are all others of it."""
    name = _MOMENTS.get(status)
    if name is None:
        return response
    at = min((press.at for press in left if press.status is status), default=None)
    return msgspec.structs.replace(response, **{name: at})


def view(response: Response) -> ResponseView:
    """What is shown of it. Who says to be en route after being there has said nothing."""
    en_route, there = response.en_route_at, response.on_scene_at
    return ResponseView(
        id=response.id,
        unit_id=response.unit_id,
        status=response.status,
        dispatched_at=response.dispatched_at,
        en_route_at=en_route if en_route is None or there is None or en_route <= there else None,
        on_scene_at=there,
    )
