// What the map shows of an incident: the caller, who is around, what may be opened, and all of it in one sentence. Pure.
import {
  accuracyWords,
  ago,
  bearingDeg,
  compass,
  distanceM,
  metres,
  STALE_MS,
  soonTo,
} from "../lib/measure.ts";
import type { MapCamera, MapPerson } from "../map/drawing.tsx";
import type { Around } from "../map/frame.ts";
import { offeredUse, USES } from "../map/look.ts";
import type { IncidentView, Nearby, Position, Unit } from "../wire.ts";
import { openingOf, whereWords, whyNot } from "./cameras.ts";

export interface Scene {
  caller: Position;
  units: readonly Unit[];
  assigned: readonly string[];
  /** This very phone: its unit, and where it is by its own word. */
  mine: string | null;
  here: Position | null;
  /** The server's time, milliseconds since 1970. */
  now: number;
}

const CALLER = "caller";
const PLACED_BY: Partial<Record<Position["source"], string>> = { caller: "Caller", witness: "A witness" };
const ME = "me";
/** What is farther does not shrink the map; it is named at its edge. */
const FARTHEST_M = 8000;

function stale(position: Position, now: number): boolean {
  return now - Date.parse(position.at) > STALE_MS;
}

/** "740 m south-east of the caller, about 2 min". */
function wayWords(from: Position, caller: Position, soon: string | null): string {
  const way = `${metres(distanceM(caller, from))} ${compass(bearingDeg(caller, from))} of the caller`;
  return soon === null ? way : `${way}, ${soon}`;
}

function callerOf({ caller, here, now }: Scene): MapPerson {
  return {
    id: CALLER,
    name: PLACED_BY[caller.source] ?? "Reported place",
    point: caller,
    accuracy_m: caller.accuracy_m,
    heading_deg: caller.heading_deg,
    kind: "caller",
    stale: stale(caller, now),
    apart: true,
    far: here === null ? null : metres(distanceM(here, caller)),
    soon: null,
    words: `${accuracyWords(caller.accuracy_m)}, ${ago(now - Date.parse(caller.at))}`,
  };
}

/** A unit on the map. Its words are made when they are asked for: of thousands, most stand there as a number. */
class UnitMark implements MapPerson {
  readonly id: string;
  readonly name: string;
  readonly point: Position;
  readonly kind: "mine" | "unit";
  readonly stale: boolean;
  readonly apart: boolean;
  readonly soon: string | null;
  readonly far_m: number;
  readonly #scene: Scene;

  constructor(id: string, name: string, point: Position, mine: boolean, scene: Scene) {
    this.#scene = scene;
    this.id = id;
    this.name = name;
    this.point = point;
    this.kind = mine ? "mine" : "unit";
    this.stale = stale(point, scene.now);
    this.apart = mine || scene.assigned.includes(id);
    this.soon = this.apart ? soonTo(point, scene.caller, scene.now) : null;
    this.far_m = distanceM(scene.caller, point);
  }

  get accuracy_m(): number {
    return this.point.accuracy_m;
  }

  get heading_deg(): number | null {
    return this.point.heading_deg;
  }

  get far(): string {
    return metres(this.far_m);
  }

  get words(): string {
    const { caller, now } = this.#scene;
    const words = wayWords(this.point, caller, this.soon);
    return this.stale ? `${words}, ${ago(now - Date.parse(this.point.at))}` : words;
  }
}

/** The caller, this phone, the units that are sent, then all others from the nearest. */
export function peopleOf(scene: Scene): MapPerson[] {
  const { units, mine, here } = scene;
  const me = units.find(({ id }) => id === mine);
  const at = here ?? me?.position ?? null;
  const others = units.flatMap(({ id, call_sign, position }) =>
    position === null || id === mine ? [] : [new UnitMark(id, call_sign, position, false, scene)],
  );
  const rank = ({ far_m, apart }: UnitMark): number => far_m - (apart ? 1e9 : 0);
  return [
    callerOf(scene),
    ...(at === null ? [] : [new UnitMark(mine ?? ME, "You", at, true, scene)]),
    ...others.sort((a, b) => rank(a) - rank(b)),
  ];
}

/** Cameras near the incident: what a press would do, or why it would do nothing. */
export function camerasOf(nearby: Nearby | null, incident: IncidentView, me: string): MapCamera[] {
  return (nearby?.cameras ?? []).map((camera) => {
    const use = offeredUse(camera.offer, camera.own, openingOf(incident, camera.camera_id, me) !== null);
    const may = use === "shut" ? whyNot(camera) : USES[use];
    const { camera_id: id, name, point, view } = camera;
    return { id, name, point, view, use, words: `${may} · ${whereWords(camera)}` };
  });
}

/** What must be seen: the caller with the circle, the trail, and who comes, unless they are far away. */
export function mustSee(people: readonly MapPerson[], trail: readonly Position[]): Around[] {
  const [caller] = people;
  if (caller === undefined) return [];
  const near = [...people.filter(({ apart }) => apart).map(({ point }) => point), ...trail];
  return [
    { point: caller.point, radius_m: Math.min(FARTHEST_M, Math.max(30, caller.accuracy_m * 1.2)) },
    ...near
      .filter((point) => distanceM(caller.point, point) <= FARTHEST_M)
      .map((point) => ({ point, radius_m: 15 })),
  ];
}

/** The map in one sentence, for whoever cannot see it. */
export function sceneWords(people: readonly MapPerson[], cameras: readonly MapCamera[]): string {
  const around = people
    .filter(({ apart, kind }) => apart && kind !== "caller")
    .map(({ kind, name, words }) => `${kind === "mine" ? "you are" : `${name} is`} ${words}`);
  const openable = cameras.filter(({ use }) => use !== "shut" && use !== "registry").length;
  const near =
    cameras.length === 0 ? [] : [`${cameras.length} cameras near, ${openable} of them can be opened`];
  return ["Position of the caller", ...around, ...near].join("; ");
}
