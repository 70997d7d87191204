// In which palette somebody sees thermal pictures: all of them, on this computer, until they choose otherwise.
import { Store } from "../../lib/store.ts";
import type { Palette } from "../../wire.ts";
import { isShown, type Shown } from "./palettes.ts";

const BEGINS: Shown = "off";
const stores = new Map<string, Store<Shown>>();

function key(user: string): string {
  return `sightline.palette.${user}`;
}

function kept(user: string): Shown {
  try {
    const word = localStorage.getItem(key(user));
    return isShown(word) ? word : BEGINS;
  } catch {
    return BEGINS;
  }
}

/** One for each person: what is chosen on one picture holds for all. */
export function paletteOf(user: string): Store<Shown> {
  const there = stores.get(user);
  if (there !== undefined) return there;
  const made = new Store(kept(user));
  stores.set(user, made);
  return made;
}

export function choose(user: string, palette: Shown): void {
  paletteOf(user).set(palette);
  try {
    localStorage.setItem(key(user), palette);
  } catch {
    // then it lasts as long as the page
  }
}

/** In which the server is to colour a still of a thermal picture. */
export function palettedFor(user: string): Palette | null {
  const shown = paletteOf(user).value;
  return shown === "off" ? null : shown;
}
