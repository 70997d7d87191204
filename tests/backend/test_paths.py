"""Paths: as short as any, and never where they may not be. Held against a fine grid, searched by Dijkstra."""

import heapq
import math

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box
from shapely.geometry.base import BaseGeometry

from backend.airspace.areas import BadAreas
from backend.airspace.paths import MOST_CORNERS, Paths

SIDE_M, CELL_M = 1000.0, 25.0
PLACES = st.floats(0, SIDE_M)
BOXES = st.builds(
    lambda west, south, wide, high: box(west, south, west + wide, south + high),
    PLACES,
    PLACES,
    st.floats(40, 500),
    st.floats(40, 500),
)


def cost(way: list[tuple[float, float]], risks: list[tuple[BaseGeometry, float]]) -> float:
    line = LineString(way)
    return float(line.length + sum(more * line.intersection(area).length for area, more in risks))


def by_grid(free: BaseGeometry, goal: tuple[float, float], risks: list[tuple[BaseGeometry, float]]) -> float:
    """The cheapest way over a grid whose steps go to eight sides; infinite when there is none."""
    count = int(SIDE_M / CELL_M) + 1
    nodes = [(east * CELL_M, north * CELL_M) for east in range(count) for north in range(count)]
    costs, queue = {(0.0, 0.0): 0.0}, [(0.0, (0.0, 0.0))]
    open_nodes = {node for node in nodes if free.intersects(shapely.points(*node))}
    done: set[tuple[float, float]] = set()
    while queue:
        so_far, at = heapq.heappop(queue)
        if at == goal:
            return so_far
        if at in done:
            continue
        done.add(at)
        for east in (-CELL_M, 0, CELL_M):
            for north in (-CELL_M, 0, CELL_M):
                to = (at[0] + east, at[1] + north)
                if to in open_nodes and to not in done and free.covers(LineString([at, to])):
                    reached = so_far + cost([at, to], risks)
                    if reached < costs.get(to, math.inf):
                        costs[to] = reached
                        heapq.heappush(queue, (reached, to))
    return math.inf


@settings(max_examples=12, deadline=None)
@given(st.lists(BOXES, min_size=1, max_size=4), st.lists(st.tuples(BOXES, st.floats(0.2, 5)), max_size=2))
def test_a_path_is_as_good_as_any_and_leaves_nothing_allowed(
    walls: list[BaseGeometry], risks: list[tuple[BaseGeometry, float]]
) -> None:
    whole = box(-100, -100, SIDE_M + 100, SIDE_M + 100)
    free = whole.difference(shapely.union_all(walls).buffer(1, join_style="mitre"))
    allowed = whole.difference(shapely.union_all(walls))
    goal = (SIDE_M, SIDE_M)
    assume(free.intersects(shapely.points(0, 0)) and free.intersects(shapely.points(*goal)))
    for wall in walls:
        shapely.prepare(wall)
    shapely.prepare(free)
    found = Paths((0, 0), free, allowed, risks).to(goal)
    grid = by_grid(free, goal, risks)
    if found is None:
        assert math.isinf(grid)
        return
    way, weighted_m = found
    assert allowed.covers(LineString(way))
    assert weighted_m == pytest.approx(cost(way, risks), abs=0.1)
    assert weighted_m <= grid * 1.01 + 1


def test_more_corners_than_can_be_looked_between_are_refused() -> None:
    walls = [box(20 * at, 20 * row, 20 * at + 10, 20 * row + 10) for at in range(30) for row in range(30)]
    assert 4 * len(walls) > MOST_CORNERS
    free = box(-500, -500, 1500, 1500).difference(shapely.union_all(walls))
    with pytest.raises(BadAreas, match="simplify them"):
        Paths((-100, -100), free, free, [])
