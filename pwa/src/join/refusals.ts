// What goes wrong when somebody joins, and what to do then.
import { sorry as generally } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";

const SENTENCES: Readonly<Record<string, string>> = {
  "invitation-unknown":
    "There is no such invitation. Open the whole link again as you got it, or ask the agency for a new one.",
  "invitation-used": "This invitation has been used. If that was you, sign in. If not, tell the agency.",
  "invitation-expired": "This invitation has expired. Ask the agency for a new one.",
  "name-taken": "Somebody has this name already. Choose another one to sign in with.",
  "bad-number": "That is not a telephone number. Write it as +1 313 555 0100.",
  "too-often": "That was asked too often from here. Wait a minute, then try again.",
  "too-many": "Too many are waiting already. Try again tomorrow, or call the agency.",
  "too-many-tries": "That was asked too often from here. Wait a few minutes, then try again.",
};

export function sorry(error: unknown): string {
  const known = error instanceof Refused ? SENTENCES[error.code] : undefined;
  return known ?? generally(error);
}

/** Whether the invitation itself cannot be used, so that a form for it makes no sense. */
export function isOver(error: unknown): boolean {
  return error instanceof Refused && error.code.startsWith("invitation-");
}
