"""The caller's page over HTTP. No cookie; a bearer after the press. GET and HEAD change nothing anywhere."""

from datetime import timedelta
from typing import Annotated, Any

from litestar import Request, Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, RawBody

from backend.api import guards
from backend.api.bodies import (
    CallerGrant,
    CallerStatus,
    EnterCode,
    EnteredCode,
    Invitation,
    OpenLink,
    RedeemLink,
)
from backend.model.ids import GrantSecret, Token
from backend.model.links import LinkKind
from backend.model.measured import browser_of, network_of
from backend.model.positions import PositionReport
from backend.model.refusals import Refusal
from backend.model.views import Agency
from backend.services.callers import Callers, refused
from backend.services.sharing import Sharing
from backend.services.stills import Stills
from media.stills import JPEG_BYTES as STILL_BYTES


def _token(text: str) -> Token:
    try:
        return Token(text)
    except ValueError:
        raise refused(Refusal.LINK_UNKNOWN) from None


@post("/open", status_code=200)
async def open_link(
    request: Request[Any, Any, Any],
    data: JSONBody[OpenLink],
    callers: NamedDependency[Callers],
    agency: NamedDependency[Agency],
) -> Invitation:
    link, challenge, left = await callers.open(
        _token(data.token),
        guards.address(request),
        browser_of(request.headers.get("user-agent", "")),
        network_of(data.network),
    )
    return Invitation(
        agency=agency.name,
        kind=link.kind,
        manner=link.manner,
        seconds_left=int(left.total_seconds()),
        challenge=challenge,
        used=link.redeemed_at is not None,
    )


@post("/redeem", status_code=200)
async def redeem(
    request: Request[Any, Any, Any], data: JSONBody[RedeemLink], callers: NamedDependency[Callers]
) -> CallerGrant:
    link, secret, left = await callers.redeem(
        _token(data.token),
        challenge=data.challenge,
        x=data.key.x,
        y=data.key.y,
        signature=data.signature,
        address=guards.address(request),
    )
    return CallerGrant(
        bearer=secret.reveal(),
        kind=link.kind,
        whip="/whip" if link.kind is LinkKind.LIVE else None,
        seconds_left=int(left.total_seconds()),
    )


@post("/code", status_code=200)
async def enter_code(
    request: Request[Any, Any, Any], data: JSONBody[EnterCode], callers: NamedDependency[Callers]
) -> EnteredCode:
    token = await callers.enter_code(data.code, guards.address(request))
    return EnteredCode(token=token.reveal())


@post("/position", status_code=204)
async def moved(
    data: JSONBody[PositionReport],
    bearer: NamedDependency[GrantSecret],
    sharing: NamedDependency[Sharing],
) -> None:
    await sharing.moved(bearer, data)


@post("/status", status_code=204)
async def status(
    data: JSONBody[CallerStatus],
    bearer: NamedDependency[GrantSecret],
    sharing: NamedDependency[Sharing],
) -> None:
    stands = (data.rung, data.reason) if data.rung is not None else None
    await sharing.status(bearer, data.camera, data.position, stands)


@post("/still", status_code=204, request_max_body_size=STILL_BYTES)
async def still(
    body: RawBody,
    bearer: NamedDependency[GrantSecret],
    stills: NamedDependency[Stills],
    age_ms: Annotated[int, QueryParameter(ge=0, le=3_600_000)] = 0,
) -> None:
    await stills.take(bearer, body, timedelta(milliseconds=age_ms))


@post("/stop", status_code=204)
async def stop(
    bearer: NamedDependency[GrantSecret], sharing: NamedDependency[Sharing], quickly: bool = False
) -> None:
    await sharing.stop(bearer, quickly=quickly)


ROUTER = Router(
    "/api/caller",
    guards=[guards.our_pages],
    route_handlers=[open_link, redeem, enter_code, moved, status, still, stop],
)
