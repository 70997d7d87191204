// Distances, bearings and ages, and the words for them. Pure; the earth is a sphere here, which is wrong by at
// most half a percent and far less than a phone's own claim.
import type { Position } from "../wire.ts";

const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

type Point = Pick<Position, "latitude" | "longitude">;

/** Great-circle distance in metres (haversine). */
export function distanceM(a: Point, b: Point): number {
  const p1 = a.latitude * RADIANS;
  const p2 = b.latitude * RADIANS;
  const dp = p2 - p1;
  const dl = (b.longitude - a.longitude) * RADIANS;
  const h = Math.sin(dp / 2) ** 2 + Math.cos(p1) * Math.cos(p2) * Math.sin(dl / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** First bearing from `a` to `b`, degrees clockwise from true north, 0 to 360. */
export function bearingDeg(a: Point, b: Point): number {
  const p1 = a.latitude * RADIANS;
  const p2 = b.latitude * RADIANS;
  const dl = (b.longitude - a.longitude) * RADIANS;
  const y = Math.sin(dl) * Math.cos(p2);
  const x = Math.cos(p1) * Math.sin(p2) - Math.sin(p1) * Math.cos(p2) * Math.cos(dl);
  return (Math.atan2(y, x) / RADIANS + 360) % 360;
}

const COMPASS = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/** One of eight words for a bearing. */
export function compass(degrees: number): string {
  return COMPASS[Math.round(degrees / 45) % 8] ?? "north";
}

/** "35 m", "840 m", "1.2 km", "24 km". */
export function metres(m: number): string {
  if (m < 10) return `${Math.round(m)} m`;
  if (m < 100) return `${Math.round(m / 5) * 5} m`;
  if (m < 995) return `${Math.round(m / 10) * 10} m`;
  return m < 9950 ? `${(m / 1000).toFixed(1)} km` : `${Math.round(m / 1000)} km`;
}

/** "1.2 km north-east", or "here" where the two cannot be told apart. */
export function wayTo(from: Position, to: Position): string {
  const distance = distanceM(from, to);
  if (distance < Math.max(10, (from.accuracy_m + to.accuracy_m) / 2)) return "here";
  return `${metres(distance)} ${compass(bearingDeg(from, to))}`;
}

const MOVING_MPS = 2;
const LONGEST_S = 3600;

/**
 * Seconds from `from` to `to` on a straight line at the speed that `from` has now. No road is straight, so it is the
 * least. Null where it would say nothing: standing, heading elsewhere, already there, too old, or over an hour.
 */
export function secondsTo(from: Position, to: Position, now: number): number | null {
  const { speed_mps, heading_deg, at } = from;
  if (speed_mps === null || speed_mps < MOVING_MPS || now - Date.parse(at) > STALE_MS) return null;
  if (wayTo(from, to) === "here") return null;
  if (heading_deg !== null && Math.cos((bearingDeg(from, to) - heading_deg) * RADIANS) < 0) return null;
  const seconds = distanceM(from, to) / speed_mps;
  return seconds > LONGEST_S ? null : seconds;
}

/** "about 2 min": whole minutes, rounded up; null as `secondsTo`. */
export function soonTo(from: Position, to: Position, now: number): string | null {
  const seconds = secondsTo(from, to, now);
  return seconds === null ? null : `about ${Math.max(1, Math.ceil(seconds / 60))} min`;
}

/** How well a position is known: "precise, within 12 m". */
export function accuracyWords(m: number): string {
  // rounded up: a claim is never made smaller than the phone made it
  const size = m < 100 ? `${Math.max(1, Math.ceil(m))} m` : metres(m);
  if (m <= 20) return `precise, within ${size}`;
  if (m <= 75) return `good, within ${size}`;
  if (m <= 300) return `rough, within ${size}`;
  return `very rough, within ${size}`;
}

/** "now", "4 s", "12 min", "1 h 05 min", "3 d": never negative. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 1) return "now";
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  return h < 48 ? `${h} h ${String(min % 60).padStart(2, "0")} min` : `${Math.floor(h / 24)} d`;
}

/** "just now", "4 s ago". */
export function ago(ms: number): string {
  const words = duration(ms);
  return words === "now" ? "just now" : `${words} ago`;
}

/** Minutes and seconds left: "9:05". */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

/** "42.32232, -83.17631": five decimals are a metre. */
export function coordinates(point: Point): string {
  return `${point.latitude.toFixed(5)}, ${point.longitude.toFixed(5)}`;
}

/** A position older than this is no longer where somebody is, only where they were. */
export const STALE_MS = 15_000;
