// Who is signed in, and the way out when nobody is.
import type { Me } from "../wire.ts";
import { Refused, Requests } from "./requests.ts";

/** How long a page that knows nothing waits before it asks again. */
export const PROBE_MS = 3000;

/** The session is over: back to sign-in, which says so, and how much had not been sent and is lost. */
export function leave(lost = 0): void {
  location.replace(`/signin#ended${lost > 0 ? `-${lost}` : ""}`);
}

/** Resolves after so long, or sooner when the network or the person is back. */
export function woken(ms: number): Promise<void> {
  return new Promise((done) => {
    const end = new AbortController();
    const wake = (): void => {
      end.abort();
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(wake, ms);
    addEventListener("online", wake, { signal: end.signal });
    document.addEventListener("visibilitychange", wake, { signal: end.signal });
  });
}

/** Who is signed in. Waits for a server that is away, and at the lock; leaves for sign-in when nobody is. */
export async function whoAmI(onWaiting: () => void, atTheLock: () => Promise<Me>): Promise<Me> {
  const requests = new Requests("", leave);
  for (;;) {
    try {
      return await requests.send<Me>("GET", "/api/session");
    } catch (error) {
      if (error instanceof Refused && error.code === "session-locked") return atTheLock();
      if (error instanceof Refused && error.status === 401) return new Promise(() => {});
      onWaiting();
      await woken(PROBE_MS);
    }
  }
}
