"""What machines ask: the carrier's delivery callback, and whether we live."""

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, RawBody

from backend.api.problems import problem
from backend.config import Config
from backend.model.ids import MessageId
from backend.services.outbox import Outbox
from backend.store.store import Store
from media.ports import Sfu
from notifications.ports import CallbackReader
from notifications.sms import parse_form


@post("/api/twilio/status", status_code=200)
async def twilio_status(
    request: Request[Any, Any, Any],
    body: RawBody,
    message: FromQuery[str],
    carrier: NamedDependency[CallbackReader],
    outbox: NamedDependency[Outbox],
    config: NamedDependency[Config],
) -> Response[Any]:
    try:
        form = parse_form(body)
    except ValueError as error:
        return problem(400, "malformed", str(error))
    url = (
        f"{config.public_url.rstrip('/')}/api/twilio/status?{request.scope['query_string'].decode('latin-1')}"
    )
    if not carrier.verify_callback(url, form, request.headers.get("x-twilio-signature")):
        return problem(403, "bad-signature", "X-Twilio-Signature is not ours.")
    try:
        carrier_id, delivery = carrier.parse_callback(form)
    except ValueError as error:
        return problem(400, "malformed", str(error))
    if not await outbox.reported(MessageId(message), carrier_id, delivery):
        return problem(404, "not-found", "No such message.")
    return Response(None, status_code=204)


@get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@get("/readyz")
async def readyz(store: NamedDependency[Store], sfu: NamedDependency[Sfu]) -> Response[Any]:
    try:
        await store.ping()
    except Exception:
        return problem(503, "unavailable", "The database does not answer.")
    if not sfu.listening:
        return problem(503, "unavailable", "The media engine does not listen.")
    return Response({"status": "ready"})


ROUTER = Router("/", route_handlers=[healthz, readyz])
CARRIER_ROUTER = Router("/", route_handlers=[twilio_status])  # only where a carrier reports to us
