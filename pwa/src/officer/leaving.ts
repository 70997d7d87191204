// Logging out, also without a network: the phone forgets at once, and the server is told at the next contact.
import { Requests, Unreachable } from "../lib/requests.ts";
import type { Desk } from "../staff/desk.ts";
import type { Me } from "../wire.ts";
import * as shelf from "./shelf.ts";

const KEPT = "sightline.leaving";

function waiting(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Whether somebody has logged out here and the server does not know: whoever's session, or this one's. */
export function isLeaving(session = waiting()): boolean {
  return session !== null && session === waiting();
}

export async function logOut(desk: Desk): Promise<void> {
  try {
    await desk.signOut();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    await shelf.wipe();
    localStorage.setItem(KEPT, desk.me.session);
    location.reload();
  }
}

/** Somebody has signed in since. */
export function staying(): void {
  if (waiting() !== null) localStorage.removeItem(KEPT);
}

/** The server is there again. Throws when it is not. */
export async function left({ csrf }: Me): Promise<void> {
  await new Requests(csrf).send("DELETE", "/api/session");
  staying();
  location.replace("/signin");
}
