// How a use in the public log reads: what of it is public, what is withheld, what is gone.
import type { LoggedUse, SealReason } from "../wire.ts";

const GONE = "erased";
const WHY_OPENED: Record<string, string> = {
  "see-scene": "to see the scene",
  "find-person": "to find a person",
  "follow-suspect": "to follow a suspect",
  "officer-safety": "for officers’ safety",
  "site-call": "the site called",
  call: "during the call",
  "": `reason ${GONE}`,
};
const SOURCES: Record<string, string> = {
  caller: "The caller’s picture",
  camera: "A camera",
  "body-worn": "A body-worn camera",
  dash: "A dash camera",
  officer: "An officer’s phone",
  drone: "A drone",
  thermal: "A drone’s thermal camera",
  "": `Source ${GONE}`,
};
const WHY_SEALED: Record<SealReason, string> = {
  investigation: "an open investigation",
  court: "a court’s order",
  safety: "somebody’s safety",
};
const PARTS: readonly (readonly [string, string])[] = [
  ["camera", "place"],
  ["officer", "person"],
  ["words", "answer"],
  ["category", "everything else"],
];

export function categoryWord({ category }: Pick<LoggedUse, "category">): string {
  return category === "" ? `Kind ${GONE}` : category;
}

export function whyWord({ reason }: Pick<LoggedUse, "reason">): string {
  return WHY_OPENED[reason] ?? reason;
}

export function sourceWord({ source }: Pick<LoggedUse, "source">): string {
  return SOURCES[source] ?? source;
}

/** "The rest becomes public on 30 November, 3:00". */
export function publicWords(use: LoggedUse): string {
  if (use.seal !== null) {
    const last = new Date(`${use.seal.last_day}T12:00`).toLocaleDateString(undefined, { dateStyle: "long" });
    return `Sealed until the end of ${last} for ${WHY_SEALED[use.seal.why]}, by ${use.seal.by}`;
  }
  if (!use.published) return "Not public yet: the next checkpoint publishes it";
  if (use.complete) return "All of it is public that ever will be";
  if (use.opens_at === null) return "The first part is public; the rest waits for the incident’s end";
  const when = new Date(use.opens_at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  return `The first part is public; the rest follows after ${when}`;
}

/** Which parts are gone, as they are chosen when erasing. */
export function erasedWords({ erased }: Pick<LoggedUse, "erased">): string {
  const parts = PARTS.filter(([field]) => erased.includes(field)).map(([, word]) => word);
  return parts.length === 0 ? "" : `Erased: ${parts.join(", ")}`;
}
