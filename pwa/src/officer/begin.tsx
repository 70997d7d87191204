// How the officer's app begins: with the server's word for who is signed in, or without a network from what this phone
// keeps of them. It says which, and what is kept of anybody else is gone before anything is shown.
import { type ComponentChild, options, render } from "preact";
import { Waiting } from "../lib/begin.tsx";
import { Lock } from "../lib/lock.ts";
import { atTheLock, behindLock } from "../lib/parts/lock-screen.tsx";
import { Refused, Requests } from "../lib/requests.ts";
import { restoreTheme } from "../lib/theme.ts";
import { leave, PROBE_MS, woken } from "../lib/who.ts";
import { Desk } from "../staff/desk.ts";
import { goingOn } from "../staff/world.ts";
import type { Me } from "../wire.ts";
import { keepGoing } from "./keeping.ts";
import { isOld, type Known, readKnown, worldOf } from "./kept.ts";
import { isLeaving, left, staying } from "./leaving.ts";
import * as shelf from "./shelf.ts";

/** How long an answer is waited for when there is something to show instead. */
const PATIENCE_MS = 2500;
const LONGER_MS = 10_000;
const SHELF_MS = 1000;
const AWAY = "The server cannot be reached, and this phone keeps nothing to show. It goes on by itself.";
const FORGOT =
  "This phone has heard nothing for 12 hours, so it has forgotten what it knew and what was not sent. It goes on by itself.";
const LEFT = "You are logged out on this phone. The server hears of it when the network is back.";

/** What arrives and what is drawn of it are two tasks, so that a slow phone hears a press in between. */
function drawApart(): void {
  const { port1, port2 } = new MessageChannel(); // a timer would wait in a hidden page
  let draw: (() => void) | null = null;
  port1.onmessage = () => draw?.();
  options.debounceRendering = (next) => {
    draw = next;
    port2.postMessage(null);
  };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  return Promise.race([work, new Promise<null>((done) => setTimeout(() => done(null), ms))]);
}

/** Null when the server says that nobody is; waits at the lock; throws when it says nothing. */
async function ask(root: Element, patience_ms: number): Promise<Me | null> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), patience_ms);
  try {
    return await new Requests().send<Me>("GET", "/api/session", undefined, end.signal);
  } catch (error) {
    if (error instanceof Refused && error.code === "session-locked") return atTheLock(root);
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** A desk for whoever is signed in; null when the page is led elsewhere. */
async function online(me: Me | null, held: shelf.Held | null): Promise<Desk | null> {
  if (me === null) {
    await shelf.wipe();
    leave(held?.said.length);
    return null;
  }
  if (isLeaving(me.session)) {
    await left(me);
    return null;
  }
  staying();
  if (me.user.role !== "officer") {
    await shelf.wipe();
    location.replace("/");
    return null;
  }
  await shelf.claim(me.session);
  return new Desk(me);
}

function offline(session: string, known: Known): Desk {
  const { me, heard, ahead } = known;
  const world = worldOf(known, location.hash.slice(1) || null);
  return new Desk({ ...me, csrf: "", session }, { world, heard, ahead });
}

interface Found {
  held: shelf.Held | null;
  known: Known | null;
  /** It was kept for too long, and is gone. */
  old: boolean;
}

async function look(): Promise<Found> {
  const held = await within(SHELF_MS, shelf.read());
  if (!isOld(held?.known, Date.now())) return { held, known: readKnown(held?.known), old: false };
  await shelf.wipe();
  return { held: null, known: null, old: true };
}

/** The desk to show; null when the page is led elsewhere. Waits as long as it takes, and says for what. */
async function deskFor({ held, known, old }: Found, root: Element): Promise<Desk | null> {
  const words = isLeaving() ? LEFT : old ? FORGOT : AWAY;
  const patience_ms = known === null ? LONGER_MS : PATIENCE_MS;
  for (;;) {
    try {
      return await online(await ask(root, patience_ms), held);
    } catch {
      if (held !== null && known !== null) return offline(held.session, known);
      render(<Waiting words={words} />, root);
      await woken(PROBE_MS);
    }
  }
}

export async function begin(face: (desk: Desk) => ComponentChild): Promise<void> {
  restoreTheme();
  drawApart();
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app");
  render(<Waiting words="Loading…" />, root);
  const found = await look();
  const desk = await deskFor(found, root);
  if (desk === null) return;
  keepGoing(desk, found.held?.session === desk.me.session ? found.held.said : []);
  const { signal } = new AbortController(); // for as long as the page is there
  desk.start(signal);
  const { me, requests, world } = desk;
  const lock = new Lock({ me, requests, goingOn: () => goingOn(world.value) }, requests.admitted);
  lock.start(signal);
  behindLock(root, lock, face(desk));
}
