// Statuses that were pressed and have not arrived: sent one after the other, again until the server has them, also
// after a reload. Each has an id of its own and says how old it is, so that coming twice or late does no harm.

import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { Calls } from "../staff/calls.ts";
import { newPressId } from "../staff/press-id.ts";
import type { Status } from "../wire.ts";

export interface Pressed {
  press: string;
  response: string;
  status: Status;
  /** By the wall clock, for after a reload only. */
  at: number;
}

export interface Waiting {
  readonly presses: readonly Pressed[];
  /** Why the last one was refused, in words. */
  readonly problem: string | null;
}

const KEPT = "sightline.presses";
const MOST = 50;
const AGAIN_MS = 2000;
const OLDEST_MS = 86_400_000;

function kept(): Pressed[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]") as Pressed[];
  } catch {
    return [];
  }
}

export class Presses {
  readonly waiting = new Store<Waiting>({ presses: kept(), problem: null });
  readonly #calls: Calls;
  /** When each was pressed by this page's stopwatch, which no wrong clock touches. */
  readonly #since = new Map<string, number>();
  #sending = false;

  constructor(calls: Calls) {
    this.#calls = calls;
    addEventListener("online", () => void this.#send());
    void this.#send();
  }

  press(response: string, status: Status): void {
    const pressed: Pressed = { press: newPressId(), response, status, at: Date.now() };
    this.#since.set(pressed.press, performance.now());
    this.#keep([...this.waiting.value.presses, pressed].slice(-MOST), null);
    void this.#send();
  }

  #keep(presses: readonly Pressed[], problem: string | null): void {
    localStorage.setItem(KEPT, JSON.stringify(presses));
    this.waiting.set({ presses, problem });
  }

  /** How long ago it was; null when only the wall clock knows and it says nonsense. */
  #age(pressed: Pressed): number | null {
    const since = this.#since.get(pressed.press);
    const age = since === undefined ? Date.now() - pressed.at : performance.now() - since;
    return age < 0 || age > OLDEST_MS ? null : Math.round(age);
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = this.waiting.value.presses[0]; next !== undefined; next = this.waiting.value.presses[0]) {
      const { press, response, status } = next;
      let problem: string | null = null;
      try {
        await this.#calls.pressStatus(response, { press, status, age_ms: this.#age(next) });
      } catch (error) {
        if (!(error instanceof Refused) || error.status === 429 || error.status >= 500) {
          setTimeout(() => void this.#send(), AGAIN_MS);
          break;
        }
        problem = sorry(error);
      }
      this.#keep(
        this.waiting.value.presses.filter((other) => other.press !== press),
        problem,
      );
    }
    this.#sending = false;
  }
}
