// Puts one screen on the page in the caller's language, and draws it again when they choose another.

import { carried } from "./carried.ts";
import { h, icon } from "./dom.ts";
import { type Code, LANGUAGES, RIGHT_TO_LEFT } from "./languages.ts";
import { fetchPatiently } from "./patiently.ts";
import type { Screen } from "./screens.ts";
import type { AllWords, Words } from "./words.ts";

export type Draw = (words: Words) => Screen;

const CHOICE = "language";

/** The tab's own memory; nothing where the browser keeps none. */
export const memory = {
  get(name: string): string | null {
    try {
      return sessionStorage.getItem(name);
    } catch {
      return null;
    }
  },
  set(name: string, value: string | null): void {
    try {
      if (value === null) sessionStorage.removeItem(name);
      else sessionStorage.setItem(name, value);
    } catch {
      // Only comfort is lost.
    }
  },
};

/** Everything that is said in one language. */
interface Language {
  words: AllWords;
  phrases: Readonly<Record<string, string>>;
}

const life = new AbortController();
const kept = memory.get(CHOICE);
let code = carried.codes.find((each) => each === kept) ?? carried.code;
let words = carried.words; // of `code` as soon as it was loaded
let all: Language | null = null; // the same with the rest
let shown = carried.code;
let asked: { code: Code; language: Promise<Language> } | null = null;
let current: Draw | null = null;
addEventListener("pagehide", () => life.abort());

function ask(wanted: Code): Promise<Language> {
  if (asked?.code !== wanted) {
    const language = fetchPatiently(`${carried.languages}/${wanted}.json`, life.signal, JSON.parse);
    asked = { code: wanted, language };
  }
  return asked.language;
}

/** Waits, for as long as it takes, for everything that is said in the language that is read. */
export async function loadWords(): Promise<Language> {
  const wanted = code;
  const language = await ask(wanted);
  if (wanted !== code) return loadWords(); // another one was chosen meanwhile
  all = language;
  words = language.words;
  if (shown !== wanted) {
    shown = wanted;
    render();
  }
  return language;
}

function choose(next: Code): void {
  code = next;
  memory.set(CHOICE, next);
  void loadWords();
}

function languages(): HTMLElement {
  const select = h(
    "select",
    {
      "aria-label": words.language,
      onchange: () => {
        const next = carried.codes.find((each) => each === select.value);
        if (next !== undefined) choose(next);
      },
    },
    ...carried.codes.map((each) =>
      h("option", { value: each, lang: each, selected: each === code }, LANGUAGES[each]),
    ),
  );
  return h("div", { class: "language" }, icon("globe"), select);
}

function elements(screen: Screen): Element[] {
  // While sharing every row is the picture's.
  const top = screen.name === "sharing" ? [] : [h("header", {}, h("p", {}, screen.from), languages())];
  return [...top, ...screen.parts.filter((part) => part !== null)];
}

/** Another screen's elements, with the focus where it was: on the sentence, or on the choice of the language. */
function replace(page: HTMLElement, made: Element[]): void {
  const focused = document.activeElement?.localName ?? "";
  page.replaceChildren(...made);
  if (["h1", "select"].includes(focused))
    page.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
}

function render(): void {
  const page = document.getElementById("page");
  if (page === null || current === null) return;
  const screen = current(words);
  const made = elements(screen);
  document.documentElement.lang = shown;
  document.documentElement.dir = RIGHT_TO_LEFT.has(shown) ? "rtl" : "ltr";
  document.title = words.title;
  const isSame = page.dataset.screen === screen.name && page.children.length === made.length;
  page.dataset.screen = screen.name;
  if (!isSame) {
    replace(page, made);
    return;
  }
  // The same screen with more known: what did not change stays, so that no press is lost.
  for (const [index, old] of [...page.children].entries()) {
    const fresh = made[index];
    if (fresh === undefined || old.isEqualNode(fresh)) continue;
    const focused = old.contains(document.activeElement) ? (document.activeElement?.localName ?? "") : "";
    old.replaceWith(fresh);
    if (focused !== "")
      fresh.parentElement?.querySelector<HTMLElement>(focused)?.focus({ preventScroll: true });
  }
}

/** Shows a screen. A reader is taken to its first sentence when it is another screen than before. */
export function show(draw: Draw): void {
  const before = document.getElementById("page")?.dataset.screen;
  const first = current === null;
  current = draw;
  render();
  const after = document.getElementById("page")?.dataset.screen;
  if (!first && before !== after) document.querySelector("h1")?.focus({ preventScroll: true });
}

/** The same for a screen that says what was loaded later; only after `loadWords`. */
export function showAll(draw: (words: AllWords) => Screen): void {
  show(() => {
    if (all === null) throw new TypeError("shown before it was loaded");
    return draw(all.words);
  });
}

if (code !== shown) void loadWords();
