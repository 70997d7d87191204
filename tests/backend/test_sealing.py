"""Withholding a use from the public for a time, and erasing fields of it for good."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from backend.cli import main
from backend.model.disclosure import AT_ONCE, LATER, NEVER
from backend.model.ids import UseId
from backend.model.sealing import FIELDS, MOST_DAYS, Erased, end_of, erased, last_day
from backend.model.uses import LeafKind, UseEntry, exact
from tests.backend.disclosing import cover, late, looked, opened, used
from tests.backend.house import House, Staff, no, settings
from tests.backend.lending import NOW
from tests.backend.lent import AT_THE_SHOP, Lent, lending, press

LATER_OF_AN_OPENING = LATER[LeafKind.OPEN]


pytestmark = pytest.mark.usefixtures("by_hand")


async def a_use(house: House, lent: Lent) -> UseId:
    """A camera was opened and its incident closed; a checkpoint covers it."""
    await used(await house.staff("dana"), lent, await lent.camera())
    await cover(house)
    await looked(house)
    async with house.parts.store.read() as tx:
        return (await tx.uses.begun(1, None))[0].id


async def leaves(house: House, use: UseId) -> list[UseEntry]:
    async with house.parts.store.read() as tx:
        return await tx.uses.of_use(use)


async def test_a_sealed_use_is_not_opened_while_it_is_sealed(any_house: House, any_lent: Lent) -> None:
    house, use = any_house, await a_use(any_house, any_lent)
    lee = await house.staff("lee")
    await lee.post(f"/api/agency/uses/{use}/seal", {"why": "investigation", "days": 30})
    await cover(house)
    late(house)
    found = await looked(house)
    assert set(found[0]) == {"use", "hour", "source", "category", "reason", "level"}
    until = last_day(house.clock() - timedelta(hours=73), 30, ZoneInfo("America/New_York"))
    said = {name: found[2][name] for name in ("use", "by", "why", "until")}
    ends = exact(end_of(until, ZoneInfo("America/New_York")))
    assert said == {"use": use, "by": "supervisor", "why": "investigation", "until": ends}
    assert set(found[2]) == {*said, "hour"}  # and not the moment
    lee = await house.staff("lee")
    (listed,) = await lee.get("/api/agency/uses?sealed=true")
    assert (listed["id"], listed["complete"]) == (use, False)
    assert listed["seal"] == {"by": "Lee Carter", "why": "investigation", "last_day": until.isoformat()}
    await lee.delete(f"/api/agency/uses/{use}/seal")
    no(await lee.http.delete(f"/api/agency/uses/{use}/seal"), 404, "not-found")
    await cover(house)
    found = await looked(house)
    assert set(found[0]) >= LATER_OF_AN_OPENING - {"bytes", "stills", "recorded", "outcome"}
    assert set(found[3]) == {"use", "hour", "by"}
    assert await lee.get("/api/agency/uses?sealed=true") == []
    kinds = [entry.kind for entry in await leaves(house, use)]
    assert kinds == [LeafKind.OPEN, LeafKind.CLOSE, LeafKind.SEAL, LeafKind.UNSEAL]
    assert [entry.action.value for entry in await house.entries() if entry.subject == use] == [
        "use.seal", "use.unseal", "use.unseal",
    ]  # fmt: skip
    assert [entry.refusal for entry in await house.entries("use.unseal")] == [None, "not-found"]


async def test_a_seal_ends_by_itself_and_is_renewed_by_another(house: House, lent: Lent) -> None:
    use = await a_use(house, lent)
    lee = await house.staff("lee")
    for days in (10, 20):
        await lee.post(f"/api/agency/uses/{use}/seal", {"why": "court", "days": days})
    await cover(house)
    assert "role" not in (await looked(house, timedelta(days=12)))[0]
    assert "role" in (await looked(house, timedelta(days=9)))[0]
    lee = await house.staff("lee")
    no(await lee.http.delete(f"/api/agency/uses/{use}/seal"), 404, "not-found")  # it is over


async def test_what_was_open_before_a_seal_stays_open(house: House, lent: Lent) -> None:
    use = await a_use(house, lent)
    late(house)
    before = (await looked(house))[0]
    lee = await house.staff("lee")
    await lee.post(f"/api/agency/uses/{use}/seal", {"why": "safety", "days": MOST_DAYS})
    await cover(house)
    assert (await looked(house))[0] == before
    assert "role" in before


async def test_what_is_erased_is_nowhere_any_more(any_house: House, any_lent: Lent) -> None:
    house, use = any_house, await a_use(any_house, any_lent)
    late(house)
    before = await looked(house)
    lee, held = await house.staff("lee"), await leaves(house, use)
    await lee.post(f"/api/agency/uses/{use}/erase", {"why": "court", "what": "person"})
    gone = {"officer", "unit", "role", "assigned"}
    after = await leaves(house, use)
    assert [entry.leaf for entry in after[:2]] == [entry.leaf for entry in held]
    assert {name for name, field in after[0].fields.items() if field.salt is None} == gone
    assert {after[0].fields[name].value for name in gone} == {""}
    assert set(opened(house)[0]) == set(before[0]) - gone  # the file was written at once
    await cover(house)
    late(house)
    found = await looked(house)
    assert set(found[0]) == set(before[0]) - gone  # and it does not come back
    assert {name: found[2][name] for name in ("why", "what")} == {"why": "court", "what": "person"}
    lee = await house.staff("lee")
    problem = no(
        await lee.http.post(f"/api/agency/uses/{use}/erase", json={"why": "law", "what": "person"}),
        404,
        "not-found",
    )
    assert "Nothing of that is there" in problem["detail"]
    await lee.post(f"/api/agency/uses/{use}/erase", {"why": "law", "what": "everything"})
    await cover(house)
    found = await looked(house)
    assert set(found[0]) == {"use"}
    assert set(found[2]) == {"use", "hour", "by", "why", "what"}  # what says so stays
    (listed,) = await lee.get("/api/agency/uses")
    assert set(listed["erased"]) >= gone | {"camera", "hour", "district"}
    if not house.config.database_url:
        files = [each for each in house.config.data_dir.iterdir() if each.name.startswith("sightline.db")]
        bytes_left = b"".join(each.read_bytes() for each in files)
        for entry in held:
            salts = [
                field.salt.encode() for name, field in entry.fields.items() if field.salt and name != "use"
            ]
            assert len(salts) > 7
            assert not [salt for salt in salts if salt in bytes_left]
        assert held[0].fields["use"].salt is not None
        assert held[0].fields["use"].salt.encode() in bytes_left  # so that this search would find them


async def test_an_open_incident_is_not_erased(house: House, dana: Staff, lent: Lent) -> None:
    incident = await dana.open(**AT_THE_SHOP)
    await press(dana, incident, await lent.camera())
    lee = await house.staff("lee")
    (listed,) = await lee.get("/api/agency/uses")
    assert (listed["over"], listed["opens_at"], listed["published"]) == (False, None, False)
    where = f"/api/agency/uses/{listed['id']}/erase"
    no(await lee.http.post(where, json={"why": "mistake", "what": "place"}), 409, "in-use")
    assert [entry.refusal for entry in await house.entries("use.erase")] == ["in-use"]
    await lee.post(f"/api/agency/uses/{listed['id']}/seal", {"why": "court", "days": 1})  # that may be
    await dana.post(f"/api/incidents/{incident['id']}/close")
    await lee.post(where, {"why": "mistake", "what": "place"})


async def test_only_supervisors_seal_and_only_for_so_long(house: House, lent: Lent) -> None:
    use = await a_use(house, lent)
    for name in ("dana", "sam", lent.owner.name):
        someone = await house.staff(name)
        for reply in (
            await someone.http.get("/api/agency/uses"),
            await someone.http.post(f"/api/agency/uses/{use}/seal", json={"why": "court", "days": 1}),
            await someone.http.delete(f"/api/agency/uses/{use}/seal"),
            await someone.http.post(f"/api/agency/uses/{use}/erase", json={"why": "law", "what": "place"}),
        ):
            no(reply, 403, "wrong-role")
    lee = await house.staff("lee")
    for body in (
        {"why": "court", "days": 0},
        {"why": "court", "days": MOST_DAYS + 1},
        {"why": "because", "days": 3},
        {"why": "court", "days": 3, "until": "2999-01-01"},
        {"days": 3},
    ):
        assert (await lee.http.post(f"/api/agency/uses/{use}/seal", json=body)).status_code == 400
    assert (await lee.http.get("/api/agency/uses?before=-1")).status_code == 400
    no(await lee.http.delete("/api/agency/uses/use_0000000000000000000000/seal"), 404, "not-found")
    assert {entry.kind for entry in await leaves(house, use)} == {LeafKind.OPEN, LeafKind.CLOSE}


async def test_the_list_goes_on_where_it_ended(
    house: House, dana: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.sealing.SHOWN", 2)
    camera = await lent.camera()
    for _ in range(3):
        await used(dana, lent, camera)
    lee = await house.staff("lee")
    first = await lee.get("/api/agency/uses")
    rest = await lee.get(f"/api/agency/uses?before={first[-1]['number']}")
    assert [len(first), len(rest)] == [2, 1]
    assert (first[0]["camera"], first[0]["who"], first[0]["category"]) == (
        "Front door",
        "Dana Reyes",
        "Break-in",
    )
    assert first[0]["entries"] == 2
    assert len({use["id"] for use in first + rest}) == 3


async def test_a_crash_between_erasing_and_the_file_is_made_good(
    house: House, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = await a_use(house, lent)
    lee = await house.staff("lee")

    async def crash() -> None:
        raise OSError("no more")

    monkeypatch.setattr(house.parts.disclosures, "write", crash)
    reply = await lee.http.post(f"/api/agency/uses/{use}/erase", json={"why": "law", "what": "everything"})
    assert reply.status_code == 500
    assert len(opened(house)[0]) > 1
    monkeypatch.undo()
    await cover(house)
    assert set((await looked(house))[0]) == {"use"}


def test_the_command_line_seals_and_erases_beside_a_running_service(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> None:
        async with House(settings(folder)) as house:
            lent = await lending(house)
            use = await a_use(house, lent)

            async def sightline(*arguments: str) -> tuple[int, str]:
                code = await asyncio.to_thread(main, ["audit", *arguments])
                said = capsys.readouterr()
                return code, said.out + said.err

            why = ("--why", "court")
            assert (
                "not the account of a supervisor"
                in (await sightline("seal", use, *why, "--days", "3", "--by", "dana"))[1]
            )
            code, said = await sightline("seal", use, *why, "--days", "900", "--by", "lee")
            assert (code, "A seal holds 1 to 180 days" in said) == (1, True)
            assert (await sightline("seal", use, *why, "--days", "3", "--by", "lee"))[0] == 0
            assert (await sightline("unseal", use, "--by", "lee"))[0] == 0
            assert (await sightline("unseal", use, "--by", "lee"))[0] == 1
            code, _ = await sightline("erase", use, *why, "--what", "everything", "--by", "lee")
            assert code == 0
            assert set(opened(house)[0]) == {"use"}
            await cover(house)
            assert set((await looked(house))[4]) == {"use", "hour", "by", "why", "what"}
            kinds = [json.loads(leaf)["type"] for leaf in house.log.leaves()]
            assert kinds == ["open", "close", "seal", "unseal", "erase"]

    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(folder))
    asyncio.run(run())


def test_what_says_that_something_was_erased_is_not_erased_itself() -> None:
    for kind in (LeafKind.SEAL, LeafKind.UNSEAL, LeafKind.ERASE):
        assert all(not erased(what, kind) for what in Erased)
    every = frozenset().union(NEVER, {"district"}, *AT_ONCE.values(), *LATER.values())
    assert FIELDS[Erased.EVERYTHING] == every - {"use"}
    assert all(FIELDS[what] <= every for what in Erased)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Monaco", "Pacific/Apia"])
def test_a_seal_says_nothing_of_the_time_of_day(zone: str) -> None:
    there = ZoneInfo(zone)
    ends = {end_of(last_day(NOW + timedelta(minutes=m), 180, there), there) for m in range(0, 24 * 60, 7)}
    assert len(ends) <= 2
    assert all((end.hour, end.minute) == (0, 0) for end in ends)
    assert all(end - NOW <= timedelta(days=181) for end in ends)
    today = last_day(NOW, 1, there)
    assert today == NOW.astimezone(there).date()
    assert end_of(today, there) > NOW
