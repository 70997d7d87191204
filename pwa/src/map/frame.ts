// Where things lie on a map: Web Mercator in CSS pixels, as MapLibre draws it (tiles of 512 px). Pure numbers.
import type { Point } from "../wire.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a map shows: its middle, and the zoom of a world that is 512 px wide at 0. */
export interface Frame {
  readonly centre: Point;
  readonly zoom: number;
}

export interface Spot {
  readonly x: number;
  readonly y: number;
}

export const LEAST_ZOOM = 3;
export const MOST_ZOOM = 20;
const WORLD_PX = 512;
const RADIANS = Math.PI / 180;
const EARTH_ROUND_M = 2 * Math.PI * 6_378_137;
const MARGIN_PX = 24;

function mercator({ latitude, longitude }: Point): Spot {
  const lat = Math.min(85, Math.max(-85, latitude));
  const y = (1 - Math.log(Math.tan(Math.PI / 4 + (lat * RADIANS) / 2)) / Math.PI) / 2;
  return { x: (longitude + 180) / 360, y };
}

/** Metres in one CSS pixel at the frame's middle. */
export function metresPerPixel({ centre, zoom }: Frame): number {
  return (EARTH_ROUND_M * Math.cos(centre.latitude * RADIANS)) / (WORLD_PX * 2 ** zoom);
}

/** Pixels from the map's top left. */
export function place(frame: Frame, size: Size, point: Point): Spot {
  const world = WORLD_PX * 2 ** frame.zoom;
  const [here, there] = [mercator(frame.centre), mercator(point)];
  const turn = ((there.x - here.x + 1.5) % 1) - 0.5; // the short way round the world
  return { x: size.width / 2 + turn * world, y: size.height / 2 + (there.y - here.y) * world };
}

/** The point under a pixel, to a centimetre. */
export function pointAt(frame: Frame, size: Size, spot: Spot): Point {
  const world = WORLD_PX * 2 ** frame.zoom;
  const here = mercator(frame.centre);
  const x = here.x + (spot.x - size.width / 2) / world;
  const y = here.y + (spot.y - size.height / 2) / world;
  const latitude = (2 * Math.atan(Math.exp((1 - 2 * y) * Math.PI)) - Math.PI / 2) / RADIANS;
  const longitude = ((((x * 360) % 360) + 360) % 360) - 180;
  return { latitude: Number(latitude.toFixed(7)), longitude: Number(longitude.toFixed(7)) };
}

/** A thing that must be seen whole: a point with so many metres around it. */
export interface Around {
  readonly point: Point;
  readonly radius_m: number;
}

/** The closest frame that shows all of them, at most `closest`. The first stays in the middle when it is `held`. */
export function fit(things: readonly Around[], size: Size, closest = 18, held = false): Frame | null {
  const [first] = things;
  if (first === undefined || size.width === 0) return null;
  const spots = things.map(({ point, radius_m }) => {
    const { x, y } = mercator(point);
    const reach = radius_m / (EARTH_ROUND_M * Math.cos(point.latitude * RADIANS));
    return { x, y, reach };
  });
  const west = Math.min(...spots.map((s) => s.x - s.reach));
  const east = Math.max(...spots.map((s) => s.x + s.reach));
  const north = Math.min(...spots.map((s) => s.y - s.reach));
  const south = Math.max(...spots.map((s) => s.y + s.reach));
  const middle = held ? mercator(first.point) : { x: (west + east) / 2, y: (north + south) / 2 };
  const wide = 2 * Math.max(middle.x - west, east - middle.x, 1e-9);
  const tall = 2 * Math.max(middle.y - north, south - middle.y, 1e-9);
  const room = Math.min(
    Math.max(40, size.width - 2 * MARGIN_PX) / wide,
    Math.max(40, size.height - 2 * MARGIN_PX) / tall,
  );
  const zoom = Math.min(closest, Math.max(LEAST_ZOOM, Math.log2(room / WORLD_PX)));
  const centre = pointAt(
    { centre: { latitude: 0, longitude: 0 }, zoom: 0 },
    { width: 512, height: 512 },
    {
      x: middle.x * 512,
      y: middle.y * 512,
    },
  );
  return { centre, zoom };
}

/** The point so many metres east and north of another; good to a few kilometres. */
export function moved(point: Point, east_m: number, north_m: number): Point {
  const degree_m = EARTH_ROUND_M / 360;
  return {
    latitude: Number((point.latitude + north_m / degree_m).toFixed(7)),
    longitude: Number(
      (point.longitude + east_m / (degree_m * Math.cos(point.latitude * RADIANS))).toFixed(7),
    ),
  };
}

/** Degrees clockwise from north, 0 to 359, from one pixel to another. */
export function heading(from: Spot, to: Spot): number {
  return (Math.round(Math.atan2(to.x - from.x, from.y - to.y) / RADIANS) + 360) % 360;
}

/** How far apart two headings are: 0 to 180. */
export function apart(a: number, b: number): number {
  return Math.abs(((((a - b) % 360) + 540) % 360) - 180);
}

/** Where one is, so many pixels from `from` towards a heading. */
export function towards(from: Spot, heading_deg: number, px: number): Spot {
  const turn = heading_deg * RADIANS;
  return { x: from.x + Math.sin(turn) * px, y: from.y - Math.cos(turn) * px };
}

/** What a camera sees, as an SVG path around 0,0: a slice towards `heading_deg`, or a ring when it is null. */
export function wedge(heading_deg: number | null, field_deg: number, px: number): string {
  if (heading_deg === null || field_deg >= 360) {
    return `M0 ${-px}A${px} ${px} 0 1 1 0 ${px}A${px} ${px} 0 1 1 0 ${-px}Z`;
  }
  const origin = { x: 0, y: 0 };
  const left = towards(origin, heading_deg - field_deg / 2, px);
  const right = towards(origin, heading_deg + field_deg / 2, px);
  const n = (v: number): string => v.toFixed(1);
  const large = field_deg > 180 ? 1 : 0;
  return `M0 0L${n(left.x)} ${n(left.y)}A${px} ${px} 0 ${large} 1 ${n(right.x)} ${n(right.y)}Z`;
}

const SEES_M = 30;

/** How long a camera's wedge is drawn: about 30 m, but never too small to read or too large to see past. */
export function wedgePx(frame: Frame): number {
  return Math.round(Math.min(96, Math.max(44, SEES_M / metresPerPixel(frame))));
}
