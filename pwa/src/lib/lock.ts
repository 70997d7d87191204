// The lock of a signed-in page: when nobody has used this browser for long it shows nothing until the password comes.
//
// The server decides and tells every page of the session; this says to it how long nobody has touched any of them.
// Only where the server cannot be reached does the page lock by itself. Time is the stopwatch's: a clock that is set
// locks nobody, and what a page does by itself is no use of it.
import type { Me } from "../wire.ts";
import { hide, LOCKED, UNLOCKED } from "./locked.ts";
import { Refused, Requests, Unreachable } from "./requests.ts";
import { Store } from "./store.ts";
import { leave } from "./who.ts";

const USES = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
const KEY = "sightline.locked";
const CHANNEL = "sightline-lock";
const TICK_MS = 1000;
/** How often the server is told, and how often it is asked once it is time. */
const TELL_MS = 60_000;
const ASK_MS = 5000;
const TELL_TABS_MS = 2000;

/** Opens a locked session. Throws Refused or Unreachable. */
export function unlock(password: string): Promise<Me> {
  return new Requests("", leave).send<Me>("POST", "/api/session/unlock", { password });
}

/** Locks every page of this browser now, also where the server cannot be told. Throws Refused. */
export async function lockNow(requests: Requests): Promise<void> {
  try {
    await requests.send("POST", "/api/session/lock");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
  hide();
}

/** A page that opens without a network is as locked as it was when it was closed. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function keep(session: string | null): void {
  try {
    if (session === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, session);
  } catch {
    // storage may be switched off; then a page that is opened without a network does not know
  }
}

export interface Locking {
  me: Me;
  requests: Requests;
  /** The incident in front, when something goes on there that must stay to be seen. */
  goingOn(): string | null;
}

type Said = { what: "used" | "locked" | "unlocked"; session: string };

export class Lock {
  readonly locked: Store<boolean>;
  readonly me: Me;
  readonly #requests: Requests;
  readonly #goingOn: () => string | null;
  readonly #stopwatch: () => number;
  readonly #tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  #used: number;
  #told = Number.NEGATIVE_INFINITY;
  #toldTabs = Number.NEGATIVE_INFINITY;
  #front: string | null = null;

  /** `known`: the server has said that the session is open, else what this browser kept of it counts. */
  constructor(locking: Locking, known: boolean, stopwatch: () => number = () => performance.now()) {
    this.me = locking.me;
    this.#requests = locking.requests;
    this.#goingOn = locking.goingOn;
    this.#stopwatch = stopwatch;
    this.#used = stopwatch();
    if (known) keep(null);
    this.locked = new Store(!known && kept() === this.me.session);
  }

  start(signal: AbortSignal): void {
    for (const use of USES)
      window.addEventListener(use, (event) => this.#use(event), { signal, passive: true });
    window.addEventListener(LOCKED, () => this.#lock(), { signal });
    document.addEventListener("visibilitychange", () => void this.#tell(), { signal });
    const timer = window.setInterval(() => this.#tick(), TICK_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#tabs?.close();
    });
    this.#tabs?.addEventListener("message", ({ data }) => this.#hear(data as Said));
    if (this.locked.value) hide();
    else void this.#tell();
  }

  /** Throws Refused or Unreachable. */
  async open(password: string): Promise<void> {
    const me = await unlock(password);
    if (me.session !== this.me.session) return location.reload(); // somebody else has signed in here meanwhile
    this.#say("unlocked");
    this.#open();
  }

  #use(event: Event): void {
    if (!event.isTrusted || this.locked.value) return;
    this.#used = this.#stopwatch();
    if (this.#used - this.#toldTabs < TELL_TABS_MS) return;
    this.#toldTabs = this.#used;
    this.#say("used");
  }

  #say(what: Said["what"]): void {
    this.#tabs?.postMessage({ what, session: this.me.session } satisfies Said);
  }

  #hear({ what, session }: Said): void {
    if (session !== this.me.session) return;
    if (what === "used") this.#used = this.#stopwatch();
    else if (what === "locked") hide();
    else if (this.locked.value) this.#open();
  }

  get #due(): boolean {
    return this.#stopwatch() - this.#used >= this.me.lock_after_s * 1000;
  }

  #tick(): void {
    const since = this.#stopwatch() - this.#told;
    if (since >= (this.#due ? ASK_MS : TELL_MS) || this.#goingOn() !== this.#front) void this.#tell();
  }

  async #tell(): Promise<void> {
    if (this.locked.value) return;
    this.#told = this.#stopwatch();
    this.#front = this.#goingOn();
    const idle_ms = Math.round(this.#told - this.#used);
    try {
      await this.#requests.send("POST", "/api/session/idle", { idle_ms, incident_id: this.#front });
    } catch (error) {
      if (error instanceof Unreachable && this.#due && this.#front === null) hide();
      else if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  #lock(): void {
    if (this.locked.value) return;
    keep(this.me.session);
    this.locked.set(true);
    this.#say("locked");
  }

  #open(): void {
    keep(null);
    this.#used = this.#stopwatch();
    this.locked.set(false);
    window.dispatchEvent(new Event(UNLOCKED));
    void this.#tell();
  }
}
