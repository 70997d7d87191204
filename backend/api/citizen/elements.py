"""HTML by function calls: every text is escaped because there is no other way to put one in (decision 0031).

h("a", {"href": "/log/key"}, "The log's key")
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None
_VOID = frozenset({"br", "hr", "input", "link", "meta", "rect", "path", "line"})


class Html(str):
    """What is HTML already. Only `h` and `together` make it."""

    __slots__ = ()


Child: TypeAlias = "Html | str | int | Iterable[Html] | None"


def h(tag: str, attributes: Mapping[str, Value] | None = None, *children: Child) -> Html:
    """One element. An attribute that is None or False is left out; True stands by its name alone."""
    said = "".join([_attribute(name, value) for name, value in (attributes or {}).items()])
    if tag in _VOID:
        return Html(f"<{tag}{said}>" if tag not in ("rect", "path", "line") else f"<{tag}{said}/>")
    return Html(f"<{tag}{said}>{together(*children)}</{tag}>")


def together(*children: Child) -> Html:
    """Some of them, one after the other."""
    return Html("".join([_child(child) for child in children]))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child, quote=False)
    if isinstance(child, int):
        return str(child)
    return "".join([_child(each) for each in child])


def _attribute(name: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{escape(str(value))}"'
