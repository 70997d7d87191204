// One feed on one <video>: asks for the grant, keeps the subscription and tells how the picture is. Step 11.
// A picture counts as live only while frames are really shown; what the server believes is not enough.

import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { Health } from "../rtc/health.ts";
import type { SessionState } from "../rtc/reconnect.ts";
import { Over } from "../rtc/reconnect.ts";
import type { Grant } from "../rtc/session.ts";
import { type Subscription, subscribe } from "../rtc/whep.ts";
import type { FeedView, Level } from "../wire.ts";
import type { Calls } from "./calls.ts";
import type { Desk } from "./desk.ts";

/**
 * connecting and waiting: nothing was ever shown. live: it moves. stills: a frame now and then, because no more fits
 * through. still: the last frame stands. over: it will not come back.
 */
export type Phase = "connecting" | "waiting" | "live" | "stills" | "still" | "over";

export interface Picture {
  phase: Phase;
  /** performance.now() of the last frame that was shown; null before the first and while live. */
  stillSince: number | null;
  /** Whether this browser's own connection has lost much for some time. */
  weak: boolean;
  /** Whether the server says that only stills fit through this browser's own connection, which wants more. */
  stills: boolean;
  /** Whether it says that less fits through than is wanted. */
  below: boolean;
  bytes: number;
}

const LOOK_MS = 200;
/** Without a frame for this long a picture is called still. */
const STILL_MS = 900;
/** And for this long where only stills are to be expected. */
const STILLS_MS = 25_000;
const WEAK_AFTER_MS = 2000;
const STRONG_AFTER_MS = 5000;
const MUCH_LOSS = 0.1;
const LONG_WAY_MS = 1000;
/** What the server says of the link is of before, for this long after something else was wanted. */
const SETTLE_MS = 3000;

export const BEGINNING: Picture = {
  phase: "connecting",
  stillSince: null,
  weak: false,
  stills: false,
  below: false,
  bytes: 0,
};

/** What is said of one's own connection, and since when its figures say otherwise. */
export interface Own {
  weak: boolean;
  otherwiseSince: number | null;
}

/** Weak after two bad seconds, strong again after five good ones: a word that flickers helps nobody. Pure. */
export function ownAfter(before: Own, health: Pick<Health, "loss" | "rtt_ms">, now: number): Own {
  const bad = health.loss > MUCH_LOSS || (health.rtt_ms ?? 0) > LONG_WAY_MS;
  if (bad === before.weak) return { weak: before.weak, otherwiseSince: null };
  const since = before.otherwiseSince ?? now;
  const turned = now - since >= (bad ? WEAK_AFTER_MS : STRONG_AFTER_MS);
  return turned ? { weak: bad, otherwiseSince: null } : { weak: before.weak, otherwiseSince: since };
}

/** Levels at which nothing moves any more. */
export function isStills(level: Level | undefined): boolean {
  return level === "keyframes" || level === "stills";
}

const LEVELS: readonly Level[] = ["full", "half", "quarter", "keyframes", "stills"];

/** Whether less comes than is wanted. */
export function isBelow(level: Level | undefined, most: Level): boolean {
  return LEVELS.indexOf(level ?? "full") > LEVELS.indexOf(most);
}

/** How the picture is, from when a frame was last shown and what the session says. Pure. */
export function phaseOf(session: SessionState, frameAt: number | null, now: number, stills = false): Phase {
  if (session === "ended") return "over";
  if (frameAt === null) return session === "waiting" ? "waiting" : "connecting";
  if (stills) return now - frameAt < STILLS_MS ? "stills" : "still";
  return now - frameAt < STILL_MS ? "live" : "still";
}

export class Watching {
  readonly picture = new Store<Picture>(BEGINNING);
  readonly #video: HTMLVideoElement;
  readonly #subscription: Subscription;
  #session: SessionState = "connecting";
  #bytes = 0;
  #own: Own = { weak: false, otherwiseSince: null };
  #level: Level | undefined;
  #most: Level;
  #wantedAt = Number.NEGATIVE_INFINITY;
  #frameAt: number | null = null;

  constructor(
    feedId: string,
    video: HTMLVideoElement,
    { calls, world }: Pick<Desk, "calls" | "world">,
    signal: AbortSignal,
    most: Level = "full",
  ) {
    this.#video = video;
    this.#most = most;
    this.#subscription = subscribe({
      video,
      signal,
      grant: () => grantFor(feedId, calls),
      stills: (session) => {
        this.#level = world.value.levels.get(session);
        return this.#stills;
      },
      most,
      onState: (state) => {
        this.#session = state;
        this.#look();
      },
      onHealth: (health) => {
        this.#bytes = health.bytes;
        this.#own = ownAfter(this.#own, health, performance.now());
        // A hidden page shows no frames; there, packets have to speak for the picture.
        if (document.hidden && this.#frameAt !== null) this.#frameAt = performance.now() - health.silent_ms;
      },
    });
    this.#followFrames(signal);
    const timer = setInterval(() => this.#look(), LOOK_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** What the server's events say of the feed. */
  feedIs(state: FeedView["state"]): void {
    this.#subscription.feedIsLive(state === "live");
  }

  /** How much of it is wanted from now on. */
  want(most: Level): void {
    if (most === this.#most) return;
    this.#most = most;
    this.#wantedAt = performance.now();
    this.#subscription.want(most);
  }

  /** Whether nothing moves: because nothing more is wanted, or fits through. */
  get #stills(): boolean {
    return isStills(this.#most) || isStills(this.#level);
  }

  /** The line to the server broke or came back. */
  nudge(): void {
    this.#subscription.nudge();
  }

  #followFrames(signal: AbortSignal): void {
    const shown = (): void => {
      if (signal.aborted) return;
      const first = this.#frameAt === null;
      this.#frameAt = performance.now();
      if (first || this.picture.value.stillSince !== null) this.#look();
      this.#video.requestVideoFrameCallback(shown);
    };
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback(shown);
    else (this.#video as HTMLVideoElement).addEventListener("timeupdate", shown, { signal });
  }

  #look(): void {
    const phase = phaseOf(this.#session, this.#frameAt, performance.now(), this.#stills);
    const settled = performance.now() - this.#wantedAt > SETTLE_MS;
    const before = this.picture.value;
    const next: Picture = {
      phase,
      stillSince: phase === "still" || phase === "stills" ? this.#frameAt : null,
      weak: this.#own.weak,
      stills: settled && isStills(this.#level) && !isStills(this.#most),
      below: settled && isBelow(this.#level, this.#most),
      bytes: this.#bytes,
    };
    const same = (Object.keys(next) as (keyof Picture)[]).every((key) => next[key] === before[key]);
    if (!same) this.picture.set(next);
  }
}

async function grantFor(feedId: string, calls: Calls): Promise<Grant> {
  const asked = performance.now();
  try {
    const { whep, bearer, seconds_left } = await calls.watch(feedId);
    return { endpoint: whep, bearer, until: asked + seconds_left * 1000 };
  } catch (error) {
    if (error instanceof Refused && [401, 403, 404, 410].includes(error.status)) throw new Over(error.code);
    throw error;
  }
}
