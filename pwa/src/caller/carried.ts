// What the page carries beside its script: one language's words, and the names of what may be loaded later.
// Written by build/caller.ts.
import type { Code } from "./languages.ts";
import type { Words } from "./words.ts";

export interface Carried {
  code: Code;
  /** The language's name in itself. */
  name: string;
  /** Those that the page itself says; the rest comes with whatever says it. */
  words: Words;
  /** Where <code>.json of each is. */
  languages: string;
  /** The files of each later part, in the order in which they are needed. */
  parts: Record<string, string[]>;
}

/** Read once; a document without it was not made by the build. */
export const carried: Carried = JSON.parse(document.getElementById("carried")?.textContent ?? "");
