// Where this phone is, to the server, while its officer is on duty and at no other time: at most once a second,
// newest only.
import { latest } from "../lib/latest.ts";
import { type Fix, reportOf, watchPosition } from "../lib/position.ts";
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { Calls } from "../staff/calls.ts";
import { myUnit } from "../staff/duty.ts";
import type { World } from "../staff/world.ts";
import type { Position } from "../wire.ts";

export interface Shared {
  on: boolean;
  /** Where this phone is, known at once and without the server. */
  here: Position | null;
  /** Why it does not work, in words. */
  problem: string | null;
}

const GAP_MS = 1000;
const OFF: Shared = { on: false, here: null, problem: null };

const TROUBLE = {
  refused:
    "Dispatch cannot see you: this phone does not allow it. Allow the position in the browser's settings.",
  unavailable: "Dispatch cannot see you: this phone does not know where it is yet.",
} as const;

function positionOf(fix: Fix, now: number): Position {
  const { at, ...rest } = fix;
  return { ...rest, at: new Date(now - Math.max(0, Date.now() - at)).toISOString(), source: "unit" };
}

export class Sharing {
  readonly shared = new Store<Shared>(OFF);
  readonly #calls: Calls;
  readonly #now: () => number;
  #stop: AbortController | null = null;

  /** `now` is the server's time in milliseconds. */
  constructor(calls: Calls, now: () => number) {
    this.#calls = calls;
    this.#now = now;
  }

  /** Begins and ends with the duty. */
  follow(world: Store<World>): void {
    let unit: string | null = null;
    const look = (): void => {
      const now = myUnit(world.value);
      if (now === unit) return;
      unit = now;
      if (now === null) this.stop();
      else this.start();
    };
    world.watch(look);
    look();
  }

  start(): void {
    if (this.#stop !== null) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.shared.set({ on: true, here: null, problem: null });
    const queue = latest<Fix>((fix) => this.#send(fix), GAP_MS, stop.signal);
    watchPosition(
      {
        onFix: (fix) => {
          this.shared.update((before) => ({ ...before, here: positionOf(fix, this.#now()), problem: null }));
          queue.put(fix);
        },
        onTrouble: (trouble) => {
          this.shared.update((before) => ({ ...before, problem: TROUBLE[trouble] }));
          if (trouble === "refused") this.stop();
        },
      },
      stop.signal,
    );
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.shared.update((before) => ({ ...OFF, problem: before.problem }));
  }

  async #send(fix: Fix): Promise<void> {
    try {
      await this.#calls.reportPosition(reportOf(fix, Date.now()));
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 429 || error.status >= 500) throw error;
      if (error.code === "no-unit") this.stop();
      else if (error.code !== "bad-position") {
        this.shared.update((before) => ({ ...before, problem: sorry(error) })); // a bad fix is followed by others
      }
    }
  }
}
