// A refusal or a lost connection in words: what happened and what to do next. The server's own words are used
// only where there is no sentence here.
import type { Refusal } from "../wire.ts";
import { Refused } from "./requests.ts";

const SENTENCES: Partial<Record<Refusal, string>> = {
  "alert-over": "That is over: your unit is not needed there any more.",
  "already-sharing": "The caller already uses this link. Revoke it first to text a new one.",
  "bad-number": "That is not a phone number that can be texted. Check it and try again.",
  "bad-position": "That position is nowhere on earth.",
  "bad-picture": "This picture cannot be kept. Take another one.",
  "caller-placed": "The caller's phone has sent its own place meanwhile. That one was kept.",
  full: "The server has no room for another picture. Try again when one has ended.",
  "incident-closed": "This incident is closed. Nothing more can be done to it.",
  "link-expired": "This link has expired. Text a new one.",
  "link-revoked": "This link was revoked. Text a new one.",
  "press-over": "It is too late to take that back. Press what is true now, or tell dispatch by radio.",
  "bad-email": "This is no e-mail address that we can send to.",
  "no-unit": "You are not on duty. Sign on to a unit first.",
  "not-asking": "No other phone is asking any more.",
  "not-assigned": "Your unit is not assigned to this incident.",
  "not-opened": "The camera is not open for you any more, so no still of it can be sent.",
  "not-watching": "A still is of a picture that you have on. Open it and take another one.",
  "not-found": "That is not there any more. The list has been brought up to date.",
  "not-signed-in": "You are signed out. Sign in again.",
  "push-failed":
    "Your browser's push service did not take it. Try again in a minute, and keep this app open until it works.",
  "push-gone": "This phone is not known here any more. Turn alerts off and on again.",
  "session-locked": "This page is locked. Enter your password to go on.",
  "too-many-tries": "Too many tries. Wait a minute, then try again.",
  "too-often": "That was too fast. Try again in a second.",
  "transfer-over": "This offer is over. The incident stays with whoever has it.",
  "wrong-role": "Your account may not do that.",
};

/** One or two sentences for anything that a request can throw. */
export function sorry(error: unknown): string {
  if (!(error instanceof Refused)) return "The server cannot be reached. Nothing was changed. Try again.";
  const known = SENTENCES[error.code as Refusal];
  if (known !== undefined) return known;
  if (error.status >= 500) return "The server failed. Nothing was changed. Try again.";
  return error.detail !== "" ? error.detail : "The server refused that. Nothing was changed.";
}

/** Why a lock did not open. */
export function unlockSorry(error: unknown): string {
  const wrong = error instanceof Refused && error.code === "sign-in-failed";
  return wrong ? "The password is wrong." : signInSorry(error);
}

/** Why a sign-in did not work. */
export function signInSorry(error: unknown): string {
  if (!(error instanceof Refused)) return "The server cannot be reached. Check the network and try again.";
  if (error.code === "sign-in-failed") return "The name or the password is wrong.";
  if (error.code === "locked") return error.detail || "Too many wrong passwords. Try again in 15 minutes.";
  return sorry(error);
}
