"""WHIP, the WebRTC-HTTP ingestion protocol (RFC 9725): one POST and a phone's camera is a feed.

Step 5 of the story. The bearer alone decides which feed is published. Parses, asks the gatekeeper, calls the
engine; keeps nothing. Must never log a bearer.
"""

from typing import Annotated, Any

from litestar import Request, Response, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import QueryParameter

from media.ports import Closed, FeedId, Sfu
from signaling import answers, sdp
from signaling.bearer import bearer_of
from signaling.ports import Gatekeeper, Refusal, Refused
from signaling.sessions import Protocol, tag


@post("/whip", status_code=201, summary="Publish: an SDP offer in, an answer out")
async def publish(
    request: Request[Any, Any, Any],
    gatekeeper: NamedDependency[Gatekeeper],
    sfu: NamedDependency[Sfu],
    trial: Annotated[bool, QueryParameter()] = False,
) -> Response[str]:
    """With `trial` it goes to a feed of its own that nobody can watch: whether WebRTC gets through is found
    out beside a picture that comes by another way, which a publisher would replace.
    """
    bearer = bearer_of(request)
    offer = await sdp.read(request, sdp.OFFER)
    admission = await gatekeeper.admit_publisher(bearer)
    try:
        answer = await sfu.publish(
            FeedId(f"{admission.feed}.trial") if trial else admission.feed,
            admission.holder,
            offer,
            group=admission.group,
            own=admission.own,
            tag=tag(Protocol.WHIP, bearer),
        )
    except Closed as closed:
        raise Refused(Refusal.ENDED) from closed
    return answers.created(request, Protocol.WHIP, answer)


@route("/whip", http_method=[HttpMethod.OPTIONS], status_code=204, summary="What the endpoint takes")
async def options() -> Response[None]:
    return answers.options("OPTIONS, POST", {"Accept-Post": sdp.OFFER})


# OPTIONS first on each path, or Litestar makes one of its own that says less.
handlers = [options, publish]
