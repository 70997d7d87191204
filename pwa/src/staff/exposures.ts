// For how long pictures were on this page, uncovered, told to the server every fifteen seconds: the ledger that lets
// a supervisor offer relief. A page that nobody sees counts nothing. Bounded: one row a picture, gone when it is told.
import type { Requests } from "../lib/requests.ts";
import { Refused } from "../lib/requests.ts";
import type { ReportExposure } from "../wire.ts";

const TELL_MS = 15_000;
const MOST_S = 3600;
/** Less is not worth a request. */
const LEAST_S = 0.5;

export type Kind = "motion" | "still";

interface Sum {
  motion: number;
  still: number;
}

export class Exposures {
  readonly #requests: Requests;
  readonly #now: () => number;
  readonly #on = new Map<string, { kind: Kind; since: number }>();
  readonly #sums = new Map<string, Sum>();
  #visible = true;

  constructor(requests: Requests, now: () => number = () => performance.now()) {
    this.#requests = requests;
    this.#now = now;
  }

  start(signal: AbortSignal): void {
    this.#visible = !document.hidden;
    document.addEventListener(
      "visibilitychange",
      () => {
        this.isVisible(!document.hidden);
        if (document.hidden) void this.tell();
      },
      { signal },
    );
    const timer = setInterval(() => void this.tell(), TELL_MS);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** This picture is on the page so from now on; null for covered, or gone. */
  shows(feed: string, kind: Kind | null): void {
    this.#settle(feed);
    if (kind === null) this.#on.delete(feed);
    else this.#on.set(feed, { kind, since: this.#now() });
  }

  /** Whether anybody can see the page. */
  isVisible(visible: boolean): void {
    for (const feed of this.#on.keys()) this.#settle(feed);
    this.#visible = visible;
  }

  /** Says what was seen since the last time. What does not arrive is said with the next. */
  async tell(): Promise<void> {
    for (const feed of this.#on.keys()) this.#settle(feed);
    for (const [feed, { motion, still }] of [...this.#sums]) {
      if (motion + still < LEAST_S) continue;
      this.#sums.delete(feed);
      const body: ReportExposure = {
        feed_id: feed,
        motion_s: Math.min(MOST_S, motion),
        still_s: Math.min(MOST_S, still),
      };
      try {
        await this.#requests.send("POST", "/api/care/exposure", body);
      } catch (error) {
        if (!(error instanceof Refused)) this.#add(feed, motion, still);
      }
    }
  }

  #settle(feed: string): void {
    const held = this.#on.get(feed);
    if (held === undefined) return;
    const now = this.#now();
    const seconds = (now - held.since) / 1000;
    held.since = now;
    if (!this.#visible) return;
    if (held.kind === "motion") this.#add(feed, seconds, 0);
    else this.#add(feed, 0, seconds);
  }

  #add(feed: string, motion: number, still: number): void {
    const sum = this.#sums.get(feed) ?? { motion: 0, still: 0 };
    this.#sums.set(feed, { motion: sum.motion + motion, still: sum.still + still });
  }
}
