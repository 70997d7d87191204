"""The weekly review over HTTP, for auditors and nobody else."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.review_bodies import CloseFinding, Remark
from backend.model.ids import FindingId
from backend.model.people import StaffSession
from backend.model.review import FindingView, LogEntryView, PersonNamed, ReviewView
from backend.services.review import Review

Id = Annotated[str, PathParameter(pattern=ID)]
Index = Annotated[int, PathParameter(ge=0, le=2**53)]


@get("/review", guards=[guards.auditors])
async def look(review: NamedDependency[Review]) -> ReviewView:
    return await review.view()


@get("/review/entries/{index:int}", guards=[guards.auditors])
async def entry(index: Index, review: NamedDependency[Review]) -> LogEntryView:
    return await review.entry(index)


@post("/review/findings/{finding:str}/close", guards=[guards.auditors], status_code=200)
async def close(
    finding: Id,
    data: JSONBody[CloseFinding],
    session: NamedDependency[StaffSession],
    review: NamedDependency[Review],
) -> FindingView:
    return await review.close(session.user, FindingId(finding), data.outcome, data.words)


@post("/review/findings/{finding:str}/remarks", guards=[guards.auditors], status_code=200)
async def remark(
    finding: Id,
    data: JSONBody[Remark],
    session: NamedDependency[StaffSession],
    review: NamedDependency[Review],
) -> FindingView:
    return await review.remark(session.user, FindingId(finding), data.words)


@post("/review/findings/{finding:str}/name", guards=[guards.auditors], status_code=200)
async def name(
    finding: Id, session: NamedDependency[StaffSession], review: NamedDependency[Review]
) -> PersonNamed:
    return await review.name(session.user, FindingId(finding))


ROUTER = Router("/api", route_handlers=[look, entry, close, remark, name])
