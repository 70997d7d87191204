// The marks that say how far notes have come: delivered to a phone, read by a person.
import { Refused } from "../lib/requests.ts";
import type { Store } from "../lib/store.ts";
import type { MarkNotes, Role } from "../wire.ts";
import type { Calls } from "./calls.ts";
import { lastOfOthers, readBy } from "./notes.ts";
import type { World } from "./world.ts";

const AGAIN_MS = 2000;
const TOGETHER_MS = 400;

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
}

export class Marks {
  readonly #around: Around;
  readonly #read = new Map<string, number>();
  readonly #told = new Map<string, MarkNotes>();
  #marking = false;

  constructor(around: Around) {
    this.#around = around;
    around.world.watch(() => void this.#mark());
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
        if (error instanceof Refused && error.final)
          this.#told.set(found.incident, found.marks); // it will never be taken
        else await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
      await new Promise((done) => setTimeout(done, TOGETHER_MS)); // what comes together is told together
    }
    this.#marking = false;
  }

  #due(world: World, incident: string, me: { id: string; role: Role }): MarkNotes | null {
    const told = this.#told.get(incident) ?? { delivered: 0, read: 0 };
    return due(world, incident, me, this.#read.get(incident) ?? 0, told);
  }
}
