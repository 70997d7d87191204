// The public page's check, without a browser: a log of our own making, and every way in which it could lie.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type Bytes, base64, fromBase64, joined, sha256, utf8 } from "../../pwa/src/transparency/bytes.ts";
import { check, type Kept, type Shown, type Site, Unreachable } from "../../pwa/src/transparency/check.ts";
import { commitment, readCheckpoint, readKey } from "../../pwa/src/transparency/note.ts";
import { Broken, leafHash, tilePath, Tree, unbundle } from "../../pwa/src/transparency/tree.ts";

interface Vectors {
  key: string;
  checkpoint: string;
  paths: Record<string, string>;
  partial: string;
  roots: Record<string, string>;
  leaf: string;
  opened: Record<string, [string, string]>;
}

const vectors = JSON.parse(
  readFileSync(new URL("./log.vectors.json", import.meta.url), "utf8"),
) as Vectors;

/** As backend/tlog's tests make them (tests/tlog/trees.py). */
const plain = (index: number): Bytes => utf8(`entry ${index} ${".".repeat(index % 7)}`);

/** A log's files at some size, made here from its leaves. */
async function filesOf(size: number, leafAt: (index: number) => Bytes): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  const put = (level: number | "entries", parts: Bytes[]): void => {
    for (let number = 0; number * 256 < parts.length; number++) {
      const some = parts.slice(number * 256, number * 256 + 256);
      files.set(tilePath(level, number, some.length), joined(...some));
    }
  };
  const leaves = Array.from({ length: size }, (_, index) => leafAt(index));
  put(
    "entries",
    leaves.map((leaf) => joined(new Uint8Array([leaf.length >> 8, leaf.length & 255]), leaf)),
  );
  let hashes = await Promise.all(leaves.map(leafHash));
  for (let level = 0; hashes.length > 0; level++) {
    put(level, hashes);
    const above: Bytes[] = [];
    for (let number = 0; (number + 1) * 256 <= hashes.length; number++) {
      let row = hashes.slice(number * 256, number * 256 + 256);
      while (row.length > 1) {
        const pairs = row.filter((_, at) => at % 2 === 0).map((left, at) => [left, row[at * 2 + 1]] as const);
        row = await Promise.all(
          pairs.map(([left, right]) => sha256(new Uint8Array([1]), left, right ?? left)),
        );
      }
      above.push(...row);
    }
    hashes = above;
  }
  return files;
}

const reading = (files: Map<string, Bytes>) => async (path: string) => files.get(path) ?? null;

test("roots are those that the log itself computes, at every kind of size", async () => {
  const sizes = Object.keys(vectors.roots).map(Number);
  const files = await filesOf(Math.max(...sizes), plain);
  for (const size of sizes) {
    const some = size === Math.max(...sizes) ? files : await filesOf(size, plain);
    const tree = await Tree.open(size, fromBase64(vectors.roots[size] ?? "") ?? utf8(""), reading(some));
    for (const older of sizes.filter((each) => each <= size)) {
      assert.equal(base64(await tree.root(older)), vectors.roots[older], `${older} of ${size}`);
    }
  }
});

test("paths are those of the format", () => {
  for (const [number, path] of Object.entries(vectors.paths)) {
    assert.equal(tilePath(0, Number(number)), path);
  }
  assert.equal(tilePath(2, 1234067, 9), vectors.partial);
});

test("a bundle that is cut short has no leaves", () => {
  assert.deepEqual(unbundle(new Uint8Array([0, 1, 7])), [new Uint8Array([7])]);
  assert.equal(unbundle(new Uint8Array([0, 2, 7])), null);
  assert.equal(unbundle(new Uint8Array([0])), null);
});

test("every tile and bundle that is read must follow from the root", async () => {
  const files = await filesOf(700, plain);
  const root = fromBase64(vectors.roots[700] ?? "") ?? utf8("");
  for (const [path, data] of files) {
    const hurt = new Map(files).set(path, data.slice());
    const changed = hurt.get(path);
    if (changed !== undefined) changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const readAll = async (): Promise<void> => {
      const tree = await Tree.open(700, root, reading(hurt));
      for (let number = 0; number < 3; number++) await tree.leaves(number);
    };
    await assert.rejects(readAll, Broken, path);
  }
});

test("a checkpoint is believed for its signature alone", async () => {
  const key = await readKey(vectors.key);
  assert.ok(key);
  const signed = await readCheckpoint(utf8(vectors.checkpoint), key);
  assert.equal(signed?.size, 7);
  assert.equal(base64(signed?.root ?? utf8("")), vectors.roots[7]);
  for (const lie of [
    vectors.checkpoint.replace("\n7\n", "\n8\n"),
    vectors.checkpoint.replace("TWAY", "TWAX"),
    vectors.checkpoint.replace("log.example.gov/sightline\n7", "log.example.gov/other\n7"),
    vectors.checkpoint.slice(0, -1),
    vectors.checkpoint.replace("— log.example.gov", "— log.example.com"),
    "",
  ]) {
    assert.equal(await readCheckpoint(utf8(lie), key), null, lie);
  }
  assert.equal(await readCheckpoint(new Uint8Array([255, 10, 10, 10]), key), null);
});

test("a browser without Ed25519 of its own comes to the same answer", async (t) => {
  t.mock.method(crypto.subtle, "importKey", () => Promise.reject(new DOMException("no", "NotSupportedError")));
  const key = await readKey(vectors.key);
  assert.ok(key);
  assert.equal((await readCheckpoint(utf8(vectors.checkpoint), key))?.size, 7);
  assert.equal(await readCheckpoint(utf8(vectors.checkpoint.replace("\n7\n", "\n8\n")), key), null);
});

test("a key whose id is not its own is no key", async () => {
  assert.equal(await readKey(vectors.key.replace("4d6018c5", "4d6018c6")), null);
  assert.equal(await readKey("log+00000000+AAAA"), null);
  assert.equal(await readKey(""), null);
});

test("an opened field hashes to what its leaf committed to", async () => {
  const { c } = JSON.parse(vectors.leaf) as { c: Record<string, string> };
  for (const [name, [value, salt]] of Object.entries(vectors.opened)) {
    const hashed = await commitment(name, fromBase64(salt) ?? utf8(""), value);
    assert.equal(base64(hashed), c[name]);
    assert.notEqual(base64(await commitment(name, fromBase64(salt) ?? utf8(""), `${value}.`)), c[name]);
  }
});

test("base64 has one spelling", () => {
  assert.deepEqual(fromBase64("AQ=="), new Uint8Array([1]));
  for (const text of ["AR==", "AQ", "A Q==", "_w==", "%"]) assert.equal(fromBase64(text), null);
});

// A whole log of openings, and a page that shows its end.

const OPENINGS = 300;
const salt = base64(new Uint8Array(16).fill(7));

function valuesOf(index: number): Record<string, string> {
  const hour = index < 280 ? "2026-10-31T23" : "2026-11-01T00";
  return { hour, source: index % 2 === 0 ? "camera" : "caller", category: "Fire" };
}

async function leafOf(index: number, values: Record<string, string>): Promise<Bytes> {
  const c: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    c[name] = base64(await commitment(name, fromBase64(salt) ?? utf8(""), value));
  }
  return utf8(JSON.stringify({ v: 1, type: index % 3 === 0 ? "open" : "end", c }));
}

interface Log {
  files: Map<string, Bytes>;
  key: string;
  pair: CryptoKeyPair;
}

async function vkey(pair: CryptoKeyPair): Promise<string> {
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const data = joined(new Uint8Array([1]), raw);
  const id = (await sha256(utf8("a.log\n"), data)).slice(0, 4);
  return `a.log+${Buffer.from(id).toString("hex")}+${base64(data)}`;
}

async function sign(root: Bytes, size: number, { key, pair }: Pick<Log, "key" | "pair">): Promise<Bytes> {
  const text = `a.log\n${size}\n${base64(root)}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, utf8(text)));
  const id = new Uint8Array(Buffer.from(key.split("+")[1] ?? "", "hex"));
  return utf8(`${text}\n— a.log ${base64(joined(id, signature))}\n`);
}

async function logOf(size: number, keyOf?: Log, change: Record<number, string> = {}): Promise<Log> {
  const pair =
    keyOf?.pair ?? ((await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair);
  const key = keyOf?.key ?? (await vkey(pair));
  const values = Array.from({ length: size }, (_, index) => {
    const held = valuesOf(index);
    return change[index] === undefined ? held : { ...held, category: change[index] };
  });
  const leaves = await Promise.all(values.map((held, index) => leafOf(index, held)));
  const files = await filesOf(size, (index) => leaves[index] ?? utf8(""));
  for (let number = 0; number * 256 < size; number++) {
    const entries = values.slice(number * 256, number * 256 + 256).map((held, at) => ({
      index: number * 256 + at,
      fields: Object.fromEntries(Object.entries(held).map(([name, value]) => [name, [value, salt]])),
    }));
    files.set(`disclosures/${number}.json`, utf8(JSON.stringify({ v: 1, first: number * 256, entries })));
  }
  const root = await rootOf(leaves);
  files.set("checkpoint", await sign(root, size, { key, pair }));
  files.set("key", utf8(`${key}\n`));
  return { files, key, pair };
}

/** RFC 6962's own recursion, which shares nothing with the tree. */
async function rootOf(leaves: Bytes[]): Promise<Bytes> {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(new Uint8Array([0]), first);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(
    new Uint8Array([1]),
    await rootOf(leaves.slice(0, split)),
    await rootOf(leaves.slice(split)),
  );
}

function shownOf(size: number): Shown {
  const indexes = [size - 1, size - 2, size - 3];
  const all = Array.from({ length: size }, (_, index) => index);
  return {
    size,
    month: "2026-11",
    openings: all.filter((index) => index >= 280 && index % 6 === 0).length,
    entries: indexes.map((index) => ({
      index,
      type: index % 3 === 0 ? "open" : "end",
      fields: new Map(Object.entries(valuesOf(index))),
    })),
  };
}

function siteOf({ files }: Pick<Log, "files">): Site & { marks: Map<number, boolean>; waits: number } {
  const site = {
    marks: new Map<number, boolean>(),
    waits: 0,
    read: reading(files),
    now: () => "2026-11-27T03:00:00.000Z",
    wait: async () => {
      site.waits++;
    },
    progress: () => {},
    mark: (index: number, holds: boolean) => {
      site.marks.set(index, holds);
    },
  };
  return site;
}

const keptOf = (log: Log): Kept => ({
  key: log.key,
  checkpoint: Buffer.from(log.files.get("checkpoint") ?? "").toString(),
  at: "2026-11-20T03:00:00.000Z",
});

test("a page that shows what stands in the log is verified, and its figure is counted again", async () => {
  const log = await logOf(OPENINGS);
  const site = siteOf(log);
  const found = await check(shownOf(OPENINGS), null, site);
  assert.deepEqual(found, {
    state: "first",
    now: { ...keptOf(log), at: site.now() },
    counted: shownOf(OPENINGS).openings,
  });
  assert.deepEqual([...site.marks.values()], [true, true, true]);
});

test("a second visit finds everything that the first one had", async () => {
  const before = await logOf(290);
  const log = await logOf(OPENINGS, before);
  const found = await check(shownOf(OPENINGS), keptOf(before), siteOf(log));
  assert.equal(found.state, "same");
  const again = await check(shownOf(OPENINGS), keptOf(log), siteOf(log));
  assert.equal(again.state, "same");
});

async function why(shown: Shown, kept: Kept | null, log: Pick<Log, "files">): Promise<string> {
  const found = await check(shown, kept, siteOf(log));
  return found.state === "broken" ? found.why : found.state;
}

test("each lie is found and named", async () => {
  const log = await logOf(OPENINGS);
  const shown = shownOf(OPENINGS);
  const kept = keptOf(log);
  const other = await logOf(OPENINGS);
  const { files } = other;
  assert.equal(await why(shown, kept, other), "key", "another key");
  const forged = new Map(log.files).set("checkpoint", files.get("checkpoint") ?? utf8(""));
  assert.equal(await why(shown, null, { files: forged }), "signature", "not signed by its key");
  assert.equal(await why(shownOf(290), kept, await logOf(290, log)), "rollback", "cut short");
  assert.equal(await why(shown, null, await logOf(290, log)), "beyond", "the page shows more than is signed");
  assert.equal(await why(shown, kept, await logOf(OPENINGS, log, { 3: "Medical" })), "fork", "rewritten");
  assert.equal(await why(shownOf(320), kept, await logOf(320, log, { 3: "Medical" })), "fork", "and grown");
  assert.equal(await why({ ...shown, openings: shown.openings - 1 }, null, log), "figure");
  const [entry] = shown.entries;
  assert.ok(entry);
  const said = { ...entry, fields: new Map(entry.fields).set("category", "Medical") };
  assert.equal(await why({ ...shown, entries: [said] }, null, log), "value", "the page says something else");
  assert.equal(await why({ ...shown, entries: [{ ...entry, type: "seal" }] }, null, log), "entry");
});

test("a disclosed value that was changed is found in its entry", async () => {
  const log = await logOf(OPENINGS);
  const text = Buffer.from(log.files.get("disclosures/1.json") ?? "").toString();
  log.files.set("disclosures/1.json", utf8(text.replace(/"Fire"(?!.*"Fire")/, '"Flood"')));
  const site = siteOf(log);
  const found = await check(shownOf(OPENINGS), null, site);
  assert.deepEqual(found.state === "broken" && [found.why, found.with], ["value", { index: 299, field: "category" }]);
  assert.equal(site.marks.get(299), false);
});

test("a file that was changed is named", async () => {
  const log = await logOf(OPENINGS);
  const path = "tile/entries/001.p/44";
  const hurt = log.files.get(path)?.slice() ?? utf8("");
  hurt[40] = (hurt[40] ?? 0) ^ 1;
  log.files.set(path, hurt);
  const found = await check(shownOf(OPENINGS), null, siteOf(log));
  assert.deepEqual(found.state === "broken" && [found.why, found.with], ["file", { what: path }]);
});

test("a checkpoint that comes late out of a cache is waited for once", async () => {
  const [old, log] = [await logOf(290), await logOf(OPENINGS)];
  const site = siteOf(log);
  const late = old.files.get("checkpoint");
  assert.ok(late);
  const signed = await sign(await rootOf(await leavesOf(290)), 290, log);
  const read = site.read;
  site.read = async (path) => (path === "checkpoint" && site.waits === 0 ? signed : read(path));
  assert.equal((await check(shownOf(OPENINGS), null, site)).state, "first");
  assert.equal(site.waits, 1);
});

const leavesOf = (size: number): Promise<Bytes[]> =>
  Promise.all(Array.from({ length: size }, (_, index) => leafOf(index, valuesOf(index))));

test("what does not load is no lie, and is tried again", async () => {
  const log = await logOf(OPENINGS);
  const site = siteOf(log);
  const read = site.read;
  site.read = (path) => {
    if (path === "disclosures/1.json" && site.waits === 0) return Promise.resolve(null);
    return read(path);
  };
  assert.equal((await check(shownOf(OPENINGS), null, site)).state, "first");
  site.read = () => Promise.reject(new Unreachable("key"));
  assert.deepEqual(await check(shownOf(OPENINGS), null, site), { state: "network", what: "key" });
  log.files.delete("tile/0/001.p/44");
  assert.equal((await check(shownOf(OPENINGS), null, siteOf(log))).state, "network");
});
