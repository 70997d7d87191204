// How much an officer wants to see: all that the link carries, stills alone, or nothing, with what changes spoken.
// Chosen by one press, and kept on this phone until another is.
import { Store } from "../lib/store.ts";

export type Mode = "live" | "stills" | "sound";

const KEY = "sightline.officer.mode";
const MUTED = "sightline.officer.muted";

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be switched off
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then the choice lasts as long as the page
  }
}

function kept(): Mode {
  const mode = read(KEY);
  return mode === "stills" || mode === "sound" ? mode : "live";
}

/** One for the page. */
export class Choice {
  readonly mode = new Store<Mode>(kept());
  /** Of what is spoken; the words go on being shown. */
  readonly muted = new Store<boolean>(read(MUTED) === "yes");

  constructor() {
    this.mode.watch(() => keep(KEY, this.mode.value));
    this.muted.watch(() => keep(MUTED, this.muted.value ? "yes" : "no"));
  }

  /** Chooses a mode, or goes back to all of it when that is what was chosen. */
  press(mode: Mode): void {
    this.mode.update((before) => (before === mode ? "live" : mode));
  }
}
