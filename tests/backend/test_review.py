"""Each week is reviewed once: what deserves an eye is found, a quiet week has nothing, and words stay."""

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from backend.model import review as rules
from backend.model.ids import CameraId, IncidentId, UserId
from backend.model.openings import OpeningEnd, Reason
from backend.model.people import Role
from backend.model.review import Contest, FindingKind, Glass, Opened, Week
from backend.model.uses import LeafKind
from backend.parts import build
from tests.backend.house import House, Staff, embedded, filed, no
from tests.backend.lent import AT_THE_SHOP, Lent, press

START = datetime(2026, 11, 16, 8, tzinfo=UTC)
DANA, LEE, SAM = UserId("usr_dana"), UserId("usr_lee"), UserId("usr_sam")
REASONS = [reason.value for reason in (Reason.SEE_SCENE, Reason.FIND_PERSON, Reason.FOLLOW_SUSPECT)]


class History:
    """Openings one after another, each in an incident of its own unless told otherwise."""

    def __init__(self) -> None:
        self.opened: list[Opened] = []
        self._dice = random.Random(2)

    def open(self, user: UserId, camera: str | None, **more: Any) -> Opened:
        number = len(self.opened) + 1
        at = START + timedelta(minutes=10 * number)
        given: dict[str, Any] = {
            "number": number,
            "at": at,
            "user_id": user,
            "role": Role.OFFICER if user == SAM else Role.DISPATCHER,
            "incident_id": IncidentId(f"inc_{number}"),
            "opened_at": at - timedelta(minutes=2),
            "closed_at": at + timedelta(hours=1),
            "camera_id": CameraId(camera) if camera is not None else None,
            "reason": self._dice.choice(REASONS),
            "sent": True,
            "en_route": True,
            "on_duty": True if user == SAM else None,
            "on_a_call": True if user == SAM else None,
        }
        self.opened.append(Opened(**{**given, **more}))
        return self.opened[-1]

    def quiet(self, count: int = 60) -> "History":
        """An ordinary week: three people, forty cameras, all of it in order."""
        dice = random.Random(1)
        for number in range(count):
            self.open((DANA, LEE, SAM)[number % 3], f"cam_{dice.randrange(40)}")
        return self


def found(history: Sequence[Opened], **more: Any) -> list[tuple[FindingKind, str, tuple[int, ...]]]:
    made = rules.review(Week(opened=history, **more))
    return [(one.kind, one.user_id, one.evidence) for one in made]


def test_a_quiet_week_has_no_findings() -> None:
    for count in (0, 1, 7, 60, 400):
        assert found(History().quiet(count).opened) == []


def test_one_person_and_one_camera_in_many_incidents() -> None:
    history = History().quiet()
    often = [history.open(DANA, "cam_lovers_lane").number for _ in range(rules.SAME_CAMERA_INCIDENTS)]
    assert found(history.opened) == [(FindingKind.SAME_CAMERA, DANA, tuple(often))]
    assert found([one for one in history.opened if one.number != often[0]]) == []


def test_a_camera_again_in_the_same_incident_or_for_its_own_site_is_not_often() -> None:
    history = History().quiet()
    for _ in range(9):
        history.open(DANA, "cam_again", incident_id=IncidentId("inc_long"))
        history.open(LEE, "cam_shop", own=True)
    assert found(history.opened) == []


def test_where_everybody_opens_the_same_camera_often_nobody_stands_out() -> None:
    history = History()
    for _ in range(8):
        for user in (DANA, LEE, SAM):
            history.open(user, "cam_station_square")
    assert found(history.opened) == []


def test_an_officer_who_was_on_no_call() -> None:
    history = History().quiet()
    idle = history.open(SAM, "cam_1", on_a_call=False)
    assert found(history.opened) == [(FindingKind.NOT_ON_A_CALL, SAM, (idle.number,))]


def test_an_officer_off_duty_is_that_and_nothing_else() -> None:
    history = History().quiet()
    history.open(SAM, "cam_1", on_duty=None)  # from before there was duty
    off = history.open(SAM, "cam_2", on_duty=False, on_a_call=False, sent=False)
    assert found(history.opened) == [(FindingKind.OFF_DUTY, SAM, (off.number,))]


def test_an_officer_who_was_never_sent_there_once_is_enough() -> None:
    history = History().quiet()
    never = history.open(SAM, None, sent=False)
    assert found(history.opened) == [(FindingKind.NEVER_SENT, SAM, (never.number,))]


@pytest.mark.parametrize("who", [LEE, SAM])
def test_somebody_whose_incidents_nobody_was_en_route_to(who: UserId) -> None:
    history, few = History().quiet(6), History().quiet(60)
    enough = range(rules.NEVER_EN_ROUTE_INCIDENTS)
    never = [history.open(who, f"cam_{n}", en_route=False).number for n in enough]
    assert found(history.opened) == [(FindingKind.NEVER_EN_ROUTE, who, tuple(never))]
    for n in enough:  # a few of many: calls are called off
        few.open(who, f"cam_{n}", en_route=False)
        few.open(DANA, None, en_route=False)
    assert found(few.opened) == []


def test_a_reason_that_repeats() -> None:
    history = History().quiet()
    for _ in range(25):
        history.open(UserId("usr_kim"), f"cam_k{len(history.opened)}", reason="officer-safety")
    ((kind, user, evidence),) = found(history.opened)
    assert (kind, user, len(evidence)) == (FindingKind.SAME_REASON, "usr_kim", 25)
    alike = [msgspec.structs.replace(one, reason="see-scene") for one in history.opened]
    assert found(alike) == []


def test_outside_the_hours_of_the_incident() -> None:
    history = History().quiet()
    late = history.open(DANA, "cam_1")
    history.opened[-1] = msgspec.structs.replace(late, closed_at=late.at)
    early = history.open(DANA, "cam_2")
    history.opened[-1] = msgspec.structs.replace(early, opened_at=early.at + timedelta(seconds=1))
    assert found(history.opened) == [(FindingKind.OUTSIDE_INCIDENT, DANA, (late.number, early.number))]


def test_what_owners_ended() -> None:
    history = History().quiet()
    first = history.open(LEE, "cam_1", end=OpeningEnd.OWNER_STOPPED)
    history.open(DANA, "cam_1", end=OpeningEnd.OWNER_CHANGED)
    assert found(history.opened) == []
    second = history.open(LEE, "cam_2", end=OpeningEnd.OWNER_PAUSED)
    assert found(history.opened) == [(FindingKind.OWNER_ENDED, LEE, (first.number, second.number))]


def test_broken_glass_and_contests_each_time() -> None:
    history = History().quiet()
    seen = history.open(DANA, "cam_1")
    glass = Glass(
        number=900,
        user_id=DANA,
        incident_id=seen.incident_id,
        at=seen.at - timedelta(minutes=1),
        until=seen.at + timedelta(minutes=19),
    )
    contest = Contest(number=901, use=seen.number, user_id=DANA, camera_id=CameraId("cam_1"))
    assert found(history.opened, glass=[glass], contests=[contest]) == [
        (FindingKind.BROKEN_GLASS, DANA, (900, seen.number)),
        (FindingKind.CONTESTED, DANA, (seen.number, 901)),
    ]


def test_what_the_charts_show() -> None:
    history = History()
    for camera in ("cam_1", "cam_1", "cam_2"):
        history.open(DANA, camera)
    history.open(LEE, "cam_2")
    history.open(LEE, None)
    shown = rules.summary(history.opened)
    assert (shown.openings, shown.incidents, shown.people_median, shown.cameras_median) == (4, 4, 2, 2)
    assert [(bar.id, bar.incidents) for bar in shown.people] == [(DANA, 3), (LEE, 1)]
    assert rules.summary([]).people == ()


def test_a_week_is_from_monday_to_monday_by_the_agencys_clock() -> None:
    zone = ZoneInfo("America/Detroit")
    assert rules.monday(date(2026, 11, 1)) == date(2026, 10, 26)
    start, end = rules.bounds(date(2026, 10, 26), zone)  # the clocks are put back on that Sunday
    assert (start.hour, end.hour, end - start) == (4, 5, timedelta(days=7, hours=1))


async def _often(house: House, dana: Staff, lent: Lent, times: int = 5) -> str:
    """A camera that a dispatcher opens in many incidents to which a unit is sent."""
    camera = await lent.camera(name="Lovers' lane")
    unit = (await house.staff("sam")).user.unit_id
    for _ in range(times):
        incident = await dana.open(**AT_THE_SHOP, words="A lamp", callback_number="+12125550199")
        await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": unit})
        await press(dana, incident, camera)
        await press(dana, incident, await lent.camera(name="Door"))
        await dana.post(f"/api/incidents/{incident['id']}/close")
    await house.parts.uses.hand_over()
    return camera


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    return any_house


async def test_a_week_that_is_over_is_reviewed_once_whoever_does_it(
    house: House, dana: Staff, ada: Staff, lent: Lent
) -> None:
    await _often(house, dana, lent)
    await house.parts.review.look()
    before = [week["week"] for week in (await ada.get("/api/review"))["weeks"]]
    house.clock.advance(days=7)
    ada = await house.staff("ada")
    other = build(house.config, house.clock, embedded, filed)
    await asyncio.gather(*(parts.review.look() for parts in (house.parts, other, house.parts, other)))
    await other.store.close()
    seen = await ada.get("/api/review")
    weeks = [week["week"] for week in seen["weeks"]]
    assert weeks == sorted({*before, *weeks}, reverse=True)
    assert len(await house.entries("review.make")) == len(weeks)
    (finding,) = seen["findings"]
    assert (finding["kind"], finding["role"], finding["camera"]) == (
        "same-camera",
        "dispatcher",
        "Lovers' lane, Ola's shop",
    )
    assert finding["figures"] == {"incidents": 5, "median": 1}
    assert [(one["kind"], one["reason"], one["camera"]) for one in finding["evidence"]] == [
        ("open", "see-scene", "Lovers' lane")
    ] * 5
    (week,) = [week for week in seen["weeks"] if week["week"] == finding["week"]]
    assert (week["openings"], week["findings"], week["open"], week["people_median"]) == (10, 1, 1, 5)
    assert week["cameras"][0] == {"name": "Lovers' lane, Ola's shop", "incidents": 5}
    assert week["people"] == [{"name": finding["officer"], "incidents": 5}]
    text = json.dumps(seen)
    assert not [private for private in (dana.user.id, "Dana", "lamp", "2125550") if private in text]
    index = finding["evidence"][0]["index"]
    entry = await ada.get(f"/api/review/entries/{index}")
    shown = {field["name"]: field["value"] for field in entry["fields"]}
    assert (entry["kind"], shown["reason"], shown["officer"], entry["findings"]) == (
        "open",
        "see-scene",
        finding["officer"],
        [finding["id"]],
    )
    assert shown["camera"] == "Lovers' lane, Ola's shop"
    no(await ada.http.get("/api/review/entries/99999"), 404, "not-found")
    log = seen["log"]
    assert (log["up"], log["waiting"], log["sealed"]) == (True, 0, 0)
    assert log["entries"] == len(house.log.leaves())
    house.log.away = True
    assert (await ada.get("/api/review"))["log"]["up"] is False


async def _one_finding(house: House, dana: Staff, lent: Lent) -> tuple[Staff, Any]:
    await _often(house, dana, lent)
    house.clock.advance(days=7)
    await house.parts.review.look()
    ada = await house.staff("ada")
    (finding,) = (await ada.get("/api/review"))["findings"]
    return ada, finding


async def test_words_stay(house: House, dana: Staff, lent: Lent) -> None:
    ada, finding = await _one_finding(house, dana, lent)
    where = f"/api/review/findings/{finding['id']}"
    body = {"outcome": "in-order", "words": "A series of break-ins there."}
    for bad in (
        {},
        {"words": ""},
        {"outcome": "shrug"},
        {"words": "x" * 1001},
        {"words": "\x00"},
        {"words": " \n "},
    ):
        no(await ada.http.post(f"{where}/close", json={**body, **bad} if bad else {}), 400, "malformed")
    closed = await ada.post(f"{where}/close", body)
    assert (closed["outcome"], closed["closed_by"], closed["overdue"]) == ("in-order", "Ada Moss", False)
    no(await ada.http.post(f"{where}/close", json={**body, "words": "No."}), 409, "finding-closed")
    remarked = await ada.post(f"{where}/remarks", {"words": "Case 2231 is the series."})
    assert [one["words"] for one in remarked["remarks"]] == [body["words"], "Case 2231 is the series."]
    assert (await ada.get("/api/review"))["findings"] == [remarked]
    entries = [
        (e.action.value, e.actor, e.refusal, e.details.get("words"))
        for e in await house.entries()
        if e.action.value.startswith("finding.")
    ]
    assert entries == [
        ("finding.close", ada.user.id, None, body["words"]),
        ("finding.close", ada.user.id, "finding-closed", None),
        ("finding.remark", ada.user.id, None, "Case 2231 is the series."),
    ]
    house.clock.advance(days=7)
    await house.parts.review.look()
    assert (await (await house.staff("ada")).get("/api/review"))["findings"] == [remarked]
    start = house.clock() - timedelta(days=30)
    async with house.parts.store.read() as tx:
        counted = await tx.reviews.counts(start, house.clock())
        nothing = await tx.reviews.counts(start, start + timedelta(days=1))
    assert (counted.made, counted.closed) == (1, 1)
    assert (nothing.made, nothing.closed) == (0, 0)


async def test_who_it_is_about_is_a_step_of_its_own(house: House, dana: Staff, lent: Lent) -> None:
    ada, finding = await _one_finding(house, dana, lent)
    named = await ada.post(f"/api/review/findings/{finding['id']}/name")
    assert named == {"name": "Dana Reyes", "role": "dispatcher", "unit": None}
    (entry,) = await house.entries("finding.name")
    assert (entry.actor, entry.subject) == (ada.user.id, finding["id"])


async def test_two_who_close_at_once_are_one(house: House, dana: Staff, lent: Lent) -> None:
    ada, finding = await _one_finding(house, dana, lent)
    where = f"/api/review/findings/{finding['id']}/close"
    replies = await asyncio.gather(
        *(ada.http.post(where, json={"outcome": "reported", "words": f"Number {n}"}) for n in range(4))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
    (held,) = (await ada.get("/api/review"))["findings"]
    assert len(held["remarks"]) == 1


async def test_nobody_reviews_what_they_did_themselves(house: House, dana: Staff, lent: Lent) -> None:
    ada, finding = await _one_finding(house, dana, lent)
    where = f"/api/review/findings/{finding['id']}"
    async with house.parts.store.begin() as tx:  # as if a dispatcher had become an auditor since
        await tx.users._db.exec_driver_sql("UPDATE users SET role = 'auditor' WHERE name = 'dana'")
    dana = await house.staff("dana")
    body = {"outcome": "in-order", "words": "It was me."}
    no(await dana.http.post(f"{where}/close", json=body), 403, "own-use")
    no(await dana.http.post(f"{where}/remarks", json={"words": "It was me."}), 403, "own-use")
    await ada.post(f"{where}/close", body)


async def test_a_finding_that_nobody_closes_is_overdue(house: House, dana: Staff, lent: Lent) -> None:
    _, finding = await _one_finding(house, dana, lent)
    assert finding["overdue"] is False
    house.clock.advance(days=15)
    (late,) = (await (await house.staff("ada")).get("/api/review"))["findings"]
    assert late["overdue"] is True


async def test_broken_glass_is_found_with_what_was_seen_by_it(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent
) -> None:
    incident, camera = await dana.open(**AT_THE_SHOP), await lent.camera()
    body = {"user_id": sam.user.id, "reason": "nearest"}
    await lee.post(f"/api/incidents/{incident['id']}/glass", body)
    await press(sam, incident, camera)
    await dana.post(f"/api/incidents/{incident['id']}/close")
    house.clock.advance(days=7)
    await house.parts.review.look()
    found = (await (await house.staff("ada")).get("/api/review"))["findings"]
    assert {one["kind"] for one in found} == {"broken-glass", "never-sent", "not-on-a-call"}
    assert {one["role"] for one in found} == {"officer"}
    (glass,) = [one for one in found if one["kind"] == "broken-glass"]
    assert [one["kind"] for one in glass["evidence"]] == [LeafKind.BREAK_GLASS.value, LeafKind.OPEN.value]
    assert glass["figures"]["uses"] == 1
