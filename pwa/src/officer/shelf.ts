// What an officer's phone keeps beyond the page, in IndexedDB: whose it is, what was last known, and what was said and
// not sent. Everything belongs to one session; each write looks whether it still does, in its own transaction, so that
// a page that was left open writes nothing of somebody who is gone. Where the browser keeps nothing (a private window,
// a full disk) the app works without. It knows nothing of the page, and nothing of what it keeps.
import type { Said } from "../staff/queue.ts";

const NAME = "sightline-officer";
const MAIN = "main";
const SAID = "said";
const WHOSE = "whose";
const KNOWN = "known";
const WIPE_MS = 1000;

export interface Held {
  session: string;
  /** As it was given to `keep`; from an older app perhaps. */
  known: unknown;
  said: Said[];
}

let opened: Promise<IDBDatabase> | null = null;

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function ended(work: IDBTransaction): Promise<void> {
  return new Promise((done, failed) => {
    work.oncomplete = () => done();
    work.onabort = work.onerror = () => failed(work.error);
  });
}

async function database(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(MAIN);
    request.result.createObjectStore(SAID, { keyPath: "id" });
  };
  const found = await asked(request);
  const forget = (): void => {
    opened = null;
    found.close();
  };
  found.onversionchange = forget; // another page wipes
  found.onclose = forget; // as Safari does to pages that were in the background
  return found;
}

async function transaction<T>(
  strict: boolean,
  work: (begun: IDBTransaction) => Promise<T>,
): Promise<T | null> {
  try {
    opened ??= database();
    const options: IDBTransactionOptions = { durability: strict ? "strict" : "relaxed" };
    const begun = (await opened).transaction([MAIN, SAID], "readwrite", options);
    const [result] = await Promise.all([work(begun), ended(begun)]);
    return result;
  } catch {
    opened = null;
    return null;
  }
}

async function isOf(session: string, begun: IDBTransaction): Promise<boolean> {
  return (await asked<unknown>(begun.objectStore(MAIN).get(WHOSE))) === session;
}

/** What is there, whoever's it is; null for nothing. */
export function read(): Promise<Held | null> {
  return transaction(false, async (begun) => {
    const main = begun.objectStore(MAIN);
    const [session, known, said] = await Promise.all([
      asked<unknown>(main.get(WHOSE)),
      asked<unknown>(main.get(KNOWN)),
      asked<Said[]>(begun.objectStore(SAID).getAll()),
    ]);
    return typeof session === "string" ? { session, known, said } : null;
  });
}

/** From here on everything is this session's; what was another's is gone. */
export async function claim(session: string): Promise<void> {
  await transaction(true, async (begun) => {
    if (await isOf(session, begun)) return;
    begun.objectStore(MAIN).clear();
    begun.objectStore(SAID).clear();
    begun.objectStore(MAIN).put(session, WHOSE);
  });
}

/** What is known now, in place of what was. */
export async function keep(session: string, known: unknown): Promise<void> {
  await transaction(false, async (begun) => {
    if (await isOf(session, begun)) begun.objectStore(MAIN).put(known, KNOWN);
  });
}

/** On the disk before it resolves, where the browser can say so: a phone may die with a press in it. */
export async function add(session: string, said: Said): Promise<void> {
  await transaction(true, async (begun) => {
    if (await isOf(session, begun)) begun.objectStore(SAID).put(said);
  });
}

export async function drop(session: string, id: string): Promise<void> {
  await transaction(false, async (begun) => {
    if (await isOf(session, begun)) begun.objectStore(SAID).delete(id);
  });
}

/** Everything goes, whoever's it is. A page that hangs on to it cannot hold this up for longer than a second. */
export async function wipe(): Promise<void> {
  try {
    (await opened)?.close();
    opened = null;
    const gone = asked(indexedDB.deleteDatabase(NAME));
    await Promise.race([gone, new Promise((done) => setTimeout(done, WIPE_MS))]);
  } catch {
    opened = null; // there is none
  }
}
