"""What the desk and a caller say to each other: once, in order, on the caller's page, while it shares."""

import asyncio
import json
import random
from typing import Any

import cv2
import numpy as np
import pytest

from backend.model.ids import WordId, new_id
from backend.model.questions import GUIDES, QUESTIONS
from backend.model.talk import MOST_WORDS, TEXT_CHARS, Said, WordKind
from backend.services import talk as service
from backend.services.limits import Rate
from tests.backend.house import House, Phone, Staff, no, still
from tests.peers import until

TEXT = "He is in the kitchen"


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL; but where a test is about them, there are no limits."""
    free(any_house)
    return any_house


def free(house: House) -> None:
    for name in ("_callers", "_asks", "_marks", "_desk"):
        setattr(house.parts.talk, name, Rate(every_s=0.001, burst=5000))


class Caller:
    """A phone that shares, and what its page would do."""

    def __init__(self, house: House, dana: Staff, incident: Any, link: Any) -> None:
        self.house, self.dana, self.incident, self.link = house, dana, incident, link
        self.bearer = ""
        self.phone = Phone(house, house.token(link["id"]))

    async def share(self) -> "Caller":
        self.bearer = await self.phone.share()
        return self

    @property
    def where(self) -> str:
        return f"/api/links/{self.link['id']}/talk"

    async def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        return await self.house.client().post(f"/api/caller/{path}", json=body, headers=headers)

    async def say(self, text: str = TEXT, word: str | None = None, **more: Any) -> Any:
        return await self.post("say", {"id": word or new_id("wrd"), "kind": "text", "text": text, **more})

    async def answer(self, number: int, phrase: str, word: str | None = None) -> Any:
        body = {"id": word or new_id("wrd"), "kind": "answer", "answers": number, "phrase": phrase}
        return await self.post("say", body)

    async def news(self, after: int = 0, desk_read: int = 0) -> Any:
        return await self.post("talk", {"after": after, "desk_read": desk_read})

    async def hear(self, after: int = 0) -> list[Any]:
        reply = await self.news(after)
        assert reply.status_code == 200, reply.text
        words: list[Any] = reply.json()["words"]
        return words

    async def told(self, kind: str = "text", **more: Any) -> Any:
        """What the dispatcher says."""
        return await self.dana.post(self.where, {"id": new_id("wrd"), "kind": kind, **more})


async def calling(house: House, dana: Staff) -> Caller:
    incident = await dana.open()
    return await Caller(house, dana, incident, await dana.issue(incident)).share()


async def test_a_question_is_asked_answered_and_seen(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    offered = await dana.get("/api/talk/phrases")
    asked = next(q for q in offered["questions"] if q["key"] == "ask.weapon")
    assert asked["text"] == "Does anybody have a weapon?"
    assert [a["text"] for a in asked["answers"]] == ["Yes", "No", "I don’t know"]
    async with dana.socket() as desk:
        word = await caller.told("ask", phrase="ask.weapon")
        (heard,) = await caller.hear()
        assert (heard["number"], heard["kind"], heard["phrase"], heard["id"]) == (
            1,
            "ask",
            "ask.weapon",
            None,
        )
        assert heard["choices"] == ["answer.yes", "answer.no", "answer.dont-know"]
        assert dana.user.display_name not in json.dumps(heard), "a caller is not told who works at the desk"
        body = {"delivered": 1, "read": 1, "language": "es"}
        assert (await caller.post("talk/marks", body)).status_code == 204
        marks = (await desk.until(lambda e: e["type"] == "talk-marks" and e["marks"]["read"]))["marks"]
        assert marks == {"delivered": 1, "read": 1, "desk_read": 1, "language": "es"}
        said = (await caller.answer(1, "answer.yes")).json()
        told = (await desk.until(lambda e: e["type"] == "word" and e["word"]["kind"] == "answer"))["word"]
        assert (told["number"], told["answers"], told["phrase"], told["by"]) == (2, 1, "answer.yes", None)
        assert (told["id"], word["by"]) == (said["id"], "Dana Reyes")
    other = await calling(house, dana)
    await other.post("talk/marks", {"delivered": 0, "read": 0, "language": "ar"})
    async with dana.socket() as again:
        by_link = {view["link_id"]: view for view in again.snapshot["talks"]}
        assert by_link[other.link["id"]]["marks"]["language"] == "ar", "before a word was said"
        view = by_link[caller.link["id"]]
        assert [w["number"] for w in view["words"]] == [1, 2]
        assert (view["link_id"], view["marks"]) == (caller.link["id"], marks)
    await dana.post(f"{caller.where}/read", {"read": 2})
    assert (await caller.news(2, 0)).json() == {"words": [], "desk_read": 2}
    actions = [(e.action, e.actor, e.details) for e in await house.entries() if e.action.endswith(".say")]
    assert actions == [
        ("talk.say", dana.user.id, {"kind": "ask"}),
        ("caller.say", "caller", {"kind": "answer"}),
    ]


async def test_a_question_for_news_waits_until_there_is_any_and_ends_with_the_grant(
    house: House, dana: Staff
) -> None:
    caller = await calling(house, dana)
    waiting = asyncio.create_task(caller.news())
    await until(lambda: house.parts.hub._callers, "it waits")
    await caller.told(text="Are you there?")
    assert [w["text"] for w in (await waiting).json()["words"]] == ["Are you there?"]
    first = asyncio.create_task(caller.news(1, 1))
    await until(lambda: house.parts.hub._callers, "it waits")
    second = asyncio.create_task(caller.news(1, 1))
    assert (await first).json() == {"words": [], "desk_read": 1}, "one page of a link waits, the last"
    await caller.told(text="Stay there")
    assert [w["number"] for w in (await second).json()["words"]] == [2]
    ended = asyncio.create_task(caller.news(2, 2))
    await until(lambda: house.parts.hub._callers, "it waits")
    assert (await caller.post("stop", None)).status_code == 204
    no(await ended, 403, "grant-revoked")
    no(await caller.say(), 403, "grant-revoked")
    assert not house.parts.hub._callers
    await caller.share()
    assert [w["number"] for w in await caller.hear()] == [1, 2], "the same phone has its history again"
    last = asyncio.create_task(caller.news(2, 2))
    await until(lambda: house.parts.hub._callers, "it waits")
    await dana.post(f"/api/incidents/{caller.incident['id']}/close", None)
    no(await last, 410, "incident-closed")
    no(
        await dana.http.post(caller.where, json={"id": new_id("wrd"), "kind": "text", "text": "x"}),
        410,
        "incident-closed",
    )
    no(await caller.say(), 410, "incident-closed")


async def test_nothing_new_is_an_answer_too(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WAITS_S", 0.05)
    caller = await calling(house, dana)
    assert (await caller.news()).json() == {"words": [], "desk_read": 0}


async def test_replayed_and_shuffled_each_word_is_one_in_one_order(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    chance = random.Random(11)
    sent = [(new_id("wrd"), f"word {n}") for n in range(12)]
    tries = sent * 3
    chance.shuffle(tries)
    replies = await asyncio.gather(*(caller.say(text, word) for word, text in tries))
    assert {reply.status_code for reply in replies} == {200}
    heard = await caller.hear()
    assert [w["number"] for w in heard] == list(range(1, 13))
    assert {(w["id"], w["text"]) for w in heard} == set(sent)
    assert {r.json()["id"]: r.json()["number"] for r in replies} == {w["id"]: w["number"] for w in heard}
    other = await calling(house, dana)
    no(await other.say("mine now", sent[0][0]), 409, "word-taken")
    no(
        await dana.http.post(caller.where, json={"id": sent[0][0], "kind": "text", "text": "x"}),
        409,
        "word-taken",
    )
    assert (await dana.get(other.where))["words"] == [], "a second phone reads nothing of the first one's"


NOT_OURS: list[dict[str, Any]] = [
    {"kind": "text", "text": ""},
    {"kind": "text", "text": "  \n "},
    {"kind": "text", "text": "x" * (TEXT_CHARS + 1)},
    {"kind": "text", "text": "nul \x00"},
    {"kind": "text", "text": TEXT, "phrase": "ask.weapon"},
    {"kind": "ask", "phrase": "ask.weapon", "text": TEXT},
    {"kind": "answer", "phrase": "answer.yes"},
    {"kind": "text", "text": TEXT, "answers": 1},
    {"kind": "text", "text": TEXT, "language": "<script>"},
    {"kind": "shout", "text": TEXT},
    {"kind": "text", "text": TEXT, "id": "wrd_short"},
    {"kind": "text", "text": TEXT, "by": "911"},
]


async def test_what_no_page_of_ours_says_is_refused(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    for more in NOT_OURS:
        body = {"id": new_id("wrd"), **more}
        no(await caller.post("say", body), 400, "malformed")
        no(await dana.http.post(caller.where, json=body), 400, "malformed")
    assert (await dana.get(caller.where))["words"] == []


async def test_foreign_phrases_and_answers_to_nothing_are_refused(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    await caller.told("ask", phrase="ask.weapon")
    await caller.say()
    for number, phrase in ((1, "answer.gun"), (1, "ask.weapon"), (2, "answer.yes"), (3, "answer.yes")):
        no(await caller.answer(number, phrase), 422, "phrase-unknown")
    for kind, phrase in (("ask", "guide.wipe"), ("guide", "ask.weapon"), ("ask", "ask.invented")):
        body: dict[str, Any] = {"id": new_id("wrd"), "kind": kind, "phrase": phrase}
        no(await dana.http.post(caller.where, json=body), 422, "phrase-unknown")
        no(await caller.post("say", body), 422, "phrase-unknown")
    body = {"id": new_id("wrd"), "kind": "answer", "phrase": "answer.yes", "answers": 1}
    no(await dana.http.post(caller.where, json=body), 422, "phrase-unknown")
    assert len((await dana.get(caller.where))["words"]) == 2


async def test_a_flood_is_slowed_down_and_ends_at_its_bound_without_silencing_the_desk(
    house: House, dana: Staff
) -> None:
    caller = await calling(house, dana)
    async with house.parts.steps.begin() as step:
        link = await step.tx.links.get(caller.link["id"])
        assert link is not None
        for n in range(MOST_WORDS):
            said = Said(id=WordId(new_id("wrd")), kind=WordKind.TEXT, text=f"{n}")
            await house.parts.talk._add(step, link, said, None, "es", None)
    no(await caller.say(), 409, "too-many")
    assert (await caller.told(text="We read it"))["number"] == MOST_WORDS + 1
    after, pages = 0, 0
    while words := await caller.hear(after):
        assert words[0]["number"] == after + 1
        after, pages = words[-1]["number"], pages + 1
        if after == MOST_WORDS + 1:
            break
    assert pages == 11, "what is read at once is bounded"
    house.parts.talk._callers = Rate(every_s=1, burst=10)
    still(house.parts.talk._callers)
    other = await calling(house, dana)
    statuses = [(await other.say()).status_code for _ in range(12)]
    assert statuses.count(200) == 10
    assert 429 in statuses


async def test_marks_only_rise_and_never_pass_the_last_word(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    for n in range(4):
        await caller.told(text=f"{n}")
    marks = [(n, m) for n in range(5) for m in range(5)] + [(1_000_000, 0), (2, 1_000_000)]
    random.Random(5).shuffle(marks)
    async with dana.socket() as desk:
        for delivered, read in marks:
            await caller.post("talk/marks", {"delivered": delivered, "read": read})
        told = [e["marks"] for e in await desk.told(house) if e["type"] == "talk-marks"]
    seen = [(m["delivered"], m["read"]) for m in told]
    assert seen == sorted(set(seen))
    assert seen[-1] == (4, 4)


async def test_only_the_desk_reads_it(house: House, dana: Staff, sam: Staff) -> None:
    caller = await calling(house, dana)
    await dana.post(f"/api/incidents/{caller.incident['id']}/units", {"unit_id": sam.user.unit_id})
    async with sam.socket() as phone:
        await caller.say("my secret")
        told = json.dumps([phone.snapshot, *await phone.told(house)])
    assert "caller.say" in told
    assert "my secret" not in told
    no(await sam.http.get(caller.where), 403, "wrong-role")
    async with sam.socket() as phone:
        assert phone.snapshot["talks"] == []


async def test_a_small_still_is_looked_at_for_the_caller_alone(house: House, dana: Staff) -> None:
    caller = await calling(house, dana)
    chance = np.random.default_rng(1)
    sharp = cv2.resize(
        chance.integers(0, 255, (12, 16), np.uint8), (160, 120), interpolation=cv2.INTER_NEAREST
    )
    house.parts.hints._rate = Rate(every_s=0.001, burst=100)

    async def look(jpeg: bytes, shown: str = "") -> Any:
        headers = {"Authorization": f"Bearer {caller.bearer}", "Content-Type": "image/jpeg"}
        return await house.client().post(f"/api/caller/look{shown}", content=jpeg, headers=headers)

    def still_of(picture: Any) -> bytes:
        return bytes(cv2.imencode(".jpg", picture)[1])

    before = await house.entries()
    assert (await look(still_of(sharp))).json() == {"hint": None}
    dark = still_of((sharp * 0.17).astype(np.uint8))  # between the two thresholds
    assert (await look(dark)).json() == {"hint": None}
    assert (await look(dark, "?shown=dark")).json() == {"hint": "dark"}
    assert (await look(still_of((sharp * 0.1).astype(np.uint8)))).json() == {"hint": "dark"}
    no(await look(b"\xff\xd8 no picture \xff\xd9"), 422, "bad-picture")
    no(await look(still_of(np.zeros((400, 500), np.uint8))), 422, "bad-picture")
    assert (await look(b"\xff" * 30_000)).status_code == 413
    no(await look(dark, "?shown=<script>"), 400, "malformed")
    assert await house.entries() == before, "it leaves no trace"
    await caller.post("stop", None)
    no(await look(dark), 403, "grant-revoked")
    place = await dana.issue(caller.incident, kind="position")
    caller.bearer = await Phone(house, house.token(place["id"])).share()
    no(await look(dark), 403, "wrong-scope")


class Shouts:
    """A translator that is none: capitals."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def translate(self, text: str, source: str, target: str) -> str | None:
        self.asked.append((source, target))
        if text == "hang":
            await asyncio.sleep(3600)
        if text == "fail":
            raise RuntimeError("no")
        return text.upper()


async def test_a_machine_s_words_stand_beside_the_writer_s(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TRANSLATES_S", 0.1)
    house.parts.talk.translator = shouts = Shouts()
    caller = await calling(house, dana)
    await caller.say("hola", language="es")
    for stuck in ("hang", "fail"):
        await caller.say(stuck, language="es")
    await caller.say("hello", language="en-GB")
    await caller.told(text="hello")
    words = (await dana.get(caller.where))["words"]
    assert [(w["text"], w["translated"], w["language"]) for w in words] == [
        ("hola", "HOLA", "es"),
        ("hang", None, "es"),
        ("fail", None, "es"),
        ("hello", None, "en-GB"),
        ("hello", None, "en"),
    ]
    await caller.post("talk/marks", {"delivered": 5, "read": 5, "language": "es"})
    await caller.told(text="We come")
    assert [w["translated"] for w in await caller.hear(5)] == ["WE COME"]
    assert shouts.asked[-1] == ("en", "es")


def test_every_question_and_guide_has_words_and_answers() -> None:
    from backend.fittings import english

    said = english()
    used = {*QUESTIONS, *GUIDES, *(a for answers in (*QUESTIONS.values(), *GUIDES.values()) for a in answers)}
    pressed = {key for key in said if key.split(".")[0] in ("ask", "answer", "guide")}
    assert used == pressed
    assert all(2 <= len(answers) <= 6 for answers in QUESTIONS.values())
