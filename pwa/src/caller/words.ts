// What the caller's page says. words/ holds what is needed until something is shared, more/ the rest; en.json is the
// reference of each: its keys are the type, and a word that another language lacks is said in English.
// Placeholders stand in braces: {agency} {who} {time} {metres}.
import moreAr from "./more/ar.json" with { type: "json" };
import moreEn from "./more/en.json" with { type: "json" };
import moreEs from "./more/es.json" with { type: "json" };
import ar from "./words/ar.json" with { type: "json" };
import en from "./words/en.json" with { type: "json" };
import es from "./words/es.json" with { type: "json" };

export type Words = Readonly<Record<keyof typeof en | keyof typeof moreEn, string>>;

interface Language {
  name: string; // in itself
  words: Words;
  dir: "ltr" | "rtl";
}

const english = { ...en, ...moreEn };

export const LANGUAGES = {
  en: { name: "English", words: english, dir: "ltr" },
  es: { name: "Español", words: { ...english, ...es, ...moreEs }, dir: "ltr" },
  ar: { name: "العربية", words: { ...english, ...ar, ...moreAr }, dir: "rtl" },
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

/** A sentence with something in each of its placeholders. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
