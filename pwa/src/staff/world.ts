// What this browser knows of the agency's incidents, and how one event changes it.
//
// Pure: a world and an event give the next world. Events carry whole things, so a repeated one changes
// nothing, a late position is passed over, and a Snapshot heals whatever was missed.
import type {
  DutyView,
  EntryView,
  Event,
  FeedView,
  IncidentView,
  Level,
  NotesView,
  Position,
  ResponseView,
  Snapshot,
  Unit,
  UnitAt,
} from "../wire.ts";
import { isNotable } from "./notable.ts";
import { NO_NOTES, type Thread, withNotes } from "./notes.ts";
import { NO_MARKS, type Talks, withTalk } from "./talks.ts";

export interface World {
  /** How many Snapshots have arrived; 0 means that nothing is known yet. */
  readonly snapshots: number;
  readonly incidents: ReadonlyMap<string, IncidentView>;
  readonly units: ReadonlyMap<string, Unit>;
  /** One's own duty, the last; null for who has had none. */
  readonly duty: DutyView | null;
  /** Logs of the incidents that somebody here has opened, oldest first. */
  readonly logs: ReadonlyMap<string, readonly EntryView[]>;
  readonly trails: ReadonlyMap<string, readonly Position[]>;
  /** How many entries are unread; 0 where there are some, from before this page. */
  readonly unread: ReadonlyMap<string, number>;
  /** What this browser's own connection lets through, by WHEP session; those with all of the picture are left out. */
  readonly levels: ReadonlyMap<string, Level>;
  /** How often the server has said that what may be opened near an incident is another now. */
  readonly nearby: ReadonlyMap<string, number>;
  /** What those on an incident write to each other. */
  readonly notes: ReadonlyMap<string, Thread>;
  /** What is said with callers, by link. */
  readonly talks: Talks;
  /** What can be said by one press. */
  readonly phrases: readonly string[];
  /** Until when somebody here has seen an incident's news; null in a browser that is new to them. */
  readonly seen: ReadonlyMap<string, string> | null;
  readonly selected: string | null;
}

export const EMPTY: World = {
  snapshots: 0,
  incidents: new Map(),
  units: new Map(),
  duty: null,
  logs: new Map(),
  trails: new Map(),
  unread: new Map(),
  levels: new Map(),
  nearby: new Map(),
  notes: new Map(),
  talks: new Map(),
  phrases: [],
  seen: null,
  selected: null,
};

const LONGEST_TRAIL = 300;

function put<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function drop<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const next = new Map(map);
  next.delete(key);
  return next;
}

/** The later one; but what the caller's phone says comes after any guess, however old its fix is. */
function later(a: Position | null, b: Position | null): Position | null {
  if (a === null || b === null) return a ?? b;
  if (a.source !== "caller" && b.source === "caller") return b;
  return Date.parse(b.at) >= Date.parse(a.at) ? b : a;
}

/** Two runs of a log as one: each entry once, by index. */
export function mergeEntries(a: readonly EntryView[], b: readonly EntryView[]): readonly EntryView[] {
  const byIndex = new Map([...a, ...b].map((entry) => [entry.index, entry]));
  return [...byIndex.values()].sort((x, y) => x.index - y.index);
}

/** Two runs of a trail as one: each moment once, oldest first, the newest 300. */
export function mergeTrail(a: readonly Position[], b: readonly Position[]): readonly Position[] {
  const byTime = new Map([...a, ...b].map((position) => [position.at, position]));
  return [...byTime.values()].sort((x, y) => Date.parse(x.at) - Date.parse(y.at)).slice(-LONGEST_TRAIL);
}

/** What is unread and what is seen of a Snapshot: news since the last look is unread, however it was missed. */
function reckon(world: World, snapshot: Snapshot): Pick<World, "unread" | "seen"> {
  const unread = new Map<string, number>();
  const seen = new Map<string, string>();
  for (const { id, news_at, opened_at } of snapshot.incidents) {
    const until = id === world.selected || world.seen === null ? news_at : (world.seen.get(id) ?? opened_at);
    const count = world.unread.get(id);
    if (count !== undefined || Date.parse(news_at) > Date.parse(until)) unread.set(id, count ?? 0);
    seen.set(id, until);
  }
  return { unread, seen };
}

/** Somebody has an incident in front of them whose log goes until then. */
function sawUntil(world: World, id: string, at: string | undefined): World["seen"] {
  const known = world.seen?.get(id);
  if (world.seen === null || at === undefined) return world.seen;
  return known !== undefined && Date.parse(known) >= Date.parse(at) ? world.seen : put(world.seen, id, at);
}

/** The world with more of an incident's notes. */
export function withThread(world: World, more: NotesView): World {
  const thread = withNotes(world.notes.get(more.incident_id) ?? NO_NOTES, more);
  return { ...world, notes: put(world.notes, more.incident_id, thread) };
}

/** The world with one response as the server has answered it. */
export function withResponse(world: World, id: string, response: ResponseView): World {
  const incident = world.incidents.get(id);
  if (incident === undefined || response.status === "clear") return world; // its end is told by an event
  const responses = incident.responses.map((known) => (known.id === response.id ? response : known));
  return { ...world, incidents: put(world.incidents, id, { ...incident, responses }) };
}

function heal(world: World, snapshot: Snapshot): World {
  const closed = [...world.incidents].filter(([, incident]) => incident.closed_at !== null);
  const open = new Set([...closed.map(([id]) => id), ...snapshot.incidents.map((incident) => incident.id)]);
  const kept = { ...world, notes: new Map([...world.notes].filter(([id]) => open.has(id))) };
  return {
    ...snapshot.notes.reduce(withThread, kept),
    ...reckon(world, snapshot),
    phrases: snapshot.phrases,
    talks: (snapshot.talks ?? []).reduce(withTalk, world.talks),
    snapshots: world.snapshots + 1,
    levels: new Map(), // told again after a Snapshot
    incidents: new Map([...closed, ...snapshot.incidents.map((i) => [i.id, i] as const)]),
    units: new Map(snapshot.units.map((unit) => [unit.id, unit])),
    duty: snapshot.duty,
  };
}

function changed(world: World, incident: IncidentView): World {
  const known = world.incidents.get(incident.id);
  const position = later(known?.position ?? null, incident.position);
  return { ...world, incidents: put(world.incidents, incident.id, { ...incident, position }) };
}

function moved(world: World, id: string, position: Position): World {
  const incident = world.incidents.get(id);
  if (incident === undefined || later(incident.position, position) !== position) return world;
  return {
    ...world,
    incidents: put(world.incidents, id, { ...incident, position }),
    trails: put(world.trails, id, mergeTrail(world.trails.get(id) ?? [], [position])),
  };
}

function unitsMoved(world: World, moved: readonly UnitAt[]): World {
  const units = new Map(world.units);
  for (const { id, position } of moved) {
    const unit = units.get(id);
    if (unit !== undefined) units.set(id, { ...unit, position });
  }
  return { ...world, units };
}

function feedChanged(world: World, id: string, feedId: string, change: Partial<FeedView>): World {
  const incident = world.incidents.get(id);
  if (incident === undefined) return world;
  const feeds = incident.feeds.map((feed) => (feed.id === feedId ? { ...feed, ...change } : feed));
  return { ...world, incidents: put(world.incidents, id, { ...incident, feeds }) };
}

function levelled(world: World, session: string, level: Level): World {
  const levels = level === "full" ? drop(world.levels, session) : put(world.levels, session, level);
  return { ...world, levels };
}

function recorded(world: World, id: string, entry: EntryView, me: string): World {
  // what happens while the log is being read must not be lost between the answer and the socket
  const log = world.logs.get(id) ?? (id === world.selected ? [] : undefined);
  const known = log?.some((other) => other.index === entry.index) ?? false;
  const logs = log === undefined ? world.logs : put(world.logs, id, mergeEntries(log, [entry]));
  if (id === world.selected) return { ...world, logs, seen: sawUntil(world, id, entry.at) };
  const counts = !known && entry.actor !== me && isNotable(entry);
  const before = world.unread.get(id);
  const unread = counts && before !== 0 ? put(world.unread, id, (before ?? 0) + 1) : world.unread;
  return { ...world, logs, unread };
}

/** The world after `event`. `me` is the display name of who is looking: one's own steps are never unread. */
export function apply(world: World, event: Event, me: string): World {
  switch (event.type) {
    case "snapshot":
      return heal(world, event);
    case "incident":
      return changed(world, event.incident);
    case "incident-hidden":
      return {
        ...world,
        incidents: drop(world.incidents, event.incident_id),
        notes: drop(world.notes, event.incident_id),
      };
    case "position":
      return moved(world, event.incident_id, event.position);
    case "connection":
      return feedChanged(world, event.incident_id, event.feed_id, { connection: event.connection });
    case "still":
      return feedChanged(world, event.incident_id, event.feed_id, { still_at: event.at });
    case "level":
      return levelled(world, event.session, event.level);
    case "nearby": {
      const said = world.nearby.get(event.incident_id) ?? 0;
      return { ...world, nearby: put(world.nearby, event.incident_id, said + 1) };
    }
    case "note":
      return withThread(world, { incident_id: event.incident_id, notes: [event.note], readers: [] });
    case "notes-read":
      return withThread(world, { incident_id: event.incident_id, notes: [], readers: [event.reader] });
    case "word": {
      const { incident_id, link_id, word } = event;
      return {
        ...world,
        talks: withTalk(world.talks, { incident_id, link_id, words: [word], marks: NO_MARKS }),
      };
    }
    case "talk-marks": {
      const { incident_id, link_id, marks } = event;
      return { ...world, talks: withTalk(world.talks, { incident_id, link_id, words: [], marks }) };
    }
    case "unit":
      return { ...world, units: put(world.units, event.unit.id, event.unit) };
    case "units-moved":
      return unitsMoved(world, event.units);
    case "entry":
      return recorded(world, event.incident_id, event.entry, me);
    default:
      return world;
  }
}

/** The world with one incident (or none) in front of the person. */
export function select(world: World, id: string | null): World {
  if (id === null) return { ...world, selected: null };
  const seen = sawUntil(world, id, world.incidents.get(id)?.news_at);
  return { ...world, selected: id, unread: drop(world.unread, id), seen };
}

/** The world with an incident's log and trail read from the server. */
export function readUp(
  world: World,
  id: string,
  entries: readonly EntryView[],
  trail: readonly Position[],
): World {
  return {
    ...world,
    seen: id === world.selected ? sawUntil(world, id, entries.at(-1)?.at) : world.seen,
    logs: put(world.logs, id, mergeEntries(world.logs.get(id) ?? [], entries)),
    trails: put(world.trails, id, mergeTrail(world.trails.get(id) ?? [], trail)),
  };
}

/** The world with closed incidents read from the server. */
export function remember(world: World, incidents: readonly IncidentView[]): World {
  return { ...world, incidents: new Map([...world.incidents, ...incidents.map((i) => [i.id, i] as const)]) };
}

/** Open incidents, the newest first. */
export function openIncidents(world: World): IncidentView[] {
  return [...world.incidents.values()]
    .filter((incident) => incident.closed_at === null)
    .sort((a, b) => b.opened_at.localeCompare(a.opened_at));
}

/** Closed incidents, the last closed first. */
export function closedIncidents(world: World): IncidentView[] {
  return [...world.incidents.values()]
    .filter((incident) => incident.closed_at !== null)
    .sort((a, b) => (b.closed_at ?? "").localeCompare(a.closed_at ?? ""));
}

/** The incident in front, when something is shared there or somebody is on their way: nobody is locked out of it. */
export function goingOn({ selected, incidents }: World): string | null {
  const incident = selected === null ? undefined : incidents.get(selected);
  if (incident === undefined || incident.closed_at !== null) return null;
  const shared =
    incident.feeds.some((feed) => feed.state !== "ended") ||
    incident.links.some((link) => link.state === "sharing");
  return shared || incident.unit_ids.length > 0 ? incident.id : null;
}

/** What deserves somebody's eye first: the newest open incident with a live picture, else the newest. */
export function foremost(world: World): IncidentView | null {
  const open = openIncidents(world);
  return open.find(({ feeds }) => feeds.some((feed) => feed.state === "live")) ?? open[0] ?? null;
}
