// What a camera on the map may be used for, as a colour and a shape together, and the words for both. Pure.
import type { CameraView, Offer } from "../wire.ts";

/** From the most to the least; `live` is open now, `shut` paused or not to be opened. */
export type Use = "live" | "nearby" | "own-calls" | "ask" | "registry" | "shut";

export const USES: Readonly<Record<Use, string>> = {
  live: "open now",
  nearby: "opens for emergencies nearby",
  "own-calls": "opens for calls from the site",
  ask: "the owner is asked first",
  registry: "no picture",
  shut: "cannot be opened now",
};

/** How its owner sees a camera. */
export function ownersUse(camera: CameraView, now: number): Use {
  if (camera.watching.length > 0) return "live";
  const { pause } = camera;
  if (pause !== null && (pause.until === null || now < Date.parse(pause.until))) return "shut";
  return camera.level;
}

/** How a dispatcher sees what a press would do. */
export function offeredUse(offer: Offer, own: boolean, open: boolean): Use {
  if (open) return "live";
  if (offer === "open") return own ? "own-calls" : "nearby";
  return offer === "no" ? "shut" : "ask";
}
