// One signed-in page: who is looking, what they see, and the line that keeps it true. Both staff faces stand on
// this. It touches the network and the address bar's fragment, and nothing on the page.

import { ServerClock } from "../lib/clock.ts";
import { type Line, listen } from "../lib/events.ts";
import { Requests } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import { leave } from "../lib/who.ts";
import type { Event, IncidentView, Me, NotesView, TalkView, WordView } from "../wire.ts";
import { Calls } from "./calls.ts";
import { anew, type Covers, coversOf } from "./covers.ts";
import { Exposures } from "./exposures.ts";
import { FlightCalls } from "./flights.ts";
import { Marks } from "./marks.ts";
import { Queue, unsent } from "./queue.ts";
import { applySky, type Drones, isSky, movedTo, NO_SKY, type Sky, type SkyEvent } from "./sky.ts";
import { NO_MARKS, withTalk } from "./talks.ts";
import { apply, EMPTY, readUp, remember, select, type World, withResponse, withThread } from "./world.ts";

export type Reading = "reading" | "read" | "failed";

/** What a phone kept of the session: what was known, and how much later it is on the server than here. */
export interface Before {
  readonly world: World;
  readonly heard: number;
  readonly ahead: number;
}

/** What an officer's phone keeps beyond the page. */
export interface Phone {
  /** Everything, at once. Never throws. */
  wipe(): Promise<void>;
}

const AGAIN_MS = 1000;
const CLOCK_WRONG_MS = 2000;

export class Desk {
  readonly world: Store<World>;
  readonly sky = new Store<Sky>(NO_SKY);
  /** Where drones are, five times a second. */
  readonly drones = new Store<Drones>(new Map());
  readonly line: Store<Line>;
  /** Whether the selected incident's log and trail have been read. */
  readonly reading = new Store<Reading>("read");
  readonly clock: ServerClock;
  /** When the server was last heard, milliseconds since 1970 by its clock. */
  heard = 0;
  readonly me: Me;
  readonly calls: Calls;
  readonly flights: FlightCalls;
  readonly marks: Marks;
  /** What was said here and has not reached the server. */
  readonly queue: Queue;
  phone: Phone | null = null;
  /** The <video> of each feed that is on this page. */
  readonly onScreen = new Store<ReadonlyMap<string, HTMLVideoElement>>(new Map());
  /** For pages that ask for more than calls and incidents. */
  readonly requests: Requests;
  /** What covers the pictures of the selected incident. */
  readonly covers: Store<Covers>;
  /** For how long they were seen. */
  readonly exposures: Exposures;
  #reads = 0;

  /** `before`: the page opened without a network, and the server has not yet said who is signed in. */
  constructor(me: Me, before: Before | null = null) {
    this.me = me;
    this.world = new Store(before?.world ?? EMPTY);
    this.line = new Store<Line>(before === null ? "connecting" : "lost");
    this.clock = new ServerClock(undefined, Date.now() + (before?.ahead ?? 0));
    this.heard = before?.heard ?? this.clock.now();
    this.requests = new Requests(before === null ? me.csrf : null, () => void this.#over());
    this.calls = new Calls(this.requests);
    this.covers = new Store(coversOf(me.care));
    this.exposures = new Exposures(this.requests);
    this.flights = new FlightCalls(this.requests);
    this.marks = new Marks({ calls: this.calls, world: this.world, me: me.user });
    this.queue = new Queue({
      calls: this.calls,
      role: me.user.role,
      now: () => this.clock.now(),
      noted: (incident_id, note) => this.takeNotes({ incident_id, notes: [note], readers: [] }),
      responded: (incident, response) =>
        this.world.update((world) => withResponse(world, incident, response)),
    });
  }

  start(signal: AbortSignal): void {
    listen<Event | SkyEvent>(
      {
        onEvent: (event) => this.#hear(event),
        onLine: (line) => this.#isLine(line),
        onSignedOut: () => void this.#over(),
      },
      signal,
    );
    window.addEventListener("hashchange", () => this.#followAddress(), { signal });
    window.addEventListener("online", () => this.queue.nudge(), { signal });
    document.addEventListener("visibilitychange", () => this.queue.nudge(), { signal });
    this.exposures.start(signal);
    document.addEventListener("visibilitychange", () => void this.#readCare(), { signal });
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

  /** A word with a caller, as the server has taken it; the event that follows changes nothing then. */
  takeWord(incident_id: string, link_id: string, word: WordView): void {
    this.#takeTalk({ incident_id, link_id, words: [word], marks: NO_MARKS });
  }

  /** The words with a caller before those that are here. */
  async readEarlierTalk(link: string): Promise<void> {
    const first = this.world.value.talks.get(link)?.words[0]?.number ?? null;
    this.#takeTalk(await this.calls.talk(link, first));
  }

  #takeTalk(more: TalkView): void {
    this.world.update((world) => ({ ...world, talks: withTalk(world.talks, more) }));
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
    await this.phone?.wipe();
    location.assign("/signin");
  }

  /** The session is over, here or from elsewhere: what the phone keeps of it goes, then the page. */
  async #over(): Promise<void> {
    const lost = this.phone === null ? 0 : unsent(this.queue.items.value).length;
    await this.phone?.wipe();
    leave(lost);
  }

  #isLine(line: Line): void {
    const was = this.line.value;
    if (line === "connecting" && was === "lost") return; // nothing is known to be true yet
    this.line.set(line);
    if (line !== "open") return;
    this.queue.nudge();
    if (this.phone !== null && was === "lost") void this.#askWho();
  }

  /** Somebody else may have signed in on this phone since: then nothing here is theirs. */
  async #askWho(): Promise<void> {
    while (this.line.value === "open") {
      try {
        const { session, csrf } = await this.requests.send<Me>("GET", "/api/session");
        if (session !== this.me.session) return location.reload();
        this.requests.admit(csrf);
        return this.queue.nudge();
      } catch {
        await new Promise((done) => setTimeout(done, AGAIN_MS));
      }
    }
  }

  #followAddress(): void {
    const id = location.hash.length > 1 ? location.hash.slice(1) : null;
    if (id === this.world.value.selected) return;
    this.covers.update(anew);
    this.world.update((world) => select(world, id));
    if (id !== null && this.world.value.snapshots > 0) void this.#read(id);
  }

  /** What somebody has chosen on another page meanwhile. */
  async #readCare(): Promise<void> {
    if (document.hidden || !this.requests.admitted) return;
    try {
      const { choice } = await this.calls.care();
      this.covers.update((covers) => ({ ...covers, choice }));
    } catch {
      // then what was chosen before holds
    }
  }

  #hear(event: Event | SkyEvent): void {
    if (isSky(event)) {
      this.#hearSky(event);
      return;
    }
    if ("now" in event) this.#hearTime(event.now);
    this.heard = this.clock.now();
    const before = this.world.value.selected;
    this.world.update((world) => apply(world, event, this.me.user.display_name));
    const { selected } = this.world.value;
    if (selected === null || selected !== before) return; // one that was put in front by it is being read already
    // a line that goes on tells what it missed, and not what a request in between did not bring
    if (event.type === "snapshot" || (event.type === "resumed" && this.reading.value !== "read"))
      void this.#read(selected);
  }

  #hearSky(event: SkyEvent): void {
    this.heard = this.clock.now();
    if (event.type === "drones-moved") this.drones.update((drones) => movedTo(drones, event.drones));
    else this.sky.update((sky) => applySky(sky, event));
  }

  #hearTime(now: string): void {
    const believed = this.clock.now();
    this.clock.hear(now);
    const by = this.clock.now() - believed;
    if (Math.abs(by) > CLOCK_WRONG_MS) this.queue.clockWas(by);
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
