// The log's tree as its tiles have it (c2sp.org/tlog-tiles over RFC 6962, section 2.1). Believed from the top
// down: the right edge for the signed root, each full tile for its hash in the tile above. What comes out of
// here is therefore in the signed log.
import { type Bytes, joined, same, sha256 } from "./bytes.ts";

const WIDTH = 256; // hashes of a full tile, leaves of a full bundle
const HEIGHT = 8;
const HASH = 32;
const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

/** A file of the log by its path, null where there is none; throws for a network that does not answer. */
export type Read = (path: string) => Promise<Bytes | null>;

/** The log's files contradict what was signed. */
export class Broken extends Error {
  readonly path: string;
  constructor(path: string) {
    super(path);
    this.path = path;
  }
}

/** A file that must be there is not. */
export class Missing extends Error {
  readonly path: string;
  constructor(path: string) {
    super(path);
    this.path = path;
  }
}

export function leafHash(leaf: Bytes): Promise<Bytes> {
  return sha256(LEAF, leaf);
}

function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(NODE, left, right);
}

/** The root over complete subtrees, largest first. */
async function rootOver(hashes: Bytes[]): Promise<Bytes> {
  let root = hashes.at(-1);
  if (root === undefined) return sha256();
  for (const left of hashes.slice(0, -1).reverse()) root = await nodeHash(left, root);
  return root;
}

/** The hash of a power of two of hashes, end to end. */
async function subtreeRoot(hashes: Bytes): Promise<Bytes> {
  let level = hashes;
  while (level.length > HASH) {
    const above: Promise<Bytes>[] = [];
    for (let at = 0; at < level.length; at += 2 * HASH) {
      above.push(sha256(NODE, level.subarray(at, at + 2 * HASH)));
    }
    level = joined(...(await Promise.all(above)));
  }
  return level;
}

/** The largest complete subtrees of the first `size` leaves, from left to right: heights and indexes. */
export function completeSubtrees(size: number): { height: number; index: number }[] {
  const found: { height: number; index: number }[] = [];
  for (let start = 0; start < size; ) {
    let height = 0;
    while (2 ** (height + 1) <= size - start) height++;
    found.push({ height, index: start / 2 ** height });
    start += 2 ** height;
  }
  return found;
}

/** Where a tile or a bundle lies: 1234067 is x001/x234/067. */
export function tilePath(level: number | "entries", number: number, width = WIDTH): string {
  const digits = String(number);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return `tile/${level}/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** The leaves of a bundle; null when it is cut short. */
export function unbundle(data: Bytes): Bytes[] | null {
  const leaves: Bytes[] = [];
  for (let at = 0; at < data.length; ) {
    const [high, low] = [data[at], data[at + 1]];
    if (high === undefined || low === undefined) return null;
    const end = at + 2 + high * 256 + low;
    if (end > data.length) return null;
    leaves.push(data.subarray(at + 2, end));
    at = end;
  }
  return leaves;
}

export class Tree {
  readonly size: number;
  readonly #read: Read;
  readonly #tiles = new Map<string, Promise<Bytes>>();
  readonly #bundles = new Map<number, Promise<Bytes[]>>();

  private constructor(size: number, read: Read) {
    this.size = size;
    this.#read = read;
  }

  /** The tree of a signed checkpoint. Throws Broken when its right edge does not lead to the root. */
  static async open(size: number, root: Bytes, read: Read): Promise<Tree> {
    const tree = new Tree(size, read);
    if (!same(await tree.root(size), root)) throw new Broken("checkpoint");
    return tree;
  }

  /** The root of the first `size` leaves. */
  async root(size: number): Promise<Bytes> {
    return rootOver(
      await Promise.all(completeSubtrees(size).map(({ height, index }) => this.#node(height, index))),
    );
  }

  /** All leaves of a bundle, each of which is in the signed log. Throws Broken and Missing. */
  leaves(number: number): Promise<Bytes[]> {
    const held = this.#bundles.get(number) ?? this.#checkedLeaves(number);
    this.#bundles.set(number, held);
    return held;
  }

  async #checkedLeaves(number: number): Promise<Bytes[]> {
    const width = Math.min(WIDTH, this.size - number * WIDTH);
    const [data, path] = await this.#file("entries", number, width);
    const leaves = unbundle(data);
    if (leaves === null || leaves.length < width) throw new Broken(path);
    const mine = leaves.slice(0, width);
    const hashes = await Promise.all(mine.map(leafHash));
    if (!same(joined(...hashes), await this.#tile(0, number))) throw new Broken(path);
    return mine;
  }

  /** The hash of a complete subtree. */
  async #node(height: number, index: number): Promise<Bytes> {
    const level = Math.floor(height / HEIGHT);
    const count = 2 ** (height % HEIGHT);
    const first = index * count;
    const tile = await this.#tile(level, Math.floor(first / WIDTH));
    const at = (first % WIDTH) * HASH;
    return subtreeRoot(tile.slice(at, at + count * HASH));
  }

  #tile(level: number, number: number): Promise<Bytes> {
    const key = `${level}/${number}`;
    const held = this.#tiles.get(key) ?? this.#checkedTile(level, number);
    this.#tiles.set(key, held);
    return held;
  }

  async #checkedTile(level: number, number: number): Promise<Bytes> {
    const hashes = Math.floor(this.size / WIDTH ** level);
    const width = Math.min(WIDTH, hashes - number * WIDTH);
    const [data, path] = await this.#file(level, number, width);
    if (data.length % HASH !== 0 || data.length < width * HASH) throw new Broken(path);
    const tile = data.slice(0, width * HASH);
    if (width === WIDTH) {
      const above = await this.#tile(level + 1, Math.floor(number / WIDTH));
      const at = (number % WIDTH) * HASH;
      if (!same(await subtreeRoot(tile), above.slice(at, at + HASH))) throw new Broken(path);
    }
    return tile;
  }

  /** A partial one may be gone; then the beginning of the full one that replaced it will do. */
  async #file(level: number | "entries", number: number, width: number): Promise<[Bytes, string]> {
    for (const path of new Set([tilePath(level, number, width), tilePath(level, number)])) {
      const data = await this.#read(path);
      if (data !== null) return [data, path];
    }
    throw new Missing(tilePath(level, number, width));
  }
}
