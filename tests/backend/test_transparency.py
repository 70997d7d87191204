"""The public page: what it counts, what it shows, in which words, and what it never does."""

import base64
import csv
import gzip
import hashlib
import io
import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.api.citizen import files
from backend.api.citizen.page import LANGUAGES, choose
from backend.model.cameras import ParticipationLevel
from backend.model.contests import ContestOutcome, ContestReason
from backend.model.glass import GlassReason
from backend.model.ids import new_id
from backend.model.incidents import INCIDENT_TYPES, PANIC, FeedKind
from backend.model.openings import OpeningEnd, Reason
from backend.model.people import Role
from backend.model.positions import Point
from backend.model.sealing import Erased, EraseReason, SealReason
from backend.model.transparency import HIDDEN, MERGED, SHOWN, Count, merged
from backend.model.uses import Ground, LeafKind, UseEntry
from backend.services import transparency
from backend.tlog.merkle import leaf_hash
from media.ports import EndReason
from tests.backend.disclosing import cover, late, looked, public, used
from tests.backend.house import House, Staff, no, still
from tests.backend.lent import AT_THE_SHOP, REGISTRY, SHOP, Lent, press
from tests.tlog import trees

PAGE = "/transparency"
HTML = {"Accept": "text/html", "Accept-Language": "en"}


pytestmark = pytest.mark.usefixtures("by_hand")


async def publish(house: House) -> None:
    """A checkpoint over everything, and what may be opened is."""
    await cover(house)
    await looked(house)


async def figures(house: House) -> Any:
    reply = await house.client().get(f"{PAGE}/statistics.json")
    assert reply.status_code == 200, reply.text
    return reply.json()


async def seen(house: House, path: str = PAGE, **headers: str) -> httpx.Response:
    reply = await house.client().get(path, headers={**HTML, **headers})
    assert reply.status_code == 200, reply.text
    return reply


def by_name(counts: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {count["name"]: (count["openings"], count["emergencies"]) for count in counts}


# -- what is counted ------------------------------------------------------------------------------


async def test_the_figures_are_those_of_a_known_history(
    any_house: House, any_dana: Staff, any_lent: Lent
) -> None:
    house, dana, lent = any_house, any_dana, any_lent
    beside = Point(latitude=SHOP.latitude + 0.0001, longitude=SHOP.longitude)
    front, back = await lent.camera(), await lent.camera(point=beside)
    await lent.camera(level=REGISTRY)
    await lent.camera(retired_at=house.clock())
    house.parts.uses._district = lambda point: "Harbour" if point == SHOP else "Old Town"
    for kind, cameras in (
        *[("Fire", (front, back))] * 5,
        ("Medical", (front,)),
        ("Fire", ()),
    ):
        incident = await dana.open(**{**AT_THE_SHOP, "type": kind})
        for camera in cameras:
            await press(dana, incident, camera, "find-person" if kind == "Medical" else "see-scene")
        await dana.post(f"/api/incidents/{incident['id']}/close")
    await publish(house)
    found = await figures(house)
    month = house.clock().astimezone(house.parts.uses._zone).strftime("%Y-%m")
    assert found["month"] == month
    assert (found["this_month"]["openings"], found["this_month"]["emergencies"]) == (11, 6)
    assert (found["in_all"]["openings"], found["in_all"]["emergencies"]) == (11, 6)
    assert [count["name"] for count in found["counts"]["month"]] == sorted(
        count["name"] for count in found["counts"]["month"]
    )
    assert len(found["counts"]["month"]) == 12
    assert by_name(found["counts"]["month"])[month] == (11, 6)
    assert by_name(found["counts"]["category"]) == {"Fire": (10, 5), "Medical": (1, 1)}
    assert by_name(found["counts"]["reason"]) == {"see-scene": (10, 5), "find-person": (1, 1)}
    assert by_name(found["counts"]["source"]) == {"camera": (11, 6)}
    assert by_name(found["counts"]["district"]) == {HIDDEN: (11, 6)}
    assert found["levels"] == {"nearby": 2, "registry": 1}
    assert found["kinds"] == {"open": 11, "close": 11}
    assert found["size"] == 22
    late(house)
    await publish(house)
    assert by_name((await figures(house))["counts"]["district"]) == {HIDDEN: (11, 6)}, "once for a checkpoint"
    await used(await house.staff("dana"), lent, front)
    await publish(house)
    districts = by_name((await figures(house))["counts"]["district"])
    assert districts == {"Harbour": (6, 6), "Old Town": (5, 5), HIDDEN: (1, 1)}


async def test_only_what_a_checkpoint_covers_is_counted_and_shown(
    house: House, dana: Staff, lent: Lent
) -> None:
    no(await house.client().get(f"{PAGE}/statistics.json"), 404, "not-found")
    assert "Nothing is published yet" in (await seen(house)).text
    camera = await lent.camera()
    await used(dana, lent, camera)
    await publish(house)
    await used(dana, lent, camera)
    await house.parts.uses.hand_over()
    await house.parts.disclosures.look()
    found = await figures(house)
    assert (found["size"], found["this_month"]["openings"]) == (2, 1)
    assert (await seen(house)).text.count("data-index=") == 2
    await cover(house)  # signed, and nothing opened yet: the page stays as it was
    assert (await figures(house))["size"] == 2
    await looked(house)
    assert (await figures(house))["this_month"]["openings"] == 2


async def test_a_field_is_shown_once_it_is_opened_and_never_before(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera = await lent.camera()
    incident = await used(dana, lent, camera)
    await publish(house)
    before = (await seen(house)).text
    pseudonym = next(
        entry.fields["officer"].value for entry in await _rows(house) if "officer" in entry.fields
    )
    assert 'data-field="category" data-value="Break-in"' in before
    assert 'data-field="officer" data-value' not in before
    late(house)
    await publish(house)
    after = (await seen(house)).text
    assert f'data-field="officer" data-value="{pseudonym}"' in after
    everything = after + (await house.client().get(f"{PAGE}/entries.json")).text
    for secret in (camera, incident, dana.user.id, dana.user.display_name, "1 Main Street"):
        assert secret not in everything
    for name in ("at", "from", "camera", "unit", "entries"):
        assert f'data-field="{name}" data-value' not in everything


async def _rows(house: House) -> list[UseEntry]:
    async with house.parts.store.read() as tx:
        return await tx.uses._where()


async def test_seals_contests_and_answers_are_shown(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    opened = (await _rows(house))[0]
    uses = house.parts.uses
    async with house.parts.steps.begin() as step:
        why = {"by": "owner", "why": "no-emergency"}
        await uses.state(step, LeafKind.CONTEST, why, opened, dana.user.id)
    await publish(house)
    page = (await seen(house)).text
    assert "Contested by its owner" in page
    assert "nothing happened near this camera" in page
    assert "Not answered yet." in page
    index = next(entry.index for entry in await _rows(house) if entry.kind is LeafKind.CONTEST)
    async with house.parts.steps.begin() as step:
        said = {
            "by": "supervisor",
            "contest": str(index),
            "outcome": "explained",
            "words": "=1+1 <b>A fire</b> was reported.",
        }
        await uses.state(step, LeafKind.ANSWER, said, opened, dana.user.id)
    await publish(house)
    page = (await seen(house)).text
    assert "The rules allowed it" in page
    assert "=1+1 &lt;b&gt;A fire&lt;/b&gt; was reported." in page
    assert "<b>A fire" not in page
    rows = list(csv.DictReader(io.StringIO((await house.client().get(f"{PAGE}/entries.csv")).text)))
    assert rows[-1]["words"] == "'=1+1 <b>A fire</b> was reported."
    found = await figures(house)
    assert (found["kinds"]["contest"], found["kinds"]["answer"], found["sealed"]) == (1, 1, 0)


async def test_how_fast_help_came_is_a_median_of_enough_closed_emergencies(house: House, lent: Lent) -> None:
    sam = await house.staff("sam")
    waits = (10, 20, 30, 400, 500)
    for at, wait in enumerate(waits):
        dana = await house.staff("dana")
        incident = await dana.open()
        house.clock.advance(seconds=wait)
        unit = {"unit_id": sam.user.unit_id}
        sent = await dana.post(f"/api/incidents/{incident['id']}/units", unit)
        house.clock.advance(seconds=100)
        where = f"/api/responses/{sent['responses'][0]['id']}/press"
        await dana.post(where, {"press": new_id("prs"), "status": "on-scene"})  # said by radio
        await dana.post(f"/api/incidents/{incident['id']}/close")
        if at == 3:
            late(house)
            await _one_more(house, lent)
            four = (await figures(house))["response"]
            assert four[0] == {"name": "assigned", "seconds": None, "measured": 4}
            assert four[2] == {"name": "on-scene", "seconds": None, "measured": 4}
    late(house)
    await _one_more(house, lent)
    assigned, picture, on_scene = (await figures(house))["response"]
    assert assigned["measured"] == 5
    assert 30 <= assigned["seconds"] < 32
    assert picture == {"name": "picture", "seconds": None, "measured": 0}
    assert on_scene["measured"] == 5
    assert 130 <= on_scene["seconds"] < 133
    assert "help was assigned within 30 s" in (await seen(house)).text


async def _one_more(house: House, lent: Lent) -> None:
    """Something new in the log, so that its next checkpoint is another one."""
    dana = await house.staff("dana")
    incident = await dana.open(**AT_THE_SHOP)
    await press(dana, incident, await lent.camera())
    await publish(house)


def test_what_is_of_fewer_than_five_emergencies_is_shown_together() -> None:
    def count(name: str, emergencies: int) -> Count:
        return Count(name=name, openings=2 * emergencies, emergencies=emergencies)

    shown = merged([count("a", 9), count("b", 2), count("c", 3), count(HIDDEN, 1)])
    assert [(each.name, each.emergencies, each.names) for each in shown] == [
        ("a", 9, 1), (HIDDEN, 1, 1), (MERGED, 5, 2),
    ]  # fmt: skip
    shown = merged([count("a", 9), count("b", 2), count("c", 6)])
    assert [(each.name, each.openings, each.names) for each in shown] == [("a", 18, 1), (MERGED, 16, 2)]


async def test_days_with_few_emergencies_are_one_line_of_the_page(
    house: House, dana: Staff, lent: Lent
) -> None:
    camera = await lent.camera()
    for _ in range(2):
        await used(dana, lent, camera)
    await publish(house)
    found = await figures(house)
    assert [(count["name"], count["names"]) for count in found["counts"]["day"]] == [(MERGED, 1)]
    assert "days with fewer than five emergencies, together" in (await seen(house)).text


# -- the document ---------------------------------------------------------------------------------


class _Tags(HTMLParser):
    """Which elements there are, that each is closed, and what runs or styles in the document itself."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        held = dict(attrs)
        self.ids += [str(held["id"])] if "id" in held else []
        if (
            tag == "style"
            or "style" in held
            or any(name.startswith("on") for name in held)
            or (tag == "script" and "src" not in held)
        ):
            self.inline.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_the_page_needs_no_script_and_has_none_of_its_own(
    house: House, dana: Staff, lent: Lent
) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    for lang in LANGUAGES:
        reply = await seen(house, f"{PAGE}?lang={lang}")
        tags = _Tags(reply.text)
        assert tags.inline == []
        assert len(tags.ids) == len(set(tags.ids))
        assert {"table", "svg", "form", "details", "h1"} <= set(tags.seen)
        policy = reply.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "form-action 'self'" in policy
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "public, max-age=30"
        assert reply.headers["vary"] == "Accept-Language, Accept-Encoding"
    text = (await seen(house)).text
    assert "a camera was opened once, in one emergency." in text
    assert "One camera takes part." in text


async def test_the_page_is_compressed_and_not_sent_twice(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    reply = await seen(house, **{"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(reply.content)) < len(reply.content) / 2
    plain = await seen(house, **{"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == reply.text
    again = await house.client().get(PAGE, headers={**HTML, "If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await house.client().head(PAGE, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        no(await house.client().request(method, PAGE), 405, "method-not-allowed")


async def test_the_language_is_the_readers(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    spanish = await seen(house, **{"Accept-Language": "fr, es-MX;q=0.8, en;q=0.5"})
    assert spanish.headers["content-language"] == "es"
    assert '<html lang="es" dir="ltr">' in spanish.text
    assert 'name="lang"' not in spanish.text
    arabic = await seen(house, f"{PAGE}?lang=ar")
    assert '<html lang="ar" dir="rtl">' in arabic.text
    assert '<input type="hidden" name="lang" value="ar">' in arabic.text
    assert "اقتحام" in arabic.text
    assert choose("xx", "de").lang == "en"
    assert choose(None, "ar;q=0, es;q=x, *").lang == "en"


async def test_searching_and_paging_are_bounded(house: House, dana: Staff, lent: Lent) -> None:
    camera = await lent.camera()
    for at in range(SHOWN):
        incident = await dana.open(**{**AT_THE_SHOP, "type": "Fire" if at % 5 == 0 else "Medical"})
        await press(dana, incident, camera)
        await dana.post(f"/api/incidents/{incident['id']}/close")
    await publish(house)
    first = (await seen(house)).text
    shown = [int(index) for index in re.findall(r'data-index="(\d+)"', first)]
    assert shown == list(range(2 * SHOWN - 1, SHOWN - 1, -1))
    assert f"before={SHOWN}" in first
    second = (await seen(house, f"{PAGE}?before={SHOWN}&lang=en")).text
    assert [int(index) for index in re.findall(r'data-index="(\d+)"', second)] == list(
        range(SHOWN - 1, -1, -1)
    )
    assert "Older entries" not in second
    assert f'href="{PAGE}?lang=en#entries"' in second
    fires = (await seen(house, f"{PAGE}?category=Fire&kind=open&month=&district=&lang=es")).text
    assert len(re.findall(r"data-index=", fires)) == 5
    assert '<option value="Fire" selected>Incendio</option>' in fires
    assert "No entry is like that." in (await seen(house, f"{PAGE}?month=1999-01")).text
    everything = f"{PAGE}?category=%27%22%3Cscript%3E&before=0"
    assert "<script>" not in (await seen(house, everything)).text.replace("</script>", "")
    for bad in (
        "month=2026-13",
        "month=x",
        "before=-1",
        f"before={10**30}",
        "before=x",
        f"category={'x' * 65}",
    ):
        assert (await house.client().get(f"{PAGE}?{bad}")).status_code == 400, bad


async def test_one_address_cannot_ask_without_end(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    rates = house.app.state.given["public_rates"]
    still(rates.pages)
    still(rates.exports)
    client = house.client(HTML)
    answers = [(await client.get(f"{PAGE}/statistics.csv")).status_code for _ in range(61)]
    assert answers.count(200) == 60
    limited = await client.get(PAGE)
    no(limited, 429, "too-often")
    assert limited.headers["retry-after"]
    exports = [(await client.get(f"{PAGE}/entries.csv")).status_code for _ in range(7)]
    assert exports == [200] * 6 + [429]


async def test_too_many_at_once_are_told_to_wait(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    monkeypatch.setattr(transparency, "EXPORTS", 0)
    no(await house.client().get(f"{PAGE}/entries.json"), 503, "full")
    monkeypatch.setattr(transparency, "WAITING", 0)
    no(await house.client().get(PAGE, headers=HTML), 503, "full")


# -- everything, to take along --------------------------------------------------------------------


async def test_anybody_can_check_the_files_that_are_taken_along(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transparency, "AT_ONCE", 2)
    camera = await lent.camera()
    for _ in range(3):
        await used(dana, lent, camera)
    await publish(house)
    reply = await house.client().get(f"{PAGE}/entries.json")
    assert reply.headers["content-disposition"] == 'attachment; filename="entries.json"'
    listed = reply.json()["entries"]
    hashes = (await house.client().get("/log/tile/0/000.p/6")).content
    assert [entry["index"] for entry in listed] == list(range(6))
    for entry in listed:
        leaf = entry["leaf"].encode()
        assert hashlib.sha256(b"\x00" + leaf).digest() == hashes[32 * entry["index"] :][:32]
        made = json.loads(leaf)
        assert made["type"] == entry["type"]
        assert entry["fields"]
        for name, (value, salt) in entry["fields"].items():  # as docs/log.md says it
            text = f"sightline-commitment/v1\n{name}\n".encode() + base64.b64decode(salt) + value.encode()
            assert made["c"][name] == base64.b64encode(hashlib.sha256(text).digest()).decode()
    reply = await house.client().get(f"{PAGE}/entries.csv")
    assert reply.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [row["index"] for row in rows] == [str(at) for at in range(6)]
    assert rows[0]["category"] == "Break-in"
    assert json.loads(rows[0]["salts"])["category"] == listed[0]["fields"]["category"][1]
    assert leaf_hash(rows[5]["leaf"].encode()) == hashes[160:]
    head = await house.client().head(f"{PAGE}/entries.csv")
    assert (head.status_code, head.content) == (200, b"")
    table = list(csv.reader(io.StringIO((await house.client().get(f"{PAGE}/statistics.csv")).text)))
    assert ["openings by category", "Break-in", "3", "3", "1"] in table


async def test_nothing_to_take_along_is_an_empty_list(house: House) -> None:
    assert (await house.client().get(f"{PAGE}/entries.json")).json() == {"v": 1, "entries": []}
    assert (
        tuple(next(csv.reader([(await house.client().get(f"{PAGE}/entries.csv")).text[1:]]))) == files.COLUMNS
    )


# -- the log's own files --------------------------------------------------------------------------


async def test_the_logs_files_are_served_as_they_lie_there(house: House, dana: Staff, lent: Lent) -> None:
    client = house.client()
    no(await client.get("/log/checkpoint"), 404, "not-found")
    await used(dana, lent, await lent.camera())
    await publish(house)
    for path, kind, cache in (
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=5"),
        ("tile/entries/000.p/2", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/0/000.p/2", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("disclosures/0.json", "application/json", "no-cache"),
    ):
        reply = await client.get(f"/log/{path}")
        assert reply.content == (public(house) / path).read_bytes()
        assert reply.headers["content-type"] == kind
        assert reply.headers.get_list("cache-control") == [cache]
        assert reply.headers["access-control-allow-origin"] == "*"
        again = await client.get(f"/log/{path}", headers={"If-None-Match": reply.headers["etag"]})
        assert again.status_code == 304
        head = await client.head(f"/log/{path}")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == len(reply.content)
        no(await client.post(f"/log/{path}"), 405, "method-not-allowed")


async def test_the_logs_key_and_its_witnesses_are_said(house: House) -> None:
    assert (await house.client().get("/log/key")).text == f"{trees.KEY.verifier.vkey}\n"
    house.log.away = True
    assert (await house.client().get("/log/key")).status_code == 200, "a key that was heard is known"
    house.parts.transparency._key = ""
    no(await house.client().get("/log/key"), 503, "log-away")
    assert (await house.client().get(PAGE, headers=HTML)).status_code == 200


OTHERS = (
    *("journal", "head", "ballast", "lock", "leaves", "", "tile", "tile/", "tile/0", "tile/entries/000"),
    *("tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/0/000.p/1", "tile/0/000.p/256"),
    *("tile/0/x000/000", "tile/0/0", "tile/64/000", "tile/00/000", "tile/%2e%2e/checkpoint"),
    *("tile/..%2fcheckpoint", "tile//etc/passwd", "tile/0/000.p/2%00", "tile/%2e%2e/%2e%2e/secret.key"),
    *("disclosures/00.json", "disclosures/1.json", "disclosures/0", "disclosures/0.json.new"),
    *("disclosures/..%2fcheckpoint", "disclosures/-1.json", "disclosures/%D9%A0.json"),
    *(f"disclosures/{'9' * 30}.json", "disclosures/.0.json.new", "%2e%2e/secret.key"),
)


async def test_nothing_else_is_served(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await publish(house)
    for path in OTHERS:
        reply = await house.client().get(f"/log/{path}")
        assert reply.status_code in (400, 404), (path, reply.content[:80])


async def test_what_the_checkpoint_does_not_cover_is_not_there(house: House, dana: Staff, lent: Lent) -> None:
    camera = await lent.camera()
    for _ in range(2):
        await used(dana, lent, camera)
    await publish(house)
    trees.grow(
        public(house), 0, house.log.leaves()[:2]
    )  # as a crash between writing tiles and signing leaves them
    no(await house.client().get("/log/tile/0/000.p/4"), 404, "not-found")


# -- words ----------------------------------------------------------------------------------------

CODES = {
    "category": (*INCIDENT_TYPES, PANIC),
    "source": tuple(FeedKind),
    "reason": (*Reason, "call"),
    "level": (*ParticipationLevel, "none"),
    "role": (*Role, "caller"),
    "basis": tuple(Ground),
    "outcome": (*OpeningEnd, *EndReason, *ContestOutcome),
    "what": tuple(Erased),
    "why": (*SealReason, *EraseReason, *ContestReason, *GlassReason),
}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_a_word_for_every_code(lang: str) -> None:
    words, english = LANGUAGES[lang], LANGUAGES["en"]
    assert set(words.kinds) == set(LeafKind)
    assert set(words.fields) >= {*files.FIELDS, "kind"}
    assert len(words.months) == 12
    for name, codes in CODES.items():
        missing = {str(code) for code in codes} - set(words.codes[name])
        assert not missing or (lang, name) == ("en", "category"), (name, missing)
    assert set(words.codes) == set(english.codes)
    for name in words.codes:
        assert lang == "en" or set(words.codes[name]) >= set(english.codes[name]), name
    assert set(words.download) == set(english.download)
    assert set(words.response_of) == {"assigned", "picture", "on-scene"}
    assert set(words.drones_of) == {"launch", "scene", "picture"}
    for many in ("never_why", "how_it_works", "for_experts"):
        assert len(getattr(words, many)) == len(getattr(english, many))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_fills_in_the_same(lang: str) -> None:
    for name in LANGUAGES["en"].__struct_fields__:
        theirs, ours = getattr(LANGUAGES[lang], name), getattr(LANGUAGES["en"], name)
        if isinstance(ours, str):
            assert theirs.strip(), name
            assert _places(theirs) == _places(ours), name


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_built_page_is_named_by_its_manifest(tmp_path: Path) -> None:
    from backend.api.transparency import built_assets

    assert built_assets(tmp_path) == type(built_assets(tmp_path))(None, None)
    folder = tmp_path / "public" / ".vite"
    folder.mkdir(parents=True)
    made = {
        "a": {"file": "assets/lib.js"},
        "b": {"file": "assets/t.js", "isEntry": True, "css": ["assets/t.css"]},
    }
    (folder / "manifest.json").write_text(json.dumps(made))
    assert built_assets(tmp_path).script == "/assets/t.js"
    assert built_assets(tmp_path).style == "/assets/t.css"
