// Docks, flights and drones in words. Pure.
import { bearingDeg, countdown, distanceM, duration, metres } from "../lib/measure.ts";
import type { DockView, DroneAt, FlightView, Parachute, Phase, Point } from "../wire.ts";
import { isFlown } from "./sky.ts";

const PHASES: Readonly<Record<Phase, string>> = {
  launching: "Taking off",
  "en-route": "On the way",
  "on-scene": "On scene",
  "handing-over": "Handing over",
  returning: "Going home",
  diverted: "Landing elsewhere",
  landed: "Landed",
  parachute: "Down by parachute",
};

export type Tone = "live" | "waiting" | "good" | "quiet" | "danger";

const TONES: Readonly<Record<Phase, Tone>> = {
  launching: "waiting",
  "en-route": "waiting",
  "on-scene": "good",
  "handing-over": "good",
  returning: "quiet",
  diverted: "danger",
  landed: "quiet",
  parachute: "danger",
};

export function phaseWords({
  phase,
  holds,
  on_scene_at,
}: Pick<FlightView, "phase" | "holds" | "on_scene_at">): string {
  const words = phase === "en-route" && on_scene_at !== null ? "On the way again" : PHASES[phase];
  return holds ? `${words}, holding` : words;
}

export function phaseTone({ phase }: Pick<FlightView, "phase">): Tone {
  return TONES[phase];
}

/** "84 s", "2 min 05 s": what is left or takes so long. */
export function seconds(s: number): string {
  const whole = Math.max(0, Math.round(s));
  return whole < 100
    ? `${whole} s`
    : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Until it is there, from what was planned; null once it was, or when nothing was planned. */
export function toScene(flight: FlightView, now: number): string | null {
  if (flight.phase !== "launching" && flight.phase !== "en-route") return null;
  if (flight.to_scene_s === null || flight.on_scene_at !== null) return null; // the plan was for the first way
  const left = Date.parse(flight.launched_at) + flight.to_scene_s * 1000 - now;
  return left > 0 ? `${seconds(left / 1000)} to the scene` : `${duration(-left)} later than planned`;
}

/** Until it must go home. */
export function stays(flight: FlightView, now: number): string | null {
  if (flight.leaves_at === null || !isFlown(flight) || flight.phase === "returning") return null;
  return countdown(Date.parse(flight.leaves_at) - now);
}

export function percent(charge: number | null): string {
  return charge === null ? "–" : `${Math.round(charge * 100)} %`;
}

const PARACHUTES: Readonly<Record<Parachute, string>> = {
  none: "no parachute",
  safe: "parachute not armed",
  armed: "parachute armed",
  fired: "parachute fired",
};

export function parachuteWords(parachute: Parachute): string {
  return PARACHUTES[parachute];
}

/** How long nothing was heard of it before it is said: it tells five times a second. */
export const SILENT_MS = 3000;
const DOCKED_SILENT_MS = 10_000;

/** Everything that keeps a dock's drone from being sent now, wherever to; what an incident adds is said there. */
export function notReady(dock: DockView, now: number): string[] {
  const { drone, waiver, watch } = dock;
  const why: string[] = [];
  if (dock.trouble !== null) why.push(dock.trouble);
  if (watch === null) why.push("Nobody is on watch as pilot in command.");
  else if (watch.observers < waiver.observers)
    why.push(`Waiver ${waiver.number} asks for ${waiver.observers} observers; ${watch.observers} are there.`);
  if (now < Date.parse(waiver.begins)) why.push(`Waiver ${waiver.number} has not begun.`);
  if (now > Date.parse(waiver.ends)) why.push(`Waiver ${waiver.number} has ended.`);
  return [...why, ...(drone === null ? ["No drone is registered here."] : droneNotReady(dock, drone, now))];
}

function droneNotReady({ waiver }: DockView, drone: NonNullable<DockView["drone"]>, now: number): string[] {
  const why: string[] = [];
  if (drone.flight_id !== null) why.push(`${drone.name} is in the air.`);
  if (drone.heard_at === null) why.push(`${drone.name} has never been heard.`);
  else if (drone.flight_id === null && now - Date.parse(drone.heard_at) > DOCKED_SILENT_MS)
    why.push(`Nothing was heard of ${drone.name} for ${duration(now - Date.parse(drone.heard_at))}.`);
  if (drone.trouble !== null) why.push(drone.trouble);
  if (drone.parachute === "fired") why.push("Its parachute has been fired: have it packed.");
  else if (waiver.parachute && drone.parachute !== "armed" && drone.heard_at !== null)
    why.push(`Waiver ${waiver.number} asks for an armed parachute; it has ${PARACHUTES[drone.parachute]}.`);
  return why;
}

export interface Reading {
  readonly name: string;
  readonly value: string;
  /** Amber where somebody must look. */
  readonly tone: "plain" | "waiting" | "danger";
}

const LOW = 0.3;
const CRITICAL = 0.2;

function chargeTone(charge: number): Reading["tone"] {
  return charge < CRITICAL ? "danger" : charge < LOW ? "waiting" : "plain";
}

const POINTS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

/** One of eight letters for a bearing, where there is little room. */
export function letters(degrees: number): string {
  return POINTS[Math.round(degrees / 45) % 8] ?? "N";
}

/** What a pilot reads off, in the order in which it is looked for. `scene` is where it is wanted. */
export function telemetry(
  at: DroneAt,
  flight: FlightView,
  scene: Point | null,
  now: number,
): readonly Reading[] {
  const age = Math.max(0, now - Date.parse(at.at));
  const left = stays(flight, now);
  const plain = (name: string, value: string): Reading => ({ name, value, tone: "plain" });
  const heading = at.heading_deg;
  const climb =
    Math.abs(at.climb_mps) < 0.3
      ? ""
      : ` ${at.climb_mps > 0 ? "↑" : "↓"}${Math.abs(at.climb_mps).toFixed(1)}`;
  return [
    plain("Height", `${Math.round(at.height_m)} m${climb}`),
    plain("Speed", `${at.ground_mps.toFixed(1)} m/s`),
    {
      name: "Battery",
      value: `${percent(at.charge)}${left === null ? "" : ` · ${left}`}`,
      tone: chargeTone(at.charge),
    },
    plain("Heading", heading === null ? "–" : `${Math.round(heading)}° ${letters(heading)}`),
    plain(
      "Scene",
      scene === null ? "–" : `${metres(distanceM(at.point, scene))} ${letters(bearingDeg(at.point, scene))}`,
    ),
    plain("Camera", cameraWords(at)),
    plain("Mode", at.mode === "" ? "–" : at.mode),
    {
      name: "Link",
      value: age < 1000 ? `${(age / 1000).toFixed(1)} s` : duration(age),
      tone: age > SILENT_MS ? "danger" : age > 1000 ? "waiting" : "plain",
    },
  ];
}

function cameraWords({ aim }: DroneAt): string {
  if (aim === null || aim.pitch_deg === null) return "–";
  const zoom = aim.zoom === null || aim.zoom < 1.05 ? "" : ` · ${aim.zoom.toFixed(1)}×`;
  return `${Math.round(aim.pitch_deg)}°${zoom}`;
}
