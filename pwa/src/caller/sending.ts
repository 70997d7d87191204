// What is offered beside the picture: a photo or a clip from the phone, and how far those are that are on their way.

import type { Rung } from "../wire.ts";
import { h, write } from "./dom.ts";
import type { Sharing } from "./share.ts";
import { type Upload, type UploadPhase, type Uploads, uploads } from "./uploads.ts";
import { type AllWords, fill } from "./words.ts";

/** By content the server takes no others; a phone that has another format then hands over one of these. */
const TAKES = "image/jpeg,image/png,image/webp,video/*";

interface Begun {
  files: Uploads;
  /** Shows them on the screen there is; another language is another screen. */
  changed(): void;
}

const begun = new WeakMap<Sharing, Begun>();

function uploadsOf(shared: Sharing): Begun {
  const known = begun.get(shared);
  if (known !== undefined) return known;
  const files = uploads(shared.door, () => begun.get(shared)?.changed(), shared.signal);
  const made = { files, changed: () => {} };
  begun.set(shared, made);
  return made;
}

/** Why it is no video. */
const STILLS: Partial<Record<Rung, keyof AllWords>> = { stills: "seeStills", "single-stills": "seeSingles" };
const PHASES: Record<UploadPhase, keyof AllWords> = {
  sending: "fileSending",
  waiting: "fileWaits",
  checking: "fileChecked",
  there: "fileThere",
  refused: "fileRefused",
  "too-large": "fileTooLarge",
};

function line(words: AllWords, { phase, sent, size }: Upload): string {
  return fill(words[PHASES[phase]], { percent: String(Math.floor((sent / Math.max(size, 1)) * 100)) });
}

/** Fills the slot of one sharing screen; returns what shows it anew. */
export function offer(slot: HTMLElement, shared: Sharing, words: AllWords): () => void {
  const mine = uploadsOf(shared);
  const { files } = mine;
  const said = h("p", { class: "small" });
  const bar = h("progress", { max: "100", "aria-label": words.sendFile });
  const field = h("input", {
    type: "file",
    accept: TAKES,
    multiple: true,
    hidden: true,
    "aria-label": words.sendFile,
    onchange: () => {
      files.add(field.files ?? []);
      field.value = "";
    },
  });
  const button = h("button", { type: "button", onclick: () => field.click() }, words.sendFile);

  const update = (): void => {
    const { camera } = shared.situation;
    const last = files.all.find(({ phase }) => phase !== "there") ?? files.all.at(-1);
    button.hidden =
      shared.kind === "position" || camera === "on" || camera === "asking" || camera === "paused";
    const why = STILLS[shared.rung ?? "live"];
    write(said, last !== undefined ? line(words, last) : why === undefined ? "" : words[why]);
    said.hidden = said.textContent === "";
    bar.hidden = last?.phase !== "sending";
    bar.value = last === undefined ? 0 : (100 * last.sent) / Math.max(last.size, 1);
  };
  mine.changed = update;
  const status = h("div", { role: "status" }, said);
  slot.replaceChildren(button, field, status, bar);
  update();
  return update;
}
