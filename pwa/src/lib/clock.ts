// The server's clock, as well as a browser can know it. Ages are told by this one, never by the computer's
// own: a dispatcher's workstation may be minutes wrong, and its clock may be set while it runs.

/** What is heard this much behind was only long on its way; more, and the server's clock was set back. */
const LATE_MS = 2000;

export class ServerClock {
  #told = false;
  #at: number;
  #heard: number;
  #wall: number;
  readonly #stopwatch: () => number;
  readonly #calendar: () => number;

  constructor(
    stopwatch: () => number = () => performance.now(),
    start: number = Date.now(),
    calendar: () => number = Date.now,
  ) {
    this.#stopwatch = stopwatch;
    this.#calendar = calendar;
    this.#at = start;
    this.#heard = stopwatch();
    this.#wall = calendar();
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
    this.#wall = this.#calendar();
  }

  /**
   * Milliseconds since 1970 on the server. The stopwatch stands while a phone sleeps, so where the calendar says that
   * more has passed it is believed until the server is heard again: an age may be said too old, never too young.
   */
  now(): number {
    return this.#at + Math.max(this.#stopwatch() - this.#heard, this.#calendar() - this.#wall);
  }

  /** How much later it is on the server than by the calendar here. */
  ahead(): number {
    return this.now() - this.#calendar();
  }
}
