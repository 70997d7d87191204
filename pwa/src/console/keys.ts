// Keys to commands. Single keys work only outside of fields and without modifiers, and can be switched off
// (WCAG 2.1.4): speech input would press them by accident.
import { keep, kept } from "./state.ts";

export type Command =
  | {
      name:
        | "new"
        | "text"
        | "ended"
        | "write"
        | "talk"
        | "swap"
        | "turn"
        | "cover"
        | "hand"
        | "accept"
        | "help"
        | "safe"
        | "next"
        | "previous";
    }
  | { name: "feed"; index: number };

export const KEYS: readonly { key: string; does: string }[] = [
  { key: "N", does: "New incident" },
  { key: "E", does: "A call that ended: its number, Enter; its link is sent at once" },
  { key: "L", does: "Send a link" },
  { key: "M", does: "Write to the units; Alt and a digit says a phrase" },
  { key: "T", does: "Write to the caller; Tab back for questions and pictures" },
  { key: "↑ ↓", does: "Next or previous incident" },
  { key: "1 – 9", does: "Open a picture" },
  { key: "S", does: "Swap picture and map" },
  { key: "V", does: "Picture and map beside or above each other" },
  { key: "B", does: "One cover off the picture: a still, then the motion; then hide it" },
  { key: "H", does: "Hand the incident over; Enter to whoever is free" },
  { key: "A", does: "Take over what a colleague hands to you" },
  { key: "Esc", does: "Back to safety: leave the field, close this, hide the pictures" },
  { key: "?", does: "These keys" },
];

const SWITCH = "sightline.keys";

export function keysOn(): boolean {
  return kept(SWITCH) !== "off";
}

export function setKeysOn(on: boolean): void {
  keep(SWITCH, on ? "on" : "off");
}

const SINGLE: Record<string, Command["name"]> = {
  n: "new",
  l: "text",
  e: "ended",
  m: "write",
  t: "talk",
  s: "swap",
  v: "turn",
  b: "cover",
  h: "hand",
  a: "accept",
  "?": "help",
  arrowdown: "next",
  arrowup: "previous",
};

export interface Press {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key press asks for; null for nothing. `inField`: the focus is where keys mean something else. */
export function command(press: Press, inField: boolean, on: boolean): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.key === "Escape") return { name: "safe" };
  if (inField || !on) return null;
  if (/^[1-9]$/.test(press.key)) return { name: "feed", index: Number(press.key) - 1 };
  const name = SINGLE[press.key.toLowerCase()];
  return name === undefined ? null : ({ name } as Command);
}

/** Whether the focused element takes keys for itself. */
export function takesKeys(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  return (
    element.isContentEditable ||
    element.matches("input:not([type=checkbox]), select, textarea, [role=separator], [role=log]")
  );
}
