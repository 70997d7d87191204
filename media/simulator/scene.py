"""What the cameras see: a city of blocks, streets, trees and cars, seen from anywhere, in colour and in heat.

Procedural and periodic (TILE_M), the same for every seed of the air. The ground is a picture laid out by each
pixel's ray; houses are boxes drawn from far to near. Only the renderer's process imports this: OpenCV
and numpy are heavy. Nothing is written into the picture.
"""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from media.simulator.gimbal import View

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

TILE_M, BLOCK_M, STREET_M = 1024, 128, 16
_PIXEL_M = 0.5
_SIDE = int(TILE_M / _PIXEL_M)
_FAR_M, _HAZE_M = 2500.0, 1400.0  # ground beyond is haze; so much of it halves what is seen
_HOUSES_WITHIN_M = 450.0
THERMAL_RANGE_C = (-5.0, 40.0)  # black and white
_SKY_C, _ROAD_C, _GRASS_C, _ROOF_C, _TREE_C, _WALL_C, _CAR_C, _PERSON_C = -8, 14, 9, 11, 8, 16, 34, 33
_SKY, _HORIZON = (225, 180, 120), (225, 215, 205)  # blue, green, red
_CAR_M, _CAR_WIDE_M, _PERSON_M = 4.4, 1.9, 0.7
_CARS, _WALKERS = 260, 320
# Of houses, blue first: plaster, brick, slate, sandstone, concrete.
_PAINTS = [
    np.array(paint, np.float32)
    for paint in (
        (178, 196, 205),
        (84, 102, 158),
        (128, 122, 118),
        (150, 184, 205),
        (165, 168, 168),
        (110, 140, 176),
    )
]


class City:
    """Made once, in about a quarter of a second; `colour` and `heat` then draw."""

    def __init__(self, seed: int = 911) -> None:
        random = np.random.default_rng(seed)
        ground = np.empty((_SIDE, _SIDE, 3), np.uint8)
        ground[:] = (74, 102, 84)
        warm = np.full((_SIDE, _SIDE), _GRASS_C, np.float32)
        coarse = random.normal(0, 1, (_SIDE // 8, _SIDE // 8)).astype(np.float32)
        noise = cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        self.houses = self._build(random, ground, warm)
        self._streets(ground, warm)
        fine = random.normal(0, 5, (_SIDE, _SIDE)).astype(np.float32)
        grain = (noise * 7 + fine)[:, :, None]
        self._ground = np.clip(ground + grain, 0, 255).astype(np.uint8)
        low, high = THERMAL_RANGE_C
        self._warm = np.clip((warm + noise * 0.8 - low) * 255 / (high - low), 0, 255).astype(np.uint8)
        # A quarter and a sixteenth of the size, for what is far: else it would glitter.
        self._grounds = [self._ground, *(_smaller(self._ground, by) for by in (4, 16))]
        self._warms = [self._warm, *(_smaller(self._warm, by) for by in (4, 16))]
        self._people(random)

    def _people(self, random: Any) -> None:
        """Cars first: where across, m/s along, where along at second 0 as a share; half their size; paint."""
        streets, count = TILE_M // BLOCK_M, _CARS + _WALKERS
        way = random.choice([-1.0, 1.0], count)
        street = random.integers(0, streets, count) * BLOCK_M
        car = np.arange(count) < _CARS
        strolls = random.random(count) < 0.5  # in gardens and parks instead of along a street
        off = np.where(car, way * 2.4, np.where(strolls, random.uniform(10, BLOCK_M - 10, count), way * 6.8))
        speed = way * np.where(car, random.uniform(6, 14, count), np.where(strolls, 0.4, 1.3))
        parked = car & (random.random(count) < 0.35)
        speed, off = np.where(parked, 0.0, speed), np.where(parked, way * 5.0, off)
        self._things = np.stack([street + off, speed, random.random(count)], axis=1).astype(np.float32)
        self._lies = random.random(count) < 0.5  # east and west
        size = np.where(car[:, None], (_CAR_M / 2, _CAR_WIDE_M / 2), (_PERSON_M / 2, _PERSON_M / 2))
        self._half = np.where(self._lies[:, None], size, size[:, ::-1]).astype(np.float32)
        bright = random.uniform(30, 240, count)
        self._paints = [(float(b), float(b * 0.95), float(min(255, b * 0.8 + 40))) for b in bright]
        warmth = np.where(car, np.where(parked, _ROAD_C + 1, _CAR_C), _PERSON_C)
        self._heats = [_white(float(each)) for each in warmth]

    def _build(self, random: Any, ground: Picture, warm: Floats) -> Floats:
        """Houses as east, north, half widths, height and tint; gardens and trees between them are painted."""
        houses = []
        inner = BLOCK_M - STREET_M
        for row in range(TILE_M // BLOCK_M):
            for column in range(TILE_M // BLOCK_M):
                east0, north0 = column * BLOCK_M + STREET_M / 2, row * BLOCK_M + STREET_M / 2
                park = random.random() < 0.12
                trees = 60 if park else 14
                for a, b in np.ndindex(3, 3):
                    if park or a == b == 1 or random.random() < 0.12:
                        continue
                    wide, deep = random.uniform(11, 16, 2)
                    east = east0 + inner * (a + 0.5) / 3 + random.uniform(-1, 1)
                    north = north0 + inner * (b + 0.5) / 3 + random.uniform(-1, 1)
                    houses.append((east, north, wide, deep, random.uniform(6, 24), random.random()))
                for _ in range(trees):
                    east, north = east0 + random.uniform(3, inner - 3), north0 + random.uniform(3, inner - 3)
                    centre, radius = (int(east / _PIXEL_M), int(north / _PIXEL_M)), int(random.uniform(3, 8))
                    shade = int(random.uniform(-12, 12))
                    cv2.circle(ground, centre, radius, (44 + shade, 82 + shade, 52 + shade), -1)
                    cv2.circle(warm, centre, radius, float(_TREE_C), -1)
        return np.array(houses, np.float32)

    @staticmethod
    def _streets(ground: Picture, warm: Floats) -> None:
        half = int(STREET_M / 2 / _PIXEL_M)
        for n in range(TILE_M // BLOCK_M + 1):
            at = int(n * BLOCK_M / _PIXEL_M)
            for edge, paint, heat in (
                (half, (150, 150, 152), _ROAD_C - 2),
                (half - 5, (84, 84, 86), _ROAD_C),
            ):
                low, high = max(0, at - edge), min(_SIDE, at + edge)
                ground[low:high], ground[:, low:high] = paint, paint
                warm[low:high], warm[:, low:high] = heat, heat
        for n in range(TILE_M // BLOCK_M + 1):
            at = min(_SIDE - 1, int(n * BLOCK_M / _PIXEL_M))
            for along in range(0, _SIDE, 24):
                if along % int(BLOCK_M / _PIXEL_M) > half:
                    ground[max(0, at - 1) : at + 1, along : along + 10] = (205, 210, 210)
                    ground[along : along + 10, max(0, at - 1) : at + 1] = (205, 210, 210)

    def colour(self, view: View, width: int, height: int) -> Picture:
        """Height × width × 3, blue first."""
        eye = _Eye(view, view.field_deg, width, height)
        picture = self._lay(eye, self._grounds, _HORIZON, _SKY)
        self._movers(eye, picture, view.at_s, heat=False)
        for corners, face, tint, far in self._faces(eye):
            paint = _PAINTS[int(tint * len(_PAINTS))] * (1.08, 0.74, 0.9)[face]
            seen = 0.5 ** (far / _HAZE_M)
            mixed = paint * seen + np.array(_HORIZON) * (1 - seen)
            cv2.fillConvexPoly(picture, corners, [float(part) for part in mixed], cv2.LINE_AA, _SHIFT)
        return picture

    def heat(self, view: View, width: int, height: int) -> Picture:
        """Height × width, white is hot: THERMAL_RANGE_C from 0 up to 255."""
        eye = _Eye(view, view.thermal_field_deg, width, height)
        warm = self._lay(eye, self._warms, (_white(_ROAD_C - 4),), (_white(_SKY_C),))
        self._movers(eye, warm, view.at_s, heat=True)
        for corners, face, tint, _far in self._faces(eye):
            shade = _white((_ROOF_C, _WALL_C, _WALL_C - 2)[face] + 4 * tint)
            cv2.fillConvexPoly(warm, corners, shade, 8, _SHIFT)
        return np.asarray(cv2.GaussianBlur(warm, (3, 3), 0), np.uint8)

    @staticmethod
    def _lay(
        eye: "_Eye", layers: list[Picture], horizon: tuple[float, ...], sky: tuple[float, ...]
    ) -> Picture:
        """Row by row what it sees of the ground, coarser where it is far; haze and sky beyond."""
        shape = (eye.height, eye.width, 3) if len(sky) == 3 else (eye.height, eye.width)
        picture = np.empty(shape, np.uint8)
        first = int(np.argmax(eye.hits)) if eye.hits.any() else eye.height
        rise = np.clip(eye.rises[:first] * 4, 0, 1)[:, None]
        picture[:first] = _as(np.array(horizon) + (np.array(sky) - np.array(horizon)) * rise, shape)
        size = eye.far / eye.focal / _PIXEL_M  # of a screen's pixel on the ground, in the finest layer's
        levels = np.clip(np.ceil(np.log2(np.maximum(size, 1e-3)) / 2 - 0.25), 0, len(layers) - 1).astype(int)
        for level, layer in enumerate(layers):
            rows = np.nonzero(eye.hits & (levels == level))[0]
            if not len(rows):
                continue
            east, north = eye.ground(rows)
            scale, side = _PIXEL_M * 4.0**level, np.float32(layer.shape[0])
            at_x, at_y = np.mod(east / scale - 0.5, side), np.mod(north / scale - 0.5, side)
            low, high = rows[0], rows[-1] + 1
            picture[low:high] = cv2.remap(layer, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        clear = np.power(0.5, eye.far / _HAZE_M)
        dim = np.nonzero(eye.hits & (clear < 0.97))[0]
        if len(dim):
            share = _as(clear[dim][:, None], shape).astype(np.float32)
            picture[dim] = picture[dim] * share + np.array(horizon, np.float32) * (1 - share)
        return picture

    def _movers(self, eye: "_Eye", picture: Picture, at_s: float, *, heat: bool) -> None:
        """Cars on the streets, people on the pavements and in the parks: warm, and on their way."""
        things, half = self._things, self._half
        paints: list[Any] = list(self._heats if heat else self._paints)
        along = (things[:, 2] * TILE_M + things[:, 1] * at_s) % TILE_M
        across = things[:, 0]
        lies = self._lies
        at = eye.nearest(np.stack([np.where(lies, along, across), np.where(lies, across, along)], axis=1))
        near = np.hypot(at[:, 0] - eye.at[0], at[:, 1] - eye.at[1]) < _HOUSES_WITHIN_M + eye.at[2]
        at, half, paints = at[near], half[near], [paints[n] for n in np.nonzero(near)[0]]
        flat = at[:, None, :] + half[:, None, :] * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)
        corners, ahead = eye.project(
            np.concatenate([flat, np.full((*flat.shape[:2], 1), 0.6, np.float32)], axis=2)
        )
        for n in np.nonzero((ahead > 0.5).all(axis=1) & eye.shows(corners))[0]:
            cv2.fillConvexPoly(picture, _fixed(corners[n]), paints[n], 8, _SHIFT)

    def _faces(self, eye: "_Eye") -> list[tuple[Any, int, float, float]]:
        """The faces that can be seen, far houses first: corners, roof 0 walls 1 and 2, tint, distance."""
        at = eye.nearest(self.houses[:, :2])
        far = np.hypot(at[:, 0] - eye.at[0], at[:, 1] - eye.at[1])
        order = np.argsort(-far)
        order = order[far[order] < _HOUSES_WITHIN_M]
        at, far, houses = at[order], far[order], self.houses[order]
        flat = at[:, None, :] + houses[:, None, 2:4] * np.array(
            [(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32
        )
        low = np.concatenate([flat, np.zeros((*flat.shape[:2], 1), np.float32)], axis=2)
        high = low.copy()
        high[:, :, 2] = houses[:, None, 4]
        corners, ahead = eye.project(np.concatenate([low, high], axis=1))
        found: list[tuple[Any, int, float, float]] = []
        for n in np.nonzero((ahead > 1.0).all(axis=1) & eye.shows(corners))[0]:
            spots, tint, away = _fixed(corners[n]), float(houses[n, 5]), float(far[n])
            (west, south), (east, north) = flat[n, 0], flat[n, 2]
            for seen, face, which in (
                (eye.at[1] < south, 1, (0, 1, 5, 4)),
                (eye.at[1] > north, 1, (2, 3, 7, 6)),
                (eye.at[0] < west, 2, (3, 0, 4, 7)),
                (eye.at[0] > east, 2, (1, 2, 6, 5)),
                (eye.at[2] > houses[n, 4], 0, (4, 5, 6, 7)),
            ):
                if seen:
                    found.append((spots[list(which)], face, tint, away))
        return found


_SHIFT = 3  # bits of a pixel's fraction in OpenCV's whole numbers


def _fixed(corners: Floats) -> Any:
    return np.clip(corners * (1 << _SHIFT), -(1 << 24), 1 << 24).astype(np.int32)


def _smaller(layer: Any, by: int) -> Any:
    side = _SIDE // by
    return cv2.resize(layer, (side, side), interpolation=cv2.INTER_AREA)


class _Eye:
    """A camera without distortion. Its horizon is level, so that a row of pixels is one distance."""

    def __init__(self, view: View, field_deg: float, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.at = (view.position[0], view.position[1], max(1.5, view.position[2]))
        self.focal = width / 2 / math.tan(math.radians(field_deg / 2))
        yaw, pitch = math.radians(view.yaw_deg), math.radians(view.pitch_deg)
        sin, cos = math.sin(yaw), math.cos(yaw)
        self._forward = np.array((sin * math.cos(pitch), cos * math.cos(pitch), math.sin(pitch)), np.float32)
        self._right = np.array((cos, -sin, 0.0), np.float32)
        self._down = np.cross(self._forward, self._right).astype(np.float32)
        self._x = ((np.arange(width, dtype=np.float32) - width / 2 + 0.5) / self.focal)[None, :]
        self._y = (np.arange(height, dtype=np.float32) - height / 2 + 0.5) / self.focal
        falls = self._forward[2] + self._y * self._down[2]
        self.hits = falls < -self.at[2] / _FAR_M  # by row: whether it sees ground
        self._times = np.where(self.hits, -self.at[2] / np.where(self.hits, falls, -1), _FAR_M)
        size = np.sqrt(1 + self._y**2)
        self.far = self._times * size  # by row, m
        self.rises = falls / size  # by row, the sine of its angle above the horizon

    def ground(self, rows: Any) -> tuple[Floats, Floats]:
        """East and north of what each pixel of these rows sees."""
        times, y = self._times[rows][:, None], self._y[rows][:, None]
        east, north = (
            (self.at[n] + times * (self._forward[n] + y * self._down[n])).astype(np.float32)
            + (times * self._right[n]).astype(np.float32) * self._x
            for n in range(2)
        )
        return east, north

    def nearest(self, at: Floats) -> Floats:
        """Of each thing in the tile, its copy that is nearest to the eye."""
        own = np.array(self.at[:2], np.float32)
        return np.asarray(own + (at - own + TILE_M / 2) % TILE_M - TILE_M / 2, np.float32)

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels of points on earth, and how far ahead each is, m."""
        seen = points - np.array(self.at, np.float32)
        ahead = seen @ self._forward
        safe = np.maximum(ahead, 0.1)
        x = seen @ self._right / safe * self.focal + self.width / 2
        y = seen @ self._down / safe * self.focal + self.height / 2
        return np.stack([x, y], axis=-1).astype(np.float32), ahead.astype(np.float32)

    def shows(self, corners: Floats) -> Any:
        """Of each shape, whether any of it may be in the picture."""
        low, high = corners.min(axis=1), corners.max(axis=1)
        return (high[:, 0] > 0) & (high[:, 1] > 0) & (low[:, 0] < self.width) & (low[:, 1] < self.height)


def _as(rows: Any, shape: tuple[int, ...]) -> Any:
    """A value or a colour for each row, spread over the row."""
    return rows[:, None, :] if len(shape) == 3 else rows


def _white(celsius: float) -> float:
    low, high = THERMAL_RANGE_C
    return max(0.0, min(255.0, (celsius - low) * 255 / (high - low)))
