"""The officer's app: one thumb, one screen, at night, on a phone that may lose the network."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.pwa.agency import Agency, camera, entry, feed, incident, link, near, now, on_duty, position, unit
from tests.pwa.visits import APP, PHONE, axe, fits, smallest_target, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

THUMB = 56
HERE: dict[str, Any] = {
    "geolocation": {"latitude": 42.3168, "longitude": -83.1712, "accuracy": 9},
    "permissions": ["geolocation"],
    "has_touch": True,
}


def assigned(count: int = 1) -> Agency:
    agency = Agency(APP, role="officer")
    agency.units = [unit(1, "4B12"), unit(2, "4B15", near(900, -300))]
    agency.incidents["inc_1"] = incident(
        1,
        callback_number=None,
        links=[link(1, "sharing", number=None)],
        feeds=[feed(1, "live")],
        position=position(heading_deg=40),
        unit_ids=["unt_1", "unt_2"],
    )
    if count == 2:
        agency.incidents["inc_2"] = incident(2, type="Medical", callback_number=None, unit_ids=["unt_1"])
    agency.entries["inc_1"] = [entry(1, "feed.live", "caller")]
    return agency


@pytest.mark.parametrize("size", [PHONE, (844, 390), (320, 568), (1024, 768)], ids=str)
async def test_one_incident_opens_by_itself_and_fits_without_scrolling(
    browser: Browser, size: tuple[int, int]
) -> None:
    async with visiting(browser, assigned(), "/officer", size=size, **HERE) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await expect(page.get_by_role("group", name="Position of the caller")).to_be_visible()
        await expect(page.get_by_text("precise, within 12 m")).to_be_in_viewport(ratio=1)
        await expect(page.get_by_role("button", name="I am en route")).to_be_in_viewport(ratio=1)
        assert await fits(page)
        assert await smallest_target(page) >= THUMB
        assert await axe(page) == []


async def test_the_app_passes_axe_by_day(browser: Browser) -> None:
    async with visiting(browser, assigned(), "/officer", size=PHONE, day=True, **HERE) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("button", name="Log").click()
        await expect(page.get_by_role("log")).to_contain_text("The picture is live")
        assert await axe(page) == []


async def test_landscape_puts_the_picture_left_of_the_map(browser: Browser) -> None:
    async with visiting(browser, assigned(), "/officer", size=(844, 390), **HERE) as page:
        picture = await page.get_by_role("region", name="Picture").bounding_box()
        beside = await page.get_by_role("region", name="Position").bounding_box()
        assert picture is not None
        assert beside is not None
        assert picture["x"] + picture["width"] <= beside["x"]


async def test_a_phone_says_where_it_is_from_signing_on_until_signing_off(browser: Browser) -> None:
    agency = assigned()
    held, agency.incidents = agency.incidents, {}
    agency.duty = on_duty(ended_at=now(minutes=3), end="taken-over", by="Kim Ono")
    agency.units[1]["crew"] = unit(2, "4B15", None, "Kim Ono")["crew"]
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.get_by_role("status").filter(has_text="Kim Ono took over 4B12 at")).to_be_visible()
        await expect(page.get_by_role("button", name="Sign on to 4B15 Kim Ono")).to_be_visible()
        assert await smallest_target(page) >= THUMB
        assert await axe(page) == []
        await page.get_by_role("button", name="Sign on to 4B15").click()
        await expect(page.get_by_role("button", name="Ride along")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Back").click()
        assert agency.asked_for("POST", "/api/units/mine/position") == []
        agency.incidents = held
        await page.get_by_role("button", name="Sign on to 4B12").click()
        await expect(page.get_by_text("740 m north-west")).to_be_visible()
        await expect(page.get_by_role("group", name="you are 740 m south-east of the caller")).to_be_visible()
        assert await axe(page) == []
        await page.wait_for_timeout(1200)
        reports = agency.asked_for("POST", "/api/units/mine/position")
        assert 1 <= len(reports) <= 3
        assert reports[0]["accuracy_m"] == 9
        agency.incidents = {}
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("button", name="Sign off").click()
        await expect(page.get_by_text("your last position is forgotten")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_role("button", name="Sign off from 4B12").click()
        await expect(page.get_by_role("heading", name="You are off duty")).to_be_visible()
        reports = agency.asked_for("POST", "/api/units/mine/position")
        await page.wait_for_timeout(1200)
        assert len(agency.asked_for("POST", "/api/units/mine/position")) <= len(reports) + 1


async def test_a_status_is_one_press_and_waits_for_the_network_through_a_reload(
    browser: Browser,
) -> None:
    agency = assigned()
    path = "/api/responses/rsp_unt_1/press"
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.get_by_text("4B15 dispatched")).to_be_visible()
        await page.get_by_role("button", name="I am en route").click()
        await expect(page.get_by_role("button", name="I am on scene En route")).to_be_visible()
        await agency.lose()
        await page.get_by_role("button", name="I am on scene").click()
        await expect(page.get_by_role("button", name="not sent")).to_be_visible()
        await page.wait_for_timeout(2500)  # it has been tried again
        agency.up = True
        await page.reload()
        await expect(page.get_by_role("button", name="We are clear On scene")).to_be_visible()
        pressed = agency.asked_for("POST", path)
        assert [body["status"] for body in pressed] == ["en-route", "on-scene"]
        assert pressed[1]["age_ms"] >= 2000
        assert len({body["press"] for body in pressed}) == 2
        await page.get_by_role("button", name="We are clear").click()
        await expect(page.get_by_role("button", name="We are clear")).to_have_count(0)


async def test_ones_own_mark_never_lies_under_the_buttons(browser: Browser) -> None:
    north_east = {**HERE, "geolocation": {"latitude": 42.3258, "longitude": -83.1717, "accuracy": 9}}
    async with visiting(browser, assigned(), "/officer", size=PHONE, **north_east) as page:
        mark = page.locator(".map-person.is-mine .map-body")
        await expect(mark).to_be_visible()
        for press in ("", "Closer", "Farther", "Farther", "Show everything", "Closer"):
            if press:
                await page.get_by_role("button", name=press).click()
            await page.wait_for_function(
                """() => {
                  const at = (mark) => document.querySelector(mark).getBoundingClientRect();
                  const mark = at('.map-person.is-mine .map-body');
                  const {left, bottom} = at('.map-buttons');
                  return mark.right <= left || mark.top >= bottom;
                }"""
            )


IN_A_CAR: dict[str, Any] = {"permissions": [], "has_touch": True}  # whose own locator says where it is


def driving(north_m: float, **changes: Any) -> dict[str, Any]:
    return unit(1, "4B12", near(north_m, 0, heading_deg=180.0, speed_mps=10.0, **changes))


async def test_the_map_follows_until_it_is_dragged_and_again_by_one_press(browser: Browser) -> None:
    agency = assigned()
    agency.units = [driving(900)]
    async with visiting(browser, agency, "/officer", size=PHONE, **IN_A_CAR) as page:
        follow = page.get_by_role("button", name="Follow me")
        await expect(follow).to_have_attribute("aria-pressed", "true")
        await expect(
            page.get_by_role("group", name="you are 900 m north of the caller, about 2 min")
        ).to_be_visible()
        ground = await page.locator(".map-over").bounding_box()
        assert ground is not None

        async def sees_me() -> None:
            await page.wait_for_function("() => document.querySelector('.is-mine:not(.at-edge)') !== null")

        await sees_me()
        x, y = ground["x"] + ground["width"] / 2, ground["y"] + ground["height"] - 60
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x, y - 40)
        await page.mouse.move(x, y - 160)
        await page.mouse.up()
        await expect(follow).to_have_attribute("aria-pressed", "false")
        await agency.tell({"type": "unit", "unit": driving(4000)})  # now far outside, and the map stays
        await expect(page.locator(".is-mine.at-edge")).to_contain_text("You · 4.0 km")
        await follow.click()
        await sees_me()
        await agency.tell({"type": "unit", "unit": driving(3000)})
        await sees_me()


async def test_the_map_turns_to_where_the_officer_goes_and_back(browser: Browser) -> None:
    agency = assigned()
    agency.units = [driving(900)]
    async with visiting(browser, agency, "/officer", size=(1024, 768), **IN_A_CAR) as page:
        turn = page.get_by_role("button", name="Turn the map to where I go")
        caller, me = page.locator(".is-caller > circle.map-body"), page.locator(".is-mine .map-body")

        async def caller_is_above() -> bool:
            one, other = await caller.bounding_box(), await me.bounding_box()
            assert one is not None
            assert other is not None
            return one["y"] < other["y"]

        await expect(me).to_be_visible()
        assert not await caller_is_above()  # to the south of somebody who drives south
        await turn.click()
        await expect(page.locator(".map-north g")).to_have_attribute("transform", "rotate(-180)")
        assert await caller_is_above()
        assert await axe(page) == []
        await turn.click()
        await expect(page.locator(".map-north g")).to_have_attribute("transform", "rotate(0)")


@pytest.mark.parametrize("day", [False, True], ids=["night", "day"])
async def test_the_map_is_a_list_too_and_a_camera_says_what_it_may_be_used_for(
    browser: Browser, day: bool
) -> None:
    agency = assigned()
    agency.cameras = [
        camera(1, "Shop door"),
        camera(2, "Yard", offer="no", why="paused"),
        camera(3, "Gate", offer="ask", view={"heading_deg": None, "field_deg": 360.0, "height_m": 3.0}),
    ]
    async with visiting(browser, agency, "/officer", size=PHONE, day=day, **HERE) as page:
        await expect(page.locator(".map-camera")).to_have_count(3)
        await page.get_by_role("button", name="The map as a list").click()
        table = page.get_by_role("region", name="The map as a list")
        await expect(table).to_contain_text("4B15950 m north of the caller")
        await expect(table).to_contain_text("Paused by its owner")
        assert await axe(page) == []
        assert await smallest_target(page) >= THUMB
        await table.get_by_role("button", name="Show Yard on the map").click()
        card = page.locator(".map-card")
        await expect(card).to_contain_text("Paused by its owner")
        await expect(card.get_by_role("button")).to_have_count(1)
        await page.get_by_role("button", name="Shop door: opens for emergencies nearby").press("Enter")
        await expect(card).to_contain_text("Shop door")
        assert await axe(page) == []
        assert await smallest_target(page) >= THUMB
        await card.get_by_role("button", name="Open").click()
        await expect(page.get_by_role("button", name="Shop door: open now")).to_be_visible()
    assert agency.asked_for("POST", "/api/incidents/inc_1/cameras/cam_1/open") == [{"reason": "see-scene"}]


async def test_the_map_is_loaded_after_the_picture(browser: Browser) -> None:
    agency = assigned()
    script = """
      addEventListener('playing', () => performance.mark('picture'), {capture: true, once: true});
    """
    async with visiting(browser, agency, "/officer", size=PHONE, script=script, **HERE) as page:
        await expect(page.locator(".map-grid")).to_have_count(1)
        await page.wait_for_function(
            "() => performance.getEntriesByType('resource').some((one) => one.name.endsWith('/tiles'))"
        )
        first, loaded = await page.evaluate(
            """() => [
              performance.getEntriesByName('picture')[0].startTime,
              performance.getEntriesByType('resource').filter((one) => /basemap|[/]tiles/.test(one.name))
                .map((one) => one.startTime),
            ]"""
        )
        assert min(loaded) >= first


async def test_a_phone_that_refuses_its_position_says_where_to_allow_it(browser: Browser) -> None:
    async with visiting(browser, assigned(), "/officer", size=PHONE, permissions=[]) as page:
        await expect(page.get_by_role("alert")).to_contain_text(
            "Dispatch cannot see you: this phone does not"
        )
        await expect(page.get_by_role("button", name="I am en route")).to_be_in_viewport(ratio=1)
        assert await fits(page)
        await page.get_by_role("button", name="Menu").click()
        await expect(page.get_by_text("Allow the position in the browser's settings").last).to_be_visible()
        await expect(page.get_by_role("button", name="Say where I am")).to_be_visible()
        await expect(page.get_by_text("Dispatch sees where this phone is")).to_have_count(0)
        assert await fits(page)


async def test_several_incidents_are_a_list_with_a_way_back(browser: Browser) -> None:
    async with visiting(browser, assigned(2), "/officer", size=PHONE, **HERE) as page:
        await expect(page.get_by_role("link", name="Medical")).to_be_visible()
        assert await smallest_target(page) >= THUMB
        assert await axe(page) == []
        await page.get_by_role("link", name="Break-in").click()
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.get_by_role("link", name="All incidents").click()
        await expect(page.get_by_role("link", name="Medical")).to_be_visible()


async def test_an_incident_opens_when_dispatch_assigns_it_and_leaves_when_released(browser: Browser) -> None:
    agency = assigned()
    held = agency.incidents.pop("inc_1")
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.get_by_text("When dispatch assigns 4B12")).to_be_visible()
        assert await axe(page) == []
        agency.incidents["inc_1"] = held
        await agency.tell({"type": "incident", "incident": held})
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await expect(page.get_by_text("No incident now")).to_have_count(0)
        await agency.tell({"type": "incident-hidden", "incident_id": "inc_1"})
        await expect(page.get_by_text("No incident now")).to_be_visible()
        await expect(page.locator("video")).to_have_count(0)


async def test_an_incident_without_picture_or_position_says_that_both_come_by_themselves(
    browser: Browser,
) -> None:
    agency = assigned()
    agency.pictures = False
    agency.incidents["inc_1"] |= {"links": [link(1, "sent")], "feeds": [feed(1)], "position": None}
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.get_by_text("The picture comes by itself.")).to_be_visible()
        await expect(page.get_by_text("No position yet.")).to_be_visible()
        assert await axe(page) == []


async def test_a_lost_connection_covers_nothing_and_the_stale_position_is_marked(browser: Browser) -> None:
    agency = assigned()
    agency.incidents["inc_1"]["position"] = position(at=now(minutes=2))
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        picture = await page.locator("figure").bounding_box()
        await agency.lose()
        await expect(page.get_by_text("Not live as of")).to_be_visible()
        await expect(page.get_by_text("2 min ago")).to_have_class("way-how tone-waiting")
        assert await page.locator("figure").bounding_box() == picture
        assert await axe(page) == []


async def test_the_screen_is_kept_awake_on_an_incident(browser: Browser) -> None:
    script = """
      window.locks = 0;
      navigator.wakeLock.request = async () => {
        window.locks += 1;
        return {released: false, release: async () => { window.locks -= 1; }};
      };
    """
    agency = assigned()
    async with visiting(browser, agency, "/officer", size=PHONE, script=script, **HERE) as page:
        await expect(page.locator(".chip.tone-live")).to_be_visible()
        await page.wait_for_function("() => locks === 1")
        await agency.tell({"type": "incident-hidden", "incident_id": "inc_1"})
        await expect(page.get_by_text("No incident now")).to_be_visible()
        await page.wait_for_function("() => locks === 0")


async def test_logging_out_is_two_presses_away(browser: Browser) -> None:
    agency = assigned()
    async with visiting(browser, agency, "/officer", size=PHONE, **HERE) as page:
        await page.get_by_role("button", name="Menu").click()
        assert await axe(page) == []
        await page.get_by_role("button", name="Log out").click()
        await page.wait_for_url("**/signin")
    assert len(agency.asked_for("DELETE", "/api/session")) == 1


async def test_the_manifest_names_icons_that_are_there_in_the_sizes_it_says() -> None:
    manifest = json.loads((APP / "manifest.webmanifest").read_text())
    assert manifest["start_url"] == "/officer"
    assert {icon.get("purpose") for icon in manifest["icons"]} >= {"maskable"}
    for icon in manifest["icons"]:
        file = APP / icon["src"].removeprefix("/")
        assert file.is_file()
        if file.suffix == ".png":
            header = file.read_bytes()[:24]
            width, height = (int.from_bytes(header[at : at + 4], "big") for at in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"
