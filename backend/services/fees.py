"""The annual fee: the agency's prices, an invoice a year for each site, and what has been paid.

Beside the story of a call and never part of it: nothing that decides who sees what reads anything of this.
"""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from backend.model import money
from backend.model.cameras import ParticipationLevel
from backend.model.entries import Action
from backend.model.fees import (
    MOST_OF_A_YEAR,
    PAYABLE_WITHIN,
    BillableSite,
    Invoice,
    InvoiceState,
    InvoiceView,
    Price,
    PriceList,
    YearOfFees,
    lines_for,
    total,
)
from backend.model.ids import InvoiceId, new_id
from backend.model.payments import (
    Payment,
    PaymentOutcome,
    PaymentReport,
    PaymentRow,
    UnreadableFile,
    read,
)
from backend.model.people import Role, User
from backend.model.refusals import Refusal, Refused
from backend.services.steps import Step, Steps

AT_ONCE = 50  # invoices or payments in one transaction: whoever answers a call must not wait for the books


class Fees:
    """Prices, invoices and payments."""

    def __init__(
        self, steps: Steps, *, agency: str, currency: str, zone: ZoneInfo, month_first: bool
    ) -> None:
        self._steps, self._agency, self._currency, self._zone = steps, agency, currency, zone
        self._month_first = month_first

    # -- prices

    async def prices(self) -> PriceList:
        """What each level costs now."""
        async with self._steps.read() as tx:
            return self._list(await tx.fees.prices())

    async def set_prices(self, user: User, cents: Mapping[ParticipationLevel, int]) -> PriceList:
        """Set some or all; levels not named keep theirs. Invoices that were issued keep what they say."""
        async with self._steps.begin() as step:
            await step.tx.fees.lock()
            held = await step.tx.fees.prices()
            changed = {level: price for level, price in cents.items() if held.get(level, 0) != price}
            for level, price in changed.items():
                await step.tx.fees.set_price(level, price)
                was = money.shown(held.get(level, 0), self._currency)
                await step.record(
                    Action.FEE_PRICE,
                    actor=user.id,
                    subject=level.value,
                    before=was,
                    now=money.shown(price, self._currency),
                )
            return self._list(await step.tx.fees.prices())

    def _list(self, cents: Mapping[ParticipationLevel, int]) -> PriceList:
        prices = tuple(Price(level=level, cents=cents.get(level, 0)) for level in ParticipationLevel)
        return PriceList(currency=self._currency, digits=money.digits(self._currency), prices=prices)

    # -- invoices

    async def issue(self, user: User, year: int) -> int:
        """An invoice for every site that takes part and has none of that year; how many were issued.

        Raises Refused for a year that is neither the last, this one nor the next. Pressed twice, or by two at
        a time, each site still gets one, and the numbers have no gaps.
        """
        this = self._today().year
        if not this - 1 <= year <= this + 1:
            await self._refuse(user, Action.FEE_INVOICE, str(year), Refusal.BAD_DATE)
            raise Refused(Refusal.BAD_DATE, f"Invoices can be issued for {this - 1}, {this} and {this + 1}.")
        issued = 0
        while True:
            async with self._steps.begin() as step:
                await step.tx.fees.lock()
                sites = await step.tx.fees.unbilled(year, AT_ONCE)
                prices = await step.tx.fees.prices()
                last = await step.tx.fees.last_number(year)
                used = int(last.partition("-")[2]) if last else 0
                for number, site in enumerate(sites, used + 1):
                    if number > MOST_OF_A_YEAR:
                        raise Refused(Refusal.FULL, "This year has no number left for another invoice.")
                    await self._issue(step, user, year, number, site, prices)
                issued += len(sites)
            if len(sites) < AT_ONCE:
                return issued

    async def _issue(
        self,
        step: Step,
        user: User,
        year: int,
        number: int,
        site: BillableSite,
        prices: Mapping[ParticipationLevel, int],
    ) -> None:
        invoice = Invoice(
            id=InvoiceId(new_id("inv")),
            number=f"{year}-{number:06d}",
            site_id=site.id,
            year=year,
            issued_at=step.now,
            due_on=step.now.astimezone(self._zone).date() + PAYABLE_WITHIN,
            currency=self._currency,
            issuer=self._agency,
            site=site.name,
            addressee=site.addressee,
            address=site.address,
            lines=lines_for(site.cameras, prices),
        )
        await step.tx.fees.add(invoice)
        await step.record(
            Action.FEE_INVOICE,
            actor=user.id,
            subject=invoice.id,
            number=invoice.number,
            site=site.id,
            amount=money.shown(invoice.cents, invoice.currency),
        )

    async def year(self, year: int) -> YearOfFees:
        """All invoices of a year and what they come to."""
        async with self._steps.read() as tx:
            invoices = await tx.fees.of_year(year)
            missing = await tx.fees.count_unbilled(year)
        today = self._today()
        # added up in one currency: those from before the agency changed it are listed, not added
        ours = [invoice for invoice in invoices if invoice.currency == self._currency]
        return YearOfFees(
            year=year,
            today=today,
            currency=self._currency,
            digits=money.digits(self._currency),
            billed=total(ours, today, *InvoiceState),
            paid=total(ours, today, InvoiceState.PAID),
            open=total(ours, today, InvoiceState.OPEN),
            overdue=total(ours, today, InvoiceState.OVERDUE),
            missing=missing,
            invoices=tuple(self._view(invoice, today) for invoice in invoices),
        )

    async def of_year(self, year: int) -> list[tuple[Invoice, InvoiceState]]:
        """The same for the city's books, the lowest number first."""
        async with self._steps.read() as tx:
            invoices = await tx.fees.of_year(year)
        today = self._today()
        return [(invoice, invoice.state(today)) for invoice in reversed(invoices)]

    async def mine(self, owner: User) -> list[InvoiceView]:
        """An owner's own, the newest first."""
        async with self._steps.read() as tx:
            invoices = await tx.fees.of_owner(owner.id)
        return [self._view(invoice, self._today()) for invoice in invoices]

    async def one(self, user: User, invoice: InvoiceId) -> tuple[Invoice, InvoiceState]:
        """One invoice, for the supervisor or the owner whom it bills. Raises Refused."""
        async with self._steps.read() as tx:
            found = await tx.fees.get(invoice)
            owner = await tx.fees.owner_of(invoice)
        if found is None:
            raise Refused(Refusal.NOT_FOUND, "There is no such invoice.")
        if user.role is not Role.SUPERVISOR and user.id != owner:
            await self._refuse(user, Action.ACCESS_REFUSE, found.id, Refusal.NOT_FOUND)
            raise Refused(
                Refusal.NOT_FOUND, "There is no such invoice."
            )  # whether there is one is not theirs
        return found, found.state(self._today())

    def issued_on(self, invoice: Invoice) -> date:
        """The day that it was issued, by the agency's calendar."""
        return invoice.issued_at.astimezone(self._zone).date()

    # -- payments

    async def pay(self, user: User, invoice: InvoiceId, paid_on: date | None, note: str) -> InvoiceView:
        """Mark an invoice paid on that day, or not paid (None). Raises Refused."""
        async with self._steps.begin() as step:
            await step.tx.fees.lock()
            found = await step.tx.fees.get(invoice)
            no = self._why_not(found, paid_on)
            if no is None and found is not None and (found.paid_on, found.paid_note) != (paid_on, note):
                await step.tx.fees.mark(invoice, paid_on, note)
                await self._record(step, user, found, paid_on, "by hand")
            elif no is not None:
                await step.record(Action.FEE_PAY, actor=user.id, subject=invoice, refusal=no.refusal)
            after = await step.tx.fees.get(invoice)
        if no is not None or after is None:
            raise no or Refused(Refusal.NOT_FOUND)
        return self._view(after, self._today())

    def _why_not(self, invoice: Invoice | None, paid_on: date | None) -> Refused | None:
        if invoice is None:
            return Refused(Refusal.NOT_FOUND, "There is no such invoice.")
        if invoice.cents == 0:
            return Refused(Refusal.NOTHING_DUE, "This invoice asks for nothing, so there is nothing to pay.")
        if paid_on is not None and not self.issued_on(invoice) <= paid_on <= self._today():
            return Refused(
                Refusal.BAD_DATE,
                f"The day of payment is from {self.issued_on(invoice)}, when it was issued, to today.",
            )
        return None

    async def take(self, user: User, raw: bytes, *, preview: bool) -> PaymentReport:
        """A file of payments: each row by itself, so that a wrong one undoes no good one.

        Raises Refused when the file as a whole cannot be read. With `preview` nothing is changed.
        """
        try:
            read_rows = read(raw, self._currency, month_first=self._month_first)
        except UnreadableFile as error:
            await self._refuse(user, Action.FEE_PAY, "file", Refusal.BAD_FILE)
            raise Refused(Refusal.BAD_FILE, str(error)) from error
        rows: list[PaymentRow] = []
        paid: set[str] = set()
        for start in range(0, len(read_rows), AT_ONCE):
            batch = read_rows[start : start + AT_ONCE]
            if preview:
                async with self._steps.read() as tx:
                    known = await tx.fees.by_number(_numbers(batch))
                rows += [self._judge(line, row, known, paid) for line, row in batch]
                continue
            async with self._steps.begin() as step:
                await step.tx.fees.lock()
                known = await step.tx.fees.by_number(_numbers(batch))
                for line, row in batch:
                    judged = self._judge(line, row, known, paid)
                    if judged.outcome is PaymentOutcome.PAYS:
                        invoice = known[judged.number]
                        await step.tx.fees.mark(invoice.id, judged.paid_on, "")
                        await self._record(step, user, invoice, judged.paid_on, "from a file")
                    rows.append(judged)
        report = PaymentReport(preview=preview, rows=tuple(rows))
        if not preview:
            await self._sum_up(user, report)
        return report

    def _judge(
        self, line: int, row: Payment | str, known: Mapping[str, Invoice], paid: set[str]
    ) -> PaymentRow:
        if isinstance(row, str):
            return PaymentRow(
                line=line, number="", paid_on=None, cents=None, outcome=PaymentOutcome.UNREADABLE, words=row
            )
        outcome, words = self._outcome(row, known.get(row.number), row.number in paid)
        if outcome is PaymentOutcome.PAYS:
            paid.add(row.number)
        return PaymentRow(
            line=line, number=row.number, paid_on=row.paid_on, cents=row.cents, outcome=outcome, words=words
        )

    def _outcome(self, row: Payment, invoice: Invoice | None, again: bool) -> tuple[PaymentOutcome, str]:
        if invoice is None:
            return PaymentOutcome.NO_INVOICE, "no invoice has this number"
        if again:
            return PaymentOutcome.TWICE, "an earlier row of this file pays it"
        no = self._why_not(invoice, row.paid_on)
        if no is not None and no.refusal is Refusal.NOTHING_DUE:
            return PaymentOutcome.NOTHING_DUE, "the invoice asks for nothing"
        if row.cents != invoice.cents or invoice.currency != self._currency:
            asked = money.shown(invoice.cents, invoice.currency)
            return PaymentOutcome.WRONG_AMOUNT, f"the invoice asks for {asked}"
        if invoice.paid_on is not None:
            return PaymentOutcome.ALREADY, f"paid on {invoice.paid_on} already; nothing changes"
        if no is not None:
            return PaymentOutcome.BAD_DATE, f"issued on {self.issued_on(invoice)}; today is {self._today()}"
        return PaymentOutcome.PAYS, ""

    async def _sum_up(self, user: User, report: PaymentReport) -> None:
        counts = dict.fromkeys(PaymentOutcome, 0)
        for row in report.rows:
            counts[row.outcome] += 1
        async with self._steps.begin() as step:
            await step.record(
                Action.FEE_PAY,
                actor=user.id,
                subject="file",
                details={outcome.value: str(count) for outcome, count in counts.items() if count},
            )

    async def _record(self, step: Step, user: User, invoice: Invoice, paid_on: date | None, how: str) -> None:
        await step.record(
            Action.FEE_PAY,
            actor=user.id,
            subject=invoice.id,
            number=invoice.number,
            amount=money.shown(invoice.cents, invoice.currency),
            before=str(invoice.paid_on or "not paid"),
            now=str(paid_on or "not paid"),
            how=how,
        )

    async def _refuse(self, user: User, action: Action, subject: str, refusal: Refusal) -> None:
        async with self._steps.begin() as step:
            await step.record(action, actor=user.id, subject=subject, refusal=refusal)

    def _today(self) -> date:
        return self._steps.clock().astimezone(self._zone).date()

    def _view(self, invoice: Invoice, today: date) -> InvoiceView:
        return InvoiceView(
            id=invoice.id,
            number=invoice.number,
            site_id=invoice.site_id,
            year=invoice.year,
            issued_at=invoice.issued_at,
            due_on=invoice.due_on,
            currency=invoice.currency,
            digits=money.digits(invoice.currency),
            site=invoice.site,
            addressee=invoice.addressee,
            address=invoice.address,
            lines=invoice.lines,
            cents=invoice.cents,
            state=invoice.state(today),
            paid_on=invoice.paid_on,
            paid_note=invoice.paid_note,
            html=f"/api/invoices/{invoice.id}.html",
            pdf=f"/api/invoices/{invoice.id}.pdf",
        )


def _numbers(batch: list[tuple[int, Payment | str]]) -> set[str]:
    return {row.number for _, row in batch if isinstance(row, Payment)}
