"""Flights and their logs: what the page makes of a record, in every light and size."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.pwa.agency import Agency, Json
from tests.pwa.hangar import point
from tests.pwa.visits import APP, DESK, PHONE, axe, in_every_light, smallest_target, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
BEGAN = datetime(2026, 11, 27, 14, 3, 20, tzinfo=UTC)
SIZES = ((320, 640), PHONE, (820, 1180), (1280, 800))


def at(s: float) -> str:
    return (BEGAN + timedelta(seconds=s)).isoformat()


def summary(number: int = 1, **changes: Any) -> Json:
    return {
        "id": f"flt_{number}",
        "incident_id": "inc_1",
        "incident_type": "Break-in",
        "opened_at": at(-30),
        "drone": f"Kestrel {number}",
        "dock": "Harbour dock",
        "pilot": "Pia Lind",
        "sent_by": "Dana Reyes",
        "pressed_at": at(0),
        "phase": "landed",
        "ended_at": at(220),
        "end": "home",
        "air_s": 210.0,
        "used": 0.18,
        "times": {"to_launch_s": 36.0, "to_scene_s": 42.0, "to_picture_s": 51.0},
        **changes,
    }


def track(*, looks_down: bool) -> list[list[Any]]:
    """Up, 600 m to the incident, two minutes there, back and down."""
    points: list[list[Any]] = []
    for s in range(210):
        there = min(1.0, max(0.0, (s - 12) / 34)) * min(1.0, max(0.0, (198 - s) / 34))
        where = point(500 * (1 - there), 330 * (1 - there))
        height = 45 * min(1.0, s / 12, (210 - s) / 14)
        phase = "launching" if s < 12 else "en-route" if s < 46 else "on-scene" if s < 160 else "returning"
        pitch = (
            -42.0 + 4 * math.sin(s / 9)
            if phase == "on-scene"
            else -55.0
            if looks_down and 20 < s < 28
            else 0.4
        )
        told = (
            at(s + 6),
            400.0 + s,
            where["latitude"],
            where["longitude"],
            height,
            14.0,
            0.0,
            0.97 - s * 0.0009,
        )
        points.append([*told, 150.0, pitch, 146.0, "Mission", 0 < s < 208, "armed", phase])
    return points


def line(index: int, s: float, action: str, actor: str = "system", **details: str) -> Json:
    about = {"subject": "flt_1", "refusal": None, "details": {"drone": "Kestrel 1", **details}}
    return {"index": index, "at": at(s), "action": action, "actor": actor, **about}


def log(*, looks_down: bool = False, lines: tuple[Json, ...] = ()) -> Json:
    flight = {
        "id": "flt_1",
        "dock_id": "dck_1",
        "drone_id": "drn_1",
        "incident_id": "inc_1",
        "pilot": "usr_1",
        "launched_at": at(0),
        "phase": "landed",
        "since": at(220),
        "steering": None,
        "holds": False,
        "pressed": None,
        "relieved_by": None,
    }
    plan = {
        "place": point(0, 0),
        "points": [point(500, 330), point(0, 0)],
        "height_m": 45.0,
        "away_m": 0.0,
        "to_scene_s": 44.0,
        "home_wh": 12.0,
        "battery": {"capacity_wh": 273.0, "charge": 0.97, "health": 1.0},
    }
    record = {
        "flight": flight,
        "plan": plan,
        "sent_by": "usr_2",
        "pressed_at": at(0),
        "follows": True,
        "airborne_at": at(6),
        "on_scene_at": at(48),
        "picture_at": at(21),
        "ended_at": at(220),
        "outcome": "home",
        "colour_feed_id": "fed_d1",
        "thermal_feed_id": "fed_t1",
        "relieves": None,
        "air_s": 210.0,
        "used": 0.18,
    }
    done = [
        line(4, 0, "drone.send", "Dana Reyes", dock="Harbour dock", pilot="Pia Lind", to_scene_s="44"),
        line(5, 18, "drone.phase", phase="en-route"),
        line(6, 21, "feed.subscribe", "Sam Reed"),
        line(7, 52, "drone.phase", phase="on-scene"),
        *lines,
        line(20, 166, "drone.return", "Pia Lind"),
        line(21, 220, "drone.end", outcome="home"),
    ]
    return {
        "summary": summary(),
        "record": record,
        "home": point(500, 330),
        "remote_id": "1787F04BM24010011",
        "within_m": 150.0,
        "level_deg": 10.0,
        "lines": done,
        "points": track(looks_down=looks_down),
    }


def agency(role: str = "supervisor", **more: Any) -> Agency:
    made = Agency(APP, role=role)
    flights = [
        summary(),
        summary(2, end="parachute", times={"to_launch_s": 20.0, "to_scene_s": None, "to_picture_s": None}),
    ]
    flights.append(summary(3, end="not-launched", air_s=0.0))
    made.answers["GET", "/api/flights"] = (200, {"flights": flights, "more": False})
    made.answers["GET", "/api/flights/flt_1/log"] = (200, log(**more))
    return made


async def sound(page: Page) -> None:
    assert await axe(page) == []
    assert await page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    assert await smallest_target(page) >= 47.5


async def test_flights_are_listed_and_one_is_read_in_every_light_and_size(browser: Browser) -> None:
    async with visiting(browser, agency(), "/flights", size=PHONE) as page:
        await expect(
            page.get_by_role("link", name=re.compile("Kestrel 2.*Came down by its parachute"))
        ).to_be_visible()
        await in_every_light(page, SIZES, sound)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.get_by_role("link", name=re.compile("Kestrel 1")).click()
        read = page.get_by_role("region", name="The flight's log")
        await expect(read.get_by_role("heading", name="Kestrel 1, Break-in")).to_be_visible()
        await expect(page.get_by_role("link", name=re.compile("Kestrel 2"))).to_be_hidden()
        await expect(read).to_contain_text("1787F04BM24010011")
        await in_every_light(page, SIZES, sound)
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.get_by_role("button", name="All flights").click()
        await expect(page.get_by_role("link", name=re.compile("Kestrel 2"))).to_be_visible()


async def test_whether_the_rules_were_kept_is_said_from_the_track_and_the_log(browser: Browser) -> None:
    async with visiting(browser, agency(), "/flights#flt_1", size=DESK) as page:
        await expect(page.locator(".kept").nth(0)).to_contain_text(
            re.compile(r"Level in each of \d+ seconds farther than 150 m")
        )
        await expect(page.locator(".kept").nth(1)).to_contain_text("It stayed in its areas")
        await expect(page.locator(".done")).to_contain_text("Dana Reyes sent Kestrel 1 from Harbour dock")
        await expect(page.locator(".done")).to_contain_text("Sam Reed is watching")
        scrub = page.get_by_role("slider", name="Moment of the flight")
        await scrub.fill("100")
        await expect(page.locator(".scrub")).to_contain_text("On scene · 45 m high")
        await expect(page.locator(".map-person.is-drone")).to_have_count(1)
        await expect(page.get_by_role("link", name="Download as JSON")).to_have_attribute(
            "href", "/api/flights/flt_1/log"
        )
        await expect(page.get_by_role("row", name=re.compile("On scene"))).to_contain_text("-46°")
    broken = (
        line(8, 30, "drone.breach", gaze="down", words="The camera looks 55° down"),
        line(9, 60, "drone.fault", fault="outside", words="It is in keep-out Prison.", does="return"),
    )
    async with visiting(browser, agency("auditor", looks_down=True, lines=broken), "/flights#flt_1") as page:
        await expect(page.locator(".kept.tone-danger").nth(0)).to_contain_text(
            "It looked down for 7 s farther than 150 m from the incident. It was told to look level once."
        )
        await expect(page.locator(".kept.tone-danger").nth(1)).to_contain_text("It is in keep-out Prison.")
        await expect(page.locator(".curve .is-bad")).to_have_attribute("d", re.compile("^M"))
        await expect(page.get_by_role("link", name="Weekly review")).to_be_visible()
