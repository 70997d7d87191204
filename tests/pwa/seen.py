"""What must hold of every screen of every face, whoever looks at it and with what.

`tree` is what a screen reader has of it: roles, names and headings, without what differs from day to day.
"""

import asyncio
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Page

from tests.pwa.visits import axe

NARROW = (320, 640)
SMALLEST = (320, 568)
IN_HAND, AT_A_DESK = ((390, 844),), ((820, 1180), (1440, 900))
THEMES = ("day", "night")
LOOK_S, AT_REST, SOON = 0.25, 8, 24  # an officer's button rests for 1.5 s
ROUNDS = 2  # of Tab through the page: what is drawn anew meanwhile is met in the next

DRESS = """(theme) => {
  document.documentElement.dataset.theme = theme;
  return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""
TWICE = """() => {
  const larger = new CSSStyleSheet();
  larger.replaceSync('html { font-size: 200% }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, larger];
}"""
ONCE = "() => { document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1); }"
TOO_WIDE = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth) return [];
  const outside = [...document.body.querySelectorAll('*')].filter((element) => {
    const {left, right, width} = element.getBoundingClientRect();
    return width > 0 && (right > innerWidth + 1 || left < -1) && element.checkVisibility();
  });
  const named = outside.slice(-3).map((one) => one.outerHTML.slice(0, 160));
  return [`${page.scrollWidth - innerWidth} px too wide`, ...named];
}"""
TOO_LOW = """() => {
  const low = document.documentElement.scrollHeight - innerHeight;
  return low > 0 ? [`${low} px below the smallest screen`] : [];
}"""
TOO_SMALL = """() => [...document.querySelectorAll('button, select, input')]
  .filter((element) => element.offsetParent && element.getBoundingClientRect().height < 48)
  .map((element) => `too small: ${element.outerHTML.slice(0, 160)}`)"""
# Each that takes the focus is noted with what is wrong about how that is seen: at once, and as it leaves.
LISTEN = """() => {
  // What cannot be pressed has the focus for a screen reader alone: a screen's sentence, one that looks off.
  const isStill = (element) => element.matches('h1, .dark');
  const isRinged = (element) => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
  };
  const around = (element) => element.closest('label') ?? element;
  window.met = new Map();
  document.addEventListener('focusin', ({target}) => {
    window.met.set(target, isStill(target) || isRinged(target) || isRinged(around(target)) ? '' : 'no ring');
  });
  document.addEventListener('focusout', ({target}) => {
    const {left, right, top, bottom} = around(target).getBoundingClientRect();
    const isInside = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
    if (target.isConnected && !isInside) window.met.set(target, 'outside the screen');
  });
}"""
MET = """() => {
  const isOneOf = (radio) => [...document.getElementsByName(radio.name)].some(
    (other) => other.form === radio.form && window.met.has(other));
  const pressed = 'a[href], button, input, select, textarea, summary, [role=slider], [role=separator]';
  const left = [...document.querySelectorAll(pressed)].filter((element) =>
    element.checkVisibility({visibilityProperty: true}) && !element.matches(':disabled') &&
    element.tabIndex >= 0 && !element.closest('[inert]') && !window.met.has(element) &&
    !(element.type === 'radio' && isOneOf(element)) && !element.closest('svg, [aria-hidden=true]'));
  const wrong = [...window.met].filter(([element, why]) => why !== '' && element.isConnected);
  return {
    left: left.map((element) => element.outerHTML.slice(0, 160)),
    wrong: wrong.map(([element, why]) => `${why}: ${element.outerHTML.slice(0, 160)}`),
    many: document.querySelectorAll(pressed).length,
  };
}"""


async def dressed(page: Page, theme: str) -> None:
    """By day or by night, as the phone or as the person has chosen."""
    await page.emulate_media(color_scheme="dark" if theme == "night" else "light")
    await page.evaluate(DRESS, theme)


async def sized(page: Page, size: tuple[int, int]) -> None:
    await page.set_viewport_size({"width": size[0], "height": size[1]})


async def in_both_lights(page: Page) -> list[str]:
    """What axe-core finds, by day and by night."""
    found = []
    for theme in THEMES:
        await dressed(page, theme)
        found += [f"by {theme}, {line}" for line in await axe(page)]
    return found


async def narrowed(page: Page) -> list[str]:
    """What scrolls sideways on the smallest phone, and there with text of twice its size."""
    before = page.viewport_size
    await sized(page, NARROW)
    found = [f"on the smallest phone: {line}" for line in await page.evaluate(TOO_WIDE)]
    await page.evaluate(TWICE)
    found += [f"with large text: {line}" for line in await page.evaluate(TOO_WIDE)]
    await page.evaluate(ONCE)
    if before is not None:
        await sized(page, (before["width"], before["height"]))
    return found


async def whole(page: Page) -> list[str]:
    """What is below the edge of the smallest phone, and what is too small to press on it."""
    before = page.viewport_size
    await sized(page, SMALLEST)
    found: list[str] = await page.evaluate(TOO_LOW) + await page.evaluate(TOO_SMALL)
    if before is not None:
        await sized(page, (before["width"], before["height"]))
    return found


async def by_keyboard(page: Page) -> list[str]:
    """What can be pressed and is not reached by Tab, or does not show that it is."""
    await page.evaluate(LISTEN)
    met = await page.evaluate(MET)
    for _ in range(ROUNDS):
        await asyncio.gather(*(page.keyboard.press("Tab") for _ in range(int(met["many"]) + 3)))
        met = await page.evaluate(MET)
        if not met["left"]:
            break
    return [f"not reached by Tab: {line}" for line in met["left"]] + [*met["wrong"]]


WORDS = Path(__file__).parents[2] / "pwa" / "src" / "caller" / "words"
SIGNALS = {  # how good a caller's link is, in every language: it differs with what else the machine does
    f"- text: {json.loads(table.read_text())[quality]}"
    for table in WORDS.glob("*.json")
    for quality in ("good", "fair", "poor")
}


class Branch(NamedTuple):
    words: str
    under: list["Branch"]


CHANGING = (
    (r"\b(just now|\d+ ?(s|min|h|d|days?) ago)\b", "some time ago"),
    (r"\b(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?\b", "Day"),
    (
        r"\b(Jan(uary)?|Feb(ruary)?|Mar(ch)?|Apr(il)?|May|June?|July?|Aug(ust)?|Sep(t|tember)?"
        r"|Oct(ober)?|Nov(ember)?|Dec(ember)?)\b",
        "Month",
    ),
    (r"\b[AP]M\b", "0"),
    (r"[0-9A-Za-z+/_-]{24,}=*", "…"),  # hashes, keys and tokens
    (r"(?<![\w=])(?!911\b)\d[\d.,:/'’-]*(?!\w)", "0"),  # neither a heading's level nor a call sign
)


def tidied(snapshot: str) -> str:
    """An aria snapshot without what differs from day to day: numbers and ages; of a run of alike, one."""
    root = Branch("", [])
    path = [root]
    for line in snapshot.splitlines():
        words = line.strip()
        if words.startswith("- /url:") or words in SIGNALS:
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        for pattern, instead in CHANGING:
            words = re.sub(pattern, instead, words)
        branch = Branch(words, [])
        del path[depth + 1 :]
        path[-1].under.append(branch)
        path.append(branch)
    return "\n".join(_lines(root.under, 0)) + "\n"


def _lines(branches: Iterable[Branch], depth: int) -> list[str]:
    lines: list[str] = []
    before: list[str] = []
    for branch in branches:
        these = ["  " * depth + branch.words, *_lines(branch.under, depth + 1)]
        if these != before:
            lines += these
        before = these
    return lines


async def tree(page: Page) -> str:
    """The page's name and its tree."""
    return f"# {await page.evaluate('document.title')}\n" + tidied(await page.locator("body").aria_snapshot())


_OUTLINE = re.compile(r"\s*- '?(banner|navigation|main|region|heading|form|dialog|tablist|contentinfo)\b.*")


def outline(tree: str) -> str:
    """Of a tree the page's name, its landmarks and its headings, each once, in the order of the alphabet."""
    name, *lines = tree.splitlines()
    kept = {line.strip().rstrip(":") for line in lines if _OUTLINE.fullmatch(line)}
    return "\n".join((name, *sorted(kept))) + "\n"


async def settled(page: Page, kept: str | None, *, steady: bool = True) -> str:
    """The tree as soon as it is the kept one, else what it has come to; without one, once it rests.

    Of a screen that is not `steady` its outline.
    """
    before, rests = "", 0
    for _ in range(SOON):
        now = await tree(page) if steady else outline(await tree(page))
        rests = rests + 1 if now == before else 0
        if now == kept or (kept is None and rests >= AT_REST):
            return now
        before = now
        await asyncio.sleep(LOOK_S)
    return before
