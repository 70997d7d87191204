// For whoever must not be seen sharing: the screen looks switched off, or like a page for notes, and one press leaves.
// Loaded later. Nothing here makes a sound or shakes the phone.
import { h } from "./dom.ts";
import { cover, memory, onWords, uncover } from "./frame.ts";
import { forgetAllFiles } from "./kept-files.ts";
import type { AllWords } from "./words.ts";
import "./discreet.css";

const TAPS = 3;
const TAPS_MS = 1500;
const ESC_MS = 1000;
const FORGETS_MS = 500; // a browser that takes longer is not waited for
const LEAVE_TO = "/leave"; // goes on to the agency's choice

/** Calls `done` once it happened `times` times within `within_ms`. */
function often(times: number, within_ms: number, done: () => void): () => void {
  const at: number[] = [];
  return () => {
    at.push(performance.now());
    if (at.length > times) at.shift();
    const [first = 0] = at;
    if (at.length === times && performance.now() - first <= within_ms) {
      at.length = 0;
      done();
    }
  };
}

/** A page for notes that are kept nowhere. */
function notes(words: AllWords): HTMLElement {
  return h(
    "main",
    { class: "cover notes" },
    h("h1", { tabindex: "0" }, words.notes),
    h("textarea", { "aria-label": words.notes, autocomplete: "off" }),
    h("button", { type: "button", class: "main" }, words.save),
  );
}

/** A screen that looks switched off. A reader hears no more of it than of the notes. */
function dark(words: AllWords): HTMLElement {
  return h(
    "main",
    { class: "cover dark", tabindex: "0", "aria-label": words.notes },
    h("h1", {}, words.notes),
  );
}

/** Leaves no screen, no address, no file and no way back; what was shared ends by itself. */
function leave(words: AllWords, goodbye: () => void): void {
  cover(dark(words));
  document.title = words.notes;
  memory.clear();
  goodbye();
  const late = new Promise<void>((resolve) => setTimeout(resolve, FORGETS_MS));
  void Promise.race([forgetAllFiles(), late]).then(() => location.replace(LEAVE_TO));
}

/** From now on this page can be hidden and left. `goodbye` tells the server that the caller left quickly. */
export function beDiscreet(goodbye: () => void, signal: AbortSignal): void {
  let words: AllWords | null = null;
  const hear = (element: HTMLElement): void => {
    const back = often(TAPS, TAPS_MS, uncover);
    element.addEventListener("pointerdown", back);
    element.addEventListener("keydown", ({ key, target }) => {
      const isTap = key === " " && target instanceof HTMLElement && target.tabIndex === 0;
      if (isTap && !target.matches("textarea, button")) back(); // the keyboard's
    });
  };
  const wear = (element: HTMLElement): void => {
    hear(element);
    cover(element);
    element.focus();
  };
  const worn = document.getElementById("cover");
  if (worn !== null) hear(worn); // a covert link's

  const explain = (said: AllWords): void => {
    const choice = (text: string, press: () => void): HTMLElement =>
      h("button", { type: "button", onclick: press }, text);
    const how = h(
      "main",
      { class: "cover how" },
      h("h1", { tabindex: "-1" }, said.hideHow),
      choice(said.darkScreen, () => wear(dark(said))),
      choice(said.notesPage, () => wear(notes(said))),
      choice(said.goBack, uncover),
    );
    cover(how);
    how.querySelector("h1")?.focus();
  };

  const bar = h("footer", { class: "discreet" });
  document.body.append(bar);
  document.body.classList.add("careful");
  onWords((said) => {
    words = said;
    bar.replaceChildren(
      h("button", { type: "button", onclick: () => explain(said) }, said.hide),
      h("button", { type: "button", onclick: () => leave(said, goodbye) }, said.leaveNow),
    );
  });
  const twice = often(2, ESC_MS, () => words && leave(words, goodbye));
  addEventListener("keydown", (event) => event.key === "Escape" && twice(), { signal });
}

/** What came of the button of a page for notes: they must not look kept when nothing was. */
export function answer(saved: boolean): void {
  onWords((words) => {
    const button = document.querySelector("#cover button");
    if (button !== null) button.textContent = saved ? words.saved : words.notSaved;
  });
}

/** The notes, whose button is the press that shares. */
export function disguise(words: AllWords, press: () => void): void {
  const page = notes(words);
  page.id = "cover";
  page.querySelector("button")?.addEventListener("click", press);
  cover(page);
}
