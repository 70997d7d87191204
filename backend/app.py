"""create_app: what answers, with the parts that it answers by."""

from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from backend import fittings, routes
from backend.api import headers, metrics, pages
from backend.api import plain as plain_api
from backend.api import transparency as transparency_api
from backend.api.traffic import Traffic
from backend.config import Config
from backend.model.incidents import INCIDENT_TYPES
from backend.model.questions import canned
from backend.model.views import Agency
from backend.parts import Engine, Parts, PublicLog, build, logged, pooled, utc_now
from backend.running import running
from backend.services.steps import Clock
from media.ports import FeedListener
from notifications.messages import quiet_words
from notifications.sms import TwilioSender
from notifications.templates import LANGUAGES

__all__ = ["Parts", "build", "create_app"]

_GIVEN = (  # to handlers that ask for a part by its name; no other part is theirs
    "store",
    "hub",
    "board",
    "sfu",
    "incidents",
    "links",
    "callers",
    "care",
    "handling",
    "sharing",
    "access",
    "fees",
    "units",
    "outbox",
    "hung_up",
    "connections",
    "owners",
    "sites",
    "cameras",
    "lending_board",
    "surroundings",
    "alerts",
    "plain",
    "pushes",
    "openings",
    "connectors",
    "enrolments",
    "devices",
    "duties",
    "locators",
    "locks",
    "measured",
    "officers",
    "sealing",
    "receipts",
    "responses",
    "sessions",
    "skies",
    "controls",
    "dispatch",
    "flight_logs",
    "offers",
    "contests",
    "statements",
    "stills",
    "review",
    "log_files",
    "transparency",
    "uploads",
    "notes",
    "talk",
    "hints",
)


def create_app(
    config: Config,
    clock: Clock = utc_now,
    engine: Callable[[Config, FeedListener], Engine] = pooled,
    public: Callable[[Config], PublicLog] = logged,
) -> Litestar:
    """The service. Raises ConfigError for settings that cannot work."""
    parts = build(config, clock, engine, public)
    agency = Agency(
        name=config.agency,
        incident_types=INCIDENT_TYPES,
        sender=parts.sender.kind,
        email=config.mail is not None,
        quiet_words={language: quiet_words(language) for language in LANGUAGES},
        country=config.country,
        currency=config.currency,
    )
    basemap = fittings.basemap(config)
    fittings.read_areas(parts.skies)
    built, traffic = pages.read(fittings.built_pages()), Traffic()
    given: dict[str, Any] = {
        "config": config,
        "agency": agency,
        "clock": clock,
        "canned": canned(fittings.english()),
        "pages": built,
        "speeches": plain_api.speeches(fittings.built_pages()),
        "basemap": basemap,
        "scrapes": metrics.Scrapes(parts.figures, traffic),
        "docks_service": parts.docks,
        "gatekeeper": parts.access,
        "glass_service": parts.glass,
        "public_assets": transparency_api.built_assets(fittings.built_pages()),
        "public_rates": transparency_api.Rates(),
        "sign_in_service": parts.sign_in,
        **{name: getattr(parts, name) for name in _GIVEN},
    }
    if isinstance(parts.sender, TwilioSender):
        given["carrier"] = parts.sender
    answering = routes.registered(frozenset(given), tuple(built.paths()))
    app = Litestar(
        lifespan=[lambda _: running(parts)],
        state=State(
            {
                "config": config,
                "sign_in": parts.sign_in,
                "parts": parts,
                "given": given,
                "routes": answering.routes,
                "traffic": traffic,
            }
        ),
        openapi_config=None,
        logging_config=None,
        pdb_on_exception=False,
        debug=False,
    )
    app.asgi_handler = traffic.around(headers.around(answering.asgi_handler, secure=config.secure))
    return app
