"""A sheet of paper as a PDF: the only file that knows fpdf2. The same words give the same bytes.

DejaVu Sans travels with us: Latin, Greek, Cyrillic, Armenian, Georgian, Arabic, Hebrew and more. What it
lacks comes from Debian's Noto fonts where the machine has them, and for Chinese, Japanese and Korean from
Droid Sans Fallback; what nobody has is shown as a box, and said.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError  # type: ignore[import-untyped]
from fpdf import FPDF
from fpdf.enums import XPos, YPos

OWN = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
NOTO = Path("/usr/share/fonts/truetype/noto")  # Debian: fonts-noto-core, fonts-noto-extra
EAST = Path("/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf")  # Debian: fonts-droid-fallback
BOX = "□"
GREY, INK = (90, 90, 90), (0, 0, 0)


class Sheet:
    """A4, written from the top. `lines` is all that may be in other scripts; `about` where no box is."""

    def __init__(self, title: str, made_at: datetime, lines: Iterable[str], about: str) -> None:
        fonts = _fonts_for({letter for line in lines for letter in line})
        self._known = set().union(*(_letters(font) for font in (OWN, *fonts)))
        self._about, self._boxed = about, False
        self._pdf = FPDF(format="A4")
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(title)
        self._pdf.set_lang("en")
        self._pdf.set_margin(20)
        self._pdf.add_font("own", fname=OWN)
        for index, font in enumerate(fonts):
            self._pdf.add_font(f"more{index}", fname=font)
        if fonts:
            self._pdf.set_fallback_fonts([f"more{index}" for index in range(len(fonts))], exact_match=False)
        self._pdf.set_text_shaping(True)
        self._pdf.add_page()

    def space(self, millimetres: float) -> None:
        self._pdf.ln(millimetres)

    def line(self, text: str, size: float, colour: tuple[int, int, int] = INK) -> None:
        """As many lines as it takes."""
        self._pdf.set_font("own", size=size)
        self._pdf.set_text_color(*colour)
        self._pdf.multi_cell(
            0, size * 0.55, self._written(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )
        self._pdf.set_text_color(*INK)

    def fact(self, name: str, held: str, wide: float = 24) -> None:
        """A name in grey and what it is."""
        self._pdf.set_font("own", size=11)
        self._pdf.set_text_color(*GREY)
        self._pdf.cell(wide, 6.5, name)
        self._pdf.set_text_color(*INK)
        self._pdf.multi_cell(0, 6.5, self._written(held), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        colour: tuple[int, int, int] = INK,
        size: float = 10,
        left: int = 1,
    ) -> None:
        """A line of a table: the first `left` cells are words, the others figures."""
        self._pdf.set_font("own", size=size)
        self._pdf.set_text_color(*colour)
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            text = self._fitting(self._written(cell), width)
            self._pdf.cell(width, 8, text, border="B", align="R" if index >= left else "L")
        self._pdf.set_text_color(*INK)
        self._pdf.ln()

    def bytes(self) -> bytes:
        """The whole."""
        if self._boxed:
            self.line(boxed(self._about), 9)
        return bytes(self._pdf.output())

    def _fitting(self, text: str, width: float) -> str:
        if self._pdf.get_string_width(text) <= width - 2:
            return text
        while text and self._pdf.get_string_width(text + "…") > width - 2:
            text = text[:-1]
        return text + "…"

    def _written(self, text: str) -> str:
        """The text with a box for every letter that no font here has, and nothing that is no letter."""
        kept = []
        for letter in text:
            if unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") or ord(letter) not in self._known:
                letter = " " if letter.isspace() else "" if unicodedata.category(letter) == "Cf" else BOX
            self._boxed |= letter == BOX
            kept.append(letter)
        return "".join(kept)


def boxed(about: str) -> str:
    """What is said of boxes; `about` is where none is."""
    return f"{BOX} stands for a letter that no font here has. {about}"


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
