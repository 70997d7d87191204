"""Receipts, contests and statements over HTTP: owners read and contest, supervisors answer, callers look."""

import asyncio
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from backend.api import guards
from backend.api.bodies import ID, OpenLink
from backend.api.printed import POLICY
from backend.api.receipt_bodies import AnswerContest, AskReceipt, ContestUse, ReceiptChallenge
from backend.api.statement_csv import csv_of
from backend.api.statement_html import page
from backend.api.statement_paper import StatementPaper, paper
from backend.model.contests import ContestList, ContestView
from backend.model.ids import ContestId, StatementId, Token, UseId
from backend.model.people import StaffSession
from backend.model.receipts import CallerReceipt, ReceiptFile, ReceiptPage
from backend.model.refusals import Refusal, Refused
from backend.model.statements import MismatchView, StatementView
from backend.services.contests import Contests
from backend.services.receipts import Receipts
from backend.services.statements import Statements

Id = Annotated[str, PathParameter(pattern=ID)]
Before = Annotated[int | None, QueryParameter(ge=1, le=2**53)]
_PAPER = r"^stm_[0-9A-Za-z]{22}\.(html|pdf|csv)\Z"


@get("/receipts", guards=[guards.owners])
async def receipts_of_owner(
    session: NamedDependency[StaffSession],
    receipts: NamedDependency[Receipts],
    before: Before = None,
) -> ReceiptPage:
    return await receipts.page(session.user, before)


@get("/receipts/{use:str}/proof", guards=[guards.owners])
async def proof(
    use: Id, session: NamedDependency[StaffSession], receipts: NamedDependency[Receipts]
) -> Response[ReceiptFile]:
    return Response(
        await receipts.file(session.user, UseId(use)),
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="receipt-{use[-8:]}.json"',
        },
    )


@post("/receipts/{use:str}/contest", guards=[guards.owners])
async def contest(
    use: Id,
    data: JSONBody[ContestUse],
    session: NamedDependency[StaffSession],
    contests: NamedDependency[Contests],
) -> ContestView:
    return await contests.contest(session.user, UseId(use), data.why, data.words.strip())


@get("/agency/contests", guards=[guards.supervisors])
async def contests_of_agency(contests: NamedDependency[Contests]) -> ContestList:
    return await contests.listed()


@post("/agency/contests/{contest_id:str}/answer", guards=[guards.supervisors], status_code=204)
async def answer(
    contest_id: Id,
    data: JSONBody[AnswerContest],
    session: NamedDependency[StaffSession],
    contests: NamedDependency[Contests],
) -> None:
    await contests.answer(session.user, ContestId(contest_id), data.outcome, data.words.strip())


@get("/agency/statements", guards=[guards.supervisors])
async def mismatches(statements: NamedDependency[Statements]) -> list[MismatchView]:
    return await statements.mismatches()


@get("/statements", guards=[guards.owners])
async def statements_of_owner(
    session: NamedDependency[StaffSession], statements: NamedDependency[Statements]
) -> list[StatementView]:
    return await statements.mine(session.user)


@get("/statements/{name:str}", guards=[guards.managers])
async def statement(
    name: Annotated[str, PathParameter(pattern=_PAPER)],
    session: NamedDependency[StaffSession],
    statements: NamedDependency[Statements],
) -> Response[str] | Response[bytes]:
    held, _, form = name.rpartition(".")
    printed = await statements.printed(session.user, StatementId(held))
    file = f"statement-{printed.statement.month}.{form}"
    if form == "csv":
        given = {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(csv_of(printed), media_type="text/csv; header=present", headers=given)
    said = paper(printed)
    if form == "html":
        policy = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return Response(page(said, held), media_type="text/html", headers=policy)
    shown = {"Content-Disposition": f'inline; filename="{file}"'}
    made = await asyncio.to_thread(_pdf, said)
    return Response(made, media_type="application/pdf", headers=shown)


def _pdf(said: StatementPaper) -> bytes:
    from backend.api.statement_pdf import pdf  # takes a second: not while a service comes back

    return pdf(said)


# Callers: no cookie, and no bearer, for theirs has been given back. The key that bound the link proves them.


def _token(text: str) -> Token:
    try:
        return Token(text)
    except ValueError:
        raise Refused(Refusal.LINK_UNKNOWN) from None


@post("/caller/receipt/challenge", guards=[guards.our_pages], status_code=200)
async def challenge(
    request: Request[Any, Any, Any], data: JSONBody[OpenLink], receipts: NamedDependency[Receipts]
) -> ReceiptChallenge:
    return ReceiptChallenge(challenge=await receipts.challenge(_token(data.token), guards.address(request)))


@post("/caller/receipt", guards=[guards.our_pages], status_code=200)
async def receipt_of_caller(
    request: Request[Any, Any, Any], data: JSONBody[AskReceipt], receipts: NamedDependency[Receipts]
) -> CallerReceipt:
    return await receipts.of_caller(
        _token(data.token),
        challenge=data.challenge,
        x=data.key.x,
        y=data.key.y,
        signature=data.signature,
        address=guards.address(request),
    )


ROUTER = Router(
    "/api",
    route_handlers=[
        receipts_of_owner,
        proof,
        contest,
        contests_of_agency,
        answer,
        mismatches,
        statements_of_owner,
        statement,
        challenge,
        receipt_of_caller,
    ],
)
