// Being told on this phone while the page is closed: Web Push (RFC 8030), after a press and never before.
import type { PushKey, SubscribePush } from "../wire.ts";
import type { Requests } from "./requests.ts";

/** `install`: iOS tells only pages that stand on the home screen. `old`: it does not yet, there either. */
export type Notices = "unknown" | "install" | "old" | "cannot" | "off" | "on" | "refused";

export function isAppleTouch(): boolean {
  return (
    /iPhone|iPad|iPod/.test(navigator.userAgent) ||
    (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1)
  );
}

const WORKER_MS = 5000;

/** Our worker; rejects where there is none, as in some private windows. */
async function worker(): Promise<ServiceWorkerRegistration> {
  const none = new Promise<never>((_, no) => setTimeout(() => no(new Error("no service worker")), WORKER_MS));
  return Promise.race([navigator.serviceWorker.ready, none]);
}

async function subscription(): Promise<PushSubscription | null> {
  return (await worker()).pushManager.getSubscription();
}

export async function readNotices(): Promise<Notices> {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    if (!isAppleTouch()) return "cannot";
    return matchMedia("(display-mode: standalone)").matches ? "old" : "install";
  }
  if (Notification.permission === "denied") return "refused";
  return (await subscription()) === null ? "off" : "on";
}

/** base64url without padding, as the server and RFC 8292 write keys. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function tell(requests: Requests, held: PushSubscription): Promise<void> {
  const { endpoint, keys } = held.toJSON();
  const body: SubscribePush = {
    endpoint: endpoint ?? "",
    p256dh: keys?.p256dh ?? "",
    auth: keys?.auth ?? "",
  };
  return requests.send("POST", "/api/push", body);
}

/** After a press: asks the browser, then tells the server where this phone is reached. */
export async function switchOn(requests: Requests): Promise<Notices> {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  const { key } = await requests.send<PushKey>("GET", "/api/push/key");
  const made = await (await worker()).pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  });
  try {
    await tell(requests, made);
  } catch (error) {
    await made.unsubscribe(); // the server does not know of it, so this phone must not say that it does
    throw error;
  }
  return "on";
}

/** Whoever has signed in on this phone is told here, and nobody else: when it is on, the server hears so again. */
export async function renew(requests: Requests): Promise<void> {
  if ((await readNotices()) !== "on") return;
  const held = await subscription();
  if (held !== null) await tell(requests, held);
}

export async function switchOff(requests: Requests): Promise<Notices> {
  const held = await subscription();
  if (held !== null) {
    await requests.send("DELETE", "/api/push", { endpoint: held.endpoint });
    await held.unsubscribe();
  }
  return "off";
}

/** Has the server send this phone a message, really. */
export async function sendTest(requests: Requests): Promise<void> {
  const held = await subscription();
  await requests.send("POST", "/api/push/test", { endpoint: held?.endpoint ?? "none" });
}
