// The screen after the end: what was shared with whom, and what is kept of it. Loaded later.
import type { CallerReceipt, ReceiptFile, Viewer } from "../wire.ts";
import { h } from "./dom.ts";
import { type Button, button, from, headline, type Screen, space } from "./screens.ts";
import type { Summary } from "./share.ts";
import { duration, keptLines, sharedLines, whomToAsk } from "./told.ts";
import { type AllWords, fill } from "./words.ts";

export interface EndedFor {
  agency: string;
  sentence: string;
  /** null where another page, or this one before, had shared. */
  summary: Summary | null;
  /** null while it is asked for, and where there is none. */
  receipt: CallerReceipt | null;
  again: Button | null;
}

const ROLES = ["dispatcher", "officer", "supervisor"] as const;

function viewerLine(words: AllWords, { role, seconds, watching }: Viewer): string {
  const who = named(words, role);
  if (watching) return fill(words.watchesStill, { who });
  // How long is told a moment later.
  return seconds ? fill(words.watched, { who, time: duration(Math.round(seconds)) }) : who;
}

function named(words: AllWords, role: string | null): string {
  return words[ROLES.find((each) => each === role) ?? "somebody"];
}

/** Who saw the picture, and who looked at what was sent, by role; in place of what this page can only suppose. */
function viewerLines(words: AllWords, agency: string, receipt: CallerReceipt | null): string[] {
  const lines = (receipt?.viewers ?? []).map((viewer) => viewerLine(words, viewer));
  if (receipt?.live && !receipt.sealed && lines.length === 0) lines.push(words.nobodySaw);
  for (const { role } of receipt?.lookers ?? [])
    lines.push(fill(words.lookedAt, { who: named(words, role) }));
  if (receipt?.sealed) lines.push(words.sealed);
  return lines.length > 0 ? lines : [fill(words.withThem, { agency })];
}

function save(file: ReceiptFile): void {
  const href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: "application/json" }));
  h("a", { href, download: "sightline-receipt.json" }).click();
}

/** The proof, or from when on there is one. */
function proof(words: AllWords, { file, provable_at }: CallerReceipt): HTMLElement | null {
  if (file) return button({ words: words.saveProof, press: () => save(file) }, false);
  if (provable_at === null) return null;
  const time = new Date(provable_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return h("p", { class: "small" }, fill(words.provableFrom, { time }));
}

export function ended(words: AllWords, { agency, sentence, summary, receipt, again }: EndedFor): Screen {
  const shared = sharedLines(words, summary, receipt);
  const ask = whomToAsk(receipt);
  const about = (term: string, ...lines: string[]): HTMLElement =>
    h("div", {}, h("dt", {}, term), ...lines.map((line) => h("dd", {}, line)));
  const facts =
    summary && shared.length === 0
      ? [about(words.whatTheySaw, words.sawNothing)]
      : [
          shared.length > 0 ? about(words.whatTheySaw, ...shared) : null,
          about(receipt ? words.whoSaw : words.withWhom, ...viewerLines(words, agency, receipt)),
          about(words.whatIsKept, ...keptLines(words, agency, receipt, document.documentElement.lang)),
          ask.length > 0 ? about(words.askWhom, ...ask) : null,
        ];
  return {
    name: "ended",
    from: from(agency, words),
    parts: [
      headline(sentence),
      h("dl", {}, ...facts.filter((fact) => fact !== null)),
      space(),
      receipt && receipt.viewers.length + receipt.lookers.length > 0 ? proof(words, receipt) : null,
      h("p", {}, words.mayClose),
      again && button(again),
    ],
  };
}
