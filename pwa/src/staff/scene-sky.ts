// What the map shows of the drones of an incident: the drones, their ways, what they see, docks. Pure.
import { ago, bearingDeg, compass, distanceM, metres } from "../lib/measure.ts";
import type { MapPerson } from "../map/drawing.tsx";
import type { MapArea, MapDock, MapSky } from "../map/sky.tsx";
import type { DroneAt, FlightView, Point } from "../wire.ts";
import { asHeard, type Drones, isUp, type Sky } from "./sky.ts";
import { notReady, percent, phaseWords, SILENT_MS, toScene } from "./sky-words.ts";

export interface Above {
  sky: Sky;
  drones: Drones;
  /** Whose flights; null for all. */
  incident: string | null;
  /** Where they are wanted. */
  scene: Point | null;
  /** The server's time, milliseconds since 1970. */
  now: number;
}

function wanted({ sky, incident }: Above): readonly FlightView[] {
  return sky.flights.filter(
    (flight) => isUp(flight) && (incident === null || flight.incident_id === incident),
  );
}

function personOf(flight: FlightView, at: DroneAt, { scene, now }: Above): MapPerson {
  const age = now - Date.parse(at.at);
  const far = scene === null ? null : metres(distanceM(scene, at.point));
  const way = scene === null ? null : `${far} ${compass(bearingDeg(scene, at.point))} of the scene`;
  const words = [
    phaseWords(flight),
    `${Math.round(at.height_m)} m high`,
    way,
    `battery ${percent(at.charge)}`,
    age > SILENT_MS ? `last heard ${ago(age)}` : null,
  ];
  return {
    id: flight.id,
    name: flight.drone,
    point: at.point,
    accuracy_m: 1,
    heading_deg: at.heading_deg,
    kind: "drone",
    stale: age > SILENT_MS,
    apart: true,
    far,
    soon: toScene(flight, now) === null ? null : (toScene(flight, now)?.replace(" to the scene", "") ?? null),
    words: words.filter((each) => each !== null).join(", "),
  };
}

/** Drones in the air, as the map draws them. */
export function dronesOf(above: Above): MapPerson[] {
  return wanted(above).flatMap((flight) => {
    const at = above.drones.get(flight.drone_id);
    return at === undefined ? [] : [personOf(flight, at, above)];
  });
}

export function docksOf({ sky, drones, now }: Pick<Above, "sky" | "drones" | "now">): MapDock[] {
  return sky.docks
    .map((told) => asHeard(told, drones))
    .map((dock) => ({
      id: dock.id,
      name: dock.name,
      point: dock.point,
      state: dock.drone?.flight_id != null ? "away" : notReady(dock, now).length === 0 ? "ready" : "shut",
    }));
}

/** Ways and footprints of flights; docks only where they are asked for. */
export function skyOf(
  above: Above,
  told: Point | null,
  docks: readonly MapDock[],
  areas: readonly MapArea[],
): MapSky {
  return {
    docks,
    areas,
    told,
    flights: wanted(above).map((flight) => {
      const at = above.drones.get(flight.drone_id);
      return {
        id: flight.id,
        at: at?.point ?? null,
        route: flight.route,
        footprint: at?.aim?.footprint ?? [],
        looks: at?.aim?.at ?? null,
      };
    }),
  };
}

/** Where the map must reach to show a flight whole: its drone, and what is looked at. */
export function reaches(above: Above): Point[] {
  return wanted(above).flatMap((flight) => {
    const at = above.drones.get(flight.drone_id);
    return at === undefined ? [] : [at.point];
  });
}
