"""An invoice as a page of its own, to be read or printed."""

from html import escape

from backend.api.paper import Paper
from backend.api.printed import document, notes
from backend.model.fees import Invoice, InvoiceState

_STATES = {
    InvoiceState.FREE: "Nothing to pay",
    InvoiceState.OPEN: "Not paid yet",
    InvoiceState.OVERDUE: "Overdue",
}


def page(invoice: Invoice, said: Paper, state: InvoiceState) -> str:
    """The whole document. Where the payment stands is above the paper and is not printed."""
    now = _STATES.get(state) or f"Paid on {invoice.paid_on}"
    rows = "".join(
        f'<tr><td dir="auto">{escape(level)}</td><td>{count}</td><td>{each}</td><td>{cost}</td></tr>'
        for level, count, each, cost in said.rows
    )
    return document(
        said,
        f"""<strong>{escape(now)}</strong>
<a href="/api/invoices/{invoice.id}.pdf">PDF of this invoice</a>""",
        f"""<div class="wide">
<table>
<thead><tr><th scope="col">What the cameras may be used for</th><th scope="col">Cameras</th>
<th scope="col">Each</th><th scope="col">Sum</th></tr></thead>
<tbody>{rows}</tbody>
<tfoot><tr><th scope="row" colspan="3">Total</th><td>{escape(said.total)}</td></tr></tfoot>
</table>
</div>
{notes(said.notes)}""",
    )
