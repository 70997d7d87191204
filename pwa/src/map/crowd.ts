// What of many marks is drawn: nothing outside the frame, and where there are too many to tell apart, one mark for all
// in a square of the world. The squares stay where they are while the map is moved. Pure numbers.
import type { Point } from "../wire.ts";
import { type Frame, inside, place, type Size, type Spot, worldSpot } from "./frame.ts";

export interface Thing {
  readonly id: string;
  readonly point: Point;
}

export interface Placed<T> {
  readonly thing: T;
  readonly at: Spot;
}

export interface Cluster {
  readonly id: string;
  readonly count: number;
  readonly at: Spot;
  /** Of all marks in it. */
  readonly around: readonly Point[];
}

export interface Crowd<T> {
  readonly singles: readonly Placed<T>[];
  readonly clusters: readonly Cluster[];
}

/** So many of a kind are drawn one by one. */
const MOST_SINGLE = 60;
const SQUARE_PX = 80;
/** From here on marks that lie in one spot would never come apart. */
const CLOSE_ZOOM = 18;

/**
 * The marks of `things` on a map, with those up to `margin` pixels outside of it. `apart` says which are never
 * taken together with others.
 */
export function crowd<T extends Thing>(
  things: readonly T[],
  frame: Frame,
  size: Size,
  margin: number,
  apart: (thing: T) => boolean,
): Crowd<T> {
  const seen: Placed<T>[] = [];
  for (const thing of things) {
    const at = place(frame, size, thing.point);
    if (inside(size, at, -margin)) seen.push({ thing, at });
  }
  if (seen.length <= MOST_SINGLE || frame.zoom >= CLOSE_ZOOM) return { singles: seen, clusters: [] };
  const squares = new Map<string, Placed<T>[]>();
  const singles: Placed<T>[] = [];
  for (const placed of seen) {
    if (apart(placed.thing)) {
      singles.push(placed);
      continue;
    }
    const { x, y } = worldSpot(placed.thing.point, Math.floor(frame.zoom));
    const square = `${Math.floor(x / SQUARE_PX)} ${Math.floor(y / SQUARE_PX)}`;
    const held = squares.get(square);
    if (held === undefined) squares.set(square, [placed]);
    else held.push(placed);
  }
  const clusters: Cluster[] = [];
  for (const [id, held] of squares) {
    if (held.length === 1) singles.push(...held);
    else clusters.push(together(id, held));
  }
  return { singles, clusters };
}

function together<T extends Thing>(id: string, held: readonly Placed<T>[]): Cluster {
  const mean = (of: (at: Spot) => number): number =>
    held.reduce((sum, { at }) => sum + of(at), 0) / held.length;
  return {
    id,
    count: held.length,
    at: { x: mean(({ x }) => x), y: mean(({ y }) => y) },
    around: held.map(({ thing }) => thing.point),
  };
}
