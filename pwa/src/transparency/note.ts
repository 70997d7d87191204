// The signed checkpoint: c2sp.org/signed-note and tlog-checkpoint, with the log's Ed25519 key.
import { type Bytes, fromBase64, joined, same, sha256, textOf, utf8 } from "./bytes.ts";

const ED25519 = 1;

export interface Key {
  name: string;
  id: Bytes;
  public: Bytes;
}

export interface Checkpoint {
  size: number;
  root: Bytes;
}

/** Read `name+id+base64`; null for anything else, also for an id that is not the key's. */
export async function readKey(text: string): Promise<Key | null> {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const data = fromBase64(encoded ?? "");
  if (name === undefined || data === null || data.length !== 33 || data[0] !== ED25519) return null;
  const hashed = (await sha256(utf8(`${name}\n`), data)).slice(0, 4);
  const written = [...hashed].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return written === id ? { name, id: hashed, public: data.slice(1) } : null;
}

/** What the log's key signed; null when it did not sign this, or signed something else. */
export async function readCheckpoint(raw: Bytes, key: Key): Promise<Checkpoint | null> {
  let whole: string;
  try {
    whole = textOf(raw);
  } catch {
    return null;
  }
  const at = whole.lastIndexOf("\n\n");
  if (at < 0 || !whole.endsWith("\n")) return null;
  const text = whole.slice(0, at + 1);
  const signature = signatureOf(whole.slice(at + 2, -1).split("\n"), key);
  if (signature === null || !(await verifies(key.public, signature, utf8(text)))) return null;
  const [origin, size, encoded] = text.split("\n");
  const root = fromBase64(encoded ?? "");
  if (origin !== key.name || !/^(0|[1-9]\d{0,14})$/.test(size ?? "") || root?.length !== 32) return null;
  return { size: Number(size), root };
}

/** Other keys' lines, witnesses' among them, are passed over. */
function signatureOf(lines: string[], key: Key): Bytes | null {
  for (const line of lines) {
    const [, name, encoded] = /^\u2014 ([^\s+]+) (\S+)$/.exec(line) ?? [];
    const data = fromBase64(encoded ?? "");
    if (name === key.name && data?.length === 68 && same(data.slice(0, 4), key.id)) return data.slice(4);
  }
  return null;
}

async function verifies(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  let held: CryptoKey;
  try {
    held = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch {
    // browsers of before 2025: loaded only there
    const { verifyAsync } = await import("@noble/ed25519");
    return verifyAsync(signature, message, key, { zip215: false });
  }
  return crypto.subtle.verify("Ed25519", held, signature, message);
}

/** What the log says of one commitment: base64 over field, salt and value (docs/log.md). */
export async function commitment(field: string, salt: Bytes, value: string): Promise<Bytes> {
  return sha256(joined(utf8(`sightline-commitment/v1\n${field}\n`), salt, utf8(value)));
}
