"""The annual fee: prices on record, one invoice a year for a site, payments by hand and from files."""

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from backend.model.cameras import ParticipationLevel
from backend.model.fees import PROMISE
from backend.model.ids import UserId, new_id
from backend.model.payments import MOST_BYTES
from backend.model.people import Role, User
from backend.model.positions import Point
from backend.model.sites import SiteKind
from tests.backend import lending
from tests.backend.house import House, Staff, done, no

PRICES = {"registry": 0, "ask": 1200, "own-calls": 2400, "nearby": 4850}


@pytest.fixture
async def lee(any_house: House) -> Staff:
    """A supervisor."""
    return await any_house.staff("lee")


async def priced(lee: Staff, cents: dict[str, int] | None = None) -> Any:
    return done(await lee.http.put("/api/agency/prices", json={"cents": PRICES if cents is None else cents}))


def this_year(house: House) -> int:
    return house.clock().year


async def issued(lee: Staff) -> list[Any]:
    """The year's invoices, all issued, the lowest number first."""
    year = this_year(lee.house)
    await lee.post("/api/agency/invoices", {"year": year})
    listed = await lee.get(f"/api/agency/invoices?year={year}")
    return list(reversed(listed["invoices"]))


def today(house: House) -> str:
    return str((house.clock() - timedelta(hours=5)).date())  # New York is never ahead of that


async def import_csv(lee: Staff, text: str | bytes, preview: bool = False) -> Any:
    body = text.encode() if isinstance(text, str) else text
    headers = {"Content-Type": "text/csv"}
    path = f"/api/agency/invoices/payments?preview={str(preview).lower()}"
    return await lee.http.post(path, content=body, headers=headers)


async def outcomes(lee: Staff, text: str | bytes, preview: bool = False) -> list[str]:
    return [row["outcome"] for row in done(await import_csv(lee, text, preview))["rows"]]


async def site(house: House, whose: Staff | None, *levels: str, at: Point = lending.HERE, **more: Any) -> str:
    """Where that person lends a camera at each level; its id."""
    kind = SiteKind.BUSINESS if whose else SiteKind.CITY
    given = {
        "kind": kind,
        "name": "Hart's Books",
        "address": "12 Main Street",
        "added_at": house.clock(),
        "point": at,
    }
    given["owner_id"] = whose.user.id if whose else None
    made = lending.a_site(**{**given, **more})
    async with house.parts.store.begin() as tx:
        await tx.sites.add(made)
        for level in levels:
            await tx.cameras.add(lending.a_camera(made.id, level=ParticipationLevel(level), point=at))
    return made.id


async def named_owner(house: House, display_name: str) -> Staff:
    user = User(id=UserId(new_id("usr")), name="olive", display_name=display_name, role=Role.OWNER)
    async with house.parts.store.begin() as tx:
        await tx.users.add(user, "!")
    return await house.staff("olive")


# -- prices


async def test_a_price_changes_alone_and_on_record(any_house: House, lee: Staff) -> None:
    await priced(lee)
    after = await priced(lee, {"ask": 1300})
    assert {price["level"]: price["cents"] for price in after["prices"]} == {**PRICES, "ask": 1300}
    assert after["promise"] == PROMISE
    last = (await any_house.entries("fee.price"))[-1]
    assert (last.subject, last.details) == ("ask", {"before": "12.00 USD", "now": "13.00 USD"})
    count = len(await any_house.entries("fee.price"))
    await priced(lee, {"ask": 1300})
    assert len(await any_house.entries("fee.price")) == count  # nothing changed


@pytest.mark.parametrize("cents", [{"ask": -1}, {"ask": 1.5}, {"ask": 10**9}, {"everything": 5}])
async def test_a_price_that_is_none_is_refused(house: House, cents: Any) -> None:
    lee = await house.staff("lee")
    no(await lee.http.put("/api/agency/prices", json={"cents": cents}), 400, "malformed")
    assert await house.entries("fee.price") == []


# -- invoices


async def test_a_site_gets_one_invoice_a_year_by_its_cameras(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    await site(any_house, olive, "nearby", "nearby", "ask", "registry")
    (invoice,) = await issued(lee)
    assert invoice["number"] == f"{this_year(any_house)}-000001"
    assert [(line["level"], line["cameras"], line["cents_each"]) for line in invoice["lines"]] == [
        ("registry", 1, 0),
        ("ask", 1, 1200),
        ("nearby", 2, 4850),
    ]
    assert (invoice["cents"], invoice["state"], invoice["addressee"]) == (10900, "open", "Olive")
    assert await issued(lee) == [invoice]
    (entry,) = await any_house.entries("fee.invoice")
    assert entry.details["number"] == invoice["number"]


async def test_what_an_invoice_says_is_not_changed_later(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    await site(any_house, olive, "nearby")
    (before,) = await issued(lee)
    paper = (await lee.http.get(before["pdf"])).content
    await priced(lee, {"nearby": 9999})
    any_house.clock.advance(days=3)
    lee = await any_house.staff("lee")
    await lee.post(f"/api/agency/invoices/{before['id']}/paid", {"paid_on": today(any_house)})
    (after,) = await issued(lee)
    told = ("state", "paid_on")
    assert {k: v for k, v in after.items() if k not in told} == {
        k: v for k, v in before.items() if k not in told
    }
    assert (await lee.http.get(before["pdf"])).content == paper


async def test_city_sites_and_sites_without_cameras_get_none(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    await site(any_house, None, "nearby", kind=SiteKind.CITY)
    await site(any_house, olive)
    await site(any_house, olive, "nearby", retired_at=any_house.clock())
    assert await issued(lee) == []


async def test_an_invoice_of_nothing_is_free_and_never_overdue(any_house: House, lee: Staff) -> None:
    olive = await lending.owner(any_house, "olive")
    await site(any_house, olive, "registry")
    (invoice,) = await issued(lee)
    assert (invoice["cents"], invoice["state"]) == (0, "free")
    any_house.clock.advance(days=40)
    lee = await any_house.staff("lee")
    (later,) = (await lee.get(f"/api/agency/invoices?year={invoice['year']}"))["invoices"]
    assert later["state"] == "free"
    path = f"/api/agency/invoices/{invoice['id']}/paid"
    no(await lee.http.post(path, json={"paid_on": today(any_house)}), 409, "nothing-due")
    assert "There is nothing to pay." in (await lee.http.get(invoice["html"])).text


async def test_numbers_have_no_gaps_when_many_issue_at_once(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    for _ in range(70):  # more than one transaction takes
        await site(any_house, olive, "nearby")
    year = this_year(any_house)
    answers = await asyncio.gather(*(lee.post("/api/agency/invoices", {"year": year}) for _ in range(4)))
    assert sum(answer["issued"] for answer in answers) == 70
    numbers = [invoice["number"] for invoice in await issued(lee)]
    assert numbers == [f"{year}-{number:06d}" for number in range(1, 71)]
    later = await site(any_house, olive, "ask")
    assert [(i["site_id"], i["number"]) for i in await issued(lee)][70:] == [(later, f"{year}-000071")]


async def test_a_far_year_is_refused_and_on_record(any_house: House, lee: Staff) -> None:
    year = this_year(any_house) + 2
    no(await lee.http.post("/api/agency/invoices", json={"year": year}), 422, "bad-date")
    (entry,) = await any_house.entries("fee.invoice")
    assert (entry.subject, entry.refusal) == (str(year), "bad-date")


async def test_the_year_is_added_up(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    for level in ("nearby", "own-calls", "ask"):
        await site(any_house, olive, level)
    first, *_ = await issued(lee)
    await lee.post(f"/api/agency/invoices/{first['id']}/paid", {"paid_on": today(any_house)})
    await site(any_house, olive, "ask")
    listed = await lee.get(f"/api/agency/invoices?year={first['year']}")
    rest = sum(PRICES.values()) - first["cents"]
    sums = {k: listed[k] for k in ("billed", "paid", "open", "overdue", "missing")}
    assert sums == {"billed": 8450, "paid": first["cents"], "open": rest, "overdue": 0, "missing": 1}
    any_house.clock.advance(days=31)
    lee = await any_house.staff("lee")
    listed = await lee.get(f"/api/agency/invoices?year={first['year']}")
    assert (listed["open"], listed["overdue"]) == (0, rest)


# -- who sees what


async def test_owners_see_their_own_invoices_only(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    await lending.owner(any_house, "otto")
    await site(any_house, olive, "nearby")
    (invoice,) = await issued(lee)
    hers, his = await any_house.staff("olive"), await any_house.staff("otto")
    assert [held["id"] for held in await hers.get("/api/invoices")] == [invoice["id"]]
    assert await his.get("/api/invoices") == []
    for form in ("html", "pdf"):
        assert (await hers.http.get(invoice[form])).status_code == 200
        no(await his.http.get(invoice[form]), 404, "not-found")
    (entry, _) = await any_house.entries("access.refuse")
    assert (entry.subject, entry.refusal) == (invoice["id"], "not-found")


@pytest.mark.parametrize("name", ["dana", "sam", "olive"])
async def test_only_supervisors_keep_the_books(house: House, name: str) -> None:
    await lending.owner(house, "olive")
    who = await house.staff(name)
    no(await who.http.get("/api/agency/prices"), 403, "wrong-role")
    no(await who.http.put("/api/agency/prices", json={"cents": {"ask": 0}}), 403, "wrong-role")
    for path in ("", ".csv"):
        no(await who.http.get(f"/api/agency/invoices{path}?year=2026"), 403, "wrong-role")
    no(await who.http.post("/api/agency/invoices", json={"year": 2026}), 403, "wrong-role")
    no(await import_csv(who, "x"), 403, "wrong-role")


# -- payments by hand


async def test_a_payment_by_hand_can_be_taken_back(any_house: House, lee: Staff) -> None:
    await priced(lee)
    await site(any_house, await lending.owner(any_house, "olive"), "nearby")
    (invoice,) = await issued(lee)
    path, day = f"/api/agency/invoices/{invoice['id']}/paid", today(any_house)
    paid = await lee.post(path, {"paid_on": day, "note": "cash"})
    assert (paid["state"], paid["paid_on"], paid["paid_note"]) == ("paid", day, "cash")
    await lee.post(path, {"paid_on": day, "note": "cash"})
    assert (await lee.post(path, {"paid_on": None}))["state"] == "open"
    told = [(entry.details["before"], entry.details["now"]) for entry in await any_house.entries("fee.pay")]
    assert told == [("not paid", day), (day, "not paid")]


@pytest.mark.parametrize("days", [-2, 2])
async def test_a_day_of_payment_before_the_invoice_or_to_come_is_refused(house: House, days: int) -> None:
    lee = await house.staff("lee")
    await priced(lee)
    await site(house, await lending.owner(house, "olive"), "nearby")
    (invoice,) = await issued(lee)
    day = str((house.clock() + timedelta(days=days)).date())
    path = f"/api/agency/invoices/{invoice['id']}/paid"
    no(await lee.http.post(path, json={"paid_on": day}), 422, "bad-date")
    (entry,) = await house.entries("fee.pay")
    assert (entry.subject, entry.refusal) == (invoice["id"], "bad-date")


# -- payments from a file


async def test_a_file_pays_what_matches_and_says_what_does_not(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    for level in ("nearby", "ask", "registry"):
        await site(any_house, olive, level)
    nearby, ask, free = sorted(await issued(lee), key=lambda invoice: -invoice["cents"])
    day = today(any_house)
    text = (
        "Booking date;Payer;Reference;Amount\r\n"
        f"{day};Hart, O.;Invoice {nearby['number']} thank you;48,50\r\n"
        f"{day};Hart;{ask['number']};11.99\r\n"
        f"{day};Hart;2001-000001;12.00\r\n"
        f"{day};Hart;{nearby['number']};48.50\r\n"
        f"{day};Hart;{free['number']};1.00\r\n"
        f"1999-01-01;Hart;{ask['number']};12.00\r\n"
        f"{day};Hart;no number;12.00\r\n"
    )
    told = ["pays", "wrong-amount", "no-invoice", "twice", "nothing-due", "bad-date", "unreadable"]
    assert await outcomes(lee, text, preview=True) == told
    assert await any_house.entries("fee.pay") == []
    assert await outcomes(lee, text) == told
    assert {i["number"]: i["state"] for i in await issued(lee)} == {
        nearby["number"]: "paid",
        ask["number"]: "open",
        free["number"]: "free",
    }
    paid, file = await any_house.entries("fee.pay")
    assert (paid.subject, paid.details["now"]) == (nearby["id"], day)
    assert (file.subject, file.details["pays"], file.details["wrong-amount"]) == ("file", "1", "1")


async def test_importing_twice_changes_nothing(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await lending.owner(any_house, "olive")
    for _ in range(60):
        await site(any_house, olive, "ask")
    day = today(any_house)
    text = "number,date,amount\n" + "".join(f"{i['number']},{day},12.00\n" for i in await issued(lee))
    reports = await asyncio.gather(outcomes(lee, text), outcomes(lee, text))
    assert sorted(map(set, reports), key=sorted) in (
        [{"already"}, {"pays"}],
        [{"already", "pays"}, {"already", "pays"}],
        [{"already"}, {"already", "pays"}],
    )
    before = await issued(lee)
    entries = [e for e in await any_house.entries("fee.pay") if e.subject != "file"]
    assert len(entries) == 60
    assert set(await outcomes(lee, text)) == {"already"}
    assert await issued(lee) == before
    assert len([e for e in await any_house.entries("fee.pay") if e.subject != "file"]) == 60


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x01\x02",
        b"a,b,c\n1,2,3\n",
        b"number,date\n2026-000001,2026-01-01\n",
        b"number,number,date,amount\n",
        b"number,date,amount\n" + b"2026-000001,2026-01-01,1.00\n" * 5001,
        b"number,date,amount\n".ljust(MOST_BYTES + 1, b"x"),
    ],
)
async def test_a_file_that_says_nothing_is_refused_whole_and_on_record(house: House, raw: bytes) -> None:
    lee = await house.staff("lee")
    problem = no(await import_csv(lee, raw), 422, "bad-file")
    assert problem["detail"]
    (entry,) = await house.entries("fee.pay")
    assert (entry.subject, entry.refusal) == ("file", "bad-file")


async def test_a_body_without_end_is_cut_off(house: House) -> None:
    lee = await house.staff("lee")
    no(await import_csv(lee, b"x" * (3 * 1024 * 1024)), 413, "too-large")


# -- the books


async def test_the_books_are_rfc_4180_and_run_nothing(any_house: House, lee: Staff) -> None:
    await priced(lee)
    olive = await named_owner(any_house, '=HYPERLINK("http://x","y")')
    await site(any_house, olive, "nearby", name="@SUM(A1)", address='5 "Old" Road, ground floor\nالقدس')
    (invoice,) = await issued(lee)
    await lee.post(
        f"/api/agency/invoices/{invoice['id']}/paid", {"paid_on": today(any_house), "note": "+1 by -2"}
    )
    reply = await lee.http.get(f"/api/agency/invoices.csv?year={invoice['year']}")
    assert reply.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert reply.content.startswith(b"\xef\xbb\xbfnumber,year,")
    assert reply.content.endswith(b"\r\n")
    head, row = csv.reader(io.StringIO(reply.content.decode("utf-8-sig"), newline=""), strict=True)
    held = dict(zip(head, row, strict=True))
    assert held["addressee"] == '\'=HYPERLINK("http://x","y")'
    assert (held["site"], held["note"]) == ("'@SUM(A1)", "'+1 by -2")
    assert held["address"] == '5 "Old" Road, ground floor\nالقدس'
    assert (held["amount"], held["currency"], held["state"]) == ("48.50", "USD", "paid")
    assert await outcomes(lee, reply.content) == ["already"]  # our own export is a file of payments too
