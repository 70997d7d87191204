// What is drawn over the basemap, or over a plain grid without one: cameras and what they see, sites, people. Each
// use of a camera has a colour and a shape of its own. SVG, so that themes, forced colours and tests can read it.
import { niceAbove } from "../lib/scale.ts";
import type { Point, View } from "../wire.ts";
import {
  type Around,
  type Frame,
  metresPerPixel,
  place,
  type Size,
  type Spot,
  wedge,
  wedgePx,
} from "./frame.ts";
import { USES, type Use } from "./look.ts";

export interface MapCamera {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
  readonly view: View;
  readonly use: Use;
}

export interface MapSite {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
}

/** Somebody: the caller, a unit, this phone. */
export interface MapPerson {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
  readonly accuracy_m: number;
  readonly heading_deg: number | null;
  readonly kind: "caller" | "unit" | "mine";
  /** Where they were, not where they are. */
  readonly stale: boolean;
}

export interface Drawn {
  readonly frame: Frame;
  readonly size: Size;
}

const GRID_PX = 72;

/** The ground without a basemap: squares of a round length, so that distances can be read all the same. */
export function Grid({ frame, size }: Drawn) {
  const step = niceAbove(GRID_PX * metresPerPixel(frame)) / metresPerPixel(frame);
  const origin = place(frame, size, {
    latitude: Math.round(frame.centre.latitude * 100) / 100,
    longitude: Math.round(frame.centre.longitude * 100) / 100,
  });
  const lines = (start: number, end: number): number[] => {
    const first = start - Math.floor(start / step) * step;
    return Array.from({ length: Math.max(0, Math.ceil((end - first) / step)) }, (_, n) => first + n * step);
  };
  return (
    <path
      class="map-grid"
      d={[
        ...lines(origin.x, size.width).map((x) => `M${x.toFixed(1)} 0V${size.height}`),
        ...lines(origin.y, size.height).map((y) => `M0 ${y.toFixed(1)}H${size.width}`),
      ].join("")}
    />
  );
}

/** The shape of a use, 22 px across, around 0,0. */
export function Mark({ use }: { use: Use }) {
  switch (use) {
    case "live":
      return (
        <>
          <circle r="11" />
          <circle class="map-mark-in" r="5" />
        </>
      );
    case "nearby":
      return <circle r="10" />;
    case "own-calls":
      return <rect x="-9" y="-9" width="18" height="18" rx="3" />;
    case "ask":
      return <path d="M0-12 11 8H-11Z" />;
    case "registry":
      return <circle class="map-mark-hollow" r="8" />;
    case "shut":
      return (
        <>
          <circle r="11" />
          <path class="map-mark-bars" d="M-3.5-5V5M3.5-5V5" />
        </>
      );
  }
}

export function Radius({ frame, size, around }: Drawn & { around: Around }) {
  const at = place(frame, size, around.point);
  return <circle class="map-radius" cx={at.x} cy={at.y} r={around.radius_m / metresPerPixel(frame)} />;
}

interface CameraProps extends Drawn {
  camera: MapCamera;
  chosen: boolean;
  onChoose: ((id: string) => void) | undefined;
}

/** One camera. With `onChoose` it is a button. */
export function CameraMark({ frame, size, camera, chosen, onChoose }: CameraProps) {
  const at = place(frame, size, camera.point);
  const px = wedgePx(frame);
  const classes = ["map-camera", `use-${camera.use}`, chosen && "is-chosen"].filter(Boolean).join(" ");
  const { heading_deg, field_deg } = camera.view;
  const shape = (
    <>
      <path class="map-wedge" d={wedge(heading_deg, field_deg, px)} />
      <g class="map-mark">
        <Mark use={camera.use} />
      </g>
    </>
  );
  const move = `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`;
  if (onChoose === undefined) {
    return (
      <g class={classes} transform={move}>
        {shape}
      </g>
    );
  }
  const choose = (): void => onChoose(camera.id);
  return (
    // biome-ignore lint/a11y/useSemanticElements: HTML's button cannot stand in an SVG
    <g
      class={`${classes} map-press`}
      transform={move}
      role="button"
      tabindex={0}
      aria-label={`${camera.name}: ${USES[camera.use]}`}
      aria-pressed={chosen}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      }}
    >
      {shape}
      <circle class="map-hit" r="24" />
    </g>
  );
}

export function SiteMark({ frame, size, site }: Drawn & { site: MapSite }) {
  const at = place(frame, size, site.point);
  return (
    <g class="map-site" transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
      <path d="M-9 9V-3L0-11 9-3V9Z" />
      <text y="24" text-anchor="middle">
        {site.name}
      </text>
    </g>
  );
}

export function PersonMark({ frame, size, person }: Drawn & { person: MapPerson }) {
  const at = place(frame, size, person.point);
  const classes = ["map-person", `is-${person.kind}`, person.stale && "is-stale"].filter(Boolean).join(" ");
  return (
    <g class={classes} transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}>
      {person.kind === "caller" && (
        <circle class="map-accuracy" r={Math.max(10, person.accuracy_m / metresPerPixel(frame))} />
      )}
      {person.heading_deg !== null && (
        <path class="map-way" d="M0-24 7-13 0-16-7-13Z" transform={`rotate(${person.heading_deg})`} />
      )}
      {person.kind === "caller" ? (
        <circle class="map-dot" r="8" />
      ) : (
        <rect class="map-dot" x="-8" y="-8" width="16" height="16" rx="3" />
      )}
      <text y="27" text-anchor="middle">
        {person.name}
      </text>
    </g>
  );
}

export function Trail({ frame, size, trail }: Drawn & { trail: readonly Point[] }) {
  const spots: Spot[] = trail.map((point) => place(frame, size, point));
  return (
    <polyline class="map-trail" points={spots.map((s) => `${s.x.toFixed(1)},${s.y.toFixed(1)}`).join(" ")} />
  );
}
