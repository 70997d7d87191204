"""Every language of the caller's page: whole, true to its placeholders, and fit for the smallest phone.

No test knows whether a sentence is right: docs/decisions/0057 says who has read what.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from backend.api import tongue
from tests.pwa import caller
from tests.pwa.caller import SMALL, Phones
from tests.pwa.service import Dispatcher, Service

CALLER = Path(__file__).parents[2] / "pwa" / "src" / "caller"
KINDS = ("words", "more", "phrases")
NAMED = re.compile(r'^  "?([\w-]+)"?: "(.+)",$', re.MULTILINE)
LANGUAGES = dict(NAMED.findall((CALLER / "languages.ts").read_text()))
OTHERS = [code for code in LANGUAGES if code != "en"]
RIGHT_TO_LEFT = {"ar", "fa", "ur"}
SCRIPTS = {  # how each is written; the others in Latin letters
    **dict.fromkeys(RIGHT_TO_LEFT, r"[\u0600-\u06ff]"),
    **dict.fromkeys(("ru", "uk"), r"[\u0400-\u04ff]"),
    **dict.fromkeys(("zh-Hans", "zh-Hant"), r"[\u4e00-\u9fff]"),
    "ja": r"[\u3040-\u30ff\u4e00-\u9fff]",
    "ko": r"[\uac00-\ud7a3]",
    "hi": r"[\u0904-\u0963]",
    "bn": r"[\u0980-\u09ff]",
    "am": r"[\u1200-\u137f]",
}
NAMES = {"Chrome", "Safari", "JavaScript", "MB", "OK", "No", "Live", "Ground floor", "Basement"}
ENGLISH = re.compile(
    r"\b(the|you|your|they|them|is|are|where|what|with|this|that|and|of|it)\b", re.IGNORECASE
)
# One line in 288 px less the padding.
BUTTONS = {
    "words": r"^(share|goOn|enterDigits|tryAgain|stop$)",
    "more": r"^(saveProof|goBack)",
    "phrases": r"^answer",
}
LONGEST_BUTTON = 28

Table = dict[str, str]


def table(kind: str, code: str) -> Table:
    read: Table = json.loads((CALLER / kind / f"{code}.json").read_text())
    return read


def every(code: str) -> Iterator[tuple[str, str, str, str]]:
    """kind, key, what it says, what English says."""
    for kind in KINDS:
        english = table(kind, "en")
        for key, text in table(kind, code).items():
            yield kind, key, text, english[key]


def test_there_are_24_languages_and_no_table_of_another() -> None:
    assert len(LANGUAGES) == 24
    for kind in KINDS:
        assert {path.stem for path in (CALLER / kind).glob("*.json")} == set(LANGUAGES)


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_says_all_and_nothing_else(code: str) -> None:
    for kind in KINDS:
        assert table(kind, code).keys() == table(kind, "en").keys(), kind
    for kind, key, text, english in every(code):
        at = f"{code} {kind} {key}: {text}"
        assert text == text.strip() != "", at
        assert not re.search("[!！¡]", text), at
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english)), at
        if re.match(BUTTONS[kind], key):
            assert len(text) <= LONGEST_BUTTON, at


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_is_written_in_its_own_script_and_without_leftover_english(code: str) -> None:
    own = SCRIPTS.get(code, "[a-zA-Z]")
    for kind, key, text, english in every(code):
        at = f"{code} {kind} {key}: {text}"
        bare = re.sub(r"\{\w+\}", "", text)
        if bare in NAMES or not any(map(str.isalpha, bare)):
            continue
        assert re.search(own, bare), at
        assert not ENGLISH.search(text), at
        assert text != english, at
        if code in SCRIPTS:
            assert set(re.findall(r"[A-Za-z]{2,}", bare)) <= NAMES, at
        for other in {*SCRIPTS.values()} - {SCRIPTS.get(code), SCRIPTS["ja"] if "zh" in code else ""}:
            assert code == "ja" or not re.search(other, bare), at


def test_arabic_urdu_and_persian_run_from_the_right() -> None:
    told = re.search(r"RIGHT_TO_LEFT[^=]*= new Set\(\[(.*?)\]\)", (CALLER / "languages.ts").read_text())
    assert told is not None
    assert set(re.findall(r'"(\w+)"', told[1])) == RIGHT_TO_LEFT


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("zh-TW,zh;q=0.9", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-Hant-MO", "zh-Hant"),
        ("yue-HK", "zh-Hant"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("fil-PH", "tl"),
        ("tl", "tl"),
        ("pt-BR,pt;q=0.8", "pt"),
        ("pt-PT", "pt"),
        ("es-419", "es"),
        ("fa-AF", "fa"),
        ("prs", "fa"),
        ("ht-HT", "ht"),
        ("UK", "uk"),
        ("iw", "en"),
        ("iw,he;q=0.9,ru;q=0.8", "ru"),
        ("arn", "en"),  # Mapudungun is no Arabic, though it begins so
        ("kok-IN,hi;q=0.5", "hi"),
        ("en;q=0.1,vi", "vi"),
        ("de;q=0,so", "so"),
        ("*", "en"),
        ("", "en"),
        ("xx-YY;q=nonsense", "en"),
    ],
)
def test_the_browsers_language_is_taken(accepted: str, code: str) -> None:
    assert tongue.choose(accepted, LANGUAGES) == code


# The first, the sharing and the ended screen of each, on one phone at one link.

FAULTS = """([lang, sentences]) => {
  const whole = !/^(zh|ja)/.test(lang);  // words stand apart, so that one must not go on in the next line
  const faults = new Set();
  const clips = (element) => getComputedStyle(element).overflowX !== 'visible';
  const look = () => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.add(`${wide} px too wide`);
    const texts = document.createTreeWalker(document.getElementById('page'), NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      if (text.parentElement.closest('select') || !text.parentElement.checkVisibility()) continue;
      for (const {0: word, index} of text.data.matchAll(/[^\\s\\/·-]+/gu)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const boxes = [...range.getClientRects()];
        const tops = boxes.map(({top}) => top);
        if (whole && Math.max(...tops) - Math.min(...tops) > 6) faults.add(`${word} is cut in two`);
        if (boxes.some(({left, right}) => left < -1 || right > innerWidth + 1))
          faults.add(`${word} is outside`);
        for (let around = text.parentElement; around.id !== 'page'; around = around.parentElement) {
          const {left, right} = around.getBoundingClientRect();
          if (clips(around) && boxes.some((box) => box.left < left - 1 || box.right > right + 1))
            faults.add(`${word} is cut off`);
        }
      }
    }
    const low = document.documentElement.scrollHeight - innerHeight;
    const isRead = document.getElementById('page').dataset.screen === 'ended';  // a receipt, as long as it is
    if (low > 0 && !isRead)
      faults.add(`${low} px below the screen: ${document.querySelector('h1').textContent}`);
  };
  look();
  const top = document.querySelector('h1');
  const said = top.textContent;
  for (const sentence of sentences) {
    top.textContent = sentence;
    look();
  }
  top.textContent = said;
  return [...faults];
}"""
# A letter that no font has is drawn as the box that stands for a code point of no letter.
MISSING = """(text) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.font = `20px ${getComputedStyle(document.body).fontFamily}`;
  const drawn = (letter) => {
    pen.clearRect(0, 0, 40, 40);
    pen.fillText(letter, 8, 28);
    return pen.getImageData(0, 0, 40, 40).data.join();
  };
  const box = drawn('\\u0378');
  return [...new Set(text)].filter((letter) => /[\\p{L}\\p{N}\\p{P}]/u.test(letter) && drawn(letter) === box);
}"""
NAME_IN_ITSELF = (
    "(code) => new Intl.DisplayNames([code], {type: 'language', fallback: 'none'}).of(code) ?? ''"
)
OTHER_NAME = {"tl": "Filipino", "ht": "Haitian Creole", "so": "Somali"}  # Chromium's, where it is not ours

Found = dict[str, dict[str, Any]]


def sentences(code: str) -> list[str]:
    """What may stand at the top while it is shared."""
    keys = re.compile("(connecting|allow|see|offline|paused(?!Short))")
    said = {**table("words", code), **table("more", code)}
    return [text for key, text in said.items() if keys.match(key)]


async def choose(page: Page, code: str) -> None:
    await page.select_option("select", code)
    await page.wait_for_selector(f'html[lang="{code}"]')


async def visit(page: Page, found: Found) -> None:
    """Every language in turn, from the first screen to the end and back."""
    for code in LANGUAGES:
        await choose(page, code)
        text = "".join(text for kind in KINDS for text in table(kind, code).values())
        found[code] = {
            "missing": await page.evaluate(MISSING, text + LANGUAGES[code]),
            "name": await page.evaluate(NAME_IN_ITSELF, code),
            "dir": await page.get_attribute("html", "dir"),
            "ask": await page.evaluate(FAULTS, [code, []]),
        }
    for code in LANGUAGES:
        await choose(page, code)
        await page.click("button.main")
        await page.wait_for_selector('[data-tone="live"][data-place="on"][data-picture="seen"]')
        found[code]["sharing"] = await page.evaluate(FAULTS, [code, sentences(code)])
        await page.click("button.stop")
        await caller.reaches(page, "ended")
        found[code]["ended"] = await page.evaluate(FAULTS, [code, []])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(browser: Browser, dispatcher: Dispatcher, service: Service) -> Found:
    phones, found = Phones(browser), Found()
    try:
        page = await phones.new(size=SMALL)
        await caller.open_link(page, dispatcher.issue_link(dispatcher.open_incident()))
        await visit(page, found)
    finally:
        await phones.close()
    return found


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("code", LANGUAGES)
async def test_its_screens_fit_the_smallest_phone_with_every_letter(code: str, found: Found) -> None:
    screens = found[code]
    assert {screen: screens[screen] for screen in ("ask", "sharing", "ended")} == {
        "ask": [],
        "sharing": [],
        "ended": [],
    }
    assert screens["dir"] == ("rtl" if code in RIGHT_TO_LEFT else "ltr")
    if screens["name"]:
        known = OTHER_NAME.get(code) or str(LANGUAGES[code])
        assert known.casefold().startswith(str(screens["name"]).casefold()[:4])
    if screens["missing"]:
        pytest.skip(f"this machine has no font for {len(screens['missing'])} letters of {LANGUAGES[code]}")
