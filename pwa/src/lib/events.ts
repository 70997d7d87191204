// Live events from the server: one line that comes back by itself, over as many WebSockets as it takes.
//
// Hands on what arrives, each event once and in order, and says whether the line is open. Events are numbered;
// a new socket names the last one that is here, and the server tells what was missed, or everything. After a
// number that should have come later the line begins anew. A network that swallows everything closes no
// socket, so silence counts as loss (docs/decisions/0041). No clock is asked, only stopwatches.
import type { Event, Locked, Numbered, Problem, Resumed, SignedOut, Tick } from "../wire.ts";
import { hide, LOCKED, UNLOCKED } from "./locked.ts";

export type Line = "connecting" | "open" | "lost";

export interface Listener<Heard extends { type: string } = Event> {
  onEvent(event: Heard): void;
  onLine(line: Line): void;
  /** The session is over: nothing more will come. */
  onSignedOut(): void;
}

const NOT_SIGNED_IN = 4401;
const TOO_SLOW = 4408;
const SESSION_LOCKED = 4423;
/** A socket that has said nothing for so long is as good as closed: the server ticks each second. */
const SILENT_MS = 2500;
/** A socket that has not opened by then is tried anew: what was lost of it is sent again too late. */
const OPENS_MS = 1200;
/** A watch that is so late was not late alone: the page stood still, and what came meanwhile is still to be read. */
const STOOD_STILL_MS = 500;
/** Every fourth try is given more time, for networks that have become slow. */
const PATIENT = 4;
/** What is about the socket itself. */
const UNNUMBERED: ReadonlySet<string> = new Set(["tick", "resumed"]);
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;

/** Milliseconds before try number `tries` (from 0), doubled each time, with up to a fifth of jitter. */
export function backoff(tries: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.8 + 0.2 * random());
}

/** How long a silent socket is believed in, in milliseconds; `took` is what opening the last one took. */
export function patience(opened: boolean, tries: number, took: number): number {
  if (opened) return Math.max(SILENT_MS, 3 * took);
  return Math.max(OPENS_MS, 3 * took) * (tries % PATIENT === PATIENT - 1 ? PATIENT : 1);
}

/** How far a page has heard. */
export interface Heard {
  /** By what name the server knows it. */
  readonly listener: string;
  readonly last: number;
}

/** Where a page is after one more message; or that it has heard that one, or lacks one before it. */
export function follow(heard: Heard | null, { n, listener }: Numbered): Heard | "again" | "gap" {
  if (n === undefined) return "gap";
  if (listener !== undefined) return { listener, last: n };
  if (heard === null || n > heard.last + 1) return "gap";
  return n <= heard.last ? "again" : { ...heard, last: n };
}

/** The address of the socket on the host that served the page. */
export function eventsAddress(at: Location = location, path = "/api/events"): string {
  return `${at.protocol === "https:" ? "wss:" : "ws:"}//${at.host}${path}`;
}

/** What the session has to say of a socket that never opened, and so hides its status. */
async function whyRefused(signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await fetch("/api/session", { signal, cache: "no-store" });
    return answer.status === 401 ? ((await answer.json()) as Problem).type : null;
  } catch {
    return null;
  }
}

type Message<Told> = (Told | Resumed | Tick | SignedOut | Locked) & Numbered;

/** Listens until `signal` aborts or the session ends. */
export function listen<Told extends { type: string } = Event>(
  listener: Listener<Told | Resumed>,
  signal: AbortSignal,
  address = eventsAddress(),
): void {
  const sockets = new Sockets(listener, signal, address);
  signal.addEventListener("abort", () => sockets.end(), { once: true });
  window.addEventListener(LOCKED, () => sockets.lock(), { signal });
  window.addEventListener(UNLOCKED, () => sockets.unlock(), { signal });
  window.addEventListener("online", () => sockets.again(), { signal });
  window.addEventListener("offline", () => sockets.lose(), { signal });
  listener.onLine("connecting");
  sockets.again();
}

/** One socket at a time. `open` when it has told everything, or that it goes on from what is here. */
class Sockets<Told extends { type: string }> {
  #socket: WebSocket | null = null;
  #timer = 0;
  #began = 0;
  #open = false;
  #tries = 0;
  #took = 0;
  #heard: Heard | null = null;
  #over = false;
  #locked = false;
  readonly #listener: Listener<Told | Resumed>;
  readonly #signal: AbortSignal;
  readonly #address: string;

  constructor(listener: Listener<Told | Resumed>, signal: AbortSignal, address: string) {
    this.#listener = listener;
    this.#signal = signal;
    this.#address = address;
  }

  end(): void {
    this.#over = true;
    this.#drop();
  }

  /** The page is hidden: nothing is heard until somebody unlocks it. */
  lock(): void {
    this.#locked = true;
    this.#drop();
  }

  unlock(): void {
    this.#locked = false;
    if (this.#socket === null) this.again();
  }

  /** Opens another socket now, whatever became of the last one. */
  again(): void {
    if (this.#over || this.#locked) return;
    this.#drop();
    const heard = this.#heard;
    const from = heard === null ? "" : `?listener=${heard.listener}&after=${heard.last}`;
    const socket = new WebSocket(`${this.#address}${from}`);
    socket.onmessage = (message) => this.#hear(JSON.parse(String(message.data)));
    socket.onclose = (close) => this.#closed(close.code);
    this.#socket = socket;
    this.#open = false;
    this.#began = performance.now();
    this.#watch(patience(false, this.#tries, this.#took));
  }

  /** The network is gone; it is tried all the same, because browsers are wrong about that. */
  lose(): void {
    this.#drop();
    if (this.#over || this.#locked) return;
    this.#listener.onLine("lost");
    this.#timer = window.setTimeout(() => this.again(), backoff(this.#tries++));
  }

  #drop(): void {
    clearTimeout(this.#timer);
    if (this.#socket === null) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #watch(ms: number): void {
    clearTimeout(this.#timer);
    const due = performance.now() + ms;
    this.#timer = window.setTimeout(() => {
      if (performance.now() - due > STOOD_STILL_MS) this.#watch(STOOD_STILL_MS);
      else this.#silent();
    }, ms);
  }

  /** An open one is replaced without a word: it is lost only when the next does not open. */
  #silent(): void {
    if (!this.#open) {
      this.#tries++;
      this.#listener.onLine("lost");
    }
    this.again();
  }

  #closed(code: number): void {
    const opened = this.#open;
    if (code === NOT_SIGNED_IN) this.#signOut();
    else if (code === SESSION_LOCKED) hide();
    else if (code === TOO_SLOW && opened) this.again();
    else this.lose();
    if (opened) return;
    void whyRefused(this.#signal).then((why) => {
      if (why === "/problems/not-signed-in") this.#signOut();
      if (why === "/problems/session-locked") hide();
    });
  }

  #signOut(): void {
    if (this.#over) return;
    this.end();
    this.#listener.onSignedOut();
  }

  #hear(message: Message<Told>): void {
    if (message.type === "signed-out") {
      this.#signOut();
      return;
    }
    if (message.type === "locked") {
      hide();
      return;
    }
    this.#watch(patience(true, 0, this.#took));
    if (!UNNUMBERED.has(message.type)) {
      const next = follow(this.#heard, message);
      if (next === "again") return;
      this.#heard = next === "gap" ? null : next;
      if (next === "gap") {
        this.lose();
        return;
      }
    }
    if (!this.#open) this.#opened();
    this.#listener.onEvent(message as Told | Resumed);
  }

  #opened(): void {
    this.#open = true;
    this.#tries = 0;
    this.#took = performance.now() - this.#began;
    this.#listener.onLine("open");
  }
}
