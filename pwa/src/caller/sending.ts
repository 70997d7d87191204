// What is offered beside the picture: a photo or a clip from the phone, and how far those are that are on their way.

import type { LinkKind, Rung } from "../wire.ts";
import { h, write } from "./dom.ts";
import type { Situation } from "./saying.ts";
import { type Upload, type UploadPhase, type UploadsFor, uploads } from "./uploads.ts";
import { type AllWords, fill } from "./words.ts";

/** By content the server takes no others; a phone that has another format then hands over one of these. */
const TAKES = "image/jpeg,image/png,image/webp,video/*";

const UNANSWERED_MS = 8000; // a question about the camera that stays so long is not waited for

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

export interface SendingFor extends Omit<UploadsFor, "onChange"> {
  kind: LinkKind;
  situation: Readonly<Situation>;
  rung(): Rung;
  words: AllWords;
}

/** Returns what shows it anew on the sharing screen that there is. */
export function offered({ kind, situation, rung, words, ...mine }: SendingFor): () => void {
  let shown: (() => void) | null = null;
  let slot: HTMLElement | null = null;
  let askedAt: number | null = null;
  const files = uploads({ ...mine, onChange: () => shown?.() });

  /** The question about the camera is new, and may be answered. */
  const awaited = (): boolean => {
    askedAt = situation.camera === "asking" ? (askedAt ?? performance.now()) : null;
    return askedAt !== null && performance.now() - askedAt < UNANSWERED_MS;
  };

  const fillSlot = (slot: HTMLElement): (() => void) => {
    const said = h("p", { class: "small" });
    const bar = h("progress", { max: "100", "aria-label": words.sendFile });
    const field = h("input", {
      type: "file",
      accept: TAKES,
      multiple: true,
      hidden: true,
      "aria-label": words.sendFile,
      onchange: () => {
        files.add([...(field.files ?? [])]); // the field's own list is empty a moment later
        field.value = "";
      },
    });
    const button = h("button", { type: "button", onclick: () => field.click() }, words.sendFile);
    button.classList.toggle("main", kind === "upload"); // it is what the link is for
    slot.replaceChildren(button, field, h("div", { role: "status" }, said), bar);
    return () => {
      const { camera } = situation;
      const last = files.all.find(({ phase }) => phase !== "there") ?? files.all.at(-1);
      const why = STILLS[rung()];
      write(said, last !== undefined ? line(words, last) : why === undefined ? "" : words[why]);
      button.hidden = kind === "position" || camera === "on" || camera === "paused" || awaited();
      bar.hidden = last?.phase !== "sending";
      bar.value = last === undefined ? 0 : (100 * last.sent) / Math.max(last.size, 1);
      slot.hidden = button.hidden && said.textContent === "";
    };
  };

  return () => {
    const there = document.querySelector<HTMLElement>(".files");
    if (there !== slot) {
      slot = there;
      shown = there === null ? null : fillSlot(there);
    }
    shown?.();
  };
}
