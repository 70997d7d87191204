"""How pictures open and how much was seen, over HTTP: one's own; sums for supervisors."""

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.api import guards
from backend.api.care_bodies import ChooseCare, ReportExposure
from backend.model.care import CareChoice, CareView, Relief
from backend.model.ids import FeedId
from backend.model.people import StaffSession
from backend.services.care import Care


@get("/care", guards=[guards.staff])
async def own(session: NamedDependency[StaffSession], care: NamedDependency[Care]) -> CareView:
    return await care.view(session.user)


@put("/care", guards=[guards.staff])
async def choose(
    data: JSONBody[ChooseCare], session: NamedDependency[StaffSession], care: NamedDependency[Care]
) -> CareView:
    return await care.choose(session.user, CareChoice(blur=data.blur, still_first=data.still_first))


@post("/care/exposure", guards=[guards.staff], status_code=204)
async def saw(
    data: JSONBody[ReportExposure], session: NamedDependency[StaffSession], care: NamedDependency[Care]
) -> None:
    await care.saw(session, FeedId(data.feed_id), data.motion_s, data.still_s)


@get("/care/relief", guards=[guards.supervisors])
async def relief(care: NamedDependency[Care]) -> list[Relief]:
    return await care.relief()


ROUTER = Router("/api", route_handlers=[own, choose, saw, relief])
