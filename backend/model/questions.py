"""What a dispatcher asks and shows a caller by one press, and what can be pressed in answer. Keys alone.

Their words are in pwa/src/caller/phrases, one file for each language: the page shows them in the caller's,
the dispatcher reads them in English. Keys are what is sent and kept, so that a word can be mended later.
"""

import msgspec

YES, NO, CANNOT, UNKNOWN, OK = "answer.yes", "answer.no", "answer.cannot", "answer.dont-know", "answer.ok"
_YES_NO = (YES, NO, UNKNOWN)
_COUNT = ("answer.none", "answer.one", "answer.two", "answer.three", "answer.more", UNKNOWN)

# In the order of their buttons: what decides about life first.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "ask.danger": (YES, NO, UNKNOWN),
    "ask.safe-to-talk": (YES, NO),
    "ask.hurt": _YES_NO,
    "ask.you-hurt": (YES, NO),
    "ask.breathing": _YES_NO,
    "ask.awake": _YES_NO,
    "ask.breathing-well": _YES_NO,
    "ask.bleeding": _YES_NO,
    "ask.trapped": _YES_NO,
    "ask.how-many-hurt": _COUNT,
    "ask.weapon": _YES_NO,
    "ask.which-weapon": ("answer.gun", "answer.knife", "answer.other", UNKNOWN),
    "ask.attacker-here": _YES_NO,
    "ask.know-attacker": (YES, NO),
    "ask.alone": (YES, NO),
    "ask.heard": _YES_NO,
    "ask.how-many": _COUNT,
    "ask.children": (YES, NO),
    "ask.leave": (YES, NO, UNKNOWN),
    "ask.locked": (YES, NO, CANNOT),
    "ask.where": ("answer.house", "answer.outside", "answer.car", UNKNOWN),
    "ask.floor": (
        *("answer.basement", "answer.ground", "answer.up-one", "answer.up-two", "answer.up-more"),
        UNKNOWN,
    ),
    "ask.door-open": _YES_NO,
    "ask.fire": _YES_NO,
    "ask.where-fire": ("answer.this-room", "answer.this-building", "answer.outside", UNKNOWN),
    "ask.gas": _YES_NO,
    "ask.dog": _YES_NO,
    "ask.see-helpers": (YES, NO),
}

_DONE = (OK, CANNOT)
GUIDES: dict[str, tuple[str, ...]] = {
    "guide.hold-still": _DONE,
    "guide.step-back": _DONE,
    "guide.closer": _DONE,
    "guide.slowly": _DONE,
    "guide.whole-room": _DONE,
    "guide.person": _DONE,
    "guide.entrance": _DONE,
    "guide.street-sign": _DONE,
    "guide.number-plate": _DONE,
    "guide.light": _DONE,
    "guide.sideways": _DONE,
    "guide.no-zoom": _DONE,
    "guide.wipe": _DONE,
    "guide.hide": _DONE,
    "guide.quiet": _DONE,
    "guide.get-out": _DONE,
}


def choices(phrase: str) -> tuple[str, ...]:
    """What can be pressed in answer to a question or to guidance; nothing for any other key."""
    return QUESTIONS.get(phrase) or GUIDES.get(phrase, ())


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A key with its English words."""

    key: str
    text: str


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk can ask or show, in English, and the answers that the caller is offered."""

    key: str
    text: str
    answers: tuple[Choice, ...]


class Canned(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, in the order of its buttons."""

    questions: tuple[Question, ...]
    guides: tuple[Question, ...]


def canned(english: dict[str, str]) -> Canned:
    """With the words of pwa/src/caller/phrases/en.json. Raises KeyError for a key that has none."""

    def one(key: str, answers: tuple[str, ...]) -> Question:
        offered = tuple(Choice(key=answer, text=english[answer]) for answer in answers)
        return Question(key=key, text=english[key], answers=offered)

    return Canned(
        questions=tuple(one(key, answers) for key, answers in QUESTIONS.items()),
        guides=tuple(one(key, answers) for key, answers in GUIDES.items()),
    )
