"""`make bench-drone`: a thousand incidents, six docks, each flight flown in small steps, each checked.

The city of the demonstration is one mile across, which any drone crosses in time; so the line at the end is
of a city of nine kilometres around it, as far as six docks can be expected to serve, and the mile's has a
line of its own before it. Shares are of all incidents, those too for which nothing may fly. The same
incidents are flown by the nearest of the drones that may go, and it is counted what the nearest drone in a
dock, sent straight there without a question, would have broken. Flights are those of tests/flying.py, which
knows nothing of how plans are made.
"""

import argparse
import json
import random
import statistics
import time
from collections import Counter

import msgspec

from backend.airspace import areas
from backend.airspace.plans import Answer, Choice, Plan, choose
from backend.airspace.routes import SIGHT_M, Airspace, Route
from backend.model.airframes import Cost
from backend.model.groundings import Grounded
from backend.model.positions import Point
from tests import flying
from tests.bench.drone_city import Case, City
from tests.bench.forward import machine

INCIDENTS = 1000
PROMISE_S = 150.0
NEAR_MISS_M = 150.0  # 500 ft
# What depends on the place, the hour and the flight: judged by flying, not known beforehand.
OF_THE_PLACE = {
    Grounded.BATTERY,
    Grounded.TOO_FAR,
    Grounded.NO_VIEW,
    Grounded.HEADWIND,
    Grounded.TRAFFIC,
    Grounded.DARK,
}


class Score(msgspec.Struct):
    """What became of the incidents of one city."""

    incidents: int = 0
    best_s: list[float] = []
    nearest_s: list[float] = []
    planned_s: list[float] = []
    broken: list[str] = []
    unexplained: int = 0
    away: int = 0
    naive: int = 0
    naive_broke: int = 0
    choosing_ms: list[float] = []
    why_none: Counter[str] = msgspec.field(default_factory=Counter)


def measure(city: City, incidents: int) -> Score:
    """Every incident answered, flown and checked."""
    space = Airspace(areas.read(city.file), city.docks)
    for dock in city.docks:
        space.look_around(dock, dock.waiver.ceiling_m)
    score, dice = Score(), random.Random(7)
    for number in range(incidents):
        case = city.case(dice)
        began = time.perf_counter()
        choice = choose(space, case.stands, case.ask)
        score.choosing_ms.append((time.perf_counter() - began) * 1000)
        score.incidents += 1
        score.unexplained += sum(not _is_explained(answer, case) for answer in choice.answers)
        _naive(score, case, city, number)
        if choice.best is None:
            score.why_none.update({one.why.value for answer in choice.answers for one in answer.groundings})
            continue
        nearest = min(_can(choice), key=lambda answer: answer.straight_m)
        score.best_s.append(_flown(score, choice.best, case, city, number))
        assert choice.best.plan is not None
        score.planned_s.append(choice.best.plan.to_scene_s)
        score.away += choice.best.plan.route.away_m > 0
        same = nearest.ids == choice.best.ids
        score.nearest_s.append(score.best_s[-1] if same else _flown(score, nearest, case, city, number))
    return score


def _can(choice: Choice) -> list[Answer]:
    return [answer for answer in choice.answers if answer.plan is not None]


def _is_explained(answer: Answer, case: Case) -> bool:
    """A plan, or reasons in words: all that were put in its way, and none that were not."""
    expected = case.expected[[stand.dock.id for stand in case.stands].index(answer.ids[0])]
    if answer.plan is not None:
        return not expected and not answer.groundings
    said = {one.why for one in answer.groundings}
    return bool(said) and all(one.words for one in answer.groundings) and said - OF_THE_PLACE == expected


def _flown(score: Score, answer: Answer, case: Case, city: City, number: int) -> float:
    """Seconds to the scene; what the flight broke is noted."""
    assert case.ask.weather is not None
    assert answer.plan is not None
    track = flying.fly(answer, case.ask.weather, random.Random(number))
    score.broken += [
        f"{number} {answer.ids[1]}: {words}" for words in flying.broken_rules(answer, track, city.areas)
    ]
    end = answer.plan.route.points[-1]
    off = flying.metres(end, case.ask.place)
    if off > SIGHT_M * 1.01 or abs(off - answer.plan.route.away_m) > 5:
        score.broken.append(f"{number} {answer.ids[1]}: it looks from {off:.0f} m away")
    for aircraft in case.ask.traffic:
        for second in range(0, int(track.scene_s), 1):
            at = int((track.seconds <= second).sum()) - 1
            here = Point(latitude=float(track.latitudes[at]), longitude=float(track.longitudes[at]))
            above = abs((aircraft.height_m or 0) - float(track.heights_m[at]))
            if above < 30 and flying.metres(here, aircraft.ahead(second)) < NEAR_MISS_M:
                score.broken.append(f"{number} {answer.ids[1]}: near miss after {second} s")
                break
    return track.scene_s


def _naive(score: Score, case: Case, city: City, number: int) -> None:
    """The nearest drone that is in its dock, straight there at the usual height, to stay for two minutes."""
    docked = [stand for stand in case.stands if stand.drone.docked]
    if not docked or case.ask.weather is None:
        return
    stand = min(docked, key=lambda one: flying.metres(one.dock.point, case.ask.place))
    straight_m = flying.metres(stand.dock.point, case.ask.place)
    route = Route(points=(stand.dock.point, case.ask.place), height_m=60, weighted_m=straight_m, away_m=0)
    plan = Plan(route=route, to_scene=Cost(0, 0), home=Cost(0, 0), stays_s=case.ask.stays_s)
    answer = Answer(stand=stand, straight_m=straight_m, plan=plan)
    if straight_m > 1:
        track = flying.fly(answer, case.ask.weather, random.Random(number))
        expected = case.expected[case.stands.index(stand)]
        score.naive += 1
        score.naive_broke += bool(expected) or any(
            True for _ in flying.broken_rules(answer, track, city.areas)
        )


def tell(name: str, score: Score) -> dict[str, object]:
    """A table for people, and the figures."""
    best, late = (
        sorted(score.best_s),
        [abs(a - b) for a, b in zip(score.best_s, score.planned_s, strict=True)],
    )
    p90 = statistics.quantiles(best, n=10)[-1]
    under = sum(seconds < PROMISE_S for seconds in best)
    print(
        f"\n{name}: {score.incidents} incidents, {len(best)} flown to, {under} in under {PROMISE_S:.0f} s\n"
        f"  to the scene: median {statistics.median(best):.1f} s, p90 {p90:.1f}, most {best[-1]:.1f};"
        f" planned and flown differ by {statistics.median(late):.1f} s (median), {max(late):.1f} at most\n"
        f"  the nearest that may go: median {statistics.median(score.nearest_s):.1f} s,"
        f" p90 {statistics.quantiles(score.nearest_s, n=10)[-1]:.1f}\n"
        f"  looked from beside a place that is not allowed: {score.away}\n"
        f"  rules broken: {len(score.broken)}; answers not fully explained: {score.unexplained}\n"
        f"  the nearest in a dock, sent straight: {score.naive_broke} of {score.naive} flights break a rule\n"
        f"  nothing could fly: {score.incidents - len(best)}; reasons among them: "
        + ", ".join(f"{why} {count}" for why, count in score.why_none.most_common(8))
        + f"\n  choosing among six: median {statistics.median(score.choosing_ms):.1f} ms, "
        f"most {max(score.choosing_ms):.0f}",
        flush=True,
    )
    for words in score.broken[:10]:
        print(f"  broken: {words}")
    return {
        "under_150": round(under / score.incidents, 3),
        "median_s": round(statistics.median(best), 1),
        "p90_s": round(p90, 1),
        "nearest_median_s": round(statistics.median(score.nearest_s), 1),
        "broken_rules": len(score.broken),
        "reached": round(len(best) / score.incidents, 3),
        "nearest_p90_s": round(statistics.quantiles(score.nearest_s, n=10)[-1], 1),
        "unexplained": score.unexplained,
    }


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    reader.add_argument("--incidents", type=int, default=INCIDENTS)
    chosen = reader.parse_args()
    print(f"machine: {machine()} at the start")
    for name, east_m, north_m in (("demonstration", 1_000.0, 1_650.0), ("city", 9_000.0, 9_000.0)):
        figures = tell(name, measure(City(east_m, north_m), chosen.incidents))
        print(json.dumps({"bench": "drone", "over": name, **figures}, separators=(",", ":")), flush=True)


if __name__ == "__main__":
    main()
