"""Where an owner's browser takes messages, over HTTP."""

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.api import guards
from backend.api.opening_bodies import PushKey, SubscribePush, UnsubscribePush
from backend.model.people import StaffSession
from backend.services.alerts import Alerts
from notifications.ports import PushAddress


@get("/key", guards=[guards.managers])
async def key(alerts: NamedDependency[Alerts]) -> PushKey:
    return PushKey(key=alerts.key)


@post("/", guards=[guards.managers], status_code=204)
async def subscribe(
    data: JSONBody[SubscribePush], session: NamedDependency[StaffSession], alerts: NamedDependency[Alerts]
) -> None:
    address = PushAddress(endpoint=data.endpoint, p256dh=data.p256dh, auth=data.auth)
    await alerts.subscribe(session.user, address, session.id)


@delete("/", guards=[guards.managers], status_code=204)
async def unsubscribe(
    data: JSONBody[UnsubscribePush], session: NamedDependency[StaffSession], alerts: NamedDependency[Alerts]
) -> None:
    await alerts.unsubscribe(session.user, data.endpoint)


ROUTER = Router("/api/push", route_handlers=[key, subscribe, unsubscribe])
