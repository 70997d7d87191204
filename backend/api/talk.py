"""What the desk and callers say to each other over HTTP: the desk by session, a caller's page by bearer."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter, RawBody

from backend.api import guards
from backend.api.bodies import ID
from backend.api.talk_bodies import AskNews, MarkTalk, ReadTalk, Say
from backend.model.ids import GrantSecret, LinkId
from backend.model.people import StaffSession
from backend.model.questions import Canned
from backend.model.talk import CallerWord, Hint, PictureHint, TalkNews, TalkView, WordView
from backend.services.hints import LOOK_BYTES, Hints
from backend.services.talk import Talk

Id = Annotated[str, PathParameter(pattern=ID)]
BODY_BYTES = 8 * 1024


@post("/say", status_code=200)
async def say(
    data: JSONBody[Say], bearer: NamedDependency[GrantSecret], talk: NamedDependency[Talk]
) -> CallerWord:
    return await talk.say(bearer, data.said(), data.language)


@post("/talk", status_code=200)
async def news(
    data: JSONBody[AskNews], bearer: NamedDependency[GrantSecret], talk: NamedDependency[Talk]
) -> TalkNews:
    return await talk.news(bearer, data.after, data.desk_read)


@post("/talk/marks", status_code=204)
async def reached(
    data: JSONBody[MarkTalk], bearer: NamedDependency[GrantSecret], talk: NamedDependency[Talk]
) -> None:
    await talk.reached(bearer, data.delivered, data.read, data.language)


@post("/look", status_code=200, request_max_body_size=LOOK_BYTES)
async def look(
    body: RawBody,
    bearer: NamedDependency[GrantSecret],
    hints: NamedDependency[Hints],
    shown: Annotated[Hint | None, QueryParameter()] = None,
) -> PictureHint:
    return PictureHint(hint=await hints.look(bearer, body, shown))


CALLER_ROUTER = Router(
    "/caller",
    guards=[guards.our_pages],
    request_max_body_size=BODY_BYTES,
    route_handlers=[say, news, reached, look],
)


@get("/talk/phrases", guards=[guards.desk])
async def phrases(canned: NamedDependency[Canned]) -> Canned:
    return canned


@post("/links/{link:str}/talk", guards=[guards.desk])
async def tell(
    link: Id,
    data: JSONBody[Say],
    session: NamedDependency[StaffSession],
    talk: NamedDependency[Talk],
) -> WordView:
    return await talk.tell(session, LinkId(link), data.said())


@get("/links/{link:str}/talk", guards=[guards.desk])
async def page(
    link: Id,
    talk: NamedDependency[Talk],
    before: Annotated[int | None, QueryParameter(ge=1, le=1_000_000)] = None,
) -> TalkView:
    return await talk.page(LinkId(link), before)


@post("/links/{link:str}/talk/read", guards=[guards.desk], status_code=204)
async def read(
    link: Id,
    data: JSONBody[ReadTalk],
    session: NamedDependency[StaffSession],
    talk: NamedDependency[Talk],
) -> None:
    await talk.read(session, LinkId(link), data.read)


ROUTER = Router(
    "/api", request_max_body_size=BODY_BYTES, route_handlers=[CALLER_ROUTER, phrases, tell, page, read]
)
