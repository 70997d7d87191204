// Keeps one session alive: opens it, watches it, and opens another when it goes quiet, until told to end.
// The old session is kept while a new one is being opened and wins if it is heard again first, because
// a radio that stalls for two seconds comes back sooner than a new connection would.
// Knows neither WHIP nor WHEP, and never decides for itself that the call is over.

import { type Counters, type Health, meter, noCounters, read } from "./health.ts";
import { Refused, type Session } from "./session.ts";

/**
 * connecting: nothing has flowed yet. connected: the picture flows. waiting: the server answers, the other
 * side sends nothing. lost: it flowed and must be opened again; that is being tried. ended: never again.
 */
export type SessionState = "connecting" | "connected" | "waiting" | "lost" | "ended";

/** Thrown by `open` when there is nothing left to try. */
export class Over extends Error {}

/** What one look at a session said. `opening` is the time that ICE and DTLS are given. */
export type Verdict = "opening" | "flowing" | "quiet" | "dead";

/** A session with the times that a verdict needs; all are milliseconds of performance.now(). */
export interface Watched {
  readonly session: Session;
  readonly openedAt: number;
  connectedAt: number; // ICE and DTLS are up; Infinity before
  heardAt: number; // anything at all arrived
  lookedAt: number;
  quiet: number; // how long nothing had arrived at the last look
  pause: number; // the longest of these lately after which something did arrive
  packetAt: number; // a packet of the picture was counted
  hasFlowed: boolean;
  counters: Counters;
}

export interface Supervision {
  open(signal: AbortSignal): Promise<Session>;
  judge(watched: Watched, now: number): Verdict;
  onState(state: SessionState): void;
  onHealth?(health: Health): void;
  /** The picture flows in a session for the first time. */
  onFlow?(session: Session): void;
  /** After every look at a session, whatever it said. */
  onLook?(watched: Watched): void;
  signal: AbortSignal;
}

export interface Supervisor {
  /** Look now: something outside suggests that the connection changed. */
  nudge(): void;
}

const LOOK_MS = 250;
const QUICK_LOOK_MS = 60; // while a session is being made; reading costs a phone some ms
const QUICK_FAILURES = 4;
const STATS_MS = 1000; // a connection whose frame or process is gone never answers
const OPEN_TIMEOUT_MS = 8000;
const REOPEN_TIMEOUT_MS = 2000; // for a first return: a request may hang on a path that is gone
const CONNECT_TIMEOUT_MS = 6000;
const SILENCE_MS = 400;
const FIRST_SILENCE_MS = 2000; // the last step of DTLS may have to be repeated
const LONGEST_SILENCE_MS = 5000; // whatever a round trip was measured to be: the engine gives up by then too
const LONGEST_PAUSE_MS = 1500; // a longer one was no loss but an interruption
const PAUSE_FADES = 0.95; // at every look: to a third in five seconds
const ALARM_PAUSE_MS = 300; // after an alarm, for the machine may have stalled; twice as much after the next
const MOST_PAUSE_MS = 1000;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 3000;

/** The pause before attempt number `failures`: it doubles up to 3 s, and is spread so that phones do not march. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(FIRST_BACKOFF_MS * 2 ** Math.max(failures - 2, 0), LAST_BACKOFF_MS);
  return full * (0.5 + random / 2);
}

/**
 * How long nothing at all may be heard before the server or the path is taken for gone. A server speaks at
 * least every 200 ms; on a path that loses much of it, the pauses that were outlived say what is usual.
 */
function silence(watched: Watched): number {
  const least = watched.heardAt > watched.connectedAt ? SILENCE_MS : FIRST_SILENCE_MS;
  const usual = Math.max(least, 2 * watched.pause) + 2 * (watched.counters.rtt_ms ?? 0);
  return Math.min(usual, LONGEST_SILENCE_MS);
}

/** The part of a verdict that both directions share; null when the connection is up. */
export function judgeConnection(watched: Watched, now: number): Verdict | null {
  const state = watched.session.pc.connectionState;
  if (state === "new" || state === "connecting") {
    return now - watched.openedAt < CONNECT_TIMEOUT_MS ? "opening" : "dead";
  }
  // "disconnected" only says that ICE's own checks were lost: what is heard counts
  if (state !== "connected" && state !== "disconnected") return "dead";
  return quiet(watched, now) > silence(watched) ? "dead" : null;
}

/** Rejects when the signal aborts first: what hangs must not hold up the next attempt. */
function unlessAborted<T>(signal: AbortSignal, made: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("given up"));
    if (signal.aborted) gone();
    signal.addEventListener("abort", gone);
    made.then(resolve, reject);
  });
}

function later<T>(delay_ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, delay_ms, value));
}

/** Milliseconds since anything was heard, or could have been. */
function quiet(watched: Watched, now: number): number {
  return now - Math.max(watched.heardAt, watched.connectedAt);
}

export function supervise(options: Supervision): Supervisor {
  const { signal } = options;
  const metered = meter();
  let watched: Watched | null = null;
  let opening: AbortController | null = null;
  let failures = 0;
  let tryAt = 0;
  let pause = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let everFlowed = false;
  let state: SessionState | null = null;

  const tell = (next: SessionState): void => {
    if (next === state || state === "ended") return;
    state = next;
    options.onState(next);
  };

  const over = (): boolean => signal.aborted || state === "ended";

  const failed = (): void => {
    failures += 1;
    tryAt = performance.now() + backoff(failures, Math.random());
  };

  const finish = (): void => {
    clearTimeout(timer);
    opening?.abort();
    watched?.session.end();
    watched = null;
    tell("ended");
  };

  const adopt = (session: Session): void => {
    watched?.session.end();
    metered.begin();
    const now = performance.now();
    watched = {
      session,
      openedAt: now,
      connectedAt: Number.POSITIVE_INFINITY,
      heardAt: now,
      lookedAt: now,
      quiet: 0,
      pause,
      packetAt: now,
      hasFlowed: false,
      counters: noCounters(),
    };
    session.pc.addEventListener("connectionstatechange", look, { signal });
    failed(); // until it flows, another attempt waits its turn
  };

  const open = async (): Promise<void> => {
    const attempt = new AbortController();
    opening = attempt;
    if (everFlowed && failures === 0) pause = Math.min(Math.max(2 * pause, ALARM_PAUSE_MS), MOST_PAUSE_MS);
    const patience = everFlowed
      ? Math.min(REOPEN_TIMEOUT_MS * 2 ** failures, OPEN_TIMEOUT_MS)
      : OPEN_TIMEOUT_MS;
    const timeout = setTimeout(() => attempt.abort(), patience);
    try {
      const made = options.open(attempt.signal);
      made
        .then((session) => {
          if (attempt.signal.aborted || signal.aborted) session.end();
        })
        .catch(() => {}); // told below
      const session = await unlessAborted(attempt.signal, made);
      if (!signal.aborted) adopt(session);
    } catch (error) {
      if (error instanceof Over) finish();
      else failed();
    } finally {
      clearTimeout(timeout);
      if (opening === attempt) opening = null;
      look();
    }
  };

  const observe = async (subject: Watched): Promise<Verdict> => {
    const counters = await Promise.race([read(subject.session.pc), later(STATS_MS, subject.counters)]);
    const now = performance.now();
    if (counters.heard > subject.counters.heard) {
      if (subject.quiet < LONGEST_PAUSE_MS) pause = Math.max(subject.quiet, pause * PAUSE_FADES);
      subject.pause = pause;
      const at = counters.heardAt ?? now;
      subject.heardAt = at > subject.heardAt && at < now ? at : now;
    } else {
      subject.heardAt += Math.max(now - subject.lookedAt - 2 * LOOK_MS, 0); // then it was us who stood still
    }
    subject.lookedAt = now;
    if (counters.packets > subject.counters.packets) subject.packetAt = now;
    subject.counters = counters;
    if (subject.session.pc.connectionState === "connected") {
      subject.connectedAt = Math.min(subject.connectedAt, now);
    }
    subject.quiet = Math.max(quiet(subject, now), 0);
    return options.judge(subject, now);
  };

  const report = (subject: Watched, verdict: Verdict): void => {
    const now = performance.now();
    if (verdict === "flowing" && !subject.hasFlowed) {
      subject.hasFlowed = everFlowed = true;
      options.onFlow?.(subject.session);
    }
    options.onLook?.(subject);
    options.onHealth?.(metered.add(now, subject.counters, now - subject.packetAt));
  };

  const act = (verdict: Verdict): void => {
    if (verdict === "flowing" || verdict === "quiet") {
      failures = 0;
      tryAt = 0;
      opening?.abort();
      opening = null;
      tell(verdict === "flowing" ? "connected" : "waiting");
      return;
    }
    if (verdict === "dead" || !everFlowed) tell(everFlowed ? "lost" : "connecting");
    if (verdict === "dead" && opening === null && performance.now() >= tryAt) void open();
  };

  /** When to look again: often while something is being made, and when the silence would have lasted too long. */
  const next = (verdict: Verdict): number => {
    if (watched === null || verdict === "opening" || verdict === "dead") {
      return failures < QUICK_FAILURES ? QUICK_LOOK_MS : LOOK_MS;
    }
    const left = silence(watched) - quiet(watched, performance.now());
    return Math.min(Math.max(left + 1, QUICK_LOOK_MS), LOOK_MS);
  };

  const look = async (): Promise<void> => {
    if (looking || over()) return;
    looking = true;
    let verdict: Verdict = "dead";
    try {
      const subject: Watched | null = watched;
      if (subject !== null) verdict = await observe(subject);
      if (signal.aborted || subject !== watched) return;
      if (subject !== null) report(subject, verdict);
      act(verdict);
    } finally {
      looking = false;
      clearTimeout(timer);
      if (!over()) timer = setTimeout(look, next(verdict));
    }
  };

  const nudge = (): void => {
    tryAt = 0;
    void look();
  };

  signal.addEventListener("abort", finish);
  addEventListener("online", nudge, { signal });
  document.addEventListener("visibilitychange", nudge, { signal });
  void look();
  return { nudge };
}

/** A grant that the server no longer takes, and the status it said so with. */
export interface RefusedGrant<G> {
  grant: G;
  status: number;
}

/** Keeps a grant until it is old or the server refuses it, then asks for another; a fresh one refused is the end. */
export function grantKeeper<G>(
  ask: (refused: RefusedGrant<G> | null) => Promise<G>,
  // once: a grant that opens one session only: the next opening asks for its own
  { once = false, isOld = () => false }: { once?: boolean; isOld?(grant: G): boolean } = {},
): <R>(use: (grant: G) => Promise<R>) => Promise<R> {
  let kept: G | null = null;
  let refused: RefusedGrant<G> | null = null;
  return async (use) => {
    if (kept !== null && isOld(kept)) kept = null;
    const fresh = kept === null;
    kept ??= await ask(refused);
    const grant = kept;
    try {
      const result = await use(grant);
      if (once) kept = null;
      return result;
    } catch (error) {
      if (!(error instanceof Refused && error.final)) throw error;
      if (fresh && refused !== null) throw new Over(error.message);
      refused = { grant, status: error.status };
      kept = null;
      throw error;
    }
  };
}
