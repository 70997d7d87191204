// Which flight a pilot has in front. Pure.
import { isUp, type Sky } from "../staff/sky.ts";
import type { FlightView } from "../wire.ts";

/** The one that was there or was chosen, while it is in the air; else one's own in the air, any, or the one that is over. */
export function inFront(sky: Sky, chosen: string | null, me: string): FlightView | null {
  const asked = sky.flights.find(({ id }) => id === chosen) ?? null;
  if (asked !== null && isUp(asked)) return asked;
  const up = sky.flights.filter(isUp);
  return up.find(({ pilot_id }) => pilot_id === me) ?? up[0] ?? asked;
}
