"""Prices, invoices and payments over HTTP: supervisors keep them, owners see their own."""

import asyncio
from typing import Annotated

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter, RawBody

from backend.api import guards
from backend.api.bodies import ID
from backend.api.books import csv_of
from backend.api.fee_bodies import IssuedInvoices, IssueInvoices, PayInvoice, SetPrices
from backend.api.invoice_html import page
from backend.api.paper import Paper, paper
from backend.api.printed import POLICY
from backend.model.fees import Invoice, InvoiceView, PriceList, YearOfFees
from backend.model.ids import InvoiceId
from backend.model.payments import MOST_BYTES, PaymentReport
from backend.model.people import StaffSession
from backend.services.fees import Fees

Id = Annotated[str, PathParameter(pattern=ID)]
Year = Annotated[int, QueryParameter(ge=2000, le=2999)]
_PAPER = r"^inv_[0-9A-Za-z]{22}\.(html|pdf)\Z"


@get("/agency/prices", guards=[guards.supervisors])
async def prices(fees: NamedDependency[Fees]) -> PriceList:
    return await fees.prices()


@put("/agency/prices", guards=[guards.supervisors])
async def set_prices(
    data: JSONBody[SetPrices], session: NamedDependency[StaffSession], fees: NamedDependency[Fees]
) -> PriceList:
    return await fees.set_prices(session.user, data.cents)


@get("/agency/invoices", guards=[guards.supervisors])
async def invoices(year: Year, fees: NamedDependency[Fees]) -> YearOfFees:
    return await fees.year(year)


@post("/agency/invoices", guards=[guards.supervisors], status_code=200)
async def issue(
    data: JSONBody[IssueInvoices], session: NamedDependency[StaffSession], fees: NamedDependency[Fees]
) -> IssuedInvoices:
    return IssuedInvoices(issued=await fees.issue(session.user, data.year))


@post("/agency/invoices/{invoice:str}/paid", guards=[guards.supervisors], status_code=200)
async def pay(
    invoice: Id,
    data: JSONBody[PayInvoice],
    session: NamedDependency[StaffSession],
    fees: NamedDependency[Fees],
) -> InvoiceView:
    return await fees.pay(session.user, InvoiceId(invoice), data.paid_on, data.note)


@get("/agency/invoices.csv", guards=[guards.supervisors])
async def books(year: Year, fees: NamedDependency[Fees]) -> Response[bytes]:
    found = [(invoice, fees.issued_on(invoice), state) for invoice, state in await fees.of_year(year)]
    return Response(
        csv_of(found),
        media_type="text/csv; header=present",
        headers={"Content-Disposition": f'attachment; filename="invoices-{year}.csv"'},
    )


@post(
    "/agency/invoices/payments",
    guards=[guards.supervisors],
    status_code=200,
    request_max_body_size=MOST_BYTES + 1,  # one more than may be, so that the service says so in words
)
async def payments(
    body: RawBody,
    session: NamedDependency[StaffSession],
    fees: NamedDependency[Fees],
    preview: bool = False,
) -> PaymentReport:
    return await fees.take(session.user, body, preview=preview)


@get("/invoices", guards=[guards.owners])
async def mine(session: NamedDependency[StaffSession], fees: NamedDependency[Fees]) -> list[InvoiceView]:
    return await fees.mine(session.user)


@get("/invoices/{name:str}", guards=[guards.managers])
async def the_paper(
    name: Annotated[str, PathParameter(pattern=_PAPER)],
    session: NamedDependency[StaffSession],
    fees: NamedDependency[Fees],
) -> Response[str] | Response[bytes]:
    held, _, form = name.rpartition(".")
    invoice, state = await fees.one(session.user, InvoiceId(held))
    said = paper(invoice, fees.issued_on(invoice))
    if form == "html":
        policy = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        return Response(page(invoice, said, state), media_type="text/html", headers=policy)
    shown = {"Content-Disposition": f'inline; filename="invoice-{invoice.number}.pdf"'}
    return Response(await asyncio.to_thread(_pdf, invoice, said), media_type="application/pdf", headers=shown)


def _pdf(invoice: Invoice, said: Paper) -> bytes:
    from backend.api.invoice_pdf import pdf  # takes a second: not while a service comes back

    return pdf(invoice, said)


ROUTER = Router(
    "/api",
    route_handlers=[prices, set_prices, invoices, issue, pay, books, payments, mine, the_paper],
)
