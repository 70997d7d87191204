"""Refusals and faults as problem documents (RFC 9457). The only place that knows status codes."""

import logging
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from backend.api.bodies import Problem
from backend.api.traffic import Left
from backend.model.refusals import Refusal, Refused
from media.ports import BadOffer, Full, NoSuchSession
from signaling import ports as signaling

log = logging.getLogger(__name__)

STATUS: dict[Refusal, HTTPStatus] = {
    Refusal.LINK_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.LINK_EXPIRED: HTTPStatus.GONE,
    Refusal.LINK_REVOKED: HTTPStatus.GONE,
    Refusal.LINK_BOUND: HTTPStatus.FORBIDDEN,
    Refusal.CHALLENGE_STALE: HTTPStatus.CONFLICT,
    Refusal.BAD_SIGNATURE: HTTPStatus.FORBIDDEN,
    Refusal.CODE_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
    Refusal.GRANT_UNKNOWN: HTTPStatus.UNAUTHORIZED,
    Refusal.GRANT_EXPIRED: HTTPStatus.FORBIDDEN,
    Refusal.GRANT_REVOKED: HTTPStatus.FORBIDDEN,
    Refusal.WRONG_SCOPE: HTTPStatus.FORBIDDEN,
    Refusal.WRONG_FEED: HTTPStatus.FORBIDDEN,
    Refusal.INCIDENT_CLOSED: HTTPStatus.GONE,
    Refusal.SIGN_IN_FAILED: HTTPStatus.UNAUTHORIZED,
    Refusal.LOCKED: HTTPStatus.TOO_MANY_REQUESTS,
    Refusal.NOT_SIGNED_IN: HTTPStatus.UNAUTHORIZED,
    Refusal.SESSION_LOCKED: HTTPStatus.UNAUTHORIZED,
    Refusal.WRONG_ROLE: HTTPStatus.FORBIDDEN,
    Refusal.NOT_ASSIGNED: HTTPStatus.FORBIDDEN,
    Refusal.BAD_CSRF: HTTPStatus.FORBIDDEN,
    Refusal.BAD_ORIGIN: HTTPStatus.FORBIDDEN,
    Refusal.INVITATION_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.INVITATION_USED: HTTPStatus.GONE,
    Refusal.INVITATION_EXPIRED: HTTPStatus.GONE,
    Refusal.NAME_TAKEN: HTTPStatus.CONFLICT,
    Refusal.BAD_ACCOUNT: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.DECIDED: HTTPStatus.CONFLICT,
    Refusal.NOT_YOURS: HTTPStatus.FORBIDDEN,
    Refusal.BAD_DOCK: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.DRONE_GROUNDED: HTTPStatus.CONFLICT,
    Refusal.DRONE_REFUSED: HTTPStatus.BAD_GATEWAY,
    Refusal.DRONE_DENIED: HTTPStatus.CONFLICT,
    Refusal.FLIGHT_OVER: HTTPStatus.GONE,
    Refusal.NO_PLACE: HTTPStatus.CONFLICT,
    Refusal.BAD_WEATHER: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_LEVEL: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_SOURCE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_STILL: HTTPStatus.BAD_GATEWAY,
    Refusal.NO_STILL: HTTPStatus.NOT_FOUND,
    Refusal.CONNECTOR_AWAY: HTTPStatus.CONFLICT,
    Refusal.TOO_MANY: HTTPStatus.CONFLICT,
    Refusal.CAMERA_UNAVAILABLE: HTTPStatus.CONFLICT,
    Refusal.OWNER_AWAY: HTTPStatus.CONFLICT,
    Refusal.NOT_OPENED: HTTPStatus.FORBIDDEN,
    Refusal.OPENING_OVER: HTTPStatus.GONE,
    Refusal.ASK_OVER: HTTPStatus.GONE,
    Refusal.NO_SITE: HTTPStatus.CONFLICT,
    Refusal.BAD_PUSH_ADDRESS: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.ENROLMENT_UNKNOWN: HTTPStatus.NOT_FOUND,
    Refusal.ENROLMENT_USED: HTTPStatus.GONE,
    Refusal.ENROLMENT_EXPIRED: HTTPStatus.GONE,
    Refusal.BAD_KEY: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.KEY_COPIED: HTTPStatus.FORBIDDEN,
    Refusal.NOT_ENROLLED: HTTPStatus.FORBIDDEN,
    Refusal.WRONG_VERSION: HTTPStatus.CONFLICT,
    Refusal.BAD_FRAME: HTTPStatus.BAD_REQUEST,
    Refusal.CAMERA_FAILED: HTTPStatus.BAD_GATEWAY,
    Refusal.BAD_DEVICE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.DEVICE_RETIRED: HTTPStatus.FORBIDDEN,
    Refusal.NOT_NEEDED: HTTPStatus.FORBIDDEN,
    Refusal.LOG_AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
    Refusal.IN_USE: HTTPStatus.CONFLICT,
    Refusal.NOT_LOCKED_OUT: HTTPStatus.CONFLICT,
    Refusal.GLASS_BROKEN: HTTPStatus.CONFLICT,
    Refusal.FINDING_CLOSED: HTTPStatus.CONFLICT,
    Refusal.OWN_USE: HTTPStatus.FORBIDDEN,
    Refusal.UNGRANTED: HTTPStatus.FORBIDDEN,
    Refusal.CONTESTED: HTTPStatus.CONFLICT,
    Refusal.NOTE_TAKEN: HTTPStatus.CONFLICT,
    Refusal.WORD_TAKEN: HTTPStatus.CONFLICT,
    Refusal.PHRASE_UNKNOWN: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.NOT_WATCHING: HTTPStatus.CONFLICT,
    Refusal.BAD_PICTURE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refusal.BAD_OFFSET: HTTPStatus.CONFLICT,
    Refusal.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Refusal.BAD_NUMBER: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_EMAIL: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_POSITION: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.CALLER_PLACED: HTTPStatus.CONFLICT,
    Refusal.TOO_OFTEN: HTTPStatus.TOO_MANY_REQUESTS,
    Refusal.NO_UNIT: HTTPStatus.FORBIDDEN,
    Refusal.UNIT_TAKEN: HTTPStatus.CONFLICT,
    Refusal.NOT_HANDLER: HTTPStatus.CONFLICT,
    Refusal.NOT_AT_DESK: HTTPStatus.CONFLICT,
    Refusal.TRANSFER_OVER: HTTPStatus.GONE,
    Refusal.UNIT_BUSY: HTTPStatus.CONFLICT,
    Refusal.PRESS_OVER: HTTPStatus.GONE,
    Refusal.ALERT_OVER: HTTPStatus.GONE,
    Refusal.PUSH_GONE: HTTPStatus.GONE,
    Refusal.PUSH_FAILED: HTTPStatus.BAD_GATEWAY,
    Refusal.NOT_ASKING: HTTPStatus.CONFLICT,
    Refusal.ALREADY_SHARING: HTTPStatus.CONFLICT,
    Refusal.FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    Refusal.BAD_DATE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.BAD_FILE: HTTPStatus.UNPROCESSABLE_ENTITY,
    Refusal.NOTHING_DUE: HTTPStatus.CONFLICT,
}
_CODES = {
    400: "malformed",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    412: "precondition-failed",
    413: "too-large",
    415: "unsupported-type",
    422: "malformed",
    428: "precondition-required",
    429: "too-often",
    503: "unavailable",
}
Headers = dict[str, str]
Answer = Response[Any]


def problem(status: int, code: str, detail: str = "", headers: Headers | None = None) -> Answer:
    """One problem document."""
    body = Problem(
        type=f"/problems/{code}", title=HTTPStatus(status).phrase, status=int(status), detail=detail
    )
    return Response(
        msgspec.json.encode(body),
        status_code=int(status),
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _refused(_: Request[Any, Any, Any], error: Refused) -> Answer:
    status = STATUS[error.refusal]
    headers = {"WWW-Authenticate": "Bearer"} if error.refusal is Refusal.GRANT_UNKNOWN else {}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(error.retry_after_s or 2)
    return problem(status, error.refusal.value, error.words, headers)


def _not_admitted(request: Request[Any, Any, Any], error: signaling.Refused) -> Answer:
    return _refused(request, Refused(Refusal(error.refusal.value), error.words))


def _malformed(_: Request[Any, Any, Any], error: signaling.Malformed) -> Answer:
    return problem(error.status, _CODES.get(error.status, "malformed"), str(error))


def _bad_offer(_: Request[Any, Any, Any], error: BadOffer) -> Answer:
    return problem(400, "malformed", str(error))


def _full(_: Request[Any, Any, Any], error: Full) -> Answer:
    return problem(503, "full", str(error), {"Retry-After": "2"})


def _no_session(_: Request[Any, Any, Any], error: NoSuchSession) -> Answer:
    return problem(404, "not-found", str(error))


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Answer:
    status = error.status_code
    if status >= 500:
        log.error("the framework failed", exc_info=error)
        return problem(500, "internal", "Something went wrong here. Try again.")
    extra = error.extra if isinstance(error.extra, list) else []
    found = [str(item.get("message", "")) for item in extra if isinstance(item, dict)]
    detail = "; ".join([error.detail, *found])[:300]
    return problem(status, _CODES.get(status, "malformed"), detail, dict(error.headers or {}))


def _undecodable(_: Request[Any, Any, Any], _error: Exception) -> Answer:
    return problem(400, "malformed", "The body is not JSON in UTF-8, or is nested too deeply.")


def _left(_: Request[Any, Any, Any], _error: Left) -> Answer:
    return problem(400, "malformed", "The body ended before it was whole.")


def _fault(_: Request[Any, Any, Any], error: Exception) -> Answer:
    log.error("a request failed", exc_info=error)
    return problem(500, "internal", "Something went wrong here. Try again.")


HANDLERS: dict[type[Exception] | int, Any] = {
    Refused: _refused,
    signaling.Refused: _not_admitted,
    signaling.Malformed: _malformed,
    BadOffer: _bad_offer,
    Full: _full,
    NoSuchSession: _no_session,
    UnicodeDecodeError: _undecodable,
    RecursionError: _undecodable,
    Left: _left,
    HTTPException: _http,
    Exception: _fault,
}
