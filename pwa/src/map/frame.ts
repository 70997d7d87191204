// Where things lie on a map: Web Mercator in CSS pixels, as MapLibre draws it (tiles of 512 px). Pure numbers.
import type { Point } from "../wire.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a map shows: its middle, the zoom of a world that is 512 px wide at 0, and which heading is up. */
export interface Frame {
  readonly centre: Point;
  readonly zoom: number;
  readonly bearing_deg: number;
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

/** How much of each side of a map is not free, in pixels. */
export interface Inset {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

const MARGIN: Inset = { top: 24, right: 24, bottom: 24, left: 24 };

function mercator({ latitude, longitude }: Point): Spot {
  const lat = Math.min(85, Math.max(-85, latitude));
  const y = (1 - Math.log(Math.tan(Math.PI / 4 + (lat * RADIANS) / 2)) / Math.PI) / 2;
  return { x: (longitude + 180) / 360, y };
}

/** Metres in one CSS pixel at the frame's middle. */
export function metresPerPixel({ centre, zoom }: Frame): number {
  return (EARTH_ROUND_M * Math.cos(centre.latitude * RADIANS)) / (WORLD_PX * 2 ** zoom);
}

/** Pixels from the north-west of a world at this zoom. */
export function worldSpot(point: Point, zoom: number): Spot {
  const world = WORLD_PX * 2 ** zoom;
  const { x, y } = mercator(point);
  return { x: x * world, y: y * world };
}

/** A vector on the screen of a map whose north is up, as it lies when `bearing_deg` is up. */
export function turn({ x, y }: Spot, bearing_deg: number): Spot {
  if (bearing_deg === 0) return { x, y };
  const [sin, cos] = [Math.sin(bearing_deg * RADIANS), Math.cos(bearing_deg * RADIANS)];
  return { x: x * cos + y * sin, y: y * cos - x * sin };
}

/** Pixels from the map's top left. */
export function place(frame: Frame, size: Size, point: Point): Spot {
  const world = WORLD_PX * 2 ** frame.zoom;
  const [here, there] = [mercator(frame.centre), mercator(point)];
  const across = ((there.x - here.x + 1.5) % 1) - 0.5; // the short way round the world
  const way = turn({ x: across * world, y: (there.y - here.y) * world }, frame.bearing_deg);
  return { x: size.width / 2 + way.x, y: size.height / 2 + way.y };
}

/** The point under a pixel, to a centimetre. */
export function pointAt(frame: Frame, size: Size, spot: Spot): Point {
  const world = WORLD_PX * 2 ** frame.zoom;
  const here = mercator(frame.centre);
  const way = turn({ x: spot.x - size.width / 2, y: spot.y - size.height / 2 }, -frame.bearing_deg);
  return pointOf({ x: here.x + way.x / world, y: here.y + way.y / world });
}

function pointOf({ x, y }: Spot): Point {
  const latitude = (2 * Math.atan(Math.exp((1 - 2 * y) * Math.PI)) - Math.PI / 2) / RADIANS;
  const longitude = ((((x * 360) % 360) + 360) % 360) - 180;
  return { latitude: Number(latitude.toFixed(7)), longitude: Number(longitude.toFixed(7)) };
}

/** The frame after the map was dragged by so many pixels. */
export function dragged(frame: Frame, size: Size, dx: number, dy: number): Frame {
  const centre = pointAt(frame, size, { x: size.width / 2 - dx, y: size.height / 2 - dy });
  return { ...frame, centre };
}

/** The frame so many zooms closer; what lies under `spot` stays there. */
export function zoomed(frame: Frame, size: Size, by: number, spot?: Spot): Frame {
  const zoom = Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, frame.zoom + by));
  const next = { ...frame, zoom };
  if (spot === undefined) return next;
  const now = place(next, size, pointAt(frame, size, spot));
  return dragged(next, size, spot.x - now.x, spot.y - now.y);
}

/** A thing that must be seen whole: a point with so many metres around it. */
export interface Around {
  readonly point: Point;
  readonly radius_m: number;
}

export interface Fitting {
  /** No closer than this zoom. */
  closest?: number;
  /** The first of them stays in the middle of what is free. */
  held?: boolean;
  bearing_deg?: number;
  /** What is not free; of several ways to see it the one that lets the map be closest. */
  insets?: readonly Inset[];
}

/** The closest frame that shows all of them where the map is free; null where there is nothing, or no room yet. */
export function fit(things: readonly Around[], size: Size, how: Fitting = {}): Frame | null {
  if (things.length === 0 || size.width === 0) return null;
  const frames = (how.insets ?? [MARGIN]).map((inset) => fitInto(things, size, inset, how));
  return frames.reduce((best, next) => (next.zoom > best.zoom ? next : best));
}

function fitInto(things: readonly Around[], size: Size, inset: Inset, how: Fitting): Frame {
  const { closest = 18, held = false, bearing_deg = 0 } = how;
  const spots = things.map(({ point, radius_m }) => ({
    ...turn(mercator(point), bearing_deg),
    reach: radius_m / (EARTH_ROUND_M * Math.cos(point.latitude * RADIANS)),
  }));
  const west = Math.min(...spots.map((s) => s.x - s.reach));
  const east = Math.max(...spots.map((s) => s.x + s.reach));
  const north = Math.min(...spots.map((s) => s.y - s.reach));
  const south = Math.max(...spots.map((s) => s.y + s.reach));
  const middle = (held && spots[0]) || { x: (west + east) / 2, y: (north + south) / 2 };
  const wide = 2 * Math.max(middle.x - west, east - middle.x, 1e-9);
  const tall = 2 * Math.max(middle.y - north, south - middle.y, 1e-9);
  const room = Math.min(
    Math.max(40, size.width - inset.left - inset.right) / wide,
    Math.max(40, size.height - inset.top - inset.bottom) / tall,
  );
  const zoom = Math.min(closest, Math.max(LEAST_ZOOM, Math.log2(room / WORLD_PX)));
  const frame = { centre: pointOf(turn(middle, -bearing_deg)), zoom, bearing_deg };
  return dragged(frame, size, (inset.left - inset.right) / 2, (inset.top - inset.bottom) / 2);
}

/** Whether a spot lies on the map, so many pixels from its sides. */
export function inside(size: Size, at: Spot, margin = 0): boolean {
  return at.x >= margin && at.y >= margin && at.x <= size.width - margin && at.y <= size.height - margin;
}

/** A part of the map that buttons cover, in pixels from its top left. */
export interface Box extends Spot, Size {}

const MARK_PX = 14;

/** Whether a mark at `at` would lie under one of them. */
export function covered(boxes: readonly Box[], at: Spot): boolean {
  return boxes.some((box) => isUnder(box, at));
}

function isUnder({ x, y, width, height }: Box, at: Spot): boolean {
  return (
    at.x > x - MARK_PX && at.x < x + width + MARK_PX && at.y > y - MARK_PX && at.y < y + height + MARK_PX
  );
}

const LETTER_PX = 8;
const TAG_PX = 24; // high
const TAG_GAP_PX = 16; // from the mark's middle

/** Words in a tag beside a mark, `half` of their width, and on which side. */
export interface Tagged {
  readonly words: string;
  readonly half: number;
  readonly right: boolean;
}

/**
 * Where a mark's tag lies within the map and under none of `boxes`: away from the map's middle if it can be, and as
 * the first of `texts` that has room. Where none has, the first.
 */
export function tagAt(texts: readonly string[], spot: Spot, size: Size, boxes: readonly Box[]): Tagged {
  const outwards = spot.x >= size.width / 2;
  const ways = texts.flatMap((words) =>
    [outwards, !outwards].map((right) => ({ words, half: (words.length * LETTER_PX) / 2 + 8, right })),
  );
  const lies = ({ half, right }: Tagged): Box => {
    const x = spot.x + (right ? TAG_GAP_PX : -TAG_GAP_PX - 2 * half);
    return { x, y: spot.y - TAG_PX / 2, width: 2 * half, height: TAG_PX };
  };
  const within = (way: Tagged): boolean => lies(way).x >= 0 && lies(way).x + 2 * way.half <= size.width;
  const free = (way: Tagged): boolean => within(way) && !boxes.some((box) => overlap(box, lies(way)));
  return ways.find(free) ?? ways.find(within) ?? (ways[0] as Tagged);
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

const EDGE_PX = 20;
const FOOT_PX = 40; // scale and attribution
const ROW_PX = 28;
const WIDE_PX = 120; // of a mark with its words

/**
 * Where at the map's edge a mark stands for a place outside, or under the buttons: towards it, clear of the buttons and
 * of the marks that stand there already.
 */
export function toEdge(size: Size, boxes: readonly Box[], at: Spot, taken: readonly Spot[] = []): Spot {
  const [dx, dy] = [at.x - size.width / 2, at.y - size.height / 2];
  const reach = Math.min(
    1,
    (size.width / 2 - EDGE_PX) / Math.max(1e-6, Math.abs(dx)),
    (size.height / 2 - (dy > 0 ? FOOT_PX : EDGE_PX)) / Math.max(1e-6, Math.abs(dy)),
  );
  const x = size.width / 2 + dx * reach;
  let y = size.height / 2 + dy * reach;
  for (const box of boxes) {
    if (!isUnder(box, { x, y })) continue;
    y = box.y < size.height / 2 ? box.y + box.height + MARK_PX : box.y - MARK_PX;
  }
  const step = y < size.height / 2 ? ROW_PX : -ROW_PX;
  for (let tries = 0; tries < taken.length; tries += 1) {
    if (!taken.some((spot) => Math.abs(spot.x - x) < WIDE_PX && Math.abs(spot.y - y) < ROW_PX)) break;
    y += step;
  }
  return { x, y };
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

/**
 * How long a camera's wedge is drawn: about 30 m, but never too small to read or too large to see past; `near` is for
 * one that somebody looks at.
 */
export function wedgePx(frame: Frame, near: boolean): number {
  return Math.round(Math.min(96, Math.max(near ? 44 : 26, SEES_M / metresPerPixel(frame))));
}
