// Why something that was said was not taken, in words, and what to do. Pure. To an officer it may come long after
// they said it, in another street: so it names what to do by radio.
import { sorry } from "../lib/refusals.ts";
import type { Refused } from "../lib/requests.ts";
import type { ResponseView, Role } from "../wire.ts";
import type { Said, SaidStatus } from "./queue.ts";

export const STILL_LOST =
  "Its picture was not kept while the app was closed. Send the words alone, or remove them.";

const CLOSED = "The incident was closed meanwhile. If it matters, tell dispatch by radio.";
const RELEASED = "Your unit was released from it meanwhile. If you still go there, tell dispatch by radio.";
const OFF_DUTY = "You were not on duty in that unit any more. Sign on again, or tell dispatch by radio.";

const TO_OFFICERS: Readonly<Record<string, string>> = {
  "incident-closed": CLOSED,
  "not-found": CLOSED,
  "no-unit": OFF_DUTY,
};

/** A refusal that asking again does not change. */
export function whyRefused(said: Said, error: Refused, role: Role): string {
  if (role !== "officer") return sorry(error);
  if (error.code === "not-assigned") return said.kind === "status" ? OFF_DUTY : RELEASED;
  return TO_OFFICERS[error.code] ?? sorry(error);
}

/** A press that was answered and changed nothing, because what it is of was over before; null when it counted. */
export function didNotCount({ status }: SaidStatus, answer: ResponseView): string | null {
  const reached = answer.on_scene_at !== null || (status === "en-route" && answer.en_route_at !== null);
  if (status === "clear" || reached) return null;
  return answer.status === "clear" ? RELEASED : CLOSED;
}

/** What was said, in a few words: "On scene" or the beginning of a note. */
export function inShort(said: Said, words: Readonly<Record<SaidStatus["status"], string>>): string {
  if (said.kind === "status") return words[said.status];
  return said.text === "" ? "A still" : `“${said.text}”`;
}
