// What an officer's phone keeps of what it knows, so that the app opens without a network: the incidents that their
// own unit is sent to, who else comes, and the last words. Pure. Bounded, and no more than it takes: no telephone
// number, no log, no cameras of others, nothing seen by broken glass (that ends by the clock), and no picture, for
// callers are told that theirs is not recorded.
import { myUnit, responseOf } from "../staff/duty.ts";
import { currentLink } from "../staff/links.ts";
import { EMPTY, openIncidents, type World } from "../staff/world.ts";
import type { DutyView, IncidentView, Me, NotesView, Position, Unit } from "../wire.ts";

/** Raised when the shape below changes, or what wire.ts says of it: what an older app kept is not read. */
const VERSION = 1;
/** A phone that has not heard the server for so long forgets everything. */
export const FORGET_MS = 12 * 3_600_000;
const MOST_INCIDENTS = 4;
const MOST_NOTES = 20;
const MOST_STEPS = 60;
const MOST_PHRASES = 24;

export interface Known {
  version: number;
  /** Without what is of the session: a phone that is lost must not have it. */
  me: Omit<Me, "csrf" | "session">;
  /** When the server was last heard, by its clock; and how much later it is there than by this phone's. */
  heard: number;
  ahead: number;
  incidents: IncidentView[];
  units: Unit[];
  duty: DutyView | null;
  notes: NotesView[];
  trails: [string, Position[]][];
  phrases: string[];
}

function slim(incident: IncidentView): IncidentView {
  const link = currentLink(incident);
  return {
    ...incident,
    callback_number: null,
    links: link === null ? [] : [{ ...link, number: null }],
    feeds: [],
    openings: [],
    asks: [],
    alerts: [],
    glass: [],
  };
}

/** What is kept of a world at this moment. */
export function known(
  world: World,
  { csrf: _, session: __, ...me }: Me,
  { heard, ahead }: Pick<Known, "heard" | "ahead">,
): Known {
  const mine = myUnit(world);
  const sentTo = openIncidents(world).filter((incident) => responseOf(incident, mine) !== null);
  const first = (incident: IncidentView): number => Number(incident.id === world.selected);
  const incidents = sentTo.sort((a, b) => first(b) - first(a)).slice(0, MOST_INCIDENTS);
  const coming = new Set([mine, ...incidents.flatMap(({ unit_ids }) => unit_ids)]);
  return {
    version: VERSION,
    me,
    heard,
    ahead,
    incidents: incidents.map(slim),
    units: [...world.units.values()].filter(({ id }) => coming.has(id)),
    duty: world.duty,
    notes: incidents.flatMap(({ id }) => {
      const thread = world.notes.get(id);
      return thread === undefined
        ? []
        : [{ incident_id: id, notes: thread.notes.slice(-MOST_NOTES), readers: [...thread.readers] }];
    }),
    trails: incidents.map(({ id }) => [id, (world.trails.get(id) ?? []).slice(-MOST_STEPS)]),
    phrases: world.phrases.slice(0, MOST_PHRASES),
  };
}

/** How old what was kept is: null when this phone's clock was set back since, so that nobody knows. */
export function ageOf({ heard, ahead }: Pick<Known, "heard" | "ahead">, wall: number): number | null {
  const age = wall + ahead - heard;
  return age < 0 ? null : age;
}

/** Whether it may be kept no longer; `wall` is this phone's clock now. */
export function isOld(kept: unknown, wall: number): boolean {
  const { heard, ahead } = (kept ?? {}) as Partial<Known>;
  return heard !== undefined && ahead !== undefined && (ageOf({ heard, ahead }, wall) ?? 0) > FORGET_MS;
}

/** What was kept, if this app can read it. */
export function readKnown(kept: unknown): Known | null {
  const found = kept as Known | null | undefined;
  return found?.version === VERSION ? found : null;
}

/** The world as it was then. */
export function worldOf(found: Known, selected: string | null): World {
  return {
    ...EMPTY,
    snapshots: 1,
    incidents: new Map(found.incidents.map((incident) => [incident.id, incident])),
    units: new Map(found.units.map((unit) => [unit.id, unit])),
    duty: found.duty,
    notes: new Map(found.notes.map(({ incident_id, notes, readers }) => [incident_id, { notes, readers }])),
    trails: new Map(found.trails),
    phrases: found.phrases,
    selected,
  };
}
