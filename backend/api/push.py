"""Where a browser takes messages, over HTTP: owners', and officers' phones."""

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.api import guards
from backend.api.opening_bodies import NamedPush, PushKey, SubscribePush
from backend.model.people import StaffSession
from backend.services.push import Push
from notifications.ports import PushAddress


@get("/key", guards=[guards.reached])
async def key(pushes: NamedDependency[Push]) -> PushKey:
    return PushKey(key=pushes.key)


@post("/", guards=[guards.reached], status_code=204)
async def subscribe(
    data: JSONBody[SubscribePush], session: NamedDependency[StaffSession], pushes: NamedDependency[Push]
) -> None:
    address = PushAddress(endpoint=data.endpoint, p256dh=data.p256dh, auth=data.auth)
    await pushes.subscribe(session.user, address, session.id)


@delete("/", guards=[guards.reached], status_code=204)
async def unsubscribe(
    data: JSONBody[NamedPush], session: NamedDependency[StaffSession], pushes: NamedDependency[Push]
) -> None:
    await pushes.unsubscribe(session.user, data.endpoint)


@post("/test", guards=[guards.reached], status_code=204)
async def test(
    data: JSONBody[NamedPush], session: NamedDependency[StaffSession], pushes: NamedDependency[Push]
) -> None:
    await pushes.test(session.user, data.endpoint)


ROUTER = Router("/api/push", route_handlers=[key, subscribe, unsubscribe, test])
