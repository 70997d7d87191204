"""An invoice as a page of its own, to be read or printed."""

from html import escape

from backend.api.paper import Paper
from backend.api.printed import STYLE
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
    facts = "".join(f'<dt>{name}</dt><dd dir="auto">{escape(held)}</dd>' for name, held in said.facts)
    to = "<br>".join(f'<bdi dir="auto">{escape(line)}</bdi>' for line in said.addressee)
    notes = "".join(f"<p>{escape(note)}</p>" for note in said.notes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(said.title)} – {escape(said.issuer)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<div class="now"><strong>{escape(now)}</strong>
<a href="/api/invoices/{invoice.id}.pdf">PDF of this invoice</a></div>
<p><strong dir="auto">{escape(said.issuer)}</strong></p>
<address>{to}</address>
<h1>{escape(said.title)}</h1>
<dl>{facts}</dl>
<div class="wide">
<table>
<thead><tr><th scope="col">What the cameras may be used for</th><th scope="col">Cameras</th>
<th scope="col">Each</th><th scope="col">Sum</th></tr></thead>
<tbody>{rows}</tbody>
<tfoot><tr><th scope="row" colspan="3">Total</th><td>{escape(said.total)}</td></tr></tfoot>
</table>
</div>
{notes}
</main>
</body>
</html>
"""
