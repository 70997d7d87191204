// Which language the caller reads: the browser's first, theirs when they choose one.
// To add a language: copy words/en.ts, translate it, and add a line to LANGUAGES.
import { ar } from "./words/ar.ts";
import { en, type Words } from "./words/en.ts";
import { es } from "./words/es.ts";

interface Language {
  name: string; // in itself
  words: Words;
  dir: "ltr" | "rtl";
}

export const LANGUAGES = {
  en: { name: "English", words: en, dir: "ltr" },
  es: { name: "Español", words: es, dir: "ltr" },
  ar: { name: "العربية", words: ar, dir: "rtl" },
} satisfies Record<string, Language>;

export type Code = keyof typeof LANGUAGES;

export function isCode(code: string): code is Code {
  return code in LANGUAGES;
}

/** The first language that we have, in the reader's order. */
export function choose(wanted: readonly string[]): Code {
  for (const tag of wanted) {
    const code = tag.slice(0, 2).toLowerCase();
    if (isCode(code)) return code;
  }
  return "en";
}
