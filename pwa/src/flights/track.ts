// A flight's track read for people: each second, the phases it went through, and what its camera did on the way. Pure.
import { distanceM } from "../lib/measure.ts";
import type { FlightLog, Phase, Point } from "../wire.ts";

export interface Second {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly point: Point;
  readonly height_m: number;
  readonly ground_mps: number;
  /** 0 to 1. */
  readonly charge: number;
  readonly heading_deg: number | null;
  readonly pitch_deg: number | null;
  readonly phase: Phase;
  readonly inAir: boolean;
  /** From the incident, as the flight knew it last. */
  readonly far_m: number;
  /** Whether the camera may look down there. */
  readonly free: boolean;
}

export function track({
  points,
  record,
  within_m,
}: Pick<FlightLog, "points" | "record" | "within_m">): Second[] {
  return points.map(
    ([
      at,
      ,
      latitude,
      longitude,
      height_m,
      ground_mps,
      ,
      charge,
      heading_deg,
      pitch_deg,
      ,
      ,
      inAir,
      ,
      phase,
    ]) => {
      const point = { latitude, longitude };
      const far_m = distanceM(point, record.plan.place);
      return {
        at: Date.parse(at),
        point,
        height_m,
        ground_mps,
        charge,
        heading_deg,
        pitch_deg,
        phase,
        inAir,
        far_m,
        free: far_m <= within_m,
      };
    },
  );
}

export interface Stretch {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
  readonly highest_m: number;
  /** How far down the camera looked; null where it never said. */
  readonly lowest_deg: number | null;
  readonly charge: number;
}

/** The phases in the order in which they were flown. */
export function stretches(seconds: readonly Second[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { at, phase, height_m, pitch_deg, charge } of seconds) {
    const last = found.at(-1);
    if (last !== undefined) found[found.length - 1] = { ...last, to: at };
    if (last?.phase !== phase) {
      found.push({ phase, from: at, to: at, highest_m: height_m, lowest_deg: pitch_deg, charge });
      continue;
    }
    const lowest_deg =
      pitch_deg === null ? last.lowest_deg : Math.min(pitch_deg, last.lowest_deg ?? pitch_deg);
    const highest_m = Math.max(height_m, last.highest_m);
    found[found.length - 1] = { ...last, to: at, highest_m, lowest_deg, charge };
  }
  return found;
}

export interface Gaze {
  readonly level: number;
  readonly down: number;
  /** The camera did not say where it looked. */
  readonly unknown: number;
}

/** Seconds in the air where the camera must look level, by what it did. */
export function gaze(seconds: readonly Second[], level_deg: number): Gaze {
  const held = seconds.filter(({ inAir, free }) => inAir && !free);
  const unknown = held.filter(({ pitch_deg }) => pitch_deg === null).length;
  const down = held.filter(({ pitch_deg }) => pitch_deg !== null && pitch_deg < -level_deg).length;
  return { level: held.length - unknown - down, down, unknown };
}

/** Whether a second stands out: it looks down where it may not. */
export function looksDown({ inAir, free, pitch_deg }: Second, level_deg: number): boolean {
  return inAir && !free && pitch_deg !== null && pitch_deg < -level_deg;
}

/** An SVG path over a chart of 1000 by 100; broken where nothing is known. */
export function path(
  seconds: readonly Second[],
  value: (second: Second) => number | null,
  [low, high]: readonly [number, number],
): string {
  const first = seconds[0]?.at ?? 0;
  const whole = Math.max(1, (seconds.at(-1)?.at ?? 0) - first);
  let pen = "M";
  let drawn = "";
  for (const second of seconds) {
    const held = value(second);
    if (held === null) {
      pen = "M";
      continue;
    }
    const x = (1000 * (second.at - first)) / whole;
    const y = 100 - (100 * (Math.min(high, Math.max(low, held)) - low)) / (high - low);
    drawn += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return drawn;
}
