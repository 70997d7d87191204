// In which palette somebody sees thermal pictures: all of them, on this computer, until they choose otherwise.
import { Store } from "../../lib/store.ts";
import { isPalette, type Palette } from "./palettes.ts";

const BEGINS: Palette = "off";
const stores = new Map<string, Store<Palette>>();

function key(user: string): string {
  return `sightline.palette.${user}`;
}

function kept(user: string): Palette {
  try {
    const word = localStorage.getItem(key(user));
    return isPalette(word) ? word : BEGINS;
  } catch {
    return BEGINS;
  }
}

/** One for each person: what is chosen on one picture holds for all. */
export function paletteOf(user: string): Store<Palette> {
  const there = stores.get(user);
  if (there !== undefined) return there;
  const made = new Store(kept(user));
  stores.set(user, made);
  return made;
}

export function choose(user: string, palette: Palette): void {
  paletteOf(user).set(palette);
  try {
    localStorage.setItem(key(user), palette);
  } catch {
    // then it lasts as long as the page
  }
}
