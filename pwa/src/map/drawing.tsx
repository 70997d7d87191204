// What is drawn over the basemap, or over a plain grid without one: cameras and what they see, sites, people. Each
// use of a camera has a colour and a shape of its own. SVG, so that themes, forced colours and tests can read it.
import { niceAbove } from "../lib/scale.ts";
import type { Point, View } from "../wire.ts";
import type { Cluster } from "./crowd.ts";
import {
  type Around,
  type Box,
  covered,
  type Frame,
  heading,
  inside,
  metresPerPixel,
  place,
  type Size,
  type Spot,
  tagAt,
  toEdge,
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
  /** How it lies and why it cannot be opened, for the list. */
  readonly words?: string;
}

export interface MapSite {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
}

/** Somebody: the caller, a unit, this phone, a drone. */
export interface MapPerson {
  readonly id: string;
  readonly name: string;
  readonly point: Point;
  readonly accuracy_m: number;
  readonly heading_deg: number | null;
  readonly kind: "caller" | "unit" | "mine" | "drone";
  /** Where they were, not where they are. */
  readonly stale: boolean;
  /** Never taken together with others, and named at the edge when outside. */
  readonly apart: boolean;
  /** How far from whoever matters, for the mark at the edge; and when there, if that can be said. */
  readonly far: string | null;
  readonly soon: string | null;
  /** All that is known of it, for the list. */
  readonly words: string;
}

export interface Drawn {
  readonly frame: Frame;
  readonly size: Size;
}

const GRID_PX = 72;
const NO_BOXES: readonly Box[] = [];

/** The ground without a basemap: squares of a round length, so that distances can be read all the same. */
export function Grid({ frame, size }: Drawn) {
  const upright = { ...frame, bearing_deg: 0 };
  const step = niceAbove(GRID_PX * metresPerPixel(frame)) / metresPerPixel(frame);
  const origin = place(upright, size, {
    latitude: Math.round(frame.centre.latitude * 100) / 100,
    longitude: Math.round(frame.centre.longitude * 100) / 100,
  });
  // a turned grid reaches into the corners
  const out = frame.bearing_deg === 0 ? 0 : Math.hypot(size.width, size.height) / 2;
  const lines = (start: number, end: number): number[] => {
    const first = start - Math.floor((start + out) / step) * step;
    return Array.from(
      { length: Math.max(0, Math.ceil((end + out - first) / step)) },
      (_, n) => first + n * step,
    );
  };
  return (
    <path
      class="map-grid"
      transform={`rotate(${-frame.bearing_deg} ${size.width / 2} ${size.height / 2})`}
      d={[
        ...lines(origin.x, size.width).map((x) => `M${x.toFixed(1)} ${-out}V${size.height + out}`),
        ...lines(origin.y, size.height).map((y) => `M${-out} ${y.toFixed(1)}H${size.width + out}`),
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

/** What makes a mark a button: HTML's own cannot stand in an SVG. */
function pressed(label: string, act: () => void, on?: boolean) {
  return {
    role: "button",
    "aria-label": label,
    ...(on !== undefined && { "aria-pressed": on }),
    onClick: act,
    onKeyDown: (event: KeyboardEvent): void => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    },
  } as const;
}

export function move({ x, y }: Spot): string {
  return `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
}

interface CameraProps {
  frame: Frame;
  at: Spot;
  camera: MapCamera;
  chosen: boolean;
  /** Whether Tab comes here. */
  reached: boolean;
  onChoose: ((id: string) => void) | undefined;
}

/** One camera. With `onChoose` it is a button. */
export function CameraMark({ frame, at, camera, chosen, reached, onChoose }: CameraProps) {
  const classes = ["map-camera", `use-${camera.use}`, chosen && "is-chosen"].filter(Boolean).join(" ");
  const { heading_deg, field_deg } = camera.view;
  const looks = heading_deg === null ? null : heading_deg - frame.bearing_deg;
  const shape = (
    <>
      <path class="map-wedge" d={wedge(looks, field_deg, wedgePx(frame, chosen))} />
      <g class="map-mark">
        <Mark use={camera.use} />
      </g>
    </>
  );
  if (onChoose === undefined) {
    return (
      <g class={classes} transform={move(at)}>
        {shape}
      </g>
    );
  }
  return (
    <g
      class={`${classes} map-press`}
      transform={move(at)}
      tabindex={reached ? 0 : -1}
      {...pressed(`${camera.name}: ${USES[camera.use]}`, () => onChoose(camera.id), chosen)}
    >
      {shape}
      <circle class="map-hit" r="24" />
    </g>
  );
}

/** Marks that cannot be told apart from here: a press goes closer. */
export function ClusterMark({
  cluster,
  kind,
  onChoose,
}: {
  cluster: Cluster;
  kind: "cameras" | "units";
  onChoose(cluster: Cluster): void;
}) {
  return (
    <g
      class={`map-cluster map-press is-${kind}`}
      transform={move(cluster.at)}
      tabindex={-1}
      {...pressed(`${cluster.count} ${kind}: go closer`, () => onChoose(cluster))}
    >
      {kind === "cameras" ? <circle r="19" /> : <rect x="-19" y="-16" width="38" height="32" rx="8" />}
      <text y="5" text-anchor="middle">
        {cluster.count}
      </text>
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

/** What stands for somebody, around 0,0; `way` is where they head on the screen. */
export function PersonShape({ kind, way }: { kind: MapPerson["kind"]; way: number | null }) {
  const turned = way === null ? undefined : `rotate(${way.toFixed(0)})`;
  if (kind === "caller") {
    return (
      <>
        {way !== null && <path class="map-body" d="M0-26 8-12 0-15-8-12Z" transform={turned} />}
        <circle class="map-body" r="8" />
      </>
    );
  }
  if (kind === "drone") {
    return (
      <g transform={turned}>
        <path class="map-arms" d="M-10-10 10 10M10-10-10 10" />
        {[-10, 10].flatMap((x) =>
          [-10, 10].map((y) => <circle key={`${x} ${y}`} class="map-body" cx={x} cy={y} r="5" />),
        )}
        {way !== null && <path class="map-body" d="M0-22 6-12H-6Z" />}
      </g>
    );
  }
  return way === null ? (
    <rect class="map-body" x="-7" y="-7" width="14" height="14" rx="3" />
  ) : (
    <path class="map-body" d="M0-13 9 9 0 4-9 9Z" transform={turned} />
  );
}

function classesOf(person: MapPerson): string {
  const { kind, apart, stale } = person;
  return ["map-person", `is-${kind}`, apart && "is-apart", stale && "is-stale"].filter(Boolean).join(" ");
}

interface TagProps {
  name: string;
  /** What is said after it where there is room. */
  more: string | null;
  spot: Spot;
  size: Size;
  boxes: readonly Box[];
}

/** Words beside a mark. */
function Tag({ name, more, spot, size, boxes }: TagProps) {
  const texts = more === null ? [name] : [`${name} · ${more}`, name];
  const { words, half, right } = tagAt(texts, spot, size, boxes);
  return (
    <g transform={`translate(${(half + 16) * (right ? 1 : -1)} 0)`}>
      <rect class="map-tag" x={-half} y="-12" width={2 * half} height="24" rx="6" />
      <text y="5" text-anchor="middle">
        {words}
      </text>
    </g>
  );
}

/** The circle that a phone claims. */
export function Accuracy({ frame, size, person }: Drawn & { person: MapPerson }) {
  const at = place(frame, size, person.point);
  const classes = person.stale ? "map-accuracy is-stale" : "map-accuracy";
  return (
    <circle class={classes} cx={at.x} cy={at.y} r={Math.max(10, person.accuracy_m / metresPerPixel(frame))} />
  );
}

export function PersonMark({
  frame,
  size,
  at,
  person,
  named,
  boxes = NO_BOXES,
}: Drawn & { at: Spot; person: MapPerson; named: boolean; boxes?: readonly Box[] }) {
  const { kind, name, soon, heading_deg } = person;
  return (
    <g class={classesOf(person)} transform={move(at)}>
      <PersonShape kind={kind} way={heading_deg === null ? null : heading_deg - frame.bearing_deg} />
      {named && kind === "caller" && (
        <text y="27" text-anchor="middle">
          {name}
        </text>
      )}
      {named && kind !== "caller" && <Tag name={name} more={soon} spot={at} size={size} boxes={boxes} />}
    </g>
  );
}

export interface Standing {
  readonly person: MapPerson;
  readonly at: Spot;
  /** Where their place lies from the map's middle, when they stand at its edge for it. */
  readonly towards: number | null;
}

/** Where those who matter stand: at their place, or for one outside of the map or under `boxes`, at its edge. */
export function standing(
  people: readonly MapPerson[],
  { frame, size }: Drawn,
  boxes: readonly Box[],
): Standing[] {
  const middle = { x: size.width / 2, y: size.height / 2 };
  const stand: Standing[] = [];
  for (const person of people) {
    const spot = place(frame, size, person.point);
    const seen = inside(size, spot, 14) && !covered(boxes, spot);
    const at = seen
      ? spot
      : toEdge(
          size,
          boxes,
          spot,
          stand.filter((s) => s.towards !== null).map((s) => s.at),
        );
    stand.push({ person, at, towards: seen ? null : heading(middle, spot) });
  }
  return stand;
}

interface ApartProps extends Drawn, Standing {
  /** Where buttons are: no words under them. */
  readonly boxes: readonly Box[];
}

export function ApartMark({ frame, size, person, at, towards, boxes }: ApartProps) {
  if (towards === null)
    return <PersonMark frame={frame} size={size} at={at} person={person} named boxes={boxes} />;
  const { name, far } = person;
  return (
    <g class={`${classesOf(person)} at-edge`} transform={move(at)}>
      <path class="map-body" d="M0-13 9 9 0 4-9 9Z" transform={`rotate(${towards})`} />
      <Tag name={name} more={far} spot={at} size={size} boxes={boxes} />
    </g>
  );
}

export function Trail({ frame, size, trail }: Drawn & { trail: readonly Point[] }) {
  const spots: Spot[] = trail.map((point) => place(frame, size, point));
  return (
    <polyline class="map-trail" points={spots.map((s) => `${s.x.toFixed(1)},${s.y.toFixed(1)}`).join(" ")} />
  );
}
