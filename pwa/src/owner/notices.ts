// Being told of asks on this phone while the page is closed: Web Push (RFC 8030), after a press and never before.
import type { Calls } from "./calls.ts";

/** `install`: iOS tells only pages that stand on the home screen. */
export type Notices = "unknown" | "install" | "cannot" | "off" | "on" | "refused";

function isAppleTouch(): boolean {
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
    return isAppleTouch() && !matchMedia("(display-mode: standalone)").matches ? "install" : "cannot";
  }
  if (Notification.permission === "denied") return "refused";
  return (await subscription()) === null ? "off" : "on";
}

/** base64url without padding, as the server and RFC 8292 write keys. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** After a press: asks the browser, then tells the server where this phone is reached. */
export async function switchOn(calls: Calls): Promise<Notices> {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  const { key } = await calls.pushKey();
  const made = await (await worker()).pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  });
  const { endpoint, keys } = made.toJSON();
  try {
    await calls.subscribe({ endpoint: endpoint ?? "", p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" });
  } catch (error) {
    await made.unsubscribe(); // the server does not know of it, so this phone must not say that it does
    throw error;
  }
  return "on";
}

export async function switchOff(calls: Calls): Promise<Notices> {
  const held = await subscription();
  if (held !== null) {
    await calls.unsubscribe(held.endpoint);
    await held.unsubscribe();
  }
  return "off";
}
