// What is opened of the log's entries, each field held against what its leaf committed to.
import { type Bytes, fromBase64, same, textOf } from "./bytes.ts";
import { commitment } from "./note.ts";
import { Broken, Missing, type Read, type Tree } from "./tree.ts";

const BUNDLE = 256;
const SALT = 16;

export interface Opened {
  index: number;
  type: string;
  fields: Map<string, string>;
}

/** An entry says something else than what was written down. */
export class Changed extends Error {
  readonly index: number;
  readonly field: string;
  constructor(index: number, field: string) {
    super(`entry ${index}: ${field}`);
    this.index = index;
    this.field = field;
  }
}

type Listed = Record<string, [string, string]>;

/** Reads bundles and their disclosure files; each once. */
export class Entries {
  readonly #tree: Tree;
  readonly #read: Read;
  readonly #held = new Map<number, Promise<Opened[]>>();

  constructor(tree: Tree, read: Read) {
    this.#tree = tree;
    this.#read = read;
  }

  /** All entries of a bundle, checked. Throws Changed, Broken, Missing. */
  bundle(number: number): Promise<Opened[]> {
    const held = this.#held.get(number) ?? this.#checked(number);
    this.#held.set(number, held);
    return held;
  }

  async one(index: number): Promise<Opened> {
    const found = (await this.bundle(Math.floor(index / BUNDLE)))[index % BUNDLE];
    if (found === undefined) throw new Missing(`entry ${index}`);
    return found;
  }

  async #checked(number: number): Promise<Opened[]> {
    const [leaves, listed] = await Promise.all([this.#tree.leaves(number), this.#listed(number)]);
    return Promise.all(
      leaves.map((leaf, at) => opened(number * BUNDLE + at, leaf, listed.get(number * BUNDLE + at) ?? {})),
    );
  }

  async #listed(number: number): Promise<Map<number, Listed>> {
    const path = `disclosures/${number}.json`;
    const data = await this.#read(path);
    if (data === null) throw new Missing(path);
    try {
      const { entries } = JSON.parse(textOf(data)) as { entries: { index: number; fields: Listed }[] };
      return new Map(entries.map(({ index, fields }) => [index, fields]));
    } catch {
      throw new Broken(path);
    }
  }
}

async function opened(index: number, leaf: Bytes, listed: Listed): Promise<Opened> {
  const { type, c } = committed(leaf);
  const fields = new Map<string, string>();
  await Promise.all(
    Object.entries(listed).map(async ([field, [value, encoded]]) => {
      const salt = fromBase64(encoded);
      const known = fromBase64(Object.hasOwn(c, field) ? (c[field] ?? "") : "");
      if (salt?.length !== SALT || known === null || !same(await commitment(field, salt, value), known)) {
        throw new Changed(index, field);
      }
      fields.set(field, value);
    }),
  );
  return { index, type, fields };
}

/** A leaf that is none of ours commits to nothing. */
function committed(leaf: Bytes): { type: string; c: Record<string, string> } {
  try {
    const held = JSON.parse(textOf(leaf)) as { type?: unknown; c?: unknown };
    const c = typeof held.c === "object" && held.c !== null ? (held.c as Record<string, string>) : {};
    return { type: String(held.type), c };
  } catch {
    return { type: "", c: {} };
  }
}
