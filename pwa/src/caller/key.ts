// The key that binds a link to this browser: made once for each link, kept where no script can read it out.
// One key per link, so that two calls of the same person cannot be told to be the same person's.
import type { PublicKey } from "../wire.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const FORGET_MS = 30 * 24 * 3_600_000; // until then the receipt is shown to this browser

interface Kept {
  id: string;
  pair: CryptoKeyPair;
  at: number;
}

/** Signs for one link. */
export interface Key {
  readonly publicKey: PublicKey;
  sign(text: string): Promise<string>;
}

function base64url(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(): Promise<IDBObjectStore> {
  const opening = indexedDB.open("sightline-caller", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys", { keyPath: "id" });
  const database = await answered(opening);
  return database.transaction("keys", "readwrite").objectStore("keys");
}

async function makePair(): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])) as CryptoKeyPair;
}

async function keptPair(id: string): Promise<CryptoKeyPair> {
  const all = await answered<Kept[]>((await store()).getAll());
  const now = Date.now();
  const old = all.filter((kept) => now - kept.at > FORGET_MS);
  if (old.length > 0) {
    const keys = await store();
    for (const kept of old) keys.delete(kept.id);
  }
  const mine = all.find((kept) => kept.id === id);
  if (mine !== undefined) return mine.pair;
  const pair = await makePair();
  await answered((await store()).put({ id, pair, at: now } satisfies Kept));
  return pair;
}

/** The key of the link with this token; in memory only where the browser keeps nothing. */
export async function keyFor(token: string): Promise<Key> {
  const encoder = new TextEncoder();
  const id = base64url(await crypto.subtle.digest("SHA-256", encoder.encode(token)));
  const pair = await keptPair(id).catch(makePair);
  const { x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  if (x === undefined || y === undefined) throw new TypeError("not an elliptic curve key");
  return {
    publicKey: { x, y },
    sign: async (text) =>
      base64url(await crypto.subtle.sign(ALGORITHM, pair.privateKey, encoder.encode(text))),
  };
}
