// What has changed for an officer who does not look, in short sentences for the ear. Pure.

import { bearingDeg, compass, distanceM } from "../lib/measure.ts";
import { myUnit, STATUS_WORDS } from "../staff/duty.ts";
import { NO_NOTES } from "../staff/notes.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { FeedView, IncidentView, Position } from "../wire.ts";

export interface Sentence {
  /** What it is about: of two about the same only the newer one is still true. */
  about: string;
  text: string;
}

/** What the last sentences were about. Changes are told from here, not from one event to the next. */
export interface Heard {
  readonly incidents: ReadonlyMap<string, HeardOf>;
  readonly notes: ReadonlyMap<string, number>;
}

interface HeardOf {
  readonly type: string;
  readonly statuses: ReadonlyMap<string, string>;
  readonly caller: Position | null;
  readonly picture: "none" | "there" | "lost";
}

/** A caller's picture that is away for less is not worth a word: radio does this all the time. */
const LOST_MS = 5000;
/** A caller who has moved less is where they were. */
const MOVED_M = 50;
const LONGEST_WORDS = 240; // what is longer is for reading

/** "120 metres", "1.2 kilometres": units as they are spoken. */
export function spokenMetres(m: number): string {
  if (m < 995) return `${m < 100 ? Math.round(m / 5) * 5 : Math.round(m / 10) * 10} metres`;
  return `${m < 9950 ? (m / 1000).toFixed(1) : Math.round(m / 1000)} kilometres`;
}

function pictureOf(feeds: readonly FeedView[], before: HeardOf["picture"], now: number): HeardOf["picture"] {
  const callers = feeds.filter(({ kind }) => kind === "caller");
  if (callers.some(({ state }) => state === "live")) return "there";
  if (before === "none") return "none";
  const waits = callers.some(({ state, since }) => state === "silent" && now - Date.parse(since) < LOST_MS);
  return waits ? before : "lost";
}

const PICTURE = { there: "The caller's picture is back.", lost: "The caller's picture is lost.", none: "" };

function statusesOf(incident: IncidentView): Map<string, string> {
  return new Map(incident.responses.map(({ unit_id, status }) => [unit_id, status]));
}

function statusSentences(before: HeardOf, incident: IncidentView, world: World): Sentence[] {
  const mine = myUnit(world);
  const now = statusesOf(incident);
  const sign = (unit: string): string =>
    unit === mine ? "You" : (world.units.get(unit)?.call_sign ?? "A unit");
  const is = (unit: string): string => (unit === mine ? "are" : "is");
  const changed = incident.responses
    .filter(({ unit_id, status }) => before.statuses.get(unit_id) !== status)
    .map(({ unit_id, status }) => ({
      about: `status ${incident.id} ${unit_id}`,
      text: `${sign(unit_id)} ${is(unit_id)} ${STATUS_WORDS[status].toLowerCase()}.`,
    }));
  const gone = [...before.statuses.keys()]
    .filter((unit) => !now.has(unit))
    .map((unit) => ({
      about: `status ${incident.id} ${unit}`,
      text: `${sign(unit)} ${is(unit)} off this incident.`,
    }));
  return [...changed, ...gone];
}

function movedSentence(from: Position | null, incident: IncidentView): Sentence | null {
  const to = incident.position;
  if (to === null) return null;
  const about = `caller ${incident.id}`;
  if (from === null) return { about, text: "The caller's position is known." };
  const way = distanceM(from, to);
  if (way < Math.max(MOVED_M, (from.accuracy_m + to.accuracy_m) / 2)) return null;
  return { about, text: `The caller has moved ${spokenMetres(way)} ${compass(bearingDeg(from, to))}.` };
}

function noteSentences(
  heard: Heard,
  world: World,
  me: string,
): { said: Sentence[]; notes: Map<string, number> } {
  const said: Sentence[] = [];
  const notes = new Map<string, number>();
  for (const { id } of openIncidents(world)) {
    const thread = world.notes.get(id) ?? NO_NOTES;
    const last = thread.notes.at(-1)?.number ?? 0;
    const before = heard.notes.get(id) ?? last;
    notes.set(id, Math.max(before, last));
    for (const note of thread.notes) {
      if (note.number <= before || note.by_id === me) continue;
      const words = note.text === "" ? "sends a still" : `writes: ${note.text.slice(0, LONGEST_WORDS)}`;
      said.push({ about: `note ${note.id}`, text: `${note.unit ?? note.by} ${words}` });
    }
  }
  return { said, notes };
}

/** What has changed of one incident since `before`. */
function sentencesOf(before: HeardOf, after: HeardOf, incident: IncidentView, world: World): Sentence[] {
  const said = statusSentences(before, incident, world);
  if (after.picture !== before.picture) {
    const text = before.picture === "none" ? "The caller's picture is there." : PICTURE[after.picture];
    said.unshift({ about: `picture ${incident.id}`, text });
  }
  const moved = movedSentence(before.caller, incident);
  return moved === null ? said : [...said, moved];
}

function heardOf(before: HeardOf | undefined, incident: IncidentView, now: number): HeardOf {
  const { type, position } = incident;
  const stays = before !== undefined && movedSentence(before.caller, incident) === null;
  return {
    type,
    statuses: statusesOf(incident),
    caller: stays ? before.caller : position, // measured from where they were said to be
    picture: pictureOf(incident.feeds, before?.picture ?? "none", now),
  };
}

const UNHEARD: Heard = { incidents: new Map(), notes: new Map() };

/**
 * What to say of the world, and what is then heard. The first look says nothing: what was there before is on the
 * screen. `me` is who listens, `now` the server's time in milliseconds.
 */
export function changes(
  heard: Heard | null,
  world: World,
  me: string,
  now: number,
): { heard: Heard; said: Sentence[] } {
  const before = heard ?? UNHEARD;
  const said: Sentence[] = [];
  const incidents = new Map<string, HeardOf>();
  for (const incident of openIncidents(world)) {
    const was = before.incidents.get(incident.id);
    const is = heardOf(was, incident, now);
    incidents.set(incident.id, is);
    if (was !== undefined) said.push(...sentencesOf(was, is, incident, world));
    else said.push({ about: `incident ${incident.id}`, text: assigned(incident) });
  }
  for (const [id, { type }] of before.incidents) {
    if (!incidents.has(id)) said.push({ about: `incident ${id}`, text: `You are released from ${type}.` });
  }
  const written = noteSentences(before, world, me);
  return {
    heard: { incidents, notes: written.notes },
    said: heard === null ? [] : [...said, ...written.said],
  };
}

function assigned({ type, words }: IncidentView): string {
  return `You are assigned: ${type}. ${words.slice(0, LONGEST_WORDS)}`.trim();
}
