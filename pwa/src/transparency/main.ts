// The public page's script: it checks the page against the signed log and says what it found, in words that the
// page brings along. Without it the page is whole.
import "./style.css";
import type { Bytes } from "./bytes.ts";
import { check, type Kept, type Shown, Unreachable, type Verdict } from "./check.ts";

const MEMORY = "sightline.log";

const page = document.querySelector<HTMLElement>("#page");
const banner = document.querySelector<HTMLElement>("#check");
const said = document.querySelector<HTMLElement>("#said");
const acts = document.querySelector<HTMLElement>("#acts");
const words = document.querySelector<HTMLTemplateElement>("#words")?.content;

/** A text of this page's language, with what belongs into it. */
function word(name: string, held: Record<string, string | number> = {}): string {
  const text = words?.querySelector(`[data-said="${name}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (all, key: string) => String(held[key] ?? all));
}

function dated(at: string): string {
  const date = new Date(at);
  const month = words?.querySelector(`[data-month="${date.getMonth() + 1}"]`)?.textContent ?? "";
  return word("date", { day: date.getDate(), month, year: date.getFullYear() });
}

function fieldName(field: string): string {
  return words?.querySelector(`[data-field="${CSS.escape(field)}"]`)?.textContent ?? field;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = "",
  more: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), { textContent: text }, more);
}

function remembered(): Kept | null {
  try {
    const held = JSON.parse(localStorage.getItem(MEMORY) ?? "null") as Partial<Kept> | null;
    if (typeof held?.key !== "string" || typeof held.checkpoint !== "string") return null;
    return { key: held.key, checkpoint: held.checkpoint, at: String(held.at) };
  } catch {
    return null; // nothing kept, or storage is switched off
  }
}

function remember(kept: Kept | null): void {
  try {
    if (kept === null) localStorage.removeItem(MEMORY);
    else localStorage.setItem(MEMORY, JSON.stringify(kept));
  } catch {
    // then the next visit is a first one
  }
}

function shownBy(page: HTMLElement): Shown {
  return {
    size: Number(page.dataset.size),
    month: page.dataset.month ?? "",
    openings: Number(page.dataset.openings),
    entries: [...page.querySelectorAll<HTMLElement>("[data-index]")].map((entry) => ({
      index: Number(entry.dataset.index),
      type: entry.dataset.kind ?? "",
      fields: new Map(
        [...entry.querySelectorAll<HTMLElement>("[data-value]")].map((field) => [
          field.dataset.field ?? "",
          field.dataset.value ?? "",
        ]),
      ),
    })),
  };
}

async function read(path: string): Promise<Bytes | null> {
  const fresh = path.startsWith("tile/") ? "default" : "no-cache";
  try {
    const reply = await fetch(`/log/${path}`, { cache: fresh, credentials: "omit" });
    if (reply.status === 404) return null;
    if (!reply.ok) throw new Unreachable(path);
    return new Uint8Array(await reply.arrayBuffer());
  } catch {
    throw new Unreachable(path);
  }
}

function say(state: string, ...sentences: string[]): void {
  if (banner === null || said === null || acts === null) return;
  banner.dataset.state = state;
  said.replaceChildren(...sentences.map((sentence) => element("p", sentence)));
  acts.replaceChildren();
}

function mark(index: number, holds: boolean): void {
  const at = page?.querySelector(`[data-index="${index}"] .mark`);
  if (at === null || at === undefined) return;
  at.className = `mark ${holds ? "holds" : "fails"}`;
  at.textContent = word(holds ? "mark_ok" : "mark_bad");
}

function saved(text: string, name: string, label: string): HTMLAnchorElement {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  return element("a", label, { href: address, download: name, className: "button" });
}

function pressed(label: string, press: () => void): HTMLButtonElement {
  return element("button", label, { type: "button", onclick: press });
}

function told(found: Verdict, kept: Kept | null): void {
  const date = kept === null ? "" : dated(kept.at);
  if (found.state === "network") {
    say("wait", word("network", { what: found.what }));
    acts?.append(pressed(word("again"), () => void run()));
  } else if (found.state === "broken") {
    const more = { ...found.with, date, field: fieldName(String(found.with.field ?? "")) };
    say("bad", word("broken"), word(`by_${found.why}`, more), word("todo"));
    if (kept !== null)
      acts?.append(saved(kept.checkpoint, `checkpoint-${kept.at.slice(0, 10)}`, word("keep_then")));
    acts?.append(saved(found.now, "checkpoint-now", word("keep_now")));
    if (kept !== null) {
      const forget = (): void => {
        remember(null);
        void run();
      };
      acts?.append(pressed(word("forget"), forget));
    }
  } else {
    const counted = found.counted === null ? word("uncounted") : word("counted", { now: found.counted });
    say("ok", word(found.state, { date }), counted, ...(kept === null ? [word("come_back")] : []));
    remember(found.now);
  }
}

async function run(): Promise<void> {
  if (page === null || banner === null || page.dataset.size === "0") return;
  if (globalThis.crypto?.subtle === undefined) return say("wait", word("cannot"));
  say("busy", word("checking"));
  const bar = element("progress");
  bar.setAttribute("aria-labelledby", "check-title");
  acts?.append(bar);
  const kept = remembered();
  const found = await check(shownBy(page), kept, {
    read,
    now: () => new Date().toISOString(),
    wait: (ms) => new Promise((done) => setTimeout(done, ms)),
    progress: (done, of) => {
      bar.max = of;
      bar.value = done;
    },
    mark,
  });
  told(found, kept);
}

void run();
