#!/usr/bin/env node
// An independent reader of the log: written from the published formats alone, with nothing but Node's own
// library, and sharing no code, table or constant with the service. It is told to trust a key, and nothing else.
//
//   c2sp.org/signed-note, tlog-checkpoint, tlog-tiles, tlog-proof, tlog-cosignature; RFC 6962 section 2.1
//
//   reader.mjs log KEY DIR [--remember FILE]     the whole log; remembers its checkpoint, refuses an older or other one
//   reader.mjs proof KEY PROOF-FILE LEAF-FILE    one entry, offline
//   reader.mjs disclosures KEY DIR               the whole log, and every field that is opened in disclosures/
//   reader.mjs receipt KEY FILE                  a receipt: each entry's proof, and each field's commitment (docs/log.md)
//   reader.mjs grown KEY OLDER NEWER PROOF-FILE  two checkpoints and the hashes between them, one base64 a line
//   … --witness KEY [--quorum N]                 cosignatures that are asked for
//
// The last line is JSON: {"ok":true,"size":…,"root":…} or {"ok":false,"why":…}; the exit code is 0 or 1.

import { createHash, createPublicKey, verify as ed25519 } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

class Bad extends Error {}

const refuse = (why) => {
  throw new Bad(why);
};

// --- RFC 6962, section 2.1 ---

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);
const leafHash = (leaf) => sha256(LEAF, leaf);
const nodeHash = (left, right) => sha256(NODE, left, right);

/** MTH over hashes: the largest power of two that is smaller goes to the left. */
const treeHash = (hashes) => {
  if (hashes.length === 0) return sha256();
  // Level by level; an odd one out rises as it is, which is the same tree.
  let level = hashes;
  while (level.length > 1) {
    const next = [];
    for (let at = 0; at + 1 < level.length; at += 2) next.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) next.push(level[level.length - 1]);
    level = next;
  }
  return level[0];
};

/** k of the RFC: the largest power of two that is smaller than n. */
const split = (n) => {
  let k = 1n;
  while (k * 2n < n) k *= 2n;
  return k;
};

/** The root that an inclusion proof leads to, by the recursion of section 2.1.1 read backwards. */
const includedRoot = (index, size, hash, path) => {
  if (size === 1n) return path.length === 0 ? hash : refuse("the inclusion proof is too long");
  if (path.length === 0) refuse("the inclusion proof is too short");
  const k = split(size);
  const [rest, last] = [path.slice(0, -1), path[path.length - 1]];
  return index < k
    ? nodeHash(includedRoot(index, k, hash, rest), last)
    : nodeHash(last, includedRoot(index - k, size - k, hash, rest));
};

/** Both roots that a consistency proof leads to, by SUBPROOF of section 2.1.2 read backwards. */
const grownRoots = (older, newer, known, path, whole) => {
  if (older === newer) {
    if (whole) return path.length === 0 ? [known, known] : refuse("the consistency proof is too long");
    return path.length === 1 ? [path[0], path[0]] : refuse("the consistency proof has another length");
  }
  if (path.length === 0) refuse("the consistency proof is too short");
  const k = split(newer);
  const [rest, last] = [path.slice(0, -1), path[path.length - 1]];
  if (older <= k) {
    const [old, now] = grownRoots(older, k, known, rest, whole);
    return [old, nodeHash(now, last)];
  }
  const [old, now] = grownRoots(older - k, newer - k, known, rest, false);
  return [nodeHash(last, old), nodeHash(last, now)];
};

// --- signed-note ---

const base64 = (text, what, length) => {
  const data = Buffer.from(text, "base64");
  if (data.toString("base64") !== text) refuse(`${what}: not base64`);
  if (length !== undefined && data.length !== length) refuse(`${what}: ${data.length} bytes instead of ${length}`);
  return data;
};

const text = (bytes, what) => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(`${what}: not UTF-8`);
  }
};

const ED25519 = 1;
const COSIGNATURE = 4;

const readKey = (vkey) => {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey) ?? refuse("the key is not name+id+base64");
  const data = base64(encoded, "the key", 33);
  if (data[0] !== ED25519 && data[0] !== COSIGNATURE) refuse("the key's type is unknown");
  const expected = sha256(Buffer.from(name), Buffer.from("\n"), data).subarray(0, 4);
  if (expected.toString("hex") !== id) refuse("the key's id does not belong to it");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), data.subarray(1)]);
  return { name, id: expected, type: data[0], key: createPublicKey({ key: spki, format: "der", type: "spki" }) };
};

const readNote = (bytes) => {
  const whole = text(bytes, "the note");
  if (/[\u0000-\u0009\u000b-\u001f]/u.test(whole)) refuse("the note holds control characters");
  const at = whole.lastIndexOf("\n\n");
  if (at < 0 || !whole.endsWith("\n")) refuse("the note has no signatures");
  const lines = whole.slice(at + 2, -1).split("\n");
  const signatures = lines.map((line) => {
    const [, name, encoded] = /^\u2014 ([^\s+]+) (\S+)$/u.exec(line) ?? refuse("a signature line is malformed");
    const data = base64(encoded, "a signature");
    if (data.length < 5) refuse("a signature is too short");
    return { name, id: data.subarray(0, 4), data: data.subarray(4) };
  });
  return { body: whole.slice(0, at + 1), signatures };
};

const signedBy = (note, key) => {
  const mine = note.signatures.filter((each) => each.name === key.name && each.id.equals(key.id));
  for (const { data } of mine) {
    let message = note.body;
    let signature = data;
    if (key.type === COSIGNATURE) {
      if (data.length !== 72) refuse(`the cosignature of ${key.name} has another length`);
      message = `cosignature/v1\ntime ${data.readBigUInt64BE(0)}\n${note.body}`;
      signature = data.subarray(8);
    }
    if (!ed25519(null, Buffer.from(message), key.key, signature)) refuse(`the signature of ${key.name} does not hold`);
  }
  return mine.length > 0;
};

// --- tlog-checkpoint ---

const readCheckpoint = (bytes, trust) => {
  const note = readNote(bytes);
  if (!signedBy(note, trust.log)) refuse(`${trust.log.name} did not sign the checkpoint`);
  const seen = trust.witnesses.filter((each) => signedBy(note, each)).length;
  if (seen < trust.quorum) refuse(`${seen} witnesses signed instead of ${trust.quorum}`);
  const known = [trust.log, ...trust.witnesses];
  if (trust.only && note.signatures.some((each) => !known.some((key) => key.name === each.name && key.id.equals(each.id))))
    refuse("somebody signed whose key is not named");
  const [origin, size, root, ...more] = note.body.slice(0, -1).split("\n");
  if (origin !== trust.log.name) refuse(`the checkpoint is of ${origin}`);
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size ?? "")) refuse("the checkpoint's size is malformed");
  if (more.includes("")) refuse("the checkpoint has an empty line");
  return { size: BigInt(size), root: base64(root ?? "", "the checkpoint's root", 32) };
};

// --- tlog-tiles ---

const tilePath = (level, number, width) => {
  const digits = String(number).padStart(Math.ceil(String(number).length / 3) * 3, "0");
  const groups = digits.match(/.../g).map((group, at, all) => (at < all.length - 1 ? `x${group}` : group));
  return `tile/${level}/${groups.join("/")}${width === 256 ? "" : `.p/${width}`}`;
};

const openTile = (dir, level, number, width) => {
  for (const wide of new Set([width, 256])) {
    const path = join(dir, tilePath(level, number, wide));
    if (existsSync(path)) return { path: tilePath(level, number, wide), bytes: readFileSync(path), wide };
  }
  return refuse(`${tilePath(level, number, width)} is missing`);
};

const hashesOf = ({ path, bytes, wide }) => {
  if (bytes.length !== wide * 32) refuse(`${path}: ${bytes.length} bytes instead of ${wide * 32}`);
  return Array.from({ length: wide }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
};

const entriesOf = ({ path, bytes, wide }) => {
  const found = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) refuse(`${path}: cut short`);
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) refuse(`${path}: cut short`);
    found.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (found.length !== wide) refuse(`${path}: ${found.length} entries instead of ${wide}`);
  return found;
};

/** Every entry is hashed; every tile of every level must hold what follows from the entries; then the root. */
const readTree = (dir, size) => {
  const leaves = [];
  const entries = [];
  const visited = new Set();
  const others = (level, number, width, same) => {
    const prefix = tilePath(level, number, 256);
    visited.add(prefix);
    const partials = join(dir, `${prefix}.p`);
    for (const name of existsSync(partials) ? readdirSync(partials) : []) {
      if (name.startsWith(".")) continue;
      const wide = Number(name);
      if (!/^[1-9][0-9]{0,2}$/.test(name) || wide > 255) refuse(`${prefix}.p/${name} is no tile`);
      visited.add(`${prefix}.p/${name}`);
      const path = `${prefix}.p/${name}`;
      same({ path, bytes: readFileSync(join(dir, path)), wide }, Math.min(wide, width));
    }
  };
  for (let number = 0; number * 256 < size; number++) {
    const width = Math.min(256, size - number * 256);
    const said = entriesOf(openTile(dir, "entries", number, width)).slice(0, width);
    const mine = said.map(leafHash);
    entries.push(...said);
    others("entries", number, width, (tile, shared) => {
      const theirs = entriesOf(tile).map(leafHash);
      if (!theirs.slice(0, shared).every((hash, at) => hash.equals(mine[at]))) refuse(`${tile.path} has another entry`);
    });
    leaves.push(...mine);
  }
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level++) {
    const above = [];
    for (let number = 0; number * 256 < hashes.length; number++) {
      const mine = hashes.slice(number * 256, number * 256 + 256);
      const same = (tile, shared) => {
        const theirs = hashesOf(tile);
        const at = mine.slice(0, shared).findIndex((hash, place) => !hash.equals(theirs[place]));
        if (at >= 0) refuse(`${tile.path}: hash ${at} does not follow from what is below`);
      };
      same(openTile(dir, level, number, mine.length), mine.length);
      others(level, number, mine.length, same);
      if (mine.length === 256) above.push(treeHash(mine));
    }
    hashes = above;
  }
  const walk = (path) => {
    for (const name of readdirSync(join(dir, path))) {
      if (name.startsWith(".")) continue;
      const below = `${path}/${name}`;
      if (lstatSync(join(dir, below)).isDirectory()) walk(below);
      else if (!visited.has(below)) refuse(`${below} is no file of a log of ${size} entries`);
    }
  };
  if (existsSync(join(dir, "tile"))) walk("tile");
  return { leaves, entries };
};

const readLog = (dir, trust, remember, then = () => ({})) => {
  const path = join(dir, "checkpoint");
  if (!existsSync(path)) refuse("there is no checkpoint");
  const bytes = readFileSync(path);
  const { size, root } = readCheckpoint(bytes, trust);
  const { leaves, entries } = readTree(dir, Number(size));
  if (!treeHash(leaves).equals(root)) refuse("the entries do not lead to the checkpoint's root");
  if (remember && existsSync(remember)) {
    const before = readCheckpoint(readFileSync(remember), { ...trust, quorum: 0, only: false });
    if (before.size > size) refuse(`rolled back: ${size} entries, and there were ${before.size}`);
    const then = treeHash(leaves.slice(0, Number(before.size)));
    if (!then.equals(before.root)) refuse(`forked: its first ${before.size} entries are others than before`);
  }
  if (remember) writeFileSync(remember, bytes);
  return { size: Number(size), root: root.toString("hex"), ...then(dir, entries) };
};

// --- docs/log.md: disclosures ---

/** SHA-256 over the field's name, its salt and its value, in base64: what the entry says under that name. */
const committed = (field, value, salt) =>
  sha256(Buffer.from(`sightline-commitment/v1\n${field}\n`), salt, Buffer.from(value)).toString("base64");

const object = (held, what) =>
  held !== null && typeof held === "object" && !Array.isArray(held) ? held : refuse(`${what} is no object`);

const json = (bytes, what) => {
  const said = text(bytes, what);
  let held;
  try {
    held = JSON.parse(said);
  } catch {
    refuse(`${what} is not JSON`);
  }
  // One spelling only: no space, no name twice, no other escapes.
  if (JSON.stringify(held) !== said) refuse(`${what} is spelt otherwise`);
  return object(held, what);
};

const named = (held, names, what) => {
  if (Object.keys(held).join() !== names) refuse(`${what} has ${Object.keys(held).join()} and not ${names}`);
};

const readDisclosures = (dir, entries) => {
  const folder = join(dir, "disclosures");
  let fields = 0;
  let opened = 0;
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name.startsWith(".")) continue;
    const what = `disclosures/${name}`;
    const [, digits] = /^(0|[1-9][0-9]{0,15})\.json$/.exec(name) ?? refuse(`${what} is no disclosure file`);
    const first = Number(digits) * 256;
    const held = json(readFileSync(join(folder, name)), what);
    named(held, "v,first,entries", what);
    if (held.v !== 1 || held.first !== first || !Array.isArray(held.entries)) refuse(`${what} is of other entries`);
    let before = first - 1;
    for (const entry of held.entries) {
      named(object(entry, what), "index,fields", what);
      const where = `${what}: entry ${entry.index}`;
      if (!Number.isInteger(entry.index) || entry.index <= before) refuse(`${where} is out of order`);
      if (entry.index >= first + 256) refuse(`${where} does not belong there`);
      if (entry.index >= entries.length) refuse(`${where} is not in the log, which has ${entries.length}`);
      before = entry.index;
      const said = object(json(entries[entry.index], where).c, where);
      const names = Object.keys(object(entry.fields, where));
      if (names.length === 0 || names.join() !== names.toSorted().join()) refuse(`${where}: its fields are out of order`);
      for (const field of names) {
        const pair = entry.fields[field];
        if (!Array.isArray(pair) || pair.length !== 2 || pair.some((each) => typeof each !== "string"))
          refuse(`${where}, field ${field}: not a value and a salt`);
        const salt = base64(pair[1], `${where}, field ${field}: the salt`, 16);
        if (!Object.hasOwn(said, field)) refuse(`${where} has no field ${field}`);
        if (committed(field, pair[0], salt) !== said[field]) refuse(`${where}, field ${field}: not what was committed to`);
        fields += 1;
      }
      opened += 1;
    }
  }
  return { opened, fields };
};

// --- tlog-proof ---

const readProof = (bytes, leaf, trust) => {
  const blank = bytes.indexOf("\n\n");
  if (blank < 0) refuse("the proof has no checkpoint");
  const lines = text(bytes.subarray(0, blank), "the proof").split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") refuse("not a tlog-proof");
  if (lines[0]?.startsWith("extra ")) base64(lines.shift().slice(6), "the extra data");
  const [, number] = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "") ?? refuse("the proof has no index");
  const path = lines.map((line) => base64(line, "a hash of the proof", 32));
  const { size, root } = readCheckpoint(bytes.subarray(blank + 2), trust);
  const index = BigInt(number);
  if (index >= size) refuse(`there is no entry ${index} among ${size}`);
  const found = includedRoot(index, size, leafHash(leaf), path);
  if (!found.equals(root)) refuse(`this is not entry ${index}`);
  return { size: Number(size), root: root.toString("hex"), index: Number(index) };
};

// --- a receipt: docs/log.md ---

const CONTEXT = "sightline-commitment/v1\n";

const parsed = (bytes, what) => {
  const said = text(bytes, what);
  try {
    return JSON.parse(said);
  } catch {
    return refuse(`${what} is not JSON`);
  }
};

const isPair = (held) => Array.isArray(held) && held.length === 2 && held.every((part) => typeof part === "string");

const isEntry = (held) =>
  typeof held?.leaf === "string" && held.fields instanceof Object && Object.values(held.fields).every(isPair);

const readReceipt = (file, trust) => {
  const held = parsed(readFileSync(file), "the receipt") ?? {};
  if (held.v !== 1 || held.type !== "sightline-receipt") refuse("not a receipt of version 1");
  if (!Array.isArray(held.entries) || held.entries.length === 0) refuse("the receipt has no entries");
  if (!held.entries.every(isEntry)) refuse("an entry of the receipt is not as it should be");
  const seen = new Set();
  const uses = new Set();
  let size = 0;
  let watched = 0;
  for (const { leaf, fields, proof } of held.entries) {
    const bytes = base64(leaf, "a leaf of the receipt");
    if (typeof proof !== "string") refuse("an entry is not proved yet");
    const found = readProof(Buffer.from(proof), bytes, trust);
    if (seen.has(found.index)) refuse(`entry ${found.index} twice`);
    seen.add(found.index);
    size = Math.max(size, found.size);
    const { v, type, c } = parsed(bytes, "a leaf") ?? {};
    if (v !== 1 || !(c instanceof Object)) refuse("a leaf of another version");
    for (const [name, [value, salt]] of Object.entries(fields)) {
      const made = sha256(`${CONTEXT}${name}\n`, base64(salt, `the salt of ${name}`, 16), value).toString("base64");
      if (c[name] !== made) refuse(`entry ${found.index} does not say that ${name} is ${value}`);
    }
    uses.add((fields.use ?? refuse("an entry of no use"))[0]);
    if (type === "end" && fields.duration_s) watched += Number(fields.duration_s[0]);
  }
  if (held.to === "owner" && uses.size !== 1) refuse("an owner's receipt is of one use");
  return { size, indexes: [...seen].sort((a, b) => a - b), uses: [...uses], watched: Math.round(watched * 10) / 10 };
};

const readGrown = (olderFile, newerFile, proofFile, trust) => {
  const older = readCheckpoint(readFileSync(olderFile), trust);
  const newer = readCheckpoint(readFileSync(newerFile), trust);
  if (older.size > newer.size) refuse("rolled back");
  const lines = text(readFileSync(proofFile), "the proof").split("\n").filter((line) => line !== "");
  const path = lines.map((line) => base64(line, "a hash of the proof", 32));
  if (older.size === 0n) {
    if (path.length > 0 || !older.root.equals(sha256())) refuse("forked");
  } else {
    const [then, now] = grownRoots(older.size, newer.size, older.root, path, true);
    if (!then.equals(older.root) || !now.equals(newer.root)) refuse("forked: the newer tree does not begin with the older");
  }
  return { size: Number(newer.size), root: newer.root.toString("hex") };
};

// --- the command ---

const main = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      remember: { type: "string" },
      witness: { type: "string", multiple: true, default: [] },
      quorum: { type: "string", default: "0" },
      only: { type: "boolean", default: false },
    },
  });
  const [what, key, ...files] = positionals;
  const trust = {
    log: readKey(key ?? ""),
    witnesses: values.witness.map(readKey),
    quorum: Number(values.quorum),
    only: values.only,
  };
  if (what === "log" && files.length === 1) return readLog(files[0], trust, values.remember);
  if (what === "disclosures" && files.length === 1) return readLog(files[0], trust, values.remember, readDisclosures);
  if (what === "proof" && files.length === 2) return readProof(readFileSync(files[0]), readFileSync(files[1]), trust);
  if (what === "receipt" && files.length === 1) return readReceipt(files[0], trust);
  if (what === "grown" && files.length === 3) return readGrown(files[0], files[1], files[2], trust);
  return refuse("reader.mjs log KEY DIR | disclosures KEY DIR | proof KEY PROOF LEAF | receipt KEY FILE | grown KEY OLDER NEWER PROOF");
};

try {
  console.log(JSON.stringify({ ok: true, ...main() }));
} catch (error) {
  if (!(error instanceof Bad)) throw error;
  console.log(JSON.stringify({ ok: false, why: error.message }));
  process.exitCode = 1;
}
