// What the console holds that the server does not: which handouts and codes are on show, and what the last
// step could not do. Gone with the page; a secret is never kept anywhere else.

import { Store } from "../lib/store.ts";
import { asked } from "../staff/covers.ts";
import type { Desk } from "../staff/desk.ts";
import type { Handout } from "../wire.ts";

export interface ShownCode {
  code: string;
  /** Server's time at which it stops working. */
  endsAt: number;
}

export type Secret = { handout: Handout } | { code: ShownCode };

export interface ConsoleState {
  /** What is on show of a link, by the link's id. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Whether the form for a new link is open. */
  readonly texting: boolean;
  /** Whether that link is for somebody beside the caller. */
  readonly witness: boolean;
  /** Whether the number of a call that ended is asked for. */
  readonly ended: boolean;
  /** Whether a colleague is being chosen to hand the incident over to. */
  readonly handing: boolean;
  /** Whether the pictures of an incident that was handed over are shown after all. */
  readonly anyway: boolean;
  readonly help: boolean;
  readonly closing: boolean;
  /** Whether the words of the incident in front are being corrected. */
  readonly wording: boolean;
  /** Whether glass is being broken for somebody. */
  readonly breaking: boolean;
  /** Whether all drones are listed, with why they stay. */
  readonly panel: boolean;
  readonly list: "open" | "closed";
  /** The feed whose picture is in front; null for the best one. */
  readonly feed: string | null;
  readonly swapped: boolean;
  /** Picture and map beside each other, for phones held upright; else one above the other. */
  readonly beside: boolean;
  /** What went wrong with a link that was to be texted on opening. */
  readonly notice: string | null;
}

const SWAPPED = "sightline.swapped";
const BESIDE = "sightline.beside";

export function newState(): Store<ConsoleState> {
  return new Store<ConsoleState>({
    secrets: new Map(),
    texting: false,
    witness: false,
    ended: false,
    handing: false,
    anyway: false,
    help: false,
    closing: false,
    wording: false,
    breaking: false,
    panel: false,
    list: "open",
    feed: null,
    swapped: kept(SWAPPED) === "yes",
    beside: kept(BESIDE) === "yes",
    notice: null,
  });
}

/** What a change of the incident in front puts back. */
export const AT_REST = {
  closing: false,
  wording: false,
  breaking: false,
  panel: false,
  texting: false,
  witness: false,
  feed: null,
  handing: false,
  anyway: false,
  notice: null,
} as const satisfies Partial<ConsoleState>;

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then it lasts as long as the page
  }
}

export function change(state: Store<ConsoleState>, part: Partial<ConsoleState>): void {
  state.update((before) => ({ ...before, ...part }));
}

/** A picture that somebody asks for by name. */
export function putInFront({ covers }: Pick<Desk, "covers">, state: Store<ConsoleState>, feed: string): void {
  change(state, { feed });
  covers.update((before) => asked(before, feed));
}

export function swap(state: Store<ConsoleState>): void {
  const swapped = !state.value.swapped;
  keep(SWAPPED, swapped ? "yes" : "no");
  change(state, { swapped });
}

export function turn(state: Store<ConsoleState>): void {
  const beside = !state.value.beside;
  keep(BESIDE, beside ? "yes" : "no");
  change(state, { beside });
}

/** Shows a link's address and QR code in place of its spoken code. */
export function showHandout(state: Store<ConsoleState>, link: string, handout: Handout | null): void {
  if (handout === null) return;
  show(state, link, { handout });
}

/** Shows a link's spoken code in place of its address. */
export function showCode(state: Store<ConsoleState>, link: string, code: ShownCode): void {
  show(state, link, { code });
}

/** Hides what was shown of a link. */
export function hide(state: Store<ConsoleState>, link: string): void {
  const secrets = new Map(state.value.secrets);
  secrets.delete(link);
  change(state, { secrets });
}

function show(state: Store<ConsoleState>, link: string, secret: Secret): void {
  change(state, { secrets: new Map(state.value.secrets).set(link, secret) });
}
