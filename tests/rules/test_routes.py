"""Every route has a guard, or stands here with the reason why it has none."""

from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from backend.api import guards, metrics
from backend.api.problems import STATUS
from backend.app import create_app
from backend.config import Config, Twilio
from backend.model.refusals import Refusal
from signaling import ports as signaling

BEARER = "a bearer in Authorization is asked for inside"
MAP = "streets and houses from a file that anybody can have; the public page draws it too"
ANYBODY = "published for everybody; bounded, and it changes nothing"
SHOWN = (
    *("/log/checkpoint", "/log/key", "/log/tile/{path:path}", "/log/disclosures/{name:str}", "/transparency"),
    *(f"/transparency/{name}.{kind}" for name in ("entries", "statistics") for kind in ("csv", "json")),
)
PUBLIC = {
    **{(method, path): ANYBODY for method in ("GET", "HEAD") for path in SHOWN},
    ("POST", "/api/session"): "signing in; Origin is checked inside, where the body is",
    ("POST", "/api/twilio/status"): "the carrier; its signature is checked inside",
    ("GET", "/leave"): "goes to a page that says nothing, and changes nothing",
    ("GET", "/healthz"): "says that the process runs, and nothing else",
    ("GET", "/readyz"): "says whether calls can be taken, and nothing else",
    ("GET", "/"): "goes to the page that is one's own",
    ("GET", "/tiles"): MAP,
    ("GET", "/tiles/{z:int}/{x:int}/{y:int}"): MAP,
    ("POST", "/whip"): BEARER,
    ("PATCH", "/whip/sessions/{session_id:str}"): BEARER,
    ("DELETE", "/whip/sessions/{session_id:str}"): BEARER,
    ("POST", "/whep/{feed_id:str}"): BEARER,
    ("PATCH", "/whep/sessions/{session_id:str}"): BEARER,
    ("PUT", "/whep/sessions/{session_id:str}/most/{most:str}"): BEARER,
    ("DELETE", "/whep/sessions/{session_id:str}"): BEARER,
}
GUARDS = {
    *(guards.signed_in, guards.staff, guards.desk, guards.officers, guards.supervisors, guards.owners),
    *(guards.auditors, guards.managers, guards.reached, guards.machines, guards.our_pages, metrics.readers),
    *(guards.even_locked, guards.at_the_lock, guards.officers_even_locked),
    *(guards.flyers, guards.pilots, guards.skywatchers, guards.flight_readers, guards.log_readers),
}


def test_every_route_has_a_guard_or_a_reason(tmp_path: Path) -> None:
    carrier = Twilio(account_sid="AC" + "0" * 32, auth_token="0" * 32, sender="+12125550100")
    bare = set()
    for route in create_app(Config(data_dir=tmp_path, twilio=carrier)).state.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler) or handler.name in ("page", "page-head"):
                continue  # the built pages: files, the same for everyone
            held = {getattr(guard, "func", guard) for guard in handler.resolve_guards()}
            if not held & GUARDS:
                bare |= {(str(method), route.path) for method in handler.http_methods - {"OPTIONS"}}
    assert bare == set(PUBLIC)


def test_every_refusal_has_a_status() -> None:
    assert set(STATUS) == set(Refusal)
    assert all(400 <= status < 600 for status in STATUS.values())
    assert {refusal.value for refusal in signaling.Refusal} <= {refusal.value for refusal in Refusal}
