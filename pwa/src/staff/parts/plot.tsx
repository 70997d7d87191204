// Where everybody is: the caller with the circle that the phone claims, the way they came, and the units around.
// Draws what it is given. A map may take its place behind the same Props.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useSize } from "../../lib/hooks.ts";
import { bearingDeg, compass, distanceM, metres, STALE_MS } from "../../lib/measure.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { scaleBar } from "../../lib/scale.ts";
import type { Position } from "../../wire.ts";
import { covered, fit, inside, place, rings, type Size, toEdge, type View } from "../plan.ts";

export interface PlotUnit {
  id: string;
  name: string;
  position: Position;
  assigned: boolean;
  /** This very phone. */
  mine: boolean;
}

export interface PlotProps {
  caller: Position;
  trail: readonly Position[];
  units: readonly PlotUnit[];
  /** The server's time, milliseconds since 1970. */
  now: number;
  /** Buttons beside the zoom. */
  children?: ComponentChildren;
}

interface Drawn {
  view: View;
  size: Size;
  /** Of the zoom buttons, at the top right. */
  corner: Size;
}

function Rings({ view, size, caller }: Drawn & { caller: Position }) {
  const at = place(view, size, caller);
  return (
    <g class="plot-rings">
      {rings(view, size).map((radius) => {
        const off = (Math.SQRT1_2 * radius) / view.scale;
        const label = { x: at.x - off, y: at.y - off };
        return (
          <g key={radius}>
            <circle cx={at.x} cy={at.y} r={radius / view.scale} />
            {label.x > 56 && label.y > 14 && (
              <text {...label} text-anchor="end">
                {metres(radius)}
              </text>
            )}
          </g>
        );
      })}
      <path d={`M${at.x} 0V${size.height}M0 ${at.y}H${size.width}`} />
    </g>
  );
}

function Trail({ view, size, trail }: Drawn & { trail: readonly Position[] }) {
  const points = trail.map((position) => place(view, size, position));
  return (
    <g class="plot-trail">
      <polyline points={points.map((p) => `${p.x.toFixed(1)},${p.y.toFixed(1)}`).join(" ")} />
      {points.slice(-12).map((p, n) => (
        <circle key={n} cx={p.x} cy={p.y} r="2" />
      ))}
    </g>
  );
}

function Caller({ view, size, caller, stale }: Drawn & { caller: Position; stale: boolean }) {
  const at = place(view, size, caller);
  return (
    <g class={stale ? "plot-caller is-stale" : "plot-caller"} transform={`translate(${at.x} ${at.y})`}>
      <circle class="plot-accuracy" r={Math.max(10, caller.accuracy_m / view.scale)} />
      {caller.heading_deg !== null && (
        <path class="plot-heading" d="M0-26 8-12 0-15-8-12Z" transform={`rotate(${caller.heading_deg})`} />
      )}
      <circle class="plot-dot" r="8" />
      <text y="26" text-anchor="middle">
        {caller.source === "caller" ? "Caller" : "Reported place"}
      </text>
    </g>
  );
}

/** The buttons' targets are 56 px at most, with 4 px between them. */
function cornerOf(buttons: number): Size {
  return { width: buttons * 60 + 12, height: 72 };
}

/** What only stands at the edge makes way for the buttons. */
function edgeSpot({ size, corner }: Drawn, at: { x: number; y: number }): { x: number; y: number } {
  const spot = toEdge(size, at, 20);
  return covered(size, corner, spot) ? { x: spot.x, y: corner.height + 14 } : spot;
}

/** A unit with its name beside it, away from the caller where there is room. Far ones stand at the edge if they come. */
function UnitMark({ caller, unit, ...drawn }: Drawn & { caller: Position; unit: PlotUnit }) {
  const { view, size, corner } = drawn;
  const at = place(view, size, unit.position);
  const seen = inside(size, at, 14) && !covered(size, corner, at);
  if (!seen && !unit.assigned && !unit.mine) return null;
  const spot = seen ? at : edgeSpot(drawn, at);
  const name = unit.mine ? "You" : unit.name;
  const label = seen ? name : `${name} · ${metres(distanceM(caller, unit.position))}`;
  const half = label.length * 4 + 8;
  const room = spot.x >= size.width / 2 ? spot.x + 2 * half + 20 < size.width : spot.x - 2 * half - 20 < 0;
  const x = (half + 16) * (room ? 1 : -1);
  const heading = seen ? unit.position.heading_deg : bearingDeg(caller, unit.position);
  const classes = ["plot-unit", unit.assigned && "is-assigned", unit.mine && "is-mine"]
    .filter(Boolean)
    .join(" ");
  return (
    <g class={classes} transform={`translate(${spot.x} ${spot.y})`}>
      {heading === null ? (
        <rect class="plot-body" x="-7" y="-7" width="14" height="14" rx="3" />
      ) : (
        <path class="plot-body" d="M0-13 9 9 0 4-9 9Z" transform={`rotate(${heading})`} />
      )}
      <g transform={`translate(${x} 0)`}>
        <rect class="plot-label" x={-half} y="-12" width={2 * half} height="24" rx="6" />
        <text y="5" text-anchor="middle">
          {label}
        </text>
      </g>
    </g>
  );
}

function Scale({ view, size }: Drawn) {
  const bar = scaleBar(view.scale, Math.min(140, size.width / 3));
  return (
    <g class="plot-scale" transform={`translate(16 ${size.height - 16})`}>
      <path d={`M0-6V0H${bar.pixels}V-6`} />
      <text x={bar.pixels + 8} y="0">
        {metres(bar.metres)}
      </text>
    </g>
  );
}

function North() {
  return (
    <g class="plot-north" transform="translate(24 34)">
      <path d="M0-18 7 4 0 0-7 4Z" />
      <text y="19" text-anchor="middle">
        N
      </text>
    </g>
  );
}

/** The plot in one sentence, for whoever cannot see it. */
export function plotWords({ caller, units }: Pick<PlotProps, "caller" | "units">): string {
  const around = units
    .filter((unit) => unit.assigned || unit.mine)
    .map((unit) => {
      const way = `${metres(distanceM(caller, unit.position))} ${compass(bearingDeg(caller, unit.position))}`;
      return `${unit.mine ? "you are" : `${unit.name} is`} ${way} of the caller`;
    });
  return ["Position of the caller", ...around].join("; ");
}

export function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const [zoom, setZoom] = useState(0);
  const { caller, trail, units, now } = props;
  const close = units.filter((unit) => unit.assigned || unit.mine).map((unit) => unit.position);
  const corner = cornerOf(2 + (props.children ? 1 : 0) + (zoom === 0 ? 0 : 1));
  const view = fit(caller, [...trail, ...close], size, zoom, corner);
  const drawn = { view, size, corner };
  return (
    <div class="plot" ref={box}>
      {size.width > 0 && (
        <svg role="img" aria-label={plotWords(props)} width={size.width} height={size.height}>
          <Rings {...drawn} caller={caller} />
          <Trail {...drawn} trail={trail} />
          <Caller {...drawn} caller={caller} stale={now - Date.parse(caller.at) > STALE_MS} />
          {units.map((unit) => (
            <UnitMark key={unit.id} {...drawn} caller={caller} unit={unit} />
          ))}
          <Scale {...drawn} />
          <North />
        </svg>
      )}
      <div class="plot-zoom">
        {props.children}
        {zoom !== 0 && (
          <button type="button" aria-label="Fit everything" onClick={() => setZoom(0)}>
            <Icon name="fit" />
          </button>
        )}
        <button type="button" aria-label="Farther" disabled={zoom <= -5} onClick={() => setZoom(zoom - 1)}>
          <Icon name="minus" />
        </button>
        <button type="button" aria-label="Closer" disabled={zoom >= 5} onClick={() => setZoom(zoom + 1)}>
          <Icon name="plus" />
        </button>
      </div>
    </div>
  );
}
