// What an owner is told when something was refused. What is not here is said as on every page.
import { sorry as generally } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";

const SENTENCES: Readonly<Record<string, string>> = {
  "connector-away":
    "The connector beside the camera is not connected. Look whether its computer is on and online.",
  "ask-over": "The minute had passed already. Nobody sees the camera.",
  contested: "You have contested this one already. Wait for the answer.",
  "log-away": "The public log does not answer just now. Nothing was changed. Try again in a moment.",
  "too-many": "Too many of yours wait for an answer. Wait for some of them first.",
  "not-yours": "This belongs to another owner's account.",
  "bad-number": "That is not a telephone number. Write it as +1 313 555 0100.",
  "not-found": "That is not there any more. The page shows what there is.",
};

/** One or two sentences for anything that a request can throw. */
export function sorry(error: unknown): string {
  const known = error instanceof Refused ? SENTENCES[error.code] : undefined;
  return known ?? generally(error);
}
