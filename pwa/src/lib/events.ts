// Live events from the server: one WebSocket that comes back by itself.
//
// Hands on what arrives, in order, and says whether the line is open. It never keeps state of its own about
// incidents: after every reconnect the server sends a Snapshot, and that heals whatever was missed. A network
// that swallows everything closes no socket, so silence counts as loss.
import type { Event, Locked, Problem, SignedOut } from "../wire.ts";
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
/** A socket that has said nothing for so long is as good as closed: the server ticks every 5 s. */
const SILENT_MS = 8000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;

/** Milliseconds before try number `tries` (from 0), doubled each time, with up to a fifth of jitter. */
export function backoff(tries: number, random: () => number = Math.random): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.8 + 0.2 * random());
}

/** The address of the socket on the host that served the page. */
export function eventsAddress(at: Location = location, path = "/api/events"): string {
  return `${at.protocol === "https:" ? "wss:" : "ws:"}//${at.host}${path}`;
}

/** Why a socket is gone until further notice, if it is. One that never opened hides its status: the session is asked. */
async function whyGone(code: number, wasOpen: boolean, signal: AbortSignal): Promise<string | null> {
  if (code === NOT_SIGNED_IN) return "/problems/not-signed-in";
  if (code === SESSION_LOCKED) return "/problems/session-locked";
  if (wasOpen) return null;
  try {
    const answer = await fetch("/api/session", { signal, cache: "no-store" });
    return answer.status === 401 ? ((await answer.json()) as Problem).type : null;
  } catch {
    return null;
  }
}

/** Listens until `signal` aborts or the session ends. `whole` is the event that tells everything: the line is open then. */
export function listen<Heard extends { type: string } = Event>(
  listener: Listener<Heard>,
  signal: AbortSignal,
  address = eventsAddress(),
  whole: Heard["type"] = "snapshot",
): void {
  let socket: WebSocket | null = null;
  let timer = 0;
  let tries = 0;
  let over = false;
  let locked = false;

  const end = (): void => {
    over = true;
    clearTimeout(timer);
    socket?.close();
  };

  const signOut = (): void => {
    end();
    listener.onSignedOut();
  };

  const closed = async (code: number, wasOpen: boolean): Promise<void> => {
    socket = null;
    if (over || locked) return;
    if (code !== TOO_SLOW) listener.onLine("lost");
    const why = await whyGone(code, wasOpen, signal);
    if (why === "/problems/not-signed-in") return signOut();
    if (why === "/problems/session-locked") return hide();
    if (over || locked || socket !== null) return; // somebody woke it meanwhile
    clearTimeout(timer);
    timer = window.setTimeout(connect, code === TOO_SLOW ? 0 : backoff(tries++));
  };

  const dropped = (): void => {
    const mine = socket;
    if (mine === null) return;
    mine.onmessage = mine.onclose = null;
    mine.close();
    void closed(0, true);
  };

  const connect = (): void => {
    clearTimeout(timer);
    const mine = new WebSocket(address);
    let healed = false;
    socket = mine;
    timer = window.setTimeout(dropped, SILENT_MS);
    mine.onmessage = (message) => {
      clearTimeout(timer);
      timer = window.setTimeout(dropped, SILENT_MS);
      const event = JSON.parse(String(message.data)) as Heard | SignedOut | Locked;
      if (event.type === "signed-out") return signOut();
      if (event.type === "locked") return hide();
      if (event.type === whole && !healed) {
        healed = true;
        tries = 0;
        listener.onLine("open");
      }
      listener.onEvent(event as Heard);
    };
    mine.onclose = (close) => {
      if (socket === mine) void closed(close.code, healed);
    };
  };

  const wake = (): void => {
    if (socket === null && !over && !locked) connect();
  };
  const lock = (): void => {
    locked = true;
    clearTimeout(timer);
    if (socket === null) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  };
  const unlock = (): void => {
    locked = false;
    wake();
  };
  signal.addEventListener("abort", end, { once: true });
  window.addEventListener(LOCKED, lock, { signal });
  window.addEventListener(UNLOCKED, unlock, { signal });
  window.addEventListener("online", wake, { signal });
  window.addEventListener("offline", dropped, { signal });
  listener.onLine("connecting");
  connect();
}
