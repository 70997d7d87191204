// What covers each picture. Some pictures are hard to unsee: they open as their person has chosen, and each press
// takes one cover off: blurred, a still, the motion. Back to safety covers all of them at once. Pure.
import type { CareChoice } from "../wire.ts";

export type Shown = "hidden" | "still" | "motion";

export interface Covers {
  readonly choice: CareChoice;
  /** Since somebody asked for safety: everything is hidden until it is pressed. */
  readonly safe: boolean;
  /** What was pressed, by feed. */
  readonly pressed: ReadonlyMap<string, Shown>;
}

/** What a phone that kept less has chosen. */
const SEEN_AT_ONCE: CareChoice = { blur: false, still_first: false };

export function coversOf(choice: CareChoice | undefined): Covers {
  return { choice: choice ?? SEEN_AT_ONCE, safe: false, pressed: new Map() };
}

/** How a picture opens for whoever has chosen so. */
function opensAs({ blur, still_first }: CareChoice): Shown {
  if (blur) return "hidden";
  return still_first ? "still" : "motion";
}

export function shownOf({ choice, safe, pressed }: Covers, feed: string): Shown {
  return pressed.get(feed) ?? (safe ? "hidden" : opensAs(choice));
}

/** Somebody asks for this picture by name: it opens as pictures open for them, also after they asked for safety. */
export function asked(covers: Covers, feed: string): Covers {
  if (shownOf(covers, feed) !== "hidden") return covers;
  return { ...covers, pressed: new Map(covers.pressed).set(feed, opensAs(covers.choice)) };
}

/** What one more press shows. */
export function next({ choice }: Covers, shown: Shown): Shown {
  if (shown === "motion") return "hidden";
  return shown === "hidden" && choice.still_first ? "still" : "motion";
}

/** One cover less, or from the motion all of them again. */
export function pressed(covers: Covers, feed: string): Covers {
  const shown = next(covers, shownOf(covers, feed));
  return { ...covers, pressed: new Map(covers.pressed).set(feed, shown) };
}

/** Everything is hidden, whatever was pressed. */
export function safe(covers: Covers): Covers {
  return { ...covers, safe: true, pressed: new Map() };
}

/** As pictures open: of another incident. */
export function anew(covers: Covers): Covers {
  return coversOf(covers.choice);
}
