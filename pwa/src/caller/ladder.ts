// Moves the phone between the rungs: stops and starts video, stills and trials as rungs.ts says. Loaded after the page,
// for live video needs nothing of it.
import { Refused } from "../lib/api.ts";
import type { Health } from "../rtc/health.ts";
import type { SessionState } from "../rtc/reconnect.ts";
import type { LinkKind } from "../wire.ts";
import type { Door } from "./door.ts";
import { afresh, begin, type Facts, next, rungOf, type Stand, type Standing } from "./rungs.ts";
import type { Part, Situation } from "./saying.ts";
import { sendStills } from "./stills.ts";

/** Told how a publication is. */
export interface Heard {
  onState(state: SessionState): void;
  onHealth(health: Health): void;
}

/** What share.ts hands over. */
export interface Rope {
  door: Door;
  kind: LinkKind;
  situation: Readonly<Situation>;
  health(): Health | null;
  track(): MediaStreamTrack | null;
  /** Publishes the picture by WebRTC, or stops it. */
  video(on: boolean): void;
  /** Publishes it on a feed that nobody can watch, to see whether it gets through. */
  trial(heard: Heard, until: AbortSignal): void;
  /** The server has said that it is over. */
  over(error: Refused): void;
  stand(on: Standing, stills: Part | null): void;
  signal: AbortSignal;
}

const LOOK_MS = 500;
const ENDS: ReadonlySet<number> = new Set([401, 403, 404, 410]); // all else is about one picture
const FRESH_MS = 20_000; // a still that is older shows nothing of now

export function climb(rope: Rope): void {
  const { situation, signal } = rope;
  let stand = begin(performance.now());
  let sending: AbortController | null = null;
  let trial: { end: AbortController; state: SessionState; health: Health | null } | null = null;
  let still: { bps: number; at: number } | null = null;

  const facts = (): Facts => ({
    now: performance.now(),
    kind: rope.kind,
    camera: situation.camera,
    place: situation.place,
    visible: document.visibilityState === "visible",
    media: situation.media,
    estimate_bps: rope.health()?.estimate_bps ?? null,
    trial: trial?.state ?? null,
    trial_bps: trial?.health?.estimate_bps ?? null,
    still_bps: still?.bps ?? null,
    stillAt: still?.at ?? null,
  });

  const picture = (): Part => {
    if (still === null) return "coming";
    return performance.now() - still.at < FRESH_MS ? "seen" : "paused";
  };

  const startStills = (): void => {
    const end = new AbortController();
    sending = end;
    still = null;
    sendStills({
      door: rope.door,
      track: rope.track,
      way: () => stand.way,
      onArrived(bps) {
        still = { bps, at: performance.now() };
        look();
      },
      onRefused(error) {
        if (error instanceof Refused && ENDS.has(error.status)) rope.over(error);
      },
      signal: end.signal,
    });
  };

  const startTrial = (): void => {
    const begun = {
      end: new AbortController(),
      state: "connecting" as SessionState,
      health: null as Health | null,
    };
    trial = begun;
    const heard: Heard = {
      onState(state) {
        begun.state = state;
      },
      onHealth(health) {
        begun.health = health;
      },
    };
    rope.trial(heard, begun.end.signal);
  };

  /** Makes what is done agree with where the phone stands. */
  const act = (before: Stand): void => {
    if (before.trying && !stand.trying) {
      trial?.end.abort();
      trial = null;
    }
    if (!before.trying && stand.trying) startTrial();
    if ((before.way === "video") === (stand.way === "video")) return;
    if (stand.way === "video") {
      sending?.abort();
      sending = null;
      still = null;
      rope.video(true);
    } else {
      rope.video(false);
      startStills();
    }
  };

  const look = (): void => {
    if (signal.aborted) return;
    const before = stand;
    stand = next(before, facts());
    act(before);
    rope.stand(rungOf(stand, facts()), stand.way === "video" ? null : picture());
  };

  const changed = (): void => {
    stand = afresh(stand, performance.now());
    look();
  };

  const timer = setInterval(look, LOOK_MS);
  addEventListener("online", changed, { signal });
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    sending?.abort();
    trial?.end.abort();
  });
  look();
}
