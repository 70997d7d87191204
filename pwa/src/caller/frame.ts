// Puts one screen on the page in the caller's language, and draws it again when they choose another.
import { h, icon } from "./dom.ts";
import type { Screen } from "./screens.ts";
import { type Code, choose, isCode, LANGUAGES, type Words } from "./words.ts";

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

let code: Code = choose([memory.get(CHOICE) ?? "", ...navigator.languages]);
let current: Draw | null = null;

function languages(words: Words): HTMLElement {
  const select = h(
    "select",
    {
      "aria-label": words.language,
      onchange: () => {
        if (!isCode(select.value)) return;
        code = select.value;
        memory.set(CHOICE, code);
        render();
        document.querySelector("select")?.focus();
      },
    },
    ...Object.entries(LANGUAGES).map(([value, { name }]) =>
      h("option", { value, lang: value, selected: value === code }, name),
    ),
  );
  return h("div", { class: "language" }, icon("globe"), select);
}

function elements(screen: Screen, words: Words): Element[] {
  // While sharing every row is the picture's.
  const top = screen.name === "sharing" ? [] : [h("header", {}, h("p", {}, screen.from), languages(words))];
  return [...top, ...screen.parts.filter((part) => part !== null)];
}

function render(): void {
  const page = document.getElementById("page");
  if (page === null || current === null) return;
  const { words, dir } = LANGUAGES[code];
  const screen = current(words);
  const made = elements(screen, words);
  document.documentElement.lang = code;
  document.documentElement.dir = dir;
  document.title = words.title;
  const isSame = page.dataset.screen === screen.name && page.children.length === made.length;
  page.dataset.screen = screen.name;
  if (!isSame) {
    page.replaceChildren(...made);
    return;
  }
  // The same screen with more known: what did not change stays, so that no press is lost.
  for (const [index, old] of [...page.children].entries()) {
    const fresh = made[index];
    if (fresh !== undefined && !old.isEqualNode(fresh)) old.replaceWith(fresh);
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
