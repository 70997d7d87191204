"""Charts without a script and without a style of their own: bars whose numbers stand beside them.

A chart of names is a table with bars in it. A chart of months is a drawing, and a table below says the same.
"""

from collections.abc import Iterable, Sequence

import msgspec

from backend.api.citizen.elements import Html, h

_WIDE, _HIGH, _GAP, _TEXT = 640, 200, 8, 20


class Line(msgspec.Struct, frozen=True):
    """One line of a table: what it is of, the number that the bar shows, and other numbers."""

    name: str
    value: int
    more: tuple[str, ...] = ()
    quiet: bool = False  # what has no name of its own


def bars(caption: str, columns: Sequence[str], lines: Iterable[Line], ident: str, empty: str) -> Html:
    """A table whose first number is drawn too. `columns` name the numbers."""
    held = list(lines)
    most = max([line.value for line in held], default=0)
    head = h("h3", {"id": ident}, caption)
    if not held:
        return h(
            "section", {"class": "chart", "aria-labelledby": ident}, head, h("p", {"class": "soft"}, empty)
        )
    titles = [h("th", {"scope": "col"}, h("span", {"class": "sr"}, caption))]
    titles += [h("th", {"scope": "col"}, column) for column in columns]
    return h(
        "section",
        {"class": "chart", "aria-labelledby": ident},
        head,
        h(
            "table",
            {"aria-labelledby": ident},
            h("thead", None, h("tr", None, *titles)),
            h("tbody", None, [_row(line, most) for line in held]),
        ),
    )


def _row(line: Line, most: int) -> Html:
    width = round(100 * line.value / most, 1) if most else 0
    bar = h(
        "svg",
        {"viewBox": "0 0 100 6", "preserveAspectRatio": "none", "aria-hidden": "true", "class": "bar"},
        h("rect", {"width": 100, "height": 6, "class": "rail"}),
        h("rect", {"width": width, "height": 6}),
    )
    return h(
        "tr",
        {"class": "quiet" if line.quiet else None},
        h("th", {"scope": "row"}, h("span", {"dir": "auto"}, line.name), bar),
        h("td", None, f"{line.value:,}"),
        *[h("td", None, text) for text in line.more],
    )


def columns(label: str, points: Sequence[tuple[str, str, int]], *, rtl: bool) -> Html:
    """Months side by side: of each a short name, a long one and a number; from right to left if `rtl`."""
    most = max([value for _, _, value in points], default=0) or 1
    step = _WIDE / max(len(points), 1)
    parts: list[Html] = []
    room = _HIGH - 2 * _TEXT
    for at, (short, _, value) in enumerate(points):
        place = len(points) - 1 - at if rtl else at
        left, tall = place * step + _GAP / 2, round(room * value / most, 1)
        top = _TEXT + room - tall
        middle = f"{left + (step - _GAP) / 2:.1f}"
        now = "now" if at == len(points) - 1 else None
        parts.append(
            h(
                "rect",
                {
                    "x": f"{left:.1f}",
                    "y": f"{top:.1f}",
                    "width": f"{step - _GAP:.1f}",
                    "height": max(tall, 1),
                    "rx": 3,
                    "class": now,
                },
            )
        )
        parts.append(h("text", {"x": middle, "y": f"{top - 5:.1f}", "class": "value"}, f"{value:,}"))
        parts.append(h("text", {"x": middle, "y": _HIGH - 4}, short))
    return h(
        "svg",
        {"viewBox": f"0 0 {_WIDE} {_HIGH}", "role": "img", "aria-label": label, "class": "columns"},
        *parts,
    )
