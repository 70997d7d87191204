// Turns the drone's camera from its own picture: a drag takes the scene along, arrow keys turn, plus and minus zoom.
import { useRef } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { dragged, type Turn, turned } from "./camera.ts";
import type { Piloting } from "./flight.tsx";

const STEP_DEG = 5;
const FINE_DEG = 1;
const ZOOM = 1.5;

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

interface Hold {
  x: number;
  y: number;
  from: Turn;
}

export function Aim({ desk, flight, camera }: Piloting) {
  useStore(desk.drones);
  const held = useRef<Hold | null>(null);
  const press = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    held.current = { x: event.clientX, y: event.clientY, from: camera.looks };
  };
  const move = (event: PointerEvent): void => {
    const hold = held.current;
    if (hold === null) return;
    const { width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [dx, dy] = [event.clientX - hold.x, event.clientY - hold.y];
    if (dx === 0 && dy === 0) return;
    camera.turnTo(turned(hold.from, ...dragged(dx, dy, width, camera.aim)));
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? FINE_DEG : STEP_DEG;
    const turn = KEYS[event.key];
    if (turn !== undefined) camera.turnBy(turn[0] * step, turn[1] * step);
    else if (event.key === "+" || event.key === "=") camera.zoomBy(ZOOM);
    else if (event.key === "-") camera.zoomBy(1 / ZOOM);
    else return;
    event.preventDefault();
  };
  const { pitch_deg, yaw_deg } = camera.looks;
  const yaw = yaw_deg === null ? "" : `, ${Math.round(yaw_deg)} degrees from north`;
  return (
    <div
      class="aim"
      role="application"
      aria-label={`Camera of ${flight.drone}: drag the picture, or turn it with arrow keys and zoom with plus and minus`}
      aria-description={`${Math.round(pitch_deg)} degrees from the horizon${yaw}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys turn the camera
      tabIndex={0}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={() => {
        held.current = null;
      }}
      onPointerCancel={() => {
        held.current = null;
      }}
      onKeyDown={key}
    >
      <svg class="aim-cross" viewBox="-20 -20 40 40" aria-hidden="true">
        <path d="M-18 0H-6M6 0H18M0-18V-6M0 6V18" />
      </svg>
    </div>
  );
}
