// A connector's week as bars, and in words for whoever does not see them. Pure.
import type { TrafficHour, TrafficView } from "../wire.ts";
import { bytesWords } from "./words.ts";

export interface Bar {
  at: string;
  /** 0 to 1 of the tallest; what is above nothing is never invisible. */
  height: number;
  kind: "sent" | "nothing" | "gap";
}

const LEAST = 0.06;

/** A gap is an hour of which the connector told nothing, though it was there. */
function kindOf(hour: TrafficHour): Bar["kind"] {
  if (hour.minutes === 0) return "gap";
  return hour.media_bytes > 0 ? "sent" : "nothing";
}

export function bars({ hours }: TrafficView): Bar[] {
  const most = Math.max(1, ...hours.map((hour) => hour.media_bytes));
  return hours.map((hour) => ({
    at: hour.at,
    height: hour.media_bytes === 0 ? 0 : Math.max(LEAST, hour.media_bytes / most),
    kind: kindOf(hour),
  }));
}

export function trafficWords({ hours, minutes, forged, verified }: TrafficView): string[] {
  if (minutes === 0) return ["The connector has not counted anything yet."];
  const sent = hours.reduce((sum, hour) => sum + hour.media_bytes, 0);
  const busy = hours.filter((hour) => hour.media_bytes > 0).length;
  const told = hours.reduce((sum, hour) => sum + hour.minutes, 0);
  const missing = hours.reduce((sum, hour) => sum + Math.max(0, hour.expected - hour.minutes), 0);
  return [
    sent === 0
      ? "In the last seven days it sent no picture to anybody."
      : `In the last seven days it sent ${bytesWords(sent)} of pictures, in ${busy} ${busy === 1 ? "hour" : "hours"}.`,
    `It counted ${told} minutes${missing > 0 ? `, and ${missing} are missing: it was off, or not online` : ", none missing"}.`,
    verified
      ? "Every count is signed by the connector itself, and every signature is right."
      : `${forged} of the counts do not bear the connector's signature. Ask the agency.`,
  ];
}
