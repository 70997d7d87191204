// On which rung of the ladder a caller is, and why on none above it, in words for those who help.
import type { Rung, RungReason } from "../wire.ts";

export const RUNGS: Readonly<Record<Rung, string>> = {
  live: "live video",
  stills: "a still each second",
  "single-stills": "single stills",
  upload: "photos and clips they choose",
  position: "place only",
  text: "words only",
};

/** As the second half of a sentence; empty where the rung says it all. */
export const REASONS: Readonly<Record<RungReason, string>> = {
  starting: "starting",
  working: "",
  "permission-refused": "the camera is not allowed",
  "no-camera": "no camera can be used",
  "camera-taken": "another app has the camera",
  hidden: "their page is not in front",
  "udp-and-tcp-blocked": "their network blocks video",
  "too-slow": "their line is too slow for more",
  chosen: "the caller chose so",
  asked: "the link asks for no more",
  reloaded: "their page was loaded anew, and Share has to be pressed again",
  "no-script": "their page runs no script",
  unheard: "nothing of it arrives",
};

/** "a still each second: their network blocks video" */
export function standing(rung: Rung, reason: RungReason | null): string {
  const why = reason === null ? "" : REASONS[reason];
  return why === "" ? RUNGS[rung] : `${RUNGS[rung]}: ${why}`;
}
