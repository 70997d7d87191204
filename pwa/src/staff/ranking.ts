// Which picture shows most of the scene, and why, in words. Pure.
//
// Measured in metres: the less, the more it shows. What stands still is measured by the server (rank_m of a camera
// near the incident, backend/services/nearby.py): its distance, and more where it looks elsewhere. Here is added
// what changes from second to second: which way a unit's camera goes, and how old its picture is.

import { bearingDeg, distanceM, duration, metres, STALE_MS } from "../lib/measure.ts";
import type { DroneAt, FeedView, NearbyCamera, Position, Unit } from "../wire.ts";
import { type Drones, flightOfFeed, type Sky } from "./sky.ts";

export interface Use {
  rank_m: number;
  /** "80 m", "looks at the scene", "coming closer": the first stands where there is little room. */
  reasons: readonly string[];
}

/** What is known around the incident. `now` is the server's time, milliseconds since 1970. */
export interface Known {
  caller: Position | null;
  cameras: readonly NearbyCamera[];
  units: ReadonlyMap<string, Unit>;
  /** Left out where no drone flies. */
  above?: { sky: Sky; drones: Drones };
  now: number;
}

/** Of a picture that nobody can say where it is. */
const UNKNOWN_M = 2000;
/** What goes towards the scene is worth where it will be. */
const AHEAD_S = 20;
const MOVING_MPS = 2;
/** A picture that came to a halt counts as that much farther each second. */
const AGES_MPS = 20;
const ENDED_M = 1e6;

/** Metres a second towards `to`; less than nothing for what goes away, nothing where nobody knows. Pure. */
export function closingMps(from: Position, to: Position, now: number): number {
  const { speed_mps, heading_deg, at } = from;
  if (speed_mps === null || heading_deg === null || speed_mps < MOVING_MPS) return 0;
  if (now - Date.parse(at) > STALE_MS) return 0;
  return speed_mps * Math.cos(((bearingDeg(from, to) - heading_deg) * Math.PI) / 180);
}

/** What stands still. */
export function useOfCamera({ rank_m, distance_m, looks, own }: NearbyCamera): Use {
  const reasons = [
    distance_m === null ? null : metres(distance_m),
    looks && distance_m !== null ? "looks at the scene" : null,
    own ? "of the site that called" : null,
  ];
  return { rank_m: rank_m ?? UNKNOWN_M, reasons: reasons.filter((reason) => reason !== null) };
}

/** What a unit carries. */
function useOfUnit(at: Position | null, { caller, now }: Known): Use {
  if (at === null || caller === null) return { rank_m: UNKNOWN_M, reasons: [] };
  const far = distanceM(at, caller);
  const closing = closingMps(at, caller, now);
  const reasons = [
    metres(far),
    closing >= MOVING_MPS ? "coming closer" : closing <= -MOVING_MPS ? "going away" : null,
    now - Date.parse(at.at) > STALE_MS ? `was there ${duration(now - Date.parse(at.at))} ago` : null,
  ];
  return {
    rank_m: Math.max(far - AHEAD_S * closing, far / 10),
    reasons: reasons.filter((reason) => reason !== null),
  };
}

/** From above the whole scene is seen: nearer than any camera that only stands there. */
const ABOVE_M = 10;
/** Its camera is on the scene when the middle of its picture is so near. */
const ON_SCENE_M = 60;
/** Colour before thermal, when both see the same. */
const THERMAL_M = 1;

/** What flies: where its camera looks counts, and until it looks there, how far it is. */
function useOfDrone(at: DroneAt | undefined, thermal: boolean, caller: Position | null): Use {
  if (at === undefined || caller === null) return { rank_m: UNKNOWN_M, reasons: [] };
  const far = distanceM(at.point, caller);
  const looks = at.aim?.at != null && distanceM(at.aim.at, caller) <= ON_SCENE_M;
  return {
    rank_m: (looks ? ABOVE_M : far) + (thermal ? THERMAL_M : 0),
    reasons: looks ? [metres(far), "looks at the scene"] : [metres(far)],
  };
}

function standing(feed: FeedView, known: Known): Use {
  if (feed.kind === "caller") return { rank_m: 0, reasons: [] };
  if (feed.camera_id !== null) {
    const camera = known.cameras.find(({ camera_id }) => camera_id === feed.camera_id);
    return camera === undefined ? { rank_m: UNKNOWN_M, reasons: [] } : useOfCamera(camera);
  }
  if (feed.kind === "drone" || feed.kind === "thermal") {
    const flight = known.above === undefined ? null : flightOfFeed(known.above.sky, feed.id);
    const at = flight === null ? undefined : known.above?.drones.get(flight.drone_id);
    return useOfDrone(at, feed.kind === "thermal", known.caller);
  }
  const unit = feed.unit_id === null ? undefined : known.units.get(feed.unit_id);
  return useOfUnit(unit?.position ?? null, known);
}

/** A picture that is open: how much it shows now. A caller's comes first while it may come back. */
export function useOfFeed(feed: FeedView, known: Known): Use {
  const { rank_m, reasons } = standing(feed, known);
  const age_s = Math.max(0, known.now - Date.parse(feed.since)) / 1000;
  switch (feed.state) {
    case "live":
      return { rank_m, reasons };
    case "ended":
      return { rank_m: rank_m + ENDED_M, reasons: ["ended", ...reasons] };
    case "silent": {
      if (feed.kind === "caller") return { rank_m, reasons: ["no picture now"] };
      return { rank_m: rank_m + AGES_MPS * age_s, reasons: ["no picture now", ...reasons] };
    }
    default:
      return { rank_m, reasons: ["opening", ...reasons] };
  }
}

export interface Ranked {
  feed: FeedView;
  use: Use;
}

/** The pictures that are open, what shows most first. Of two alike the older one is first: nothing jumps. */
export function ranked(feeds: readonly FeedView[], known: Known): Ranked[] {
  return feeds
    .map((feed) => ({ feed, use: useOfFeed(feed, known) }))
    .sort((a, b) => a.use.rank_m - b.use.rank_m);
}

/** "80 m, looks at the scene". */
export function reasonsWords({ reasons }: Use): string {
  const words = reasons.join(", ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
