// What a service worker does with a push: an owner is asked to open a camera, or an officer's unit is sent. Imported
// by sw.ts. A message holds an id and no more; what it is about stands on the page that a press on it opens.

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
  postMessage(message: unknown): void;
}
interface Scope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly PageClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  addEventListener(type: string, heard: (event: Event) => void): void;
}

/** Newer than the DOM's types: what phones do beside showing it. */
interface Shown extends NotificationOptions {
  renotify?: boolean;
  vibrate?: readonly number[];
}

/** docs/http.md: one of them is there. */
interface Message {
  readonly ask?: unknown;
  readonly seconds?: unknown;
  readonly alert?: unknown;
  /** The alert asks nothing any more: why. */
  readonly over?: unknown;
  readonly test?: unknown;
}

/** What is kept with a notification, for the press on it. */
interface Behind {
  readonly page: string;
  readonly alert?: string;
}

const ALL_AT_ONCE = [400, 150, 400, 150, 800];
const ICON = "/icons/sightline.svg";

function seconds(said: unknown): number {
  return typeof said === "number" && said > 0 ? Math.round(said) : 60;
}

/** Words and manners of a message; a browser that was woken must show something, whatever it was sent. */
function notice(message: Message): [title: string, how: Shown] {
  if (typeof message.alert === "string" && message.over !== undefined) {
    // in place of the one that rang, for the browser wants something to be shown: no sound, and it does not stay
    const data: Behind = { page: "/officer" };
    const [title, body] =
      message.over === "answered"
        ? ["Answered", "Somebody has answered this alert for your unit."]
        : ["Over", "Your unit is not needed there now."];
    return [title, { body, tag: message.alert, silent: true, data }];
  }
  if (typeof message.alert === "string") {
    const data: Behind = { page: "/officer", alert: message.alert };
    const how = { tag: message.alert, renotify: true, requireInteraction: true, vibrate: ALL_AT_ONCE, data };
    return [
      "You are being sent",
      { ...how, body: "Press to see where. Pressing says that you have seen it." },
    ];
  }
  if (typeof message.test === "string") {
    const data: Behind = { page: "/officer" };
    return [
      "Alerts reach this phone",
      { body: "This is the test.", tag: "test", vibrate: ALL_AT_ONCE, data },
    ];
  }
  const data: Behind = { page: "/owner" };
  const tag = typeof message.ask === "string" ? message.ask : "ask";
  const body = `Answer within ${seconds(message.seconds)} seconds.`;
  return ["May 911 see one of your cameras?", { body, tag, requireInteraction: true, data }];
}

function read(data: Pushed["data"]): Message {
  try {
    return (data?.json() ?? {}) as Message;
  } catch {
    return {}; // not our words: the page tells what there is
  }
}

function pages(scope: Scope): Promise<readonly PageClient[]> {
  return scope.clients.matchAll({ type: "window", includeUncontrolled: true });
}

async function show(scope: Scope, message: Message): Promise<void> {
  const [title, how] = notice(message);
  await scope.registration.showNotification(title, { icon: ICON, ...how });
  for (const page of await pages(scope)) page.postMessage({ pushed: message });
}

/** The page that is open hears which alert was pressed; one that is not is opened at it. */
async function answer(scope: Scope, { page, alert }: Behind): Promise<void> {
  const open = (await pages(scope)).find(({ url }) => new URL(url).pathname === page);
  if (open === undefined) {
    await scope.clients.openWindow(alert === undefined ? page : `${page}#${alert}`);
    return;
  }
  if (alert !== undefined) open.postMessage({ opened: alert });
  await open.focus();
}

/** Hear pushes, and presses on what they showed. */
export function hearPushes(scope: Scope): void {
  scope.addEventListener("push", (event) => {
    const pushed = event as Pushed;
    pushed.waitUntil(show(scope, read(pushed.data)));
  });
  scope.addEventListener("notificationclick", (event) => {
    const pressed = event as Pressed;
    pressed.notification.close();
    pressed.waitUntil(answer(scope, (pressed.notification.data as Behind | null) ?? { page: "/owner" }));
  });
}
