// Puts one screen on the page in the caller's language, and draws it again when they choose another.

import { carried } from "./carried.ts";
import { h, icon } from "./dom.ts";
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
  clear(): void {
    try {
      sessionStorage.clear();
    } catch {
      // Nothing was kept.
    }
  },
};

/** Everything that is said in one language. */
interface Language {
  dir: string;
  words: AllWords;
  phrases: Readonly<Record<string, string>>;
  /** Every language there is by its name in itself. */
  names: Readonly<Record<string, string>>;
}

const life = new AbortController();
let code: string = memory.get(CHOICE) ?? carried.code;
let words = carried.words; // of `code` as soon as it was loaded
let all: Language | null = null; // the same with the rest
let shown: string = carried.code;
let quiet = true; // the page's title says nothing until it is known that it may
let covered = document.getElementById("cover") !== null; // what is shown is drawn once it may be seen
const hearers: ((words: AllWords) => void)[] = [];
let asked: { code: string; language: Promise<Language> } | null = null;
let current: Draw | null = null;
addEventListener("pagehide", () => life.abort());

function ask(wanted: string): Promise<Language> {
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
  const isNew = all !== language;
  all = language;
  words = language.words;
  document.documentElement.dir = language.dir;
  if (shown !== wanted || isWaiting()) {
    shown = wanted;
    render();
  }
  if (isNew) for (const hear of hearers) hear(language.words);
  return language;
}

/** Whether there is a choice of languages on the page that does not know them yet. */
function isWaiting(): boolean {
  return document.querySelector("select")?.options.length === 1;
}

function choose(next: string): void {
  code = next;
  memory.set(CHOICE, next);
  void loadWords();
}

function languages(): HTMLElement {
  const select = h(
    "select",
    {
      "aria-label": words.language,
      onchange: () => choose(select.value),
    },
    ...Object.entries(all?.names ?? { [shown]: carried.name }).map(([value, name]) =>
      h("option", { value, lang: value, selected: value === code }, name),
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
  if (page === null || current === null || covered) return;
  const screen = current(words);
  const made = elements(screen);
  document.documentElement.lang = shown;
  document.title = quiet ? words.notes : words.title;
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

/** The title may say what this page is. */
export function speakUp(): void {
  quiet = false;
  render();
}

/** Told now and whenever another language was loaded; only after `loadWords`. */
export function onWords(hear: (words: AllWords) => void): void {
  hearers.push(hear);
  if (all !== null) hear(all.words);
}

/** Shows this instead of everything, at an address that says nothing. */
export function cover(element: HTMLElement): void {
  takeOff("/n");
  covered = true;
  document.body.append(element);
  document.body.classList.add("covered");
}

/** Shows the page again, as it has become. */
export function uncover(): void {
  takeOff("/c");
  covered = false;
  document.body.classList.remove("covered");
  render();
  document.querySelector<HTMLElement>("#page h1")?.focus({ preventScroll: true });
}

function takeOff(address: string): void {
  history.replaceState(null, "", address);
  for (const old of document.querySelectorAll(".cover")) old.remove();
}

if (code !== shown) void loadWords();
