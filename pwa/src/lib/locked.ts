// What is said to a whole page when its session is locked, and when it is open again. Who shows something hides it,
// who listens to the server stops; lib/lock.ts decides when.

export const LOCKED = "sightline-locked";
export const UNLOCKED = "sightline-unlocked";

export function hide(): void {
  window.dispatchEvent(new Event(LOCKED));
}
