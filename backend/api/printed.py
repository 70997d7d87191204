"""What is printed, an invoice or a statement: no script, and one style named by its hash."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from typing import Protocol

STYLE = """
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
h2 { font-size: 1.25rem; margin: 1.5rem 0 .5rem; }
.verdict { border-left: 6px solid GrayText; padding: .25rem .75rem; font-weight: 600; }
.loud { border: 3px solid #c62828; padding: .75rem; }
.lines { font-size: .875rem; }
.lines td:nth-child(-n+4), .lines th:nth-child(-n+4) { text-align: left; }
.now { border: 1px solid GrayText; border-radius: 8px; padding: .5rem 1rem; display: flex; gap: 1rem;
  flex-wrap: wrap; align-items: center; }
.now a { min-height: 48px; display: inline-flex; align-items: center; }
.now strong { margin-right: auto; }
@media print { .now { display: none; } }
"""
POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Headed(Protocol):
    """What stands at the head of each paper."""

    @property
    def title(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def addressee(self) -> Iterable[str]: ...
    @property
    def facts(self) -> Iterable[tuple[str, str]]: ...


def document(said: Headed, now: str, body: str) -> str:
    """The whole page. `now` is HTML for above the paper, which is not printed, `body` for below its facts."""
    facts = "".join(f'<dt>{name}</dt><dd dir="auto">{escape(held)}</dd>' for name, held in said.facts)
    to = "<br>".join(f'<bdi dir="auto">{escape(line)}</bdi>' for line in said.addressee)
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
<div class="now">{now}</div>
<p><strong dir="auto">{escape(said.issuer)}</strong></p>
<address>{to}</address>
<h1>{escape(said.title)}</h1>
<dl>{facts}</dl>
{body}
</main>
</body>
</html>
"""


def notes(lines: Iterable[str]) -> str:
    """A paragraph each."""
    return "".join(f"<p>{escape(line)}</p>" for line in lines)
