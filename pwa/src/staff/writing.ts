// What is being written: notes on their way, in order, each tried until the server answers, and the marks that say
// how far notes have come. A note keeps its id through all tries, so that sent twice is one. Nothing of it outlasts
// the page.
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { MarkNotes, NoteView, Role } from "../wire.ts";
import type { Calls } from "./calls.ts";
import { lastOfOthers, readBy } from "./notes.ts";
import type { Still } from "./still.ts";
import type { World } from "./world.ts";

export interface Pending {
  id: string;
  incident: string;
  text: string;
  still: Still | null;
  /** waiting: the server cannot be reached now. refused: it said no, and the problem says why. */
  state: "sending" | "waiting" | "refused";
  problem: string | null;
}

/** Notes on their way at once; the field takes no more then. */
export const MOST_PENDING = 20;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const MARK_MS = 400;
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** An id for a note: 22 letters, more than 128 random bits. */
export function noteId(): string {
  let id = "";
  while (id.length < 22) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 248) id += LETTERS[byte % 62];
  }
  return `nte_${id}`;
}

/** Whether the server will say no however often it is asked. */
function isFinal(error: unknown): boolean {
  return error instanceof Refused && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** What has to be told of one incident's notes: null when the server knows as much already. */
export function due(
  world: World,
  incident: string,
  me: { id: string; role: Role },
  readUpTo: number,
  told: MarkNotes,
): MarkNotes | null {
  const thread = world.notes.get(incident);
  if (thread === undefined || world.incidents.get(incident)?.closed_at !== null) return null;
  const known = thread.readers.find((reader) => reader.user_id === me.id);
  const read = Math.max(readBy(thread, me.id), told.read, readUpTo);
  const reached = me.role === "officer" ? lastOfOthers(thread, me.id) : 0; // phones; a desk's screen says read
  const delivered = Math.max(known?.delivered ?? 0, told.delivered, read, reached);
  const before = {
    delivered: Math.max(known?.delivered ?? 0, told.delivered),
    read: Math.max(known?.read ?? 0, told.read),
  };
  return delivered > before.delivered || read > before.read ? { delivered, read } : null;
}

interface Around {
  calls: Calls;
  world: Store<World>;
  me: { id: string; role: Role };
  /** Takes a note that the server has answered with; its event changes nothing then. */
  take(incident: string, note: NoteView): void;
}

export class Writing {
  readonly pending = new Store<readonly Pending[]>([]);
  readonly #around: Around;
  readonly #read = new Map<string, number>();
  readonly #told = new Map<string, MarkNotes>();
  #sending = false;
  #marking = false;
  #wake: () => void = () => {};

  constructor(around: Around) {
    this.#around = around;
    around.world.watch(() => void this.#mark());
  }

  write(incident: string, text: string, still: Still | null): void {
    const note: Pending = { id: noteId(), incident, text, still, state: "sending", problem: null };
    this.pending.update((notes) => [...notes, note]);
    void this.#send();
  }

  /** Once more, what was refused. */
  again(id: string): void {
    this.#change(id, { state: "sending", problem: null });
    void this.#send();
  }

  forget(id: string): void {
    this.pending.update((notes) => notes.filter((note) => note.id !== id));
  }

  /** Everything of this incident that is here now is before somebody's eyes. */
  readAll(incident: string): void {
    const thread = this.#around.world.value.notes.get(incident);
    if (thread === undefined) return;
    const newest = lastOfOthers(thread, this.#around.me.id);
    if (newest <= (this.#read.get(incident) ?? 0)) return;
    this.#read.set(incident, newest);
    void this.#mark();
  }

  /** The line to the server is there again. */
  nudge(): void {
    this.#wake();
  }

  #change(id: string, part: Partial<Pending>): void {
    this.pending.update((notes) => notes.map((note) => (note.id === id ? { ...note, ...part } : note)));
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
    let wait = FIRST_WAIT_MS;
    for (;;) {
      const next = this.pending.value.find((note) => note.state !== "refused");
      if (next === undefined) break;
      const still = next.still === null ? null : { feed_id: next.still.feed, jpeg: next.still.jpeg };
      try {
        const note = await this.#around.calls.writeNote(next.incident, {
          id: next.id,
          text: next.text,
          still,
        });
        this.#around.take(next.incident, note);
        this.forget(next.id);
        wait = FIRST_WAIT_MS;
      } catch (error) {
        if (isFinal(error)) {
          this.#change(next.id, { state: "refused", problem: sorry(error) });
        } else {
          this.#change(next.id, { state: "waiting" });
          await this.#pause(wait);
          wait = Math.min(LONGEST_WAIT_MS, wait * 2);
        }
      }
    }
    this.#sending = false;
  }

  async #mark(): Promise<void> {
    if (this.#marking) return;
    this.#marking = true;
    for (;;) {
      const { world, me, calls } = this.#around;
      const found = [...world.value.notes.keys()]
        .map((incident) => ({ incident, marks: this.#due(world.value, incident, me) }))
        .find(({ marks }) => marks !== null);
      if (found === undefined || found.marks === null) break;
      try {
        await calls.markNotes(found.incident, found.marks);
        this.#told.set(found.incident, found.marks);
      } catch (error) {
        if (isFinal(error))
          this.#told.set(found.incident, found.marks); // it will never be taken
        else await new Promise((done) => setTimeout(done, FIRST_WAIT_MS * 4));
      }
      await new Promise((done) => setTimeout(done, MARK_MS)); // what comes together is told together
    }
    this.#marking = false;
  }

  #due(world: World, incident: string, me: { id: string; role: Role }): MarkNotes | null {
    const told = this.#told.get(incident) ?? { delivered: 0, read: 0 };
    return due(world, incident, me, this.#read.get(incident) ?? 0, told);
  }
}
