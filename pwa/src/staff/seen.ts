// Until when somebody has seen each incident's news, kept in this browser so that unread marks outlast the page.
// Bounded: a Snapshot leaves only the incidents that are open. Whoever signs in next begins anew.
import type { Desk } from "./desk.ts";

const KEPT = "sightline.seen";

interface Kept {
  user: string;
  seen: Record<string, string>;
}

/** What was kept for this person; null for somebody new here and for what cannot be read. */
export function readSeen(text: string | null, user: string): ReadonlyMap<string, string> | null {
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    return kept?.user === user ? new Map(Object.entries(kept.seen)) : null;
  } catch {
    return null;
  }
}

/** Takes up what was kept, and keeps what is seen from here on. */
export function keepSeen({ world, me }: Desk): void {
  const user = me.user.id;
  try {
    const seen = readSeen(localStorage.getItem(KEPT), user);
    world.update((before) => ({ ...before, seen }));
  } catch {
    return; // then it lasts as long as the page
  }
  let last = world.value.seen;
  world.watch(() => {
    const { seen } = world.value;
    if (seen === last || seen === null) return;
    last = seen;
    try {
      localStorage.setItem(KEPT, JSON.stringify({ user, seen: Object.fromEntries(seen) } satisfies Kept));
    } catch {
      // full
    }
  });
}
