// What is offered beside the picture: a photo or a clip from the phone, and how far those are that are on their way.
import { h, write } from "./dom.ts";
import type { Sharing } from "./share.ts";
import { type Upload, type UploadPhase, type Uploads, uploads } from "./uploads.ts";
import { fill, type Words } from "./words.ts";

/** By content the server takes no others; a phone that has another format then hands over one of these. */
const TAKES = "image/jpeg,image/png,image/webp,video/*";

const begun = new WeakMap<Sharing, { uploads: Uploads; changed: Set<() => void> }>();

function uploadsOf(shared: Sharing) {
  const known = begun.get(shared);
  if (known !== undefined) return known;
  const changed = new Set<() => void>();
  const tell = (): void => {
    for (const each of changed) each();
  };
  const made = {
    uploads: uploads(shared.door, tell, shared.signal),
    changed,
  };
  begun.set(shared, made);
  return made;
}

const PHASES: Record<UploadPhase, keyof Words> = {
  sending: "fileSending",
  waiting: "fileWaits",
  checking: "fileChecked",
  there: "fileThere",
  refused: "fileRefused",
  "too-large": "fileTooLarge",
};

function line(words: Words, { phase, sent, size }: Upload): string {
  return fill(words[PHASES[phase]], { percent: String(Math.floor((sent / Math.max(size, 1)) * 100)) });
}

/** Fills the slot of one sharing screen; returns what shows it anew. */
export function offer(slot: HTMLElement, shared: Sharing, words: Words): () => void {
  const { uploads: files, changed } = uploadsOf(shared);
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
    said.hidden = last === undefined;
    bar.hidden = last?.phase !== "sending";
    if (last === undefined) return;
    write(said, line(words, last));
    bar.value = (100 * last.sent) / Math.max(last.size, 1);
  };
  changed.add(update);
  const status = h("div", { role: "status" }, said);
  slot.replaceChildren(button, field, status, bar);
  update();
  return update;
}
