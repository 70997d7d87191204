// Which rung of the ladder the phone stands on, and why on none above it. Pure: facts and the time give the next stand.
// Down soon, up only when the line has shown that it carries more, and later each time that it did not: it never flaps.
import type { SessionState } from "../rtc/reconnect.ts";
import type { Capture, LinkKind, Rung, RungReason } from "../wire.ts";

/** How the camera's picture goes: WebRTC, a still each second, or one every few seconds. */
export type Way = "video" | "stills" | "single";

export interface Standing {
  rung: Rung;
  reason: RungReason;
}

/** What is true at this moment; times are milliseconds that only grow. */
export interface Facts {
  now: number;
  kind: LinkKind;
  camera: Capture;
  place: Capture;
  visible: boolean;
  /** The picture by WebRTC, and what WebRTC believes to get through; null where the browser does not say. */
  media: SessionState;
  estimate_bps: number | null;
  /** WebRTC tried beside stills. */
  trial: SessionState | null;
  trial_bps: number | null;
  /** What stills get through, and when one arrived last; null before the first. */
  still_bps: number | null;
  stillAt: number | null;
}

export interface Stand {
  way: Way;
  since: number;
  why: "udp-and-tcp-blocked" | "too-slow";
  /** Video has flowed since this way began. */
  flowed: boolean;
  /** Since when it speaks for another way; null while nothing does. */
  otherwiseSince: number | null;
  /** When WebRTC is tried beside stills: since when, or from when on. */
  trying: boolean;
  trialAt: number;
  wait_ms: number;
}

export const SLOW_BPS = 60_000; // less is no video
export const CLIMB_BPS = 100_000; // and more than that before it is tried again
const SINGLE_BPS = 30_000;
const STILLS_BPS = 45_000;
const CONNECT_MS = 6000; // for a first picture
const LOST_MS = 8000; // for one that flowed: a radio that stalls comes back by itself
const SLOW_MS = 6000;
const RATE_MS = 4000;
const TRIAL_MS = 10_000;
const GOOD_MS = 3000;
const FIRST_WAIT_MS = 10_000;
const LAST_WAIT_MS = 120_000;
const STEADY_MS = 30_000; // video that lasted so long was a good choice
const FRESH_MS = 6000;

export function begin(now: number): Stand {
  return {
    way: "video",
    since: now,
    why: "udp-and-tcp-blocked",
    flowed: false,
    otherwiseSince: null,
    trying: false,
    trialAt: 0,
    wait_ms: FIRST_WAIT_MS,
  };
}

/** Nothing to judge by: the camera yields nothing, or a hidden page sends nothing. */
const stands = ({ camera, visible }: Facts): boolean => camera !== "on" || !visible;

function toStills(before: Stand, now: number, why: Stand["why"]): Stand {
  const steady = before.flowed && now - before.since > STEADY_MS;
  const wait_ms = steady ? FIRST_WAIT_MS : before.wait_ms;
  return {
    ...begin(now),
    way: "stills",
    why,
    trialAt: now + wait_ms,
    wait_ms: Math.min(2 * wait_ms, LAST_WAIT_MS),
  };
}

function fromVideo(before: Stand, facts: Facts): Stand {
  const { now, media, estimate_bps } = facts;
  const flows = media === "connected";
  const slow = flows && estimate_bps !== null && estimate_bps < SLOW_BPS;
  const flowed = before.flowed || flows;
  if (stands(facts) || (flows && !slow)) return { ...before, flowed, otherwiseSince: null };
  const since = before.otherwiseSince ?? now;
  const patience = slow ? SLOW_MS : flowed ? LOST_MS : CONNECT_MS;
  if (now - since < patience) return { ...before, flowed, otherwiseSince: since };
  return toStills({ ...before, flowed }, now, slow ? "too-slow" : "udp-and-tcp-blocked");
}

/** WebRTC is being tried: up when it carries enough for some seconds, later again when it does not. */
function trying(before: Stand, facts: Facts): Stand {
  const { now, trial, trial_bps } = facts;
  const good = trial === "connected" && (trial_bps === null || trial_bps >= CLIMB_BPS);
  const since = good ? (before.otherwiseSince ?? now) : null;
  if (since !== null && now - since >= GOOD_MS) {
    return { ...before, way: "video", since: now, flowed: false, otherwiseSince: null, trying: false };
  }
  if (!stands(facts) && now - before.trialAt < TRIAL_MS) return { ...before, otherwiseSince: since };
  const wait_ms = Math.min(2 * before.wait_ms, LAST_WAIT_MS);
  return { ...before, trying: false, otherwiseSince: null, trialAt: now + before.wait_ms, wait_ms };
}

function fromStills(before: Stand, facts: Facts): Stand {
  const { now, still_bps, stillAt } = facts;
  if (before.trying) return trying(before, facts);
  const arrives = stillAt !== null && now - stillAt < FRESH_MS;
  if (stands(facts) || !arrives || still_bps === null) return { ...before, otherwiseSince: null };
  if (now >= before.trialAt && still_bps >= CLIMB_BPS) {
    return { ...before, trying: true, trialAt: now, otherwiseSince: null };
  }
  const other = before.way === "stills" ? still_bps < SINGLE_BPS : still_bps > STILLS_BPS;
  if (!other) return { ...before, otherwiseSince: null };
  const since = before.otherwiseSince ?? now;
  if (now - since < RATE_MS) return { ...before, otherwiseSince: since };
  return { ...before, way: before.way === "stills" ? "single" : "stills", otherwiseSince: null };
}

/** Where the phone stands next. Asked some times a second. */
export function next(before: Stand, facts: Facts): Stand {
  return before.way === "video" ? fromVideo(before, facts) : fromStills(before, facts);
}

/** The network is another now: what was learned of the old one says nothing. */
export function afresh(before: Stand, now: number): Stand {
  return before.way === "video" ? before : { ...before, trialAt: now, wait_ms: FIRST_WAIT_MS };
}

const GIVES_PLACE: ReadonlySet<Capture> = new Set(["on", "asking", "paused"]);

/** Where there is no picture of the camera, by what became of it. */
const WITHOUT: Partial<Record<Capture, RungReason>> = {
  off: "chosen",
  refused: "permission-refused",
  unavailable: "no-camera",
};

/** The rung that the camera's picture is on. */
function ofPicture({ way, why, flowed }: Stand, { camera, media, stillAt }: Facts): Standing {
  if (way === "single") return { rung: "single-stills", reason: "too-slow" };
  if (way === "stills") return { rung: "stills", reason: stillAt === null ? "starting" : why };
  // what stalls for a moment is no other rung: the server sees for itself that nothing comes
  const works = camera === "on" && (flowed || media === "connected");
  return { rung: "live", reason: works ? "working" : "starting" };
}

/** The rung and the reason, as 911 is told. */
export function rungOf(stand: Stand, facts: Facts): Standing {
  const { kind, camera, place, visible } = facts;
  const below: Rung = GIVES_PLACE.has(place) ? "position" : "text";
  if (kind === "position") return { rung: below, reason: "asked" };
  if (kind !== "live") return { rung: "upload", reason: "asked" };
  if (camera === "paused") return { rung: below, reason: visible ? "camera-taken" : "hidden" };
  const reason = WITHOUT[camera];
  if (reason !== undefined) return { rung: camera === "off" ? below : "upload", reason };
  return ofPicture(stand, facts);
}

/** The sizes that stills have, longest side in pixels, and how well they are kept. */
const SIZES = [
  { longest: 960, quality: 0.6 },
  { longest: 800, quality: 0.55 },
  { longest: 640, quality: 0.5 },
  { longest: 480, quality: 0.45 },
  { longest: 320, quality: 0.4 },
  { longest: 240, quality: 0.35 },
] as const;
export type Size = (typeof SIZES)[number];
const FIRST = SIZES[2];
const LEAST = SIZES[SIZES.length - 1] ?? FIRST;

/** A still takes so much of its second, and of its seconds where there is one only every few. */
const BUDGET_S: Record<Way, number> = { video: 0.8, stills: 0.8, single: 2.5 };

/** The largest still that the line takes in time, from what it takes and how many bytes a pixel cost the last. */
export function sizeFor(way: Way, bps: number | null, bytesPerPixel: number): Size {
  if (bps === null) return FIRST;
  const bytes = (bps / 8) * BUDGET_S[way];
  return SIZES.find(({ longest }) => longest * longest * 0.75 * bytesPerPixel <= bytes) ?? LEAST;
}

/** When the next still leaves, ms after the one before it did: never more than one is on its way. */
export function gap(way: Way, took_ms: number): number {
  return way === "single" ? Math.min(Math.max(3000, 1.5 * took_ms), 15_000) : Math.max(1000, took_ms);
}
