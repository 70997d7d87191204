// Moves the phone between the rungs: stops and starts video, stills and trials as rungs.ts says. Loaded after the page,
// for live video needs nothing of it.
import { Refused } from "../lib/api.ts";
import { keepAwake } from "../lib/wakelock.ts";
import type { Health } from "../rtc/health.ts";
import type { SessionState } from "../rtc/reconnect.ts";
import type { CallerStatus, LinkKind } from "../wire.ts";
import type { Door } from "./door.ts";
import { loadWords } from "./frame.ts";
import { afresh, begin, type Facts, next, rungOf, type Stand, type Standing } from "./rungs.ts";
import type { Part, Situation } from "./saying.ts";
import { offered } from "./sending.ts";
import { sendStills } from "./stills.ts";

/** What this tab shared before it was loaded anew, until Share is pressed again. */
const RELOADED: CallerStatus = { camera: "paused", position: "paused", rung: "text", reason: "reloaded" };

/** The page stands at its button again; the press before allows to say so. */
export function sayReloaded(door: Door): void {
  door.say("/api/caller/status", RELOADED).catch(() => {});
}

/** Told how a publication is. */
export interface Heard {
  onState(state: SessionState): void;
  onHealth(health: Health): void;
}

/** What share.ts hands over. */
export interface Rope {
  door: Door;
  token: string;
  kind: LinkKind;
  situation: Readonly<Situation>;
  changed(change: Partial<Situation>): void;
  /** Publishes by WebRTC until the signal aborts; `query` stands behind the endpoint. */
  publishing(heard: Heard, until: AbortSignal, query?: string): void;
  /** What makes a publication the one that the page tells of. */
  heard(until: AbortSignal): Heard;
  /** Ends the publication that share.ts began with. */
  first: AbortController;
  /** Whether this was the server's last word; the page then says so. */
  over(error: unknown): boolean;
  tell(standing: Standing): void;
  now(): { stream: MediaStream | null; health: Health | null };
  signal: AbortSignal;
}

const LOOK_MS = 500;
const ENDS: ReadonlySet<number> = new Set([401, 403, 404, 410]); // all else is about one picture
const FRESH_MS = 20_000; // a still that is older shows nothing of now

export async function climb(rope: Rope): Promise<void> {
  const { door, kind, situation, signal, token } = rope;
  const { words } = await loadWords();
  if (signal.aborted) return;
  let stand = begin(performance.now());
  let told: Standing | null = null;
  let showing = rope.first;
  let sending: AbortController | null = null;
  let trial: { end: AbortController; state: SessionState; health: Health | null } | null = null;
  let still: { bps: number; at: number } | null = null;

  const facts = (): Facts => ({
    now: performance.now(),
    kind,
    camera: situation.camera,
    place: situation.place,
    visible: document.visibilityState === "visible",
    media: situation.media,
    estimate_bps: rope.now().health?.estimate_bps ?? null,
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
      door,
      track: () => rope.now().stream?.getVideoTracks()[0] ?? null,
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
    rope.publishing(heard, begun.end.signal, "?trial=true");
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
      showing = new AbortController();
      rope.publishing(rope.heard(showing.signal), showing.signal);
    } else {
      showing.abort();
      startStills();
    }
    rope.changed({ media: "connecting" });
  };

  const say = (standing: Standing, stills: Part | null): void => {
    const isNew = told?.rung !== standing.rung || told.reason !== standing.reason;
    told = standing;
    if (isNew) rope.tell(standing);
    if (situation.stills !== stills) rope.changed({ stills });
  };

  const showFiles = offered({
    ...{ door, token, kind, situation, signal, words },
    rung: () => told?.rung ?? "live",
  });

  const look = (): void => {
    if (signal.aborted) return;
    const before = stand;
    stand = next(before, facts());
    act(before);
    say(rungOf(stand, facts()), stand.way === "video" ? null : picture());
    showFiles();
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
    showing.abort();
    sending?.abort();
    trial?.end.abort();
  });
  keepAwake(signal);
  look();
}
