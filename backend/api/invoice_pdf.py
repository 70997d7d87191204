"""An invoice as a PDF: the only file that knows fpdf2. The same invoice gives the same bytes.

DejaVu Sans travels with us: Latin, Greek, Cyrillic, Armenian, Georgian, Arabic, Hebrew and more. What it
lacks comes from Debian's Noto fonts where the machine has them, and for Chinese, Japanese and Korean from
Droid Sans Fallback; what nobody has is shown as a box, and said.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from backend.api.paper import Paper
from backend.model.fees import Invoice

OWN = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
NOTO = Path("/usr/share/fonts/truetype/noto")  # Debian: fonts-noto-core, fonts-noto-extra
EAST = Path("/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf")  # Debian: fonts-droid-fallback
BOX = "□"
BOXES = f"{BOX} stands for a letter that no font here has. The page of this invoice shows it."
_GREY, _INK = (90, 90, 90), (0, 0, 0)
_WIDTHS = (76, 22, 36, 36)


def pdf(invoice: Invoice, said: Paper) -> bytes:
    """One A4 or more, with whatever scripts the names are written in."""
    lines = [*said.addressee, said.issuer, *(held for _, held in said.facts)]
    letters = {letter for line in lines for letter in line}
    fonts = _fonts_for(letters)
    known = set().union(*(_letters(font) for font in (OWN, *fonts)))
    return _Sheet(invoice, said, fonts, known).bytes()


class _Sheet:
    def __init__(self, invoice: Invoice, said: Paper, fonts: list[Path], known: set[int]) -> None:
        self._invoice, self._said, self._known = invoice, said, known
        self._boxed = False
        self._pdf = FPDF(format="A4")
        self._pdf.set_creation_date(invoice.issued_at)
        self._pdf.set_title(said.title)
        self._pdf.set_lang("en")
        self._pdf.set_margin(20)
        self._pdf.add_font("own", fname=OWN)
        for index, font in enumerate(fonts):
            self._pdf.add_font(f"more{index}", fname=font)
        if fonts:
            self._pdf.set_fallback_fonts([f"more{index}" for index in range(len(fonts))], exact_match=False)
        self._pdf.set_text_shaping(True)
        self._pdf.add_page()

    def bytes(self) -> bytes:
        said = self._said
        self._line(said.issuer, 14)
        self._pdf.ln(12)
        for line in said.addressee:
            self._line(line, 11)
        self._pdf.ln(14)
        self._line(said.title, 20)
        self._pdf.ln(4)
        for name, held in said.facts:
            self._fact(name, held)
        self._pdf.ln(6)
        self._row(("Level", "Cameras", "Each", "Sum"), _GREY)
        for row in said.rows:
            self._row(row, _INK)
        self._row(("Total", "", "", said.total), _INK, size=13)
        self._pdf.ln(10)
        for note in said.notes:
            self._line(note, 11)
        if self._boxed:
            self._line(BOXES, 9)
        return bytes(self._pdf.output())

    def _line(self, text: str, size: float) -> None:
        self._pdf.set_font("own", size=size)
        self._pdf.multi_cell(
            0, size * 0.55, self._written(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )

    def _fact(self, name: str, held: str) -> None:
        self._pdf.set_font("own", size=11)
        self._pdf.set_text_color(*_GREY)
        self._pdf.cell(24, 6.5, name)
        self._pdf.set_text_color(*_INK)
        self._pdf.multi_cell(0, 6.5, self._written(held), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def _row(self, cells: Iterable[str], colour: tuple[int, int, int], size: float = 10) -> None:
        self._pdf.set_font("own", size=size)
        self._pdf.set_text_color(*colour)
        for index, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True)):
            self._pdf.cell(width, 8, cell, border="B", align="R" if index else "L")
        self._pdf.set_text_color(*_INK)
        self._pdf.ln()

    def _written(self, text: str) -> str:
        """The text with a box for every letter that no font here has, and nothing that is no letter."""
        kept = []
        for letter in text:
            if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") or ord(letter) not in self._known:
                letter = " " if letter.isspace() else "" if unicodedata.category(letter) == "Cf" else BOX
            self._boxed |= letter == BOX
            kept.append(letter)
        return "".join(kept)


def _fonts_for(letters: set[str]) -> list[Path]:
    """The machine's fonts for what ours lacks, by the script that a letter's name begins with."""
    own = _letters(OWN)
    lacking = {letter for letter in letters if ord(letter) not in own}
    scripts = {unicodedata.name(letter, "").split(" ")[0].title() for letter in lacking} - {""}
    files = [*(NOTO / f"NotoSans{script}-Regular.ttf" for script in sorted(scripts)), EAST]
    return [file for file in files if any(ord(letter) in _letters(file) for letter in lacking)]


@lru_cache(maxsize=64)
def _letters(font: Path) -> frozenset[int]:
    """Which code points a font has; none when it is not there or cannot be read."""
    try:
        with TTFont(font, lazy=True) as held:
            return frozenset(held.getBestCmap() or ())
    except (OSError, TTLibError):
        return frozenset()
