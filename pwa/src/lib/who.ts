// Who is signed in, and the way out when nobody is.
import type { Me } from "../wire.ts";
import { Refused, Requests } from "./requests.ts";

const PROBE_MS = 3000;

/** The session is over: back to sign-in, which says so. */
export function leave(): void {
  location.replace("/signin#ended");
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
      await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    }
  }
}
