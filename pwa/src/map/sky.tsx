// What a map shows of drones, under their marks: areas, docks, the ways they fly and what their cameras see.
import type { Point } from "../wire.ts";
import { type Drawn, move } from "./drawing.tsx";
import { inside, place, type Spot } from "./frame.ts";

export interface MapDock {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
  /** Ready to send, its drone in the air, or kept shut by something. */
  readonly state: "ready" | "away" | "shut";
}

export interface MapFlight {
  readonly id: string;
  readonly at: Point | null;
  readonly route: readonly Point[];
  /** The corners of what is in the picture; none when the horizon is. */
  readonly footprint: readonly Point[];
  /** The middle of the picture. */
  readonly looks: Point | null;
}

export interface MapArea {
  readonly id: string;
  readonly kind: "keep-in" | "keep-out";
  readonly rings: readonly (readonly Point[])[];
}

export interface MapSky {
  readonly docks: readonly MapDock[];
  readonly flights: readonly MapFlight[];
  readonly areas: readonly MapArea[];
  /** Where a camera was told to look. */
  readonly told: Point | null;
}

function line(spots: readonly Spot[]): string {
  return spots.map(({ x, y }, n) => `${n === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function Area({ frame, size, area }: Drawn & { area: MapArea }) {
  const rings = area.rings.map((ring) => `${line(ring.map((point) => place(frame, size, point)))}Z`);
  return <path class={`map-area is-${area.kind}`} fill-rule="evenodd" d={rings.join("")} />;
}

/** What the camera sees on the ground, the line to its middle, and the way ahead. */
function Flight({ frame, size, flight }: Drawn & { flight: MapFlight }) {
  const spot = (point: Point): Spot => place(frame, size, point);
  const { at, looks, footprint, route } = flight;
  return (
    <g class="map-flight">
      {route.length > 0 && <path class="map-route" d={line([...(at ? [at] : []), ...route].map(spot))} />}
      {footprint.length > 2 && <path class="map-footprint" d={`${line(footprint.map(spot))}Z`} />}
      {at !== null && looks !== null && <path class="map-looks" d={line([at, looks].map(spot))} />}
    </g>
  );
}

/** The shape of a dock, around 0,0: a box, open while its drone is away, crossed when it is shut. */
export function DockShape({ state }: Pick<MapDock, "state">) {
  return (
    <g class={`map-dock is-${state}`}>
      <rect x="-9" y="-9" width="18" height="18" rx="3" />
      {state === "ready" && <path d="M-4-4 4 4M4-4-4 4" />}
      {state === "shut" && <path d="M-9 9 9-9" />}
    </g>
  );
}

function Dock({ frame, size, dock }: Drawn & { dock: MapDock }) {
  const at = place(frame, size, dock.point);
  if (!inside(size, at)) return null;
  return (
    <g transform={move(at)}>
      <DockShape state={dock.state} />
      <text class="map-dock-name" y="25" text-anchor="middle">
        {dock.name}
      </text>
    </g>
  );
}

/** Where a camera was told to look: until it looks there, and as long as it does. */
function Told({ frame, size, point }: Drawn & { point: Point }) {
  return (
    <g class="map-told" transform={move(place(frame, size, point))}>
      <circle r="12" />
      <path d="M-18 0H-6M6 0H18M0-18V-6M0 6V18" />
    </g>
  );
}

export function SkyLayer({ frame, size, sky }: Drawn & { sky: MapSky }) {
  return (
    <>
      {sky.areas.map((area) => (
        <Area key={area.id} frame={frame} size={size} area={area} />
      ))}
      {sky.flights.map((flight) => (
        <Flight key={flight.id} frame={frame} size={size} flight={flight} />
      ))}
      {sky.docks.map((dock) => (
        <Dock key={dock.id} frame={frame} size={size} dock={dock} />
      ))}
      {sky.told !== null && <Told frame={frame} size={size} point={sky.told} />}
    </>
  );
}
