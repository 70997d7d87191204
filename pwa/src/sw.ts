// The service worker of the officer's and the owner's apps: keeps the page and its hashed files, so that the app
// starts without a network. It never touches the API, the media, the map or any other page.
import { hearPushes } from "./push.ts";

/** What a worker's fetch event is; the DOM's types know only pages. */
interface Fetching extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const SHELL = "shell-1";
const PAGES = ["/officer", "/owner"];

async function keep(request: Request, answer: Response): Promise<void> {
  if (answer.ok && !answer.redirected) await (await caches.open(SHELL)).put(request, answer.clone());
}

/** The network's page, or the kept one: a new version is never hidden by an old one, and clears it away. */
async function page(request: Request): Promise<Response> {
  const kept = await caches.match(request, { ignoreSearch: true });
  try {
    const answer = await fetch(request);
    if (kept?.headers.get("ETag") !== answer.headers.get("ETag")) await caches.delete(SHELL);
    await keep(request, answer);
    return answer;
  } catch (error) {
    if (kept === undefined) throw error;
    return kept;
  }
}

/** A file whose name changes with its content: once kept, it is right for ever. */
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  await keep(request, answer);
  return answer;
}

hearPushes(self as unknown as Parameters<typeof hearPushes>[0]);

self.addEventListener("fetch", (event) => {
  const fetching = event as Fetching;
  const { method, url } = fetching.request;
  const { pathname, origin } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (PAGES.includes(pathname)) fetching.respondWith(page(fetching.request));
  else if (pathname.startsWith("/assets/")) fetching.respondWith(file(fetching.request));
});
