// The geometry of the position plot: what fits and where each thing lies. Pure numbers; it draws nothing. Spans and centres move in steps so that the picture does not swim with each new position.

import { offsetM } from "../lib/measure.ts";
import { niceAbove, niceBelow } from "../lib/scale.ts";
import type { Position } from "../wire.ts";

export interface View {
  /** The middle of the plot. */
  centre: { latitude: number; longitude: number };
  /** Metres per CSS pixel. */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const SMALLEST_SPAN_M = 60;
const MARGIN = 1.25;
/** Units farther than this do not shrink the plot; they are named at its edge. */
const FARTHEST_M = 8000;
const MOST_STEPS_BACK = 3;

/** Whether a mark there would lie under the buttons in the top right corner. */
export function covered(size: Size, corner: Size, at: { x: number; y: number }, margin = 14): boolean {
  return at.x > size.width - corner.width - margin && at.y < corner.height + margin;
}

/**
 * A view that shows `focus` with its circle, the trail and the near units, `zoom` steps closer or farther. What
 * would lie under the buttons in the `corner` is shown from a little farther.
 */
export function fit(
  focus: Position,
  others: readonly Position[],
  size: Size,
  zoom = 0,
  corner: Size = { width: 0, height: 0 },
): View {
  let reach = Math.min(focus.accuracy_m, FARTHEST_M);
  for (const other of others) {
    const { east, north } = offsetM(focus, other);
    const far = Math.max(Math.abs(east) * (size.height / Math.max(1, size.width)), Math.abs(north));
    if (far <= FARTHEST_M) reach = Math.max(reach, far);
  }
  const side = Math.max(1, Math.min(size.width, size.height));
  let half = niceAbove(Math.max(SMALLEST_SPAN_M / 2, reach * MARGIN));
  const hidden = (scale: number): boolean =>
    others.some((other) => {
      const at = place({ centre: focus, scale }, size, other);
      return inside(size, at) && covered(size, corner, at);
    });
  for (let step = 0; step < MOST_STEPS_BACK && hidden((half * 2) / side); step += 1) {
    half = niceAbove(half * 1.01);
  }
  return { centre: focus, scale: (half * 2 * 2 ** -zoom) / side };
}

/** Where a point lies, in pixels from the plot's top left. */
export function place(
  view: View,
  size: Size,
  point: Pick<Position, "latitude" | "longitude">,
): { x: number; y: number } {
  const { east, north } = offsetM(view.centre, point);
  return { x: size.width / 2 + east / view.scale, y: size.height / 2 - north / view.scale };
}

export function inside(size: Size, at: { x: number; y: number }, margin = 0): boolean {
  return at.x >= margin && at.y >= margin && at.x <= size.width - margin && at.y <= size.height - margin;
}

/** The point on the plot's edge towards a place outside it. */
export function toEdge(size: Size, at: { x: number; y: number }, margin: number): { x: number; y: number } {
  const dx = at.x - size.width / 2;
  const dy = at.y - size.height / 2;
  const reach = Math.min(
    (size.width / 2 - margin) / Math.max(1e-6, Math.abs(dx)),
    (size.height / 2 - margin) / Math.max(1e-6, Math.abs(dy)),
  );
  return { x: size.width / 2 + dx * reach, y: size.height / 2 + dy * reach };
}

/** Radii in metres of the range rings around the focus: three at most, round, inside the plot. */
export function rings(view: View, size: Size): number[] {
  const reach = (Math.min(size.width, size.height) / 2) * view.scale;
  const step = niceBelow(reach / 2);
  return [1, 2, 3, 4]
    .map((n) => n * step)
    .filter((radius) => radius <= reach * 1.6)
    .slice(0, 4);
}
