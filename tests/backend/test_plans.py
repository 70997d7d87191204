"""Plans: who can go, by which way, and why the others cannot. Flown by tests.flying, which plans nothing."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.airspace.aloft import Aloft, follow, home, landing
from backend.airspace.areas import BadAreas
from backend.airspace.plans import Answer, Choice, Plan, answer, choose
from backend.airspace.routes import SIGHT_M
from backend.airspace.space import ABOVE_M, MARGIN_M
from backend.model.airframes import Battery
from backend.model.daylight import Light
from backend.model.docks import Parachute, Stand
from backend.model.groundings import Grounded, Grounding
from backend.model.traffic import Aircraft
from tests import flying
from tests.backend.docked import HERE, NOW, ask, away, box, city, sky, space, stand

METRES = st.floats(-1500, 1500)


@st.composite
def boxes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to seven areas with heights, none of them over the dock, and now and then a fence around all."""
    found = []
    for number in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["keep-out", "keep-out", "risk"]))
        west, south = draw(METRES), draw(METRES)
        east, north = west + draw(st.floats(20, 800)), south + draw(st.floats(20, 800))
        if west - 60 < 0 < east + 60 and south - 60 < 0 < north + 60:
            continue
        heights = draw(st.sampled_from([{}, {"ceiling_m": 50}, {"ceiling_m": 68}, {"floor_m": 55}]))
        more = {"weight": draw(st.floats(1, 8))} if kind == "risk" else heights
        found.append(box(f"{kind} {number}", kind, west, south, east, north, **more))
    if draw(st.booleans()):
        found.append(
            box("fence", "keep-in", -1600, -900, 1400, 1300, ceiling_m=draw(st.sampled_from([70, 120])))
        )
    return found


@settings(max_examples=60, deadline=None)
@given(
    boxes(),
    METRES,
    METRES,
    st.floats(0, 11),
    st.floats(0, 360),
    st.floats(1, 1.4),
    st.floats(0.3, 1),
    st.floats(0.7, 1),
    st.integers(),
)
def test_a_plan_breaks_no_rule_when_it_is_flown(
    areas: list[dict[str, Any]],
    east: float,
    north: float,
    wind: float,
    wind_from: float,
    gusts: float,
    charge: float,
    health: float,
    seed: int,
) -> None:
    battery = Battery(capacity_wh=430, charge=charge, health=health)
    one = stand(drone={"battery": battery}, radius_m=1800.0, dock={"roof_m": 12.0})
    weather = sky(wind, wind_from, wind * gusts)
    found = answer(space([one], *areas), one, ask(away(east, north), weather=weather))
    if found.plan is None:
        assert found.groundings
        return
    track = flying.fly(found, weather, random.Random(seed))
    assert list(flying.broken_rules(found, track, city(*areas))) == []
    end = found.plan.route.points[-1]
    assert flying.metres(end, away(east, north)) == pytest.approx(found.plan.route.away_m, abs=3)
    assert abs(track.scene_s - found.plan.to_scene_s) < 0.25 * found.plan.to_scene_s + 10


@settings(max_examples=40, deadline=None)
@given(
    boxes(),
    METRES,
    METRES,
    st.lists(st.tuples(METRES, METRES, st.floats(0.2, 1)), min_size=1, max_size=5),
    st.floats(0, 11),
    st.floats(0, 360),
)
def test_the_choice_is_there_no_later_than_the_nearest_that_may_go(
    areas: list[dict[str, Any]],
    east: float,
    north: float,
    docks: list[tuple[float, float, float]],
    wind: float,
    wind_from: float,
) -> None:
    stands = [
        stand(number, away(*at), drone={"battery": Battery(capacity_wh=430, charge=charge)})
        for number, (*at, charge) in enumerate(docks)
    ]
    try:
        airspace = space(stands, *areas)
    except BadAreas:  # a fence or a keep-out over one of the docks
        return
    choice = choose(airspace, stands, ask(away(east, north), weather=sky(wind, wind_from, wind)))
    assert len(choice.answers) == len(stands)
    assert all((one.plan is None) == bool(one.groundings) for one in choice.answers)
    can = [one for one in choice.answers if one.plan is not None]
    assert choice.best is (can[0] if can else None)
    if can:
        nearest = min(can, key=lambda one: one.straight_m)
        assert planned_s(choice.best) <= planned_s(nearest)


def planned_s(found: Answer | None) -> float:
    assert found is not None
    assert found.plan is not None
    return found.plan.to_scene_s


NIGHT_TIME = datetime(2026, 12, 15, 22, tzinfo=UTC)
HURDLES: dict[Grounded, dict[str, Any]] = {
    Grounded.DOCK_TROUBLE: {"dock": {"trouble": "its lid is stuck"}},
    Grounded.NO_PILOT: {"pilot": None},
    Grounded.OBSERVERS: {"observers": 1},
    Grounded.WAIVER_OVER: {"ends": NOW + timedelta(minutes=2)},
    Grounded.AWAY: {"drone": {"docked": False}},
    Grounded.DRONE_TROUBLE: {"drone": {"trouble": "a motor does not turn"}},
    Grounded.SILENT: {"drone": {"heard_at": NOW - timedelta(seconds=30)}},
    Grounded.PARACHUTE: {"drone": {"parachute": Parachute.SAFE}},
    Grounded.BATTERY: {"drone": {"battery": Battery(capacity_wh=430, charge=0.25)}},
    Grounded.TOO_FAR: {"radius_m": 500.0},
    Grounded.DARK: {"sky": {"now": NIGHT_TIME}},
    Grounded.WIND: {"sky": {"speed_mps": 13.0}},
    Grounded.RAIN: {"sky": {"rain_mmph": 8.0}},
    Grounded.COLD: {"sky": {"temperature_c": -20.0}},
    Grounded.VISIBILITY: {"sky": {"visibility_m": 800.0}},
    Grounded.CLOUDS: {"sky": {"cloud_base_m": 150.0}},
    Grounded.TRAFFIC: {"traffic": True},
}


def hindered(hurdles: set[Grounded]) -> Answer:
    """A drone with all of these in its way, asked for a place 1 km to the east."""
    said: dict[str, Any] = {}
    for why in sorted(hurdles):
        for key, value in HURDLES[why].items():
            said[key] = {**said.get(key, {}), **value} if isinstance(value, dict) else value
    weather, traffic = dict(said.pop("sky", {})), said.pop("traffic", False)
    now = weather.pop("now", NOW)
    shift = now - NOW
    if "observers" in said:
        said["waiver_observers"] = said.pop("observers")
    observers = said.pop("waiver_observers", 0)
    ends = said.pop("ends", NOW + timedelta(days=365))
    drone = {"heard_at": NOW, **said.pop("drone", {})}
    drone["heard_at"] += shift
    one = stand(drone=drone, ends=ends + shift, **said)
    dock = msgspec.structs.replace(
        one.dock, waiver=msgspec.structs.replace(one.dock.waiver, observers=observers)
    )
    one = msgspec.structs.replace(one, dock=dock)
    aircraft = Aircraft(name="N911", point=away(1000, 200), track_deg=180, speed_mps=1, height_m=90, at=now)
    question = ask(
        away(1000, 0), now=now, weather=sky(at=now, **weather), traffic=(aircraft,) if traffic else ()
    )
    return answer(space([one]), one, question)


def test_nothing_in_the_way_is_a_plan() -> None:
    assert hindered(set()).plan is not None


@settings(max_examples=80, deadline=None)
@given(st.sets(st.sampled_from(sorted(HURDLES)), min_size=1))
def test_who_stays_gets_every_reason_and_no_other(hurdles: set[Grounded]) -> None:
    found = hindered(hurdles)
    assert found.plan is None
    assert {one.why for one in found.groundings} == hurdles
    assert all(one.words.endswith(".") or one.why in TOLD_BY_OTHERS for one in found.groundings)


TOLD_BY_OTHERS = {Grounded.DOCK_TROUBLE, Grounded.DRONE_TROUBLE}


@pytest.mark.parametrize("why", sorted(HURDLES))
def test_each_reason_has_its_own_words(why: Grounded) -> None:
    (reason,) = hindered({why}).groundings
    assert len(reason.words) > 15


def test_weather_that_nobody_reported_or_that_is_old_grounds() -> None:
    one = stand()
    for weather in (None, sky(at=NOW - timedelta(hours=1)), sky(at=NOW + timedelta(hours=1))):
        found = answer(space([one]), one, ask(away(500, 0), weather=weather))
        assert [reason.why for reason in found.groundings] == [Grounded.NO_WEATHER]


def test_a_wind_that_it_cannot_fly_against_is_a_reason_of_its_own() -> None:
    one = stand()
    found = answer(space([one]), one, ask(away(1000, 0), weather=sky(19, 90, 19)))
    assert {reason.why for reason in found.groundings} == {Grounded.HEADWIND, Grounded.WIND}


def only(found: Choice) -> Answer:
    assert found.best is not None
    return found.best


def chosen(one: Stand, east_m: float, north_m: float, *areas: dict[str, Any]) -> Choice:
    return choose(space([one], *areas), [one], ask(away(east_m, north_m)))


def test_an_incident_in_a_keep_out_area_is_seen_from_the_nearest_allowed_place_and_it_is_said() -> None:
    choice = chosen(stand(), 1000, 0, box("Prison", "keep-out", 900, -100, 1100, 300))
    plan = only(choice).plan
    assert plan is not None
    assert plan.route.away_m == pytest.approx(100 + MARGIN_M, abs=2)  # to the west or the south
    assert "keep-out Prison" in choice.words
    assert "looks from 115 m away" in choice.words


def test_a_keep_out_area_too_wide_to_see_into_is_a_refusal_that_names_it() -> None:
    choice = chosen(stand(), 1000, 0, box("Airport", "keep-out", 400, -900, 1900, 900))
    (reason,) = choice.answers[0].groundings
    assert reason.why is Grounded.NO_VIEW
    assert "keep-out Airport" in reason.words
    assert SIGHT_M < 600


def test_it_flies_over_what_is_low_and_round_what_is_high() -> None:
    low = box("Stadium", "keep-out", 400, -600, 600, 600, ceiling_m=62)
    over = only(chosen(stand(), 1000, 0, low)).plan
    assert over is not None
    assert over.route.height_m == 62 + ABOVE_M
    assert over.route.metres == pytest.approx(1000, abs=5)
    high = box("Tower", "keep-out", 400, -600, 600, 600)
    around = only(chosen(stand(), 1000, 0, high)).plan
    assert around is not None
    assert around.route.height_m == 60
    assert around.route.metres > 1500


def test_it_flies_round_people_when_that_is_worth_it_and_over_them_when_not() -> None:
    for weight, over in ((6.0, False), (1.2, True)):
        square = box("Square", "risk", 400, -150, 600, 150, weight=weight)
        plan = only(chosen(stand(), 1000, 0, square)).plan
        assert plan is not None
        straight = plan.route.metres == pytest.approx(1000, abs=5)
        assert straight is over


def test_a_fence_that_excludes_a_dock_is_refused_at_the_edge() -> None:
    for fence in (
        box("City", "keep-in", 100, 100, 900, 900),
        box("City", "keep-in", -10, -10, 900, 900),
        box("City", "keep-in", -900, -900, 900, 900, floor_m=40),
        box("Base", "keep-out", -100, -100, 100, 100),
        box("Base", "keep-out", 5, 5, 100, 100, floor_m=20),
    ):
        with pytest.raises(BadAreas, match="Dock 1"):
            space([stand()], fence)
    space([stand()], box("Sky", "keep-out", -100, -100, 100, 100, floor_m=70))  # it flies below


def test_a_waiver_by_day_counts_until_it_would_be_back() -> None:
    dusk = datetime(2026, 6, 15, 19, 45, tzinfo=UTC)  # the sun sets at 19:48 UTC
    one = stand(light=Light.DAY, drone={"heard_at": dusk})
    (reason,) = answer(space([one]), one, ask(HERE, now=dusk, weather=sky(at=dusk))).groundings
    assert reason.why is Grounded.DARK
    assert "when it would be back" in reason.words


def test_the_words_say_who_and_why() -> None:
    near = stand(1, away(300, 0), drone={"trouble": "a motor does not turn"})
    far = stand(2, away(-500, 0))
    choice = choose(space([near, far]), [near, far], ask(away(400, 0)))
    assert only(choice).ids == ("dck_2", "drn_2")
    assert choice.words.startswith("Drone 2 from Dock 2 is there first, in ")
    assert "Nearer, but later or grounded: Drone 1." in choice.words
    assert choose(space([near]), [near], ask(HERE)).words.startswith("No drone can be sent")


def test_a_dock_on_a_high_roof_starts_above_it_or_is_refused() -> None:
    tower = stand(dock={"roof_m": 66.0})
    plan = answer(space([tower]), tower, ask(away(500, 0))).plan
    assert plan is not None
    assert plan.route.height_m == 66 + ABOVE_M
    with pytest.raises(BadAreas, match="stands too high for its ceiling of 80 m"):
        space([stand(dock={"roof_m": 76.0})])


WALL = box("Tower", "keep-out", 400, -600, 600, 600)


def test_in_the_air_it_follows_round_what_is_in_the_way_and_knows_its_way_home() -> None:
    one = stand()
    airspace = space([one], WALL)
    aloft = Aloft(here=away(300, 0), height_m=60, left_wh=300)
    plan = follow(airspace, one, aloft, ask(away(800, 0)))
    assert isinstance(plan, Plan)
    assert plan.route.points[0] == aloft.here
    assert plan.route.metres > 1200
    there = msgspec.structs.replace(aloft, here=plan.route.points[-1])
    assert plan.home == home(airspace, one, there, sky())
    back = home(airspace, one, aloft, sky())
    assert back is not None
    assert plan.home.wh > 2 * back.wh


@pytest.mark.parametrize(
    ("aloft", "east_m", "why"),
    [
        (Aloft(here=away(300, 0), height_m=60, left_wh=110), 800.0, Grounded.BATTERY),
        (Aloft(here=away(300, 0), height_m=60, left_wh=300), 6000.0, Grounded.NO_VIEW),
    ],
)
def test_it_says_why_it_cannot_follow(aloft: Aloft, east_m: float, why: Grounded) -> None:
    one = stand()
    found = follow(space([one], WALL), one, aloft, ask(away(east_m, 0)))
    assert isinstance(found, Grounding)
    assert found.why is why


def test_along_the_way_each_rule_of_place_is_looked_at() -> None:
    one = stand(radius_m=900.0)
    fence = box("City", "keep-in", -2000, -2000, 2000, 2000, ceiling_m=120)
    airspace = space([one], fence, WALL)
    assert airspace.space.broken(one.dock, 80, away(300, 0), 60) == []
    assert airspace.space.broken(one.dock, 80, away(500, 0), 60) == ["It is in keep-out Tower."]
    said = airspace.space.broken(one.dock, 80, away(2500, 0), 130)
    assert [words.split()[2] for words in said] == ["outside", "at", "2.5"]


def test_the_fence_for_the_drone_itself_has_what_bears_on_its_height() -> None:
    one = stand(radius_m=1500.0)
    low = box("Stadium", "keep-out", -600, -600, -500, 600, ceiling_m=40)
    fence = space([one], WALL, low).space.fence(one.dock, 60)
    assert fence is not None
    (tower,) = fence.keep_out
    assert len(tower) == 4
    assert fence.ceiling_m == 60 + ABOVE_M
    assert all(flying.metres(HERE, corner) <= 1500 for corner in fence.keep_in)


def test_what_cannot_come_home_lands_in_the_nearest_free_dock_that_it_reaches() -> None:
    one, near, behind = stand(1), stand(2, away(1000, 100)), stand(3, away(550, 800))
    docks = [near.dock, behind.dock]
    airspace = space([one, near, behind], box("Tower", "keep-out", 700, -600, 800, 600))
    aloft = Aloft(here=away(650, 0), height_m=60, left_wh=30)
    assert (
        landing(airspace, one, aloft, docks, sky()) == behind.dock
    )  # the way to the other is round the tower
    assert landing(airspace, one, aloft, [near.dock], sky()) == near.dock
    assert landing(airspace, one, msgspec.structs.replace(aloft, left_wh=8), docks, sky()) is None
