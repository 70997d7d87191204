"""A monthly statement as a PDF, on backend.api.sheet's paper. The same statement gives the same bytes."""

from backend.api.sheet import GREY, INK, Sheet
from backend.api.statement_paper import CAMERA_HEADS, LINE_HEADS, StatementPaper

ABOUT = "The page of this statement shows it."
_CAMERAS = (56, 24, 26, 28, 16, 20)
_LINES = (29, 28, 44, 34, 19, 16)
_LOUD = (170, 20, 20)


def pdf(said: StatementPaper) -> bytes:
    """One A4 or more."""
    cells = [cell for row in (*said.cameras, *said.lines) for cell in row]
    lines = [*said.addressee, said.issuer, *(held for _, held in said.facts), *cells]
    sheet = Sheet(said.title, said.made_at, lines, ABOUT)
    sheet.line(said.issuer, 14)
    sheet.space(10)
    for line in said.addressee:
        sheet.line(line, 11)
    sheet.space(12)
    sheet.line(said.title, 20)
    sheet.space(4)
    for name, held in said.facts:
        sheet.fact(name, held)
    sheet.space(4)
    sheet.line(said.verdict, 12, _LOUD if said.loud else INK)
    sheet.space(4)
    sheet.row(CAMERA_HEADS, _CAMERAS, GREY, 9)
    for row in said.cameras:
        sheet.row(row, _CAMERAS, size=9)
    if said.lines:
        sheet.space(6)
        sheet.line("Each opening", 13)
        sheet.row(LINE_HEADS, _LINES, GREY, 7.5, left=4)
        for row in said.lines:
            sheet.row(row, _LINES, size=7.5, left=4)
    sheet.space(6)
    sheet.line("What the connector counted", 13)
    for line in (*said.counts, *said.notes):
        sheet.line(line, 10)
        sheet.space(1)
    return sheet.bytes()
