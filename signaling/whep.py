"""WHEP, the WebRTC-HTTP egress protocol (draft-ietf-wish-whep-03): one POST and a feed is on a screen.

Step 11 of the story. The client offers recvonly sections and we answer. A feed can be watched before it is
published: the answer takes every codec that may come. `most` holds a session to less than its link takes:
a picture beside another that is to be a still, say. Must never log a bearer.
"""

from typing import Any

from litestar import Request, Response, post, put, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery

from media.ports import Closed, FeedId, Level, SessionId, Sfu, Ungranted
from signaling import answers, sdp
from signaling.bearer import bearer_of
from signaling.ports import Gatekeeper, Refusal, Refused
from signaling.sessions import Protocol, find, tag


@post("/whep/{feed_id:str}", status_code=201, summary="Subscribe: an SDP offer in, an answer out")
async def subscribe(
    request: Request[Any, Any, Any],
    feed_id: FromPath[str],
    gatekeeper: NamedDependency[Gatekeeper],
    sfu: NamedDependency[Sfu],
    most: FromQuery[Level] = Level.FULL,
) -> Response[str]:
    bearer = bearer_of(request)
    offer = await sdp.read(request, sdp.OFFER)
    admission = await gatekeeper.admit_subscriber(bearer, FeedId(feed_id))
    try:
        answer = await sfu.subscribe(
            admission.feed,
            admission.holder,
            offer,
            grant=admission.grant,
            group=admission.group,
            tag=tag(Protocol.WHEP, bearer),
            most=most,
        )
    except Closed as closed:
        raise Refused(Refusal.ENDED) from closed
    except Ungranted as no:
        raise Refused(Refusal.UNGRANTED, f"The picture stays shut ({no.why}). Open it again.") from no
    return answers.created(request, Protocol.WHEP, answer)


@put("/whep/sessions/{session_id:str}/most/{most:str}", status_code=204, summary="Be sent no more than this")
async def limit(
    request: Request[Any, Any, Any],
    session_id: FromPath[str],
    most: FromPath[Level],
    sfu: NamedDependency[Sfu],
) -> None:
    find(sfu, SessionId(session_id), Protocol.WHEP, bearer_of(request))
    await sfu.limit(SessionId(session_id), most)


@route("/whep/{feed_id:str}", http_method=[HttpMethod.OPTIONS], status_code=204)
async def options(feed_id: FromPath[str]) -> Response[None]:
    return answers.options("OPTIONS, POST", {"Accept-Post": sdp.OFFER})


# OPTIONS first on each path, or Litestar makes one of its own that says less.
handlers = [options, subscribe, limit]
