// One signed-in page: who is looking, what they see, and the line that keeps it true. Both staff faces stand on
// this. It touches the network and the address bar's fragment, and nothing on the page.

import { ServerClock } from "../lib/clock.ts";
import { type Line, listen } from "../lib/events.ts";
import { Requests } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import { leave } from "../lib/who.ts";
import type { Event, IncidentView, Me, NotesView } from "../wire.ts";
import { Calls } from "./calls.ts";
import { apply, EMPTY, readUp, remember, select, type World, withThread } from "./world.ts";
import { Writing } from "./writing.ts";

export type Reading = "reading" | "read" | "failed";

export class Desk {
  readonly world = new Store<World>(EMPTY);
  readonly line = new Store<Line>("connecting");
  /** Whether the selected incident's log and trail have been read. */
  readonly reading = new Store<Reading>("read");
  readonly clock = new ServerClock();
  readonly me: Me;
  readonly calls: Calls;
  readonly writing: Writing;
  /** The <video> of each feed that is on this page. */
  readonly onScreen = new Store<ReadonlyMap<string, HTMLVideoElement>>(new Map());
  /** For pages that ask for more than calls and incidents. */
  readonly requests: Requests;
  #reads = 0;

  constructor(me: Me) {
    this.me = me;
    this.requests = new Requests(me.csrf, leave);
    this.calls = new Calls(this.requests);
    this.writing = new Writing({
      calls: this.calls,
      world: this.world,
      me: me.user,
      take: (incident_id, note) => this.takeNotes({ incident_id, notes: [note], readers: [] }),
    });
  }

  start(signal: AbortSignal): void {
    listen(
      { onEvent: (event) => this.#hear(event), onLine: (line) => this.#isLine(line), onSignedOut: leave },
      signal,
    );
    window.addEventListener("hashchange", () => this.#followAddress(), { signal });
    this.#followAddress();
  }

  /** Puts one incident in front, or none; the address says so too, so that a reload comes back here. */
  select(id: string | null): void {
    const fragment = id === null ? "" : `#${id}`;
    if (location.hash !== fragment) history.replaceState(null, "", `${location.pathname}${fragment}`);
    this.#followAddress();
  }

  /** Takes an answer that carries a whole incident; the event that follows changes nothing then. */
  take(incident: IncidentView): void {
    this.world.update((world) => remember(world, [incident]));
  }

  /** Takes more of an incident's notes than the events have told. */
  takeNotes(more: NotesView): void {
    this.world.update((world) => withThread(world, more));
  }

  /** The notes before those that are here. */
  async readEarlier(incident: string): Promise<void> {
    const first = this.world.value.notes.get(incident)?.notes[0]?.number ?? null;
    this.takeNotes(await this.calls.notes(incident, first));
  }

  /** `video` shows this feed from now on, or nothing does. */
  shows(feed: string, video: HTMLVideoElement | null): void {
    this.onScreen.update((before) => {
      const next = new Map(before);
      if (video === null) next.delete(feed);
      else next.set(feed, video);
      return next;
    });
  }

  async readClosed(): Promise<void> {
    const closed = await this.calls.closedIncidents();
    this.world.update((world) => remember(world, closed));
  }

  async signOut(): Promise<void> {
    await this.calls.signOut();
    location.assign("/signin");
  }

  #isLine(line: Line): void {
    this.line.set(line);
    if (line === "open") this.writing.nudge();
  }

  #followAddress(): void {
    const id = location.hash.length > 1 ? location.hash.slice(1) : null;
    if (id === this.world.value.selected) return;
    this.world.update((world) => select(world, id));
    if (id !== null && this.world.value.snapshots > 0) void this.#read(id);
  }

  #hear(event: Event): void {
    if ("now" in event) this.clock.hear(event.now);
    this.world.update((world) => apply(world, event, this.me.user.display_name));
    const { selected } = this.world.value;
    if (selected === null) return;
    // a line that goes on tells what it missed, and not what a request in between did not bring
    if (event.type === "snapshot" || (event.type === "resumed" && this.reading.value !== "read"))
      void this.#read(selected);
  }

  async #read(id: string): Promise<void> {
    const mine = ++this.#reads;
    this.reading.set("reading");
    try {
      const [entries, trail, notes] = await Promise.all([
        this.calls.entries(id),
        this.calls.trail(id),
        this.calls.notes(id),
      ]);
      this.world.update((world) => withThread(readUp(world, id, entries, trail), notes));
      if (mine === this.#reads) this.reading.set("read");
    } catch {
      if (mine === this.#reads) this.reading.set("failed");
    }
  }
}
