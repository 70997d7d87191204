// The arithmetic of streets that are painted: which tiles, where they lie, how a picture is moved, where names stand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cover, MOST_TILES, matrix } from "../../pwa/src/map/basemap/cover.ts";
import { fromTheMiddle, Places } from "../../pwa/src/map/basemap/names.ts";
import { covers, moved, viewOf } from "../../pwa/src/map/basemap/picture.ts";
import { dragged, type Frame, place } from "../../pwa/src/map/frame.ts";
import type { Point, TileJson } from "../../pwa/src/wire.ts";

const SIZE = { width: 400, height: 300 };
const HELSINKI = { latitude: 60.1704, longitude: 24.9435 };
const TILES: TileJson = {
  tilejson: "3.0.0",
  tiles: ["/tiles/{z}/{x}/{y}"],
  attribution: "",
  bounds: [-180, -85, 180, 85],
  minzoom: 10,
  maxzoom: 16,
};

/** The north-west corner of a tile, by the definition of the scheme. */
function corner(z: number, x: number, y: number): Point {
  const n = Math.PI * (1 - (2 * y) / 2 ** z);
  return { latitude: (Math.atan(Math.sinh(n)) * 180) / Math.PI, longitude: (x / 2 ** z) * 360 - 180 };
}

function frame(zoom: number, bearing_deg = 0, centre: Point = HELSINKI): Frame {
  return { centre, zoom, bearing_deg };
}

test("a tile's corners lie where its places are drawn, at any zoom and heading", () => {
  for (const at of [frame(15), frame(16.4, 30), frame(18.9, 200), frame(12.01, 359)]) {
    for (const { z, x, y } of cover(at, SIZE, TILES)) {
      const [a, b, c, d, e, f] = matrix({ z, x, y }, 4096, at, SIZE);
      for (const [u, v] of [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const spot = place(at, SIZE, corner(z, x + u, y + v));
        assert.ok(Math.abs(4096 * (a * u + c * v) + e - spot.x) < 0.01);
        assert.ok(Math.abs(4096 * (b * u + d * v) + f - spot.y) < 0.01);
      }
    }
  }
});

test("the tiles of a frame hold every pixel of it, and the one in the middle comes first", () => {
  for (const at of [frame(13.2), frame(16, 45), frame(17.7, 100)]) {
    const tiles = cover(at, SIZE, TILES);
    const holds = (px: number, py: number) =>
      tiles.findIndex((tile) => {
        const [a, b, c, d, e, f] = matrix(tile, 1, at, SIZE);
        const over = a * d - b * c;
        const [u, v] = [(d * (px - e) - c * (py - f)) / over, (a * (py - f) - b * (px - e)) / over];
        return u >= 0 && u <= 1 && v >= 0 && v <= 1;
      });
    for (const px of [0, 133, 266, 400]) for (const py of [0, 150, 300]) assert.notEqual(holds(px, py), -1);
    assert.equal(holds(SIZE.width / 2, SIZE.height / 2), 0);
  }
});

test("no tile is asked for where there are none, and never very many", () => {
  assert.deepEqual(cover(frame(9.9), SIZE, TILES), []);
  assert.ok(cover(frame(20), SIZE, TILES).every(({ z }) => z === 16));
  const small: TileJson = { ...TILES, bounds: [24.9, 60.1, 25, 60.2] };
  assert.deepEqual(cover(frame(14, 0, { latitude: 48, longitude: 2 }), SIZE, small), []);
  assert.equal(cover(frame(14.9), { width: 20_000, height: 20_000 }, TILES).length, MOST_TILES);
  const edge = cover(frame(12, 0, { latitude: 84.9, longitude: -179.99 }), SIZE, TILES);
  assert.ok(edge.every(({ x, y }) => x >= 0 && y >= 0));
});

test("a picture is good for as long as it is larger than the map was moved", () => {
  const view = viewOf(frame(15, 20), SIZE, 2);
  assert.deepEqual(view.size, { width: 656, height: 556 });
  assert.ok(covers(view, dragged(view.frame, SIZE, 60, 0)));
  assert.ok(!covers(view, dragged(view.frame, SIZE, 70, 0)));
  assert.ok(!covers(view, frame(15.5, 20)));
  assert.ok(!covers(view, frame(15, 21)));
});

test("a picture is moved, turned and scaled to where it belongs", () => {
  const view = viewOf(frame(15), SIZE, 1);
  assert.equal(moved(view, view.frame), "translate(0px, 0px) rotate(0deg) scale(1)");
  const css = moved(view, dragged(frame(16, 90), SIZE, 30, -10));
  const [x, y, turned, scale] = (css.match(/-?[\d.]+(e-\d+)?/g) ?? []).map(Number);
  assert.ok(Math.abs((x ?? 0) - 30) < 0.1 && Math.abs((y ?? 0) + 10) < 0.1);
  assert.deepEqual([turned, scale], [-90, 2]);
});

test("names stand along their street, the right way up, and not on one another", () => {
  const places = new Places(SIZE);
  const street = [
    { x: 390, y: 150 },
    { x: 10, y: 150 },
  ];
  const room = { width: 100, height: 16 };
  const first = places.along("Kaivokatu", street, room);
  assert.deepEqual(first?.at, { x: 200, y: 150 });
  assert.ok(Math.abs(first?.turned ?? 9) < 1e-9); // drawn from the east, read from the west
  assert.equal(places.along("Kaivokatu", street, room), null); // the same name is near
  const other = places.along("Keskuskatu", street, room);
  assert.ok(other !== null && Math.abs(other.at.x - 200) >= 100);
  const down = [
    { x: 20, y: 290 },
    { x: 20, y: 10 },
  ];
  assert.ok(Math.abs((places.along("Mikonkatu", down, room)?.turned ?? 9) + Math.PI / 2) < 1e-9);
});

test("a name has no place where its street is too short or too bent, or at the edge of the map", () => {
  const places = new Places(SIZE);
  const room = { width: 100, height: 16 };
  const short = [
    { x: 100, y: 100 },
    { x: 190, y: 100 },
  ];
  assert.equal(places.along("Short", short, room), null);
  const hairpin = [
    { x: 100, y: 100 },
    { x: 160, y: 100 },
    { x: 100, y: 104 },
  ];
  assert.equal(places.along("Hairpin", hairpin, room), null);
  assert.equal(places.around("Park", { x: 30, y: 100 }, room), null);
  assert.notEqual(places.around("Park", { x: 70, y: 100 }, room), null);
  assert.equal(places.around("Other park", { x: 100, y: 104 }, room), null);
});

test("the middle is tried first", () => {
  assert.deepEqual(fromTheMiddle(5), [2, 1, 3, 0, 4]);
  assert.deepEqual(fromTheMiddle(1), [0]);
});
