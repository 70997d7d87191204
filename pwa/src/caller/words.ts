// What the caller's page says. words/ holds what is needed until something is shared, more/ the rest, phrases/ what is
// asked and answered. en.json is the reference of each: its keys are the type, and a word that another language lacks is
// said in English. Placeholders stand in braces: {agency} {who} {time} {metres}.
import type more from "./more/en.json";
import type words from "./words/en.json";

/** In the page from its first byte on. */
export type Words = Readonly<Record<keyof typeof words, string>>;
/** With those that come later. */
export type AllWords = Words & Readonly<Record<keyof typeof more, string>>;

/** A sentence with something in each of its placeholders. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}
