// What this browser knows of docks, flights and offers, and where drones are. Pure.
//
// Beside the world, and not in it: drones tell where they are five times a second, and what does not show them is
// not drawn anew for that.
import type {
  DockView,
  DroneAt,
  DronesMoved,
  FlightChanged,
  FlightView,
  Hangar,
  OfferView,
} from "../wire.ts";

export type SkyEvent = Hangar | FlightChanged | DronesMoved;

export interface Sky {
  /** Whether the server has told of docks at all. */
  readonly told: boolean;
  readonly docks: readonly DockView[];
  /** The newest first. */
  readonly flights: readonly FlightView[];
  readonly offers: readonly OfferView[];
}

/** By drone. */
export type Drones = ReadonlyMap<string, DroneAt>;

export const NO_SKY: Sky = { told: false, docks: [], flights: [], offers: [] };

export function isSky(event: { type: string }): event is SkyEvent {
  return event.type === "hangar" || event.type === "flight" || event.type === "drones-moved";
}

function newest(flights: readonly FlightView[]): FlightView[] {
  return [...flights].sort((a, b) => Date.parse(b.launched_at) - Date.parse(a.launched_at));
}

/** So many flights that are over are still shown. */
const MOST_OVER = 6;

/** The sky after one of the server's events. It tells of flights in the air; what was seen to end stays for a while. */
export function applySky(sky: Sky, event: SkyEvent): Sky {
  if (event.type === "hangar") {
    const { docks, flights, offers } = event;
    const told = new Set(flights.map(({ id }) => id));
    const over = sky.flights.filter((flight) => !isUp(flight) && !told.has(flight.id)).slice(0, MOST_OVER);
    return { told: true, docks, flights: newest([...flights, ...over]), offers };
  }
  if (event.type === "flight") {
    const others = sky.flights.filter(({ id }) => id !== event.flight.id);
    return { ...sky, flights: newest([event.flight, ...others]) };
  }
  return sky;
}

/** Where drones are after they have moved; of two words about one the later counts. */
export function movedTo(drones: Drones, moved: readonly DroneAt[]): Drones {
  const next = new Map(drones);
  for (const drone of moved) {
    const known = next.get(drone.id);
    if (known === undefined || Date.parse(drone.at) >= Date.parse(known.at)) next.set(drone.id, drone);
  }
  return next;
}

/** Whether the drone is in the air, as far as the flight goes; under its parachute it still is. */
export function isUp(flight: FlightView): boolean {
  return flight.ended_at === null && flight.phase !== "landed";
}

/** Whether anything can be told to it. */
export function isFlown(flight: FlightView): boolean {
  return isUp(flight) && flight.phase !== "parachute";
}

/** The flights of an incident: those in the air first, then what is over, the newest of each first. */
export function flightsOf(sky: Sky, incident: string): readonly FlightView[] {
  const own = sky.flights.filter(({ incident_id }) => incident_id === incident);
  return [...own.filter(isUp), ...own.filter((flight) => !isUp(flight))];
}

/** The flight that a picture comes from. */
export function flightOfFeed(sky: Sky, feed: string): FlightView | null {
  return (
    sky.flights.find(
      ({ colour_feed_id, thermal_feed_id }) => colour_feed_id === feed || thermal_feed_id === feed,
    ) ?? null
  );
}

const THERE: ReadonlySet<FlightView["phase"]> = new Set([
  "launching",
  "en-route",
  "on-scene",
  "handing-over",
]);

/** The same picture of the drone that has taken over from this one's; itself while that has not left. */
export function takenOver(sky: Sky, feed: string | null): string | null {
  const flight = feed === null ? null : flightOfFeed(sky, feed);
  const next = sky.flights.find(({ id }) => id === flight?.relieved_by);
  if (flight === null || next === undefined || THERE.has(flight.phase)) return feed;
  const other = flight.thermal_feed_id === feed ? next.thermal_feed_id : next.colour_feed_id;
  return other === null ? feed : takenOver(sky, other);
}

/** The dock with what its drone has said since the docks were told. */
export function asHeard(dock: DockView, drones: Drones): DockView {
  const at = dock.drone === null ? undefined : drones.get(dock.drone.id);
  if (dock.drone === null || at === undefined) return dock;
  const { heard_at, trouble } = dock.drone;
  if (heard_at !== null && Date.parse(heard_at) > Date.parse(at.at)) return dock;
  const said = at.trouble.join(" ") || trouble;
  return {
    ...dock,
    drone: { ...dock.drone, heard_at: at.at, charge: at.charge, parachute: at.parachute, trouble: said },
  };
}
