// The air that drones fly in: what the weather is, and where they must stay or must not be. Asked for once there are
// docks, and the weather again each minute.

import { duration } from "../lib/measure.ts";
import { Store } from "../lib/store.ts";
import type { MapArea } from "../map/sky.tsx";
import type { Point, Weather } from "../wire.ts";
import type { Desk } from "./desk.ts";

export interface Air {
  readonly weather: Weather | null;
  readonly areas: readonly MapArea[];
}

const NOTHING: Air = { weather: null, areas: [] };
const AGAIN_MS = 60_000;
const FRESH_MS = 15 * 60_000; // backend/model/weather.py: older weather is none to fly in
const airs = new WeakMap<Desk, Store<Air>>();

type Ring = readonly (readonly [number, number])[];
interface Outline {
  geometry: { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };
  properties: { name?: string; kind?: string } | null;
}

function points(ring: Ring): Point[] {
  return ring.map(([longitude, latitude]) => ({ latitude, longitude }));
}

/** Where drones must stay, and where they must not be; what is only avoided is not drawn. Pure. */
export function areasOf({ features }: { features: readonly Outline[] }): MapArea[] {
  return features.flatMap(({ geometry, properties }, n) => {
    const kind = properties?.kind;
    if (kind !== "keep-in" && kind !== "keep-out") return [];
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return polygons.map((rings, part) => ({ id: `${n} ${part}`, kind, rings: rings.map(points) }));
  });
}

/** "Wind 4 m/s from the west, gusts 7; measured 2 min ago." */
export function weatherWords(weather: Weather | null, now: number): string {
  if (weather === null) return "The weather is not known: no drone is sent.";
  const age = now - Date.parse(weather.at);
  const { wind, gust_mps, rain_mmph, temperature_c } = weather;
  const words = [
    `Wind ${Math.round(wind.speed_mps)} m/s, gusts ${Math.round(gust_mps)}`,
    rain_mmph > 0 ? `rain ${rain_mmph} mm/h` : null,
    `${Math.round(temperature_c)} °C`,
    `${duration(age)} old`,
  ];
  const said = words.filter((each) => each !== null).join(" · ");
  return age > FRESH_MS ? `${said}: too old, no drone is sent.` : said;
}

/** One for each desk. Officers are told of no docks, and ask for none of it. */
export function airOf(desk: Desk): Store<Air> {
  const there = airs.get(desk);
  if (there !== undefined) return there;
  const air = new Store(NOTHING);
  airs.set(desk, air);
  let timer = 0;
  const weather = async (): Promise<void> => {
    try {
      const said = await desk.requests.send<Weather | null>("GET", "/api/weather");
      air.update((before) => ({ ...before, weather: said }));
    } catch {
      // the next minute asks again; what is shown says its age
    }
  };
  const begin = async (): Promise<void> => {
    if (timer !== 0 || desk.sky.value.docks.length === 0) return;
    timer = window.setInterval(() => void weather(), AGAIN_MS);
    void weather();
    try {
      const outlines = await desk.requests.send<{ features: Outline[] }>("GET", "/api/airspace");
      air.update((before) => ({ ...before, areas: areasOf(outlines) }));
    } catch {
      // drones keep to their areas whether they are drawn or not
    }
  };
  desk.sky.watch(() => void begin());
  void begin();
  return air;
}
