// What was said here and has not reached the server: statuses and notes in one queue, each tried until the
// server answers, then the next. Each keeps its id through all tries, so that sent twice is once. What the server does not
// take stays, with the reason, until whoever said it has read that. On an officer's phone a keeper holds them
// beyond the page (officer/shelf.ts); elsewhere they end with it.

import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { IncidentView, NoteView, ResponseView, Role, Status } from "../wire.ts";
import type { Calls } from "./calls.ts";
import { newId } from "./new-id.ts";
import type { Still } from "./still.ts";
import { didNotCount, STILL_LOST, whyRefused } from "./untaken.ts";

interface Common {
  id: string;
  /** Its place in the queue. */
  order: number;
  incident: string;
  /** What kind of incident, for when it is not shown any more. */
  type: string;
  /** When it was said, milliseconds since 1970 by the server's clock as this phone knew it. */
  at: number;
}

export interface SaidStatus extends Common {
  kind: "status";
  response: string;
  status: Status;
}

export interface SaidNote extends Common {
  kind: "note";
  text: string;
  /** Of pictures only the name is kept beyond the page. */
  still: Still | null;
}

export type Said = SaidStatus | SaidNote;

/** waiting: the server cannot be reached now. refused: it was not taken, and the problem says why. */
export type Queued = Said & { state: "sending" | "waiting" | "refused"; problem: string | null };

/** What holds the queue beyond the page. Neither of the two throws. */
export interface Keeper {
  add(said: Said): void;
  drop(id: string): void;
}

interface Around {
  calls: Pick<Calls, "writeNote" | "pressStatus">;
  role: Role;
  /** The server's time in milliseconds. */
  now(): number;
  /** Take what the server has answered with; its event changes nothing then. */
  noted(incident: string, note: NoteView): void;
  responded(incident: string, response: ResponseView): void;
}

/** Notes in the queue at once; the field takes no more then. */
export const MOST_NOTES = 20;
const MOST = 60;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
/** An attempt that has hung for so long when the line is back is of a connection that is dead. */
const HUNG_MS = 1000;
const TIMEOUT_MS = 8000;
const STILL_TIMEOUT_MS = 60_000;
const OLDEST_MS = 86_400_000;

/** What waits, without what was refused. */
export function unsent(items: readonly Queued[]): readonly Queued[] {
  return items.filter(({ state }) => state !== "refused");
}

/** A CSRF token of another session: this page will be told who is signed in, and no press is to blame. */
function isFinal(error: unknown): error is Refused {
  return error instanceof Refused && error.final && error.status !== 401 && error.code !== "bad-csrf";
}

export class Queue {
  readonly items = new Store<readonly Queued[]>([]);
  /** The status that was pressed last on this page. */
  readonly pressed = new Store<SaidStatus | null>(null);
  readonly #around: Around;
  #keeper: Keeper | null = null;
  /** When each was said by this page's stopwatch. */
  readonly #since = new Map<string, number>();
  #sending = false;
  #wait_ms = FIRST_WAIT_MS;
  #wake: () => void = () => {};

  constructor(around: Around) {
    this.#around = around;
  }

  /** From the start the queue outlasts the page; `held` is what it held before this one. */
  keepWith(keeper: Keeper, held: readonly Said[]): void {
    this.#keeper = keeper;
    this.items.set([...held].sort((a, b) => a.order - b.order).map(taken));
    void this.#send();
  }

  /** False when the queue is full. */
  write(incident: Pick<IncidentView, "id" | "type">, text: string, still: Still | null): boolean {
    if (this.items.value.filter(({ kind }) => kind === "note").length >= MOST_NOTES) return false;
    return this.#add({ ...this.#common("nte", incident), kind: "note", text, still });
  }

  /** False when the queue is full. The same status of a response waits once. */
  press(incident: Pick<IncidentView, "id" | "type">, response: string, status: Status): boolean {
    const same = unsent(this.items.value).some(
      (said) => said.kind === "status" && said.response === response && said.status === status,
    );
    if (same) return true;
    const said: SaidStatus = { ...this.#common("prs", incident), kind: "status", response, status };
    const added = this.#add(said);
    if (added) this.pressed.set(said);
    return added;
  }

  /** Once more, what was refused; words whose picture is gone go without it. */
  again(id: string): void {
    this.#change(id, { state: "sending", problem: null });
    void this.#send();
  }

  forget(id: string): void {
    this.#since.delete(id);
    this.items.update((items) => items.filter((item) => item.id !== id));
    this.#keeper?.drop(id);
  }

  /** The network, the page or the line to the server is there again. */
  nudge(): void {
    this.#wait_ms = FIRST_WAIT_MS;
    this.#wake();
  }

  /** The server's clock was `by` later than this page had believed: so was what was said on it. */
  clockWas(by: number): void {
    this.items.update((items) =>
      items.map((item) => (this.#since.has(item.id) ? { ...item, at: item.at + by } : item)),
    );
  }

  #common(kind: "prs" | "nte", { id, type }: Pick<IncidentView, "id" | "type">): Common {
    const order = (this.items.value.at(-1)?.order ?? 0) + 1;
    return { id: newId(kind), order, incident: id, type, at: this.#around.now() };
  }

  #add(said: Said): boolean {
    if (this.items.value.length >= MOST) return false;
    this.#since.set(said.id, performance.now());
    this.items.update((items) => [...items, { ...said, state: "sending", problem: null }]);
    this.#keeper?.add(said);
    void this.#send();
    return true;
  }

  #change(id: string, part: Pick<Queued, "state" | "problem">): void {
    this.items.update((items) => items.map((item) => (item.id === id ? { ...item, ...part } : item)));
  }

  /**
   * How long ago it was. The stopwatch stands while a phone sleeps and the clock may have been set, so the longer one
   * is believed where it is possible; null when neither knows.
   */
  #age({ id, at }: Said): number | null {
    const since = this.#since.get(id);
    const watched = since === undefined ? null : Math.round(performance.now() - since);
    const told = Math.round(this.#around.now() - at);
    if (told < 0 || told > OLDEST_MS) return watched;
    return Math.max(told, watched ?? 0);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = unsent(this.items.value)[0]; next; next = unsent(this.items.value)[0]) {
      try {
        const problem = await this.#attempt(next);
        if (problem === null) this.forget(next.id);
        else this.#change(next.id, { state: "refused", problem });
        this.#wait_ms = FIRST_WAIT_MS;
      } catch (error) {
        if (isFinal(error)) {
          this.#change(next.id, { state: "refused", problem: whyRefused(next, error, this.#around.role) });
        } else {
          for (const { id } of unsent(this.items.value))
            this.#change(id, { state: "waiting", problem: null });
          const wait_ms = this.#wait_ms;
          this.#wait_ms = Math.min(LONGEST_WAIT_MS, wait_ms * 2);
          await this.#pause(wait_ms);
        }
      }
    }
    this.#sending = false;
  }

  /** One try. What came of it that has to be told; throws when there was no answer, or a refusal. */
  async #attempt(said: Queued): Promise<string | null> {
    const end = new AbortController();
    const began = performance.now();
    const slow = said.kind === "note" && said.still !== null;
    const timer = setTimeout(() => end.abort(), slow ? STILL_TIMEOUT_MS : TIMEOUT_MS);
    this.#wake = () => {
      if (performance.now() - began > HUNG_MS) end.abort();
    };
    try {
      return await this.#hand(said, end.signal);
    } finally {
      clearTimeout(timer);
      this.#wake = () => {};
    }
  }

  async #hand(said: Queued, signal: AbortSignal): Promise<string | null> {
    const { calls, noted, responded } = this.#around;
    if (said.kind === "note") {
      const { id, text, incident } = said;
      const still =
        said.still === null || said.still.jpeg === ""
          ? null
          : { feed_id: said.still.feed, jpeg: said.still.jpeg, palette: said.still.palette ?? null };
      noted(incident, await calls.writeNote(incident, { id, text, still }, signal));
      return null;
    }
    const { id: press, response, status } = said;
    const answer = await calls.pressStatus(response, { press, status, age_ms: this.#age(said) }, signal);
    responded(said.incident, answer);
    return didNotCount(said, answer);
  }
}

/** One from before this page: words whose picture was not kept wait to be told what to do. */
function taken(said: Said): Queued {
  const lost = said.kind === "note" && said.still !== null && said.still.jpeg === "";
  return { ...said, state: lost ? "refused" : "waiting", problem: lost ? STILL_LOST : null };
}
