// A picture of the streets that is larger than the map: how it lies in another frame than its own, and for how long it
// will do. Pure numbers.
import { type Frame, place, type Size } from "../frame.ts";

/** What is in a picture. */
export interface View {
  readonly frame: Frame;
  /** CSS pixels. */
  readonly size: Size;
  /** Pixels of the picture in one of CSS. */
  readonly ratio: number;
}

/** So far beyond the map on each side is painted. */
const MARGIN_PX = 128;
const AT_ITS_MIDDLE: Size = { width: 0, height: 0 };

/** The view of a map of that size, and more around it. */
export function viewOf(frame: Frame, map: Size, ratio: number): View {
  return { frame, size: { width: map.width + 2 * MARGIN_PX, height: map.height + 2 * MARGIN_PX }, ratio };
}

/** CSS that brings a picture of `view` to where it lies in `frame`, when their middles lie upon each other. */
export function moved(view: View, frame: Frame): string {
  const { x, y } = place(frame, AT_ITS_MIDDLE, view.frame.centre);
  const turned = view.frame.bearing_deg - frame.bearing_deg;
  return `translate(${x}px, ${y}px) rotate(${turned}deg) scale(${2 ** (frame.zoom - view.frame.zoom)})`;
}

/** Whether it will do for `frame`: the same, moved by no more than half of what it is larger. */
export function covers(view: View, frame: Frame): boolean {
  if (view.frame.zoom !== frame.zoom || view.frame.bearing_deg !== frame.bearing_deg) return false;
  const { x, y } = place(frame, AT_ITS_MIDDLE, view.frame.centre);
  return Math.max(Math.abs(x), Math.abs(y)) < MARGIN_PX / 2;
}
