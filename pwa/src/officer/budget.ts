// How many pictures may move at once: as many as this phone's link carries, found out by trial. The others are
// stills. Pure; the engine says what goes through (staff/watching), the browser guesses where it does.

import type { Picture } from "../staff/watching.ts";

export interface Budget {
  live: number;
  /** When the number changed last, and since when things are otherwise than it says; ms of performance.now(). */
  changedAt: number;
  strainedSince: number | null;
  /** How long all has to be well before one more is tried. */
  wait_ms: number;
}

/** What is seen of the link at one moment. */
export interface Link {
  /** Of the pictures that should move now. */
  moving: readonly Pick<Picture, "below" | "weak">[];
  /** How many there are to be shown. */
  wanted: number;
  /** By the Network Information API: Mbit/s, and whether this person saves data; null where it is not known. */
  downlink_mbps: number | null;
  saves: boolean;
}

/** A phone has no room to look at more. */
export const MOST_LIVE = 4;
const STRAIN_MS = 2000;
const FIRST_WAIT_MS = 6000;
const LONGEST_WAIT_MS = 96_000;
const FIRST_MBPS = 1.5; // of the large one
const MORE_MBPS = 0.6; // of each small one: the lowest of its layers

export const BEGINNING: Budget = {
  live: 1,
  changedAt: 0,
  strainedSince: null,
  wait_ms: FIRST_WAIT_MS,
};

/** No more than this, whatever a trial would say. */
export function mostLive({ wanted, downlink_mbps, saves }: Omit<Link, "moving">): number {
  const carried =
    downlink_mbps === null ? MOST_LIVE : 1 + Math.floor(Math.max(0, downlink_mbps - FIRST_MBPS) / MORE_MBPS);
  return saves ? 1 : Math.max(1, Math.min(wanted, carried, MOST_LIVE));
}

/** The budget after one more look: one less after two bad seconds, one more by trial, each failed one rarer. */
export function budgetAfter(before: Budget, link: Link, now: number): Budget {
  const most = mostLive(link);
  if (before.live > most) return { ...before, live: most, changedAt: now, strainedSince: null };
  const strained = link.moving.some((picture) => picture.below || picture.weak);
  if (!strained) {
    const well = now - before.changedAt >= before.wait_ms && before.live < most;
    const next = { ...before, strainedSince: null };
    return well ? { ...next, live: before.live + 1, changedAt: now } : next;
  }
  const since = before.strainedSince ?? now;
  if (now - since < STRAIN_MS) return { ...before, strainedSince: since };
  return {
    live: Math.max(1, before.live - 1),
    changedAt: now,
    strainedSince: null,
    wait_ms: Math.min(2 * before.wait_ms, LONGEST_WAIT_MS),
  };
}

interface NetworkInformation {
  downlink?: number;
  saveData?: boolean;
}

/** What the browser says of its network; most say nothing. */
export function network(): Pick<Link, "downlink_mbps" | "saves"> {
  const { connection } = navigator as Navigator & { connection?: NetworkInformation };
  return { downlink_mbps: connection?.downlink ?? null, saves: connection?.saveData ?? false };
}
