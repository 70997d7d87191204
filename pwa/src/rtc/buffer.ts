// How far behind the network a viewer plays: a packet that is asked for again comes a round trip later, and a
// picture that waits for it from the start does not stop for it. Step 12 of the story, seen from its end.
// Says how long; whep.ts tells the receivers.

import type { Counters } from "./health.ts";

/** What is remembered between looks; times are ms of performance.now(). */
export interface Buffer {
  target_ms: number;
  /** More than the round trip asks for, learnt from the times that the picture stood. */
  extra_ms: number;
  nackedAt: number;
  frozeAt: number;
  nacks: number;
  frozen_s: number;
}

const ROUND_TRIPS = 2.5; // the gap is seen, asked for, and one of two answers is lost
const MOST_MS = 3000; // an officer would rather see it two seconds late than in pieces
const CLEAN_MS = 10_000; // without a request for a repeat: the path loses nothing any more
const CALM_MS = 30_000; // without a freeze: less may do
const CALMS = 0.99; // at every look
// Changed slowly: the picture runs a little slower or faster, and never jumps.
const UP_MS = 50;
const DOWN_MS = 12;

export function noBuffer(): Buffer {
  const never = Number.NEGATIVE_INFINITY;
  return { target_ms: 0, extra_ms: 0, nackedAt: never, frozeAt: never, nacks: 0, frozen_s: 0 };
}

/** The buffer after one more look at the same session. */
export function adjust(buffer: Buffer, counters: Counters, now: number): Buffer {
  const { nacks, frozen_s } = counters;
  const froze_ms = Math.max(frozen_s - buffer.frozen_s, 0) * 1000;
  const nackedAt = nacks > buffer.nacks ? now : buffer.nackedAt;
  const frozeAt = froze_ms > 0 ? now : buffer.frozeAt;
  const lossy = now - nackedAt < CLEAN_MS;
  const base = lossy ? ROUND_TRIPS * (counters.rtt_ms ?? 0) : 0;
  let extra_ms = now - frozeAt > CALM_MS ? buffer.extra_ms * CALMS : buffer.extra_ms;
  // without loss it stood for other reasons
  if (lossy && froze_ms > 0) extra_ms = Math.max(extra_ms, buffer.target_ms + froze_ms - base);
  extra_ms = Math.max(Math.min(extra_ms, MOST_MS - base), 0);
  const wanted = Math.min(base + extra_ms, MOST_MS);
  const { target_ms: before } = buffer;
  const target_ms = Math.min(Math.max(wanted, before - DOWN_MS), before + UP_MS);
  return { target_ms, extra_ms, nackedAt, frozeAt, nacks, frozen_s };
}
