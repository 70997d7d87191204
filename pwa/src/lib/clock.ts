// The server's clock, as well as a browser can know it. Ages are told by this one, never by the computer's
// own: a dispatcher's workstation may be minutes wrong, and its clock may be set while it runs.

/** What is heard this much behind was only long on its way; more, and the server's clock was set back. */
const LATE_MS = 2000;

export class ServerClock {
  #told = false;
  #at: number;
  #heard: number;
  readonly #stopwatch: () => number;

  constructor(stopwatch: () => number = () => performance.now(), start: number = Date.now()) {
    this.#stopwatch = stopwatch;
    this.#at = start;
    this.#heard = stopwatch();
  }

  /** The server said that it is `now` (ISO 8601). The message that came fastest is believed. */
  hear(now: string): void {
    const at = Date.parse(now);
    if (Number.isNaN(at)) return;
    const behind = this.now() - at;
    if (this.#told && behind >= 0 && behind < LATE_MS) return;
    this.#told = true;
    this.#at = at;
    this.#heard = this.#stopwatch();
  }

  /** Milliseconds since 1970 on the server. */
  now(): number {
    return this.#at + this.#stopwatch() - this.#heard;
  }
}
