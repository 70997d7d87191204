// The check that a visitor's browser makes: is the log signed, does it contain what it had on the last visit, and
// does this page show what stands in it? Knows no page and no storage: both are given.
import { type Bytes, same, textOf, utf8 } from "./bytes.ts";
import { Changed, Entries } from "./entries.ts";
import { type Checkpoint, type Key, readCheckpoint, readKey } from "./note.ts";
import { Broken, Missing, type Read, Tree } from "./tree.ts";

const BUNDLE = 256;
const MOST_BUNDLES = 40; // of a month: some 10,000 entries, 12 MB
const AGAIN_MS = 6000; // a checkpoint may come out of a cache that keeps it for five seconds

/** What the page shows. */
export interface Shown {
  size: number;
  month: string;
  openings: number;
  entries: { index: number; type: string; fields: Map<string, string> }[];
}

/** What this browser remembers of its last visit. */
export interface Kept {
  key: string;
  checkpoint: string;
  at: string;
}

export type Why =
  | "signature"
  | "key"
  | "rollback"
  | "fork"
  | "beyond"
  | "file"
  | "entry"
  | "value"
  | "figure";

export type Verdict =
  | { state: "first" | "same"; now: Kept; counted: number | null }
  | { state: "broken"; why: Why; now: string; with: Record<string, string | number> }
  | { state: "network"; what: string };

export interface Site {
  read: Read;
  now(): string;
  wait(ms: number): Promise<void>;
  progress(done: number, of: number): void;
  mark(index: number, holds: boolean): void;
}

class No extends Error {
  readonly why: Why;
  readonly with: Record<string, string | number>;
  constructor(why: Why, more: Record<string, string | number> = {}) {
    super(why);
    this.why = why;
    this.with = more;
  }
}

export class Unreachable extends Error {}

/** All of it. What is not there may be there in a moment: it is looked for twice. */
export async function check(shown: Shown, kept: Kept | null, site: Site): Promise<Verdict> {
  const found = await once(shown, kept, site);
  if (found.state !== "network") return found;
  await site.wait(AGAIN_MS);
  return once(shown, kept, site);
}

/** In the order in which each step may be believed. */
async function once(shown: Shown, kept: Kept | null, site: Site): Promise<Verdict> {
  let raw = "";
  try {
    const text = textOf(await required(site.read, "key")).split("\n")[0] ?? "";
    const key = await readKey(text);
    const read = async (): Promise<Checkpoint> => {
      const bytes = await required(site.read, "checkpoint");
      raw = textOf(bytes);
      return signed(bytes, key);
    };
    if (kept !== null && kept.key !== text) {
      raw = textOf(await required(site.read, "checkpoint"));
      throw new No("key");
    }
    const before = kept === null ? null : await signed(utf8(kept.checkpoint), key);
    let now = await read();
    if (now.size < Math.max(shown.size, before?.size ?? 0)) {
      await site.wait(AGAIN_MS);
      now = await read();
    }
    if (before !== null && now.size < before.size)
      throw new No("rollback", { before: before.size, now: now.size });
    if (now.size < shown.size) throw new No("beyond", { before: shown.size, now: now.size });
    const tree = await Tree.open(now.size, now.root, site.read);
    if (before !== null && !same(await tree.root(before.size), before.root)) throw new No("fork");
    const entries = new Entries(tree, site.read);
    await showsWhatIsWritten(shown, entries, site);
    const counted = await counts(shown, entries, site);
    return {
      state: kept === null ? "first" : "same",
      now: { key: text, checkpoint: raw, at: site.now() },
      counted,
    };
  } catch (fault) {
    return verdict(fault, raw);
  }
}

function verdict(fault: unknown, now: string): Verdict {
  if (fault instanceof No) return { state: "broken", why: fault.why, now, with: fault.with };
  if (fault instanceof Broken) return { state: "broken", why: "file", now, with: { what: fault.path } };
  if (fault instanceof Changed) {
    return { state: "broken", why: "value", now, with: { index: fault.index, field: fault.field } };
  }
  if (fault instanceof Missing) return { state: "network", what: fault.path };
  if (fault instanceof Unreachable) return { state: "network", what: fault.message };
  throw fault;
}

async function required(read: Read, path: string): Promise<Bytes> {
  const data = await read(path);
  if (data === null) throw new Missing(path);
  return data;
}

async function signed(raw: Bytes, key: Key | null): Promise<Checkpoint> {
  const found = key === null ? null : await readCheckpoint(raw, key);
  if (found === null) throw new No("signature");
  return found;
}

/** Each entry on the page stands in the log, and each field of it was opened as it is shown. */
async function showsWhatIsWritten(shown: Shown, entries: Entries, site: Site): Promise<void> {
  let done = 0;
  for (const entry of shown.entries) {
    try {
      await stands(entry, entries);
    } catch (fault) {
      if (fault instanceof Changed) site.mark(fault.index, false);
      else if (!(fault instanceof Missing || fault instanceof Unreachable)) site.mark(entry.index, false);
      throw fault;
    }
    site.mark(entry.index, true);
    site.progress(++done, shown.entries.length);
  }
}

async function stands({ index, type, fields }: Shown["entries"][number], entries: Entries): Promise<void> {
  const held = await entries.one(index);
  if (held.type !== type) throw new No("entry", { index });
  for (const [field, value] of fields) {
    if (!held.fields.has(field)) throw new Missing(`disclosures/${Math.floor(index / BUNDLE)}.json`);
    if (held.fields.get(field) !== value) throw new Changed(index, field);
  }
}

/** This month's openings of cameras, counted in the entries themselves; null when there are too many to read. */
async function counts(shown: Shown, entries: Entries, site: Site): Promise<number | null> {
  let counted = 0;
  let read = 0;
  for (let number = Math.ceil(shown.size / BUNDLE) - 1; number >= 0; number--) {
    if (++read > MOST_BUNDLES) return null;
    const bundle = (await entries.bundle(number)).filter(({ index }) => index < shown.size);
    const months = bundle.map(({ fields }) => fields.get("hour")?.slice(0, 7) ?? "");
    counted += bundle.filter(
      ({ type, fields }, at) =>
        type === "open" && fields.get("source") === "camera" && months[at] === shown.month,
    ).length;
    site.progress(read, read + 1);
    if (months.every((month) => month !== "" && month < shown.month)) break;
  }
  if (counted !== shown.openings) throw new No("figure", { before: shown.openings, now: counted });
  return counted;
}
