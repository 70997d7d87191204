"""The supervisor's page, part by part, and the auditor's review."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from playwright.async_api import Page, expect

from tests.pwa.agency import Agency, Json, now
from tests.pwa.faces.played import played, shows
from tests.pwa.faces.stage import Screen, Stage
from tests.pwa.test_agency import visiting
from tests.pwa.visits import APP

NAME = "agency"
PARTS = ("owners", "city", "contests", "devices", "docks", "fees", "phrases", "log")


def _part(part: str) -> Callable[[Stage], AbstractAsyncContextManager[Page]]:
    @asynccontextmanager
    async def come(stage: Stage) -> AsyncIterator[Page]:
        async with visiting(stage.browser, stage.service, f"/agency?part={part}") as page:
            await page.get_by_role("heading", level=1).wait_for()
            await expect(page.get_by_text("Loading…")).to_have_count(0)
            yield page

    return come


@asynccontextmanager
async def _review(stage: Stage) -> AsyncIterator[Page]:
    async with visiting(stage.browser, stage.service, "/review", who="ada") as page:
        await page.get_by_role("button", name="Overdue").wait_for()
        yield page


@asynccontextmanager
async def _finding(stage: Stage) -> AsyncIterator[Page]:
    async with _review(stage) as page:
        await page.get_by_role("button", name="The same camera").first.click()
        await page.get_by_role("heading", name="The same camera, again and again").wait_for()
        yield page


def figures() -> Agency:
    """Three months of links, as a city of this size has them."""

    def tally(*counts: tuple[str, int]) -> list[Json]:
        return [{"name": name, "count": count} for name, count in counts]

    agency = Agency(APP, role="supervisor")
    view: Json = {
        "since": now(days=90),
        "links": 1284,
        "funnel": tally(
            ("issued", 1284),
            ("sent", 1279),
            ("delivered", 1251),
            ("opened", 1201),
            ("permitted", 1120),
            ("picture", 1066),
        ),
        "times": [
            {"name": name, "median_s": half, "p90_s": most, "measured": 1000}
            for name, half, most in (
                ("sent", 0.8, 1.9),
                ("delivered", 2.4, 6.1),
                ("opened", 9.5, 38.0),
                ("permitted", 14.2, 55.0),
                ("picture", 16.1, 71.0),
            )
        ],
        "rungs": tally(
            ("live", 998),
            ("stills", 52),
            ("single-stills", 16),
            ("upload", 21),
            ("position", 74),
            ("none", 123),
        ),
        "reasons": tally(("permission-refused", 61), ("not-opened", 83), ("udp-and-tcp-blocked", 40)),
        "browsers": [
            {
                "name": name,
                "links": many,
                "opened": many - 30,
                "shared": many - 60,
                "pictures": many - 70,
                "permitted_to_picture_s": 2.1,
            }
            for name, many in (
                ("iphone", 610),
                ("chrome-android", 420),
                ("samsung", 150),
                ("inside-app", 104),
            )
        ],
        "networks": [
            {
                "name": name,
                "links": many,
                "opened": many - 8,
                "shared": many - 15,
                "pictures": many - 19,
                "permitted_to_picture_s": median,
            }
            for name, many, median in (("4g", 480, 1.9), ("3g", 96, 6.4), ("2g", 20, None))
        ],
    }
    agency.answers["GET", "/api/agency/callers"] = (200, view)
    return agency


SCREENS = {part: Screen(_part(part), steady=part != "log") for part in PARTS} | {
    "callers": Screen(played(figures, "/agency?part=callers", shows("How far"))),
    "review": Screen(_review, steady=False),
    "finding": Screen(_finding, steady=False),
}
