// Files on their way to 911, kept in this browser until they have arrived: a page that is closed loses none.
// Where a browser keeps nothing (a private window) they live as long as the page.

export interface KeptFile {
  id: string;
  /** The link by which it is sent: a hash of its token. */
  link: string;
  file: Blob;
  /** Where its pieces go, once the server has made room for it. */
  where: string | null;
  at: number;
}

const FORGET_MS = 24 * 3_600_000; // the server forgets what is not whole by then

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function store(): Promise<IDBObjectStore> {
  const opening = indexedDB.open("sightline-files", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("files", { keyPath: "id" });
  const database = await answered(opening);
  return database.transaction("files", "readwrite").objectStore("files");
}

/** Those of this link, the first first; what is too old for any link is forgotten. */
export async function keptFiles(link: string): Promise<KeptFile[]> {
  try {
    const all = await answered<KeptFile[]>((await store()).getAll());
    const old = all.filter(({ at }) => Date.now() - at > FORGET_MS);
    await Promise.all(old.map(({ id }) => forgetFile(id)));
    return all.filter((kept) => kept.link === link && !old.includes(kept)).sort((a, b) => a.at - b.at);
  } catch {
    return [];
  }
}

export async function keepFile(kept: KeptFile): Promise<void> {
  try {
    await answered((await store()).put(kept));
  } catch {
    // It is sent from memory.
  }
}

/** Of every link: nothing that was chosen is found in this browser. */
export async function forgetAllFiles(): Promise<void> {
  try {
    await answered((await store()).clear());
  } catch {
    // Nothing was kept.
  }
}

export async function forgetFile(id: string): Promise<void> {
  try {
    await answered((await store()).delete(id));
  } catch {
    // It was never kept.
  }
}
