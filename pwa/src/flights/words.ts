// A flight's log in words. Pure.
import { ENDS } from "../staff/drone-log.ts";
import { phaseWords } from "../staff/sky-words.ts";
import type { FlightSummary, Phase } from "../wire.ts";
import type { Gaze, Second } from "./track.ts";

export type Verdict = { tone: "good" | "danger" | "waiting"; words: string };

export function phaseName(phase: Phase): string {
  return phaseWords({ phase, holds: false, on_scene_at: null });
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "Is back in its dock", or the phase that it is in. */
export function endWords({ end, phase }: Pick<FlightSummary, "end" | "phase">): string {
  return end === null ? phaseName(phase) : capital(ENDS[end]);
}

export function endTone({ end }: Pick<FlightSummary, "end">): "good" | "danger" | "waiting" {
  if (end === null) return "waiting";
  return end === "home" ? "good" : "danger";
}

/** "1 min 32 s". */
export function span(s: number): string {
  const whole = Math.round(s);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** What the camera did on the way, by its own telemetry. */
export function gazeWords({ level, down, unknown }: Gaze, within_m: number, breaches: number): Verdict {
  const far = `farther than ${Math.round(within_m)} m from the incident`;
  const told =
    breaches === 0 ? "" : ` It was told to look level ${breaches === 1 ? "once" : `${breaches} times`}.`;
  if (down > 0) return { tone: "danger", words: `It looked down for ${span(down)} ${far}.${told}` };
  if (unknown > 0)
    return { tone: "waiting", words: `For ${span(unknown)} it did not say where it looked, ${far}.${told}` };
  if (level === 0) return { tone: "good", words: `It was never ${far}.${told}` };
  return { tone: "good", words: `Level in each of ${level} seconds ${far}.${told}` };
}

export function placeWords(breaches: readonly string[]): Verdict {
  return breaches.length === 0
    ? { tone: "good", words: "It stayed in its areas, below its ceiling and in its radius." }
    : { tone: "danger", words: [...new Set(breaches)].join(" ") };
}

/** One second in full, for whoever hears the slider. */
export function secondWords({ height_m, ground_mps, charge, pitch_deg, phase }: Second): string {
  const looks = pitch_deg === null ? "not known" : `${Math.round(pitch_deg)}°`;
  return [
    phaseName(phase),
    `${Math.round(height_m)} m high`,
    `${ground_mps.toFixed(1)} m/s`,
    `battery ${Math.round(charge * 100)} %`,
    `camera ${looks}`,
  ].join(" · ");
}
