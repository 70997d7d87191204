"""WHEP, the WebRTC-HTTP egress protocol (draft-ietf-wish-whep-03): one POST and a feed is on a screen.

Step 11 of the story. The client offers recvonly sections and we answer. A feed can be watched before it is
published: the answer takes every codec that may come. Must never log a bearer.
"""

from typing import Any

from litestar import Request, Response, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath

from media.ports import Closed, FeedId, Sfu, Ungranted
from signaling import answers, sdp
from signaling.bearer import bearer_of
from signaling.ports import Gatekeeper, Refusal, Refused
from signaling.sessions import Protocol, tag


@post("/whep/{feed_id:str}", status_code=201, summary="Subscribe: an SDP offer in, an answer out")
async def subscribe(
    request: Request[Any, Any, Any],
    feed_id: FromPath[str],
    gatekeeper: NamedDependency[Gatekeeper],
    sfu: NamedDependency[Sfu],
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
        )
    except Closed as closed:
        raise Refused(Refusal.ENDED) from closed
    except Ungranted as no:
        raise Refused(Refusal.UNGRANTED, f"The picture stays shut ({no.why}). Open it again.") from no
    return answers.created(request, Protocol.WHEP, answer)


@route("/whep/{feed_id:str}", http_method=[HttpMethod.OPTIONS], status_code=204)
async def options(feed_id: FromPath[str]) -> Response[None]:
    return answers.options("OPTIONS, POST", {"Accept-Post": sdp.OFFER})


# OPTIONS first on each path, or Litestar makes one of its own that says less.
handlers = [options, subscribe]
