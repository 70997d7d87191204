// What a service worker does with a push: an owner is asked to open a camera, and has a minute. Imported by sw.ts.
// The message holds an id and no more; what it is about stands on the owner's page.

/** What an ask's message says; docs/http.md. */
interface AskMessage {
  readonly ask: string;
  readonly seconds: number;
}

/** The DOM's types know only pages. */
interface Pushed extends Event {
  readonly data: { json(): unknown } | null;
  waitUntil(work: Promise<unknown>): void;
}
interface Pressed extends Event {
  readonly notification: Notification;
  waitUntil(work: Promise<unknown>): void;
}
interface PageClient {
  readonly url: string;
  focus(): Promise<unknown>;
}
interface Scope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly PageClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  addEventListener(type: string, heard: (event: Event) => void): void;
}

const PAGE = "/owner";
const TITLE = "May 911 see one of your cameras?";

function read(data: Pushed["data"]): AskMessage {
  const said = (data?.json() ?? {}) as Partial<AskMessage>;
  return {
    ask: typeof said.ask === "string" ? said.ask : "",
    seconds: typeof said.seconds === "number" && said.seconds > 0 ? Math.round(said.seconds) : 60,
  };
}

/** A browser that was woken must show something, whatever it was sent. */
function show(scope: Scope, data: Pushed["data"]): Promise<void> {
  let message: AskMessage = { ask: "", seconds: 60 };
  try {
    message = read(data);
  } catch {
    // Not our words: the page tells what there is.
  }
  return scope.registration.showNotification(TITLE, {
    body: `Answer within ${message.seconds} seconds.`,
    tag: message.ask || "ask",
    icon: "/icons/sightline.svg",
    requireInteraction: true,
  });
}

async function answer(scope: Scope): Promise<void> {
  const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => new URL(page.url).pathname === PAGE);
  await (open === undefined ? scope.clients.openWindow(PAGE) : open.focus());
}

/** Hear pushes, and presses on what they showed. */
export function hearPushes(scope: Scope): void {
  scope.addEventListener("push", (event) => {
    const pushed = event as Pushed;
    pushed.waitUntil(show(scope, pushed.data));
  });
  scope.addEventListener("notificationclick", (event) => {
    const pressed = event as Pressed;
    pressed.notification.close();
    pressed.waitUntil(answer(scope));
  });
}
