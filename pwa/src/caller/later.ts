// What the page does not need until Share was pressed, loaded while the caller reads. Nothing may wait for it that
// live sharing or the place needs: a part that does not come is asked for again for as long as the page lives.
import { carried } from "./carried.ts";
import { loadWords } from "./frame.ts";
import { fetchPatiently } from "./patiently.ts";

/** By the names of their files, as the build lists them, in the order in which they are loaded ahead. */
const PARTS = {
  ladder: () => import("./ladder.ts"),
  discreet: () => import("./discreet.ts"),
  "talk-view": () => import("./talk-view.ts"),
  digits: () => import("./digits.ts"),
  receipt: () => import("./receipt.ts"),
};

type Parts = typeof PARTS;
export type Part = keyof Parts;

const AGAIN_MS = 5000;
const life = new AbortController();
const begun = new Map<Part, Promise<unknown>>();
addEventListener("pagehide", () => life.abort());

async function bring(part: Part): Promise<unknown> {
  // First into the browser's cache: a file that import() once failed to get, some browsers never ask for again.
  const files = carried.parts[part] ?? [];
  await Promise.all(files.map((file) => fetchPatiently(file, life.signal, () => {})));
  for (const file of files.filter((name) => name.endsWith(".css"))) wear(file);
  for (;;) {
    try {
      return await PARTS[part]();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function wear(href: string): void {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
}

/** A later part, with all the words of the language that is read. Never rejects; waits for as long as it takes. */
export async function load<Name extends Part>(part: Name): Promise<Awaited<ReturnType<Parts[Name]>>> {
  const module = begun.get(part) ?? bring(part);
  begun.set(part, module);
  await loadWords();
  return (await module) as Awaited<ReturnType<Parts[Name]>>;
}

/** Everything, one after the other, so that it is there when it is wanted. */
export async function loadAhead(): Promise<void> {
  for (const part of Object.keys(PARTS) as Part[]) await load(part);
}
