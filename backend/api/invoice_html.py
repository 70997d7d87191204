"""An invoice as a page of its own, to be read or printed: no script, and one style named by its hash."""

import base64
import hashlib
from html import escape

from backend.api.paper import Paper
from backend.model.fees import Invoice, InvoiceState

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.75rem; margin: 0 0 1.5rem; }
address { font-style: normal; margin: 1.5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1.5rem; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .5rem; border-bottom: 1px solid GrayText; }
th:first-child, td:first-child { text-align: left; }
tfoot th, tfoot td { border-bottom: 0; font-size: 1.25rem; font-weight: 700; }
.now { border: 1px solid GrayText; border-radius: 8px; padding: .5rem 1rem; display: flex; gap: 1rem;
  flex-wrap: wrap; align-items: center; }
.now a { min-height: 48px; display: inline-flex; align-items: center; margin-left: auto; }
@media print { .now { display: none; } }
"""
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
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
<style>{_STYLE}</style>
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
