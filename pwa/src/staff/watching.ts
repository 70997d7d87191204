// One feed on one <video>: asks for the grant, keeps the subscription and tells how the picture is. Step 11.
// A picture counts as live only while frames are really shown; what the server believes is not enough.

import type { Health } from "../rtc/health.ts";
import type { SessionState } from "../rtc/reconnect.ts";
import { Over } from "../rtc/reconnect.ts";
import { type Subscription, subscribe } from "../rtc/whep.ts";
import type { Feed } from "../wire.ts";
import type { Calls } from "./calls.ts";
import { Refused } from "./requests.ts";
import { Store } from "./store.ts";

/** connecting and waiting: nothing was ever shown. still: the last frame stands. over: it will not come back. */
export type Phase = "connecting" | "waiting" | "live" | "still" | "over";
export type Quality = "good" | "fair" | "poor";

export interface Picture {
  phase: Phase;
  /** performance.now() of the last frame that was shown; null before the first and while live. */
  stillSince: number | null;
  quality: Quality | null;
  bytes: number;
}

const LOOK_MS = 200;
/** Without a frame for this long a picture is called still. */
const STILL_MS = 900;

const BEGINNING: Picture = {
  phase: "connecting",
  stillSince: null,
  quality: null,
  bytes: 0,
};

export function quality(health: Pick<Health, "loss" | "fps">): Quality {
  if (health.loss > 0.1 || health.fps < 5) return "poor";
  return health.loss > 0.03 || health.fps < 10 ? "fair" : "good";
}

export const QUALITY_WORDS: Record<Quality, string> = {
  good: "good signal",
  fair: "fair signal",
  poor: "poor signal",
};

/** How the picture is, from when a frame was last shown and what the session says. Pure. */
export function phaseOf(session: SessionState, frameAt: number | null, now: number): Phase {
  if (session === "ended") return "over";
  if (frameAt === null) return session === "waiting" ? "waiting" : "connecting";
  return now - frameAt < STILL_MS ? "live" : "still";
}

export class Watching {
  readonly picture = new Store<Picture>(BEGINNING);
  readonly #video: HTMLVideoElement;
  readonly #subscription: Subscription;
  #session: SessionState = "connecting";
  #health: Health | null = null;
  #frameAt: number | null = null;

  constructor(feedId: string, video: HTMLVideoElement, calls: Calls, signal: AbortSignal) {
    this.#video = video;
    this.#subscription = subscribe({
      video,
      signal,
      grant: () => grantFor(feedId, calls),
      onState: (state) => {
        this.#session = state;
        this.#look();
      },
      onHealth: (health) => {
        this.#health = health;
        // A hidden page shows no frames; there, packets have to speak for the picture.
        if (document.hidden && this.#frameAt !== null) this.#frameAt = performance.now() - health.silent_ms;
      },
    });
    this.#followFrames(signal);
    const timer = setInterval(() => this.#look(), LOOK_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** What the server's events say of the feed. */
  feedIs(state: Feed["state"]): void {
    this.#subscription.feedIsLive(state === "live");
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
      if (first || this.picture.value.phase === "still") this.#look();
      this.#video.requestVideoFrameCallback(shown);
    };
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback(shown);
    else (this.#video as HTMLVideoElement).addEventListener("timeupdate", shown, { signal });
  }

  #look(): void {
    const phase = phaseOf(this.#session, this.#frameAt, performance.now());
    const before = this.picture.value;
    const next: Picture = {
      phase,
      stillSince: phase === "still" ? this.#frameAt : null,
      quality: phase === "live" && this.#health !== null ? quality(this.#health) : null,
      bytes: this.#health?.bytes ?? 0,
    };
    const same = (Object.keys(next) as (keyof Picture)[]).every((key) => next[key] === before[key]);
    if (!same) this.picture.set(next);
  }
}

async function grantFor(feedId: string, calls: Calls): Promise<{ endpoint: string; bearer: string }> {
  try {
    const grant = await calls.watch(feedId);
    return { endpoint: grant.whep, bearer: grant.bearer };
  } catch (error) {
    if (error instanceof Refused && [401, 403, 404, 410].includes(error.status)) throw new Over(error.code);
    throw error;
  }
}
