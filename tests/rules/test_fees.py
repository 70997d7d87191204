"""The fee changes nothing about who gets help first: what decides cannot even see it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KNOW = {
    "backend/services/fees.py",
    "backend/services/lending_board.py",
}  # the books, and what an owner is shown
DECIDE = sorted(
    str(path.relative_to(ROOT))
    for folder in ("backend/services", "backend/model", "signaling", "media")
    for path in (ROOT / folder).rglob("*.py")
    if str(path.relative_to(ROOT)) not in KNOW and path.name not in ("fees.py", "payments.py", "money.py")
)
NAMES = {"fees", "invoice", "invoices", "paid_on", "payments", "prices", "InvoiceState", "BillableSite"}


def test_what_decides_is_looked_at() -> None:
    names = {"access", "incidents"}
    assert {f"backend/services/{name}.py" for name in names} | {"backend/model/cameras.py"} <= set(DECIDE)


@pytest.mark.parametrize("path", DECIDE)
def test_what_decides_reads_nothing_of_the_fee(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text())
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            read |= {(node.module or "").rsplit(".", 1)[-1], *(alias.name for alias in node.names)}
        elif isinstance(node, ast.Name):
            read.add(node.id)
    assert read & NAMES == set()


@pytest.mark.parametrize(
    "path", ["backend/store/sites.py", "backend/store/openings.py", "backend/store/incidents.py"]
)
def test_what_is_read_for_a_decision_joins_no_invoice(path: str) -> None:
    file = ROOT / path
    if not file.exists():
        pytest.skip("not built yet")
    words = {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
    assert words & {"invoices", "prices"} == set()
