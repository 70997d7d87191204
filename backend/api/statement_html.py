"""A monthly statement as a page of its own, to be read or printed."""

from collections.abc import Sequence
from html import escape

from backend.api.printed import document, notes
from backend.api.statement_paper import CAMERA_HEADS, LINE_HEADS, StatementPaper


def page(said: StatementPaper, statement: str) -> str:
    """The whole document."""
    counts = "".join(f"<li>{escape(line)}</li>" for line in said.counts)
    lines = ""
    if said.lines:
        lines = f"<h2>Each opening</h2>{_table(LINE_HEADS, said.lines, 'lines')}"
    return document(
        said,
        f"""<strong>{escape(said.title)}</strong>
<a href="/api/statements/{statement}.pdf">PDF</a>
<a href="/api/statements/{statement}.csv">CSV</a>""",
        f"""<p class="{"verdict loud" if said.loud else "verdict"}">{escape(said.verdict)}</p>
<h2>Your cameras</h2>
{_table(CAMERA_HEADS, said.cameras, "")}
{lines}
<h2>What the connector counted</h2>
<ul>{counts}</ul>
{notes(said.notes)}""",
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
