"""Commit now, reveal later: what is opened when, in which file, and what becomes of a crash in between."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.model import disclosure
from backend.model.disclosure import AT_ONCE, FEWEST, LATER, NEVER, Shown, merge_small, written
from backend.model.transparency import Search
from backend.model.uses import Field, LeafKind, UseEntry
from backend.services import disclosures
from backend.services.log_files import LogFiles
from backend.tlog import folder
from backend.tlog.verify import Fault
from tests.backend.disclosing import checked, cover, late, looked, opened, public, used
from tests.backend.house import House, Staff
from tests.backend.lending import NOW
from tests.backend.lent import AT_THE_SHOP, Lent, press

OPEN_AT_ONCE = {"use", "hour", "source", "category", "reason", "level"}
OPEN_LATER = {"officer", "role", "assigned", "distance", "hours", "basis"}


pytestmark = pytest.mark.usefixtures("by_hand")


# -- the rules ------------------------------------------------------------------------------------

FIELDS = sorted(
    {name for names in (*AT_ONCE.values(), *LATER.values()) for name in names} | NEVER | {"district", "name"}
)
entries = st.builds(
    lambda kind, names, erased: UseEntry(
        id="use_1",  # type: ignore[arg-type]
        key="opn_1",
        kind=kind,
        incident_id=None,
        feed_id=None,
        user_id=None,
        at=NOW,
        fields={name: Field(value="v", salt=None if name in erased else "AA==") for name in names},
    ),
    st.sampled_from(LeafKind),
    st.sets(st.sampled_from(FIELDS)),
    st.sets(st.sampled_from(FIELDS)),
)
moments = st.integers(-400, 400).map(lambda hours: NOW + timedelta(hours=hours))


@given(entries, st.none() | moments, moments, st.integers(1, 8760), st.booleans(), st.booleans())
def test_no_field_is_opened_before_its_time_or_after_it_was_erased(
    entry: UseEntry, closed_at: datetime | None, now: datetime, hours: int, sealed: bool, district_open: bool
) -> None:
    after = timedelta(hours=hours)
    found = disclosure.opened(
        entry, closed_at=closed_at, now=now, after=after, sealed=sealed, district_open=district_open
    )
    assert not found & NEVER
    assert all(entry.fields[name].salt is not None for name in found)
    assert "name" not in found  # what nobody has thought of is not opened
    if closed_at is None or now < closed_at + after or sealed:
        assert found <= AT_ONCE[entry.kind]
    assert ("district" in found) <= district_open
    again = disclosure.opened(
        entry, closed_at=closed_at, now=now + timedelta(hours=1), after=after, sealed=sealed,
        district_open=district_open,
    )  # fmt: skip
    assert found <= again  # time opens, and never closes


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=12))
def test_what_a_table_shows_of_few_is_never_to_be_told_from_the_rest(counts: dict[str, int]) -> None:
    merged = merge_small(counts)
    alone = [count for name, count in counts.items() if name not in merged and count]
    together = sum(counts[name] for name in merged)
    assert all(count >= FEWEST for count in alone)
    assert together == 0 or together >= FEWEST or not alone


def test_small_groups_are_joined_by_the_next_smallest() -> None:
    assert merge_small({"north": 9, "south": 1, "west": 7}) == {"south", "west"}
    assert merge_small({"north": 9, "south": 2, "west": 3}) == {"south", "west"}
    assert merge_small({"north": 9, "south": 5}) == frozenset()
    assert merge_small({"north": 4}) == {"north"}


def test_a_leaf_says_of_each_field_when_it_is_opened_or_that_it_never_is() -> None:
    for kind in LeafKind:
        assert not AT_ONCE[kind] & LATER[kind]
        assert not (AT_ONCE[kind] | LATER[kind]) & NEVER


def test_a_file_is_the_same_whoever_writes_it() -> None:
    field, gone = Field(value="2026-11-27T02", salt="AA=="), Field(value="", salt=None)
    shown = [
        Shown(index=300, kind=LeafKind.OPEN, fields={"use": field, "hour": field, "level": gone}),
        Shown(index=257, kind=LeafKind.OPEN, fields={"hour": field, "camera": field}),
        Shown(index=258, kind=LeafKind.OPEN, fields={"level": gone}),
    ]
    assert (
        written(1, shown)
        == written(1, shown[::-1])
        == (
            b'{"v":1,"first":256,"entries":[{"index":257,"fields":{"hour":["2026-11-27T02","AA=="]}},'
            b'{"index":300,"fields":{"hour":["2026-11-27T02","AA=="],"use":["2026-11-27T02","AA=="]}}]}'
        )
    )


# -- the service ----------------------------------------------------------------------------------


async def test_nothing_is_opened_before_a_checkpoint_covers_it(
    any_house: House, any_dana: Staff, any_lent: Lent
) -> None:
    house, camera = any_house, await any_lent.camera()
    await used(any_dana, any_lent, camera)
    await house.parts.uses.hand_over()
    assert len(house.log.leaves()) == 2
    late(house)
    await house.parts.disclosures.look()  # no checkpoint at all
    assert not (public(house) / "disclosures").exists()
    await cover(house, 1)
    assert set(await looked(house)) == {0}
    async with house.parts.store.read() as tx:
        assert [entry.index for entry in await tx.disclosed.unpublished(2, 9)] == [1]
    await cover(house)
    assert set(await looked(house)) == {0, 1}


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What time ends stays open: else the service's next look decides how an opening of days ago ended."""
    monkeypatch.setattr("backend.services.openings.LOOK_S", 3600.0)


@pytest.mark.usefixtures("unwatched")
async def test_fields_are_opened_when_they_may_be_and_some_never(
    any_house: House, any_dana: Staff, any_lent: Lent
) -> None:
    house, camera = any_house, await any_lent.camera()
    incident = await any_dana.open(**AT_THE_SHOP)
    await press(any_dana, incident, camera)
    await cover(house)
    assert {name: set(fields) for name, fields in (await looked(house)).items()} == {0: OPEN_AT_ONCE}
    assert set((await looked(house, timedelta(days=30)))[0]) == OPEN_AT_ONCE  # it is still open
    dana = await house.staff("dana")
    await dana.post(f"/api/incidents/{incident['id']}/close")
    await cover(house)
    found = await looked(house, timedelta(hours=71))
    assert (set(found[0]), set(found[1])) == (OPEN_AT_ONCE, {"use", "hour", "duration_s", "viewers"})
    found = await looked(house, timedelta(hours=2))
    assert set(found[0]) == OPEN_AT_ONCE | OPEN_LATER
    assert set(found[1]) == {
        "use", "hour", "duration_s", "viewers", "bytes", "stills", "recorded", "outcome",
    }  # fmt: skip
    assert (found[0]["category"], found[0]["level"], found[0]["role"]) == ("Break-in", "nearby", "dispatcher")
    assert found[1]["outcome"] == "incident-closed"
    for file in (public(house) / "disclosures").iterdir():
        assert camera.encode() not in file.read_bytes()


async def test_the_rest_is_opened_on_the_hour(house: House, dana: Staff, lent: Lent) -> None:
    """Else the minute in which it appears would be that of the incident's end."""
    await used(dana, lent, await lent.camera())
    async with house.parts.store.read() as tx:
        (entry, *_) = await tx.uses._where()
        assert entry.incident_id is not None
        incident = await tx.incidents.get(entry.incident_id)
    assert incident is not None
    assert incident.closed_at is not None
    await cover(house)
    due = incident.closed_at + timedelta(hours=72)
    on_the_hour = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    house.clock.advance(seconds=(due - house.clock()).total_seconds())
    if house.clock() < on_the_hour - timedelta(minutes=1):
        assert set((await looked(house))[0]) == OPEN_AT_ONCE
    house.clock.advance(seconds=(on_the_hour - house.clock()).total_seconds() + 1)
    assert set((await looked(house))[0]) == OPEN_AT_ONCE | OPEN_LATER


async def test_a_district_waits_until_there_are_five_incidents_in_it_in_a_month(
    any_house: House, any_dana: Staff, any_lent: Lent
) -> None:
    house, camera = any_house, await any_lent.camera()
    for place in ("Old Town", "Old Town", "Harbour", "Old Town", "Old Town"):
        house.parts.uses._district = lambda _, place=place: place  # type: ignore[misc]
        await used(any_dana, any_lent, camera)
    await cover(house)
    late(house)
    assert all("district" not in fields for fields in (await looked(house)).values())
    dana = await house.staff("dana")
    house.parts.uses._district = lambda _: "Old Town"
    open_still = await dana.open(**AT_THE_SHOP)  # the fifth there, and not over
    await press(dana, open_still, camera)
    await cover(house)
    assert all("district" not in fields for fields in (await looked(house)).values())
    await dana.post(f"/api/incidents/{open_still['id']}/close")
    await cover(house)
    late(house)
    found = await looked(house)
    months = {fields["hour"][:7] for fields in found.values()}
    said = [fields["district"] for fields in found.values() if "district" in fields]
    assert said == (["Old Town"] * 5 if len(months) == 1 else [])
    dana = await house.staff("dana")
    await used(dana, any_lent, camera)  # the sixth need not wait for others
    await cover(house)
    late(house)
    said = [fields["district"] for fields in (await looked(house)).values() if "district" in fields]
    assert set(said) <= {"Old Town"}
    assert len(months) > 1 or len(said) >= 5


async def test_every_process_writes_the_same_and_writes_nothing_twice(
    house: House, dana: Staff, lent: Lent
) -> None:
    await used(dana, lent, await lent.camera())
    await cover(house)
    await looked(house)
    file = public(house) / "disclosures/0.json"
    before, at = file.read_bytes(), file.stat().st_mtime_ns
    other = disclosures.Disclosures(house.parts.steps, LogFiles(public(house)), timedelta(hours=72))
    await other.look()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, at)
    late(house)
    await asyncio.gather(*(each.look() for each in (other, house.parts.disclosures, other)))
    assert len(opened(house)[0]) == len(OPEN_AT_ONCE | OPEN_LATER)


@pytest.mark.parametrize("failing", [1, 2])
async def test_a_crash_in_the_middle_is_made_good(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Between the store and the file, and after the file before the store knows."""
    await used(dana, lent, await lent.camera())
    await cover(house)

    def crash(path: Path, data: bytes) -> None:
        if failing == 2:
            folder.write(path, data)
        raise OSError("no more")

    monkeypatch.setattr(disclosures, "_put", crash)
    with pytest.raises(OSError, match="no more"):
        await house.parts.disclosures.look()
    monkeypatch.undo()
    async with house.parts.store.read() as tx:
        assert await tx.disclosed.stale(9) == [0]
    await looked(house)
    assert set(opened(house)) == {0, 1}
    async with house.parts.store.read() as tx:
        assert await tx.disclosed.stale(9) == []


async def test_a_file_that_was_lost_or_changed_is_written_again_at_the_next_start(
    house: House, dana: Staff, lent: Lent
) -> None:
    await used(dana, lent, await lent.camera())
    await cover(house)
    await looked(house)
    file = public(house) / "disclosures/0.json"
    whole = file.read_bytes()
    for hurt in (None, b"{}"):
        if hurt is None:
            file.unlink()
        else:
            file.write_bytes(hurt)
        again = disclosures.Disclosures(house.parts.steps, LogFiles(public(house)), timedelta(hours=72))
        await again.look()
        assert file.read_bytes() == whole


async def test_a_checkpoint_that_cannot_be_read_opens_nothing(
    house: House, dana: Staff, lent: Lent, caplog: pytest.LogCaptureFixture
) -> None:
    await used(dana, lent, await lent.camera())
    await cover(house)
    whole = (public(house) / "checkpoint").read_bytes()
    (public(house) / "checkpoint").write_bytes(whole[:20])
    for _ in range(2):
        await house.parts.disclosures.look()
    assert not (public(house) / "disclosures").exists()
    assert len([record for record in caplog.records if "nothing more is disclosed" in record.message]) == 1
    (public(house) / "checkpoint").write_bytes(whole)
    assert set(await looked(house)) == {0, 1}


async def test_a_look_does_so_much_and_the_next_goes_on(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosures, "AT_ONCE", 2)
    monkeypatch.setattr(disclosures, "STEPS", 1)
    camera = await lent.camera()
    for _ in range(3):
        await used(dana, lent, camera)
    await cover(house)
    assert [len(await looked(house)) for _ in range(4)] == [2, 4, 6, 6]
    late(house)
    rest = [sum("role" in f or "bytes" in f for f in (await looked(house)).values()) for _ in range(4)]
    assert rest == [2, 4, 6, 6]


async def test_what_the_page_reads_is_what_the_files_say(
    any_house: House, any_dana: Staff, any_lent: Lent
) -> None:
    house = any_house
    await used(any_dana, any_lent, await any_lent.camera())
    await cover(house)
    found = await looked(house)
    async with house.parts.store.read() as tx:
        latest = await tx.transparency.search(Search(), 2, 10)
        assert [shown.index for shown in latest] == [1, 0]
        assert {name: field.value for name, field in latest[1].fields.items()} == found[0]
        assert [shown.index for shown in await tx.transparency.search(Search(before=1), 2, 10)] == [0]
        use = latest[0].said("use")
        assert use is not None
        everything = await tx.transparency.batch(0, 2, 10)
        assert [shown.index for shown in everything if shown.said("use") == use] == [0, 1]


# -- checked from the files alone -----------------------------------------------------------------


async def test_a_disclosure_that_was_changed_is_named(house: House, dana: Staff, lent: Lent) -> None:
    await used(dana, lent, await lent.camera())
    await cover(house)
    await looked(house)
    file = public(house) / "disclosures/0.json"
    whole = file.read_bytes()
    held = json.loads(whole)

    def says(words: str, raw: bytes) -> None:
        file.write_bytes(raw)
        with pytest.raises(Fault, match=words):
            checked(house)
        file.write_bytes(whole)

    def with_entry(**fields: object) -> bytes:
        first = {**held["entries"][0], **fields}
        return json.dumps({**held, "entries": [first]}, separators=(",", ":")).encode()

    fields = held["entries"][0]["fields"]
    says("0.json: entry 0, field reason: 'see-scenes'", whole.replace(b'"see-scene"', b'"see-scenes"'))
    salt = fields["level"][1]
    other = ("B" if salt[0] == "A" else "A") + salt[1:]
    says("entry 0, field level: 'nearby' is not what", whole.replace(salt.encode(), other.encode()))
    says("0.json: entry 0 has no field 'nonsense'", with_entry(fields={"nonsense": fields["hour"]}))
    says("its salt is not 16 bytes", with_entry(fields={"hour": [fields["hour"][0], "AAAA"]}))
    says("entry 1, field hour|entry 1 has no field", with_entry(index=1))
    says("entry 7 is disclosed, and the log has 2", with_entry(index=7))
    says("entry 300 does not belong there", with_entry(index=300))
    says("not well formed", whole[:-1])
    says("not written as these files are", whole.replace(b'"v":1,', b'"v": 1,'))
    says("begins with entry 256", whole.replace(b'"first":0', b'"first":256'))
    (public(house) / "disclosures/1.txt").write_bytes(whole)
    with pytest.raises(Fault, match=r"disclosures/1\.txt is no disclosure file"):
        checked(house)
