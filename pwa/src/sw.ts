// The service worker of the officer's and the owner's apps: holds the pages and the hashed files that they are made of,
// so that they start without a network. It never touches the API, the media, the map's tiles or any other page, and
// nothing that is about anybody is in its caches.
//
// A version is fetched whole or not at all. The network's page goes before the kept one, so a new version is never
// hidden by an old one; a kept page and its files are always of one version. The version before stays until the next,
// for pages that are still open with it.
import { hearPushes } from "./push.ts";

/** Written in front of this file by build/shell.ts. */
declare const SHELL: { version: string; pages: readonly string[]; files: readonly string[] };

/** The DOM's types know only pages. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
/** The static routing of service workers, where the browser has it. */
interface Installing extends Extendable {
  addRoutes?(rules: readonly { condition: object; source: string }[]): Promise<void>;
}
interface Scope {
  skipWaiting(): Promise<void>;
}

const PREFIX = "shell-";
const CACHE = `${PREFIX}${SHELL.version}`;
const VERSIONS = 2;
/** A network that swallows everything is none. */
const PATIENCE_MS = 3000;

/** What needs no thought does not wait for a worker to wake: hashed files from the cache, all else from the network. */
async function route(event: Installing): Promise<void> {
  const pathname = `(${SHELL.pages.join("|")})`;
  await event
    .addRoutes?.([
      { condition: { urlPattern: { pathname: "/assets/*" } }, source: "cache" },
      { condition: { not: { urlPattern: { pathname } } }, source: "network" },
    ])
    .catch(() => {}); // a browser of another mind about them asks the worker
}

async function install(): Promise<void> {
  const known = new Map<string, Response>();
  for (const file of SHELL.files) {
    const kept = await caches.match(file);
    if (kept !== undefined) known.set(file, kept);
  }
  const cache = await caches.open(CACHE);
  for (const [file, kept] of known) await cache.put(file, kept);
  await cache.addAll([
    ...SHELL.files.filter((file) => !known.has(file)),
    ...SHELL.pages.map((page) => new Request(page, { cache: "no-cache" })),
  ]);
  await (self as unknown as Scope).skipWaiting();
}

/** All but this version and the one before; the browser names caches in the order in which they were made. */
async function activate(): Promise<void> {
  const mine = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(mine.slice(0, 1 - VERSIONS).map((name) => caches.delete(name)));
}

async function page(request: Request, path: string): Promise<Response> {
  const kept = await (await caches.open(CACHE)).match(path);
  if (kept === undefined) return fetch(request);
  const patience = new Promise<Response>((done) => setTimeout(() => done(kept), PATIENCE_MS));
  const answer = fetch(request).then(
    (answered) => (answered.status < 500 ? answered : kept),
    () => kept,
  );
  return Promise.race([answer, patience]);
}

/** A file whose name changes with its content: once kept, it is right for ever. */
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

hearPushes(self as unknown as Parameters<typeof hearPushes>[0]);
self.addEventListener("install", (event) => {
  const installing = event as Installing;
  installing.waitUntil(Promise.all([route(installing), install()]));
});
self.addEventListener("activate", (event) => (event as Extendable).waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const fetching = event as Fetching;
  const { method, url } = fetching.request;
  const { pathname, origin } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (SHELL.pages.includes(pathname)) fetching.respondWith(page(fetching.request, pathname));
  else if (pathname.startsWith("/assets/")) fetching.respondWith(file(fetching.request));
});
