"""An invoice as a PDF, on backend.api.sheet's paper. The same invoice gives the same bytes."""

from backend.api.paper import Paper
from backend.api.sheet import GREY, Sheet
from backend.model.fees import Invoice

ABOUT = "The page of this invoice shows it."
_WIDTHS = (76, 22, 36, 36)


def pdf(invoice: Invoice, said: Paper) -> bytes:
    """One A4 or more, with whatever scripts the names are written in."""
    lines = [*said.addressee, said.issuer, *(held for _, held in said.facts)]
    sheet = Sheet(said.title, invoice.issued_at, lines, ABOUT)
    sheet.line(said.issuer, 14)
    sheet.space(12)
    for line in said.addressee:
        sheet.line(line, 11)
    sheet.space(14)
    sheet.line(said.title, 20)
    sheet.space(4)
    for name, held in said.facts:
        sheet.fact(name, held)
    sheet.space(6)
    sheet.row(("Level", "Cameras", "Each", "Sum"), _WIDTHS, GREY)
    for row in said.rows:
        sheet.row(row, _WIDTHS)
    sheet.row(("Total", "", "", said.total), _WIDTHS, size=13)
    sheet.space(10)
    for note in said.notes:
        sheet.line(note, 11)
    return sheet.bytes()
