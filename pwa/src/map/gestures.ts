// What fingers, mouse and wheel mean on a map. Works with a basemap or without one; says what was meant and moves
// nothing itself.
import type { Spot } from "./frame.ts";

export interface Meant {
  onDrag(dx: number, dy: number): void;
  /** So many zooms closer, around a spot of the map. */
  onZoom(by: number, at: Spot): void;
  /** A press on the ground that moved nothing; left out where it means nothing, and then a double one goes closer. */
  onPlace?: ((at: Spot) => void) | undefined;
  /** Somebody tried what is the page's here: words that say what is the map's. */
  onHint(words: string): void;
}

const SLOP_PX = 4; // a press that moves less is a press
const MOST_ZOOM_STEP = 1;
const WHEEL_PX = 450; // of a wheel for one zoom
const PINCH_PX = 100; // of a trackpad's pinch, which browsers tell as a wheel with Ctrl
const LINE_PX = 16;

interface Pair {
  readonly middle: Spot;
  readonly apart: number;
}

function between(a: Spot, b: Spot): Pair {
  return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, apart: Math.hypot(a.x - b.x, a.y - b.y) };
}

function isGround(event: MouseEvent): boolean {
  return (event.target as Element).closest("[role=button], [role=slider]") === null;
}

/** Listens on `box` until `signal` aborts. `gentle`: the page around it scrolls, so one finger and the wheel are the page's. */
export function gestures(box: HTMLElement, gentle: boolean, meant: Meant, signal: AbortSignal): void {
  const down = new Map<number, Spot>();
  let moving = false;

  const spotOf = (event: MouseEvent): Spot => {
    const { left, top } = box.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const press = (event: PointerEvent): void => {
    if (event.button !== 0 || down.size === 2) return;
    down.set(event.pointerId, spotOf(event));
  };

  const move = (event: PointerEvent): void => {
    const before = down.get(event.pointerId);
    if (before === undefined) return;
    const now = spotOf(event);
    const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, spot]) => spot);
    if (other === undefined && gentle && event.pointerType === "touch") return;
    if (!moving && between(before, now).apart < SLOP_PX) return;
    moving = true;
    if (!box.hasPointerCapture(event.pointerId)) box.setPointerCapture(event.pointerId);
    down.set(event.pointerId, now);
    if (other === undefined) meant.onDrag(now.x - before.x, now.y - before.y);
    else pinch(between(before, other), between(now, other));
  };

  const pinch = (was: Pair, is: Pair): void => {
    meant.onDrag(is.middle.x - was.middle.x, is.middle.y - was.middle.y);
    if (was.apart > 0 && is.apart > 0) meant.onZoom(Math.log2(is.apart / was.apart), is.middle);
  };

  const release = (event: PointerEvent): void => {
    const held = down.delete(event.pointerId);
    if (held && down.size === 0 && !moving && event.type === "pointerup" && isGround(event))
      meant.onPlace?.(spotOf(event));
    if (down.size === 0) moving = false;
    if (held && gentle && event.type === "pointercancel") meant.onHint("Move the map with two fingers");
  };

  const wheel = (event: WheelEvent): void => {
    const fine = event.ctrlKey || event.metaKey;
    if (gentle && !fine) {
      meant.onHint("Hold Ctrl or ⌘ and scroll to zoom");
      return;
    }
    event.preventDefault();
    const px = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PX);
    const by = -px / (fine ? PINCH_PX : WHEEL_PX);
    meant.onZoom(Math.min(MOST_ZOOM_STEP, Math.max(-MOST_ZOOM_STEP, by)), spotOf(event));
  };

  box.addEventListener("pointerdown", press, { signal });
  box.addEventListener("pointermove", move, { signal });
  box.addEventListener("pointerup", release, { signal });
  box.addEventListener("pointercancel", release, { signal });
  box.addEventListener("wheel", wheel, { signal, passive: false });
  const twice = (event: MouseEvent): void => {
    if (isGround(event) && meant.onPlace === undefined) meant.onZoom(1, spotOf(event));
  };
  box.addEventListener("dblclick", twice, { signal });
  // two fingers are the map's also where one is the page's
  const two = (event: TouchEvent): void => {
    if (event.touches.length > 1) event.preventDefault();
  };
  box.addEventListener("touchmove", two, { signal, passive: false });
}
