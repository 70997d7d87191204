// What a map shows: everything, until somebody moves it; or around the one whom it follows, until it is dragged.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Point } from "../wire.ts";
import {
  type Around,
  dragged,
  type Frame,
  fit,
  type Inset,
  inside,
  place,
  type Size,
  type Spot,
  zoomed,
} from "./frame.ts";

/** Whom the map follows. */
export interface Followed {
  readonly point: Point;
  readonly heading_deg: number | null;
  /** What must stay in sight with them, if it is near enough. */
  readonly towards: Around | null;
}

export interface Wanted {
  /** What must be seen while nobody has moved the map. */
  things: readonly Around[];
  /** Another one of these is fitted even to a map that was moved. */
  reach: number;
  followed: Followed | null;
  /** Whether it begins by following. */
  follows: boolean;
  insets: readonly Inset[];
}

export interface Framing {
  frame: Frame | null;
  mode: Mode;
  headingUp: boolean;
  drag(dx: number, dy: number): void;
  zoom(by: number, spot?: Spot): void;
  showAll(): void;
  show(things: readonly Around[]): void;
  follow(): void;
  turn(): void;
}

type Mode = "all" | "follow" | "free";

/** Followed closer than this, the street ahead would be off the map. */
const FOLLOWS_CLOSEST = 17;
const FOLLOWS_ALONE = 15;
const AROUND_M = 40;
const CARD_PX = 112; // of what is said about what was pressed, at the foot of the map

/** Them and where they go, in half steps of zoom so that the map does not swim with each new position. */
function around(
  { point, towards }: Followed,
  size: Size,
  bearing_deg: number,
  insets: readonly Inset[],
  zoom: number | null,
): Frame | null {
  const here = { point, radius_m: AROUND_M };
  const how = { bearing_deg, insets };
  if (towards === null || zoom !== null) {
    const at = fit([here], size, { ...how, closest: zoom ?? FOLLOWS_ALONE });
    return at === null || zoom === null ? at : zoomed(at, size, zoom - at.zoom);
  }
  const both = fit([here, towards], size, { ...how, closest: FOLLOWS_CLOSEST });
  return both && { ...both, zoom: Math.floor(both.zoom * 2) / 2 };
}

function same(a: Frame | null, b: Frame | null): boolean {
  return (
    a === b ||
    (a !== null &&
      b !== null &&
      a.zoom === b.zoom &&
      a.bearing_deg === b.bearing_deg &&
      a.centre.latitude === b.centre.latitude &&
      a.centre.longitude === b.centre.longitude)
  );
}

export function useFraming({ things, reach, followed, follows, insets }: Wanted, size: Size): Framing {
  const [frame, setFrame] = useState<Frame | null>(null);
  const [mode, setMode] = useState<Mode>(follows ? "follow" : "all");
  const [headingUp, setHeadingUp] = useState(false);
  const [chosenZoom, setChosenZoom] = useState<number | null>(null);
  const fitted = useRef(reach);
  const follow = mode === "follow" ? followed : null;
  const bearing_deg = headingUp ? (follow?.heading_deg ?? frame?.bearing_deg ?? 0) : 0;
  const all = (): Frame | null => fit(things, size, { bearing_deg, insets });

  const next = (): Frame | null => {
    if (follow !== null) return around(follow, size, bearing_deg, insets, chosenZoom);
    if (frame !== null && frame.bearing_deg !== bearing_deg) return { ...frame, bearing_deg };
    const anew = fitted.current !== reach;
    if (frame !== null && !anew && mode === "free") return frame;
    if (frame !== null && !anew && things.every(({ point }) => inside(size, place(frame, size, point))))
      return frame;
    return all();
  };

  useEffect(() => {
    if (size.width === 0) return;
    const shown = next();
    fitted.current = reach;
    if (!same(shown, frame)) setFrame(shown);
  });

  return {
    frame,
    mode: follow === null && mode === "follow" ? "all" : mode,
    headingUp,
    drag(dx, dy) {
      setMode("free");
      setFrame((before) => before && dragged(before, size, dx, dy));
    },
    zoom(by, spot) {
      if (frame === null) return;
      if (follow !== null) {
        setChosenZoom((before) => zoomed({ ...frame, zoom: before ?? frame.zoom }, size, by).zoom);
        return;
      }
      setMode("free");
      setFrame((before) => before && zoomed(before, size, by, spot));
    },
    showAll() {
      setMode("all");
      setFrame(all());
    },
    show(some) {
      setMode("free");
      const above = insets.map((inset) => ({ ...inset, bottom: CARD_PX }));
      setFrame(fit(some, size, { bearing_deg, insets: above }));
    },
    follow() {
      setMode("follow");
      setChosenZoom(null);
    },
    turn: () => setHeadingUp(!headingUp),
  };
}
