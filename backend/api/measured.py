"""What callers' links are measured by, over HTTP, for supervisors."""

from litestar import Router, get
from litestar.di import NamedDependency

from backend.api import guards
from backend.model.measured import CallerFigures
from backend.services.measured import Measured


@get("/callers", guards=[guards.supervisors])
async def report(measured: NamedDependency[Measured]) -> CallerFigures:
    return await measured.report()


ROUTER = Router("/api/agency", route_handlers=[report])
