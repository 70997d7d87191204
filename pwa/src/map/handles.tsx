// Setting a camera on the map: drag the camera itself, the arrow for where it looks, the edge for how wide. Arrow keys
// do the same on each handle, and the numbers beside the map do without it.
import { useRef } from "preact/hooks";
import { compass } from "../lib/measure.ts";
import type { Point, View } from "../wire.ts";
import type { Drawn, MapCamera } from "./drawing.tsx";
import { apart, heading, moved, place, pointAt, type Spot, towards, wedgePx } from "./frame.ts";

export const LEAST_FIELD_DEG = 10;
const OUTSIDE_PX = 30; // the arrow stands so far outside the wedge, clear of the edge's handle
const TURN_DEG = 5;
const STEP_M = 1;
const LONG_STEP_M = 10;

export interface Changes {
  onPoint(point: Point): void;
  onView(view: View): void;
}

interface HandleProps {
  at: Spot;
  kind: "camera" | "heading" | "field";
  label: string;
  value: { now: number; least: number; most: number; text: string } | null;
  onDrag(spot: Spot): void;
  onKey(event: KeyboardEvent): boolean;
  children: preact.ComponentChildren;
}

/** One thing to drag, 48 px wide for a thumb. */
function Handle({ at, kind, label, value, onDrag, onKey, children }: HandleProps) {
  const grip = useRef<{ dx: number; dy: number } | null>(null);
  const spotOf = (event: PointerEvent): Spot => {
    const box = (event.currentTarget as SVGElement).ownerSVGElement?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const slides =
    value === null
      ? {}
      : {
          "aria-valuenow": value.now,
          "aria-valuemin": value.least,
          "aria-valuemax": value.most,
          "aria-valuetext": value.text,
        };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it has a role, one of two
    <g
      class={`map-handle handle-${kind}`}
      transform={`translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`}
      tabindex={0}
      role={value === null ? "button" : "slider"}
      aria-label={label}
      {...slides}
      onPointerDown={(event) => {
        const spot = spotOf(event);
        grip.current = { dx: at.x - spot.x, dy: at.y - spot.y };
        event.currentTarget.setPointerCapture(event.pointerId);
        event.stopPropagation();
      }}
      onPointerMove={(event) => {
        if (grip.current === null) return;
        const spot = spotOf(event);
        onDrag({ x: spot.x + grip.current.dx, y: spot.y + grip.current.dy });
      }}
      onPointerUp={() => {
        grip.current = null;
      }}
      onPointerCancel={() => {
        grip.current = null;
      }}
      onKeyDown={(event) => {
        if (onKey(event)) event.preventDefault();
      }}
    >
      <circle class="map-hit" r="24" />
      {children}
    </g>
  );
}

const ARROWS: Record<string, { east: number; north: number }> = {
  ArrowUp: { east: 0, north: 1 },
  ArrowDown: { east: 0, north: -1 },
  ArrowLeft: { east: -1, north: 0 },
  ArrowRight: { east: 1, north: 0 },
};

/** What a slider's key means, in steps; null for another key. */
function steps(key: string): number | null {
  if (key === "ArrowRight" || key === "ArrowUp") return 1;
  if (key === "ArrowLeft" || key === "ArrowDown") return -1;
  if (key === "PageUp") return 9;
  return key === "PageDown" ? -9 : null;
}

export function turned(heading_deg: number, by: number): number {
  return (heading_deg + by + 360) % 360;
}

export function widened(field_deg: number, by: number): number {
  return Math.min(360, Math.max(LEAST_FIELD_DEG, field_deg + by));
}

export function Handles({ frame, size, camera, onPoint, onView }: Drawn & Changes & { camera: MapCamera }) {
  const at = place(frame, size, camera.point);
  const px = wedgePx(frame, true);
  const { view } = camera;
  const looks = view.heading_deg;
  const arrow = looks === null ? null : towards(at, looks, px + OUTSIDE_PX);
  const edge = looks === null ? null : towards(at, looks + view.field_deg / 2, px);
  return (
    <g class="map-handles">
      {arrow !== null && <path class="map-axis" d={`M${at.x} ${at.y}L${arrow.x} ${arrow.y}`} />}
      <Handle
        at={at}
        kind="camera"
        label={`${camera.name}. Move it with the arrow keys: 1 metre, 10 with Shift`}
        value={null}
        onDrag={(spot) => onPoint(pointAt(frame, size, spot))}
        onKey={(event) => {
          const way = ARROWS[event.key];
          if (way === undefined) return false;
          const step = event.shiftKey ? LONG_STEP_M : STEP_M;
          onPoint(moved(camera.point, way.east * step, way.north * step));
          return true;
        }}
      >
        <circle class="map-ring" r="17" />
      </Handle>
      {edge !== null && looks !== null && (
        <Handle
          at={edge}
          kind="field"
          label="How wide it sees"
          value={{
            now: view.field_deg,
            least: LEAST_FIELD_DEG,
            most: 360,
            text: `${view.field_deg} degrees`,
          }}
          onDrag={(spot) => onView({ ...view, field_deg: widened(2 * apart(heading(at, spot), looks), 0) })}
          onKey={(event) => {
            const by = steps(event.key);
            if (by !== null) onView({ ...view, field_deg: widened(view.field_deg, by * TURN_DEG) });
            return by !== null;
          }}
        >
          <rect
            class="map-grip"
            x="-8"
            y="-8"
            width="16"
            height="16"
            rx="4"
            transform={`rotate(${looks + view.field_deg / 2})`}
          />
        </Handle>
      )}
      {arrow !== null && looks !== null && (
        <Handle
          at={arrow}
          kind="heading"
          label="Where it looks"
          value={{
            now: Math.round(looks),
            least: 0,
            most: 359,
            text: `${Math.round(looks)} degrees, ${compass(looks)}`,
          }}
          onDrag={(spot) => onView({ ...view, heading_deg: heading(at, spot) })}
          onKey={(event) => {
            const by = steps(event.key);
            if (by !== null) onView({ ...view, heading_deg: turned(looks, by * TURN_DEG) });
            return by !== null;
          }}
        >
          <path class="map-grip" d="M0-12 10 9 0 4-10 9Z" transform={`rotate(${looks})`} />
        </Handle>
      )}
    </g>
  );
}
