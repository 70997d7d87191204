"""Every route there is, registered once for a process: reading all their signatures takes long.

Nothing here belongs to one service. What a handler asks for by name is looked up, request by request, in the
state of the application that the request came to; backend.app makes that, with backend.parts of its own.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.types import Scope

from backend.api import (
    callers,
    care,
    connectors,
    desk,
    devices,
    docks,
    events,
    fees,
    flights,
    glass,
    guards,
    handling,
    locators,
    machines,
    measured,
    metrics,
    notes,
    openings,
    owners,
    pages,
    plain,
    public_log,
    push,
    receipts,
    review,
    sealing,
    sessions,
    sites,
    staff,
    talk,
    tiles,
    transparency,
    units,
    uploads,
)
from backend.api.problems import HANDLERS
from signaling.routes import create_router

BODY_BYTES = 64 * 1024


@lru_cache(maxsize=8)
def registered(given: frozenset[str], files: tuple[str, ...]) -> Litestar:
    """What answers for an application whose state has things by these names under `given`.

    `files` are the paths of the built pages. The carrier's routes are there when a carrier is given.
    """
    return Litestar(
        route_handlers=[
            *([machines.CARRIER_ROUTER] if "carrier" in given else []),
            staff.ROUTER,
            desk.ROUTER,
            owners.ROUTER,
            owners.AGENCY_ROUTER,
            sites.ROUTER,
            openings.ROUTER,
            sealing.ROUTER,
            push.ROUTER,
            callers.ROUTER,
            care.ROUTER,
            connectors.ROUTER,
            devices.ROUTER,
            docks.ROUTER,
            events.ROUTER,
            fees.ROUTER,
            flights.ROUTER,
            glass.ROUTER,
            handling.ROUTER,
            locators.ROUTER,
            machines.ROUTER,
            measured.ROUTER,
            metrics.ROUTER,
            notes.ROUTER,
            plain.ROUTER,
            receipts.ROUTER,
            review.ROUTER,
            sessions.ROUTER,
            public_log.ROUTER,
            talk.ROUTER,
            tiles.ROUTER,
            transparency.ROUTER,
            units.ROUTER,
            uploads.ROUTER,
            uploads.STAFF_ROUTER,
            create_router(),
            pages.routes(files),
        ],
        dependencies={
            **{name: Provide(_held(name), sync_to_thread=False) for name in given},
            "session": Provide(guards.provide_session, sync_to_thread=False),
            "bearer": Provide(guards.provide_grant, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        request_max_body_size=BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        pdb_on_exception=False,
        debug=False,
    )


def _held(name: str) -> Callable[[Scope], Any]:
    def provide(scope: Scope) -> Any:
        return scope["litestar_app"].state.given[name]

    return provide
