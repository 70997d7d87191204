"""Thermal palettes: what colour stands for how warm. The same as pwa/src/staff/thermal/palettes.ts."""

from enum import StrEnum

import msgspec

Colour = tuple[int, int, int]


class Palette(StrEnum):
    """From cold to hot."""

    WHITE_HOT = "white-hot"
    BLACK_HOT = "black-hot"
    IRONBOW = "ironbow"
    RAINBOW = "rainbow"


STOPS: dict[Palette, tuple[Colour, ...]] = {  # red, green, blue; evenly apart from the coldest to the hottest
    Palette.WHITE_HOT: ((0, 0, 0), (255, 255, 255)),
    Palette.BLACK_HOT: ((255, 255, 255), (0, 0, 0)),
    Palette.IRONBOW: (
        (0, 0, 10),
        (32, 0, 140),
        (120, 0, 160),
        (196, 24, 110),
        (236, 88, 22),
        (252, 164, 6),
        (254, 228, 80),
        (255, 255, 246),
    ),
    Palette.RAINBOW: (
        (10, 8, 90),
        (0, 70, 220),
        (0, 180, 220),
        (40, 200, 80),
        (220, 230, 30),
        (250, 140, 10),
        (230, 30, 20),
        (255, 235, 235),
    ),
}


def table(palette: Palette) -> list[Colour]:
    """256 colours, from the coldest to the hottest."""
    stops, made = STOPS[palette], []
    for step in range(256):
        at = step / 255 * (len(stops) - 1)
        below = min(len(stops) - 2, int(at))
        part = at - below
        red, green, blue = (
            round(a + (b - a) * part) for a, b in zip(stops[below], stops[below + 1], strict=True)
        )
        made.append((red, green, blue))
    return made


class Thermal(msgspec.Struct, frozen=True, kw_only=True):
    """How a thermal still is to look. `range_c`: what its black and white mean, where that is known."""

    palette: Palette
    range_c: tuple[float, float] | None = None

    def arguments(self) -> list[str]:
        return [self.palette, *(f"{celsius:.2f}" for celsius in self.range_c or ())]

    @classmethod
    def of(cls, arguments: list[str]) -> "Thermal | None":
        if not arguments:
            return None
        palette, *degrees = arguments
        low_high = (float(degrees[0]), float(degrees[1])) if degrees else None
        return cls(palette=Palette(palette), range_c=low_high)
